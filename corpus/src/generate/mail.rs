//! Messages, what is in them, what is done with them, and who clicks.

use super::endpoint::rare_host;
use super::process::Hashes;
use super::programs::WORDS;
use super::rows::Rows;
use super::world::{Slot, World, fill};

const MAIL: &str = "EmailEvents";
const URLS: &str = "EmailUrlInfo";
const ATTACHMENTS: &str = "EmailAttachmentInfo";

/// A message to one person.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) sender: String,
    pub(super) sender_name: String,
    pub(super) sender_ip: String,
    /// Position among the company's users.
    pub(super) recipient: usize,
    pub(super) subject: String,
    pub(super) threat: &'static str,
    pub(super) urls: u64,
    pub(super) attachments: u64,
}

impl Message {
    /// The message of a row of `EmailEvents`.
    fn of_row(world: &World, slot: Slot) -> Message {
        let mut random = world.random("message", slot);
        let recipient = random.leaning(world.company.users.len() as u64) as usize;
        let id = random.guid();
        let subject = format!("{} {} {}", random.pick(&WORDS), random.pick_skewed(&WORDS), random.below(10_000));
        let judged = *random.pick_skewed(&["Spam", "Phish"]);
        let mut message = Message {
            id,
            sender: String::new(),
            sender_name: String::new(),
            sender_ip: String::new(),
            recipient,
            subject,
            threat: if random.percent(2) { judged } else { "" },
            urls: dealt(slot, world.count(URLS, slot.day)),
            attachments: dealt(slot, world.count(ATTACHMENTS, slot.day)),
        };
        if message.threat.is_empty() && random.percent(55) {
            let colleague = world.anyone(&mut random);
            message.sender.clone_from(&colleague.upn);
            message.sender_name.clone_from(&colleague.display_name);
        } else {
            message.sender = format!("{}@{}", random.pick(&WORDS), rare_host(&mut random).trim_start_matches("www."));
            message.sender_name = format!("{} team", random.pick(&WORDS));
            message.sender_ip = format!("198.18.{}.{}", random.below(64), random.below(256));
        }
        message
    }

