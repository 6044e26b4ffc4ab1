//! Which tables have background events, how many of about ten thousand rows each, and who writes them.

use super::rows::Rows;
use super::world::{Slot, World};
use super::{alerts, cloud, endpoint, identity, inventory, mail, process};

/// Background events of one table.
pub(super) struct Source {
    pub(super) table: &'static str,
    /// Share of all rows, beside the others' weights.
    pub(super) weight: u64,
    /// When a row happens: never before the row of the slot in front of it.
    pub(super) moment: fn(&World, &'static str, Slot) -> i64,
    /// Put the cells of the row that happens at that moment, all but `Timestamp` and `ReportId`.
    pub(super) write: fn(&World, Slot, i64, &mut Rows),
}

const fn source(
    table: &'static str,
    weight: u64,
    moment: fn(&World, &'static str, Slot) -> i64,
    write: fn(&World, Slot, i64, &mut Rows),
) -> Source {
    Source { table, weight, moment, write }
}

/// Most tables' rows happen at times of their own.
fn usual(world: &World, table: &'static str, slot: Slot) -> i64 {
    world.moment(table, slot)
}

/// Every table with events, most of them much as a real tenant's rows are spread.
pub(super) const SOURCES: &[Source] = &[
    source("AlertEvidence", 5, alerts::evidence_moment, alerts::write_evidence),
    source("AlertInfo", 2, usual, alerts::write),
    source("CloudAppEvents", 300, usual, cloud::write),
    source("DeviceEvents", 1_000, usual, endpoint::write_other),
    source("DeviceFileCertificateInfo", 40, usual, inventory::write_certificate),
    source("DeviceFileEvents", 1_600, usual, endpoint::write_file),
    source("DeviceImageLoadEvents", 1_200, usual, endpoint::write_image_load),
    source("DeviceInfo", 80, usual, inventory::write_device),
    source("DeviceLogonEvents", 400, usual, endpoint::write_logon),
    source("DeviceNetworkEvents", 2_200, usual, endpoint::write_connection),
    source("DeviceNetworkInfo", 80, usual, inventory::write_adapter),
    source(process::TABLE, 1_600, process::moment, process::write),
    source("DeviceRegistryEvents", 900, usual, endpoint::write_registry),
    source("EmailAttachmentInfo", 40, mail::part_moment, mail::write_attachment),
    source("EmailEvents", 150, usual, mail::write),
    source("EmailPostDeliveryEvents", 6, usual, mail::write_post_delivery),
    source("EmailUrlInfo", 120, mail::part_moment, mail::write_url),
    source("IdentityDirectoryEvents", 20, usual, identity::write_change),
    source("IdentityInfo", 30, usual, inventory::write_user),
    source("IdentityLogonEvents", 350, usual, identity::write_logon),
    source("IdentityQueryEvents", 60, usual, identity::write_query),
    source("UrlClickEvents", 40, usual, mail::write_click),
];
