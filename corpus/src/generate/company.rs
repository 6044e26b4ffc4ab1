//! The company that the events are about: who works there, and on which devices.
//!
//! Names end in `.example` and public addresses come from ranges kept for documentation and benchmarks,
//! so nothing here can be taken for anyone's infrastructure.

use super::random::Random;

pub(super) const DOMAIN: &str = "kestrel.example";
pub(super) const NETBIOS: &str = "KESTREL";

const GIVEN: [&str; 30] = [
    "Amara", "Ben", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hana", "Ines", "Jonas", "Kofi", "Lena", "Mateo",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tove", "Uma", "Viktor", "Wanda", "Xavier", "Yuki", "Zoe",
    "Anton", "Birgit", "Carlos", "Delia",
];
const SURNAMES: [&str; 30] = [
    "Okafor",
    "Lindqvist",
    "Moretti",
    "Volkov",
    "Demir",
    "Haddad",
    "Brandt",
    "Novak",
    "Ferreira",
    "Keller",
    "Mensah",
    "Sorensen",
    "Alvarez",
    "Petrova",
    "Nyberg",
    "Raman",
    "Dubois",
    "Santos",
    "Nasser",
    "Eriksen",
    "Iyer",
    "Horvat",
    "Kowalska",
    "Laurent",
    "Tanaka",
    "Papadakis",
    "Weber",
    "Holm",
    "Ortega",
    "Quist",
];
/// Department, prefix of its workstations, and the job titles in it.
const DEPARTMENTS: [(&str, &str, [&str; 3]); 6] = [
    ("Engineering", "ENG", ["Software Engineer", "Test Engineer", "Team Lead"]),
    ("Finance", "FIN", ["Accountant", "Controller", "Payroll Specialist"]),
    ("Sales", "SAL", ["Account Manager", "Sales Engineer", "Regional Lead"]),
    ("Production", "PRD", ["Planner", "Technician", "Shift Lead"]),
    ("Human Resources", "HR", ["Recruiter", "HR Partner", "Training Lead"]),
    ("IT", "IT", ["System Administrator", "Service Desk Analyst", "Network Engineer"]),
];
/// Servers: name, system, group.
const SERVERS: [(&str, &str, &str); 10] = [
    ("SRV-DC01", "WindowsServer2022", "Domain controllers"),
    ("SRV-DC02", "WindowsServer2022", "Domain controllers"),
    ("SRV-FILE01", "WindowsServer2019", "Servers"),
    ("SRV-FILE02", "WindowsServer2022", "Servers"),
    ("SRV-SQL01", "WindowsServer2022", "Servers"),
    ("SRV-ERP01", "WindowsServer2019", "Servers"),
    ("SRV-BUILD01", "WindowsServer2022", "Build"),
    ("SRV-BUILD02", "WindowsServer2022", "Build"),
    ("SRV-WEB01", "WindowsServer2022", "Internet-facing"),
    ("SRV-BACKUP01", "WindowsServer2019", "Servers"),
];
/// What servers beyond [`SERVERS`] are for, as in `SRV-APP011`.
const ROLES: [&str; 6] = ["APP", "SQL", "FILE", "WEB", "JMP", "PRN"];
/// Accounts of a large company that belong to nobody and hardly ever do anything.
pub(super) const DORMANT_ACCOUNTS: [&str; 3] = ["svc.legacyscan", "adm.breakglass", "svc.oldbackup"];
/// Workstations of the smallest company, that of the demo.
pub(super) const FEWEST_WORKSTATIONS: usize = 30;

/// A fictional company, fixed by its seed and its size: 40 devices and 60 people, or more.
#[derive(Clone, Debug)]
pub struct Company {
    /// The seed that everything about it comes from.
    pub seed: u64,
    /// Workstations first, then servers.
    pub devices: Vec<Device>,
    /// People; the first ones own the workstation of the same position.
    pub users: Vec<User>,
    /// How many of the devices are workstations.
    pub workstations: usize,
    /// Id of its tenant.
    pub tenant_id: String,
}

/// A device of a [`Company`].
#[derive(Clone, Debug)]
pub struct Device {
    /// `DeviceId`: 40 hexadecimal digits.
    pub id: String,
    /// `DeviceName`: fully qualified, lower case.
    pub name: String,
    /// Id in Entra ID.
    pub aad_id: String,
    /// Such as `Windows11`.
    pub os_platform: String,
    /// Build number of the system.
    pub os_build: i64,
    /// Private IPv4 address.
    pub ip: String,
    /// Of its network adapter.
    pub mac: String,
    /// `MachineGroup`.
    pub group: String,
}

/// A person of a [`Company`].
#[derive(Clone, Debug)]
pub struct User {
    /// `AccountName`: surname with initial.
    pub account: String,
    /// `AccountUpn`, which is the mail address too.
    pub upn: String,
    /// `AccountDisplayName`.
    pub display_name: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub surname: String,
    /// Windows security identifier.
    pub sid: String,
    /// Object id in Entra ID.
    pub object_id: String,
    /// Department.
    pub department: String,
    /// Job title.
    pub title: String,
}

