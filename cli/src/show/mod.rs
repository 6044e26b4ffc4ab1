//! The forms an answer can be printed in. Each is told columns and batches as they come and writes to any
//! [`Write`]; nothing here knows engines, files or terminals.
//!
//! | Format | | several result tables |
//! |---|---|---|
//! | `table` | [`table`]: boxes, and charts for `render` | one after the other |
//! | `vertical` | [`vertical`]: a line for each cell | one after the other |
//! | `json` | [`json`]: one document with columns, types and rows | `"tables"` has them all |
//! | `ndjson` | [`json`]: a record on each line | one after the other |
//! | `csv` | [`csv`]: a header, then rows | with an empty line between |
//! | `parquet` | [`parquet`] | refused |

mod chart;
mod csv;
pub(crate) mod json;
mod parquet;
mod table;
mod vertical;

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use clap::ValueEnum;
use vizsla_engine::{Render, ResultColumn};
use vizsla_functions::format;

/// How to print an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Boxes; charts for `render` if it is shown on a terminal.
    Table,
    /// A line for each cell.
    Vertical,
    /// One document with columns, types and rows.
    Json,
    /// A record on each line.
    Ndjson,
    /// Comma-separated values under a header.
    Csv,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// Every format with its name.
    pub(crate) const NAMES: &[(&'static str, Format)] = &[
        ("table", Format::Table),
        ("vertical", Format::Vertical),
        ("json", Format::Json),
        ("ndjson", Format::Ndjson),
        ("csv", Format::Csv),
        ("parquet", Format::Parquet),
    ];

    /// The format of this name.
    pub(crate) fn parse(name: &str) -> Option<Format> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|it| it.1)
    }

    /// What the end of a file's name asks for.
    pub(crate) fn of_path(path: &std::path::Path) -> Option<Format> {
        match path.extension()?.to_str()? {
            "json" => Some(Format::Json),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            "csv" => Some(Format::Csv),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// Why an answer cannot be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShowError {
    /// The place it goes to refused it.
    #[error("cannot write the answer: {0}")]
    Io(#[from] io::Error),
    /// An array cannot become what the format needs.
    #[error("cannot write the answer: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The Parquet writer refused.
    #[error("cannot write the answer: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// A second table for a format of one.
    #[error("a Parquet file holds one table and the query answers several: ask for them one by one")]
    SeveralTables,
    /// No table for a format of one.
    #[error("a Parquet file holds one table and the query answers none")]
    NoTable,
    /// A moment that the format cannot hold.
    #[error(
        "column `{0}` has a datetime before 1677 or after 2262, which Parquet's nanoseconds cannot hold: \
         make it text with `tostring`, or null with `iff`"
    )]
    MomentOutOfRange(String),
}

/// One format at work.
pub(crate) trait Show {
    /// The batches that follow are of this table.
    fn begin(&mut self, columns: &[ResultColumn], render: Option<&Render>) -> Result<(), ShowError>;
    /// Some rows, in plan types.
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError>;
    /// The table has no more rows.
    fn end(&mut self) -> Result<(), ShowError>;
    /// There are no more tables.
    fn finish(&mut self) -> Result<(), ShowError>;
}

/// What tables and charts are fitted to; the default is a file, with no limit to its lines.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Characters in a line, if that is limited; charts are drawn only then.
    pub(crate) width: Option<u16>,
    /// Whether to colour.
    pub(crate) colour: bool,
}

/// `format`, writing to `out`.
pub(crate) fn writer<'w>(format: Format, out: &'w mut (dyn Write + Send), layout: Layout) -> Box<dyn Show + 'w> {
    match format {
        Format::Table => Box::new(table::Tables::new(out, layout)),
        Format::Vertical => Box::new(vertical::Vertical::new(out, layout)),
        Format::Json => Box::new(json::Document::new(out)),
        Format::Ndjson => Box::new(json::Lines::new(out)),
        Format::Csv => Box::new(csv::Csv::new(out)),
        Format::Parquet => Box::new(parquet::Parquet::new(out)),
    }
}

/// A cell as a person reads it: the text that `tostring` answers, made harmless for a terminal.
///
/// Events hold what attackers wrote: escape sequences and letters that turn the direction of writing are spelt out.
fn readable(batch: &RecordBatch, column: usize, row: usize, ty: vizsla_engine::KqlType) -> String {
    let mut text = String::new();
    format::text(batch.column(column).as_ref(), row, ty, &mut text);
    match harmless(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    }
}

