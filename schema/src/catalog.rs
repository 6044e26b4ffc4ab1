//! All tables that queries can name: Defender's, and those that a data folder adds.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::built_in::{BuiltIn, TABLES};
use crate::{TableDef, suggest};

/// Tables by name. Cheap to clone; Defender's own are read when first asked for.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    BuiltIn(&'static BuiltIn),
    Own(Arc<TableDef>),
}

impl Entry {
    fn def(&self) -> &TableDef {
        match self {
            Entry::BuiltIn(table) => table.def(),
            Entry::Own(table) => table,
        }
    }
}

impl Catalog {
    /// No tables yet.
    pub fn empty() -> Catalog {
        Catalog::default()
    }

    /// The tables of Defender advanced hunting.
    pub fn defender() -> Catalog {
        let tables = TABLES.iter().map(|table| (table.name.to_owned(), Entry::BuiltIn(table)));
        Catalog { tables: tables.collect() }
    }

    /// This catalog and `table`, which replaces one of the same name.
    #[must_use]
    pub fn with_table(mut self, table: TableDef) -> Catalog {
        self.tables.insert(table.name.clone(), Entry::Own(Arc::new(table)));
        self
    }

    /// The table of that name, or else the one that has it as an alias. Case matters.
    pub fn table(&self, name: &str) -> Option<&TableDef> {
        let exact = self.tables.get(name).map(Entry::def);
        exact.or_else(|| self.tables().find(|table| table.aliases.iter().any(|alias| alias == name)))
    }

    /// Every table in the order of names. Reads the definitions of all; [`Catalog::names`] does not.
    pub fn tables(&self) -> impl Iterator<Item = &TableDef> {
        self.tables.values().map(Entry::def)
    }

    /// Every table's name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The table that a writer of `name` most likely meant, for "did you mean".
    pub fn nearest(&self, name: &str) -> Option<&str> {
        suggest(name, self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnDef, KqlType};

    #[test]
    fn a_table_is_found_by_name_or_alias() {
        let catalog = Catalog::defender();
        for (name, expected) in [
            ("DeviceInfo", Some("DeviceInfo")),
            ("GraphAPIAuditEvents", Some("GraphApiAuditEvents")),
            ("AADSignInEventsBeta", Some("AADSignInEventsBeta")), // kept beside its successor
            ("EntraIdSignInEvents", Some("EntraIdSignInEvents")),
            ("deviceinfo", None),
            ("DeviceAlertEvents", None),
        ] {
            assert_eq!(catalog.table(name).map(|table| table.name.as_str()), expected, "{name}");
        }
    }

    #[test]
    fn the_nearest_table_is_named() {
        let catalog = Catalog::defender();
        for (name, expected) in [
            ("deviceinfo", Some("DeviceInfo")),
            ("DeviceProcessEvent", Some("DeviceProcessEvents")),
            ("EmailEvent", Some("EmailEvents")),
            ("Syslog", None),
        ] {
            assert_eq!(catalog.nearest(name), expected, "{name}");
        }
    }

    #[test]
    fn a_data_folder_can_add_and_replace_tables() {
        let own = TableDef {
            name: "DeviceInfo".into(),
            summary: String::new(),
            time_column: None,
            aliases: Vec::new(),
            columns: vec![ColumnDef::new("Owner", KqlType::String)],
        };
        let firewall = TableDef { name: "Firewall".into(), ..own.clone() };
        let before = Catalog::defender();
        let count = before.names().count();
        let catalog = before.with_table(own).with_table(firewall);
        assert_eq!(catalog.names().count(), count + 1);
        assert_eq!(catalog.table("DeviceInfo").map(|table| table.columns.len()), Some(1));
        assert!(catalog.names().is_sorted());
    }
}
