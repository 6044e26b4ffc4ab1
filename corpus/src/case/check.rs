//! Runs cases through drivers and reports everything that differs at once.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::judge::agrees;
use super::print::{answer_blocks, difference, expected_blocks};
use super::{Case, CaseFile, Driver};
use crate::{Failure, Table};

/// What running cases came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many answers were as expected, over all drivers.
    pub passed: usize,
    /// The others.
    pub failures: Vec<CaseFailure>,
    /// Files whose answers were rewritten.
    pub updated: Vec<PathBuf>,
}

/// An answer that is not the one of its case.
#[derive(Debug)]
pub struct CaseFailure {
    /// `operators/join.md:12`.
    pub place: String,
    /// The case's name.
    pub case: String,
    /// Who answered.
    pub driver: String,
    /// The query as it stands in the file.
    pub query: String,
    /// Expected and answered blocks, line by line.
    pub difference: Vec<String>,
    /// What is not built yet, when that is the reason.
    pub unsupported: Option<String>,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} [{}] {}", self.place, self.driver, self.case)?;
        for line in self.query.lines() {
            writeln!(f, "        {line}")?;
        }
        for line in &self.difference {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let unsupported = self.failures.iter().filter(|it| it.unsupported.is_some()).count();
        let total = self.passed + self.failures.len();
        write!(f, "{} of {total} answers are as their cases say", self.passed)?;
        if unsupported > 0 {
            write!(f, "; {unsupported} need something not built yet")?;
        }
        for path in &self.updated {
            write!(f, "\nrewrote {}", path.display())?;
        }
        Ok(())
    }
}

/// Where this crate's cases lie.
#[must_use]
pub fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// Runs all of this crate's cases through some drivers, as a test.
///
/// `CASES=join` takes only files whose path holds `join`; `UPDATE=1` rewrites the answers that differ, as the first
/// driver gives them.
///
/// # Panics
/// Some answer differs, more than `not_built` answers need something that is not built yet, or a file is not a case file;
/// the message holds everything.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check_cases(drivers: &mut [&mut dyn Driver], not_built: usize) {
    let filter = env::var("CASES").unwrap_or_default();
    let files = load_cases(&cases_folder(), &filter).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let update = env::var("UPDATE").is_ok_and(|it| it == "1");
    let report = run_cases(&files, drivers, update).unwrap_or_else(|error| panic!("{error}"));
    let unsupported = report.failures.iter().filter(|it| it.unsupported.is_some()).count();
    assert!(report.failures.len() == unsupported && unsupported <= not_built, "{report}");
}

/// Runs all of this crate's cases through further drivers, which have to answer as [`check_cases`]' first driver does.
///
/// Takes `CASES` and rewrites nothing. Cases about what is not built are counted there, not here.
///
/// # Panics
/// Some answer differs, or a file is not a case file; the message holds everything.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check_cases_again(drivers: &mut [&mut dyn Driver]) {
    let filter = env::var("CASES").unwrap_or_default();
    let files = load_cases(&cases_folder(), &filter).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let report = run_cases(&files, drivers, false).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.failures.iter().all(|it| it.unsupported.is_some()), "{report}");
}

/// Reads the case files under a folder whose path holds `filter`, in the order of their paths.
///
/// # Errors
/// Everything that is wrong in them, or that a file cannot be read.
pub fn load_cases(folder: &Path, filter: &str) -> Result<Vec<CaseFile>, Vec<String>> {
    let mut paths = Vec::new();
    markdown_under(folder, &mut paths).map_err(|e| vec![format!("{}: {e}", folder.display())])?;
    paths.sort();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths.into_iter().filter(|it| it.to_string_lossy().contains(filter)) {
        match fs::read_to_string(&path) {
            Ok(text) => match CaseFile::parse(&path, &text) {
                Ok(file) => files.push(file),
                Err(wrong) => problems.extend(wrong),
            },
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

fn markdown_under(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            markdown_under(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
    Ok(())
}

/// Runs cases through each driver that honours their options.
///
/// # Errors
/// With `update`: a file cannot be written.
pub fn run_cases(files: &[CaseFile], drivers: &mut [&mut dyn Driver], update: bool) -> io::Result<Report> {
    let mut report = Report::default();
    for file in files {
        let mut rewritten = Vec::new();
        for (at, case) in file.cases.iter().enumerate() {
            for (turn, driver) in drivers.iter_mut().filter(|it| it.honours(case)).enumerate() {
                let answer = driver.run(&case.query, &case.options);
                if case.expected.as_ref().is_some_and(|it| agrees(&case.query, it, &answer)) {
                    report.passed += 1;
                } else if update && turn == 0 {
                    rewritten.push((at, answer_blocks(&case.query, case.expected.as_ref(), &answer)));
                } else {
                    report.failures.push(failure(file, case, driver.name(), &answer));
                }
            }
        }
        if !rewritten.is_empty() {
            fs::write(&file.path, file.with_answers(&rewritten))?;
            report.updated.push(file.path.clone());
        }
    }
    Ok(report)
}

fn failure(file: &CaseFile, case: &Case, driver: &str, answer: &Result<Vec<Table>, Failure>) -> CaseFailure {
    let expected = match &case.expected {
        Some(expected) => expected_blocks(expected),
        None => "no answer yet: UPDATE=1 fills it in\n".to_owned(),
    };
    let answered = answer_blocks(&case.query, case.expected.as_ref(), answer);
    let path = file.path.strip_prefix(cases_folder()).unwrap_or(&file.path);
    CaseFailure {
        place: format!("{}:{}", path.display(), case.line),
        case: case.name.clone(),
        driver: driver.to_owned(),
        query: case.query.clone(),
        difference: difference(&expected, &answered),
        unsupported: answer.as_ref().err().and_then(Failure::unsupported).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CaseOptions;
    use super::*;

    /// Answers every query with one row: the length of its text.
    struct Length;

    impl Driver for Length {
        fn name(&self) -> &'static str {
            "length"
        }

        fn run(&mut self, query: &str, _options: &CaseOptions) -> Result<Vec<Table>, Failure> {
            Ok(vec![Table { columns: vec![("n".into(), "long".into())], rows: vec![vec![query.len().into()]] }])
        }
    }

    const TEXT: &str =
        "Right.\n```kql\nabc\n```\n```result\nn:long\n3\n```\nWrong.\n```kql\nabcd\n```\n```result\nn:long\n3\n```\n";

    #[test]
    fn a_failure_shows_place_query_and_difference() {
        let file = CaseFile::parse(Path::new("x.md"), TEXT).expect("the file reads");
        let report = run_cases(&[file], &mut [&mut Length], false).expect("nothing is written");
        assert_eq!((report.passed, report.failures.len()), (1, 1));
        let shown = report.to_string();
        for part in ["x.md:11 [length] Wrong.", "    abcd", "    - 3", "    + 4", "1 of 2 answers"] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
    }

    #[test]
    fn updating_makes_the_next_run_pass() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("x.md"), TEXT).expect("the file is written");
        for (update, failures, updated) in [(false, 1, 0), (true, 0, 1), (false, 0, 0)] {
            let files = load_cases(folder.path(), "").expect("the file reads");
            let report = run_cases(&files, &mut [&mut Length], update).expect("the file is written");
            assert_eq!((report.failures.len(), report.updated.len()), (failures, updated));
        }
    }
}
