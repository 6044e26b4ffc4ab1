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
    #[error("the record adds fields to more than {MAX_EXTRAS} that nothing declares")]
    TooManyFields,
}

/// Columns that a table may have beyond the declared ones. More are no schema but data in the place of names, and would
/// cost a column each.
pub(crate) const MAX_EXTRAS: usize = 1000;

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
    // A plain record hardly ever holds the word, and looking for it costs next to nothing.
    let envelopes = memchr::memmem::find(line.as_bytes(), CATEGORY.as_bytes()).is_some();
    let mut records = Records { line, envelopes, sink };
    let mut scanner = Scanner::new(line);
    if scanner.peek() == Some(b'[') {
        records.array(&mut scanner)?;
    } else if has_wrapper(line) {
        scanner.begin_object()?;
        while let Some(key) = scanner.key()? {
            match key.characters() == "records" && scanner.peek() == Some(b'[') {
                true => records.array(&mut scanner)?,
                false => scanner.skip()?,
            }
        }
    } else {
        // The end is looked for before the record is kept, so that a line is taken whole or not at all.
        records.one(&mut scanner)?;
        scanner.end()?;
        records.sink.keep(line);
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

/// A line that is being taken apart.
struct Records<'a, 's, S> {
    line: &'a str,
    /// Whether any of its records may be an envelope.
    envelopes: bool,
    sink: &'s mut S,
}

impl<'a, S: Sink> Records<'a, '_, S> {
    fn array(&mut self, scanner: &mut Scanner<'a>) -> Result<(), Unfit> {
        scanner.begin_array()?;
        while scanner.element()? {
            self.one(scanner)?;
            self.sink.keep(self.line);
        }
        Ok(())
    }

    fn one(&mut self, scanner: &mut Scanner<'a>) -> Result<(), Unfit> {
        scanner.peek();
        let start = scanner.position();
        if self.envelopes && self.envelope(scanner)? {
            return Ok(());
        }
        *scanner = Scanner::at(self.line, start);
        self.sink.read(None, scanner)
    }

    /// Reads the row inside an envelope; false if the object turns out to be none.
    fn envelope(&mut self, scanner: &mut Scanner<'a>) -> Result<bool, Unfit> {
        let mut table: Option<&'a str> = None;
        let mut skipped = None;
        let mut done = false;
        scanner.begin_object()?;
        while let Some(key) = scanner.key()? {
            match (key.text, scanner.peek(), table) {
                ("\"properties\"", Some(b'{'), Some(table)) => {
                    self.sink.read(Some(table), scanner)?;
                    done = true;
                }
                ("\"properties\"", Some(b'{'), None) => skipped = Some(scanner.value()?.1.start),
                ("\"category\"", Some(b'"'), _) => {
                    let text = &self.line[scanner.value()?.1];
                    table = text.trim_matches('"').strip_prefix(CATEGORY);
                }
                _ => scanner.skip()?,
            }
        }
        if let (false, Some(table), Some(start)) = (done, table, skipped) {
            self.sink.read(Some(table), &mut Scanner::at(self.line, start))?;
            done = true;
        }
        Ok(done)
    }
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
