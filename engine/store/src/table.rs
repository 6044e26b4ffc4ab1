//! A table as it is on disk at one moment: its files, and the columns that they have together.
//!
//! The columns are those that the catalog declares, in its order; then those that only files have, in the order of files
//! (by path) and of columns in them; then hive partitions. A file's column is a table's column if the names are equal,
//! else if they differ only in case and nothing else does, else if the catalog has the name as an alias.
//!
//! Where files disagree about the type of a column that nothing declares, the wider number wins (`int`, `long`, `decimal`,
//! `real`), `dynamic` wins over everything, and otherwise the column is a `string`.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use object_store::ObjectMeta;
use vizsla_schema::{Catalog, KqlType, TableDef};

use crate::error::{StoreError, Warning};
use crate::footer::Footer;
use crate::format::Format;
use crate::ndjson::{Names, RowsOf, Target};
use crate::ticks;

/// A table's files and columns when a query starts.
#[derive(Debug, Clone)]
pub struct TableSnapshot {
    /// The table's name: the catalog's if it declares the table, otherwise the one in the folder.
    pub name: String,
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// The position of the column that says when.
    pub time_column: Option<usize>,
    /// The data files, by path.
    pub files: Vec<DataFile>,
    /// Files that are left out.
    pub warnings: Vec<Warning>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: KqlType,
    /// Whether the catalog declares it; the others are known from the files only.
    pub declared: bool,
    aliases: Vec<String>,
}

/// A file with rows of a table.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Where it is, its size, time and etag.
    pub object: ObjectMeta,
    /// How to read it.
    pub format: Format,
    /// What is in it.
    pub contents: Contents,
    sources: Vec<Source>,
}

/// What is known about the inside of a data file.
#[derive(Debug, Clone)]
pub enum Contents {
    /// A Parquet file's footer.
    Parquet(Arc<Footer>),
    /// Which of an NDJSON file's records are rows of the table.
    Ndjson(RowsOf),
}

/// Where a file has the values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In its column of that position (of the arrow schema in [`Footer`]; an NDJSON file is read by name).
    Field(usize),
    /// In its path: a hive partition, the same text for every row. See [`crate::convert::constant`].
    Path(String),
    /// Nowhere: null, or `""` for a string. See [`crate::convert::missing`].
    Missing,
}

impl TableSnapshot {
    /// The schema of the table between scan and output.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.ty.plan_type(), column.ty.is_nullable());
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// The number of rows, if all files say it without being read.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        let rows = |file: &DataFile| match &file.contents {
            Contents::Parquet(footer) => Some(footer.rows()),
            Contents::Ndjson(_) => None,
        };
        self.files.iter().map(rows).sum()
    }

    /// The bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.object.size).sum()
    }

    /// The columns as an NDJSON reader looks for them.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.columns.iter().map(Column::target).collect()
    }
}

impl Column {
    fn declared(column: &vizsla_schema::ColumnDef) -> Self {
        Self { name: column.name.clone(), ty: column.ty, declared: true, aliases: column.aliases.clone() }
    }

    fn found(name: &str, ty: KqlType) -> Self {
        Self { name: name.to_owned(), ty, declared: false, aliases: Vec::new() }
    }

    /// Older names by which files may call it.
    #[must_use]
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn target(&self) -> Target {
        let names = std::iter::once(&self.name).chain(&self.aliases).cloned().collect();
        Target { names, ty: self.ty }
    }
}

impl DataFile {
    /// Where the file has the table's column of that position.
    #[must_use]
    pub fn source(&self, column: usize) -> &Source {
        self.sources.get(column).unwrap_or(&Source::Missing)
    }
}

/// A file whose columns are known and not yet compared with the table's.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) object: ObjectMeta,
    pub(crate) format: Format,
    pub(crate) contents: Contents,
    pub(crate) fields: Vec<(String, KqlType)>,
    pub(crate) partitions: Vec<(String, String)>,
}

/// Puts a table together from its files. Files of another table are handed back with the reason.
pub(crate) fn assemble(
    name: &str,
    def: Option<&TableDef>,
    candidates: Vec<Candidate>,
    catalog: &Catalog,
) -> (TableSnapshot, Vec<StoreError>) {
    let mut columns: Vec<Column> = def.iter().flat_map(|def| &def.columns).map(Column::declared).collect();
    let mut files = Vec::new();
    let mut strangers = Vec::new();
    for candidate in candidates {
        match def.and_then(|def| stranger(def, &candidate, catalog)) {
            Some(error) => strangers.push(error),
            None => files.push(add_file(&mut columns, candidate)),
        }
    }
    let files = add_partitions(&mut columns, files);
    let time_column = match def {
        Some(def) => def.time_index(),
        None => time_column(&columns),
    };
    (TableSnapshot { name: name.to_owned(), columns, time_column, files, warnings: Vec::new() }, strangers)
}

