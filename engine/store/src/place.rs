//! Which table a place under the root belongs to, by its name alone.

use object_store::path::Path;
use vizsla_schema::Catalog;

use crate::format::{self, Named};

/// What raw data streaming puts before the lower-case table name in the name of a storage container.
const CONTAINERS: [&str; 2] = ["insights-logs-advancedhunting-", "am-"];

/// What a file or folder directly under the root is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The place of a table that the catalog declares, by the catalog's name.
    Table(String),
    /// The place of a table of that name, which the catalog does not know; or envelopes of any tables.
    Unknown(String),
}

/// The place of an entry called `name`; none for a file that is no data.
pub(crate) fn place_of(name: &str, is_folder: bool, catalog: &Catalog) -> Option<Place> {
    let stem = match (is_folder, format::of_name(name)) {
        (true, _) => name,
        (false, Named::Data { stem, .. } | Named::Packed { stem, .. }) => stem,
        (false, Named::Other) => return None,
    };
    let bare = CONTAINERS.iter().find_map(|container| stem.strip_prefix(container));
    let known = declared(stem, catalog).or_else(|| bare.and_then(|bare| declared(bare, catalog)));
    Some(known.map_or_else(|| Place::Unknown(stem.to_owned()), Place::Table))
}

/// The catalog's name of the table that `name` means: exactly, an alias, else the only one that differs but in case.
fn declared(name: &str, catalog: &Catalog) -> Option<String> {
    if let Some(table) = catalog.table(name) {
        return Some(table.name.clone());
    }
    let mut similar = catalog.names().filter(|known| known.eq_ignore_ascii_case(name));
    similar.next().filter(|_| similar.next().is_none()).map(str::to_owned)
}

/// The catalog's name of a table, or the name as it is.
pub(crate) fn canonical(name: &str, catalog: &Catalog) -> String {
    declared(name, catalog).unwrap_or_else(|| name.to_owned())
}

/// The `k=v` folders between `folder` and a file below it, except those that raw data streaming makes.
pub(crate) fn partitions(folder: &Path, file: &Path) -> Vec<(String, String)> {
    let parts: Vec<String> = file.prefix_match(folder).into_iter().flatten().map(|it| it.as_ref().to_owned()).collect();
    let folders = parts.split_last().map_or(&[][..], |(_, folders)| folders);
    let pairs: Vec<_> = folders.iter().filter_map(|part| part.split_once('=')).collect();
    let streamed = pairs.first().is_some_and(|(key, _)| {
        ["tenantId", "resourceId", "WorkspaceResourceId"].iter().any(|known| known.eq_ignore_ascii_case(key))
    });
    if streamed {
        return Vec::new();
    }
    let null = "__HIVE_DEFAULT_PARTITION__";
    pairs.into_iter().map(|(k, v)| (k.to_owned(), if v == null { String::new() } else { decode(v) })).collect()
}

/// Undoes percent encoding, which writers of hive partitions use for special characters.
fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).map(|hex| u8::from_str_radix(hex, 16));
        match (first, code) {
            (b'%', Some(Ok(byte))) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_tables() {
        let catalog = Catalog::defender();
        let table = |name: &str| Some(Place::Table(name.to_owned()));
        let unknown = |name: &str| Some(Place::Unknown(name.to_owned()));
        for (name, is_folder, expected) in [
            ("DeviceInfo", true, table("DeviceInfo")),
            ("deviceinfo.ndjson.gz", false, table("DeviceInfo")),
            ("insights-logs-advancedhunting-deviceinfo", true, table("DeviceInfo")),
            ("GraphAPIAuditEvents.parquet", false, table("GraphApiAuditEvents")),
            ("Firewall", true, unknown("Firewall")),
            ("stream.ndjson", false, unknown("stream")),
            ("notes.md", false, None),
        ] {
            assert_eq!(place_of(name, is_folder, &catalog), expected, "{name}");
        }
    }

    #[test]
    fn partitions_come_from_folders() {
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        for (file, expected) in [
            ("t/f.parquet", vec![]),
            ("t/a=1/b=x y/f=2.parquet", vec![("a", "1"), ("b", "x y")]),
            ("t/a=__HIVE_DEFAULT_PARTITION__/f.parquet", vec![("a", "")]),
            ("t/2019-03-19/f.parquet", vec![]),
            ("t/tenantId=7/y=2026/m=01/f.json", vec![]),
        ] {
            let found = partitions(&"t".into(), &file.into());
            assert_eq!(found, expected.into_iter().map(owned).collect::<Vec<_>>(), "{file}");
        }
    }
}