    pub(super) fn write(&self, world: &World, row: &mut Rows) {
        let domain = self.sender.split_once('@').map_or("", |(_, domain)| domain);
        self.write_ids(row);
        self.write_people(world, row);
        row.put("SenderMailFromAddress", &self.sender);
        row.put("SenderFromDomain", domain);
        row.put("SenderMailFromDomain", domain);
        row.put("SenderIPv4", &self.sender_ip);
        row.put("InternetMessageId", &format!("<{}@{domain}>", self.id));
        row.put("Subject", &self.subject);
        row.put("EmailDirection", if self.sender_ip.is_empty() { "Intra-org" } else { "Inbound" });
        row.put("DeliveryAction", if self.threat.is_empty() { "Delivered" } else { "Junked" });
        row.put("DeliveryLocation", if self.threat.is_empty() { "Inbox/folder" } else { "Junk folder" });
        row.put("LatestDeliveryLocation", if self.threat.is_empty() { "Inbox/folder" } else { "Junk folder" });
        row.put("ThreatTypes", self.threat);
        row.put("EmailLanguage", "en");
        row.put("UrlCount", self.urls as i64);
        row.put("AttachmentCount", self.attachments as i64);
        row.put("AuthenticationDetails", r#"{"SPF":"pass","DKIM":"pass","DMARC":"pass","CompAuth":"pass"}"#);
    }

    pub(super) fn write_ids(&self, row: &mut Rows) {
        row.put("NetworkMessageId", &self.id);
    }

    fn write_people(&self, world: &World, row: &mut Rows) {
        let recipient = &world.company.users[self.recipient];
        row.put("SenderFromAddress", &self.sender);
        row.put("SenderDisplayName", &self.sender_name);
        row.put("RecipientEmailAddress", &recipient.upn);
        row.put("RecipientObjectId", &recipient.object_id);
    }

    pub(super) fn write_url(&self, url: &str, row: &mut Rows) {
        self.write_ids(row);
        row.put("Url", url);
        row.put("UrlDomain", host(url));
        row.put("UrlLocation", "Body");
    }

    pub(super) fn write_attachment(&self, world: &World, name: &str, size: i64, row: &mut Rows) {
        self.write_ids(row);
        self.write_people(world, row);
        row.put("FileName", name);
        row.put("FileType", name.rsplit_once('.').map_or("", |(_, extension)| extension));
        row.put("SHA256", &Hashes::of(world.seed, name).sha256);
        row.put("FileSize", size);
    }

    pub(super) fn write_click(&self, world: &World, url: &str, ip: &str, row: &mut Rows) {
        self.write_ids(row);
        row.put("Url", url);
        row.put("ActionType", "ClickAllowed");
        row.put("AccountUpn", &world.company.users[self.recipient].upn);
        row.put("Workload", "Email");
        row.put("IPAddress", ip);
        row.put("IsClickedThrough", true);
        row.put("UrlChain", &format!(r#"["{url}"]"#));
        row.put("TenantId", &world.company.tenant_id);
        row.put("Type", "UrlClickEvents");
    }
}

pub(super) fn write(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    Message::of_row(world, slot).write(world, row);
}

/// What is in a message is reported when the message is.
pub(super) fn part_moment(world: &World, _: &str, part: Slot) -> i64 {
    // With no mail at all the parts stand alone.
    let message = message_of(world, part);
    world.moment(MAIL, if message.count == 0 { part } else { message })
}

pub(super) fn write_url(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    Message::of_row(world, message_of(world, slot)).write_url(&url(world, slot), row);
}

pub(super) fn write_attachment(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("attachment", slot);
    let template =
        *random.pick_skewed(&["{word}-{num}.pdf", "{word} {num}.docx", "{word}-{num}.xlsx", "image{num}.png"]);
    let name = fill(template, "", &mut random);
    let size = 1 << (12 + random.below(10));
    Message::of_row(world, message_of(world, slot)).write_attachment(world, &name, size, row);
}

pub(super) fn write_click(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("click", slot);
    match world.recent(URLS, slot.day, at, &mut random) {
        Some(clicked) => {
            let message = Message::of_row(world, message_of(world, clicked));
            message.write_click(world, &url(world, clicked), "192.0.2.14", row);
        }
        // Nothing in today's mail yet: a link in a document.
        None => {
            let user = world.anyone(&mut random);
            row.put("Url", &format!("https://{}/", rare_host(&mut random)));
            row.put("ActionType", "ClickAllowed");
            row.put("AccountUpn", &user.upn);
            row.put("Workload", "Office");
            row.put("IsClickedThrough", false);
        }
    }
}

pub(super) fn write_post_delivery(world: &World, slot: Slot, at: i64, row: &mut Rows) {
    let mut random = world.random("removal", slot);
    let Some(judged) = world.recent(MAIL, slot.day, at, &mut random) else { return };
    let message = Message::of_row(world, judged);
    let action = *random.pick_skewed(&["Spam ZAP", "Phish ZAP"]);
    write_removal(world, &message, action, row);
}

/// The service takes a delivered message back.
pub(super) fn write_removal(world: &World, message: &Message, action: &'static str, row: &mut Rows) {
    message.write_ids(row);
    row.put("Action", "Moved to quarantine");
    row.put("ActionType", action);
    row.put("ActionTrigger", "SpecialAction");
    row.put("ActionResult", "Success");
    row.put("RecipientEmailAddress", &world.company.users[message.recipient].upn);
    row.put("DeliveryLocation", "Quarantine");
}

/// The host part of a URL.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

fn url(world: &World, slot: Slot) -> String {
    let mut random = world.random("url", slot);
    format!("https://{}/{}/{}", rare_host(&mut random), random.pick_skewed(&WORDS), random.hex(8))
}

/// Which message a URL or attachment belongs to: they are dealt out to the day's messages evenly.
fn message_of(world: &World, part: Slot) -> Slot {
    let count = world.count(MAIL, part.day);
    Slot { day: part.day, index: part.index * count / part.count, count }
}

/// How many of a day's `parts` belong to a message: what [`message_of`] deals to it.
fn dealt(message: Slot, parts: u64) -> u64 {
    let first = |index: u64| (index * parts).div_ceil(message.count.max(1));
    first(message.index + 1) - first(message.index)
}
