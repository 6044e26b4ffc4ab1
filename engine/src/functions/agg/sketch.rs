//! How many distinct values there were, from hashes alone: exact while they are few, HyperLogLog from then on.
//!
//! The estimator is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no
//! tables of corrections. Hashes are XXH64 without a seed, so that sketches written down by `hll` keep their meaning.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use xxhash_rust::xxh64::xxh64;

use crate::texts::ViewMemo;

/// How fine a sketch is: it has `2^bits` registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Precision {
    bits: u8,
}

impl Precision {
    /// The precision of accuracy level 0 to 4, by the table in the reference: errors of 1.6, 0.8, 0.4, 0.28, 0.2 %.
    pub(crate) fn of_accuracy(level: i64) -> Option<Precision> {
        let bits = *[12, 14, 16, 17, 18].get(usize::try_from(level).ok()?)?;
        Some(Precision { bits })
    }

    /// Level 1.
    pub(crate) const DEFAULT: Precision = Precision { bits: 14 };

    fn registers(self) -> usize {
        1 << self.bits
    }

    /// How many hashes are kept before there are registers: what takes about as much memory.
    fn exact(self) -> usize {
        self.registers() / 8
    }
}

/// A set of hashes, or what HyperLogLog keeps of it.
#[derive(Debug, Clone)]
pub(crate) enum Sketch {
    /// All distinct hashes so far.
    Exact(HashSet),
    /// For each prefix of the hash, the longest run of zeros that followed it, plus one.
    Registers(Box<[u8]>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Exact(HashSet::default())
    }
}

impl Sketch {
    /// Adds the hash of a value.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, precision: Precision) {
        match self {
            Sketch::Registers(registers) => raise(registers, hash, precision),
            Sketch::Exact(hashes) => {
                hashes.insert(hash);
                if hashes.len() > precision.exact() {
                    let mut registers = vec![0; precision.registers()].into_boxed_slice();
                    hashes.iter().for_each(|hash| raise(&mut registers, hash, precision));
                    *self = Sketch::Registers(registers);
                }
            }
        }
    }

    /// Adds what another sketch of the same precision has seen.
    pub(crate) fn merge(&mut self, other: &Sketch, precision: Precision) {
        match (&mut *self, other) {
            (here, Sketch::Exact(hashes)) => {
                if let Sketch::Exact(here) = here {
                    here.reserve(hashes.len());
                }
                hashes.iter().for_each(|hash| self.add(hash, precision));
            }
            (Sketch::Registers(here), Sketch::Registers(there)) => {
                here.iter_mut().zip(there).for_each(|(here, there)| *here = (*here).max(*there));
            }
            (Sketch::Exact(hashes), Sketch::Registers(there)) => {
                let mut registers = there.clone();
                hashes.iter().for_each(|hash| raise(&mut registers, hash, precision));
                *self = Sketch::Registers(registers);
            }
        }
    }

    /// Adds what [`Sketch::to_bytes`] wrote of a sketch of the same precision.
    pub(crate) fn merge_bytes(&mut self, bytes: &[u8], precision: Precision) {
        match (&mut *self, bytes.split_first()) {
            (Sketch::Exact(hashes), Some((&EXACT, added))) => {
                let added = added.as_chunks().0;
                // Room for all at once: hashes come in the order of another table, so they would crowd the beginning of
                // a smaller one.
                hashes.reserve(added.len());
                added.iter().for_each(|hash| self.add(u64::from_le_bytes(*hash), precision));
            }
            _ => self.merge(&Sketch::from_bytes(bytes), precision),
        }
    }

    /// The number of distinct values, estimated once there were many.
    pub(crate) fn count(&self) -> i64 {
        match self {
            Sketch::Exact(hashes) => hashes.len() as i64,
            Sketch::Registers(registers) => estimate(registers).round() as i64,
        }
    }

    /// Bytes on the heap.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Sketch::Exact(hashes) => hashes.heap(),
            Sketch::Registers(registers) => registers.len(),
        }
    }

    /// A compact form for partial states, read by [`Sketch::from_bytes`].
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Sketch::Exact(hashes) => std::iter::once(EXACT).chain(hashes.iter().flat_map(u64::to_le_bytes)).collect(),
            Sketch::Registers(registers) => std::iter::once(REGISTERS).chain(registers.iter().copied()).collect(),
        }
    }

    /// Reads what [`Sketch::to_bytes`] wrote; anything else is an empty sketch.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Sketch {
        match bytes.split_first() {
            Some((&EXACT, hashes)) => {
                Sketch::Exact(hashes.as_chunks().0.iter().copied().map(u64::from_le_bytes).collect())
            }
            Some((&REGISTERS, registers)) => Sketch::Registers(registers.into()),
            _ => Sketch::default(),
        }
    }

    /// The JSON that `hll` answers, our choice: `[[bits],[hashes],"registers"]`, a character for each register.
    pub(crate) fn to_json(&self, precision: Precision, out: &mut String) {
        let _ = write!(out, "[[{}],[", precision.bits); // writing to a String cannot fail
        match self {
            Sketch::Exact(hashes) => {
                let mut hashes: Vec<i64> = hashes.iter().map(u64::cast_signed).collect();
                hashes.sort_unstable(); // equal sets give equal text
                let text: Vec<String> = hashes.iter().map(ToString::to_string).collect();
                out.push_str(&text.join(","));
                out.push_str("],\"\"]");
            }
            Sketch::Registers(registers) => {
                out.push_str("],\"");
                out.extend(registers.iter().map(|register| char::from(DIGITS[usize::from(*register)])));
                out.push_str("\"]");
            }
        }
    }

    /// Reads what [`Sketch::to_json`] wrote; `None` for any other JSON.
    pub(crate) fn from_json(text: &str) -> Option<(Sketch, Precision)> {
        let ([bits], hashes, registers): ([u8; 1], Vec<i64>, String) = serde_json::from_str(text).ok()?;
        let precision = (0..=4).filter_map(Precision::of_accuracy).find(|precision| precision.bits == bits)?;
        if registers.is_empty() {
            return Some((Sketch::Exact(hashes.into_iter().map(i64::cast_unsigned).collect()), precision));
        }
        let most = 64 - bits + 1;
        let digit =
            |c: u8| DIGITS.iter().position(|digit| *digit == c).map(|digit| digit as u8).filter(|it| *it <= most);
        let registers: Box<[u8]> = registers.bytes().map(digit).collect::<Option<_>>()?;
        (registers.len() == precision.registers()).then_some((Sketch::Registers(registers), precision))
    }
}

