//! What benchmarks share: queries to run and a summary of times.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// Queries to measure where the public ones are absent.
const BUILT_IN: &[&str] = &[
    "DeviceProcessEvents | where Timestamp > ago(7d) and FileName in~ (\"powershell.exe\", \"pwsh.exe\") | take 100",
    "DeviceNetworkEvents | where RemoteUrl has_any (\"example.com\", \"example.org\") | summarize Hits = count(), First = min(Timestamp) by DeviceName, RemoteUrl | sort by Hits desc",
    "let Logons = DeviceLogonEvents | where ActionType == \"LogonSuccess\" | project DeviceId, AccountName, At = Timestamp; DeviceProcessEvents | join kind=inner Logons on DeviceId | where Timestamp between (At .. 1h) | extend Fields = parse_json(AdditionalFields) | project DeviceName, AccountName, Fields.Command[0]",
];

/// The texts of the public hunting queries beside the project, or a few of our own.
#[must_use]
pub fn hunting_queries() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/hunting/queries.jsonl");
    match std::fs::read_to_string(file) {
        Ok(rows) => rows.lines().filter_map(query_text).collect(),
        Err(_) => BUILT_IN.iter().map(|it| (*it).to_owned()).collect(),
    }
}

fn query_text(row: &str) -> Option<String> {
    serde_json::from_str::<Value>(row).ok()?["query"].as_str().map(str::to_owned)
}

/// The time that `share` (0 to 1) of `times` stay within.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small"
)]
pub fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
