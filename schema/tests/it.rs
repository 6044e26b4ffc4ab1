//! The catalog against the project's survey of the documentation, where that is at hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use vizsla_schema::{Catalog, KqlType, action_types};

#[derive(Deserialize)]
struct Column {
    name: String,
    r#type: String,
}

#[test]
fn every_surveyed_table_is_here_with_the_same_columns() {
    let Some(tables) = survey("tables.json") else { return };
    let tables: BTreeMap<String, Vec<Column>> = serde_json::from_str(&tables).expect("columns by table");
    let catalog = Catalog::defender();
    assert_eq!(catalog.names().count(), tables.len());
    for (name, columns) in tables {
        let expected: Vec<_> = columns.iter().map(|it| (it.name.as_str(), KqlType::parse(&it.r#type))).collect();
        let table = catalog.table(&name).unwrap_or_else(|| panic!("no table {name}"));
        let ours: Vec<_> = table.columns.iter().map(|it| (it.name.as_str(), Some(it.ty))).collect();
        assert_eq!(ours, expected, "{name}");
    }
}

#[test]
fn every_surveyed_action_type_is_here() {
    let Some(values) = survey("action_types.json") else { return };
    let values: BTreeMap<String, Vec<String>> = serde_json::from_str(&values).expect("values by table");
    for (table, values) in values {
        for value in values {
            assert!(action_types(&table).contains(&value), "{table} lacks {value}");
        }
    }
}

fn survey(file: &str) -> Option<String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/schema")).join(file);
    fs::read_to_string(path).ok()
}