/// Appends the sketch of all values of some `hll` values, at the precision of the first; `false` if none of them is one.
pub(crate) fn merge_hll<'a>(sketches: impl Iterator<Item = &'a str>, out: &mut String) -> bool {
    let mut merged: Option<(Sketch, Precision)> = None;
    for (sketch, precision) in sketches.filter_map(Sketch::from_json) {
        match &mut merged {
            None => merged = Some((sketch, precision)),
            Some((all, of)) if *of == precision => all.merge(&sketch, precision),
            Some(_) => {}
        }
    }
    let Some((sketch, precision)) = merged else { return false };
    sketch.to_json(precision, out);
    true
}

/// The count that a `hll` value stands for (`dcount_hll`); `None` if the JSON is none.
pub(crate) fn dcount_hll(json: &str) -> Option<i64> {
    Sketch::from_json(json).map(|(sketch, _)| sketch.count())
}

const EXACT: u8 = 0;
const REGISTERS: u8 = 1;
/// Registers hold at most 64 - 12 + 1.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[inline]
fn raise(registers: &mut [u8], hash: u64, precision: Precision) {
    let index = (hash >> (64 - precision.bits)) as usize;
    // The bit below the used ones stops the run where the hash ends.
    let rest = (hash << precision.bits) | (1 << (precision.bits - 1));
    registers[index] = registers[index].max(rest.leading_zeros() as u8 + 1);
}

fn estimate(registers: &[u8]) -> f64 {
    let bits = registers.len().trailing_zeros() as usize;
    let longest = 64 - bits;
    let mut histogram = vec![0_u32; longest + 2];
    registers.iter().for_each(|register| histogram[usize::from(*register)] += 1);
    let m = registers.len() as f64;
    let mut z = m * tau(1.0 - f64::from(histogram[longest + 1]) / m);
    for count in histogram[1..=longest].iter().rev() {
        z = 0.5 * (z + f64::from(*count));
    }
    z += m * sigma(f64::from(histogram[0]) / m);
    m * m / (2.0 * std::f64::consts::LN_2 * z)
}

/// `x + Σ x^(2^k) 2^(k-1)` for `0 <= x <= 1`.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// `(1 - x - Σ (1 - x^(2^-k))^2 2^-k) / 3` for `0 <= x <= 1`.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

/// Distinct hashes in a table of their own: a hash is its own place, so that adding one touches memory once.
#[derive(Debug, Clone, Default)]
pub(crate) struct HashSet {
    /// A power of two of places, or none; 0 is an empty one. A hash stands at the first free place from its own on.
    places: Box<[u64]>,
    taken: usize,
    /// Whether the hash 0 is in the set.
    zero: bool,
}

impl HashSet {
    /// Adds a hash; whether it is new.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64) -> bool {
        if hash == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        if (self.taken + 1) * 4 > self.places.len() * 3 {
            self.reserve(1);
        }
        let new = place(&mut self.places, hash);
        self.taken += usize::from(new);
        new
    }

    pub(crate) fn len(&self) -> usize {
        self.taken + usize::from(self.zero)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        self.places.iter().copied().filter(|hash| *hash != 0).chain(self.zero.then_some(0))
    }

    /// Bytes on the heap.
    fn heap(&self) -> usize {
        size_of_val(&*self.places)
    }

    /// Makes room for so many more.
    fn reserve(&mut self, more: usize) {
        let places = ((self.taken + more) * 4 / 3 + 1).next_power_of_two().max(8);
        if places <= self.places.len() {
            return;
        }
        let mut grown = vec![0; places].into_boxed_slice();
        self.places.iter().filter(|hash| **hash != 0).for_each(|hash| {
            place(&mut grown, *hash);
        });
        self.places = grown;
    }
}

