//! From a condition to the blocks of a file that can fulfil it.

use roaring::RoaringBitmap;
use vizsla_schema::terms::{fold, in_term};

use super::BLOCK;
use super::file::{Content, Index, Segment};
use super::keys::{hash, is_short_hex};
use super::postings::Blocks;

/// What is known of the rows that a filter keeps. Columns are called as the table calls them, see [`Index::find`].
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// Nothing.
    Any,
    /// They meet each of these.
    And(Vec<Constraint>),
    /// They meet one of these.
    Or(Vec<Constraint>),
    /// A text holds another, in any case.
    Text {
        /// The column.
        column: String,
        /// Where in the column's value.
        at: Match,
        /// What it holds.
        text: String,
    },
    /// A time, in ticks, is between these; both count.
    Ticks {
        /// The column.
        column: String,
        /// The earliest.
        least: i64,
        /// The latest.
        most: i64,
    },
}

/// Which ends of a needle are ends of the value or of a term in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is the whole value.
    Whole,
    /// `has`: it begins and ends with a term.
    Terms,
    /// `hasprefix`, `startswith`: nothing is known of its end.
    Begin,
    /// `hassuffix`, `endswith`: nothing is known of its beginning.
    End,
    /// `contains`
    Inside,
}

/// The rows of a file that can meet a constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Blocks by number over the whole file; every segment but the last has a whole number of them.
    blocks: RoaringBitmap,
    rows: u64,
}

impl Kept {
    /// How many rows are kept.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ranges().map(|range| range.end - range.start).sum()
    }

    /// The rows, as ranges in order that do not touch.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<u64>> + '_ {
        let mut blocks = self.blocks.iter().peekable();
        std::iter::from_fn(move || {
            let first = blocks.next()?;
            let mut last = first;
            while let Some(next) = blocks.next_if(|next| *next == last + 1) {
                last = next;
            }
            Some(u64::from(first) * BLOCK..((u64::from(last) + 1) * BLOCK).min(self.rows))
        })
    }
}

impl Constraint {
    /// All of these; simplified.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Constraint>) -> Constraint {
        let mut parts: Vec<Constraint> = parts.into_iter().filter(|part| *part != Constraint::Any).collect();
        match parts.len() {
            0 => Constraint::Any,
            1 => parts.remove(0),
            _ => Constraint::And(parts),
        }
    }

    /// One of these; simplified.
    #[must_use]
    pub fn one(parts: impl IntoIterator<Item = Constraint>) -> Constraint {
        let mut parts: Vec<Constraint> = parts.into_iter().collect();
        match parts.len() {
            1 => parts.remove(0),
            _ if parts.contains(&Constraint::Any) => Constraint::Any,
            _ => Constraint::Or(parts),
        }
    }
}

impl Index {
    /// The rows that can meet the constraint; none if the index says nothing about it or is damaged where it is read.
    ///
    /// `field` is the file's name for a column, none if the file does not have it.
    #[must_use]
    pub fn find<'n>(&self, constraint: &'n Constraint, field: impl Fn(&'n str) -> Option<&'n str>) -> Option<Kept> {
        let mut blocks = RoaringBitmap::new();
        let (mut first, mut rows) = (0, 0);
        let mut said_something = false;
        for segment in &self.segments {
            let count = segment.rows.div_ceil(BLOCK);
            match self.find_in(segment, count, constraint, &field) {
                Blocks::All => drop(blocks.insert_range(first..first + count as u32)),
                Blocks::These(found) => {
                    said_something = true;
                    blocks.extend(found.iter().map(|block| first + block));
                }
            }
            first += count as u32;
            rows += segment.rows;
        }
        said_something.then_some(Kept { blocks, rows })
    }

