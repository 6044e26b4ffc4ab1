//! What was computed from texts, remembered by their views.
//!
//! A dictionary page decodes to views that share their bytes, so in a repetitive column the same few views come again and
//! again, from batch to batch. Comparing a view is comparing sixteen bytes; the text behind it is read once.

use arrow::array::StringViewArray;
use arrow::buffer::Buffer;

/// Texts of up to so many bytes stand in the view itself.
const INLINE: u32 = 12;
/// No view: its length would be that of 4 GB.
const NO_VIEW: u128 = u128::MAX;
/// The 32 bits of a view that say which buffer its text is in.
const BUFFER: u32 = 64;
const FIRST_SLOTS: usize = 1 << 8;
/// As many as dictionaries of a few row groups have texts.
const MOST_SLOTS: usize = 1 << 16;
/// Columns of more buffers are no dictionary's, so theirs are not looked for in the next one.
const MOST_BUFFERS: usize = 16;

/// A value for each of the texts seen last.
#[derive(Debug, Clone)]
pub(crate) struct ViewMemo<V> {
    /// Each view has one slot in which it may be remembered.
    slots: Vec<(u128, V)>,
    /// The buffers of the last column and their numbers. Held, so that no other buffer comes to lie where they were.
    buffers: Vec<(Buffer, u32)>,
    /// How many buffers have had a number.
    numbered: u32,
    /// Texts computed since there were as many slots as now.
    misses: usize,
}

impl<V: Copy + Default> ViewMemo<V> {
    pub(crate) fn new() -> Self {
        ViewMemo { slots: Vec::new(), buffers: Vec::new(), numbered: 0, misses: 0 }
    }

    /// The memo for the texts of one column.
    pub(crate) fn column<'a>(&'a mut self, texts: &'a StringViewArray) -> Column<'a, V> {
        if self.slots.is_empty() {
            self.slots = vec![(NO_VIEW, V::default()); FIRST_SLOTS];
        }
        let buffers = texts.data_buffers();
        if (u32::MAX - self.numbered) as usize <= buffers.len() {
            *self = ViewMemo { slots: vec![(NO_VIEW, V::default()); FIRST_SLOTS], ..ViewMemo::new() };
        }
        let numbers: Vec<u32> = buffers.iter().map(|buffer| self.number(buffer)).collect();
        self.buffers = if buffers.len() <= MOST_BUFFERS {
            buffers.iter().cloned().zip(numbers.iter().copied()).collect()
        } else {
            Vec::new()
        };
        Column { memo: self, texts, numbers }
    }

    /// Whether texts of this column may be remembered because of the buffer that they are in.
    pub(crate) fn has_seen(&self, texts: &StringViewArray) -> bool {
        texts.data_buffers().first().is_some_and(|buffer| self.known(buffer).is_some())
    }

    fn known(&self, buffer: &Buffer) -> Option<u32> {
        let same = |it: &Buffer| it.as_ptr() == buffer.as_ptr() && it.len() == buffer.len();
        self.buffers.iter().find(|(it, _)| same(it)).map(|(_, number)| *number)
    }

    fn number(&mut self, buffer: &Buffer) -> u32 {
        self.known(buffer).unwrap_or_else(|| {
            self.numbered += 1;
            self.numbered
        })
    }

    fn remember(&mut self, view: u128, value: V) {
        self.misses += 1;
        if self.misses > self.slots.len() && self.slots.len() < MOST_SLOTS {
            self.grow();
        }
        let slot = self.slot_of(view);
        self.slots[slot] = (view, value);
    }

    fn grow(&mut self) {
        let wider = vec![(NO_VIEW, V::default()); self.slots.len() * 4];
        let narrower = std::mem::replace(&mut self.slots, wider);
        self.misses = 0;
        for (view, value) in narrower.into_iter().filter(|(view, _)| *view != NO_VIEW) {
            let slot = self.slot_of(view);
            self.slots[slot] = (view, value);
        }
    }

    #[inline]
    fn slot_of(&self, view: u128) -> usize {
        let folded = (view as u64) ^ ((view >> 64) as u64).rotate_left(23);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (self.slots.len() - 1)
    }

    /// Bytes on the heap but those of buffers, which are the column's.
    pub(crate) fn size(&self) -> usize {
        self.slots.capacity() * size_of::<(u128, V)>()
    }
}

/// A column whose texts are looked up in a [`ViewMemo`].
pub(crate) struct Column<'a, V> {
    memo: &'a mut ViewMemo<V>,
    texts: &'a StringViewArray,
    /// The number of each buffer, which stands for its position: another column has other buffers there.
    numbers: Vec<u32>,
}

impl<V: Copy + Default> Column<'_, V> {
    /// The value of a row's text, if it is remembered.
    #[inline]
    pub(crate) fn find(&self, row: usize) -> Option<V> {
        let view = self.numbered(self.texts.views()[row]);
        let (known, value) = self.memo.slots[self.memo.slot_of(view)];
        (known == view).then_some(value)
    }

    /// The value of a row's text, computed unless it is remembered; of a null row, that of whatever lies there.
    #[inline]
    pub(crate) fn get(&mut self, row: usize, compute: impl FnOnce(&str) -> V) -> V {
        self.find(row).unwrap_or_else(|| {
            let value = compute(self.texts.value(row));
            self.memo.remember(self.numbered(self.texts.views()[row]), value);
            value
        })
    }

    #[inline]
    fn numbered(&self, view: u128) -> u128 {
        if view as u32 <= INLINE {
            return view;
        }
        let number = self.numbers[(view >> BUFFER) as u32 as usize];
        (view & !(u128::from(u32::MAX) << BUFFER)) | (u128::from(number) << BUFFER)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, UInt32Array};
    use arrow::compute::take;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_comes_again_in_the_same_buffer_is_computed_once() {
        let once = StringViewArray::from(vec!["a long text beyond inlining", "b"]);
        let rows: UInt32Array = (0..1000).map(|row| row % 2).collect();
        let repeated = take(&once, &rows, None).unwrap();
        let (mut memo, mut computed) = (ViewMemo::new(), 0);
        for _ in 0..3 {
            let mut column = memo.column(repeated.as_string_view());
            for row in 0..1000 {
                let length = column.get(row, |text| {
                    computed += 1;
                    text.len()
                });
                assert_eq!(length, repeated.as_string_view().value(row).len());
            }
        }
        assert_eq!(computed, 2);
        assert!(memo.has_seen(repeated.as_string_view()));
    }

    proptest! {
        /// Also where buffers are freed and others come to lie at their address, and where slots are too few.
        #[test]
        fn what_is_remembered_is_what_was_computed(
            columns in prop::collection::vec((prop::collection::vec("[ab]{0,3}|[ab]{13,15}|[a-z]{20}", 1..300), 0_usize..3), 1..12),
        ) {
            let mut memo = ViewMemo::new();
            for (texts, repeats) in columns {
                let texts = StringViewArray::from_iter_values(texts);
                for _ in 0..=repeats {
                    let mut column = memo.column(&texts);
                    for row in 0..texts.len() {
                        let found = column.get(row, |text| xxhash_rust::xxh64::xxh64(text.as_bytes(), 0));
                        prop_assert_eq!(found, xxhash_rust::xxh64::xxh64(texts.value(row).as_bytes(), 0));
                    }
                }
            }
        }
    }
}
