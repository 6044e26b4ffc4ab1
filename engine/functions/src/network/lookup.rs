//! Which of many networks an address lies in: what `ipv4_lookup` and `ipv6_lookup` are made of.
//!
//! The networks are sorted by the length of their prefix, and by their first address among those of one length. An
//! address is masked once for each length that occurs (rarely more than twenty) and searched for; the networks it is not
//! in are not looked at.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use super::address::{Address, Read};
use super::{STRING, TO_DYNAMIC};
use crate::args::{Args, Text};
use crate::cache::Cache;
use crate::def::{Eval, KernelResult, Param, ScalarDef, sig};
use crate::dynamic;

/// The networks of a list that an IPv4 address matches, as an array of their texts; `[""]` if there are none.
///
/// Address and network match if they are equal by the shorter of their prefixes, as in `ipv4_is_match`. Either may be
/// followed by further keys, which have to be equal: `["10.0.0.1","eu"]` as JSON text lies in `["10.0.0.0/8","eu"]`.
pub const NETWORKS_OF_IPV4: ScalarDef = ScalarDef {
    name: "networks_of_ipv4",
    signatures: &[sig(&[STRING, Param::Is(KqlType::Dynamic)], TO_DYNAMIC)],
    summary: "The listed networks that an address matches.",
    source: "ipv4-lookup-plugin",
    eval: Eval::Kernel(|args| matching(args, Address::v4, &V4)),
    ..ScalarDef::BASE
};

/// The same of IPv6, among which IPv4 addresses have their place.
pub const NETWORKS_OF_IPV6: ScalarDef = ScalarDef {
    name: "networks_of_ipv6",
    source: "ipv6-lookup-plugin",
    eval: Eval::Kernel(|args| matching(args, Address::v6, &V6)),
    ..NETWORKS_OF_IPV4
};

static V4: LazyLock<Cache<String, Networks>> = LazyLock::new(|| Cache::new(4));
static V6: LazyLock<Cache<String, Networks>> = LazyLock::new(|| Cache::new(4));

fn matching(args: &Args<'_>, read: Read, compiled: &Cache<String, Networks>) -> KernelResult {
    let (keys, list) = (args.text(0), args.text(1));
    let of_list = |list: &str| match compiled.get_or_try(list, || Ok::<_, Infallible>(Networks::new(list, read))) {
        Ok(networks) => networks,
        Err(never) => match never {},
    };
    let constant: Option<Arc<Networks>> = match list {
        Text::Constant(list) => Some(of_list(list.unwrap_or("[]"))),
        Text::Column(_) => None,
    };
    let mut written = 0;
    let found = args.texts(|row, out| {
        match &constant {
            _ if written > MOST_BYTES => {}
            Some(networks) => networks.write_matches(keys.at(row), read, out),
            None => of_list(list.at(row)).write_matches(keys.at(row), read, out),
        }
        written += out.len();
        true
    });
    match written > MOST_BYTES {
        true => Err(ArrowError::ComputeError("the addresses match too many networks: give longer prefixes".to_owned())),
        false => Ok(found),
    }
}

/// The most text that is written for one batch: only a table of whole networks, such as `0.0.0.0/0`, gets there.
const MOST_BYTES: usize = 256 << 20;

/// The networks of a list.
#[derive(Debug)]
struct Networks {
    /// As JSON texts.
    texts: Vec<Box<str>>,
    /// By the further keys, which most lists do not have.
    by_rest: HashMap<Box<str>, Vec<OfLength>>,
}

/// First addresses, and which of the texts they belong to.
type Firsts = Vec<(u128, u32)>;

/// The networks with prefixes of one length.
#[derive(Debug)]
struct OfLength {
    prefix: u8,
    /// Sorted.
    firsts: Firsts,
}

impl Networks {
    fn new(list: &str, read: Read) -> Networks {
        let mut texts = Vec::new();
        let mut sorted: HashMap<Box<str>, BTreeMap<u8, Firsts>> = HashMap::new();
        for json in dynamic::elements(list).into_iter().flatten() {
            let text = dynamic::text_of(json);
            let Some((network, rest)) = key_of(&text, read) else { continue };
            let of_length = sorted.entry(rest.into()).or_default().entry(network.prefix()).or_default();
            of_length.push((network.first(), u32::try_from(texts.len()).unwrap_or(u32::MAX)));
            texts.push(json.into());
        }
        let by_rest =
            sorted.into_iter().map(|(rest, lengths)| (rest, lengths.into_iter().map(OfLength::new).collect()));
        Networks { by_rest: by_rest.collect(), texts }
    }