/// `text` with control characters spelt out.
fn harmless(text: &str) -> Cow<'_, str> {
    let turns = |it: char| matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let harms = |it: char| it.is_control() || turns(it);
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if harms(letter) => out.extend(["\\u{", &format!("{:x}", u32::from(letter)), "}"]),
            _ => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// `text`, cut to `limit` characters with an ellipsis.
fn shortened(text: String, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod testing {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch};
    use arrow::datatypes::{Field, Schema};
    use vizsla_engine::{KqlType, Render, ResultColumn, Value};

    use super::{Format, Layout, ShowError, writer};

    /// Rows of values as columns and a batch.
    pub(crate) fn table(columns: &[(&str, KqlType)], rows: &[Vec<Value>]) -> (Vec<ResultColumn>, RecordBatch) {
        let arrays: Vec<ArrayRef> = (0..columns.len())
            .map(|at| {
                let cells: Vec<ArrayRef> = rows.iter().map(|row| row[at].to_array()).collect();
                let cells: Vec<&dyn arrow::array::Array> = cells.iter().map(AsRef::as_ref).collect();
                arrow::compute::concat(&cells).expect("cells of one type")
            })
            .collect();
        let fields: Vec<Field> = columns.iter().map(|(name, ty)| Field::new(*name, ty.plan_type(), true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("arrays of the schema");
        (columns.iter().map(|(name, ty)| ResultColumn { name: (*name).into(), ty: *ty }).collect(), batch)
    }

    /// Every type, a row of values and a row of nulls.
    pub(crate) fn every_type() -> (Vec<ResultColumn>, RecordBatch) {
        let row = vec![
            Value::Bool(true),
            Value::DateTime(637_134_336_000_000_001),
            Value::Decimal(1_500_000_000_000_000_000),
            Value::Dynamic(r#"{"a":[1,"b"]}"#.into()),
            Value::Guid("01234567-89ab-cdef-0123-456789abcdef".into()),
            Value::Int(-1),
            Value::Long(i64::MAX),
            Value::Real(0.25),
            Value::String("say \"hi\", you".into()),
            Value::TimeSpan(-36_000_000_000),
        ];
        let columns: Vec<(&str, KqlType)> = row.iter().map(|it| (it.ty().name(), it.ty())).collect();
        let nulls = row.iter().map(|it| Value::absent(it.ty())).collect();
        table(&columns, &[row, nulls])
    }

    /// What a format makes of tables.
    pub(crate) fn shown(
        format: Format,
        layout: Layout,
        tables: &[(Vec<ResultColumn>, RecordBatch)],
        render: Option<&Render>,
    ) -> Result<Vec<u8>, ShowError> {
        let mut out = Vec::new();
        let mut show = writer(format, &mut out, layout);
        for (columns, batch) in tables {
            show.begin(columns, render)?;
            show.batch(batch)?;
            show.end()?;
        }
        show.finish()?;
        drop(show);
        Ok(out)
    }

    /// The same as text.
    pub(crate) fn shown_text(format: Format, tables: &[(Vec<ResultColumn>, RecordBatch)]) -> String {
        let bytes = shown(format, Layout::default(), tables, None).expect("it can be shown");
        String::from_utf8(bytes).expect("text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_draw_on_the_terminal() {
        for (text, expected) in [
            ("plain é", "plain é"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("exe.\u{202e}fdp", "exe.\\u{202e}fdp"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_end_of_a_name_tells_the_format() {
        for (path, expected) in [
            ("a.csv", Some(Format::Csv)),
            ("a.b.jsonl", Some(Format::Ndjson)),
            ("a.parquet", Some(Format::Parquet)),
            ("a.txt", None),
            ("csv", None),
        ] {
            assert_eq!(Format::of_path(path.as_ref()), expected, "{path}");
        }
    }

    #[test]
    fn every_format_has_its_name() {
        for format in Format::value_variants() {
            let name = format.to_possible_value().expect("not hidden").get_name().to_owned();
            assert_eq!(Format::parse(&name), Some(*format));
        }
    }
}
