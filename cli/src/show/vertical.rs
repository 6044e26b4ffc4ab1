//! Answers with a line for each cell, for rows that are wider than a screen.
//!
//! ```text
//! ── 1 ──
//! Timestamp   2026-03-03T09:12:44.1200000Z
//! FileName    powershell.exe
//! ```

use std::fmt::Write as _;
use std::io::Write;

use arrow::array::RecordBatch;
use unicode_width::UnicodeWidthStr;
use vizsla_engine::{Render, ResultColumn};

use super::{Layout, Show, ShowError, harmless, readable};

/// A paragraph for each row.
pub(super) struct Vertical<'w> {
    out: &'w mut (dyn Write + Send),
    layout: Layout,
    columns: Vec<ResultColumn>,
    rows: usize,
}

impl<'w> Vertical<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send), layout: Layout) -> Self {
        Self { out, layout, columns: Vec::new(), rows: 0 }
    }
}

impl Show for Vertical<'_> {
    fn begin(&mut self, columns: &[ResultColumn], _: Option<&Render>) -> Result<(), ShowError> {
        self.columns = columns.to_vec();
        self.rows = 0;
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        let text = paragraphs(&self.columns, batch, self.rows, self.layout);
        self.rows += batch.num_rows();
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn end(&mut self) -> Result<(), ShowError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ShowError> {
        Ok(())
    }
}

/// The rows of a batch, numbered from `before` + 1.
pub(super) fn paragraphs(columns: &[ResultColumn], batch: &RecordBatch, before: usize, layout: Layout) -> String {
    let names: Vec<_> = columns.iter().map(|it| harmless(&it.name).into_owned()).collect();
    let width = names.iter().map(|it| it.width()).max().unwrap_or_default();
    let (dim, plain) = if layout.colour { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        let _ = writeln!(text, "{dim}── {} ──{plain}", before + row + 1);
        for (at, name) in names.iter().enumerate() {
            let cell = readable(batch, at, row, columns[at].ty);
            // An empty cell has no blanks behind its name.
            let gap = if cell.is_empty() { 0 } else { width - name.width() + 3 };
            let _ = writeln!(text, "{dim}{name}{plain}{}{cell}", " ".repeat(gap));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use vizsla_engine::{KqlType, Value};

    use super::super::Format;
    use super::super::testing::{shown_text, table};

    #[test]
    fn names_line_up() {
        let one = table(
            &[("Id", KqlType::Long), ("Name", KqlType::String)],
            &[vec![Value::Long(1), Value::String("a".into())], vec![Value::Long(2), Value::String("".into())]],
        );
        assert_eq!(shown_text(Format::Vertical, &[one]), "── 1 ──\nId     1\nName   a\n── 2 ──\nId     2\nName\n");
    }
}
