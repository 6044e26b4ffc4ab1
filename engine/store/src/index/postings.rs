//! In which blocks each key is.
//!
//! The keys of a column are spread over buckets by their highest bits. In a bucket they stand in order, each as the
//! distance from the one before, then the number of its blocks, then the blocks. Only as many bits of a key are kept as
//! make it unlikely ([`SPARE`]) that an absent key looks like a present one. A key in so many blocks that it could not
//! prune is kept as being in all.
//!
//! ```text
//! [start of bucket: 4] × (buckets + 1)    bucket …    each: [checksum: 4] bits
//! ```

use std::ops::Range;

use roaring::RoaringBitmap;
use xxhash_rust::xxh64::xxh64;

use super::bits::{Reader, Writer};

/// Keys that a bucket has on average, as a power of two.
const BUCKET: u32 = 8;
/// Bits of a key beyond those that number it: a look-up of a key that is not there finds one by mistake in one of
/// 256 columns of a file.
const SPARE: u32 = 8;
/// A key in more than one of so many blocks is as good as in all.
const SELECTIVE: u64 = 4;
/// Bits of a hash that pairs keep.
const KEPT: u32 = 48;

/// A key and a block in one number, so that sorting sorts by key, then block.
pub(super) fn pair(hash: u64, block: u16) -> u64 {
    hash >> (64 - KEPT) << (64 - KEPT) | u64::from(block)
}

/// Where the postings of a column are in an index file, and how to read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postings {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) bucket_bits: u32,
}

/// Appends to `out`, which will stand at `base` in the index file, the postings of pairs in a segment of `blocks` blocks.
pub(super) fn write(mut pairs: Vec<u64>, blocks: u64, base: u64, out: &mut Vec<u8>) -> Postings {
    sort(&mut pairs);
    let start = base + out.len() as u64;
    let keys = pairs.chunk_by(|a, b| a >> 16 == b >> 16).count();
    let bucket_bits = keys.next_power_of_two().ilog2().saturating_sub(BUCKET).min(KEPT - BUCKET - SPARE);
    let buckets = 1_u64 << bucket_bits;
    let block_bits = bits_for(blocks);
    let mut starts: Vec<u32> = Vec::with_capacity(buckets as usize + 1);
    let mut data = Vec::new();
    let mut places: Vec<u64> = Vec::new();
    let mut rest = pairs.as_slice();
    for bucket in 0..buckets {
        starts.push(data.len() as u32);
        let (own, others) = rest.split_at(rest.partition_point(|pair| bucket_of(*pair, bucket_bits) <= bucket));
        rest = others;
        let same_key = |a: &u64, b: &u64| remainder(*a, bucket_bits) == remainder(*b, bucket_bits);
        let mut writer = Writer::default();
        writer.put_gamma(own.chunk_by(same_key).count() as u64 + 1);
        let mut last = 0;
        for same in own.chunk_by(same_key) {
            let key = remainder(same[0], bucket_bits);
            writer.put_rice(key - last, SPARE);
            last = key;
            // Keys that differ only in bits that are not kept share a posting.
            places.clear();
            places.extend(same.iter().map(|pair| pair & 0xffff));
            places.sort_unstable();
            places.dedup();
            if places.len() as u64 > blocks / SELECTIVE {
                places.clear();
                places.push(blocks);
            }
            writer.put_gamma(places.len() as u64);
            places.iter().for_each(|block| writer.put(*block, block_bits));
        }
        let bits = writer.finish();
        data.extend_from_slice(&checksum(&bits, start, bucket).to_le_bytes());
        data.extend_from_slice(&bits);
    }
    starts.push(data.len() as u32);
    starts.iter().for_each(|at| out.extend_from_slice(&at.to_le_bytes()));
    out.extend_from_slice(&data);
    Postings { start, length: base + out.len() as u64 - start, bucket_bits }
}

/// Parts into which pairs are spread before they are sorted, as a power of two.
const SPREAD: u32 = 10;
/// Fewer pairs fit into the processor's caches as they are.
const FEW: usize = 1 << 14;

