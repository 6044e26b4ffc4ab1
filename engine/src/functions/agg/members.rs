//! Which values each group has: sets of small numbers.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// So many bytes of bits are worth having whatever is in them.
const FREE: usize = 1 << 20;
/// About what a pair takes in a hash table.
const PAIR: usize = 16;

/// Pairs of a group and the number of a value.
///
/// A bit for each possible pair, which stays in the processor's caches where groups share their values; a hash table where
/// so few of the bits would be set that it is smaller.
#[derive(Debug)]
pub(super) struct Members {
    sets: Sets,
    pairs: usize,
}

#[derive(Debug)]
enum Sets {
    /// `stride` words of bits for each group.
    Bits { words: Vec<u64>, stride: usize },
    /// The group in the upper half.
    Pairs(HashTable<u64>, DefaultHashBuilder),
}

impl Members {
    pub(super) fn new() -> Self {
        Members { sets: Sets::Bits { words: Vec::new(), stride: 1 }, pairs: 0 }
    }

    /// Adds a value to a group; whether it is new there.
    #[inline]
    pub(super) fn insert(&mut self, group: u32, value: u32) -> bool {
        let new = match &mut self.sets {
            Sets::Bits { words, stride } => {
                let (word, bit) = (value as usize / 64, 1 << (value % 64));
                let place = if word < *stride { words.get_mut(group as usize * *stride + word) } else { None };
                let Some(place) = place else {
                    self.make_room(group as usize, word);
                    return self.insert(group, value);
                };
                let new = *place & bit == 0;
                *place |= bit;
                new
            }
            Sets::Pairs(table, hasher) => put(table, hasher, (u64::from(group) << 32) | u64::from(value)),
        };
        self.pairs += usize::from(new);
        new
    }

    /// Makes a bit's place, or a hash table of the bits.
    #[cold]
    fn make_room(&mut self, group: usize, word: usize) {
        let Sets::Bits { words, stride } = &mut self.sets else { return };
        let groups = (words.len() / *stride).max(group + 1).max(words.len() / *stride * 3 / 2);
        let wider = (word + 1).next_power_of_two().max(*stride);
        if wider * groups * size_of::<u64>() > FREE + PAIR * self.pairs {
            self.sets = hashed(words, *stride, self.pairs);
            return;
        }
        if wider > *stride {
            let mut moved = vec![0; wider * groups];
            for (to, from) in moved.chunks_exact_mut(wider).zip(words.chunks_exact(*stride)) {
                to[..*stride].copy_from_slice(from);
            }
            (*words, *stride) = (moved, wider);
        }
        words.resize(groups * *stride, 0);
    }

    /// Bytes on the heap.
    pub(super) fn size(&self) -> usize {
        match &self.sets {
            Sets::Bits { words, .. } => words.capacity() * size_of::<u64>(),
            Sets::Pairs(table, _) => table.allocation_size(),
        }
    }
}

fn hashed(words: &[u64], stride: usize, pairs: usize) -> Sets {
    let (mut table, hasher) = (HashTable::with_capacity(pairs * 2), DefaultHashBuilder::default());
    for (at, word) in words.iter().enumerate() {
        let (group, first) = ((at / stride) as u64, (at % stride * 64) as u64);
        for bit in (0..64).filter(|bit| word >> bit & 1 == 1) {
            put(&mut table, &hasher, (group << 32) | (first + bit));
        }
    }
    Sets::Pairs(table, hasher)
}

#[inline]
fn put(table: &mut HashTable<u64>, hasher: &DefaultHashBuilder, pair: u64) -> bool {
    let entry = table.entry(hasher.hash_one(pair), |it| *it == pair, |it| hasher.hash_one(it));
    match entry {
        hashbrown::hash_table::Entry::Occupied(_) => false,
        hashbrown::hash_table::Entry::Vacant(place) => {
            place.insert(pair);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pair_is_new_once(pairs in prop::collection::vec((0_u32..40, 0_u32..300), 0..800), far in any::<bool>()) {
            // Far apart the bits are too many and a hash table takes over.
            let factor = if far { 9973 } else { 1 };
            let (mut members, mut naive) = (Members::new(), HashSet::new());
            for (group, value) in pairs {
                let pair = (group * factor, value * factor);
                prop_assert_eq!(members.insert(pair.0, pair.1), naive.insert(pair));
            }
            prop_assert!(members.size() <= 2 * (FREE + PAIR * naive.len().max(1) * 8));
        }
    }

    #[test]
    fn many_sparse_groups_become_a_hash_table() {
        let mut members = Members::new();
        for at in 0..200_000 {
            assert!(members.insert(at, at) && !members.insert(at, at));
        }
        assert!(matches!(members.sets, Sets::Pairs(..)));
    }
}
