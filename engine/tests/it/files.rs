//! Cases whose rows come from Parquet files instead of from the query.
//!
//! Each `datatable(…)[…]` of a query is answered on its own, written to files and replaced by a table's name, as long as
//! the text it replaces, so that errors keep their places. Files hold what the language calls `""` and null in the ways
//! that exports do, and the answer has to stay what it was.

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use kql_parser::lexer::lex;
use kql_parser::token::TokenKind;
use tempfile::TempDir;
use vizsla_corpus::case::Case;
use vizsla_corpus::{CaseOptions, Driver, Failure, Table};
use vizsla_engine::{DataRoot, Engine, KqlType, ResultTable};
use vizsla_schema::{Catalog, ColumnDef, TableDef};

use super::library::{Library, answered, query_options};

/// How files hold the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `""` is stored as null, datetimes as microseconds where they fit.
    Nulls,
    /// A file for each row, without the columns that are `""` or null in it; with an index.
    Missing,
    /// Texts are dictionaries, `""` is a null key.
    Dictionaries,
    /// A file for each row, with an index, read by four threads: the order of rows is lost.
    Scattered,
}

/// The library over files in one shape.
pub(crate) struct Files {
    library: Library,
    shape: Shape,
    folder: TempDir,
    /// How many data roots were written.
    roots: usize,
}

/// What makes an answer depend on the order in which a `datatable` lists its rows.
const ORDERED: [&str; 18] = [
    // Nodes come, and components are numbered, in the order of the edges.
    "graph",
    "serialize",
    "row_number",
    "row_cumsum",
    "row_rank_dense",
    "row_rank_min",
    "row_window_session",
    "prev",
    "next",
    "scan",
    "make_list",
    "make_list_if",
    "make_list_with_nulls",
    "take",
    "limit",
    "take_any",
    "take_anyif",
    "make_bag",
];

impl Files {
    pub(crate) fn new(shape: Shape) -> Files {
        Files { library: Library::new(), shape, folder: TempDir::new().unwrap(), roots: 0 }
    }

    /// The query over tables, and those tables.
    fn rewritten(&self, query: &str, options: &CaseOptions) -> (String, Vec<ResultTable>) {
        let (mut text, mut tables) = (query.to_owned(), Vec::new());
        for place in literals(query) {
            // One that cannot be answered alone is wrong, or needs names from around it.
            let Ok(mut answer) = self.library.ask(&query[place.clone()], &query_options(options)) else { continue };
            tables.push(answer.remove(0));
            let name = table_name(tables.len());
            let rows = if self.shape == Shape::Scattered { format!("({name})") } else { format!("({name}|serialize)") };
            if rows.len() > place.len() {
                tables.pop();
                continue;
            }
            text.replace_range(place.clone(), &format!("{rows:width$}", width = place.len()));
        }
        (text, tables)
    }

    fn engine(&mut self, tables: &[ResultTable]) -> Engine {
        self.roots += 1;
        let root = self.folder.path().join(self.roots.to_string());
        fs::create_dir_all(&root).unwrap();
        let mut catalog = Catalog::defender();
        for (at, table) in tables.iter().enumerate() {
            let folder = root.join(table_name(at + 1));
            fs::create_dir_all(&folder).unwrap();
            write(self.shape, &folder, &rows_of(table));
            catalog = catalog.with_table(TableDef {
                name: table_name(at + 1),
                summary: String::new(),
                time_column: None,
                aliases: Vec::new(),
                columns: table.columns.iter().map(|it| ColumnDef::new(&*it.name, it.ty)).collect(),
            });
        }
        let threads = if self.shape == Shape::Scattered { 4 } else { 1 };
        let root = DataRoot::open(root.to_str().unwrap()).unwrap();
        if matches!(self.shape, Shape::Missing | Shape::Scattered) {
            self.library.index(&root, &catalog);
        }
        Engine::builder().catalog(catalog).root(root).threads(threads).build()
    }
}

impl Driver for Files {
    fn name(&self) -> &str {
        match self.shape {
            Shape::Nulls => "files, null for \"\"",
            Shape::Missing => "files without their empty columns",
            Shape::Dictionaries => "files with dictionaries",
            Shape::Scattered => "files in several partitions",
        }
    }

    fn honours(&self, case: &Case) -> bool {
        let ordered = || lex(&case.query).iter().any(|it| ORDERED.contains(&it.span.text(&case.query)));
        case.options.tables.is_empty()
            && case.as_written.is_none()
            && !literals(&case.query).is_empty()
            && !(self.shape == Shape::Scattered && ordered())
    }

