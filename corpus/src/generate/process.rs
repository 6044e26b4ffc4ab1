//! Processes: who ran what, started by whom. Most events of a device are some process's doing.

use super::calendar::WHOLE;
use super::company::NETBIOS;
use super::large;
use super::programs::{self, BURSTS, Burst, PROGRAMS, Program, RESIDENTS, Resident, USER_RESIDENTS};
use super::random::Random;
use super::rows::{Rows, Value};
use super::world::{Slot, World, fill, fill_fields};

pub(super) const TABLE: &str = "DeviceProcessEvents";
const BURST: u64 = 4;

/// A program's file with its hashes.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) file: String,
    folder: String,
    product: String,
    version: String,
    size: i64,
    /// Who signed it; empty for an unsigned file.
    pub(super) signer: String,
    pub(super) hashes: Hashes,
}

/// Hashes of a file, made up from its name.
#[derive(Clone, Debug)]
pub(super) struct Hashes {
    pub(super) sha1: String,
    pub(super) sha256: String,
    pub(super) md5: String,
}

impl Hashes {
    pub(super) fn of(seed: u64, name: &str) -> Hashes {
        let mut random = Random::of(seed, name, &[]);
        Hashes { sha1: random.hex(40), sha256: random.hex(64), md5: random.hex(32) }
    }

    pub(super) fn write(&self, row: &mut Rows) {
        row.put("SHA1", &self.sha1);
        row.put("SHA256", &self.sha256);
        row.offer("MD5", &self.md5);
    }
}

impl Image {
    pub(super) fn new(seed: u64, program: &'static Program) -> Image {
        Image {
            file: program.file.to_owned(),
            folder: program.folder.to_owned(),
            product: program.product.to_owned(),
            version: program.version.to_owned(),
            size: program.size,
            signer: program.signer.to_owned(),
            hashes: Hashes::of(seed, program.file),
        }
    }

    /// A program that [`PROGRAMS`] does not have.
    pub(super) fn rare(seed: u64, file: &str, folder: String, vendor: &str, random: &mut Random) -> Image {
        Image {
            file: file.to_owned(),
            folder,
            product: file.trim_end_matches(".exe").to_owned(),
            version: format!("{}.{}.{}", 1 + random.below(20), random.below(10), random.below(5_000)),
            size: 40_960 + 512 * random.below(20_000) as i64,
            signer: if random.percent(30) { String::new() } else { format!("{vendor} Software") },
            hashes: Hashes::of(seed, file),
        }
    }

    /// The same program in another version: other bytes, so another size and other hashes.
    pub(super) fn version(&self, seed: u64, version: u64) -> Image {
        Image {
            version: format!("{}.{version}", self.version),
            size: self.size + 512 * version as i64,
            hashes: Hashes::of(seed, &format!("{} {version}", self.file)),
            ..self.clone()
        }
    }

    pub(super) fn path(&self, account: &str) -> String {
        // Nearly every folder is the same for all users.
        let folder = &self.folder;
        let folder = if folder.contains('{') { &folder.replace("{user}", account) } else { folder };
        format!("{folder}\\{}", self.file)
    }
}

/// As whom a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    System,
    User(usize),
}

/// A running program.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) device: usize,
    pub(super) account: Account,
    /// Position among the images of the world, which [`PROGRAMS`] begins.
    pub(super) program: usize,
    pub(super) id: i64,
    pub(super) created: i64,
    pub(super) command_line: String,
    pub(super) parent: Parent,
}

/// What a child knows of its parent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parent {
    pub(super) program: usize,
    pub(super) id: i64,
    pub(super) created: i64,
}

impl Process {
    /// The process behind a row of `DeviceProcessEvents`.
    pub(super) fn of_row(world: &World, slot: Slot) -> Process {
        Process::of_row_with_starter(world, slot).0
    }

