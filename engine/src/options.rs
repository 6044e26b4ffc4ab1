//! What a caller can set for a query, and for an engine.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

/// Settings of one query. The default has no limits and takes the time from the system's clock.
#[derive(Debug, Clone, Default)]
pub struct QueryOptions {
    /// What `now()` answers, in ticks of 100 ns since 0001-01-01; the clock when the query starts if none.
    pub now: Option<i64>,
    /// Values for `declare query_parameters`: text for a string, otherwise text that converts to the declared type.
    pub parameters: BTreeMap<String, String>,
    /// Where to stop.
    pub limits: Limits,
    /// Becomes true when the caller no longer wants the answer.
    pub cancel: Option<watch::Receiver<bool>>,
}

/// Where a query stops with an error that names the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Rows of all results together.
    pub rows: Option<u64>,
    /// Bytes of all results together, as arrow holds them.
    pub bytes: Option<u64>,
    /// From the call to the last row.
    pub time: Option<Duration>,
    /// Bytes that sorts, groups and joins may hold.
    pub memory: Option<usize>,
}

/// Whether scans look into indexes that lie beside Parquet files. Answers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexUse {
    /// Where there is one that fits its file.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// A condition that every row has to meet before anything in a query can see it, such as the devices that a user may see.
///
/// It belongs to an engine, not to a query: nothing in a query's text can lift it. It is a KQL condition over the columns of
/// a table, or none for tables that are not to be seen at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    /// Conditions by table.
    pub tables: BTreeMap<String, String>,
    /// For tables that are not among them: a condition, `true` to show all, `false` to show none.
    pub otherwise: String,
}