    fn find_in<'n>(
        &self,
        segment: &Segment,
        count: u64,
        constraint: &'n Constraint,
        field: &impl Fn(&'n str) -> Option<&'n str>,
    ) -> Blocks {
        let content = |column: &'n str| field(column).and_then(|field| segment.content(field));
        match constraint {
            Constraint::Any => Blocks::All,
            Constraint::And(parts) => {
                let mut kept = Blocks::All;
                for part in parts {
                    kept = kept.and(self.find_in(segment, count, part, field));
                    if kept.is_empty() {
                        break;
                    }
                }
                kept
            }
            Constraint::Or(parts) => {
                let mut kept = Blocks::These(RoaringBitmap::new());
                for part in parts {
                    kept = kept.or(self.find_in(segment, count, part, field));
                    if kept == Blocks::All {
                        break;
                    }
                }
                kept
            }
            Constraint::Text { column, at, text } => self.text(content(column), count, *at, text),
            Constraint::Ticks { column, least, most } => {
                let Some(Content::Spans(spans)) = content(column) else { return Blocks::All };
                let meets = |span: &(i64, i64)| span.0 <= *most && *least <= span.1;
                let numbered = (0..).zip(spans).filter(|(_, span)| span.as_ref().is_some_and(meets));
                Blocks::These(numbered.map(|(block, _)| block).collect())
            }
        }
    }

    fn text(&self, content: Option<&Content>, count: u64, at: Match, text: &str) -> Blocks {
        let Some(Content::Keys { postings, whole, left_out }) = content else { return Blocks::All };
        let find = |key: &str| {
            let found = postings.find(hash(key), count, |range| self.bytes_at(range));
            found.unwrap_or(Blocks::All)
        };
        let folded = fold(text);
        if at == Match::Whole && *whole && !folded.is_empty() {
            return find(&folded);
        }
        let mut kept = Blocks::All;
        for term in whole_terms(&folded, at).filter(|term| !(*left_out && is_short_hex(term))) {
            kept = kept.and(find(term));
            if kept.is_empty() {
                break;
            }
        }
        kept
    }
}

impl Segment {
    fn content(&self, field: &str) -> Option<&Content> {
        self.columns.iter().find(|column| column.field == field).map(|column| &column.kept)
    }
}

impl Blocks {
    fn and(self, other: Blocks) -> Blocks {
        match (self, other) {
            (Blocks::All, other) | (other, Blocks::All) => other,
            (Blocks::These(a), Blocks::These(b)) => Blocks::These(a & b),
        }
    }

    fn or(self, other: Blocks) -> Blocks {
        match (self, other) {
            (Blocks::All, _) | (_, Blocks::All) => Blocks::All,
            (Blocks::These(a), Blocks::These(b)) => Blocks::These(a | b),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Blocks::These(blocks) if blocks.is_empty())
    }
}

/// The terms of a folded needle that are whole terms of every value that holds it.
fn whole_terms(folded: &str, at: Match) -> impl Iterator<Item = &str> {
    let open_start = matches!(at, Match::End | Match::Inside);
    let open_end = matches!(at, Match::Begin | Match::Inside);
    let begins_inside = folded.chars().next().is_some_and(in_term);
    let ends_inside = folded.chars().next_back().is_some_and(in_term);
    let skip = usize::from(open_start && begins_inside);
    let terms: Vec<&str> = vizsla_schema::terms::terms(folded).collect();
    let keep = terms.len().saturating_sub(usize::from(open_end && ends_inside));
    terms.into_iter().take(keep).skip(skip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_terms_are_looked_up() {
        for (at, text, expected) in [
            (Match::Terms, "a b.c", vec!["a", "b", "c"]),
            (Match::Begin, "a b.c", vec!["a", "b"]),
            (Match::Begin, "a b.", vec!["a", "b"]),
            (Match::End, "a b.c", vec!["b", "c"]),
            (Match::Inside, "a b.c", vec!["b"]),
            (Match::Inside, "-a b.c ", vec!["a", "b", "c"]),
            (Match::Inside, "a", vec![]),
            (Match::Whole, "a-b", vec!["a", "b"]),
            (Match::Terms, "", vec![]),
        ] {
            assert_eq!(whole_terms(text, at).collect::<Vec<_>>(), expected, "{at:?} {text}");
        }
    }
}
