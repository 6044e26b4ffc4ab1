//! Gathering what is kept of a column while its values pass by.
//!
//! Most cells of an export repeat a value that was there a moment ago, so that the work is done for values, not for
//! cells: where the file has a dictionary its keys are found once for each entry ([`Dictionary`]), elsewhere the keys of
//! the last few thousand values are remembered ([`Recent`]).

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use vizsla_schema::KqlType;
use xxhash_rust::xxh3::xxh3_64;

use super::file::Content;
use super::keys::Keys;
use super::{BLOCK, postings};

/// Gathers what is kept of a column in a segment.
#[derive(Debug)]
pub(super) enum Collector {
    Texts(Box<Texts>),
    Times(Vec<Option<(i64, i64)>>),
}

#[derive(Debug)]
pub(super) struct Texts {
    keys: Keys,
    pairs: Pairs,
    recent: Vec<Recent>,
    /// How often values were looked for among the recent ones, and found.
    asked: u32,
    found: u32,
    dictionary: Dictionary,
}

/// Which key is in which block.
#[derive(Debug)]
struct Pairs {
    all: Vec<u64>,
    /// Pairs that were added lately, each in the place that its key says. What is forgotten is added twice, which costs
    /// memory until the segment is written.
    seen: Vec<u64>,
    /// The last ones, and behind them room for more.
    last: [u64; LAST],
    filled: usize,
}

/// A value that was seen lately, in the place that its hash says. An empty text is none.
#[derive(Debug, Clone, Default)]
struct Recent {
    text: String,
    keys: Vec<u64>,
    /// The last block that it was added to.
    block: u16,
}

/// The entries of the row group's dictionary.
#[derive(Debug, Default)]
struct Dictionary {
    /// Held, so that no other dictionary can have the same address.
    values: Option<StringArray>,
    /// The last block that each entry was added to; [`NEVER`] at first. Two bytes an entry, as each cell looks here.
    blocks: Vec<u16>,
    /// Where the keys are of those that some row pointed to.
    ranges: Vec<Range<u32>>,
    keys: Vec<u64>,
}

/// No block; a segment has far fewer.
const NEVER: u16 = u16::MAX;
/// Places for pairs and for values that were seen lately.
const SEEN: usize = 1 << 10;
const RECENT: usize = 1 << 8;
/// Pairs that are handed on together.
const LAST: usize = 64;
/// Longer values are rarely the same again, and remembering them would cost memory.
const LONGEST: usize = 512;

impl Collector {
    pub(super) fn new(ty: KqlType, whole: bool) -> Collector {
        match ty {
            KqlType::DateTime => Collector::Times(Vec::new()),
            _ => Collector::Texts(Box::new(Texts {
                keys: Keys::new(whole),
                pairs: Pairs { all: Vec::new(), seen: vec![u64::MAX; SEEN], last: [0; LAST], filled: 0 },
                recent: Vec::new(),
                asked: 0,
                found: 0,
                dictionary: Dictionary::default(),
            })),
        }
    }

    /// Adds rows from `row` of the segment on: in the plan's type, or texts as [`dictionary`] says.
    pub(super) fn add(&mut self, array: &ArrayRef, row: u64) {
        match self {
            Collector::Texts(texts) => match array.as_dictionary_opt::<Int32Type>() {
                Some(array) => texts.add_dictionary(array, row),
                None => texts.add_views(array.as_string_view(), row),
            },
            Collector::Times(spans) => {
                for (row, cell) in (row..).zip(array.as_primitive::<Int64Type>()) {
                    if row % BLOCK == 0 {
                        spans.push(None);
                    }
                    let (Some(span), Some(at)) = (spans.last_mut(), cell) else { continue };
                    *span = Some(span.map_or((at, at), |(least, most)| (least.min(at), most.max(at))));
                }
            }
        }
    }

    /// What is kept, and its bytes, which will stand at `base` in the index file.
    pub(super) fn finish(self, rows: u64, base: u64) -> (Content, Vec<u8>) {
        match self {
            Collector::Texts(texts) => {
                let mut bytes = Vec::new();
                let postings = postings::write(texts.pairs.finish(), rows.div_ceil(BLOCK), base, &mut bytes);
                (Content::Keys { postings, whole: texts.keys.whole, left_out: texts.keys.left_out }, bytes)
            }
            Collector::Times(spans) => (Content::Spans(spans), Vec::new()),
        }
    }
}

/// How texts are read whose pages all have a dictionary.
pub(super) fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

impl Texts {
    fn add_views(&mut self, array: &StringViewArray, first: u64) {
        self.recent.resize(RECENT, Recent::default());
        let mut before = None;
        for (at, view) in array.views().iter().enumerate() {
            let block = block_of(first + at as u64);
            if before != Some((*view, block)) {
                before = Some((*view, block));
                self.add_text(array.value(at), block);
            }
        }
    }

