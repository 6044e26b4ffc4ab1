//! Addresses compared with each other and with networks.

use std::cmp::Ordering;

use vizsla_schema::KqlType;

use super::address::{Address, Read};
use super::{LONG, STRING, TO_BOOL, TO_LONG};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, Signature, ex, sig};
use crate::dynamic;

pub(super) const IPV4_COMPARE: ScalarDef = ScalarDef {
    name: "ipv4_compare",
    signatures: &[sig(&[STRING, STRING, LONG], TO_LONG).optional(1)],
    summary: "-1, 0 or 1 as an address is below, equal to or above another, by the shortest prefix given.",
    source: "ipv4-compare-function",
    examples: &[
        ex("ipv4_compare('127.0.0.1', '127.0.0.1')", "0"),
        ex("ipv4_compare('192.168.1.1', '192.168.1.255')", "-1"),
        ex("ipv4_compare('192.168.1.1/24', '192.168.1.255/24')", "0"),
        ex("ipv4_compare('192.168.1.1', '192.168.1.0', 31)", "0"),
    ],
    eval: Eval::Kernel(|args| compare(args, Address::v4)),
    ..ScalarDef::BASE
};

pub(super) const IPV6_COMPARE: ScalarDef = ScalarDef {
    name: "ipv6_compare",
    source: "ipv6-compare-function",
    examples: &[ex("ipv6_compare('fe80::85d:e82c:9446:7994/120', 'fe80::85d:e82c:9446:7998/120')", "0")],
    eval: Eval::Kernel(|args| compare(args, Address::v6)),
    ..IPV4_COMPARE
};

pub(super) const IPV4_IS_MATCH: ScalarDef = ScalarDef {
    name: "ipv4_is_match",
    signatures: &[sig(&[STRING, STRING, LONG], TO_BOOL).optional(1)],
    summary: "Whether two addresses are equal by the shortest prefix given.",
    source: "ipv4-is-match-function",
    examples: &[
        ex("ipv4_is_match('192.168.1.1/24', '192.168.1.255')", "True"),
        ex("isnull(ipv4_is_match('192.168.1.1', 'x'))", "True"),
    ],
    eval: Eval::Kernel(|args| is_match(args, Address::v4)),
    ..ScalarDef::BASE
};

pub(super) const IPV6_IS_MATCH: ScalarDef = ScalarDef {
    name: "ipv6_is_match",
    source: "ipv6-is-match-function",
    examples: &[ex("ipv6_is_match('192.168.1.1', '::ffff:c0a8:0101')", "True")],
    eval: Eval::Kernel(|args| is_match(args, Address::v6)),
    ..IPV4_IS_MATCH
};

fn compare(args: &Args<'_>, read: Read) -> KernelResult {
    Ok(args.longs(|row| Some(order(args, row, read)? as i64)))
}

fn is_match(args: &Args<'_>, read: Read) -> KernelResult {
    Ok(args.bools(|row| Some(order(args, row, read)? == Ordering::Equal)))
}

/// `None` if an address or the prefix is not one.
fn order(args: &Args<'_>, row: usize, read: Read) -> Option<Ordering> {
    let (left, right) = (read(args.text(0).at(row))?, read(args.text(1).at(row))?);
    let prefix = left.prefix().min(right.prefix());
    let prefix = match args.len() {
        2 => prefix,
        _ => left.narrowed(args.long(2).get(row)?)?.prefix().min(prefix),
    };
    Some(left.network(prefix).cmp(&right.network(prefix)))
}

pub(super) const IPV4_IS_IN_RANGE: ScalarDef = ScalarDef {
    name: "ipv4_is_in_range",
    signatures: &[sig(&[STRING, STRING], TO_BOOL)],
    summary: "Whether an address lies in a network such as `10.0.0.0/8`.",
    source: "ipv4-is-in-range-function",
    examples: &[ex("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", "True")],
    eval: Eval::Kernel(|args| is_in_range(args, Address::v4)),
    ..ScalarDef::BASE
};

pub(super) const IPV6_IS_IN_RANGE: ScalarDef = ScalarDef {
    name: "ipv6_is_in_range",
    source: "ipv6-is-in-range-function",
    examples: &[ex("ipv6_is_in_range('a5e:f127::1', 'a5e:f127::/112')", "True")],
    eval: Eval::Kernel(|args| is_in_range(args, Address::v6)),
    ..IPV4_IS_IN_RANGE
};

fn is_in_range(args: &Args<'_>, read: Read) -> KernelResult {
    let (address, range) = (args.text(0), args.text(1));
    Ok(args.bools(|row| Some(read(range.at(row))?.holds(read(address.at(row))?))))
}

/// Ranges as an array, or one by one.
const RANGES: &[Signature] =
    &[sig(&[STRING, Param::Is(KqlType::Dynamic)], TO_BOOL), sig(&[STRING, STRING], TO_BOOL).rest(STRING)];

pub(super) const IPV4_IS_IN_ANY_RANGE: ScalarDef = ScalarDef {
    name: "ipv4_is_in_any_range",
    signatures: RANGES,
    summary: "Whether an address lies in at least one of several networks.",
    source: "ipv4-is-in-any-range-function",
    examples: &[
        ex("ipv4_is_in_any_range('192.168.1.6', '192.168.1.1/24', '10.0.0.1/8', '127.1.0.1/16')", "True"),
        ex("ipv4_is_in_any_range('123.1.11.21', dynamic(['10.0.0.1/8', '192.168.1.1/16']))", "False"),
    ],
    eval: Eval::Kernel(|args| is_in_any_range(args, Address::v4)),
    ..ScalarDef::BASE
};