/// Puts a hash that is not 0 at its place, if it is not there yet; whether it was not.
#[inline]
fn place(places: &mut [u64], hash: u64) -> bool {
    let last = places.len() - 1;
    // Registers go by the first bits, and a group's table by the last ones.
    let mut at = hash as usize & last;
    loop {
        match places[at & last] {
            0 => break,
            there if there == hash => return false,
            _ => at += 1,
        }
    }
    places[at & last] = hash;
    true
}

impl FromIterator<u64> for HashSet {
    fn from_iter<I: IntoIterator<Item = u64>>(hashes: I) -> Self {
        let hashes = hashes.into_iter();
        let mut set = HashSet::default();
        set.reserve(hashes.size_hint().0);
        hashes.for_each(|hash| {
            set.insert(hash);
        });
        set
    }
}

/// The hash of each row in an array of plan type; of a null row, anything. Equal values of `int` and `long` hash alike.
pub(super) fn hashes(values: &ArrayRef) -> Vec<u64> {
    fn each<T>(values: impl Iterator<Item = T>, bytes: impl Fn(T) -> u64) -> Vec<u64> {
        values.map(bytes).collect()
    }
    let long = |value: i64| xxh64(&value.to_le_bytes(), 0);
    match values.data_type() {
        DataType::Utf8View => hashes_of_texts(values.as_string_view(), &mut ViewMemo::new()),
        DataType::Int32 => each(values.as_primitive::<Int32Type>().values().iter(), |value| long(i64::from(*value))),
        DataType::Int64 => each(values.as_primitive::<Int64Type>().values().iter(), |value| long(*value)),
        DataType::Float64 => each(values.as_primitive::<Float64Type>().values().iter(), |value| {
            let value = if value.is_nan() { f64::NAN } else { *value + 0.0 }; // one NaN, one zero
            xxh64(&value.to_le_bytes(), 0)
        }),
        DataType::Decimal128(..) => {
            each(values.as_primitive::<Decimal128Type>().values().iter(), |value| xxh64(&value.to_le_bytes(), 0))
        }
        DataType::Boolean => each(values.as_boolean().values().iter(), |value| long(i64::from(value))),
        other => unreachable!("no KQL type is planned as {other}"),
    }
}

/// As [`hashes`], for texts of which some may be remembered from batches before.
pub(super) fn hashes_of_texts(texts: &StringViewArray, memo: &mut ViewMemo<u64>) -> Vec<u64> {
    let mut column = memo.column(texts);
    (0..texts.len()).map(|row| column.get(row, |text| xxh64(text.as_bytes(), 0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch_of(values: std::ops::Range<u64>, precision: Precision) -> Sketch {
        let mut sketch = Sketch::default();
        values.for_each(|value| sketch.add(xxh64(&value.to_le_bytes(), 0), precision));
        sketch
    }

    #[test]
    fn few_are_counted_exactly_and_many_within_the_error() {
        for (level, error) in [(0, 0.016), (1, 0.008), (2, 0.004), (3, 0.0028), (4, 0.002)] {
            let precision = Precision::of_accuracy(level).expect("a level");
            for count in [0_u64, 1, 7, 500, 3_000, 40_000, 1_000_000] {
                let estimate = sketch_of(0..count, precision).count() as f64;
                let off = (estimate - count as f64).abs();
                let allowed = if count <= 512 { 0.0 } else { 4.0 * error * count as f64 };
                assert!(off <= allowed, "level {level}: {estimate} for {count}");
            }
        }
        assert_eq!(Precision::of_accuracy(5), None);
    }

    proptest::proptest! {
        #[test]
        fn a_set_of_hashes_is_a_set(hashes in proptest::collection::vec(0_u64..40, 0..200)) {
            let scattered = |hash: &u64| hash << (hash % 3 * 20);
            let set: HashSet = hashes.iter().map(scattered).collect();
            let naive: std::collections::BTreeSet<u64> = hashes.iter().map(scattered).collect();
            proptest::prop_assert_eq!(set.len(), naive.len());
            proptest::prop_assert_eq!(set.iter().collect::<std::collections::BTreeSet<u64>>(), naive);
        }
    }

    #[test]
    fn merging_equals_adding_all() {
        let precision = Precision::DEFAULT;
        for (left, right) in [(10, 20), (10, 9_000), (9_000, 10), (5_000, 9_000)] {
            let mut merged = sketch_of(0..left, precision);
            merged.merge(&sketch_of(left / 2..right, precision), precision);
            assert_eq!(merged.count(), sketch_of(0..right.max(left), precision).count(), "{left} and {right}");
        }
    }

    #[test]
    fn sketches_survive_being_written() {
        for count in [0, 5, 9_000] {
            let sketch = sketch_of(0..count, Precision::DEFAULT);
            let mut json = String::new();
            sketch.to_json(Precision::DEFAULT, &mut json);
            assert_eq!(dcount_hll(&json), Some(sketch.count()));
            assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).count(), sketch.count());
        }
        assert_eq!(dcount_hll("{\"a\":1}"), None);
    }
}
