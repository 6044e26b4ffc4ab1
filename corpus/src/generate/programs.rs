//! Programs that run in the company, and how they start each other.
//!
//! In command lines and paths `{user}` is the account's name, `{guid}`, `{hex}`, `{num}` and `{b64}` are new
//! each time, and `{word}` is a word of everyday business. A large company's have `{rare}`, a made-up word, and
//! `{script}`, an encoded one.

/// An executable file.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) file: &'static str,
    pub(super) folder: &'static str,
    pub(super) product: &'static str,
    pub(super) version: &'static str,
    pub(super) size: i64,
    /// Who signed it; empty for an unsigned file.
    pub(super) signer: &'static str,
}

const MICROSOFT: &str = "Microsoft Corporation";
const WINDOWS: &str = "Microsoft Windows";
const SYSTEM32: &str = r"C:\Windows\System32";
const OFFICE: &str = r"C:\Program Files\Microsoft Office\root\Office16";
const FRAMEWORK: &str = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319";
const OS: &str = "Microsoft® Windows® Operating System";

const fn program(
    file: &'static str,
    folder: &'static str,
    product: &'static str,
    version: &'static str,
    size: i64,
    signer: &'static str,
) -> Program {
    Program { file, folder, product, version, size, signer }
}

const fn windows(file: &'static str, size: i64) -> Program {
    program(file, SYSTEM32, OS, "10.0.26100.1", size, WINDOWS)
}

/// Every program, each once.
pub(super) const PROGRAMS: &[Program] = &[
    program("explorer.exe", r"C:\Windows", OS, "10.0.26100.1", 5_321_728, WINDOWS),
    windows("services.exe", 716_544),
    windows("svchost.exe", 88_232),
    windows("lsass.exe", 83_312),
    windows("wininit.exe", 412_672),
    windows("cmd.exe", 323_584),
    windows("conhost.exe", 1_118_208),
    program("powershell.exe", r"C:\Windows\System32\WindowsPowerShell\v1.0", OS, "10.0.26100.1", 455_680, WINDOWS),
    windows("taskhostw.exe", 98_304),
    windows("backgroundTaskHost.exe", 19_776),
    windows("RuntimeBroker.exe", 103_984),
    windows("dllhost.exe", 21_312),
    windows("rundll32.exe", 73_728),
    windows("reg.exe", 78_848),
    windows("schtasks.exe", 257_024),
    windows("net.exe", 61_440),
    windows("net1.exe", 184_320),
    windows("ipconfig.exe", 36_352),
    windows("whoami.exe", 73_728),
    windows("nltest.exe", 540_672),
    windows("curl.exe", 577_536),
    program("WmiPrvSE.exe", r"C:\Windows\System32\wbem", OS, "10.0.26100.1", 496_640, WINDOWS),
    program("WMIC.exe", r"C:\Windows\System32\wbem", OS, "10.0.26100.1", 566_784, WINDOWS),
    program(
        "chrome.exe",
        r"C:\Program Files\Google\Chrome\Application",
        "Google Chrome",
        "141.0.7390.66",
        3_245_664,
        "Google LLC",
    ),
    program(
        "msedge.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application",
        "Microsoft Edge",
        "141.0.3537.57",
        4_380_712,
        MICROSOFT,
    ),
    program("OUTLOOK.EXE", OFFICE, "Microsoft Outlook", "16.0.19127.20240", 46_129_464, MICROSOFT),
    program("WINWORD.EXE", OFFICE, "Microsoft Office", "16.0.19127.20240", 1_636_928, MICROSOFT),
    program("EXCEL.EXE", OFFICE, "Microsoft Office", "16.0.19127.20240", 68_118_616, MICROSOFT),
    program(
        "ms-teams.exe",
        r"C:\Program Files\WindowsApps\MSTeams_25241.203.3947.4411_x64__8wekyb3d8bbwe",
        "Microsoft Teams",
        "25241.203.3947.4411",
        376_112,
        MICROSOFT,
    ),
    program(
        "OneDrive.exe",
        r"C:\Program Files\Microsoft OneDrive",
        "Microsoft OneDrive",
        "25.174.907.3",
        4_918_800,
        MICROSOFT,
    ),
    program(
        "MsMpEng.exe",
        r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.25080.5-0",
        OS,
        "4.18.25080.5",
        282_552,
        WINDOWS,
    ),
    program(
        "MpCmdRun.exe",
        r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.25080.5-0",
        OS,
        "4.18.25080.5",
        1_678_768,
        WINDOWS,
    ),
    program(
        "MSBuild.exe",
        r"C:\Program Files\Microsoft Visual Studio\2022\Professional\MSBuild\Current\Bin",
        "Microsoft® Build Tools®",
        "17.14.23.42201",
        394_848,
        MICROSOFT,
    ),
    program("csc.exe", FRAMEWORK, "Microsoft® .NET Framework", "4.8.9221.0", 2_760_248, MICROSOFT),
    program("cvtres.exe", FRAMEWORK, "Microsoft® .NET Framework", "14.10.25028.0", 52_744, MICROSOFT),
    program("git.exe", r"C:\Program Files\Git\cmd", "Git", "2.51.0.2", 46_536, "Johannes Schindelin"),
    program("python.exe", r"C:\Program Files\Python313", "Python", "3.13.7", 105_848, "Python Software Foundation"),
    program("7z.exe", r"C:\Program Files\7-Zip", "7-Zip", "25.01", 571_392, ""),
    program(
        "KestrelAgent.exe",
        r"C:\Program Files\Kestrel\Agent",
        "Kestrel Inventory Agent",
        "4.2.0",
        2_113_536,
        "Kestrel Instruments",
    ),
    // Only the intrusion runs these.
    program("svcupd.exe", r"C:\Users\{user}\AppData\Roaming\Microsoft\Update", "", "", 418_304, ""),
    program("PsExec64.exe", r"C:\Users\Public", "Sysinternals PsExec", "2.43", 833_472, MICROSOFT),
    program("PSEXESVC.exe", r"C:\Windows", "Sysinternals PsExec", "2.43", 383_880, MICROSOFT),
    // Some devices of a large company have it, and nobody knows why.
    program("quillsync.exe", r"C:\ProgramData\Quill", "", "", 311_296, ""),
];

