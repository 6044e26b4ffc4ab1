//! Reads case files.

use std::path::Path;

use super::cells::parse_table;
use super::{Case, CaseFile, CaseOptions, Expected, ExpectedError, ExpectedTable, Rows};

impl CaseFile {
    /// Reads the text of a case file.
    ///
    /// # Errors
    /// Every line that is not as [`crate::case`] describes, as `path:line: message`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader::default();
        for block in blocks(text) {
            let line = block.line;
            if let Err((at, message)) = reader.take(&block) {
                reader.problems.push(format!("{}:{}: {message}", path.display(), line + at));
            }
        }
        if reader.problems.is_empty() {
            Ok(Self { path: path.to_owned(), cases: reader.cases, text: text.to_owned() })
        } else {
            Err(reader.problems)
        }
    }
}

/// A fenced block, a stretch of prose, or front matter.
struct Block<'a> {
    /// The words after the fence; `None` for prose.
    info: Option<&'a str>,
    body: &'a str,
    /// Line of the body's first line, from 1.
    line: usize,
    /// Bytes of the whole block, fences included.
    start: usize,
    end: usize,
}

const FRONT_MATTER: &str = "---";

/// Cuts the file at its fences; an unclosed block ends with the file.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = lines_with_place(text);
    while let Some((number, start, line)) = lines.next() {
        let is_front_matter = number == 1 && line.trim_end() == FRONT_MATTER;
        let fence: String = line.chars().take_while(|c| *c == '`').collect();
        if !is_front_matter && fence.len() < 3 {
            blocks.push(Block { info: None, body: line, line: number, start, end: start + line.len() });
            continue;
        }
        let (close, info) =
            if is_front_matter { (FRONT_MATTER, FRONT_MATTER) } else { (fence.as_str(), line[fence.len()..].trim()) };
        let body_start = start + line.len();
        let mut body_end = text.len();
        let mut end = text.len();
        for (_, at, line) in lines.by_ref() {
            if line.trim_end() == close {
                (body_end, end) = (at, at + line.len());
                break;
            }
        }
        blocks.push(Block { info: Some(info), body: &text[body_start..body_end], line: number + 1, start, end });
    }
    blocks
}

/// Number (from 1), byte and text of each line, line break included.
fn lines_with_place(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').enumerate().map(move |(at, line)| {
        let place = start;
        start += line.len();
        (at + 1, place, line)
    })
}

/// What is wrong, and on which line of the block (from 0).
type Problem = (usize, String);

#[derive(Default)]
struct Reader {
    cases: Vec<Case>,
    options: CaseOptions,
    name: String,
    problems: Vec<String>,
}

impl Reader {
    fn take(&mut self, block: &Block<'_>) -> Result<(), Problem> {
        let Some(info) = block.info else {
            if !block.body.trim().is_empty() {
                self.name = block.body.trim().to_owned();
            }
            return Ok(());
        };
        let mut words = info.split_whitespace();
        match (words.next().unwrap_or(""), words.next()) {
            (FRONT_MATTER, None) => self.front_matter(block.body),
            ("kql", None) => {
                self.query(block, None);
                Ok(())
            }
            ("kql", Some("as")) => match info.strip_prefix("kql as written: ").map(str::trim) {
                Some(reason) if !reason.is_empty() => {
                    self.query(block, Some(reason.to_owned()));
                    Ok(())
                }
                _ => Err((0, "write the reason: `kql as written: REASON`".to_owned())),
            },
            ("result", None) => self.result(block, Rows::Multiset),
            ("result", Some("ordered")) => self.result(block, Rows::Ordered),
            ("result", Some("any")) => self.result(block, Rows::Any),
            ("error", None) => self.error(block),
            ("data", Some(name)) => {
                let table = parse_table(block.body.lines())?;
                self.options.tables.retain(|(known, _)| known != name);
                self.options.tables.push((name.to_owned(), table));
                Ok(())
            }
            _ => Err((
                0,
                format!(
                    "there is no block `{info}`: kql [as written: REASON], result [ordered | any], error, data NAME"
                ),
            )),
        }
    }

    fn front_matter(&mut self, body: &str) -> Result<(), Problem> {
        for (at, line) in body.lines().enumerate() {
            match line.split_once(':') {
                Some(("now", value)) => self.options.now = Some(value.trim().to_owned()),
                _ => return Err((at, format!("`{line}` is not an option; there is `now: 2024-05-01T12:00:00Z`"))),
            }
        }
        Ok(())
    }

    fn query(&mut self, block: &Block<'_>, as_written: Option<String>) {
        self.cases.push(Case {
            name: self.name.clone(),
            line: block.line,
            query: block.body.trim_end().to_owned(),
            options: self.options.clone(),
            as_written,
            expected: None,
            answer: block.end..block.end,
        });
    }

