//! What the binder knows of tables: their names and shapes, from the schema alone or with the data's own columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use vizsla_schema::{Catalog, KqlType, TableDef};

/// A table as a query sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TableShape {
    /// Its proper name (a query may use an alias).
    pub name: Arc<str>,
    /// Columns in order: the declared ones, then what only the files have.
    pub columns: Vec<(Arc<str>, KqlType)>,
    /// The column that says when an event happened.
    pub time_column: Option<Arc<str>>,
}

impl TableShape {
    /// The shape that the schema declares.
    pub(crate) fn declared(table: &TableDef) -> TableShape {
        TableShape {
            name: table.name.as_str().into(),
            columns: table.columns.iter().map(|column| (column.name.as_str().into(), column.ty)).collect(),
            time_column: table.time_column.as_deref().map(Into::into),
        }
    }
}

impl TableShape {
    /// The arrow schema of its rows in a plan.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |(name, ty): &(Arc<str>, KqlType)| Field::new(name.as_ref(), ty.plan_type(), ty.is_nullable());
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// The tables a query may name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    shapes: BTreeMap<Arc<str>, Arc<TableShape>>,
    aliases: BTreeMap<Arc<str>, Arc<str>>,
}

impl Tables {
    /// The tables of a catalog as declared: what `check` binds against.
    pub(crate) fn declared(catalog: &Catalog) -> Tables {
        let mut tables = Tables::default();
        for table in catalog.tables() {
            for alias in &table.aliases {
                tables.aliases.insert(alias.as_str().into(), table.name.as_str().into());
            }
            tables.add(TableShape::declared(table));
        }
        tables
    }

    /// Adds a table, or replaces the one of that name.
    pub(crate) fn add(&mut self, shape: TableShape) {
        self.shapes.insert(shape.name.clone(), Arc::new(shape));
    }

    /// The table of this name or alias. Names are case-sensitive.
    pub(crate) fn table(&self, name: &str) -> Option<&Arc<TableShape>> {
        self.shapes.get(name).or_else(|| self.shapes.get(self.aliases.get(name)?))
    }

    /// All names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.shapes.keys().map(AsRef::as_ref)
    }
}
