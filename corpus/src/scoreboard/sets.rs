//! The sets of questions: where they lie, how they are asked and what counts as right.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::compare::{Expected, Leniency, Options};

/// A set of questions.
#[derive(Debug)]
pub struct Set {
    /// Its name on the command line and in `floors.toml`.
    pub name: &'static str,
    /// The file under the shared folder.
    pub file: &'static str,
    /// What a right answer shows.
    pub about: &'static str,
    /// Whether the queries run.
    pub mode: Mode,
    /// The data folder under the shared folder that they run over.
    pub data: Option<&'static str>,
    /// How rows are compared.
    pub options: Options,
    question: fn(Line) -> Option<Question>,
}

/// How the questions of a set are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Columns and rows are needed.
    Run,
    /// Binding suffices; `vizsla batch --check-only`.
    Check,
}

/// A question and what a right answer to it is.
#[derive(Debug, Clone)]
pub struct Question {
    /// Unique within its set.
    pub id: String,
    /// KQL text.
    pub query: String,
    /// What counts as right.
    pub wanted: Wanted,
}

/// What counts as right.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// These rows, by the rules of [`crate::compare`].
    Answer(Box<Expected>),
    /// Any answer, or an error that is not about syntax.
    Parses,
    /// It binds.
    Binds,
    /// It binds to exactly these columns.
    Columns(Vec<(String, String)>),
}

/// The questions of a set, or why there are none.
#[derive(Debug)]
pub enum Loaded {
    /// The questions in file order.
    Questions(Vec<Question>),
    /// The file is not on this machine.
    Absent,
}

const LENIENT: Options = Options { leniency: Leniency::Lenient, strict_types: false };
const STRICT_TYPES: Options = Options { leniency: Leniency::Lenient, strict_types: true };
const STRICT: Options = Options { leniency: Leniency::Strict, strict_types: true };

/// Every set, in the order of reports.
pub const SETS: &[Set] = &[
    Set {
        name: "docs_run",
        file: "conformance/docs_run.jsonl",
        about: "rows that the documentation shows (cases marked suspect left out)",
        mode: Mode::Run,
        data: None,
        options: LENIENT,
        question: |line| line.suspect.is_empty().then(|| line.with_answer()),
    },
    Set {
        name: "docs_parse",
        file: "conformance/docs_parse.jsonl",
        about: "documented queries parse",
        mode: Mode::Check,
        data: None,
        options: LENIENT,
        question: |line| Some(line.wanting(Wanted::Parses)),
    },
    Set {
        name: "engine_truth",
        file: "conformance/engine_truth.jsonl",
        about: "rows that the real engine answered",
        mode: Mode::Run,
        data: None,
        options: LENIENT,
        question: |line| Some(line.with_answer()),
    },
    Set {
        name: "emulator_docs",
        file: "conformance/emulator_docs.jsonl",
        about: "rows and types that the emulator answered",
        mode: Mode::Run,
        data: None,
        options: STRICT_TYPES,
        question: |line| Some(line.with_answer()),
    },
    Set {
        name: "hunting",
        file: "hunting/queries.jsonl",
        about: "columns of public hunting queries that the official analyser accepts",
        mode: Mode::Check,
        data: None,
        options: LENIENT,
        question: |line| line.with_columns(Kind::Clean),
    },
    Set {
        name: "hunting_sentinel",
        file: "hunting/queries.jsonl",
        about: "the same for queries that need Sentinel's column names (`TimeGenerated`)",
        mode: Mode::Check,
        data: None,
        options: LENIENT,
        question: |line| line.with_columns(Kind::Sentinel),
    },
    Set {
        name: "hunting_flawed",
        file: "hunting/queries.jsonl",
        about: "the same for queries in which the analyser finds errors (for information)",
        mode: Mode::Check,
        data: None,
        options: LENIENT,
        question: |line| line.with_columns(Kind::Flawed),
    },
    Set {
        name: "sigma",
        file: "hunting/sigma.jsonl",
        about: "converted Sigma rules bind",
        mode: Mode::Check,
        data: None,
        options: LENIENT,
        question: |line| Some(line.wanting(Wanted::Binds)),
    },
    Set {
        name: "otrf",
        file: "data/otrf_questions.jsonl",
        about: "rows over real telemetry, computed in SQL",
        mode: Mode::Run,
        data: Some("data/otrf"),
        options: STRICT,
        question: |line| Some(line.with_typed_answer()),
    },
];

