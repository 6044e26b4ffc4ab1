//! Keys: what of a text is looked up. Builder and look-up have to agree on them, or an index would lose rows.

use vizsla_schema::terms::{fold, fold_char, terms};
use xxhash_rust::xxh3::xxh3_64;

/// The number that stands for a folded term or value. Equal keys may collide; that only keeps rows too many.
#[inline]
pub(super) fn hash(folded: &str) -> u64 {
    xxh3_64(folded.as_bytes())
}

/// Whether a term looks like a middle part of a GUID. There are three in each, and few of them, so that their postings
/// would be long and worthless: a column that has them between hyphens keeps none ([`Keys::left_out`]).
pub(super) fn is_short_hex(term: &str) -> bool {
    term.len() == 4 && term.bytes().all(|byte| byte.is_ascii_hexdigit())
}

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
        if value.is_ascii() {
            self.folded.clear();
            self.folded.push_str(value);
            self.folded.make_ascii_lowercase();
            return self.each_folded(see);
        }
        for form in forms(value) {
            self.folded = form;
            self.each_folded(&mut see);
        }
    }

    fn each_folded(&mut self, mut see: impl FnMut(u64)) {
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
            each_run(bytes, term_at);
        } else {
            for term in terms(text) {
                let start = offset_in(text, term);
                term_at(start, start + term.len());
            }
        }
    }
}

/// The folded forms in which a value is found, each once: as it is, as `tolower` and `toupper` make it, where `İ` and `ß`
/// become two letters, and as a pattern that ignores case sees it ([`widened`]).
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![fold(value)];
    for other in [fold(&value.to_lowercase()), fold(&value.to_uppercase()), value.chars().map(widened).collect()] {
        if !forms.contains(&other) {
            forms.push(other);
        }
    }
    forms
}

/// The folded form of a letter, and ASCII for the two others that patterns take for ASCII when they ignore case.
pub fn widened(letter: char) -> char {
    match letter {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        other => fold_char(other),
    }
}

/// Hands on where each run of letters and digits begins and ends, of ASCII in lower case.
///
/// Eight bytes at a time: a loop over bytes guesses wrong at each end of a term, which costs more than all else here.
fn each_run(bytes: &[u8], mut see: impl FnMut(usize, usize)) {
    let (mut begin, mut before) = (0, 0);
    let mut eight = |at: usize, eight: [u8; 8]| {
        let flags = in_run(u64::from_le_bytes(eight));
        let mut edges = flags ^ (flags << 8 | before >> 56);
        before = flags;
        while edges != 0 {
            let edge = at + edges.trailing_zeros() as usize / 8;
            match flags >> edges.trailing_zeros() & 1 {
                1 => begin = edge,
                _ => see(begin, edge),
            }
            edges &= edges - 1;
        }
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (number, chunk) in chunks.iter().enumerate() {
        eight(number * 8, *chunk);
    }
    // Zeros behind the text end its last term.
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    eight(bytes.len() - rest.len(), last);
}

/// The highest bit of each byte that is a digit or a small letter; the bytes are ASCII, so that no sum carries over.
fn in_run(bytes: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let at_least = |least: u8| bytes + EACH * u64::from(0x80 - least);
    let between = |least: u8, most: u8| at_least(least) & !at_least(most + 1);
    (between(b'0', b'9') | between(b'a', b'z')) & (EACH * 0x80)
}

/// Where a part of a text begins in it.
fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

#[cfg(test)]
mod tests {
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
            ("\u{212a}-ß", vec!["\u{212a}", "ß", "k", "ß", "\u{212a}", "ss"]),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", vec!["3f2504e0", "0305e82c3301"]),
            ("beef-beef", vec!["beef", "beef"]),
        ] {
            let expected: Vec<u64> = expected.into_iter().map(|term| hash(&fold(term))).collect();
            assert_eq!(keys(value, false).0, expected, "{value}");
        }
        assert_eq!(keys("A.b", true).0, ["a.b", "a", "b"].map(hash));
        assert!(keys("é-4f89-x", false).1 && !keys("4f89", false).1);
    }

    #[test]
    fn runs_are_the_terms_of_ascii() {
        let mut texts: Vec<String> = (0..128_u8).map(|byte| format!("x{0}y{0}", byte as char)).collect();
        texts.extend((0..30).map(|length| "a-bc9 {0123456789abcdef}".repeat(2)[..length].to_owned()));
        for text in texts {
            let text = text.to_ascii_lowercase();
            let mut runs = Vec::new();
            each_run(text.as_bytes(), |begin, end| runs.push(&text[begin..end]));
            assert_eq!(runs, terms(&text).collect::<Vec<_>>(), "{text:?}");
        }
    }
}
