//! Values by rank: exact up to 65,536 values of a group, within about a thousandth of the rank from then on.
//!
//! The sketch is a deterministic relative of KLL (Karnin, Lang, Liberty 2016): a value on level `h` stands for `2^h`. A
//! full level is sorted, and every other value of it moves up, the odd and the even ones in turn so that errors cancel.
//! Unlike the reference's t-digest it only ever answers values that were there.

use std::fmt::Write;

use arrow::datatypes::ArrowNativeType;
use vizsla_functions::{Value, dynamic};
use vizsla_schema::KqlType as T;

/// How many values a level holds.
const FULL: usize = 1 << 16;

/// Integers by rank. Reals are mapped to integers of the same order with [`of_real`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Quantiles {
    levels: Vec<Vec<i64>>,
    /// Bit `h`: whether level `h` gives its odd values the next time.
    odd: u64,
}

impl Quantiles {
    /// Adds a value as often as `weight` says.
    pub(crate) fn add(&mut self, value: i64, weight: u64) {
        let mut left = weight;
        while left != 0 {
            let level = left.trailing_zeros() as usize;
            self.push(level, &[value]);
            left &= left - 1;
        }
    }

    /// Adds what another has seen.
    pub(crate) fn merge(&mut self, other: &Quantiles) {
        for (level, values) in other.levels.iter().enumerate() {
            values.chunks(FULL / 2).for_each(|chunk| self.push(level, chunk));
        }
    }

    fn push(&mut self, level: usize, values: &[i64]) {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        self.levels[level].extend(values);
        // The top level has no place to go: a weight of 2^63 is beyond any data.
        if self.levels[level].len() <= FULL || level == 63 {
            return;
        }
        let mut full = std::mem::take(&mut self.levels[level]);
        full.sort_unstable();
        // An odd one out stays, so that weights add up.
        let stays = if full.len() % 2 == 1 { full.pop() } else { None };
        self.levels[level].extend(stays);
        let skip = usize::from(self.odd >> level & 1 == 1);
        self.odd ^= 1 << level;
        let up: Vec<i64> = full.into_iter().skip(skip).step_by(2).collect();
        self.push(level + 1, &up);
    }

    /// The least value such that `percent` of all are not greater (nearest rank), for each; `None` without values.
    pub(crate) fn at(&self, percents: &[f64]) -> Option<Vec<i64>> {
        let weighted = |(level, values): (usize, &Vec<i64>)| {
            values.iter().map(move |value| (*value, 1_u128 << level)).collect::<Vec<_>>()
        };
        let mut values: Vec<(i64, u128)> = self.levels.iter().enumerate().flat_map(weighted).collect();
        values.sort_unstable();
        let mut total = 0;
        for (_, weight) in &mut values {
            total += *weight;
            *weight = total; // from here on how many are not greater
        }
        let (last, _) = *values.last()?;
        let value_at = |percent: &f64| {
            // 99.9 % of 1000 is rank 999, whatever the float says.
            let rank = (percent.clamp(0.0, 100.0) * total as f64 / 100.0 - 1e-9).ceil();
            let position = values.partition_point(|(_, upto)| (*upto as f64) < rank);
            values.get(position).map_or(last, |(value, _)| *value)
        };
        Some(percents.iter().map(value_at).collect())
    }

    /// Bytes on the heap.
    pub(crate) fn heap(&self) -> usize {
        let levels: usize = self.levels.iter().map(Vec::capacity).sum();
        levels * size_of::<i64>() + self.levels.capacity() * size_of::<Vec<i64>>()
    }

    /// A compact form for partial states, read by [`Quantiles::from_bytes`].
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.odd.to_le_bytes().to_vec();
        for level in &self.levels {
            bytes.extend((level.len() as u64).to_le_bytes());
            level.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        }
        bytes
    }

    /// Reads what [`Quantiles::to_bytes`] wrote; of anything else, what makes sense.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Quantiles {
        let mut words = bytes.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        let odd = words.next().unwrap_or(0);
        let mut levels = Vec::new();
        while let Some(length) = words.next() {
            levels.push(words.by_ref().take(length.as_usize()).map(u64::cast_signed).collect());
        }
        Quantiles { levels, odd }
    }

    /// The JSON that `tdigest` answers, our choice: `["real",[[values that count once],[twice],[four times]]]`.
    pub(crate) fn to_json(&self, ty: T, out: &mut String) {
        let _ = write!(out, "[\"{ty}\",{:?}]", self.levels); // writing to a String cannot fail
        out.retain(|c| c != ' ');
    }

    /// Reads what [`Quantiles::to_json`] wrote, and the type of the values; `None` for any other JSON.
    pub(crate) fn from_json(text: &str) -> Option<(Quantiles, T)> {
        let (ty, levels): (String, Vec<Vec<i64>>) = serde_json::from_str(text).ok()?;
        let ty = T::parse(&ty)?;
        (levels.len() <= 64).then_some((Quantiles { levels, odd: 0 }, ty))
    }
}