impl Set {
    /// The set of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SETS.iter().find(|it| it.name == name)
    }

    /// Reads the set's questions from under the shared folder.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not JSON of the expected shape.
    pub fn load(&self, shared: &Path) -> io::Result<Loaded> {
        let path = shared.join(self.file);
        if !path.exists() {
            return Ok(Loaded::Absent);
        }
        let text = fs::read_to_string(&path)?;
        let mut questions = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line =
                Line::parse(line).map_err(|e| io::Error::other(format!("{}:{}: {e}", path.display(), at + 1)))?;
            questions.extend((self.question)(line));
        }
        Ok(Loaded::Questions(questions))
    }
}

/// How the official analyser judged a hunting query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Clean,
    Sentinel,
    Flawed,
}

/// A line of any of the files; each has some of these fields.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    query: String,
    #[serde(default)]
    suspect: Vec<String>,
    #[serde(default)]
    xdr: bool,
    #[serde(default)]
    oracle: Option<Analysis>,
    /// The line as it stands, for the expectation's many fields.
    #[serde(skip)]
    whole: Value,
}

/// The official analyser's verdict.
#[derive(Debug, Clone, Deserialize)]
struct Analysis {
    semantic_errors: u32,
    result: Option<Vec<(String, String)>>,
    /// The verdict when Sentinel's columns are known too.
    sentinel_columns: Option<Box<Analysis>>,
}

impl Line {
    fn parse(text: &str) -> serde_json::Result<Self> {
        let whole: Value = serde_json::from_str(text)?;
        Ok(Self { whole: whole.clone(), ..serde_json::from_value(whole)? })
    }

    fn wanting(self, wanted: Wanted) -> Question {
        Question { id: self.id, query: self.query, wanted }
    }

    /// The documented answer; a line whose fields do not read as one counts as "any answer".
    fn with_answer(self) -> Question {
        let expected: Expected = serde_json::from_value(self.whole.clone()).unwrap_or_default();
        self.wanting(Wanted::Answer(Box::new(expected)))
    }

    /// The answer of a line whose cells are JSON values instead of shown text.
    fn with_typed_answer(mut self) -> Question {
        if let Some(rows) = self.whole.get_mut("rows").and_then(Value::as_array_mut) {
            for cell in rows.iter_mut().filter_map(Value::as_array_mut).flatten() {
                *cell = Value::String(match &*cell {
                    Value::Null => String::new(),
                    Value::String(it) => it.clone(),
                    other => other.to_string(),
                });
            }
        }
        self.with_answer()
    }

    fn with_columns(self, kind: Kind) -> Option<Question> {
        let (found, columns) = self.oracle.clone().filter(|_| self.xdr)?.judged();
        let wanted = columns.map_or(Wanted::Binds, Wanted::Columns);
        (found == kind).then(|| self.wanting(wanted))
    }
}

impl Analysis {
    fn judged(self) -> (Kind, Option<Vec<(String, String)>>) {
        match self.sentinel_columns {
            _ if self.semantic_errors == 0 => (Kind::Clean, self.result),
            Some(sentinel) if sentinel.semantic_errors == 0 => (Kind::Sentinel, sentinel.result),
            _ => (Kind::Flawed, self.result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_reads_its_file() {
        let shared = super::super::shared_folder();
        for set in SETS {
            match set.load(&shared) {
                Ok(Loaded::Questions(questions)) => assert!(questions.len() > 20, "{} is empty", set.name),
                Ok(Loaded::Absent) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}