impl Company {
    /// The company of that seed with so many workstations, but at least thirty. It has a server for three of
    /// them and two people for each; a company larger than the smallest has some dormant accounts besides.
    pub fn new(seed: u64, workstations: usize) -> Company {
        let workstations = workstations.max(FEWEST_WORKSTATIONS);
        let mut random = Random::of(seed, "company", &[]);
        let authority = [0; 3].map(|_: u8| 1_000_000_000 + random.below(3_000_000_000));
        let sid_prefix = format!("S-1-5-21-{}-{}-{}", authority[0], authority[1], authority[2]);
        let mut users: Vec<User> = (0..2 * workstations).map(|at| user(at, &sid_prefix, &mut random)).collect();
        let tenant_id = random.guid();
        if workstations > FEWEST_WORKSTATIONS {
            let first = users.len();
            let dormant = DORMANT_ACCOUNTS.iter().enumerate();
            users.extend(dormant.map(|(at, name)| dormant_user(first + at, name, &sid_prefix, &mut random)));
        }
        let desks = (0..workstations).map(|at| workstation(at, &mut Random::of(seed, "workstation", &[at as u64])));
        let servers = (0..workstations / 3).map(|at| server(at, &mut Random::of(seed, "server", &[at as u64])));
        Company { seed, devices: desks.chain(servers).collect(), users, workstations, tenant_id }
    }

    pub(super) fn is_workstation(&self, device: usize) -> bool {
        device < self.workstations
    }

    /// The servers, domain controllers first.
    pub(super) fn servers(&self) -> &[Device] {
        &self.devices[self.workstations..]
    }

    /// Position of the person or account of that name.
    pub(super) fn account(&self, name: &str) -> usize {
        self.users.iter().position(|user| user.account == name).expect("an account of the lists above")
    }

    /// Position of the server of that short name.
    pub(super) fn server(&self, name: &str) -> usize {
        let wanted = fully_qualified(name);
        self.devices.iter().position(|device| device.name == wanted).expect("a server of the list above")
    }

    /// Position of the first person of a department who has a workstation.
    pub(super) fn first_of(&self, department: &str) -> usize {
        self.users.iter().position(|user| user.department == department).expect("a department of the list above")
    }
}

fn user(at: usize, sid_prefix: &str, random: &mut Random) -> User {
    // 7 has no factor in common with 30, so nine hundred pairs of names are all different.
    let (given, surname) = (GIVEN[at % 30], SURNAMES[(at * 7 + at / 30) % 30]);
    let namesake = if at < 900 { String::new() } else { (at / 900 + 1).to_string() };
    let account = format!("{}.{}{namesake}", given.to_lowercase(), surname.to_lowercase());
    let (department, _, titles) = DEPARTMENTS[at % DEPARTMENTS.len()];
    User {
        upn: format!("{account}@{DOMAIN}"),
        account,
        display_name: format!("{given} {surname}"),
        given_name: given.to_owned(),
        surname: surname.to_owned(),
        sid: format!("{sid_prefix}-{}", 1_104 + at * 3),
        object_id: random.guid(),
        department: department.to_owned(),
        title: (*random.pick(&titles)).to_owned(),
    }
}

fn dormant_user(at: usize, account: &str, sid_prefix: &str, random: &mut Random) -> User {
    User {
        account: account.to_owned(),
        upn: format!("{account}@{DOMAIN}"),
        display_name: account.to_owned(),
        given_name: String::new(),
        surname: String::new(),
        ..user(at, sid_prefix, random)
    }
}

fn workstation(at: usize, random: &mut Random) -> Device {
    let (_, prefix, _) = DEPARTMENTS[at % DEPARTMENTS.len()];
    let (os_platform, os_build) =
        *random.pick_skewed(&[("Windows11", 26_100), ("Windows11", 22_631), ("Windows10", 19_045)]);
    let name = format!("WS-{prefix}-{:03}", 11 + at * 3);
    let group = if prefix == "IT" { "Privileged workstations" } else { "Workstations" };
    let (network, subnet) = (20 + at / 3_000, at % 6 + 1 + 6 * (at / 200 % 15));
    device(&name, os_platform, os_build, format!("10.{network}.{subnet}.{}", 20 + at % 200), group, random)
}

fn server(at: usize, random: &mut Random) -> Device {
    let more = format!("SRV-{}{:03}", ROLES[at % ROLES.len()], at + 1);
    let (name, os_platform, group) = SERVERS.get(at).copied().unwrap_or((&more, "WindowsServer2022", "Servers"));
    let os_build = if os_platform == "WindowsServer2022" { 20_348 } else { 17_763 };
    device(name, os_platform, os_build, format!("10.20.{}.{}", 100 + at / 200, 10 + at % 200), group, random)
}

fn device(name: &str, os_platform: &str, os_build: i64, ip: String, group: &str, random: &mut Random) -> Device {
    Device {
        id: random.hex(40),
        name: fully_qualified(name),
        aad_id: random.guid(),
        os_platform: os_platform.to_owned(),
        os_build,
        ip,
        mac: format!("0A5E{}", random.hex(8).to_uppercase()),
        group: group.to_owned(),
    }
}

fn fully_qualified(name: &str) -> String {
    format!("{}.{DOMAIN}", name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_shares_an_identity() {
        for workstations in [FEWEST_WORKSTATIONS, 7_500] {
            let company = Company::new(42, workstations);
            let users: BTreeSet<_> =
                company.users.iter().flat_map(|it| [&it.account, &it.sid, &it.object_id]).collect();
            assert_eq!(users.len(), 3 * company.users.len());
            let devices: BTreeSet<_> = company.devices.iter().flat_map(|it| [&it.id, &it.name, &it.ip]).collect();
            assert_eq!(devices.len(), 3 * company.devices.len());
        }
    }
}
