//! Keys: what of a text is looked up. Builder and look-up have to agree on them, or an index would lose rows.

use vizsla_schema::terms::{fold_into, terms};
use xxhash_rust::xxh3::xxh3_64;

/// The number that stands for a folded term or value. Equal keys may collide; that only keeps rows too many.
pub(super) fn hash(folded: &str) -> u64 {
    xxh3_64(folded.as_bytes())
}

/// Whether a term looks like a middle part of a GUID. There are three in each, and few of them, so that their postings
/// would be long and worthless: a column that has them between hyphens keeps none ([`Keys::left_out`]).
pub(super) fn is_short_hex(term: &str) -> bool {
    term.len() == 4 && term.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Which ASCII characters belong to a term.
const IN_TERM: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// Finds the keys of a column's values.
#[derive(Debug, Default)]
pub(super) struct Keys {
    folded: String,
    /// Whether whole values are keys too.
    pub(super) whole: bool,
    /// Whether parts of GUIDs were left out.
    pub(super) left_out: bool,
}

impl Keys {
    /// Of terms, and of whole values if `whole`.
    pub(super) fn new(whole: bool) -> Keys {
        Keys { whole, ..Keys::default() }
    }

    /// Hands the keys of a value to `see`, some more than once.
    pub(super) fn each(&mut self, value: &str, mut see: impl FnMut(u64)) {
        self.folded.clear();
        if value.is_ascii() {
            self.folded.push_str(value);
            self.folded.make_ascii_lowercase();
        } else {
            fold_into(value, &mut self.folded);
        }
        let text = self.folded.as_str();
        let bytes = text.as_bytes();
        if self.whole && !text.is_empty() {
            see(hash(text));
        }
        let left_out = &mut self.left_out;
        let mut term_at = |start: usize, end: usize| {
            let term = &text[start..end];
            let in_guid = start > 0 && bytes[start - 1] == b'-' && bytes.get(end) == Some(&b'-');
            if in_guid && is_short_hex(term) {
                *left_out = true;
            } else {
                see(hash(term));
            }
        };
        if text.is_ascii() {
            let mut start = 0;
            for (at, byte) in bytes.iter().enumerate() {
                if !IN_TERM[usize::from(*byte)] {
                    if start < at {
                        term_at(start, at);
                    }
                    start = at + 1;
                }
            }
            if start < bytes.len() {
                term_at(start, bytes.len());
            }
        } else {
            for term in terms(text) {
                let start = offset_in(text, term);
                term_at(start, start + term.len());
            }
        }
    }
}

/// Where a part of a text begins in it.
fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use vizsla_schema::terms::fold;

    use super::*;

    fn keys(value: &str, whole: bool) -> (Vec<u64>, bool) {
        let mut keys = Keys::new(whole);
        let mut found = Vec::new();
        keys.each(value, |key| found.push(key));
        (found, keys.left_out)
    }

    #[test]
    fn keys_are_folded_terms() {
        for (value, expected) in [
            ("", vec![]),
            ("--", vec![]),
            ("Cmd.exe /c WHOAMI", vec!["cmd", "exe", "c", "whoami"]),
            ("É_x", vec!["é", "x"]),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", vec!["3f2504e0", "0305e82c3301"]),
            ("beef-beef", vec!["beef", "beef"]),
        ] {
            let expected: Vec<u64> = expected.into_iter().map(|term| hash(&fold(term))).collect();
            assert_eq!(keys(value, false).0, expected, "{value}");
        }
        assert_eq!(keys("A.b", true).0, ["a.b", "a", "b"].map(hash));
        assert!(keys("é-4f89-x", false).1 && !keys("4f89", false).1);
    }
}
