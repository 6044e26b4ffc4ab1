//! Snapshots of what there is: devices, their adapters, users, and signatures of files.

use super::company::{DOMAIN, NETBIOS};
use super::process::Process;
use super::rows::{Rows, Value};
use super::world::{Slot, World};

pub(super) fn write_device(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let at = turn(slot, world.company.devices.len());
    let device = &world.company.devices[at];
    let mut random = world.random("device state", slot);
    row.put("DeviceId", &device.id);
    row.put("DeviceName", &device.name);
    row.put("ClientVersion", "10.8800.26100.1");
    row.put("PublicIP", "192.0.2.14");
    row.put("OSArchitecture", "64-bit");
    row.put("OSPlatform", &device.os_platform);
    row.put("OSBuild", device.os_build);
    row.put("OSVersion", "10.0");
    row.put("OSDistribution", &device.os_platform);
    row.put("IsAzureADJoined", true);
    row.put("JoinType", "Hybrid Azure AD Join");
    row.put("AadDeviceId", &device.aad_id);
    row.put("MachineGroup", &device.group);
    row.put("OnboardingStatus", "Onboarded");
    row.put("SensorHealthState", "Active");
    row.put("DeviceCategory", "Endpoint");
    row.put("IsExcluded", false);
    row.put("IsInternetFacing", device.group == "Internet-facing");
    row.put("ExposureLevel", *random.pick_skewed(&["Low", "Medium", "High"]));
    row.put("AssetValue", if device.group == "Domain controllers" { "High" } else { "Normal" });
    row.put("DeviceDynamicTags", "[]");
    row.put("MergedDeviceIds", "");
    if world.company.is_workstation(at) {
        let user = &world.company.users[at];
        row.put("DeviceType", "Workstation");
        row.put(
            "LoggedOnUsers",
            &format!(r#"[{{"UserName":"{}","DomainName":"{NETBIOS}","Sid":"{}"}}]"#, user.account, user.sid),
        );
    } else {
        row.put("DeviceType", "Server");
        row.put("LoggedOnUsers", "[]");
    }
}

pub(super) fn write_adapter(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let device = &world.company.devices[turn(slot, world.company.devices.len())];
    row.put("DeviceId", &device.id);
    row.put("DeviceName", &device.name);
    row.put("NetworkAdapterName", "Ethernet");
    row.put("MacAddress", &device.mac);
    row.put("NetworkAdapterType", "Ethernet");
    row.put("NetworkAdapterStatus", "Up");
    row.put(
        "ConnectedNetworks",
        &format!(r#"[{{"Name":"{DOMAIN}","Category":"DomainAuthenticated","IsConnectedToInternet":true}}]"#),
    );
    row.put("DnsAddresses", r#"["10.20.100.10","10.20.100.11"]"#);
    row.put("IPv4Dhcp", "10.20.100.10");
    row.put("DefaultGateways", r#"["10.20.0.1"]"#);
    row.put("IPAddresses", &format!(r#"[{{"IPAddress":"{}","SubnetPrefix":16,"AddressType":"Private"}}]"#, device.ip));
    row.put("OnboardingStatus", "Onboarded");
}

pub(super) fn write_user(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let at = turn(slot, world.company.users.len());
    let user = &world.company.users[at];
    row.put("AccountObjectId", &user.object_id);
    row.put("AccountUpn", &user.upn);
    row.put("AccountName", &user.account);
    row.put("AccountDomain", DOMAIN);
    row.put("AccountDisplayName", &user.display_name);
    row.put("OnPremSid", &user.sid);
    row.put("GivenName", &user.given_name);
    row.put("Surname", &user.surname);
    row.put("Department", &user.department);
    row.put("JobTitle", &user.title);
    row.put("EmailAddress", &user.upn);
    row.put("City", "Uppsala");
    row.put("Country", "Sweden");
    row.put("IsAccountEnabled", true);
    row.put("Manager", &world.company.users[at % 6].display_name);
    row.put("CreatedDateTime", Value::Time(world.calendar.midnight(0) - (400 + at as i64 * 9) * 86_400_000_000));
    row.put("Type", "User");
    row.put("TenantId", &world.company.tenant_id);
    row.put("SourceProviders", r#"["ActiveDirectory","AzureActiveDirectory"]"#);
    row.put("AssignedRoles", if user.department == "IT" { r#"["Helpdesk Administrator"]"# } else { "[]" });
    row.put("GroupMembership", &format!(r#"["Domain Users","{}"]"#, user.department));
    row.put("Tags", "[]");
}

pub(super) fn write_certificate(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let process = Process::at_work(world, slot.day, at, &mut world.random("signature", slot));
    write_signature(world, &process, row);
}

/// The signature of the image that a process runs.
pub(super) fn write_signature(world: &World, process: &Process, row: &mut Rows) {
    let image = process.image(world);
    let signer = image.signer.as_str();
    process.write_device(world, row);
    row.put("SHA1", &image.hashes.sha1);
    row.put("IsSigned", !signer.is_empty());
    row.put("IsTrusted", !signer.is_empty());
    if !signer.is_empty() {
        let microsoft = signer.starts_with("Microsoft");
        row.put("SignatureType", "Embedded");
        row.put("Signer", signer);
        row.put("Issuer", if microsoft { "Microsoft Code Signing PCA 2011" } else { "Example Code Signing CA" });
        row.put("IsRootSignerMicrosoft", microsoft);
    }
}

/// Everything reports in turn, and in the same turn every day.
fn turn(slot: Slot, of: usize) -> usize {
    (slot.index % of as u64) as usize
}
