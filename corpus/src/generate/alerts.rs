//! Alerts and the entities that they are about.

use super::process::Process;
use super::rows::Rows;
use super::world::{Slot, World};

const INFO: &str = "AlertInfo";

/// What an alert says of itself; its evidence repeats it.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) category: &'static str,
    pub(super) severity: &'static str,
    pub(super) service: &'static str,
    pub(super) source: &'static str,
    pub(super) techniques: &'static str,
}

impl Alert {
    /// The alert of a row of `AlertInfo`.
    fn of_row(world: &World, slot: Slot) -> Alert {
        let mut random = world.random("alert", slot);
        let (title, category, severity, techniques) = *random.pick_skewed(&[
            ("Unwanted software was prevented", "UnwantedSoftware", "Informational", "[]"),
            ("Suspicious PowerShell command line", "Execution", "Medium", r#"["PowerShell (T1059.001)"]"#),
            ("Unusual sign-in activity", "InitialAccess", "Low", r#"["Valid Accounts (T1078)"]"#),
            ("Suspicious service registration", "Persistence", "Medium", r#"["Windows Service (T1543.003)"]"#),
        ]);
        let id = format!("da{}_{}", 638_000_000_000_000_000 + random.below(1 << 50), random.below(1 << 31));
        let (service, source) = ("Microsoft Defender for Endpoint", *random.pick(&["EDR", "Antivirus"]));
        Alert { id, title, category, severity, service, source, techniques }
    }

    pub(super) fn write(&self, row: &mut Rows) {
        self.write_shared(row);
        row.put("Category", self.category);
    }

    /// What evidence of it starts with; the entity's own columns follow.
    pub(super) fn write_evidence(&self, entity: &'static str, role: &'static str, row: &mut Rows) {
        self.write_shared(row);
        row.put("Categories", &format!(r#"["{}"]"#, self.category));
        row.put("EntityType", entity);
        row.put("EvidenceRole", role);
        row.put("AdditionalFields", &format!(r#"{{"Type":"{}"}}"#, entity.to_lowercase()));
    }

    /// Evidence: a process and the device it ran on.
    pub(super) fn write_process(&self, world: &World, process: &Process, row: &mut Rows) {
        let image = process.image(world);
        self.write_evidence("Process", "Related", row);
        process.write_device(world, row);
        process.write_account(world, row);
        row.put("FileName", &image.file);
        row.put("FolderPath", &image.path(process.account_name(world)));
        row.put("SHA1", &image.hashes.sha1);
        row.put("SHA256", &image.hashes.sha256);
        row.put("ProcessCommandLine", &process.command_line);
    }

    fn write_shared(&self, row: &mut Rows) {
        row.put("AlertId", &self.id);
        row.put("Title", self.title);
        row.put("Severity", self.severity);
        row.put("ServiceSource", self.service);
        row.put("DetectionSource", self.source);
        row.put("AttackTechniques", self.techniques);
    }
}

pub(super) fn write(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    Alert::of_row(world, slot).write(row);
}

/// Evidence comes with its alert.
pub(super) fn evidence_moment(world: &World, _: &str, slot: Slot) -> i64 {
    alert_of(world, slot).map_or_else(|| world.moment(INFO, slot), |alert| world.moment(INFO, alert))
}

pub(super) fn write_evidence(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let alert = Alert::of_row(world, alert_of(world, slot).unwrap_or(slot));
    let process = Process::at_work(world, slot.day, at, &mut world.random("evidence", slot));
    alert.write_process(world, &process, row);
}

/// The day's evidence is dealt out to its alerts evenly.
fn alert_of(world: &World, evidence: Slot) -> Option<Slot> {
    let count = world.count(INFO, evidence.day);
    (count > 0).then(|| Slot { day: evidence.day, index: evidence.index * count / evidence.count, count })
}
