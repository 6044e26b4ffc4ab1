//! Places in the text: [`Span`], a byte range, and [`LineColumn`] for showing one to a person.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// A byte range `start..end` of the query text.
///
/// Any span equals any other, so that `==` on trees compares what they say and not where it stands; print∘parse
/// is testable that way. To compare places, compare [`Span::range`].
#[derive(Clone, Copy, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty place at `offset`.
    #[must_use]
    pub const fn at(offset: u32) -> Self {
        Self::new(offset, offset)
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// Whether `inner` lies inside this span.
    #[must_use]
    pub fn contains(self, inner: Self) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }

    /// Whether it covers no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// As a range that indexes a `str`.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes it covers in `text`, `""` if it does not fit.
    #[must_use]
    pub fn text(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A place as people count it: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

impl LineColumn {
    /// Line and column of byte `offset` in `text`; past the end counts as the end.
    #[must_use]
    pub fn of(text: &str, offset: u32) -> Self {
        let before = &text[..floor_boundary(text, offset as usize)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_from_one_in_characters() {
        for (text, offset, line, column) in
            [("abc", 0, 1, 1), ("abc", 2, 1, 3), ("a\nbc", 2, 2, 1), ("é|", 2, 1, 2), ("é|", 1, 1, 1), ("a", 99, 1, 2)]
        {
            assert_eq!(LineColumn::of(text, offset), LineColumn { line, column }, "{text:?} at {offset}");
        }
    }

    #[test]
    fn spans_join_and_nest() {
        let joined = Span::new(3, 5).to(Span::new(8, 9));
        assert_eq!(joined.range(), 3..9);
        assert!(joined.contains(Span::new(5, 8)) && !joined.contains(Span::new(2, 4)));
    }
}
