//! A predicate over a column of texts.

use arrow::array::{Array, BooleanArray, StringViewArray};
use arrow::buffer::BooleanBuffer;

use crate::args::Text;

/// Whether each row's text satisfies a predicate; never null.
pub(crate) fn matching(text: Text<'_>, rows: usize, predicate: impl Fn(&str) -> bool) -> BooleanArray {
    match text {
        Text::Constant(text) => {
            let answer = predicate(text.unwrap_or(""));
            BooleanArray::from(if answer { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) })
        }
        Text::Column(array) => BooleanArray::from(Memo::new(array, predicate).answers()),
    }
}

/// Answers for views seen before. A page with a dictionary decodes to views that share their bytes, so equal views are
/// equal texts and a repetitive column runs the predicate once for each distinct value.
struct Memo<'a, F> {
    array: &'a StringViewArray,
    predicate: F,
    slots: Vec<(u128, bool)>,
    hits: usize,
    state: State,
}

#[derive(PartialEq)]
enum State {
    /// Watching whether views repeat.
    Trying,
    Repeating,
    Distinct,
}

/// Each view has one slot it may be remembered in.
const SLOT_BITS: u32 = 9;
/// Rows after which it is decided whether remembering pays, and the repeats that it takes.
const TRIAL_ROWS: usize = 256;
const TRIAL_HITS: usize = 48;
/// No view: its length would be that of 4 GB.
const NO_VIEW: u128 = u128::MAX;

impl<'a, F: Fn(&str) -> bool> Memo<'a, F> {
    fn new(array: &'a StringViewArray, predicate: F) -> Self {
        Memo { array, predicate, slots: vec![(NO_VIEW, false); 1 << SLOT_BITS], hits: 0, state: State::Trying }
    }

    fn answers(mut self) -> BooleanBuffer {
        let trial = self.array.len().min(TRIAL_ROWS);
        BooleanBuffer::collect_bool(self.array.len(), |row| {
            if row == trial {
                self.state = if self.hits >= TRIAL_HITS { State::Repeating } else { State::Distinct };
            }
            if self.state == State::Distinct { self.computed(row) } else { self.remembered(row) }
        })
    }

    fn remembered(&mut self, row: usize) -> bool {
        let view = self.array.views()[row];
        let slot = slot_of(view);
        if self.slots[slot].0 == view && self.array.is_valid(row) {
            self.hits += 1;
            return self.slots[slot].1;
        }
        let answer = self.computed(row);
        if self.array.is_valid(row) {
            self.slots[slot] = (view, answer);
        }
        answer
    }

    #[inline]
    fn computed(&self, row: usize) -> bool {
        (self.predicate)(if self.array.is_valid(row) { self.array.value(row) } else { "" })
    }
}

fn slot_of(view: u128) -> usize {
    let folded = (view as u64) ^ ((view >> 64) as u64);
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_repetitive_column_is_computed_once_per_value() {
        let once = StringViewArray::from(vec!["a long text beyond inlining", "b"]);
        let indexes: Vec<u32> = (0..4000).map(|row| row % 2).collect();
        let repeated = arrow::compute::take(&once, &arrow::array::UInt32Array::from(indexes), None).unwrap();
        let calls = Cell::new(0);
        let column = Text::Column(arrow::array::AsArray::as_string_view(&repeated));
        let answers = matching(column, 4000, |text| {
            calls.set(calls.get() + 1);
            text == "b"
        });
        assert_eq!((answers.true_count(), calls.get()), (2000, 2));
    }

    #[test]
    fn a_null_reads_as_empty_text() {
        let texts = StringViewArray::from(vec![Some("x"), None]);
        assert_eq!(matching(Text::Column(&texts), 2, str::is_empty), BooleanArray::from(vec![false, true]));
    }
}