    fn run(&mut self, query: &str, options: &CaseOptions) -> Result<Vec<Table>, Failure> {
        let (text, tables) = self.rewritten(query, options);
        let engine = self.engine(&tables);
        answered(self.library.ask_of(&engine, &text, &query_options(options)))
    }
}

fn table_name(number: usize) -> String {
    format!("Rows{number}")
}

/// Where a query has `datatable(…)[…]`.
fn literals(query: &str) -> Vec<Range<usize>> {
    let tokens: Vec<_> = lex(query).into_iter().filter(|it| !it.kind.is_trivia()).collect();
    let closing = |from: usize, open: TokenKind, close: TokenKind| {
        let mut depth = 0;
        (from..tokens.len()).find(|at| {
            depth += i32::from(tokens[*at].kind == open) - i32::from(tokens[*at].kind == close);
            depth <= 0
        })
    };
    let starts = (0..tokens.len()).filter(|at| tokens[*at].span.text(query) == "datatable");
    starts
        .filter_map(|at| {
            let columns = closing(at + 1, TokenKind::LParen, TokenKind::RParen)?;
            let rows = closing(columns + 1, TokenKind::LBracket, TokenKind::RBracket)?;
            Some(tokens[at].span.range().start..tokens[rows].span.range().end)
        })
        .collect()
}

/// All rows of a table as one batch.
fn rows_of(table: &ResultTable) -> RecordBatch {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|it| Field::new(&*it.name, it.ty.plan_type(), true).with_metadata(kind(it.ty)))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batches: Vec<RecordBatch> = table
        .batches
        .iter()
        .map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()).unwrap())
        .collect();
    concat_batches(&schema, &batches).unwrap()
}

/// A column's type as metadata, since a datetime and a long look the same in a plan.
fn kind(ty: KqlType) -> std::collections::HashMap<String, String> {
    [("kql".to_owned(), ty.name().to_owned())].into()
}

fn write(shape: Shape, folder: &Path, rows: &RecordBatch) {
    if matches!(shape, Shape::Nulls | Shape::Dictionaries) || rows.num_rows() == 0 {
        return write_file(shape, folder, 0, rows);
    }
    for row in 0..rows.num_rows() {
        write_file(shape, folder, row, &rows.slice(row, 1));
    }
}

fn write_file(shape: Shape, folder: &Path, number: usize, rows: &RecordBatch) {
    let of_file = rows.schema();
    let columns = of_file.fields().iter().zip(rows.columns());
    let mut columns: Vec<(String, ArrayRef)> =
        columns.map(|(field, it)| (field.name().clone(), stored(shape, it, &field.metadata()["kql"]))).collect();
    if shape == Shape::Missing && rows.num_rows() > 0 {
        let full: Vec<_> = columns.iter().filter(|(_, it)| it.null_count() < it.len()).cloned().collect();
        // A file without columns would have no rows.
        columns = if full.is_empty() { vec![columns.remove(0)] } else { full };
    }
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, it)| (name, it, true))).unwrap();
    let file = File::create(folder.join(format!("{number:04}.parquet"))).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// A column as a file of this shape holds it.
fn stored(shape: Shape, array: &ArrayRef, kql: &str) -> ArrayRef {
    match (kql, shape) {
        (_, Shape::Scattered) => Arc::clone(array),
        ("string", _) => {
            let text = array.as_string_view().iter().map(|it| it.filter(|it| !it.is_empty())).collect::<StringArray>();
            match shape {
                Shape::Dictionaries => {
                    let dictionary = DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into());
                    cast(&text, &dictionary).unwrap()
                }
                Shape::Nulls | Shape::Missing | Shape::Scattered => Arc::new(text),
            }
        }
        ("datetime", Shape::Nulls) => microseconds(array).unwrap_or_else(|| Arc::clone(array)),
        _ => Arc::clone(array),
    }
}

/// Ticks as microseconds, unless a tenth of one would be lost.
fn microseconds(array: &ArrayRef) -> Option<ArrayRef> {
    const EPOCH: i64 = 621_355_968_000_000_000;
    let ticks = array.as_primitive::<Int64Type>();
    let exact = ticks.iter().flatten().all(|it| it % 10 == 0);
    exact.then(|| {
        let micros = ticks.iter().map(|it| it.map(|it| (it - EPOCH) / 10));
        Arc::new(micros.collect::<TimestampMicrosecondArray>()) as ArrayRef
    })
}