    fn write_matches(&self, key: &str, read: Read, out: &mut String) {
        let found = key_of(key, read).and_then(|(address, rest)| Some((address, self.by_rest.get(rest)?)));
        let mut matches = Vec::new();
        if let Some((address, lengths)) = found {
            lengths.iter().for_each(|it| it.find(address, &mut matches));
        }
        if matches.is_empty() {
            return out.push_str(r#"[""]"#);
        }
        dynamic::write_array(matches.iter().map(|index| &*self.texts[*index as usize]), out);
    }
}

impl OfLength {
    fn new((prefix, mut firsts): (u8, Firsts)) -> OfLength {
        firsts.sort_unstable();
        OfLength { prefix, firsts }
    }

    /// Those equal to the address by the shorter prefix: several, if that is the address'.
    fn find(&self, address: Address, matches: &mut Vec<u32>) {
        let shorter = self.prefix.min(address.prefix());
        let low = address.network(shorter);
        let start = self.firsts.partition_point(|(first, _)| *first < low);
        let same = |first: u128| address.same_network(first, shorter);
        matches.extend(self.firsts[start..].iter().take_while(|(first, _)| same(*first)).map(|(_, index)| *index));
    }
}

/// An address and the JSON text of the keys after it.
fn key_of(text: &str, read: Read) -> Option<(Address, &str)> {
    if !text.starts_with('[') {
        return Some((read(text)?, ""));
    }
    let first = dynamic::elements(text)?.next()?;
    // Canonical text has no blanks, so the rest begins after the first element.
    let rest = text.get(1 + first.len()..)?;
    Some((read(&dynamic::text_of(first))?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, show};

    #[test]
    fn an_address_finds_its_networks() {
        let list = r#"["10.0.0.0/8","10.1.0.0/16","10.1.2.3","192.168.1.0/24","192.168.2.0/24","x",""]"#;
        for (address, expected) in [
            ("10.1.2.3", r#"["10.0.0.0/8","10.1.0.0/16","10.1.2.3"]"#),
            ("10.2.0.0", r#"["10.0.0.0/8"]"#),
            ("192.168.1.255", r#"["192.168.1.0/24"]"#),
            ("192.168.0.0/16", r#"["192.168.1.0/24","192.168.2.0/24"]"#),
            ("0.0.0.0/0", r#"["10.0.0.0/8","10.1.0.0/16","192.168.1.0/24","192.168.2.0/24","10.1.2.3"]"#),
            ("11.0.0.1", r#"[""]"#),
            ("x", r#"[""]"#),
            ("", r#"[""]"#),
        ] {
            assert_eq!(show(&NETWORKS_OF_IPV4, &[constant(address), dynamic(list)]), expected, "{address}");
        }
        assert_eq!(show(&NETWORKS_OF_IPV4, &[constant("1.2.3.4"), dynamic(r#"["0.0.0.0/0"]"#)]), r#"["0.0.0.0/0"]"#);
    }

    #[test]
    fn both_families_are_found_among_ipv6() {
        let list = r#"["2001:db8::/32","10.0.0.0/8","::/0"]"#;
        for (address, expected) in [
            ("2001:DB8::1", r#"["::/0","2001:db8::/32"]"#),
            ("10.1.2.3", r#"["::/0","10.0.0.0/8"]"#),
            ("::ffff:10.1.2.3", r#"["::/0","10.0.0.0/8"]"#),
        ] {
            assert_eq!(show(&NETWORKS_OF_IPV6, &[constant(address), dynamic(list)]), expected, "{address}");
        }
    }

    #[test]
    fn further_keys_are_equal() {
        let list = r#"["[\"10.0.0.0/8\",\"eu\",1]","[\"10.0.0.0/8\",\"us\",1]"]"#;
        for (key, expected) in [
            (r#"["10.1.1.1","us",1]"#, r#"["[\"10.0.0.0/8\",\"us\",1]"]"#),
            (r#"["10.1.1.1","us",2]"#, r#"[""]"#),
            (r#"["11.1.1.1","us",1]"#, r#"[""]"#),
            ("[", r#"[""]"#),
        ] {
            assert_eq!(show(&NETWORKS_OF_IPV4, &[constant(key), dynamic(list)]), expected, "{key}");
        }
    }
}