/// Sorts pairs. Many are spread by their highest bits first, which are those of a hash, so that each part fits into the
/// caches while it is sorted.
fn sort(pairs: &mut Vec<u64>) {
    if pairs.len() < FEW {
        return pairs.sort_unstable();
    }
    let part = |pair: &u64| (pair >> (64 - SPREAD)) as usize;
    let mut ends = vec![0_usize; 1 << SPREAD];
    pairs.iter().for_each(|pair| ends[part(pair)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut spread = vec![0; pairs.len()];
    for pair in pairs.iter() {
        let at = &mut ends[part(pair)];
        spread[*at] = *pair;
        *at += 1;
    }
    let mut rest = spread.as_mut_slice();
    let mut start = 0;
    for end in ends {
        let (own, others) = rest.split_at_mut(end - start);
        own.sort_unstable();
        (rest, start) = (others, end);
    }
    *pairs = spread;
}

/// What a look-up of one key answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Blocks {
    /// It can be anywhere.
    All,
    /// It is in none but these.
    These(RoaringBitmap),
}

impl Postings {
    /// The blocks of a key, of `blocks` in the segment. `read` reads a range of the index file. `None` if what is there is
    /// not what [`write`] writes.
    pub(super) fn find(&self, hash: u64, blocks: u64, read: impl Fn(Range<u64>) -> Option<Vec<u8>>) -> Option<Blocks> {
        let wanted = pair(hash, 0);
        let bucket = bucket_of(wanted, self.bucket_bits);
        let table = ((1_u64 << self.bucket_bits) + 1) * 4;
        // A damaged directory may point anywhere.
        self.start.checked_add(table)?.checked_add(u64::from(u32::MAX))?;
        let at = self.start + bucket * 4;
        let starts = read(at..at + 8)?;
        let start = |bytes: &[u8]| Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)));
        let (from, to) = (start(starts.get(..4)?)?, start(starts.get(4..8)?)?);
        if from + 4 > to || table + to > self.length {
            return None;
        }
        let bytes = read(self.start + table + from..self.start + table + to)?;
        let (sum, bits) = bytes.split_at_checked(4)?;
        if *sum != checksum(bits, self.start, bucket).to_le_bytes() {
            return None;
        }
        let wanted = remainder(wanted, self.bucket_bits);
        let block_bits = bits_for(blocks);
        let mut reader = Reader::new(bits);
        let mut key = 0;
        for _ in 1..reader.take_gamma()? {
            key += reader.take_rice(SPARE)?;
            let count = reader.take_gamma()?;
            if key < wanted {
                reader.skip(count.checked_mul(u64::from(block_bits))?);
                continue;
            }
            if key > wanted {
                break;
            }
            let mut found = RoaringBitmap::new();
            for _ in 0..count {
                match reader.take(block_bits)? {
                    block if block < blocks => drop(found.insert(block as u32)),
                    block if block == blocks => return Some(Blocks::All),
                    _ => return None,
                }
            }
            return Some(Blocks::These(found));
        }
        Some(Blocks::These(RoaringBitmap::new()))
    }
}

/// A bucket belongs to its place: one that is read for another is noticed, as is an empty one that should not be.
fn checksum(bits: &[u8], start: u64, bucket: u64) -> u32 {
    xxh64(bits, start.rotate_left(32) ^ bucket) as u32
}

fn bucket_of(pair: u64, bucket_bits: u32) -> u64 {
    pair.checked_shr(64 - bucket_bits).unwrap_or(0)
}

/// The bits of a key that its bucket keeps.
fn remainder(pair: u64, bucket_bits: u32) -> u64 {
    pair << bucket_bits >> (64 - BUCKET - SPARE)
}

/// Bits of a block's number, and of the number that stands for all.
fn bits_for(blocks: u64) -> u32 {
    blocks.ilog2() + 1
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    #[test]
    fn many_pairs_are_sorted_like_few() {
        for count in [0, 1, FEW as u64 - 1, FEW as u64, 100_000] {
            let mut pairs: Vec<u64> = (0..count).map(|number| xxh3_64(&number.to_le_bytes())).collect();
            let mut right = pairs.clone();
            right.sort_unstable();
            sort(&mut pairs);
            assert!(pairs == right, "{count}");
        }
    }
}
