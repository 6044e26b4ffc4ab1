//! Addresses looked for in texts: `has_ipv4` and its kin (fact 89).

use memchr::memmem;
use vizsla_schema::KqlType;

use super::address::Address;
use super::{STRING, TO_BOOL};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, Signature, ex, sig};
use crate::dynamic;

const ONE: &[Signature] = &[sig(&[STRING, STRING], TO_BOOL)];
/// Addresses as an array, or one by one.
const SEVERAL: &[Signature] =
    &[sig(&[STRING, Param::Is(KqlType::Dynamic)], TO_BOOL), sig(&[STRING, STRING], TO_BOOL).rest(STRING)];

pub(super) const HAS_IPV4: ScalarDef = ScalarDef {
    name: "has_ipv4",
    signatures: ONE,
    summary: "Whether a text holds a valid address, with no letter or digit before and after it.",
    source: "has-ipv4-function",
    examples: &[
        ex("has_ipv4('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.0.1')", "True"),
        ex("has_ipv4('05:04:54127.0.0.1 GET /favicon.ico 404', '127.0.0.1')", "False"),
    ],
    eval: Eval::Kernel(|args| has_any(args, holds_address)),
    ..ScalarDef::BASE
};

pub(super) const HAS_ANY_IPV4: ScalarDef = ScalarDef {
    name: "has_any_ipv4",
    signatures: SEVERAL,
    summary: "Whether a text holds at least one of several valid addresses.",
    source: "has-any-ipv4-function",
    examples: &[ex("has_any_ipv4('GET 127.0.0.1', dynamic(['127.0.0.1', '127.0.0.2']))", "True")],
    eval: Eval::Kernel(|args| has_any(args, holds_address)),
    ..ScalarDef::BASE
};

pub(super) const HAS_IPV4_PREFIX: ScalarDef = ScalarDef {
    name: "has_ipv4_prefix",
    signatures: ONE,
    summary: "Whether a text holds a valid address that starts as given: `127.0.`, with its full stop, or all of it.",
    source: "has-ipv4-prefix-function",
    examples: &[
        ex("has_ipv4_prefix('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.')", "True"),
        ex("has_ipv4_prefix('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0')", "False"),
    ],
    eval: Eval::Kernel(|args| has_any(args, holds_prefix)),
    ..ScalarDef::BASE
};

pub(super) const HAS_ANY_IPV4_PREFIX: ScalarDef = ScalarDef {
    name: "has_any_ipv4_prefix",
    signatures: SEVERAL,
    summary: "Whether a text holds a valid address that starts as one of several.",
    source: "has-any-ipv4-prefix-function",
    examples: &[ex("has_any_ipv4_prefix('GET 127.0.0.1', '127.0.', '192.168.')", "True")],
    eval: Eval::Kernel(|args| has_any(args, holds_prefix)),
    ..ScalarDef::BASE
};

fn has_any(args: &Args<'_>, holds: fn(&str, &str) -> bool) -> KernelResult {
    let text = args.text(0);
    let constant = (1..args.len()).all(|index| args.is_constant(index)).then(|| wanted(args, 0));
    Ok(args.bools(|row| {
        let any = |wanted: &[String]| wanted.iter().any(|address| holds(text.at(row), address));
        Some(match &constant {
            Some(wanted) => any(wanted),
            None => any(&wanted(args, row)),
        })
    }))
}

fn wanted(args: &Args<'_>, row: usize) -> Vec<String> {
    let each = |index: usize| match args.ty(index) {
        KqlType::Dynamic => {
            let elements = dynamic::elements(args.text(index).at(row)).into_iter().flatten();
            elements.map(|json| dynamic::text_of(json).into_owned()).collect()
        }
        _ => vec![args.text(index).at(row).to_owned()],
    };
    (1..args.len()).flat_map(each).collect()
}

fn holds_address(text: &str, address: &str) -> bool {
    places(text, address).any(|at| address_at(text, at) == Some(address))
}

fn holds_prefix(text: &str, prefix: &str) -> bool {
    let whole = prefix.ends_with('.') || Address::v4(prefix).is_some();
    whole && places(text, prefix).any(|at| address_at(text, at).is_some())
}

/// Where a text stands with no letter or digit before it.
fn places<'t>(text: &'t str, wanted: &'t str) -> impl Iterator<Item = usize> + 't {
    let letter_before = |at: usize| text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let wanted = if wanted.is_empty() { None } else { Some(wanted) };
    wanted
        .into_iter()
        .flat_map(|wanted| memmem::find_iter(text.as_bytes(), wanted))
        .filter(move |at| !letter_before(*at))
}

/// The valid address that stands there: four numbers, and no letter or digit after them.
fn address_at(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at..];
    let mut stops = 0;
    let ends = |letter: char| {
        stops += usize::from(letter == '.');
        stops > 3 || !(letter == '.' || letter.is_ascii_digit())
    };
    let end = rest.find(ends).unwrap_or(rest.len());
    let delimited = !rest[end..].starts_with(char::is_alphanumeric);
    (delimited && Address::v4(&rest[..end]).is_some()).then_some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_whole_and_valid() {
        for (text, address, expected) in [
            ("05:04:54 127.0.0.1 GET /favicon.ico 404", "127.0.0.1", true),
            ("05:04:54 127.0.0.256 GET /favicon.ico 404", "127.0.0.256", false),
            ("05:04:54127.0.0.1 GET", "127.0.0.1", false),
            ("127.0.0.10", "127.0.0.1", false),
            ("ip=127.0.0.1.", "127.0.0.1", true),
            ("127.0.0.1x", "127.0.0.1", false),
            ("127.0.0.11, 127.0.0.1", "127.0.0.1", true),
            ("", "", false),
        ] {
            assert_eq!(holds_address(text, address), expected, "{address} in {text}");
        }
    }

    #[test]
    fn prefixes_are_of_whole_addresses() {
        for (text, prefix, expected) in [
            ("05:04:54 127.0.0.1 GET", "127.0.", true),
            ("05:04:54 127.0.0.1 GET", "127.0", false),
            ("05:04:54 127.0.0.256 GET", "127.0.", false),
            ("05:04:54127.0.0.1 GET", "127.0.", false),
            ("x 127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!(holds_prefix(text, prefix), expected, "{prefix} in {text}");
        }
    }
}
