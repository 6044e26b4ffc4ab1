//! Names from elsewhere: Sentinel's columns and tables, and tables that Defender has retired.
//!
//! Queries are published for both products at once. These lists only serve messages; nothing resolves
//! through them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Foreign {
    columns: Vec<String>,
    tables: Vec<String>,
    retired: BTreeMap<String, String>,
}

static FOREIGN: LazyLock<Foreign> =
    LazyLock::new(|| toml::from_str(include_str!("../sentinel.toml")).expect("compiled in, and a test reads it"));

/// Whether a Microsoft Sentinel workspace adds a column of that name to Defender's tables.
///
/// Ask after the table itself: a few of Defender's tables have such a column of their own.
pub fn is_sentinel_column(name: &str) -> bool {
    FOREIGN.columns.iter().any(|column| column == name)
}

/// Whether that is a table of Microsoft Sentinel only; custom ones there end in `_CL`.
pub fn is_sentinel_table(name: &str) -> bool {
    name.ends_with("_CL") || FOREIGN.tables.iter().any(|table| table == name)
}

/// Where the rows of a table are that Defender has retired or renamed without keeping the old name.
pub fn retired_table(name: &str) -> Option<&'static str> {
    FOREIGN.retired.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn foreign_names_are_recognised() {
        assert!(is_sentinel_column("_ResourceId"));
        assert!(!is_sentinel_column("TimeGenerated")); // an alias here
        assert!(is_sentinel_table("SigninLogs"));
        assert!(is_sentinel_table("EasmRisk_CL"));
        assert_eq!(retired_table("ProcessCreationEvents"), Some("DeviceProcessEvents"));
    }

    #[test]
    fn no_table_of_defender_is_called_foreign() {
        for name in Catalog::defender().names() {
            assert!(!is_sentinel_table(name) && retired_table(name).is_none(), "{name}");
        }
    }
}
