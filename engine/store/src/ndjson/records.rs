//! One line to its records: plain objects, the envelope of raw data streaming, and arrays of either.
//!
//! An envelope is `{"time":…,"category":"AdvancedHunting-<Table>","properties":{…}}`; only `properties` is the row. An Event
//! Hubs message wraps envelopes once more, in `{"records":[…]}`.

use crate::json::scan::{Malformed, Scanner};

/// Why a record is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("{0}")]
    NotJson(Malformed),
    #[error("no table: the record has no envelope, and no table was given for it")]
    NoTable,
    #[error("`{0}` cannot be the name of a table")]
    NoName(String),
}

impl From<Malformed> for Unfit {
    fn from(malformed: Malformed) -> Self {
        Self::NotJson(malformed)
    }
}

/// What stands before the table's name in the category of an envelope.
const CATEGORY: &str = "AdvancedHunting-";

/// Takes records, one after the other.
pub(crate) trait Sink {
    /// Passes over the object that the scanner stands before. `table` is the one that its envelope names.
    fn read(&mut self, table: Option<&str>, scanner: &mut Scanner<'_>) -> Result<(), Unfit>;

    /// Says that the record read last is well-formed. `line` is the text that was scanned.
    fn keep(&mut self, line: &str);
}

/// Gives each record of a line to `sink`. Records before the broken place of a line have been kept.
pub(crate) fn each_record(line: &str, sink: &mut impl Sink) -> Result<(), Unfit> {
    let mut scanner = Scanner::new(line);
    if scanner.peek() == Some(b'[') {
        each_element(line, &mut scanner, sink)?;
    } else if has_wrapper(line) {
        scanner.begin_object()?;
        while let Some(key) = scanner.key()? {
            match key.characters() == "records" && scanner.peek() == Some(b'[') {
                true => each_element(line, &mut scanner, sink)?,
                false => scanner.skip()?,
            }
        }
    } else {
        // The end is looked for before the record is kept, so that a line is taken whole or not at all.
        one_record(line, &mut scanner, sink)?;
        scanner.end()?;
        sink.keep(line);
        return Ok(());
    }
    Ok(scanner.end()?)
}

/// Whether the line is `{"records":[…]}`.
fn has_wrapper(line: &str) -> bool {
    let mut scanner = Scanner::new(line);
    let first = scanner.begin_object().and_then(|()| scanner.key());
    matches!(first, Ok(Some(key)) if key.text == "\"records\"") && scanner.peek() == Some(b'[')
}

fn each_element<'a>(line: &'a str, scanner: &mut Scanner<'a>, sink: &mut impl Sink) -> Result<(), Unfit> {
    scanner.begin_array()?;
    while scanner.element()? {
        one_record(line, scanner, sink)?;
        sink.keep(line);
    }
    Ok(())
}

fn one_record<'a>(line: &'a str, scanner: &mut Scanner<'a>, sink: &mut impl Sink) -> Result<(), Unfit> {
    scanner.peek();
    let start = scanner.position();
    // A plain record hardly ever holds the word, and looking for it costs next to nothing.
    if memchr::memmem::find(&line.as_bytes()[start..], CATEGORY.as_bytes()).is_none() {
        return sink.read(None, scanner);
    }
    match envelope(line, scanner, sink)? {
        true => Ok(()),
        false => {
            *scanner = Scanner::at(line, start);
            sink.read(None, scanner)
        }
    }
}

/// Reads the row inside an envelope; false if the object turns out to be none.
fn envelope<'a>(line: &'a str, scanner: &mut Scanner<'a>, sink: &mut impl Sink) -> Result<bool, Unfit> {
    let mut table: Option<&'a str> = None;
    let mut skipped = None;
    let mut done = false;
    scanner.begin_object()?;
    while let Some(key) = scanner.key()? {
        match (key.text, scanner.peek(), table) {
            ("\"properties\"", Some(b'{'), Some(table)) => {
                sink.read(Some(table), scanner)?;
                done = true;
            }
            ("\"properties\"", Some(b'{'), None) => skipped = Some(scanner.value()?.1.start),
            ("\"category\"", Some(b'"'), _) => {
                let text = &line[scanner.value()?.1];
                table = text.trim_matches('"').strip_prefix(CATEGORY);
            }
            _ => scanner.skip()?,
        }
    }
    if let (false, Some(table), Some(start)) = (done, table, skipped) {
        sink.read(Some(table), &mut Scanner::at(line, start))?;
        done = true;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Names {
        current: String,
        kept: Vec<String>,
    }

    impl Sink for Names {
        fn read(&mut self, table: Option<&str>, scanner: &mut Scanner<'_>) -> Result<(), Unfit> {
            self.current = format!("{}:", table.unwrap_or("-"));
            scanner.begin_object()?;
            while let Some(key) = scanner.key()? {
                self.current += &key.characters();
                scanner.value()?;
            }
            Ok(())
        }

        fn keep(&mut self, _line: &str) {
            self.kept.push(std::mem::take(&mut self.current));
        }
    }

    #[test]
    fn records_are_unwrapped() {
        for (line, expected, fine) in [
            (r#"{"a":1,"b":2}"#, &["-:ab"][..], true),
            (r#"{"time":"","category":"AdvancedHunting-T","properties":{"a":1},"Tenant":""}"#, &["T:a"], true),
            (r#"{"properties":{"a":1},"category":"AdvancedHunting-T"}"#, &["T:a"], true),
            (
                r#"{"records":[{"category":"AdvancedHunting-T","properties":{"a":1}},{"category":"AdvancedHunting-U","properties":{}}]}"#,
                &["T:a", "U:"],
                true,
            ),
            (r#"[{"a":1},{"b":1}]"#, &["-:a", "-:b"], true),
            (r#"{"text":"AdvancedHunting-T","a":{}}"#, &["-:texta"], true),
            (r#"{"category":"AdvancedHunting-T","a":1}"#, &["-:categorya"], true),
            (r#"{"records":7}"#, &["-:records"], true),
            (r#"{"a":1} x"#, &[], false),
            (r#"{"category":"AdvancedHunting-T","properties":{"a":1}"#, &[], false),
            (r#"[{"a":1},{"b"}]"#, &["-:a"], false),
            ("7", &[], false),
        ] {
            let mut names = Names::default();
            let outcome = each_record(line, &mut names);
            assert_eq!(
                (names.kept.as_slice(), outcome.is_ok()),
                (&expected.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..], fine),
                "{line}"
            );
        }
    }
}