/// The value at `percent` of a `tdigest` value as JSON (`percentile_tdigest`); `None` if there is none.
pub(crate) fn percentile_tdigest(json: &str, percent: f64) -> Option<String> {
    let (digest, ty) = Quantiles::from_json(json)?;
    let [value] = digest.at(&[percent])?[..] else { return None };
    Some(value_json(value, ty))
}

/// A value as an element of a dynamic.
pub(super) fn value_json(value: i64, ty: T) -> String {
    let one = match ty {
        T::Real => Value::Real(to_real(value)),
        T::DateTime => Value::DateTime(value),
        T::TimeSpan => Value::TimeSpan(value),
        _ => Value::Long(value),
    };
    let mut out = String::new();
    dynamic::encode(&one.to_array(), 0, one.ty(), &mut out);
    out
}

/// An integer that compares with others as the real does; NaN is above all, both zeros are one.
pub(crate) fn of_real(value: f64) -> i64 {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    let bits = value.to_bits().cast_signed();
    if bits < 0 { i64::MIN - bits } else { bits }
}

/// The real that [`of_real`] made an integer of.
pub(crate) fn to_real(value: i64) -> f64 {
    let bits = if value < 0 { i64::MIN - value } else { value };
    f64::from_bits(bits.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles_of(values: impl IntoIterator<Item = i64>) -> Quantiles {
        let mut quantiles = Quantiles::default();
        values.into_iter().for_each(|value| quantiles.add(value, 1));
        quantiles
    }

    #[test]
    fn ranks_are_nearest_and_exact_while_few() {
        let ten = quantiles_of([15, 20, 35, 40, 50]);
        for (percent, expected) in [(0.0, 15), (5.0, 15), (30.0, 20), (40.0, 20), (50.0, 35), (100.0, 50), (250.0, 50)]
        {
            assert_eq!(ten.at(&[percent]), Some(vec![expected]), "{percent}");
        }
        assert_eq!(quantiles_of(1..=1000).at(&[7.0, 99.9]), Some(vec![70, 999]));
        assert_eq!(Quantiles::default().at(&[50.0]), None);
    }

    #[test]
    fn weights_count_as_repetitions() {
        let mut weighted = Quantiles::default();
        for (weight, value) in [(8, 10), (6, 20), (3, 30), (1, 40)] {
            weighted.add(value, weight);
        }
        assert_eq!(weighted.at(&[50.0, 75.0, 99.9]), Some(vec![20, 20, 40])); // [emulator]
    }

    #[test]
    fn ranks_of_many_are_off_by_less_than_a_thousandth() {
        let count = 3_000_000;
        let scrambled = (0..count).map(|it: i64| it * 7_919 % count);
        let mut halves = quantiles_of(scrambled.clone().take(1_000_000));
        halves.merge(&quantiles_of(scrambled.skip(1_000_000)));
        for percent in [0.1, 5.0, 50.0, 99.0, 99.9] {
            let found = halves.at(&[percent]).expect("there are values")[0];
            let off = (found as f64 - percent / 100.0 * count as f64).abs() / count as f64;
            assert!(off < 0.001, "{percent}: off by {off}");
        }
        assert!(halves.heap() < 16 << 20);
    }

    #[test]
    fn digests_survive_being_written() {
        let quantiles = quantiles_of([1.0, 2.0, -2.5].map(of_real));
        let mut json = String::new();
        quantiles.to_json(T::Real, &mut json);
        assert_eq!(Quantiles::from_json(&json), Some((quantiles.clone(), T::Real)));
        assert_eq!(Quantiles::from_bytes(&quantiles.to_bytes()), quantiles);
        assert_eq!(percentile_tdigest(&json, 0.0).as_deref(), Some("-2.5"));
        assert_eq!(percentile_tdigest("{}", 50.0), None);
    }

    #[test]
    fn reals_keep_their_order_as_integers() {
        let ascending = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 2.5, f64::INFINITY, f64::NAN];
        assert!(ascending.map(of_real).is_sorted());
        assert_eq!(of_real(-0.0), of_real(0.0));
        assert_eq!(ascending.map(|value| to_real(of_real(value)).to_bits()), ascending.map(f64::to_bits));
    }
}
