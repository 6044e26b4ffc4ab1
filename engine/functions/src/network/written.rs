//! Addresses as numbers and texts: `parse_ipv4`, `format_ipv4`, `parse_ipv6`, and networks that cover a range.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::Address;
use super::{LONG, STRING, TO_DYNAMIC, TO_LONG, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, Signature, ex, sig};
use crate::regex::extract::write_texts;
use vizsla_schema::KqlType;

pub(super) const PARSE_IPV4: ScalarDef = ScalarDef {
    name: "parse_ipv4",
    signatures: &[sig(&[STRING], TO_LONG)],
    summary: "An IPv4 address as a number, with the bits beyond its prefix zero; null if it is none.",
    source: "parse-ipv4-function",
    examples: &[ex("parse_ipv4('192.168.1.1')", "3232235777"), ex("parse_ipv4('192.168.1.1/24')", "3232235776")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.longs(|row| Some(Address::v4(text.at(row))?.first() as i64)))
    }),
    ..ScalarDef::BASE
};

pub(super) const PARSE_IPV4_MASK: ScalarDef = ScalarDef {
    name: "parse_ipv4_mask",
    signatures: &[sig(&[STRING, LONG], TO_LONG)],
    summary: "An IPv4 address as a number, with the bits beyond a prefix zero.",
    source: "parse-ipv4-mask-function",
    examples: &[ex("parse_ipv4_mask('127.0.0.1', 24)", "2130706432")],
    eval: Eval::Kernel(|args| {
        let (text, prefix) = (args.text(0), args.long(1));
        Ok(args.longs(|row| Some(Address::v4(text.at(row))?.narrowed(prefix.get(row)?)?.first() as i64)))
    }),
    ..ScalarDef::BASE
};

pub(super) const IPV4_NETMASK_SUFFIX: ScalarDef = ScalarDef {
    name: "ipv4_netmask_suffix",
    signatures: &[sig(&[STRING], TO_LONG)],
    summary: "The length of an address's prefix, 32 without one.",
    source: "ipv4-netmask-suffix-function",
    examples: &[ex("ipv4_netmask_suffix('192.168.1.1/24')", "24"), ex("ipv4_netmask_suffix('10.1.2.3')", "32")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.longs(|row| Some(i64::from(Address::v4(text.at(row))?.prefix()))))
    }),
    ..ScalarDef::BASE
};

const FORMATS: &[Signature] = &[sig(&[Param::Any, LONG], TO_STRING).optional(1)];

pub(super) const FORMAT_IPV4: ScalarDef = ScalarDef {
    name: "format_ipv4",
    signatures: FORMATS,
    summary: "The network address of an IPv4 address, given as text or number, for a prefix; empty if it is none.",
    source: "format-ipv4-function",
    examples: &[
        ex("format_ipv4('192.168.1.255', 24)", "192.168.1.0"),
        ex("format_ipv4(3232236031, 24)", "192.168.1.0"),
    ],
    eval: Eval::Kernel(|args| format_ipv4(args, false)),
    ..ScalarDef::BASE
};

pub(super) const FORMAT_IPV4_MASK: ScalarDef = ScalarDef {
    name: "format_ipv4_mask",
    summary: "As `format_ipv4`, with the prefix.",
    source: "format-ipv4-mask-function",
    examples: &[ex("format_ipv4_mask('192.168.1.255', 24)", "192.168.1.0/24")],
    eval: Eval::Kernel(|args| format_ipv4(args, true)),
    ..FORMAT_IPV4
};

fn format_ipv4(args: &Args<'_>, with_prefix: bool) -> KernelResult {
    Ok(args.texts(|row, out| {
        let Some(address) = given_address(args, row) else { return false };
        out.push_str(&Ipv4Addr::from_bits(address.first() as u32).to_string());
        if with_prefix {
            out.push_str(&format!("/{}", address.prefix()));
        }
        true
    }))
}

fn given_address(args: &Args<'_>, row: usize) -> Option<Address> {
    let address = match args.ty(0) {
        KqlType::Int | KqlType::Long => Address::of_number(args.long(0).get(row)?)?,
        KqlType::String => Address::v4(args.text(0).at(row))?,
        _ => return None,
    };
    if args.len() > 1 { address.narrowed(args.long(1).get(row)?) } else { Some(address) }
}

pub(super) const PARSE_IPV6: ScalarDef = ScalarDef {
    name: "parse_ipv6",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "An IPv6 or IPv4 address as eight groups of four hexadecimal digits; empty if it is none.",
    source: "parse-ipv6-function",
    examples: &[
        ex("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001"),
        ex("parse_ipv6('fe80::85d:e82c:9446:7994')", "fe80:0000:0000:0000:085d:e82c:9446:7994"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| write_ipv6(Address::v6(text.at(row)), out)))
    }),
    ..ScalarDef::BASE
};

