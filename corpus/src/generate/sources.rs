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
    pub(super) moment: fn(&World, Slot) -> i64,
    /// Put the cells of the row that happens at that moment, all but `Timestamp` and `ReportId`.
    pub(super) write: fn(&World, Slot, i64, &mut Rows),
}

const fn source(
    table: &'static str,
    weight: u64,
    moment: fn(&World, Slot) -> i64,
    write: fn(&World, Slot, i64, &mut Rows),
) -> Source {
    Source { table, weight, moment, write }
}

/// The usual moment of a row, independent of other tables; `KIND` tells their streams of chance apart.
pub(super) fn usual<const KIND: u64>(world: &World, slot: Slot) -> i64 {
    world.moment(KIND, slot)
}

/// Every table with events, most of them much as a real tenant's rows are spread.
pub(super) const SOURCES: &[Source] = &[
    source("AlertEvidence", 5, alerts::evidence_moment, alerts::write_evidence),
    source("AlertInfo", 2, usual::<18>, alerts::write),
    source("CloudAppEvents", 300, usual::<17>, cloud::write),
    source("DeviceEvents", 1_000, usual::<2>, endpoint::write_other),
    source("DeviceFileCertificateInfo", 40, usual::<3>, inventory::write_certificate),
    source("DeviceFileEvents", 1_600, usual::<4>, endpoint::write_file),
    source("DeviceImageLoadEvents", 1_200, usual::<5>, endpoint::write_image_load),
    source("DeviceInfo", 80, usual::<6>, inventory::write_device),
    source("DeviceLogonEvents", 400, usual::<7>, endpoint::write_logon),
    source("DeviceNetworkEvents", 2_200, usual::<8>, endpoint::write_connection),
    source("DeviceNetworkInfo", 80, usual::<9>, inventory::write_adapter),
    source(process::TABLE, 1_600, process::moment, process::write),
    source("DeviceRegistryEvents", 900, usual::<10>, endpoint::write_registry),
    source("EmailAttachmentInfo", 40, mail::attachment_moment, mail::write_attachment),
    source("EmailEvents", 150, usual::<19>, mail::write),
    source("EmailPostDeliveryEvents", 6, usual::<11>, mail::write_post_delivery),
    source("EmailUrlInfo", 120, mail::url_moment, mail::write_url),
    source("IdentityDirectoryEvents", 20, usual::<12>, identity::write_change),
    source("IdentityInfo", 30, usual::<13>, inventory::write_user),
    source("IdentityLogonEvents", 350, usual::<14>, identity::write_logon),
    source("IdentityQueryEvents", 60, usual::<15>, identity::write_query),
    source("UrlClickEvents", 40, usual::<16>, mail::write_click),
];
