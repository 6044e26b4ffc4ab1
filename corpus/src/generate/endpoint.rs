//! What processes do on devices: connections, files, registry, DLLs, logons and the rest.

use super::company::NETBIOS;
use super::large;
use super::process::{Account, Hashes, Process};
use super::programs::WORDS;
use super::random::Random;
use super::rows::Rows;
use super::world::{Slot, World, fill, fill_fields};

/// Hosts outside that everybody talks to, the most frequent first.
const SITES: [&str; 24] = [
    "outlook.office365.com",
    "teams.microsoft.com",
    "login.microsoftonline.com",
    "www.google.com",
    "settings-win.data.microsoft.com",
    "v10.events.data.microsoft.com",
    "kestrel-my.sharepoint.com",
    "clients4.google.com",
    "graph.microsoft.com",
    "update.googleapis.com",
    "www.bing.com",
    "github.com",
    "api.github.com",
    "pypi.org",
    "files.pythonhosted.org",
    "fonts.gstatic.com",
    "www.linkedin.com",
    "cdn.jsdelivr.net",
    "ctldl.windowsupdate.com",
    "download.windowsupdate.com",
    "api.nuget.org",
    "www.wikipedia.org",
    "weather.com",
    "registry.npmjs.org",
];
/// Programs that make connections; others' turns go to a resident that does.
const TALKERS: [&str; 11] = [
    "chrome.exe",
    "msedge.exe",
    "OUTLOOK.EXE",
    "ms-teams.exe",
    "OneDrive.exe",
    "svchost.exe",
    "MsMpEng.exe",
    "KestrelAgent.exe",
    "python.exe",
    "git.exe",
    "MpCmdRun.exe",
];

/// Folders and names of the files that people's programs write.
const USER_FILES: [(&str, &str); 7] = [
    (r"C:\Users\{user}\AppData\Local\Google\Chrome\User Data\Default\Cache", "f_{hex}"),
    (r"C:\Users\{user}\AppData\Local\Temp", "{guid}.tmp"),
    (r"C:\Users\{user}\Documents", "{word}-{num}.docx"),
    (r"C:\src\{word}\obj\Release", "{word}.dll"),
    (r"C:\Users\{user}\Downloads", "{word}-{num}.pdf"),
    (r"C:\Users\{user}\AppData\Local\Microsoft\OneDrive\logs", "SyncEngine-{num}.odl"),
    (r"C:\Users\{user}\Documents", "{word}-{num}.xlsx"),
];
/// Folders and names of the files that services write.
const SYSTEM_FILES: [(&str, &str); 4] = [
    (r"C:\Windows\Temp", "{guid}.tmp"),
    (r"C:\ProgramData\Kestrel\Agent\cache", "{hex}.json"),
    (r"C:\ProgramData\Microsoft\Windows Defender\Scans\History\Store", "{hex}"),
    (r"C:\Windows\SoftwareDistribution\Download\{hex}", "update-{num}.cab"),
];

/// A connection of a process.
pub(super) struct Connection<'a> {
    pub(super) action: &'static str,
    pub(super) ip: &'a str,
    pub(super) port: i64,
    pub(super) url: &'a str,
    pub(super) local_port: i64,
}

impl Connection<'_> {
    pub(super) fn write(&self, world: &World, process: &Process, row: &mut Rows) {
        process.write_initiator(world, row);
        row.put("ActionType", self.action);
        row.put("RemoteIP", self.ip);
        row.put("RemotePort", self.port);
        row.put("RemoteUrl", self.url);
        row.put("LocalIP", &world.company.devices[process.device].ip);
        row.put("LocalPort", self.local_port);
        row.put("Protocol", "Tcp");
        row.put("LocalIPType", "Private");
        row.put("RemoteIPType", if self.ip.starts_with("10.") { "Private" } else { "Public" });
        if world.large {
            let mut random = process.random(world, "connection fields", self.local_port as u64);
            let fields = *random.pick_skewed(&large::CONNECTION_FIELDS);
            row.put("AdditionalFields", &fill_fields(fields, &mut random));
        }
    }
}

/// A file that a process wrote.
pub(super) struct FileChange<'a> {
    pub(super) action: &'static str,
    pub(super) name: &'a str,
    pub(super) folder: &'a str,
    pub(super) size: i64,
    pub(super) origin: &'a str,
}

impl FileChange<'_> {
    pub(super) fn write(&self, world: &World, process: &Process, row: &mut Rows) {
        process.write_initiator(world, row);
        row.put("ActionType", self.action);
        row.put("FileName", self.name);
        row.put("FolderPath", &format!("{}\\{}", self.folder, self.name));
        Hashes::of(world.seed, self.name).write(row);
        row.put("FileSize", self.size);
        row.put("FileOriginUrl", self.origin);
        row.put("RequestProtocol", "Local");
        row.put("IsAzureInfoProtectionApplied", false);
        if world.large {
            let mut random = process.random(world, self.name, self.size as u64);
            let fields = *random.pick_skewed(&large::FILE_FIELDS);
            row.put("AdditionalFields", &fill_fields(fields, &mut random));
        } else {
            row.put("AdditionalFields", r#"{"FileType":"Unknown"}"#);
        }
    }
}

