//! The case files are well formed. That their answers are right is for the drivers' tests.

use vizsla_corpus::case::{cases_folder, load_cases};

#[test]
fn every_case_file_reads_and_every_case_has_an_answer_and_a_name() {
    let files = load_cases(&cases_folder(), "").unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let cases = || files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    for (file, case) in cases() {
        let place = format!("{}:{}", file.path.display(), case.line);
        assert!(case.expected.is_some(), "{place} has no answer");
        assert!(!case.name.is_empty() && !case.name.starts_with('#'), "{place} does not say what it shows");
    }
    assert!(cases().count() > 300, "cases were lost: {} are left", cases().count());
}