    /// The process behind a row of `DeviceProcessEvents` and the one that started it.
    fn of_row_with_starter(world: &World, slot: Slot) -> (Process, Process) {
        let burst = Slot { index: slot.index / BURST, ..slot };
        let mut random = world.random("burst", burst);
        let Burst { root, as_system, steps } = random.pick_skewed(BURSTS);
        let steps = steps.map(|(file, template, parent)| (programs::position(file), template, parent));
        let rare = if world.large { large::rare_burst(world, burst) } else { None };
        let (root, as_system, steps) =
            rare.map_or((*root, *as_system, steps), |rare| (rare.root, rare.as_system, rare.steps));
        let (device, account) = if as_system {
            (world.device(&mut random), Account::System)
        } else {
            let device = world.workstation(&mut random);
            (device, owner(world, device, &mut random))
        };
        let root = Process::resident_named(world, device, root);
        // Replay the burst up to the row asked for: its process needs the ids of those before it.
        let last = (slot.index % BURST) as usize;
        let mut started: Vec<Process> = Vec::with_capacity(last + 1);
        for (step, (program, template, parent)) in steps[..=last].iter().enumerate() {
            let mut own = world.random("process", Slot { index: burst.index * BURST + step as u64, ..slot });
            let created = started_at(world, burst, step as u64);
            let mut command_line = fill(template, account_name(world, account), &mut own);
            if *program >= PROGRAMS.len() {
                // Templates are arguments only where programs have no name of their own.
                let path = world.image(*program, device).path(account_name(world, account));
                command_line = format!("\"{path}\" {command_line}");
            }
            let starter = started.get(*parent).unwrap_or(&root);
            // Steps may share a moment where many rows crowd a day, but never a moment and an id.
            let chance = own.next() << 2 | step as u64;
            started.push(starter.child_of(*program, command_line, account, created, chance));
        }
        let process = started.remove(last);
        let starter = started.into_iter().nth(steps[last].2).unwrap_or(root);
        (process, starter)
    }

    /// A process that is likely at work at `at`: one started a short while ago, or a resident.
    pub(super) fn at_work(world: &World, day: u32, at: i64, random: &mut Random) -> Process {
        let count = world.count(TABLE, day);
        let bursts = world.calendar.passed(day, at, count.div_ceil(BURST));
        if bursts > 1 && random.percent(55) {
            let index = (bursts - 2 - random.skewed(bursts - 1)) * BURST + random.below(BURST);
            return Process::of_row(world, Slot { day, index, count });
        }
        Process::some_resident(world, random)
    }

    /// Any resident of any device.
    pub(super) fn some_resident(world: &World, random: &mut Random) -> Process {
        let device = world.device(random);
        let first = if world.company.is_workstation(device) { 0 } else { USER_RESIDENTS };
        let which = first + random.skewed((RESIDENTS.len() - first) as u64) as usize;
        Process::resident(world, device, which)
    }

    /// The resident of that file name on a device.
    pub(super) fn resident_named(world: &World, device: usize, file: &str) -> Process {
        let which = RESIDENTS.iter().position(|resident| resident.program == file).expect("a resident");
        Process::resident(world, device, which)
    }

    fn resident(world: &World, device: usize, which: usize) -> Process {
        let Resident { program, command_line, parent, as_system } = RESIDENTS[which];
        let mut random = Random::of(world.seed, "resident", &[device as u64, which as u64]);
        // Up for two days at least when the window opens, started within the same hour.
        let boot = world.calendar.midnight(0) - (2 + device as i64 % 5) * 86_400_000_000;
        let created = boot + random.below(3_600_000_000) as i64;
        let parent = Parent { program: programs::position(parent), id: 4 * (150 + device as i64), created: boot };
        let account = if as_system { Account::System } else { Account::User(device) };
        let id = process_id(random.next());
        Process {
            device,
            account,
            program: programs::position(program),
            id,
            created,
            command_line: command_line.into(),
            parent,
        }
    }

    /// A process that this one starts on its device.
    pub(super) fn child(
        &self,
        file: &str,
        command_line: String,
        account: Account,
        created: i64,
        chance: u64,
    ) -> Process {
        self.child_of(programs::position(file), command_line, account, created, chance)
    }

    fn child_of(&self, program: usize, command_line: String, account: Account, created: i64, chance: u64) -> Process {
        let parent = Parent { program: self.program, id: self.id, created: self.created };
        let id = process_id(chance);
        Process { device: self.device, account, program, id, created, command_line, parent }
    }