pub(super) const PARSE_IPV6_MASK: ScalarDef = ScalarDef {
    name: "parse_ipv6_mask",
    signatures: &[sig(&[STRING, LONG], TO_STRING)],
    summary: "As `parse_ipv6`, with the bits beyond a prefix zero.",
    source: "parse-ipv6-mask-function",
    examples: &[ex("parse_ipv6_mask('127.0.0.1', 128)", "0000:0000:0000:0000:0000:ffff:7f00:0001")],
    eval: Eval::Kernel(|args| {
        let (text, prefix) = (args.text(0), args.long(1));
        let address = |row| Address::v6(text.at(row))?.narrowed(prefix.get(row)?);
        Ok(args.texts(|row, out| write_ipv6(address(row), out)))
    }),
    ..ScalarDef::BASE
};

fn write_ipv6(address: Option<Address>, out: &mut String) -> bool {
    let Some(address) = address else { return false };
    let groups = Ipv6Addr::from_bits(address.first()).segments().map(|group| format!("{group:04x}"));
    out.push_str(&groups.join(":"));
    true
}

pub(super) const IPV4_RANGE_TO_CIDR_LIST: ScalarDef = ScalarDef {
    name: "ipv4_range_to_cidr_list",
    signatures: &[sig(&[STRING, STRING], TO_DYNAMIC)],
    summary: "The fewest networks that cover a range of addresses, both ends included.",
    source: "ipv4-range-to-cidr-list-function",
    examples: &[ex(
        "ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')",
        r#"["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]"#,
    )],
    eval: Eval::Kernel(|args| {
        let (start, end) = (args.text(0), args.text(1));
        let networks =
            |row| networks(Address::v4(start.at(row))?.first() as u32, Address::v4(end.at(row))?.first() as u32);
        Ok(args.texts(|row, out| match networks(row) {
            Some(networks) => {
                write_texts(networks.iter().map(String::as_str), out);
                true
            }
            None => false,
        }))
    }),
    ..ScalarDef::BASE
};

/// `None` if the range ends before it starts.
fn networks(start: u32, end: u32) -> Option<Vec<String>> {
    if start > end {
        return None;
    }
    let (mut from, end) = (u64::from(start), u64::from(end));
    let mut out = Vec::new();
    while from <= end {
        // The largest block that starts here and does not go beyond the end.
        let aligned = from.trailing_zeros().min(32);
        let fitting = (end - from + 1).ilog2();
        let bits = aligned.min(fitting);
        out.push(format!("{}/{}", Ipv4Addr::from_bits(from as u32), 32 - bits));
        from += 1 << bits;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, long, show};

    #[test]
    fn addresses_are_formatted_for_a_prefix() {
        for (address, prefix, network, masked) in [
            ("192.168.1.1", 24, "192.168.1.0", "192.168.1.0/24"),
            ("192.168.1.1", 32, "192.168.1.1", "192.168.1.1/32"),
            ("192.168.1.1/24", 32, "192.168.1.0", "192.168.1.0/24"),
            ("192.168.1.1/24", -1, "", ""),
            ("x", 24, "", ""),
        ] {
            let args = [constant(address), long(prefix)];
            assert_eq!((show(&FORMAT_IPV4, &args), show(&FORMAT_IPV4_MASK, &args)), (network.into(), masked.into()));
        }
        assert_eq!(show(&FORMAT_IPV4, &[long(3_232_236_031)]), "192.168.1.255");
    }

    #[test]
    fn ipv6_is_written_in_full() {
        for (text, expected) in [
            ("192.168.255.255/24", "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("::192.168.1.1", "0000:0000:0000:0000:0000:0000:c0a8:0101"),
            ("fe80::1%4", "fe80:0000:0000:0000:0000:0000:0000:0001"),
            ("x", ""),
        ] {
            assert_eq!(show(&PARSE_IPV6, &[constant(text)]), expected, "{text}");
        }
    }

    #[test]
    fn ranges_become_few_networks() {
        for (start, end, expected) in [
            ("1.1.128.0", "1.1.140.255", r#"["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]"#),
            ("0.0.0.0", "255.255.255.255", r#"["0.0.0.0/0"]"#),
            ("1.1.1.1", "1.1.1.1", r#"["1.1.1.1/32"]"#),
            ("1.1.1.2", "1.1.1.1", "null"),
        ] {
            assert_eq!(show(&IPV4_RANGE_TO_CIDR_LIST, &[constant(start), constant(end)]), expected);
        }
    }
}
