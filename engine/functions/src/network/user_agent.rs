//! What a browser says of itself.
//!
//! The service matches thousands of patterns; this knows the browsers, systems and devices that most events have, as rows
//! of tables in the order in which they have to be looked for (our choice), and calls everything else `Other`.

use vizsla_schema::KqlType;

use super::{STRING, TO_DYNAMIC};
use crate::args::{Args, Text};
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{self, write_string};

pub(super) const PARSE_USER_AGENT: ScalarDef = ScalarDef {
    name: "parse_user_agent",
    signatures: &[sig(&[STRING, Param::Any], TO_DYNAMIC)],
    summary: "Browser, operating system and device of a user agent, those that are asked for; knows the common ones.",
    source: "parse-user-agent-function",
    examples: &[ex(
        "parse_user_agent('Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1', 'browser')",
        r#"{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}"#,
    )],
    eval: Eval::Kernel(parse_user_agent),
    ..ScalarDef::BASE
};

fn parse_user_agent(args: &Args<'_>) -> KernelResult {
    let agent = args.text(0);
    let wanted = match args.ty(1) {
        KqlType::String | KqlType::Dynamic => args.text(1),
        _ => Text::Constant(None),
    };
    Ok(args.texts(|row, out| {
        let wanted = wanted.at(row).to_ascii_lowercase();
        let wants = |part: &str| match dynamic::elements(&wanted) {
            Some(mut parts) => parts.any(|json| dynamic::text_of(json) == part),
            None => dynamic::text_of(&wanted) == part || wanted == part,
        };
        write_agent(agent.at(row), wants, out);
        true
    }))
}

fn write_agent(agent: &str, wants: impl Fn(&str) -> bool, out: &mut String) {
    let mut bag = Bag { out, first: true };
    if wants("browser") {
        let found = find(agent, BROWSERS);
        bag.open("Browser");
        bag.versioned(&found, &["MajorVersion", "MinorVersion", "Patch"]);
    }
    if wants("os") {
        let found = find(agent, SYSTEMS);
        bag.open("OperatingSystem");
        bag.versioned(&found, &["MajorVersion", "MinorVersion", "Patch", "PatchMinor"]);
    }
    if wants("device") {
        let device = DEVICES.iter().find(|(mark, ..)| agent.contains(mark));
        let (_, family, brand, model) = device.copied().unwrap_or(("", "Other", "", ""));
        bag.open("Device");
        bag.texts(&[("Family", family), ("Brand", brand), ("Model", model)]);
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
}

/// A mark in the agent, the family it means; the version follows the mark.
type Family = (&'static str, &'static str);

/// More special ones first: every Edge also says Chrome, every Chrome Safari.
const BROWSERS: &[Family] = &[
    ("AdobeAIR/", "AdobeAIR"),
    ("EdgA/", "Edge Mobile"),
    ("EdgiOS/", "Edge Mobile"),
    ("Edg/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Teams/", "Teams"),
    ("Electron/", "Electron"),
    ("HeadlessChrome/", "HeadlessChrome"),
    ("FxiOS/", "Firefox iOS"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome Mobile iOS"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "IE"),
    ("Trident/7.0; rv:", "IE"),
    ("SymbianOS/", "Nokia OSS Browser"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python-requests/", "Python Requests"),
    ("Python-urllib/", "Python-urllib"),
    ("Go-http-client/", "Go-http-client"),
    ("okhttp/", "okhttp"),
    ("WindowsPowerShell/", "PowerShell"),
    ("PowerShell/", "PowerShell"),
];

const SYSTEMS: &[Family] = &[
    ("SymbianOS/", "Symbian OS"),
    ("Windows Phone ", "Windows Phone"),
    ("Windows NT ", "Windows"),
    ("Windows", "Windows"),
    ("CPU iPhone OS ", "iOS"),
    ("CPU OS ", "iOS"),
    ("Mac OS X ", "Mac OS X"),
    ("Android ", "Android"),
    ("CrOS ", "Chrome OS"),
    ("Ubuntu", "Ubuntu"),
    ("Linux", "Linux"),
];

/// A mark, then family, brand and model.
const DEVICES: &[(&str, &str, &str, &str)] = &[
    ("iPhone", "iPhone", "Apple", "iPhone"),
    ("iPad", "iPad", "Apple", "iPad"),
    ("Macintosh", "Mac", "Apple", "Mac"),
    ("NokiaN81", "Nokia N81", "Nokia", "N81-3"),
    ("SM-", "Samsung", "Samsung", ""),
    ("Pixel", "Pixel", "Google", "Pixel"),
];

struct Found<'a> {
    family: &'static str,
    versions: Vec<&'a str>,
}

fn find<'a>(agent: &'a str, families: &[Family]) -> Found<'a> {
    let known = families.iter().find_map(|(mark, family)| Some((*family, agent.find(mark)? + mark.len())));
    let Some((family, version)) = known else { return Found { family: "Other", versions: Vec::new() } };
    let version = &agent[version..];
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '_');
    let end = version.find(|letter| !is_part(letter)).unwrap_or(version.len());
    Found { family, versions: version[..end].split(['.', '_']).filter(|part| !part.is_empty()).collect() }
}

struct Bag<'a> {
    out: &'a mut String,
    first: bool,
}

impl Bag<'_> {
    fn open(&mut self, key: &str) {
        self.out.push(if std::mem::take(&mut self.first) { '{' } else { ',' });
        write_string(key, self.out);
        self.out.push(':');
    }

    fn versioned(&mut self, found: &Found<'_>, keys: &[&str]) {
        let versions = keys.iter().enumerate().map(|(at, key)| (*key, found.versions.get(at).copied().unwrap_or("")));
        let entries: Vec<(&str, &str)> = std::iter::once(("Family", found.family)).chain(versions).collect();
        self.texts(&entries);
    }

    fn texts(&mut self, entries: &[(&str, &str)]) {
        for (place, (key, value)) in entries.iter().enumerate() {
            self.out.push(if place == 0 { '{' } else { ',' });
            write_string(key, self.out);
            self.out.push(':');
            write_string(value, self.out);
        }
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, show};

    #[test]
    fn common_agents_are_known() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.1.2 Safari/537.36";
        let nokia = "Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaN81-3/10.0.032 Profile/MIDP-2.0) Safari/4";
        for (agent, wanted, expected) in [
            (
                chrome,
                constant("browser"),
                r#"{"Browser":{"Family":"Chrome","MajorVersion":"120","MinorVersion":"0","Patch":"1"}}"#,
            ),
            (chrome, dynamic(r#"["device"]"#), r#"{"Device":{"Family":"Other","Brand":"","Model":""}}"#),
            (
                nokia,
                dynamic(r#"["os","device"]"#),
                concat!(
                    r#"{"OperatingSystem":{"Family":"Symbian OS","MajorVersion":"9","MinorVersion":"2","Patch":"","PatchMinor":""},"#,
                    r#""Device":{"Family":"Nokia N81","Brand":"Nokia","Model":"N81-3"}}"#
                ),
            ),
            ("", constant("nothing"), "{}"),
        ] {
            assert_eq!(show(&PARSE_USER_AGENT, &[constant(agent), wanted]), expected);
        }
    }
}
