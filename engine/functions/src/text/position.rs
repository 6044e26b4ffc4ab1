//! Where a text stands in another: `indexof`, and the search range it shares with `indexof_regex`.

use std::ops::Range;

use memchr::memmem;
use vizsla_schema::KqlType;

use crate::args::Args;
use crate::def::{Eval, KernelResult, Naming, Param, Returns, ScalarDef, ex, sig};

const LONG: Param = Param::Is(KqlType::Long);

pub(super) const INDEXOF: ScalarDef = ScalarDef {
    name: "indexof",
    signatures: &[sig(&[Param::Text, Param::Text, LONG, LONG, LONG], Returns::Is(KqlType::Long)).optional(3)],
    summary: "Position of a text in another, in code points from 0, or -1. A negative start counts from the end.",
    source: "indexof-function",
    examples: &[
        ex("indexof('abcdefg', 'cde')", "2"),
        ex("indexof('abcdefg', 'cde', 1, 2)", "2"),
        ex("indexof('abcdefg', 'cde', -5)", "2"),
        ex("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", "9"),
        ex("indexof('abc', '')", "null"),
    ],
    naming: Naming::Column,
    eval: Eval::Kernel(indexof),
    ..ScalarDef::BASE
};

fn indexof(args: &Args<'_>) -> KernelResult {
    let (text, lookup) = (args.text(0), args.text(1));
    Ok(args.longs(|row| {
        let lookup = lookup.at(row);
        // An empty lookup is null on the emulator.
        if lookup.is_empty() {
            return None;
        }
        let text = text.at(row);
        Place::of(args, row)?.find(text, |range| starts_of(text, lookup, range.start))
    }))
}

/// Where a text starts in another from an offset on, overlaps included.
pub(super) fn starts_of<'t>(text: &'t str, lookup: &'t str, from: usize) -> impl Iterator<Item = usize> + 't {
    let finder = memmem::Finder::new(lookup);
    let mut from = from;
    std::iter::from_fn(move || {
        let start = from + finder.find(text.as_bytes().get(from..)?)?;
        from = start + 1;
        Some(start)
    })
}

/// The `start`, `length` and `occurrence` of a call, its arguments 2, 3 and 4.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) start: i64,
    /// Code points that a match may start in, from `start` on.
    length: Option<usize>,
    occurrence: usize,
}

impl Place {
    /// `None`, a null answer, for a length below -1 or an occurrence below 1.
    pub(crate) fn of(args: &Args<'_>, row: usize) -> Option<Place> {
        let argument =
            |index: usize, default: i64| if index < args.len() { args.long(index).get(row) } else { Some(default) };
        let length = match argument(3, -1)? {
            -1 => None,
            length => Some(usize::try_from(length).ok()?),
        };
        let occurrence = usize::try_from(argument(4, 1)?).ok().filter(|occurrence| *occurrence > 0)?;
        Some(Place { start: argument(2, 0)?, length, occurrence })
    }

    /// The code point where the wanted occurrence starts, -1 if there is none. `starts` gives the offsets of matches from
    /// the beginning of a range of bytes on. On the emulator `length` bounds where a match starts, not where it ends.
    pub(crate) fn find<I: Iterator<Item = usize>>(
        self,
        text: &str,
        starts: impl FnOnce(Range<usize>) -> I,
    ) -> Option<i64> {
        let range = self.range(text);
        let found = starts(range.clone()).take_while(|start| *start < range.end).nth(self.occurrence - 1);
        Some(found.map_or(-1, |start| code_points(&text[..start]) as i64))
    }

    fn range(self, text: &str) -> Range<usize> {
        let start = match usize::try_from(self.start) {
            Ok(start) => byte_of(text, start),
            Err(_) => byte_of(text, code_points(text).saturating_sub(self.start.unsigned_abs() as usize)),
        };
        let end = self.length.map_or(text.len() + 1, |length| start + byte_of(&text[start..], length));
        start..end
    }
}

/// Number of code points; for ASCII that of bytes.
pub(crate) fn code_points(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Byte offset of a code point, or the length of the text if it has fewer.
pub(crate) fn byte_of(text: &str, code_point: usize) -> usize {
    if text.is_ascii() {
        return code_point.min(text.len());
    }
    text.char_indices().nth(code_point).map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, long, show};

    #[test]
    fn indexof_counts_code_points() {
        for (text, lookup, place, expected) in [
            ("abcdefg", "cde", [0, -1, 1], "2"),
            ("abcdefg", "cde", [1, 4, 1], "2"),
            ("abcdefg", "cde", [1, 2, 1], "2"), // the documentation says -1, the emulator 2
            ("abcdefg", "cde", [3, 4, 1], "-1"),
            ("abcdefg", "cde", [-5, -1, 1], "2"),
            ("1234567", "5", [1, 4, 1], "4"),
            ("abcdefgabcdefg", "cde", [1, 10, 2], "9"),
            ("abcdefgabcdefg", "cde", [1, -1, 3], "-1"),
            ("café", "é", [0, -1, 1], "3"),
            ("éé", "é", [1, -1, 1], "1"),
            ("abc", "", [0, -1, 1], "null"),
            ("abc", "a", [0, -2, 1], "null"),
            ("abc", "a", [0, -1, 0], "null"),
            ("", "a", [0, -1, 1], "-1"),
            ("abc", "a", [9, -1, 1], "-1"),
        ] {
            let [start, length, occurrence] = place.map(long);
            let args = [constant(text), constant(lookup), start, length, occurrence];
            assert_eq!(show(&INDEXOF, &args), expected, "{lookup:?} in {text:?} at {place:?}");
        }
    }
}
