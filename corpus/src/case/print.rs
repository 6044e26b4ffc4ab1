//! Prints answers as blocks, and puts them in the place of old ones.

use std::fmt::Write as _;

use serde_json::Value;

use super::cells::print_table;
use super::judge::spanned;
use super::{CaseFile, Expected, ExpectedError, Rows};
use crate::{Failure, Table};

impl CaseFile {
    /// The file's text with the answers of some cases (by position) replaced.
    pub(super) fn with_answers(&self, answers: &[(usize, String)]) -> String {
        let mut out = String::new();
        let mut copied = 0;
        for (case, blocks) in answers {
            let place = &self.cases[*case].answer;
            out.push_str(&self.text[copied..place.start]);
            out.push_str(blocks);
            copied = place.end;
        }
        out + &self.text[copied..]
    }
}

/// The blocks of an answer. What counted of the rows before still counts.
pub(super) fn answer_blocks(query: &str, before: Option<&Expected>, answer: &Result<Vec<Table>, Failure>) -> String {
    match answer {
        Err(failure) => expected_blocks(&Expected::Error(as_expected(query, failure))),
        Ok(tables) => {
            let rows = |at: usize| match before {
                Some(Expected::Tables(tables)) => tables.get(at).map_or(Rows::Multiset, |it| it.rows),
                Some(Expected::Error(_)) | None => Rows::Multiset,
            };
            tables.iter().enumerate().map(|(at, table)| table_block(table, rows(at))).collect()
        }
    }
}

fn as_expected(query: &str, failure: &Failure) -> ExpectedError {
    let codes = std::iter::once(&failure.code).chain(&failure.service_code).filter(|it| !it.is_empty());
    ExpectedError {
        codes: codes.cloned().collect(),
        at: spanned(query, failure.span.as_ref()).map(str::to_owned),
        message: Some(failure.message.lines().next().unwrap_or("").to_owned()),
    }
}

/// The blocks of a known answer.
pub(super) fn expected_blocks(expected: &Expected) -> String {
    match expected {
        Expected::Tables(tables) => tables.iter().map(|it| table_block(&it.table, it.rows)).collect(),
        Expected::Error(error) => format!("```error\n{}\n```\n", error_line(error)),
    }
}

fn table_block(table: &Table, rows: Rows) -> String {
    let info = match rows {
        Rows::Multiset => "result",
        Rows::Ordered => "result ordered",
        Rows::Any => "result any",
    };
    format!("```{info}\n{}\n```\n", print_table(table).join("\n"))
}

fn error_line(error: &ExpectedError) -> String {
    let mut line = error.codes.join(" ");
    if let Some(at) = &error.at {
        let plain = !at.contains(['`', '\n', '\r']);
        let quoted = if plain { format!("`{at}`") } else { Value::from(at.as_str()).to_string() };
        _ = write!(line, "{}at {quoted}", if line.is_empty() { "" } else { " " });
    }
    if let Some(message) = &error.message {
        _ = write!(line, ": {message}");
    }
    line
}

/// Both texts line by line: `-` is only expected, `+` only answered. When they differ in order alone, both in full.
pub(super) fn difference(expected: &str, answered: &str) -> Vec<String> {
    let mut free: Vec<&str> = answered.lines().collect();
    let mut lines = Vec::new();
    for line in expected.lines() {
        match free.iter().position(|it| words(it) == words(line)) {
            Some(at) => {
                free.remove(at);
                lines.push(format!("  {line}"));
            }
            None => lines.push(format!("- {line}")),
        }
    }
    lines.extend(free.iter().map(|line| format!("+ {line}")));
    if lines.iter().all(|line| line.starts_with(' ')) {
        // Nothing is missing and nothing new, so it is the order that differs.
        lines.extend(answered.lines().map(|line| format!("+ {line}")));
    }
    lines
}

/// A line without its padding.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn updating_touches_nothing_but_the_answers() {
        let text = "# A\nfirst\n```kql\nprint 1\n```\nprose\n```result ordered\nx:long\n1\n```\nsecond\n```kql\nprint 2\n```\nend\n";
        let file = CaseFile::parse(Path::new("x.md"), text).expect("the file reads");
        let table = Table { columns: vec![("y".into(), "long".into())], rows: vec![vec![2.into()]] };
        let answers: Vec<(usize, String)> = (0..2)
            .map(|at| (at, answer_blocks("", file.cases[at].expected.as_ref(), &Ok(vec![table.clone()]))))
            .collect();
        let updated = file.with_answers(&answers);
        assert_eq!(
            updated,
            text.replace("x:long\n1\n", "y:long\n2\n").replace("end", "```result\ny:long\n2\n```\nend")
        );
    }

    #[test]
    fn an_error_is_printed_as_it_is_read() {
        let failure = Failure {
            code: "KQL0210".to_owned(),
            service_code: Some("SEM0100".to_owned()),
            message: "no column named `x` here".to_owned(),
            span: Some(8..9),
        };
        let printed = answer_blocks("T|where x", None, &Err(failure));
        assert_eq!(printed, "```error\nKQL0210 SEM0100 at `x`: no column named `x` here\n```\n");
    }

    #[test]
    fn a_difference_shows_what_is_missing_and_what_is_new() {
        assert_eq!(difference("x:long\n1\n2", "x:long\n2\n3"), ["  x:long", "- 1", "  2", "+ 3"]);
        assert_eq!(difference("x\n1\n2", "x\n2\n1"), ["  x", "  1", "  2", "+ x", "+ 2", "+ 1"]);
    }
}
