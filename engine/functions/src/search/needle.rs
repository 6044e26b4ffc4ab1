//! One text looked for in many: which edges it needs, whether case counts, and the fastest search that is right.

use std::borrow::Cow;

use memchr::memchr2_iter;
use memchr::memmem::Finder;
use vizsla_schema::terms::{fold, fold_into, in_term};

/// What must be at an end of the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Anything.
    Any,
    /// The edge of a term, if the needle's own character there belongs to one (fact 79).
    Term,
    /// The end of the text.
    Text,
}

/// What an operator asks of a match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) start: Edge,
    pub(super) end: Edge,
    pub(super) folded: bool,
}

/// A text to look for, ready to be found many times.
pub(crate) struct Needle {
    shape: Shape,
    /// As written; the folded form if case does not count.
    text: String,
    written: String,
    search: Search,
    /// Whether the match must not follow, or be followed by, a character of a term.
    term_start: bool,
    term_end: bool,
}

enum Search {
    /// Byte for byte.
    Exact(Box<Finder<'static>>),
    /// An ASCII needle in either case.
    Ascii(AsciiFinder),
    /// A needle with letters beyond ASCII: the haystack is folded first.
    Folded(Box<Finder<'static>>),
}

impl Needle {
    pub(super) fn new(shape: Shape, needle: &str) -> Self {
        let text = if shape.folded { fold(needle) } else { needle.to_owned() };
        let finder = || Box::new(Finder::new(text.as_bytes()).into_owned());
        let search = match (shape.folded, text.is_ascii()) {
            (false, _) => Search::Exact(finder()),
            (true, true) => Search::Ascii(AsciiFinder::new(text.as_bytes())),
            (true, false) => Search::Folded(finder()),
        };
        let term_start = shape.start == Edge::Term && text.chars().next().is_some_and(in_term);
        let term_end = shape.end == Edge::Term && text.chars().next_back().is_some_and(in_term);
        Needle { shape, search, term_start, term_end, text, written: needle.to_owned() }
    }

    /// The same operator's needle for another text; nothing happens if the text is the same.
    pub(super) fn renewed(&mut self, needle: &str) -> &Self {
        if self.written != needle {
            *self = Needle::new(self.shape, needle);
        }
        self
    }

    /// Whether the haystack holds this needle as its operator asks.
    #[inline]
    pub(crate) fn is_in(&self, haystack: &str) -> bool {
        match &self.search {
            Search::Exact(finder) => self.found(haystack, |from| finder.find(&haystack.as_bytes()[from..])),
            Search::Ascii(finder) => self.found(haystack, |from| finder.find(&haystack.as_bytes()[from..])),
            Search::Folded(_) if haystack.is_ascii() => false,
            Search::Folded(finder) => {
                let haystack = folded(haystack);
                self.found(&haystack, |from| finder.find(&haystack.as_bytes()[from..]))
            }
        }
    }

    /// Looks at the candidates that `next` finds from an offset on, or only at the one that can be right.
    #[inline]
    fn found(&self, haystack: &str, next: impl Fn(usize) -> Option<usize>) -> bool {
        let length = self.text.len();
        if length > haystack.len() {
            return false;
        }
        match (self.shape.start, self.shape.end) {
            (Edge::Text, Edge::Text) => haystack.len() == length && self.is_at(haystack, 0),
            (Edge::Text, _) => self.is_at(haystack, 0),
            (_, Edge::Text) => self.is_at(haystack, haystack.len() - length),
            _ if !self.term_start && !self.term_end => next(0).is_some(),
            _ => self.found_as_term(haystack, next),
        }
    }

    fn found_as_term(&self, haystack: &str, next: impl Fn(usize) -> Option<usize>) -> bool {
        let mut from = 0;
        while let Some(offset) = next(from) {
            let start = from + offset;
            let end = start + self.text.len();
            if !(self.term_start && term_before(haystack, start) || self.term_end && term_after(haystack, end)) {
                return true;
            }
            from = start + 1;
        }
        false
    }

    /// Whether the needle stands at this offset, which may lie inside a character.
    fn is_at(&self, haystack: &str, start: usize) -> bool {
        let there = &haystack.as_bytes()[start..start + self.text.len()];
        match &self.search {
            Search::Ascii(_) => there.eq_ignore_ascii_case(self.text.as_bytes()),
            Search::Exact(_) | Search::Folded(_) => there == self.text.as_bytes(),
        }
    }
}

fn folded(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    Cow::Owned(out)
}

/// Whether the character before an offset belongs to a term.
#[inline]
pub(super) fn term_before(haystack: &str, start: usize) -> bool {
    match haystack.as_bytes()[..start].last() {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => haystack[..start].chars().next_back().is_some_and(in_term),
    }
}

/// Whether the character from an offset on belongs to a term.
#[inline]
pub(super) fn term_after(haystack: &str, end: usize) -> bool {
    match haystack.as_bytes().get(end) {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => haystack[end..].chars().next().is_some_and(in_term),
    }
}

/// Finds an ASCII text in either case: it jumps from one place of its rarest letter to the next, and compares where the
/// next rarest stands too.
///
/// Measured over command lines of 106 bytes: 17 ns for `mimikatz`, 38 for `enc`, whose letters are all common, against
/// 10 for a search that minds case and 250 for an automaton. Testing pairs of letters in vector steps by hand was no
/// faster.
pub(super) struct AsciiFinder {
    /// Lower case.
    needle: Box<[u8]>,
    /// Offsets of the two rarest bytes in the needle; equal if it has only one byte.
    rare: [usize; 2],
    /// Those bytes.
    bytes: [u8; 2],
}

/// Bytes by how often they occur in command lines, the commonest first (measured over the beginnings of those in
/// `shared/data/stream_sample.ndjson`). What is not listed is rare.
const COMMON: &[u8] = b"es ot\\c\"inrwadmlp-.0gxf23y:uh1vb4/k68975=qj;_&()>z,{$}@?*\'%!";

fn rarity(byte: u8) -> usize {
    COMMON.iter().position(|common| *common == byte).unwrap_or(COMMON.len())
}

impl AsciiFinder {
    /// `needle` is ASCII in lower case.
    pub(super) fn new(needle: &[u8]) -> Self {
        let mut offsets: Vec<usize> = (0..needle.len()).collect();
        offsets.sort_by_key(|offset| std::cmp::Reverse(rarity(needle[*offset])));
        let rarest = offsets.first().copied().unwrap_or(0);
        let rare = [rarest, offsets.get(1).copied().unwrap_or(rarest)];
        AsciiFinder { needle: needle.into(), rare, bytes: rare.map(|offset| needle.get(offset).copied().unwrap_or(0)) }
    }

    /// Offset of the first match.
    #[inline]
    pub(super) fn find(&self, haystack: &[u8]) -> Option<usize> {
        let places = (haystack.len() + 1).checked_sub(self.needle.len())?;
        if self.needle.is_empty() {
            return Some(0);
        }
        // A match at place `i` has both rare bytes at their offsets from it.
        let [first, second] = self.rare.map(|offset| &haystack[offset..offset + places]);
        let [rarest, other] = self.bytes;
        let is_match = |start: &usize| {
            second[*start].eq_ignore_ascii_case(&other)
                && haystack[*start..*start + self.needle.len()].eq_ignore_ascii_case(&self.needle)
        };
        memchr2_iter(rarest, rarest.to_ascii_uppercase(), first).find(is_match)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str) -> Shape {
        let folded = !name.ends_with("_cs");
        let (start, end) = match name.trim_end_matches("_cs") {
            "has" => (Edge::Term, Edge::Term),
            "hasprefix" => (Edge::Term, Edge::Any),
            "hassuffix" => (Edge::Any, Edge::Term),
            "startswith" => (Edge::Text, Edge::Any),
            "endswith" => (Edge::Any, Edge::Text),
            "=~" => (Edge::Text, Edge::Text),
            _ => (Edge::Any, Edge::Any),
        };
        Shape { start, end, folded }
    }

    fn holds(haystack: &str, operator: &str, needle: &str) -> bool {
        Needle::new(shape(operator), needle).is_in(haystack)
    }

    #[test]
    fn edges_and_case_are_those_of_the_operator() {
        for (haystack, operator, needle, expected) in [
            ("powershell.exe -enc SQBF", "has", "PowerShell", true),
            ("powershell.exe -enc SQBF", "has", "power", false), // part of a term
            ("powershell.exe -enc SQBF", "has", "exe -enc", true), // delimiters in the needle
            ("a_b", "has", "a", true),                           // `_` ends a term
            ("nota cat, a cat", "has", "a cat", true),           // the second place is right
            ("naïve", "has", "na", false),                       // `ï` is a letter
            ("naïve", "has", "ve", false),
            ("NAÏVE idea", "has", "naïve", true),
            ("ПриветМир", "has", "привет", false),
            ("МИР привет", "has", "ПРИВЕТ", true),
            ("x", "has", "", true),
            ("", "has", "", true),
            ("", "has", "a", false),
            ("a b", "has", " ", true),
            ("The.Quick", "has_cs", "quick", false),
            ("x ab y", "hasprefix", " a", true),
            ("x-error", "hasprefix", "err", true),
            ("x-error", "hassuffix", "err", false),
            ("x-error", "hassuffix", "OR", true),
            ("err or", "hasprefix", "r o", false),
            ("category", "contains", "EGO", true),
            ("category", "contains_cs", "EGO", false),
            ("Über alles", "startswith", "üBER", true),
            ("aé", "startswith", "e", false),
            ("é", "endswith", "x", false),
            ("CAFÉ", "endswith", "é", true),
            ("CAFÉ", "endswith_cs", "é", false),
            ("Straße", "=~", "STRASSE", false),
            ("abc", "=~", "ABC", true),
            ("abc", "=~", "ab", false),
            ("AB@[", "contains", "b@[", true), // `@` and `[` differ from `` ` `` and `{` by the case bit
            ("ab`{", "contains", "b@[", false),
        ] {
            assert_eq!(holds(haystack, operator, needle), expected, "{haystack:?} {operator} {needle:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_search_agrees_with_its_naive_twin(haystack in "[aAbB\\-é]{0,80}", needle in "[aAbB\\-]{1,3}") {
            let naive = haystack.to_ascii_lowercase().find(&needle.to_ascii_lowercase());
            let found = AsciiFinder::new(needle.to_ascii_lowercase().as_bytes()).find(haystack.as_bytes());
            proptest::prop_assert_eq!(found, naive);
        }

        #[test]
        fn has_agrees_with_splitting_into_terms(haystack in "[abA_ é.]{0,60}", needle in "[abé]{1,2}") {
            let terms = fold(&haystack);
            let naive = terms.split(|letter| !in_term(letter)).any(|term| term == needle);
            proptest::prop_assert_eq!(holds(&haystack, "has", &needle), naive);
        }
    }
}