/// A registry value that a process set.
pub(super) struct RegistryValue<'a> {
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    pub(super) data: &'a str,
}

impl RegistryValue<'_> {
    pub(super) fn write(&self, world: &World, process: &Process, row: &mut Rows) {
        process.write_initiator(world, row);
        row.put("ActionType", "RegistryValueSet");
        row.put("RegistryKey", self.key);
        row.put("RegistryValueType", "String");
        row.put("RegistryValueName", self.name);
        row.put("RegistryValueData", self.data);
    }
}

/// A logon to the device of the process that handled it.
pub(super) struct Logon<'a> {
    pub(super) action: &'static str,
    pub(super) kind: &'static str,
    pub(super) user: usize,
    pub(super) protocol: &'static str,
    pub(super) from_device: &'a str,
    pub(super) from_ip: &'a str,
}

impl Logon<'_> {
    pub(super) fn write(&self, world: &World, handler: &Process, row: &mut Rows) {
        let user = &world.company.users[self.user];
        handler.write_initiator(world, row);
        row.put("ActionType", self.action);
        row.put("LogonType", self.kind);
        row.put("AccountDomain", NETBIOS);
        row.put("AccountName", &user.account);
        row.put("AccountSid", &user.sid);
        row.put("Protocol", self.protocol);
        row.put("IsLocalAdmin", user.department == "IT");
        row.put("LogonId", 0x40_0000 + (self.user * 977) as i64);
        row.put("RemoteDeviceName", self.from_device);
        row.put("RemoteIP", self.from_ip);
        if self.action == "LogonFailed" {
            row.put("FailureReason", "InvalidUserNameOrPassword");
        }
        row.put("AdditionalFields", if self.from_ip.is_empty() { r#"{"IsLocalLogon":true}"# } else { "{}" });
    }
}

pub(super) fn write_connection(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("connection", slot);
    let mut process = Process::at_work(world, slot.day, at, &mut random);
    if !TALKERS.contains(&process.file_name(world)) {
        process = Process::some_resident(world, &mut random);
    }
    let local_port = 49_152 + random.below(16_000) as i64;
    let (ip, port, url) = match random.below(100) {
        0..15 => internal_target(world, &mut random),
        15..65 => site((*random.pick_skewed(&SITES)).to_owned(), world, &mut random),
        _ => site(rare_host(&mut random), world, &mut random),
    };
    let action = if random.percent(4) { "ConnectionFailed" } else { "ConnectionSuccess" };
    Connection { action, ip: &ip, port, url: &url, local_port }.write(world, &process, row);
}

pub(super) fn write_file(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("file", slot);
    let process = Process::at_work(world, slot.day, at, &mut random);
    let account = process.account_name(world).to_owned();
    let places = if process.account == Account::System { &SYSTEM_FILES[..] } else { &USER_FILES[..] };
    let (folder, name) = *random.pick_skewed(places);
    let folder = fill(folder, &account, &mut random);
    let name = fill(name, &account, &mut random);
    let origin =
        if name.ends_with(".pdf") { format!("https://{}/{name}", rare_host(&mut random)) } else { String::new() };
    let action = *random.pick_skewed(&["FileCreated", "FileModified", "FileDeleted", "FileRenamed"]);
    let size = 1 << (8 + random.below(14));
    FileChange { action, name: &name, folder: &folder, size, origin: &origin }.write(world, &process, row);
}

pub(super) fn write_registry(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("registry value", slot);
    let process = Process::at_work(world, slot.day, at, &mut random);
    let (key, name, data) = *random.pick_skewed(&[
        (r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs", "MRUListEx", "{hex}"),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE\Kestrel\Agent\State", "LastRun", "{num}"),
        (r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\bam\State\UserSettings", "SequenceNumber", "{num}"),
        (r"HKEY_CURRENT_USER\Software\Google\Chrome\PreferenceMACs\Default", "homepage", "{hex}{hex}"),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData", "{guid}", "{word}"),
        (
            r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run",
            "OneDrive",
            r"C:\Program Files\Microsoft OneDrive\OneDrive.exe /background",
        ),
    ]);
    let (name, data) = (fill(name, "", &mut random), fill(data, "", &mut random));
    RegistryValue { key, name: &name, data: &data }.write(world, &process, row);
}

pub(super) fn write_image_load(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("image load", slot);
    let process = Process::at_work(world, slot.day, at, &mut random);
    let name = *random.pick_skewed(&[
        "kernel32.dll",
        "ntdll.dll",
        "combase.dll",
        "ucrtbase.dll",
        "crypt32.dll",
        "amsi.dll",
        "wininet.dll",
        "clr.dll",
        "System.Management.Automation.ni.dll",
        "dbghelp.dll",
        "samlib.dll",
        "vaultcli.dll",
        "taskschd.dll",
        "wmiutils.dll",
        "mscoree.dll",
        "vbe7.dll",
    ]);
    process.write_initiator(world, row);
    row.put("ActionType", "ImageLoaded");
    row.put("FileName", name);
    row.put("FolderPath", &format!(r"C:\Windows\System32\{name}"));
    Hashes::of(world.seed, name).write(row);
    row.put("FileSize", 40_960 + 512 * name.len() as i64);
}

pub(super) fn write_logon(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("logon", slot);
    let from = world.workstation(&mut random);
    let own = random.percent(40);
    let to = if own {
        from
    } else {
        world.company.workstations + random.skewed(world.company.servers().len() as u64) as usize
    };
    let handler = Process::resident_named(world, to, if own { "svchost.exe" } else { "lsass.exe" });
    let source = &world.company.devices[from];
    let (kind, protocol, from_device, from_ip) = if own {
        (*random.pick_skewed(&["Unlock", "Interactive", "CachedInteractive"]), "Negotiate", "", "")
    } else {
        ("Network", *random.pick_skewed(&["Kerberos", "NTLM"]), short(&source.name), source.ip.as_str())
    };
    let action = if random.percent(6) { "LogonFailed" } else { "LogonSuccess" };
    Logon { action, kind, user: from, protocol, from_device, from_ip }.write(world, &handler, row);
}

/// `DeviceEvents`: what has no table of its own.
pub(super) fn write_other(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("device event", slot);
    let process = Process::at_work(world, slot.day, at, &mut random);
    process.write_initiator(world, row);
    if process.file_name(world) == "powershell.exe" {
        let cmdlet = *random.pick(&["Get-ChildItem", "Get-CimInstance", "Test-Path", "Import-Module", "Where-Object"]);
        return put_action(row, "PowerShellCommand", &format!(r#"{{"Command":"{cmdlet}"}}"#));
    }
    match random.skewed(6) {
        0 => {
            let pipe = format!(r"\\Device\\NamedPipe\\mojo.{}.{}", process.id, random.below(1 << 30));
            put_action(row, "NamedPipeEvent", &format!(r#"{{"PipeName":"{pipe}","FileOperation":"File opened"}}"#));
        }
        1 => put_action(
            row,
            "DpapiAccessed",
            r#"{"OperationType":"SPCryptUnprotect","DataDescription":"Google Chrome"}"#,
        ),
        2 => {
            let task = format!(r"\\Kestrel\\{}", random.pick(&WORDS));
            put_action(row, "ScheduledTaskUpdated", &format!(r#"{{"TaskName":"{task}"}}"#));
        }
        3 => {
            put_action(row, "AntivirusReport", r#"{"ThreatName":"","WasRemediated":false}"#);
            row.put("FileName", "eicar.txt");
        }
        4 => put_action(
            row,
            "LdapSearch",
            r#"{"SearchFilter":"(&(objectCategory=computer)(cn=*))","AttributeList":["cn"]}"#,
        ),
        _ => {
            // Security software opens lsass all day; the intrusion's access has to be told from it.
            let lsass = Process::resident_named(world, process.device, "lsass.exe");
            put_action(row, "OpenProcessApiCall", r#"{"DesiredAccess":5136}"#);
            row.put("FileName", "lsass.exe");
            lsass.write_target(world, row);
        }
    }
}

pub(super) fn put_action(row: &mut Rows, action: &'static str, additional_fields: &str) {
    row.put("ActionType", action);
    row.put("AdditionalFields", additional_fields);
}

/// Name of a device without its domain.
pub(super) fn short(device_name: &str) -> &str {
    device_name.split_once('.').map_or(device_name, |(name, _)| name)
}

/// A host that a few people look up once: half of all names in such data are seen only some times.
pub(super) fn rare_host(random: &mut Random) -> String {
    let (first, second) = (*random.pick(&WORDS), *random.pick(&WORDS));
    let tld = *random.pick_skewed(&["com", "org", "net", "io"]);
    match random.skewed(3) {
        0 => format!("www.{first}-{second}.{tld}.example"),
        1 => format!("{first}{}.{second}.{tld}.example", random.below(100)),
        _ => format!("{first}.{second}-{}.example", random.below(10_000)),
    }
}

fn site(host: String, world: &World, random: &mut Random) -> (String, i64, String) {
    // A host keeps its few addresses, from the range set aside for benchmarks (RFC 2544).
    let mut addresses = Random::of(world.seed, &host, &[]);
    let (first, second) = (addresses.below(256), addresses.below(64) * 4);
    let ip = format!("198.{}.{first}.{}", 18 + addresses.below(2), second + random.below(4));
    (ip, if random.percent(95) { 443 } else { 80 }, host)
}

fn internal_target(world: &World, random: &mut Random) -> (String, i64, String) {
    let server = random.pick_skewed(world.company.servers());
    (server.ip.clone(), *random.pick_skewed(&[445, 88, 389, 1433, 3389, 135]), server.name.clone())
}
