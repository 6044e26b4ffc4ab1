//! Units of time: what files count in, and ticks.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::error::ArrowError;
use vizsla_schema::{KqlType, Ticks};

use super::text::null_to_empty;
use crate::ticks;

/// How a file counts time: `ticks = value × ticks_per_unit ÷ units_per_tick + origin`, rounded down.
///
/// One of the two factors is 1. Monotonic, so a range of ticks is a range of file values: see [`FileTicks::first_at`] and
/// [`FileTicks::last_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileTicks {
    /// Ticks in one unit of the file.
    pub ticks_per_unit: i64,
    /// Units of the file in one tick.
    pub units_per_tick: i64,
    /// The ticks of the file's 0.
    pub origin: i64,
}

impl FileTicks {
    /// The ticks of a file value, if a 64-bit number holds them. Whether that is a datetime is not checked.
    #[must_use]
    pub fn to_ticks(self, value: i64) -> Option<i64> {
        value.div_euclid(self.units_per_tick).checked_mul(self.ticks_per_unit)?.checked_add(self.origin)
    }

    /// The smallest file value at or after `ticks`: `plan >= ticks` exactly where `file >= first_at(ticks)`, and nowhere
    /// if there is none.
    #[must_use]
    pub fn first_at(self, ticks: i64) -> Option<i64> {
        let whole = i128::from(ticks) - i128::from(self.origin);
        let per_unit = i128::from(self.ticks_per_unit);
        let first = (whole + per_unit - 1).div_euclid(per_unit) * i128::from(self.units_per_tick);
        i64::try_from(first.max(i128::from(i64::MIN))).ok()
    }

    /// The largest file value at or before `ticks`: `plan <= ticks` exactly where `file <= last_at(ticks)`, and nowhere
    /// if there is none.
    #[must_use]
    pub fn last_at(self, ticks: i64) -> Option<i64> {
        let whole = i128::from(ticks) - i128::from(self.origin);
        let units = i128::from(self.units_per_tick);
        let last = whole.div_euclid(i128::from(self.ticks_per_unit)) * units + units - 1;
        i64::try_from(last.min(i128::from(i64::MAX))).ok()
    }
}

/// How a column of that type counts what becomes an instant or a duration; none if it does not count time.
pub(super) fn unit(file: &DataType, plan: KqlType) -> Option<FileTicks> {
    let factors = |unit: &TimeUnit| match unit {
        TimeUnit::Second => (Ticks::PER_SECOND, 1),
        TimeUnit::Millisecond => (Ticks::PER_SECOND / 1000, 1),
        TimeUnit::Microsecond => (Ticks::PER_SECOND / 1_000_000, 1),
        TimeUnit::Nanosecond => (1, 100),
    };
    let instant = plan == KqlType::DateTime;
    let ((ticks_per_unit, units_per_tick), since_1970) = match file {
        DataType::Timestamp(unit, _) if instant => (factors(unit), true),
        DataType::Date32 if instant => ((Ticks::PER_DAY, 1), true),
        DataType::Date64 if instant => (factors(&TimeUnit::Millisecond), true),
        DataType::Duration(unit) | DataType::Time32(unit) | DataType::Time64(unit) if !instant => {
            (factors(unit), false)
        }
        integer if integer.is_integer() => ((1, 1), false),
        _ => return None,
    };
    Some(FileTicks { ticks_per_unit, units_per_tick, origin: if since_1970 { Ticks::UNIX_EPOCH.0 } else { 0 } })
}

/// A column that counts time, as ticks. `ty` is what they are; instants outside of the language's years are null.
pub(super) fn to_ticks(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    let Some(unit) = unit(array.data_type(), ty) else {
        return Ok(super::missing(ty, array.len()));
    };
    let counts = counts(array)?;
    let counts = counts.as_primitive::<Int64Type>();
    let range = match ty {
        KqlType::DateTime => (unit.first_at(Ticks::MIN.0), unit.last_at(Ticks::MAX.0)),
        _ => (unit.first_at(i64::MIN), unit.last_at(i64::MAX)),
    };
    let (Some(least), Some(most)) = range else {
        return Ok(super::missing(ty, array.len()));
    };
    let fits = |value: i64| (least..=most).contains(&value);
    // Nearly always all values fit; asking first keeps the conversion a loop without branches.
    if counts.values().iter().fold(true, |all, value| all & fits(*value)) {
        let FileTicks { ticks_per_unit, units_per_tick, origin } = unit;
        return Ok(Arc::new(match units_per_tick {
            1 => counts.unary::<_, Int64Type>(|v| v * ticks_per_unit + origin),
            _ => counts.unary::<_, Int64Type>(|v| v.div_euclid(units_per_tick) + origin),
        }));
    }
    let in_range = |v: i64| unit.to_ticks(v).filter(|_| fits(v));
    Ok(Arc::new(counts.iter().map(|v| v.and_then(in_range)).collect::<Int64Array>()))
}

/// The bare numbers of a column that counts time.
fn counts(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Date32 | DataType::Time32(_) => cast(&cast(array, &DataType::Int32)?, &DataType::Int64),
        _ => cast(array, &DataType::Int64),
    }
}

/// Ticks as text, quoted if it is to be JSON.
pub(super) fn to_text(ticks: &ArrayRef, ty: KqlType, json: bool) -> Result<ArrayRef, ArrowError> {
    let show = match ty {
        KqlType::DateTime => ticks::format_datetime,
        _ => ticks::format_timespan,
    };
    let mut shown = StringViewBuilder::with_capacity(ticks.len());
    for cell in ticks.as_primitive::<Int64Type>() {
        match (cell, json) {
            (Some(cell), true) => shown.append_value(format!("\"{}\"", show(cell))),
            (Some(cell), false) => shown.append_value(show(cell)),
            (None, _) => shown.append_null(),
        }
    }
    let shown: ArrayRef = Arc::new(shown.finish());
    Ok(if json { shown } else { null_to_empty(&shown) })
}