/// The time column of a table that nothing declares.
fn time_column(columns: &[Column]) -> Option<usize> {
    let is = |name| move |column: &Column| column.ty == KqlType::DateTime && column.name == name;
    ["Timestamp", "TimeGenerated"].into_iter().find_map(|name| columns.iter().position(is(name)))
}

/// Adds a file; its columns that are none of the table's become columns of the table.
fn add_file(columns: &mut Vec<Column>, candidate: Candidate) -> (DataFile, Vec<(String, String)>) {
    let Candidate { object, format, contents, fields, partitions } = candidate;
    let (mut sources, left) = match_fields(columns, &fields);
    for (column, source) in columns.iter_mut().zip(&sources) {
        if let (Source::Field(field), false) = (source, column.declared) {
            column.ty = wider(column.ty, fields[*field].1);
        }
    }
    for field in left {
        let (name, ty) = &fields[field];
        columns.push(Column::found(name, *ty));
        sources.push(Source::Field(field));
    }
    (DataFile { object, format, contents, sources }, partitions)
}

/// Finds the column that a field's name means, by one rule.
type Pass<'a> = &'a dyn Fn(&str) -> Option<usize>;

/// Where a file has the table's columns, and which of its fields are none of them.
fn match_fields(columns: &[Column], fields: &[(String, KqlType)]) -> (Vec<Source>, Vec<usize>) {
    let mut names = Names::default();
    for (index, column) in columns.iter().enumerate() {
        names.add(&column.name, index);
    }
    let is_alias = |column: &Column, name: &str| column.aliases.iter().any(|alias| alias == name);
    let is_only_spelling = |name: &str| fields.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name)).count() == 1;
    // Exact names first, then other spellings, then aliases: each column takes one field.
    let passes: [Pass<'_>; 3] = [
        &|name| names.find(name).filter(|found| found.exact).map(|found| found.column),
        &|name| names.find(name).filter(|_| is_only_spelling(name)).map(|found| found.column),
        &|name| columns.iter().position(|column| is_alias(column, name)),
    ];
    let mut sources = vec![Source::Missing; columns.len()];
    let mut left: Vec<usize> = (0..fields.len()).collect();
    for pass in passes {
        for field in std::mem::take(&mut left) {
            match pass(&fields[field].0).filter(|column| sources[*column] == Source::Missing) {
                Some(column) => sources[column] = Source::Field(field),
                None => left.push(field),
            }
        }
    }
    (sources, left)
}

/// Fills columns that files lack from their paths.
fn add_partitions(columns: &mut Vec<Column>, files: Vec<(DataFile, Vec<(String, String)>)>) -> Vec<DataFile> {
    let first_new = columns.len();
    let add = |(mut file, partitions): (DataFile, Vec<(String, String)>)| {
        for (key, value) in partitions {
            let same = |column: &Column| column.name.eq_ignore_ascii_case(&key);
            let found = columns.iter().position(|column| column.name == key).or_else(|| columns.iter().position(same));
            let ty = partition_type(&value);
            let column = found.unwrap_or(columns.len());
            match columns.get_mut(column) {
                Some(column_def) if column >= first_new => column_def.ty = wider(column_def.ty, ty),
                Some(_) => {}
                None => columns.push(Column::found(&key, ty)),
            }
            if *file.source(column) == Source::Missing {
                file.sources.resize(columns.len(), Source::Missing);
                file.sources[column] = Source::Path(value);
            }
        }
        file
    };
    files.into_iter().map(add).collect()
}

/// Whole numbers are `long`, dates are `datetime`, anything else (also `007`) is text.
fn partition_type(value: &str) -> KqlType {
    let long = value.parse::<i64>().is_ok_and(|n| n.to_string() == value);
    let date = value.len() >= 10 && ticks::parse_datetime(value).is_some();
    match (long, date) {
        (true, _) => KqlType::Long,
        (_, true) => KqlType::DateTime,
        _ => KqlType::String,
    }
}

/// A type for the values of both.
fn wider(a: KqlType, b: KqlType) -> KqlType {
    use KqlType as T;
    let rank = |ty| match ty {
        T::Int => Some(0),
        T::Long => Some(1),
        T::Decimal => Some(2),
        T::Real => Some(3),
        T::Bool | T::String | T::Guid | T::DateTime | T::TimeSpan | T::Dynamic => None,
    };
    match (a, b, rank(a), rank(b)) {
        (a, b, ..) if a == b => a,
        (_, _, Some(x), Some(y)) => {
            if x > y {
                a
            } else {
                b
            }
        }
        (T::Dynamic, ..) | (_, T::Dynamic, ..) => T::Dynamic,
        _ => T::String,
    }
}

