//! What accounts do in cloud applications.

use super::company::{DOMAIN, User};
use super::programs::WORDS;
use super::rows::Rows;
use super::world::{Slot, World};

/// Application, its number in Defender for Cloud Apps, the action and the kind of activity.
type Activity = (&'static str, i64, &'static str, &'static str);

const ACTIVITIES: [Activity; 8] = [
    ("Microsoft Exchange Online", 20_893, "MailItemsAccessed", "Basic"),
    ("Microsoft OneDrive for Business", 15_600, "FileModified", "Edit"),
    ("Microsoft SharePoint Online", 20_892, "FileAccessed", "View"),
    ("Microsoft Teams", 28_375, "MessageSent", "Run"),
    ("Microsoft SharePoint Online", 20_892, "FileDownloaded", "Download"),
    ("Microsoft OneDrive for Business", 15_600, "FileUploaded", "Upload"),
    ("Office 365", 11_161, "UserLoggedIn", "Logon"),
    ("Microsoft Exchange Online", 20_893, "New-InboxRule", "Create"),
];

pub(super) fn write(world: &World, slot: Slot, _: i64, row: &mut Rows) {
    let mut random = world.random("activity", slot);
    let user = world.anyone(&mut random);
    let object = format!("{}-{}.docx", random.pick_skewed(&WORDS), random.below(5_000));
    write_activity(*random.pick_skewed(&ACTIVITIES), user, "192.0.2.14", "SE", &object, row);
}

/// An activity of a user's account, from some address.
pub(super) fn write_activity(
    (application, number, action, kind): Activity,
    user: &User,
    ip: &str,
    country: &str,
    object: &str,
    row: &mut Rows,
) {
    row.put("ActionType", action);
    row.put("Application", application);
    row.put("ApplicationId", number);
    row.put("AppInstanceId", 0);
    row.put("AccountObjectId", &user.object_id);
    row.put("AccountId", &user.upn);
    row.put("AccountDisplayName", &user.display_name);
    row.put("AccountType", "Regular");
    row.put("IsAdminOperation", false);
    row.put("IsExternalUser", false);
    row.put("IsImpersonated", false);
    row.put("IsAnonymousProxy", false);
    row.put("DeviceType", "Desktop");
    row.put("OSPlatform", "Windows 10");
    row.put("IPAddress", ip);
    row.put("CountryCode", country);
    row.put("UserAgent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36");
    row.put("ActivityType", kind);
    row.put("ActivityObjects", &format!(r#"[{{"Type":"File","Role":"Target object","Name":"{object}"}},{{"Type":"User","Role":"Actor","Name":"{}"}}]"#, user.display_name));
    row.put("ObjectName", object);
    row.put("ObjectType", "File");
    row.put("RawEventData", &format!(r#"{{"Operation":"{action}","UserId":"{}","ClientIP":"{ip}","Workload":"{application}","ObjectId":"https://kestrel.sharepoint.com/{object}","OrganizationName":"{DOMAIN}"}}"#, user.upn));
    row.put("AdditionalFields", "{}");
}