    fn result(&mut self, block: &Block<'_>, rows: Rows) -> Result<(), Problem> {
        let table = ExpectedTable { table: parse_table(block.body.lines())?, rows };
        let case = self.case_answered_by(block)?;
        match &mut case.expected {
            None => case.expected = Some(Expected::Tables(vec![table])),
            Some(Expected::Tables(tables)) => tables.push(table),
            Some(Expected::Error(_)) => return Err((0, "the query has an error already".to_owned())),
        }
        Ok(())
    }

    fn error(&mut self, block: &Block<'_>) -> Result<(), Problem> {
        let expected = parse_error(block.body.trim()).map_err(|message| (0, message))?;
        let case = self.case_answered_by(block)?;
        if case.expected.is_some() {
            return Err((0, "the query has an answer already".to_owned()));
        }
        case.expected = Some(Expected::Error(expected));
        Ok(())
    }

    fn case_answered_by(&mut self, block: &Block<'_>) -> Result<&mut Case, Problem> {
        let case = self.cases.last_mut().ok_or((0, "there is no query above this answer".to_owned()))?;
        if case.answer.is_empty() {
            case.answer.start = block.start;
        }
        case.answer.end = block.end;
        Ok(case)
    }
}

/// Reads ``KQL0210 SEM0100 at `FileNme`: no column named``.
fn parse_error(line: &str) -> Result<ExpectedError, String> {
    let mut expected = ExpectedError::default();
    let mut rest = line;
    while !rest.is_empty() {
        if let Some(message) = rest.strip_prefix(": ") {
            expected.message = Some(message.to_owned());
            break;
        }
        rest = rest.trim_start();
        if let Some(quoted) = rest.strip_prefix("at ") {
            let (text, tail) = parse_quoted(quoted).ok_or("`at` needs a text in backticks or a JSON string")?;
            expected.at = Some(text);
            rest = tail;
            continue;
        }
        let end = rest.find([' ', ':']).unwrap_or(rest.len());
        let (code, tail) = rest.split_at(end);
        if code.is_empty() || !code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
            return Err(format!("`{code}` is not a code; write: KQL0210 SEM0100 at `name`: part of the message"));
        }
        expected.codes.push(code.to_owned());
        rest = tail;
    }
    Ok(expected)
}

fn parse_quoted(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('`') {
        let (inside, tail) = rest.split_once('`')?;
        return Some((inside.to_owned(), tail));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    let end = values.byte_offset();
    Some((value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CaseFile, Vec<String>> {
        CaseFile::parse(Path::new("x.md"), text)
    }

    #[test]
    fn a_file_is_prose_queries_and_answers() {
        let text = "---\nnow: 2024-01-01\n---\n# Heading\n\nTakes a row.\n```kql\nT\n| take 1\n```\n\
                    ```result any\nx:long\n1\n```\n\nTwo tables.\n```data T\nx:long\n5\n```\n````kql\nT; T\n````\n\
                    ```result\nx:long\n5\n```\n```result\nx:long\n5\n```\n";
        let cases = parse(text).expect("the file reads").cases;
        assert_eq!(cases.len(), 2);
        assert_eq!(
            (cases[0].name.as_str(), cases[0].line, cases[0].query.as_str()),
            ("Takes a row.", 8, "T\n| take 1")
        );
        assert_eq!(cases[0].options.now.as_deref(), Some("2024-01-01"));
        assert!(cases[0].options.tables.is_empty() && cases[1].options.tables.len() == 1);
        assert!(matches!(&cases[1].expected, Some(Expected::Tables(tables)) if tables.len() == 2));
    }

    #[test]
    fn a_query_stays_as_written_for_a_reason() {
        let file = parse("```kql as written: the order of rows\nprint 1\n```\n").expect("the file reads");
        assert_eq!(file.cases[0].as_written.as_deref(), Some("the order of rows"));
        assert!(parse("```kql as written:\nprint 1\n```\n").is_err());
    }

    #[test]
    fn every_wrong_line_is_reported() {
        let text = "```result\nx:long\n1\n```\n```kql\nT\n```\n```result\nx:long\nabc\n```\n```sql\n```\n";
        let problems = parse(text).expect_err("the file is wrong");
        let starts: Vec<&str> = problems.iter().map(|it| &it[..7]).collect();
        assert_eq!(starts, ["x.md:2:", "x.md:10", "x.md:13"]);
    }

    #[test]
    fn an_error_names_codes_place_and_message() {
        for (line, codes, at, message) in [
            ("KQL0210 SEM0100 at `x`: no column", 2, Some("x"), Some("no column")),
            ("SEM0100", 1, None, None),
            (r#"SEM0100 at "a`b": m: n"#, 1, Some("a`b"), Some("m: n")),
            (": message only", 0, None, Some("message only")),
        ] {
            let error = parse_error(line).expect("the line reads");
            assert_eq!(
                (error.codes.len(), error.at.as_deref(), error.message.as_deref()),
                (codes, at, message),
                "{line}"
            );
        }
        assert!(parse_error("no code").is_err());
    }
}
