//! Which tables and fields an NDJSON file has.

use std::collections::BTreeMap;
use std::io::Read;

use vizsla_schema::KqlType;

use super::lines::{Blocks, lines};
use super::records::{MAX_EXTRAS, Sink, Unfit, each_record};
use crate::error::Result;
use crate::json::infer::Seen;
use crate::json::scan::Scanner;

/// Fields that appear for the first time after this much (unpacked) text of a file are not found by [`infer`].
///
/// Reading every file twice in full would double the cost of a first query. Data of more than this a file is what
/// [`Ingest`](crate::Ingest) is for, which finds every field.
pub const INFERENCE_LIMIT: u64 = 64 << 20;

/// The fields of the records of one table in one file, in the order of their appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    pub(crate) seen: Vec<(String, Seen)>,
}

impl Fields {
    pub(crate) fn types(&self) -> Vec<(String, KqlType)> {
        self.seen.iter().map(|(name, seen)| (name.clone(), seen.ty())).collect()
    }

    fn note(&mut self, position: usize, name: &str, seen: Seen) {
        // Records of a table have their fields in the same order nearly always.
        let guess = self.seen.get(position).is_some_and(|(known, _)| known == name).then_some(position);
        match guess.or_else(|| self.seen.iter().position(|(known, _)| known == name)) {
            Some(at) => self.seen[at].1 = self.seen[at].1.and(seen),
            None if self.seen.len() >= MAX_EXTRAS => {}
            None => self.seen.push((name.to_owned(), seen)),
        }
    }
}

/// What the beginning of a file holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inferred {
    /// Fields of records without an envelope, if there are such records.
    pub(crate) plain: Option<Fields>,
    /// Fields of records with an envelope, by the table it names.
    pub(crate) tables: BTreeMap<String, Fields>,
    /// Whether the whole file was read.
    pub(crate) complete: bool,
}

impl Inferred {
    /// The fields of `table`; `own` if the file lies in that table's place, so that plain records are its rows.
    pub(crate) fn fields(&self, table: &str, own: bool) -> Vec<(String, KqlType)> {
        let plain = self.plain.iter().filter(|_| own);
        let wrapped = self.tables.iter().filter(|(name, _)| name.eq_ignore_ascii_case(table)).map(|(_, fields)| fields);
        let mut all = Fields::default();
        for fields in plain.chain(wrapped) {
            for (position, (name, seen)) in fields.seen.iter().enumerate() {
                all.note(position, name, *seen);
            }
        }
        all.types()
    }
}

/// Reads up to `limit` bytes of lines. Broken lines are passed over: whoever reads the rows will report them.
pub(crate) fn infer(reader: impl Read, file: &str, limit: u64) -> Result<Inferred> {
    let mut blocks = Blocks::new(reader, file);
    let mut survey = Survey::default();
    let mut done = 0;
    while let Some(block) = blocks.next()? {
        for (_, line) in lines(&block.bytes, block.first_line) {
            if let Ok(line) = std::str::from_utf8(line) {
                let _ = each_record(line, &mut survey);
            }
        }
        done += block.bytes.len() as u64;
        if done >= limit {
            return Ok(survey.inferred);
        }
    }
    survey.inferred.complete = true;
    Ok(survey.inferred)
}

#[derive(Default)]
struct Survey {
    inferred: Inferred,
}

impl Sink for Survey {
    fn read(&mut self, table: Option<&str>, scanner: &mut Scanner<'_>) -> Result<(), Unfit> {
        let fields = match table {
            None => self.inferred.plain.get_or_insert_default(),
            Some(table) if self.inferred.tables.contains_key(table) => {
                self.inferred.tables.get_mut(table).expect("just found")
            }
            Some(table) => self.inferred.tables.entry(table.to_owned()).or_default(),
        };
        scanner.begin_object()?;
        let mut position = 0;
        while let Some(key) = scanner.key()? {
            let seen = Seen::of(scanner.raw_value()?);
            fields.note(position, &key.characters(), seen);
            position += 1;
        }
        Ok(())
    }

    fn keep(&mut self, _line: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_all_records_are_found() {
        let text = r#"{"a":1,"b":"x"}
            {"b":null,"c":{"d":1},"a":2.5}
            {"broken
            {"category":"AdvancedHunting-T","properties":{"a":true}}"#;
        let inferred = infer(text.as_bytes(), "x", u64::MAX).expect("readable");
        let own = inferred.fields("t", true);
        let owned = |name: &str, ty| (name.to_owned(), ty);
        assert_eq!(own, [owned("a", KqlType::String), owned("b", KqlType::String), owned("c", KqlType::Dynamic)]);
        assert_eq!(inferred.fields("t", false), [owned("a", KqlType::Bool)]);
        assert!(inferred.complete);
    }
}