    fn add_text(&mut self, text: &str, block: u16) {
        if text.is_empty() {
            return;
        }
        if text.len() > LONGEST || !self.repeats() {
            let pairs = &mut self.pairs;
            return self.keys.each(text, |key| pairs.add(key, block));
        }
        let place = xxh3_64(text.as_bytes()) >> (64 - RECENT.ilog2());
        let recent = &mut self.recent[place as usize];
        self.asked += 1;
        if recent.text == text {
            self.found += 1;
            if recent.block == block {
                return;
            }
        } else {
            recent.text.clear();
            recent.text.push_str(text);
            recent.keys.clear();
            self.keys.each(text, |key| recent.keys.push(key));
        }
        recent.block = block;
        recent.keys.iter().for_each(|key| self.pairs.add(*key, block));
    }

    /// Whether values come again often enough to be remembered.
    fn repeats(&self) -> bool {
        self.asked < 4 * RECENT as u32 || self.found > self.asked / 8
    }

    fn add_dictionary(&mut self, array: &DictionaryArray<Int32Type>, first: u64) {
        let values = array.values().as_string::<i32>();
        self.dictionary.follow(values);
        for (row, code) in (first..).zip(array.keys()) {
            let Some(code) = code.map(|code| code as usize) else { continue };
            let block = block_of(row);
            let before = std::mem::replace(&mut self.dictionary.blocks[code], block);
            if before != block {
                self.add_entry(values, code, block, before == NEVER);
            }
        }
    }

    fn add_entry(&mut self, values: &StringArray, code: usize, block: u16, is_new: bool) {
        let Dictionary { ranges, keys, .. } = &mut self.dictionary;
        if is_new {
            let start = keys.len() as u32;
            self.keys.each(values.value(code), |key| keys.push(key));
            ranges[code] = start..keys.len() as u32;
        }
        let range = ranges[code].clone();
        for key in &keys[range.start as usize..range.end as usize] {
            self.pairs.add(*key, block);
        }
    }
}

impl Pairs {
    /// Without a branch on whether the pair is new, which is as good as random.
    fn add(&mut self, key: u64, block: u16) {
        let pair = postings::pair(key, block);
        let before = std::mem::replace(&mut self.seen[(key >> (64 - SEEN.ilog2())) as usize], pair);
        self.last[self.filled] = pair;
        self.filled += usize::from(before != pair);
        if self.filled == LAST {
            self.all.extend_from_slice(&self.last);
            self.filled = 0;
        }
    }

    fn finish(mut self) -> Vec<u64> {
        self.all.extend_from_slice(&self.last[..self.filled]);
        self.all
    }
}

impl Dictionary {
    /// Forgets the entries if these are others.
    fn follow(&mut self, values: &StringArray) {
        let same =
            |held: &StringArray| held.offsets().ptr_eq(values.offsets()) && held.values().ptr_eq(values.values());
        if !self.values.as_ref().is_some_and(same) {
            self.blocks.clear();
            self.blocks.resize(values.len(), NEVER);
            self.ranges.resize(values.len(), 0..0);
            self.keys.clear();
            self.values = Some(values.clone());
        }
    }
}

/// A segment has fewer blocks than fit into sixteen bits.
fn block_of(row: u64) -> u16 {
    (row / BLOCK) as u16
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn bytes(adds: &[(ArrayRef, u64)], rows: u64) -> Vec<u8> {
        let mut collector = Collector::new(KqlType::String, true);
        adds.iter().for_each(|(array, row)| collector.add(array, *row));
        collector.finish(rows, 0).1
    }

    /// Two dictionaries of the same length one after the other, nulls, and values of every kind of length.
    #[test]
    fn a_dictionary_makes_the_same_index_as_its_values() {
        let cell = |row: u64, salt: &str| match row % 5 {
            0 => None,
            1 => Some(format!("short {salt}")),
            2 => Some(format!("run {salt}{} -enc 3f2504e0-4f89-11d3", row / 100)),
            3 => Some(format!("{salt}{} ", row / 50).repeat(200)),
            _ => Some(String::new()),
        };
        let (mut coded, mut plain) = (Vec::new(), Vec::new());
        for (part, salt) in (0..4).zip(["a", "b", "a", "c"]) {
            let cells: Vec<Option<String>> = (0..1000).map(|row| cell(row, salt)).collect();
            let cells: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
            let array: DictionaryArray<Int32Type> = cells.iter().copied().collect();
            let texts = StringViewArray::from_iter_values(cells.iter().map(|it| it.unwrap_or_default()));
            coded.push((Arc::new(array) as ArrayRef, part * 1000));
            plain.push((Arc::new(texts) as ArrayRef, part * 1000));
        }
        assert_eq!(bytes(&coded, 4000), bytes(&plain, 4000));
    }
}
