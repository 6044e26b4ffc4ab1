//! Distinct texts and their numbers, so that groups and sets are made of integers.

use std::hash::BuildHasher;

use arrow::array::{StringViewArray, StringViewBuilder};
use hashbrown::{DefaultHashBuilder, HashTable};

mod dictionary;
mod memo;

pub(crate) use dictionary::Dictionary;
pub(crate) use memo::ViewMemo;

/// Distinct texts, numbered in the order in which they were first seen.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Numbers by the hash of their text.
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// All texts, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let (all, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        let hash = hasher.hash_one(text);
        let same = |number: &u32| at(all, ends, *number) == text;
        let rehash = |number: &u32| hasher.hash_one(at(all, ends, *number));
        match self.table.entry(hash, same, rehash) {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                let number = u32::try_from(ends.len()).expect("memory ends before four billion texts");
                place.insert(number);
                self.text.push_str(text);
                self.ends.push(self.text.len());
                number
            }
        }
    }

    /// The text of a number that [`Texts::number`] gave.
    pub(crate) fn text(&self, number: u32) -> &str {
        at(&self.text, &self.ends, number)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts in the order of their numbers.
    pub(crate) fn to_array(&self) -> StringViewArray {
        let mut array = StringViewBuilder::with_capacity(self.len());
        (0..self.len()).for_each(|number| array.append_value(self.text(number as u32)));
        array.finish()
    }

    /// Bytes on the heap.
    pub(crate) fn size(&self) -> usize {
        self.table.allocation_size() + self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

fn at<'a>(all: &'a str, ends: &[usize], number: u32) -> &'a str {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &all[start..ends[number]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_as_they_come() {
        let mut texts = Texts::default();
        let numbers: Vec<u32> = ["b", "", "a", "b", "", "ä"].into_iter().map(|text| texts.number(text)).collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1, 3]);
        let all: Vec<String> = texts.to_array().iter().flatten().map(str::to_owned).collect();
        assert_eq!(all, ["b", "", "a", "ä"]);
    }
}
