//! An IP address with the length of its network's prefix.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads an address of one family.
pub(super) type Read = fn(&str) -> Option<Address>;

/// `192.168.1.1/24` or `fe80::1`: an address, and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    /// Of which the lowest `width` are used.
    bits: u128,
    prefix: u8,
    /// 32 or 128.
    width: u8,
}

impl Address {
    /// Four numbers without leading zeros, spaces around allowed, with a prefix or all bits (fact 310).
    pub(super) fn v4(text: &str) -> Option<Address> {
        let (address, prefix) = with_prefix(text.trim(), 32)?;
        Some(Address { bits: u128::from(u32::from(address.parse::<Ipv4Addr>().ok()?)), prefix, width: 32 })
    }

    /// Any form of IPv6, and IPv4 as its last 32 bits (`::ffff:…`); the name of an interface is dropped.
    pub(super) fn v6(text: &str) -> Option<Address> {
        let text = text.trim();
        if let Some(v4) = Address::v4(text) {
            return Some(Address { bits: v4.bits | 0xffff << 32, prefix: v4.prefix + 96, width: 128 });
        }
        let (address, prefix) = with_prefix(text, 128)?;
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        Some(Address { bits: address.parse::<Ipv6Addr>().ok()?.to_bits(), prefix, width: 128 })
    }

    /// An IPv4 address given as a number.
    pub(super) fn of_number(number: i64) -> Option<Address> {
        Some(Address { bits: u128::from(u32::try_from(number).ok()?), prefix: 32, width: 32 })
    }

    pub(super) fn prefix(self) -> u8 {
        self.prefix
    }

    /// The leading bits of the address that a prefix keeps, the others zero.
    pub(super) fn network(self, prefix: u8) -> u128 {
        let dropped = u32::from(self.width - prefix.min(self.width));
        self.bits.checked_shr(dropped).and_then(|kept| kept.checked_shl(dropped)).unwrap_or(0)
    }

    /// With at most this many bits counting; `None` if there are no such prefixes.
    pub(super) fn narrowed(self, prefix: i64) -> Option<Address> {
        let prefix = u8::try_from(prefix).ok().filter(|prefix| *prefix <= self.width)?;
        Some(Address { prefix: self.prefix.min(prefix), ..self })
    }

    /// Whether another address, given as its bits, has the same leading bits.
    pub(super) fn same_network(self, bits: u128, prefix: u8) -> bool {
        Address { bits, ..self }.network(prefix) == self.network(prefix)
    }

    /// The first address of its network.
    pub(super) fn first(self) -> u128 {
        self.network(self.prefix)
    }

    /// Whether an address lies in this network.
    pub(super) fn holds(self, address: Address) -> bool {
        address.network(self.prefix) == self.first()
    }
}

fn with_prefix(text: &str, width: u8) -> Option<(&str, u8)> {
    let Some((address, prefix)) = text.split_once('/') else { return Some((text, width)) };
    if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((address, prefix.parse().ok().filter(|prefix| *prefix <= width)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_strictly() {
        for (text, first) in [
            ("192.168.1.1", Some(3_232_235_777)),
            ("192.168.1.1/24", Some(3_232_235_776)),
            ("255.255.255.255/31", Some(4_294_967_294)),
            (" 10.0.0.1 ", Some(167_772_161)),
            ("1.2.3.4/0", Some(0)),
            ("01.2.3.4", None),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1.2.3.256", None),
            ("1.2.3.4/33", None),
            ("1.2.3.4/+8", None),
            ("", None),
        ] {
            assert_eq!(Address::v4(text).map(Address::first), first, "{text:?}");
        }
    }

    #[test]
    fn both_families_are_ipv6() {
        let same = |left: &str, right: &str| Address::v6(left).unwrap().first() == Address::v6(right).unwrap().first();
        assert!(same("192.168.1.1", "::ffff:192.168.1.1") && same("192.168.1.1/24", "::ffff:c0a8:0100"));
        assert!(same("fe80::1%eth0", "FE80::1") && same("a::1/0", "::"));
        assert_eq!(Address::v6("1.2.3.4/24").unwrap().prefix(), 120);
        assert_eq!(Address::v6("nonsense"), None);
    }
}
