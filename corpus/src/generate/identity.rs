//! What domain controllers see: authentications, directory queries and changes.

use super::company::{DOMAIN, User};
use super::random::Random;
use super::rows::Rows;
use super::world::{Slot, World};

/// Who asked a domain controller, and from where.
pub(super) struct Request<'w> {
    pub(super) user: &'w User,
    /// Position of the device that asked.
    pub(super) from: usize,
    pub(super) action: &'static str,
    pub(super) protocol: &'static str,
    pub(super) port: i64,
}

impl Request<'_> {
    pub(super) fn write(&self, world: &World, row: &mut Rows) {
        let (source, controller) = (&world.company.devices[self.from], &world.company.servers()[0]);
        row.put("ActionType", self.action);
        row.put("Application", "Active Directory");
        row.put("Protocol", self.protocol);
        row.put("AccountName", &self.user.account);
        row.put("AccountDomain", DOMAIN);
        row.put("AccountUpn", &self.user.upn);
        row.put("AccountSid", &self.user.sid);
        row.put("AccountObjectId", &self.user.object_id);
        row.put("AccountDisplayName", &self.user.display_name);
        row.put("DeviceName", &source.name);
        row.put("IPAddress", &source.ip);
        row.put("DestinationDeviceName", &controller.name);
        row.put("DestinationIPAddress", &controller.ip);
        row.put("DestinationPort", self.port);
    }
}

pub(super) fn write_logon(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("authentication", slot);
    let failed = random.percent(5);
    let action = if failed { "LogonFailed" } else { "LogonSuccess" };
    let protocol = *random.pick_skewed(&["Kerberos", "Ntlm"]);
    let request = anyone_asks(world, &mut random, action, protocol, 88);
    request.write(world, row);
    row.put("LogonType", *random.pick_skewed(&["Resource access", "Credentials validation", "Interactive"]));
    row.put("OSPlatform", &world.company.devices[request.from].os_platform);
    row.put("FailureReason", if failed { "WrongPassword" } else { "" });
    row.put("TargetDeviceName", &random.pick_skewed(world.company.servers()).name);
    row.put("AdditionalFields", "{}");
}

pub(super) fn write_query(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("directory query", slot);
    let (action, protocol, port, kind, query) = *random.pick_skewed(&[
        ("LDAP query", "Ldap", 389, "", "(&(objectClass=user)(sAMAccountName=*))"),
        ("DNS query", "Dns", 53, "A", ""),
        ("SAMR query", "Samr", 445, "QueryUser", ""),
    ]);
    anyone_asks(world, &mut random, action, protocol, port).write(world, row);
    row.put("QueryType", kind);
    row.put("Query", query);
    row.put("QueryTarget", &random.pick_skewed(&world.company.users).account);
    row.put("AdditionalFields", "{}");
}

pub(super) fn write_change(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("directory change", slot);
    let action = *random.pick_skewed(&[
        "Account Password changed",
        "Group Membership changed",
        "User Title changed",
        "Account disabled",
        "Task scheduling",
    ]);
    let request = anyone_asks(world, &mut random, action, "Ldap", 389);
    request.write(world, row);
    let target = world.anyone(&mut random);
    row.put("TargetAccountUpn", &target.upn);
    row.put("TargetAccountDisplayName", &target.display_name);
    row.put("AdditionalFields", "{}");
}

fn anyone_asks<'w>(
    world: &'w World,
    random: &mut Random,
    action: &'static str,
    protocol: &'static str,
    port: i64,
) -> Request<'w> {
    let from = world.workstation(random);
    Request { user: &world.company.users[from], from, action, protocol, port }
}