    /// The file it runs, in the version that its device has.
    pub(super) fn image<'w>(&self, world: &'w World) -> &'w Image {
        world.image(self.program, self.device)
    }

    /// A stream for something that the process does.
    pub(super) fn random(&self, world: &World, kind: &str, place: u64) -> Random {
        Random::of(world.seed, kind, &[self.created as u64, self.id as u64, place])
    }

    pub(super) fn file_name<'w>(&self, world: &'w World) -> &'w str {
        &self.image(world).file
    }

    pub(super) fn account_name<'w>(&self, world: &'w World) -> &'w str {
        account_name(world, self.account)
    }

    /// The row of `DeviceProcessEvents` for this process.
    pub(super) fn write_created(&self, world: &World, starter: &Process, row: &mut Rows) {
        let image = self.image(world);
        starter.write_initiator(world, row);
        row.put("ActionType", "ProcessCreated");
        row.put("FileName", &image.file);
        row.put("FolderPath", &image.path(self.account_name(world)));
        image.hashes.write(row);
        row.put("FileSize", image.size);
        row.put("ProcessVersionInfoCompanyName", &image.signer);
        row.put("ProcessVersionInfoProductName", &image.product);
        row.put("ProcessVersionInfoProductVersion", &image.version);
        row.put("ProcessVersionInfoOriginalFileName", &image.file);
        row.put("ProcessVersionInfoInternalFileName", &image.file);
        row.put("ProcessIntegrityLevel", integrity(self.account));
        row.put("ProcessTokenElevation", elevation(self.account));
        self.write_target(world, row);
        row.put("CreatedProcessSessionId", session(self.account));
        row.put("IsProcessRemoteSession", false);
        if world.large {
            let mut random = self.random(world, "process fields", 0);
            let fields = *random.pick_skewed(&large::PROCESS_FIELDS);
            row.put("AdditionalFields", &fill_fields(fields, &mut random));
        } else {
            row.put("AdditionalFields", "{}");
        }
    }

    /// Columns that name the process an event was done to, as in `DeviceProcessEvents` and `DeviceEvents`.
    pub(super) fn write_target(&self, world: &World, row: &mut Rows) {
        row.put("ProcessId", self.id);
        row.put("ProcessCommandLine", &self.command_line);
        row.put("ProcessCreationTime", Value::Time(self.created));
        row.put("ProcessUniqueId", &self.unique_id());
        self.write_account(world, row);
        row.offer("LogonId", logon_id(self.device, self.account));
    }

    /// `AccountName` and its like.
    pub(super) fn write_account(&self, world: &World, row: &mut Rows) {
        let names = AccountNames::of(world, self.account);
        row.put("AccountDomain", names.domain);
        row.put("AccountName", names.name);
        row.put("AccountSid", names.sid);
        row.offer("AccountUpn", names.upn);
        row.offer("AccountObjectId", names.object_id);
    }

    /// Device and `InitiatingProcess…` columns, as every table of a device has them.
    pub(super) fn write_initiator(&self, world: &World, row: &mut Rows) {
        self.write_device(world, row);
        let image = self.image(world);
        let names = AccountNames::of(world, self.account);
        row.put("InitiatingProcessAccountDomain", names.domain);
        row.put("InitiatingProcessAccountName", names.name);
        row.put("InitiatingProcessAccountSid", names.sid);
        row.put("InitiatingProcessAccountUpn", names.upn);
        row.put("InitiatingProcessAccountObjectId", names.object_id);
        row.offer("InitiatingProcessLogonId", logon_id(self.device, self.account));
        row.put("InitiatingProcessSHA1", &image.hashes.sha1);
        row.put("InitiatingProcessSHA256", &image.hashes.sha256);
        row.put("InitiatingProcessMD5", &image.hashes.md5);
        row.put("InitiatingProcessFileName", &image.file);
        row.put("InitiatingProcessFileSize", image.size);
        row.put("InitiatingProcessFolderPath", &image.path(names.name));
        row.put("InitiatingProcessVersionInfoCompanyName", &image.signer);
        row.put("InitiatingProcessVersionInfoProductName", &image.product);
        row.put("InitiatingProcessVersionInfoProductVersion", &image.version);
        row.put("InitiatingProcessVersionInfoOriginalFileName", &image.file);
        row.put("InitiatingProcessId", self.id);
        row.put("InitiatingProcessCommandLine", &self.command_line);
        row.put("InitiatingProcessCreationTime", Value::Time(self.created));
        row.put("InitiatingProcessParentId", self.parent.id);
        row.put("InitiatingProcessParentFileName", &world.image(self.parent.program, self.device).file);
        row.put("InitiatingProcessParentCreationTime", Value::Time(self.parent.created));
        row.offer("InitiatingProcessIntegrityLevel", integrity(self.account));
        row.offer("InitiatingProcessTokenElevation", elevation(self.account));
        row.offer("InitiatingProcessSignatureStatus", if image.signer.is_empty() { "Unsigned" } else { "Valid" });
        row.put("InitiatingProcessSessionId", session(self.account));
        row.put("IsInitiatingProcessRemoteSession", false);
        row.put("InitiatingProcessUniqueId", &self.unique_id());
    }

    pub(super) fn write_device(&self, world: &World, row: &mut Rows) {
        let device = &world.company.devices[self.device];
        row.put("DeviceId", &device.id);
        row.put("DeviceName", &device.name);
    }

    fn unique_id(&self) -> String {
        // Distinct for as long as no device starts two processes of one id in the same microsecond.
        (self.created as u64 ^ (self.id as u64) << 40).to_string()
    }
}