pub(super) const IPV6_IS_IN_ANY_RANGE: ScalarDef = ScalarDef {
    name: "ipv6_is_in_any_range",
    source: "ipv6-is-in-any-range-function",
    examples: &[ex("ipv6_is_in_any_range('a5e:f127::1', dynamic(['a5e:f127::/112', '::1']))", "True")],
    eval: Eval::Kernel(|args| is_in_any_range(args, Address::v6)),
    ..IPV4_IS_IN_ANY_RANGE
};

fn is_in_any_range(args: &Args<'_>, read: Read) -> KernelResult {
    let text = args.text(0);
    let constant = (1..args.len()).all(|index| args.is_constant(index)).then(|| ranges(args, 0, read));
    Ok(args.bools(|row| {
        let address = read(text.at(row))?;
        let any = |ranges: &[Option<Address>]| ranges.iter().flatten().any(|range| range.holds(address));
        match &constant {
            Some(constant) => answer(any(constant), constant),
            None => {
                let ranges = ranges(args, row, read);
                answer(any(&ranges), &ranges)
            }
        }
    }))
}

/// In none of the ranges is null where one of them is no range.
fn answer(any: bool, ranges: &[Option<Address>]) -> Option<bool> {
    (any || ranges.iter().all(Option::is_some)).then_some(any)
}

fn ranges(args: &Args<'_>, row: usize, read: Read) -> Vec<Option<Address>> {
    let each = |index: usize| match args.ty(index) {
        KqlType::Dynamic => dynamic::elements(args.text(index).at(row))
            .into_iter()
            .flatten()
            .map(|json| read(&dynamic::text_of(json)))
            .collect(),
        _ => vec![read(args.text(index).at(row))],
    };
    (1..args.len()).flat_map(each).collect()
}

pub(super) const IPV4_IS_PRIVATE: ScalarDef = ScalarDef {
    name: "ipv4_is_private",
    signatures: &[sig(&[STRING], TO_BOOL)],
    summary: "Whether an address belongs to a private network: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
    source: "ipv4-is-private-function",
    examples: &[
        ex("ipv4_is_private('192.168.1.1/24')", "True"),
        ex("ipv4_is_private('127.0.0.1')", "False"),
        ex("isnull(ipv4_is_private('x'))", "True"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(Address::v4);
        Ok(args.bools(|row| {
            let address = Address::v4(text.at(row))?;
            Some(private.iter().flatten().any(|network| address.prefix() >= network.prefix() && network.holds(address)))
        }))
    }),
    ..ScalarDef::BASE
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, long, show};

    #[test]
    fn the_shortest_prefix_counts() {
        for (left, right, prefix, expected) in [
            ("192.168.1.1", "192.168.1.0", 31, "0"),
            ("192.168.1.1/24", "192.168.1.255", 31, "0"),
            ("192.168.1.1", "192.168.1.255", 24, "0"),
            ("192.168.1.1", "192.168.1.255", 32, "-1"),
            ("192.168.2.1", "192.168.1.255", 32, "1"),
            ("192.168.1.1", "192.168.1.255", 33, "null"),
            ("192.168.1", "192.168.1.255", 24, "null"),
        ] {
            assert_eq!(
                show(&IPV4_COMPARE, &[constant(left), constant(right), long(prefix)]),
                expected,
                "{left} {right}"
            );
        }
        assert_eq!(show(&IPV4_IS_MATCH, &[constant("192.168.1.1/30"), constant("192.168.1.255/24")]), "True");
    }

    #[test]
    fn ranges_hold_addresses() {
        for (address, range, expected) in [
            ("192.168.1.1", "192.168.1.1", "True"),
            ("192.168.1.1", "192.168.1.255/24", "True"),
            ("192.168.2.1", "192.168.1.255/24", "False"),
            ("x", "192.168.1.255/24", "null"),
        ] {
            assert_eq!(show(&IPV4_IS_IN_RANGE, &[constant(address), constant(range)]), expected);
            assert_eq!(show(&IPV4_IS_IN_ANY_RANGE, &[constant(address), constant(range)]), expected);
        }
        let ranges = r#"["a5e:f127:8a9d:146d:e102:b5d3:c755:f6cd/112","0:0:0:0:0:ffff:c0a8:ac/60"]"#;
        for (address, expected) in
            [("a5e:f127:8a9d:146d:e102:b5d3:c755:abcd", "True"), ("a5e:f127:8a9d:146d:e102:b5d3:c756:abd1", "False")]
        {
            assert_eq!(show(&IPV6_IS_IN_ANY_RANGE, &[constant(address), dynamic(ranges)]), expected);
        }
    }

    #[test]
    fn private_networks() {
        for (address, expected) in [
            ("10.1.2.3", "True"),
            ("172.31.0.1", "True"),
            ("172.32.0.1", "False"),
            ("127.0.0.1", "False"),
            ("", "null"),
        ] {
            assert_eq!(show(&IPV4_IS_PRIVATE, &[constant(address)]), expected, "{address}");
        }
    }
}