/// Position of a program in [`PROGRAMS`].
pub(super) fn position(file: &str) -> usize {
    PROGRAMS.iter().position(|program| program.file == file).unwrap_or_else(|| panic!("no program {file}"))
}

/// A program that starts with its device or its user and outlives the window.
pub(super) struct Resident {
    pub(super) program: &'static str,
    pub(super) command_line: &'static str,
    pub(super) parent: &'static str,
    pub(super) as_system: bool,
}

const fn resident(
    program: &'static str,
    command_line: &'static str,
    parent: &'static str,
    as_system: bool,
) -> Resident {
    Resident { program, command_line, parent, as_system }
}

/// Residents of every device; those of users run on workstations only and come first.
pub(super) const RESIDENTS: &[Resident] = &[
    resident("explorer.exe", "explorer.exe", "explorer.exe", false),
    resident("chrome.exe", r#""chrome.exe" --profile-directory=Default"#, "explorer.exe", false),
    resident("OUTLOOK.EXE", r#""OUTLOOK.EXE" /recycle"#, "explorer.exe", false),
    resident("ms-teams.exe", r#""ms-teams.exe" --autostarted"#, "explorer.exe", false),
    resident("OneDrive.exe", r#""OneDrive.exe" /background"#, "explorer.exe", false),
    resident("svchost.exe", "svchost.exe -k netsvcs -p -s Schedule", "services.exe", true),
    resident("MsMpEng.exe", r#""MsMpEng.exe""#, "services.exe", true),
    resident("svchost.exe", "svchost.exe -k DcomLaunch -p", "services.exe", true),
    resident("services.exe", "services.exe", "wininit.exe", true),
    resident("lsass.exe", "lsass.exe", "wininit.exe", true),
    resident("KestrelAgent.exe", r#""KestrelAgent.exe" --service"#, "services.exe", true),
];
/// How many of [`RESIDENTS`] belong to users.
pub(super) const USER_RESIDENTS: usize = 5;

/// Four processes that start together; a step's parent is an earlier step, or the resident named.
pub(super) struct Burst {
    pub(super) root: &'static str,
    pub(super) as_system: bool,
    pub(super) steps: [Step; 4],
}

/// A process of a [`Burst`]: program, command line, and which step starts it (its own number: the root).
pub(super) type Step = (&'static str, &'static str, usize);

/// Bursts, the most frequent first. Those of users are on workstations only.
pub(super) const BURSTS: &[Burst] = &[
    Burst {
        root: "explorer.exe",
        as_system: false,
        steps: [
            ("chrome.exe", r#""chrome.exe" --single-argument https://{word}.example/{word}/{num}"#, 0),
            (
                "chrome.exe",
                r#""chrome.exe" --type=renderer --lang=en-US --field-trial-handle={num},i,{num},{num},262144 --variations-seed-version={guid} --mojo-platform-channel-handle={num} /prefetch:1"#,
                0,
            ),
            (
                "chrome.exe",
                r#""chrome.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --field-trial-handle={num},i,{num} --mojo-platform-channel-handle={num} /prefetch:3"#,
                0,
            ),
            (
                "chrome.exe",
                r#""chrome.exe" --type=gpu-process --gpu-preferences={b64} --mojo-platform-channel-handle={num} /prefetch:2"#,
                0,
            ),
        ],
    },
    Burst {
        root: "svchost.exe",
        as_system: true,
        steps: [
            ("taskhostw.exe", "taskhostw.exe {guid}", 0),
            ("backgroundTaskHost.exe", r#""backgroundTaskHost.exe" -ServerName:App.AppX{hex}.mca"#, 1),
            ("RuntimeBroker.exe", "RuntimeBroker.exe -Embedding", 2),
            ("dllhost.exe", "DllHost.exe /Processid:{{guid}}", 3),
        ],
    },
    Burst {
        root: "svchost.exe",
        as_system: true,
        steps: [
            (
                "powershell.exe",
                r#"powershell.exe -NoProfile -ExecutionPolicy Bypass -File "C:\ProgramData\Kestrel\Maintenance\{word}-cleanup.ps1" -RunId {guid}"#,
                0,
            ),
            ("conhost.exe", r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1", 0),
            ("csc.exe", r#""csc.exe" /noconfig /fullpaths @"C:\Windows\Temp\{hex}\{hex}.cmdline""#, 0),
            ("cvtres.exe", r#"cvtres.exe /NOLOGO /READONLY /MACHINE:IX86 "/OUT:C:\Windows\Temp\RES{hex}.tmp""#, 2),
        ],
    },
    Burst {
        root: "explorer.exe",
        as_system: false,
        steps: [
            ("cmd.exe", r#""cmd.exe" /c build.cmd /p:Configuration=Release /p:BuildId={num}"#, 0),
            ("conhost.exe", r"\??\C:\Windows\system32\conhost.exe 0x4", 0),
            ("git.exe", "git.exe -c core.quotepath=false rev-parse {hex}", 0),
            (
                "MSBuild.exe",
                r"MSBuild.exe C:\src\{word}\{word}.sln /m /nologo /v:q /fl /flp:logfile=C:\src\out\{guid}.log",
                0,
            ),
        ],
    },
    Burst {
        root: "OUTLOOK.EXE",
        as_system: false,
        steps: [
            (
                "EXCEL.EXE",
                r#""EXCEL.EXE" "C:\Users\{user}\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\{hex}\{word}-{num}.xlsx""#,
                0,
            ),
            ("WINWORD.EXE", r#""WINWORD.EXE" /n "C:\Users\{user}\Documents\{word} {num}.docx" /o """#, 1),
            ("msedge.exe", r#""msedge.exe" --single-argument https://{word}.example/view?id={guid}"#, 2),
            ("OneDrive.exe", r"OneDrive.exe /background /cid={hex}", 3),
        ],
    },
    Burst {
        root: "services.exe",
        as_system: true,
        steps: [
            ("KestrelAgent.exe", r#""KestrelAgent.exe" --collect inventory --ticket {guid}"#, 0),
            // Administration uses encoded commands too: an alert on those alone would drown.
            ("powershell.exe", "powershell.exe -NoLogo -NonInteractive -EncodedCommand {b64}", 0),
            ("conhost.exe", r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1", 1),
            ("WmiPrvSE.exe", "wmiprvse.exe -secured -Embedding", 3),
        ],
    },
    Burst {
        root: "svchost.exe",
        as_system: true,
        steps: [
            ("MpCmdRun.exe", "MpCmdRun.exe SignatureUpdate -ScheduleJob -RestrictPrivileges -{guid}", 0),
            ("conhost.exe", r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1", 0),
            ("cmd.exe", "cmd.exe /c ipconfig /all", 2),
            ("ipconfig.exe", "ipconfig /all", 2),
        ],
    },
    Burst {
        root: "explorer.exe",
        as_system: false,
        steps: [
            ("cmd.exe", r#""C:\Windows\system32\cmd.exe""#, 0),
            (
                "python.exe",
                r"python.exe C:\src\tools\{word}_report.py --out C:\Users\{user}\Documents\{word}-{num}.csv",
                0,
            ),
            (
                "7z.exe",
                r#""7z.exe" a -tzip C:\Users\{user}\Documents\{word}-{num}.zip C:\Users\{user}\Documents\{word}"#,
                0,
            ),
            ("reg.exe", r"reg query HKCU\Software\Kestrel\{word} /v Path", 0),
        ],
    },
];

/// Words for file names, hosts and subjects.
pub(super) const WORDS: [&str; 32] = [
    "report",
    "invoice",
    "budget",
    "roadmap",
    "orders",
    "shipping",
    "calibration",
    "contract",
    "minutes",
    "schedule",
    "forecast",
    "inventory",
    "payroll",
    "training",
    "supplier",
    "pricing",
    "design",
    "quality",
    "audit",
    "travel",
    "lens",
    "sensor",
    "gyro",
    "optics",
    "support",
    "release",
    "backlog",
    "handbook",
    "quarter",
    "review",
    "catalog",
    "archive",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_program() {
        for resident in RESIDENTS {
            position(resident.program);
            position(resident.parent);
        }
        for burst in BURSTS {
            assert!(RESIDENTS.iter().any(|it| it.program == burst.root), "{} is no resident", burst.root);
            for (at, (program, _, parent)) in burst.steps.iter().enumerate() {
                position(program);
                assert!(*parent <= at, "{program} starts before its parent");
            }
        }
        assert!(RESIDENTS[..USER_RESIDENTS].iter().all(|it| !it.as_system));
    }
}
