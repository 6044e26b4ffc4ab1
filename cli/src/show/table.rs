//! Answers in boxes, fitted to the terminal; a chart in place of the box where the query ends in `render`.
//!
//! Widths need to see the rows, so rows are gathered, a page at a time: an answer of any size takes little memory, and
//! each page is a table with its own header.

use std::io::Write;

use arrow::array::RecordBatch;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use vizsla_engine::{KqlType, Render, ResultColumn};

use super::{Layout, Show, ShowError, chart, harmless, readable, shortened, vertical};

/// Rows of a page.
const PAGE: usize = 1_000;
/// Characters of a cell on a terminal; longer ones would fill the screen alone.
const LONGEST_CELL: usize = 400;
/// Characters that a column needs at least, borders included; with less, rows are shown vertically.
const NARROWEST: usize = 9;
/// Characters of a line that a person may still scroll to where no terminal says how many there are: every declared table
/// fits, what a `search` over all of them answers does not.
const WIDEST_FILE: u16 = 1_000;

/// Boxes.
pub(super) struct Tables<'w> {
    out: &'w mut (dyn Write + Send),
    layout: Layout,
    columns: Vec<ResultColumn>,
    render: Option<Render>,
    gathered: Vec<RecordBatch>,
    /// Rows in `gathered`.
    waiting: usize,
    /// Rows that were written.
    written: usize,
    tables: usize,
}

impl<'w> Tables<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send), layout: Layout) -> Self {
        let columns = Vec::new();
        Self { out, layout, columns, render: None, gathered: Vec::new(), waiting: 0, written: 0, tables: 0 }
    }

    fn write_page(&mut self) -> Result<(), ShowError> {
        let wide = self.columns.len() * NARROWEST > usize::from(self.layout.width.unwrap_or(WIDEST_FILE));
        if wide {
            for batch in &self.gathered {
                let text = vertical::paragraphs(&self.columns, batch, self.written, self.layout);
                self.out.write_all(text.as_bytes())?;
                self.written += batch.num_rows();
            }
        } else {
            for line in page(&self.columns, &self.gathered, self.layout).lines() {
                writeln!(self.out, "{}", line.trim_end())?;
            }
            self.written += self.waiting;
        }
        self.gathered.clear();
        self.waiting = 0;
        Ok(())
    }
}

impl Show for Tables<'_> {
    fn begin(&mut self, columns: &[ResultColumn], render: Option<&Render>) -> Result<(), ShowError> {
        if self.tables > 0 {
            writeln!(self.out)?;
        }
        self.tables += 1;
        self.written = 0;
        self.columns = columns.to_vec();
        self.render = render.filter(|it| self.layout.width.is_some() && chart::is_drawn(it)).cloned();
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        if batch.num_rows() > 0 {
            self.waiting += batch.num_rows();
            self.gathered.push(batch.clone());
        }
        // A chart needs all its rows.
        if self.waiting >= PAGE && self.render.is_none() { self.write_page() } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), ShowError> {
        let drawn = self.render.take().and_then(|it| chart::draw(&self.columns, &self.gathered, &it, self.layout));
        if let Some(drawn) = drawn {
            self.gathered.clear();
            self.waiting = 0;
            return Ok(self.out.write_all(drawn.as_bytes())?);
        }
        if self.waiting > 0 || self.written == 0 { self.write_page() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), ShowError> {
        Ok(())
    }
}

fn page(columns: &[ResultColumn], batches: &[RecordBatch], layout: Layout) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    match layout.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(columns.iter().map(|it| harmless(&it.name).into_owned()));
    let limit = if layout.width.is_some() { LONGEST_CELL } else { usize::MAX };
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = columns.iter().enumerate().map(|(at, it)| shortened(readable(batch, at, row, it.ty), limit));
            table.add_row(cells);
        }
    }
    for (column, it) in table.column_iter_mut().zip(columns) {
        if is_number(it.ty) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Whether digits should stand below each other.
fn is_number(ty: KqlType) -> bool {
    ty.is_numeric() || ty == KqlType::TimeSpan
}

#[cfg(test)]
mod tests {
    use vizsla_engine::Value;

    use super::super::testing::{shown, shown_text, table};
    use super::super::{Format, Layout};
    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let one = table(
            &[("Name", KqlType::String), ("n", KqlType::Long)],
            &[vec![Value::String("a\nb".into()), Value::Long(5)], vec![Value::String("c".into()), Value::Long(100)]],
        );
        let expected = "\
┌──────┬─────┐
│ Name ┆   n │
╞══════╪═════╡
│ a\\nb ┆   5 │
│ c    ┆ 100 │
└──────┴─────┘
";
        assert_eq!(shown_text(Format::Table, &[one]), expected);
    }

    #[test]
    fn an_empty_answer_has_a_header() {
        let none = table(&[("Name", KqlType::String)], &[vec![Value::String("a".into())]]);
        let none = (none.0, none.1.slice(0, 0));
        assert_eq!(shown_text(Format::Table, &[none]), "┌──────┐\n│ Name │\n╞══════╡\n└──────┘\n");
    }

    #[test]
    fn many_columns_on_a_narrow_screen_are_shown_vertically() {
        let names: Vec<String> = (0..20).map(|it| format!("c{it}")).collect();
        let columns: Vec<(&str, KqlType)> = names.iter().map(|it| (it.as_str(), KqlType::Long)).collect();
        let one = table(&columns, &[vec![Value::Long(7); 20]]);
        let layout = Layout { width: Some(80), colour: false };
        let text = String::from_utf8(shown(Format::Table, layout, &[one], None).expect("it can be shown"));
        assert!(text.expect("text").starts_with("── 1 ──\nc0    7\n"));
    }

    #[test]
    fn a_thousand_columns_in_a_file_are_shown_vertically() {
        let names: Vec<String> = (0..1_000).map(|it| format!("c{it}")).collect();
        let columns: Vec<(&str, KqlType)> = names.iter().map(|it| (it.as_str(), KqlType::Long)).collect();
        let one = table(&columns, &[vec![Value::Long(7); 1_000]]);
        assert!(shown_text(Format::Table, &[one]).starts_with("── 1 ──\nc0     7\n"));
    }
}