/// `DeviceProcessEvents`: when.
pub(super) fn moment(world: &World, _: &str, slot: Slot) -> i64 {
    started_at(world, Slot { index: slot.index / BURST, ..slot }, slot.index % BURST)
}

/// `DeviceProcessEvents`: what.
pub(super) fn write(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let (process, starter) = Process::of_row_with_starter(world, slot);
    process.write_created(world, &starter, row);
}

/// Steps of a burst follow each other quickly, and never into the time of the next burst.
fn started_at(world: &World, burst: Slot, step: u64) -> i64 {
    let bursts = burst.count.div_ceil(BURST);
    let mut random = world.random("start of a burst", burst);
    let share = random.below(WHOLE / 2);
    let first = world.calendar.moment(burst.day, burst.index, bursts, share);
    let last = world.calendar.moment(burst.day, burst.index, bursts, WHOLE - WHOLE / 16);
    (first + (step * (40_000 + random.below(400_000))) as i64).min(last)
}

struct AccountNames<'w> {
    domain: &'static str,
    name: &'w str,
    sid: &'w str,
    upn: &'w str,
    object_id: &'w str,
}

impl<'w> AccountNames<'w> {
    fn of(world: &'w World, account: Account) -> AccountNames<'w> {
        match account {
            Account::System => {
                AccountNames { domain: "nt authority", name: "system", sid: "S-1-5-18", upn: "", object_id: "" }
            }
            Account::User(user) => {
                let user = &world.company.users[user];
                AccountNames {
                    domain: NETBIOS,
                    name: &user.account,
                    sid: &user.sid,
                    upn: &user.upn,
                    object_id: &user.object_id,
                }
            }
        }
    }
}

fn account_name(world: &World, account: Account) -> &str {
    AccountNames::of(world, account).name
}

/// Mostly the owner of a workstation; now and then a colleague.
fn owner(world: &World, device: usize, random: &mut Random) -> Account {
    Account::User(if random.percent(93) { device } else { device + world.company.workstations })
}

/// A multiple of four, as on Windows. Numbers that differ in their last two bits have different ids.
fn process_id(chance: u64) -> i64 {
    4 * (1_000 + (chance % 9_000) as i64)
}

fn logon_id(device: usize, account: Account) -> i64 {
    match account {
        Account::System => 999,
        Account::User(user) => 0x30_0000 + (device * 4_099 + user * 131) as i64,
    }
}

fn session(account: Account) -> i64 {
    i64::from(account != Account::System)
}

fn integrity(account: Account) -> &'static str {
    if account == Account::System { "System" } else { "Medium" }
}

fn elevation(account: Account) -> &'static str {
    if account == Account::System { "TokenElevationTypeDefault" } else { "TokenElevationTypeLimited" }
}
