//! Hunts over the generated events, for `vizsla demo`: each finds a part of the intrusion.

/// A query worth showing.
#[derive(Clone, Copy, Debug)]
pub struct DemoQuery {
    /// What it looks for, as a title.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// The query.
    pub text: &'static str,
}

/// Three hunts, in the order in which an analyst would run them.
pub const QUERIES: &[DemoQuery] = &[
    DemoQuery {
        title: "Office starts an encoded PowerShell",
        about: "Administration here runs encoded commands all day; only one was started by a document.",
        text: r#"DeviceProcessEvents
| where FileName =~ "powershell.exe" and ProcessCommandLine has_any ("enc", "EncodedCommand")
| where InitiatingProcessFileName in~ ("winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe")
| project Timestamp, DeviceName, AccountName, InitiatingProcessCommandLine, ProcessCommandLine
| sort by Timestamp asc"#,
    },
    DemoQuery {
        title: "A domain that one device keeps calling",
        about: "Domains with one device and many connections, joined with the process that makes them and its parent.",
        text: r#"let rare = DeviceNetworkEvents
    | where ActionType == "ConnectionSuccess" and RemoteIPType == "Public" and isnotempty(RemoteUrl)
    | summarize Devices = dcount(DeviceId), Connections = count(), arg_max(Timestamp, DeviceId, DeviceName, InitiatingProcessId, InitiatingProcessCreationTime) by RemoteUrl
    | where Devices == 1 and Connections > 30;
rare
| join kind=inner (
    DeviceProcessEvents
    | project DeviceId, ProcessId, ProcessCreationTime, FileName, SHA1, Parent = InitiatingProcessFileName
  ) on DeviceId, $left.InitiatingProcessId == $right.ProcessId, $left.InitiatingProcessCreationTime == $right.ProcessCreationTime
| project RemoteUrl, Connections, DeviceName, FileName, SHA1, Parent, LastSeen = Timestamp
| sort by Connections desc"#,
    },
    DemoQuery {
        title: "What the intruder did, hour by hour",
        about: "Everything the payload caused, on any device and in any table, as a timeline.",
        text: r#"let payload = "svcupd.exe";
union
    (DeviceProcessEvents | where FileName == payload or InitiatingProcessFileName == payload | extend What = ProcessCommandLine),
    (DeviceNetworkEvents | where InitiatingProcessFileName == payload | extend What = strcat(RemoteUrl, ":", RemotePort)),
    (DeviceFileEvents | where FileName == payload or InitiatingProcessFileName == payload | extend What = FolderPath),
    (DeviceRegistryEvents | where InitiatingProcessFileName == payload | extend What = strcat(RegistryKey, "\\", RegistryValueName)),
    (DeviceEvents | where InitiatingProcessFileName == payload | extend What = strcat(ActionType, " ", FileName))
| summarize Events = count(), Actions = make_set(ActionType), Details = make_set(What, 5) by bin(Timestamp, 1h), DeviceName
| sort by Timestamp asc"#,
    },
];
