//! Known values of `ActionType`, for completion only.
//!
//! The service adds values all the time: never reject an event or a query for one that is not here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static ACTION_TYPES: LazyLock<BTreeMap<String, Vec<String>>> =
    LazyLock::new(|| toml::from_str(include_str!("../action_types.toml")).expect("compiled in, and a test reads it"));

/// Known values of `ActionType` in the table of that name, in alphabetical order; none if it is not recorded.
pub fn action_types(table: &str) -> &'static [String] {
    ACTION_TYPES.get(table).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn values_belong_to_tables_that_have_the_column() {
        let catalog = Catalog::defender();
        for (name, values) in &*ACTION_TYPES {
            let table = catalog.table(name).unwrap_or_else(|| panic!("no table {name}"));
            assert!(table.column("ActionType").is_some(), "{name} has no ActionType");
            assert!(values.is_sorted_by_key(|value| value.to_lowercase()), "{name} is not in order");
        }
    }

    #[test]
    fn a_table_without_values_has_none() {
        assert!(action_types("DeviceProcessEvents").contains(&"ProcessCreated".to_owned()));
        assert!(action_types("DeviceInfo").is_empty());
    }
}
