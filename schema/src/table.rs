//! One table: its columns, and how a name in a query finds one of them.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::Deserialize;

use crate::KqlType;

/// A table that queries can name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDef {
    /// Its name, case-sensitive.
    #[serde(default)]
    pub name: String,
    /// What a row of it is, in a sentence. Empty for a table that only its files describe.
    #[serde(default)]
    pub summary: String,
    /// The column that says when; the implicit time window and time indexes apply to it.
    #[serde(default)]
    pub time_column: Option<String>,
    /// Other names by which queries may call the table.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Columns in the order in which `*` and `getschema` list them.
    pub columns: Vec<ColumnDef>,
}

/// A column of a [`TableDef`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDef {
    /// Its name, case-sensitive.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: KqlType,
    /// What the name does not say; empty where it says enough.
    #[serde(default)]
    pub description: String,
    /// Which entities the value identifies, if any.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Earlier or misspelt names that published queries use.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What a column's value identifies: the keys by which indexes and entity profiles find rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A device, by id or by name.
    Device,
    /// An account, by name, SID, object id or mail address.
    User,
    /// A file, by SHA-1, SHA-256 or MD5.
    FileHash,
    /// A file or process image, by name without its folder.
    FileName,
    /// A process on its device, by id; ids are used again.
    Process,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A URL, or a host where the table allows either.
    Url,
    /// A DNS name or mail domain.
    Domain,
    /// A mail or chat message, by id.
    Message,
    /// An alert, by id.
    Alert,
    /// No entity, but free text in which people search for words: command lines, paths, JSON.
    Text,
}

/// How a name in a query matched a column. The output column is called as the query wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolvedColumn<'a> {
    /// Position in [`TableDef::columns`].
    pub index: usize,
    /// The column.
    pub column: &'a ColumnDef,
    /// Whether the query used an alias such as `TimeGenerated` and not the column's own name.
    pub is_alias: bool,
}

/// A table definition that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the definition of table `{table}`")]
pub struct TableError {
    /// The table.
    pub table: String,
    /// Where and what is wrong in its TOML.
    pub source: toml::de::Error,
}

impl TableDef {
    /// Read a definition in the form of the files in `schema/tables`, which name the table by their own name.
    ///
    /// # Errors
    /// If the text is not TOML or has a key or a type that definitions do not know.
    pub fn from_toml(name: &str, text: &str) -> Result<TableDef, TableError> {
        let mut table: TableDef =
            toml::from_str(text).map_err(|source| TableError { table: name.to_owned(), source })?;
        name.clone_into(&mut table.name);
        Ok(table)
    }

    /// The column called exactly that.
    pub fn column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column called that but for case: an exact match, or else the only match.
    pub fn column_ci(&self, name: &str) -> Option<&ColumnDef> {
        self.column(name).or_else(|| {
            let mut matches = self.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(name));
            matches.next().filter(|_| matches.next().is_none())
        })
    }

    /// The column that a query means by `name`: its own name, an alias, or `TimeGenerated` for the time column.
    ///
    /// Case matters, as everywhere in the language.
    pub fn resolve_column(&self, name: &str) -> Option<ResolvedColumn<'_>> {
        self.position(|column| column.name == name).map(|found| self.resolved(found, false)).or_else(|| {
            let aliased = self.position(|column| column.aliases.iter().any(|alias| alias == name));
            let time = || if name == "TimeGenerated" { self.time_index() } else { None };
            aliased.or_else(time).map(|found| self.resolved(found, true))
        })
    }

    /// Position of the time column.
    pub fn time_index(&self) -> Option<usize> {
        let time = self.time_column.as_deref()?;
        self.position(|column| column.name == time)
    }

    /// Columns that play `role`.
    pub fn columns_with(&self, role: Role) -> impl Iterator<Item = &ColumnDef> {
        self.columns.iter().filter(move |column| column.roles.contains(&role))
    }

    fn position(&self, matches: impl Fn(&ColumnDef) -> bool) -> Option<usize> {
        self.columns.iter().position(matches)
    }

    fn resolved(&self, index: usize, is_alias: bool) -> ResolvedColumn<'_> {
        ResolvedColumn { index, column: &self.columns[index], is_alias }
    }
}

impl ColumnDef {
    /// A column of which only name and type are known.
    pub fn new(name: impl Into<String>, ty: KqlType) -> ColumnDef {
        ColumnDef { name: name.into(), ty, description: String::new(), roles: Vec::new(), aliases: Vec::new() }
    }

    /// The column's field between scan and output.
    pub fn plan_field(&self) -> Field {
        Field::new(&self.name, self.ty.plan_type(), self.ty.is_nullable())
    }
}

/// The table's schema between scan and output: strings not nullable, moments as ticks.
pub fn arrow_schema(table: &TableDef) -> SchemaRef {
    Arc::new(Schema::new(table.columns.iter().map(ColumnDef::plan_field).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = r#"
        summary = "Mail."
        time_column = "Timestamp"
        columns = [
          { name = "Timestamp", type = "datetime" },
          { name = "EmailAction", type = "string", aliases = ["FinalEmailAction"] },
          { name = "LogonId", type = "long" },
          { name = "LogonID", type = "long" },
        ]"#;

    fn mail() -> TableDef {
        TableDef::from_toml("Mail", MAIL).expect("well-formed")
    }

    #[test]
    fn names_resolve_to_columns() {
        let table = mail();
        for (name, expected) in [
            ("Timestamp", Some((0, false))),
            ("TimeGenerated", Some((0, true))),
            ("EmailAction", Some((1, false))),
            ("FinalEmailAction", Some((1, true))),
            ("timestamp", None),
        ] {
            let found = table.resolve_column(name).map(|it| (it.index, it.is_alias));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn case_is_ignored_only_where_that_is_unambiguous() {
        let table = mail();
        for (name, expected) in
            [("TIMESTAMP", Some("Timestamp")), ("LogonID", Some("LogonID")), ("logonid", None), ("x", None)]
        {
            assert_eq!(table.column_ci(name).map(|it| it.name.as_str()), expected, "{name}");
        }
    }

    #[test]
    fn only_strings_are_never_null_in_the_plan() {
        let schema = arrow_schema(&mail());
        let nullable: Vec<bool> = schema.fields().iter().map(|field| field.is_nullable()).collect();
        assert_eq!(nullable, [true, false, true, true]);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let error = TableDef::from_toml("T", "columns = []\nsumary = \"\"").expect_err("unknown key");
        assert_eq!(error.to_string(), "cannot read the definition of table `T`");
    }
}