/// Why the file cannot be one of `def`: it has none of its columns, or mostly others and those are another table's.
fn stranger(def: &TableDef, candidate: &Candidate, catalog: &Catalog) -> Option<StoreError> {
    let Contents::Parquet(_) = candidate.contents else { return None };
    let knows = |table: &TableDef, name: &str| {
        table.column_ci(name).is_some() || table.columns.iter().any(|c| c.aliases.iter().any(|alias| alias == name))
    };
    let own = candidate.fields.iter().filter(|(name, _)| knows(def, name)).count();
    if candidate.fields.is_empty() || 2 * own > candidate.fields.len() {
        return None;
    }
    let all = |table: &&TableDef| table.name != def.name && candidate.fields.iter().all(|(name, _)| knows(table, name));
    let reason = match catalog.tables().find(all) {
        Some(other) => format!("its columns are those of {}; move it to that table's folder", other.name),
        None if own == 0 => "it has none of the table's columns".to_owned(),
        None => return None,
    };
    Some(StoreError::WrongTable { file: candidate.object.location.to_string(), table: def.name.clone(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(fields: &[(&str, KqlType)], partitions: &[(&str, &str)]) -> Candidate {
        let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        Candidate {
            object: ObjectMeta {
                location: "f".into(),
                last_modified: Default::default(),
                size: 0,
                e_tag: None,
                version: None,
            },
            format: Format::Parquet,
            contents: Contents::Ndjson(RowsOf::Own("T".into())),
            fields: fields.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect(),
            partitions: partitions.iter().map(owned).collect(),
        }
    }

    fn shown(table: &TableSnapshot) -> Vec<String> {
        table.columns.iter().map(|c| format!("{}:{}", c.name, c.ty)).collect()
    }

    #[test]
    fn files_are_matched_with_declared_columns() {
        use KqlType as T;
        let def = "columns = [{ name = \"Isp\", type = \"string\" }, { name = \"Action\", type = \"long\", aliases = [\"Old\"] }]";
        let def = TableDef::from_toml("T", def).expect("well-formed");
        let files = vec![
            candidate(&[("ISP", T::Long), ("x", T::Int), ("Old", T::String)], &[]),
            candidate(
                &[("ISP", T::String), ("Isp", T::String), ("X", T::Real)],
                &[("Action", "7"), ("day", "2019-03-19")],
            ),
        ];
        let (table, _) = assemble("T", Some(&def), files, &Catalog::empty());
        assert_eq!(shown(&table), ["Isp:string", "Action:long", "x:real", "ISP:string", "day:datetime"]);
        let sources = |file: usize| (0..5).map(|c| table.files[file].source(c).clone()).collect::<Vec<_>>();
        let path = |text: &str| Source::Path(text.to_owned());
        assert_eq!(
            sources(0),
            [Source::Field(0), Source::Field(2), Source::Field(1), Source::Missing, Source::Missing]
        );
        assert_eq!(sources(1), [Source::Field(1), path("7"), Source::Field(2), Source::Field(0), path("2019-03-19")]);
    }

    #[test]
    fn two_spellings_match_no_third() {
        let def = TableDef::from_toml("T", "columns = [{ name = \"Isp\", type = \"string\" }]").expect("well-formed");
        let file = candidate(&[("ISP", KqlType::String), ("isp", KqlType::String)], &[]);
        let (table, _) = assemble("T", Some(&def), vec![file], &Catalog::empty());
        assert_eq!(shown(&table), ["Isp:string", "ISP:string", "isp:string"]);
        assert_eq!(table.files[0].source(0), &Source::Missing);
    }

    #[test]
    fn disagreeing_types_widen() {
        use KqlType as T;
        for (a, b, expected) in [
            (T::Int, T::Long, T::Long),
            (T::Long, T::Real, T::Real),
            (T::Decimal, T::Int, T::Decimal),
            (T::Dynamic, T::String, T::Dynamic),
            (T::DateTime, T::String, T::String),
            (T::Bool, T::Long, T::String),
        ] {
            assert_eq!((wider(a, b), wider(b, a)), (expected, expected), "{a} and {b}");
        }
    }

    #[test]
    fn partitions_have_types() {
        for (value, expected) in
            [("7", KqlType::Long), ("007", KqlType::String), ("2019-03-19", KqlType::DateTime), ("eu", KqlType::String)]
        {
            assert_eq!(partition_type(value), expected, "{value}");
        }
    }
}
