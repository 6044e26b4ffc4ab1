//! The comparer here and `compare.py` give the same verdicts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use vizsla_corpus::Table;
use vizsla_corpus::compare::{Expected, Leniency, Options, Status, compare};
use vizsla_corpus::scoreboard::shared_folder;

#[derive(Deserialize)]
struct Judged {
    set: String,
    case: usize,
    strict: bool,
    strict_types: bool,
    answer: Answer,
    status: String,
    /// Absent where the script raised an exception.
    notes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Answer {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Judged {
    /// What differs between the script's verdict and ours.
    fn disagreement(self, expected: &Expected) -> Option<String> {
        let leniency = if self.strict { Leniency::Strict } else { Leniency::Lenient };
        let columns = self.answer.columns.into_iter().map(|it| (it.name, it.kind)).collect();
        let table = Table { columns, rows: self.answer.rows };
        let outcome = compare(expected, &table, Options { leniency, strict_types: self.strict_types });
        let status = if outcome.status == Status::Pass { "pass" } else { "fail" };
        let mut notes: Vec<String> = outcome.notes.iter().map(|it| it.word().to_owned()).collect();
        notes.sort_unstable();
        let same = status == self.status && self.notes.as_ref().is_none_or(|it| *it == notes);
        (!same).then(|| {
            format!(
                "{} line {}: compare.py says {} {:?}, we say {status} {notes:?} {}\n  expected {:?}\n  got {:?}",
                self.set,
                self.case + 1,
                self.status,
                self.notes,
                outcome.reason,
                expected.rows,
                table.rows,
            )
        })
    }
}

fn expectations(folder: &Path, set: &str) -> Vec<Expected> {
    let text = fs::read_to_string(folder.join(format!("{set}.jsonl"))).expect("the set is readable");
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).expect("a case has the documented fields"))
        .collect()
}

#[test]
fn verdicts_agree_with_compare_py() {
    let folder = shared_folder().join("conformance");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mutate.py");
    let output = Command::new("python3").arg(script).arg(&folder).output();
    let Some(output) = output.ok().filter(|_| folder.join("compare.py").exists()) else {
        return; // nothing to agree with on this machine
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut sets: BTreeMap<String, Vec<Expected>> = BTreeMap::new();
    let (mut passes, mut fails, mut disagreements) = (0, 0, Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let judged: Judged = serde_json::from_str(line).expect("the script prints one verdict a line");
        *if judged.status == "pass" { &mut passes } else { &mut fails } += 1;
        let set = sets.entry(judged.set.clone()).or_insert_with(|| expectations(&folder, &judged.set));
        let expected = &set[judged.case];
        disagreements.extend(judged.disagreement(expected));
    }
    assert!(passes > 5000 && fails > 5000, "too few verdicts to mean anything: {passes} passes, {fails} failures");
    let shown = disagreements.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(disagreements.is_empty(), "{} disagreements\n{shown}", disagreements.len());
}
