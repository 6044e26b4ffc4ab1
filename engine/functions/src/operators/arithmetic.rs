//! `+ - * / %` and the minus sign.
//!
//! Integers wrap around (measured: `9223372036854775807 + 1` is the least long), `/` cuts toward zero, `%` is never
//! negative, and dividing an integer by zero is null. Times and decimals out of range are null.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Datum, Scalar};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{Float64Type, Int64Type, i256};
use arrow::error::ArrowError;

use crate::args::{Arg, Args};
use crate::datetime::calendar::in_range;
use crate::def::KernelResult;
use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};

/// Row-wise work that arrow does over whole buffers, constants included.
fn vectorised(args: &Args<'_>, op: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>) -> KernelResult {
    match (args.value(0), args.value(1)) {
        (Arg::Column(left), Arg::Column(right)) => op(left, right),
        (Arg::Column(left), Arg::Constant(right)) => op(left, &Scalar::new(right.clone())),
        (Arg::Constant(left), Arg::Column(right)) => op(&Scalar::new(left.clone()), right),
        (Arg::Constant(_), Arg::Constant(_)) => op(&args.array(0)?, &args.array(1)?),
    }
}

/// Integers or ticks, row by row.
fn longs(args: &Args<'_>, op: fn(i64, i64) -> Option<i64>) -> KernelResult {
    let (left, right) = (args.long(0), args.long(1));
    Ok(args.longs(|row| op(left.get(row)?, right.get(row)?)))
}

fn decimals(args: &Args<'_>, op: fn(i128, i128) -> Option<i128>) -> KernelResult {
    let (left, right) = (args.decimal(0), args.decimal(1));
    Ok(args.decimals(|row| op(left.get(row)?, right.get(row)?).and_then(decimal_in_range)))
}

fn decimal_in_range(units: i128) -> Option<i128> {
    (units.unsigned_abs() < 10u128.pow(u32::from(DECIMAL_PRECISION))).then_some(units)
}

pub(super) fn add(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::add_wrapping)
}

pub(super) fn subtract(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::sub_wrapping)
}

pub(super) fn multiply(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::mul_wrapping)
}

pub(super) fn divide_longs(args: &Args<'_>) -> KernelResult {
    longs(args, |left, right| (right != 0).then(|| left.wrapping_div(right)))
}

pub(super) fn divide_reals(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::div)
}

pub(super) fn modulo_longs(args: &Args<'_>) -> KernelResult {
    longs(args, |left, right| (right != 0).then(|| left.wrapping_rem_euclid(right)))
}

pub(super) fn modulo_reals(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.real(0), args.real(1));
    Ok(args.reals(|row| Some(left.get(row)?.rem_euclid(right.get(row)?))))
}

pub(super) fn add_timespans(args: &Args<'_>) -> KernelResult {
    longs(args, i64::checked_add)
}

pub(super) fn subtract_timespans(args: &Args<'_>) -> KernelResult {
    longs(args, i64::checked_sub)
}

/// `datetime + timespan`, and the other way round.
pub(super) fn move_datetime(args: &Args<'_>) -> KernelResult {
    longs(args, |left, right| left.checked_add(right).and_then(in_range))
}

pub(super) fn move_datetime_back(args: &Args<'_>) -> KernelResult {
    longs(args, |datetime, span| datetime.checked_sub(span).and_then(in_range))
}

/// `timespan * long`, and the other way round.
pub(super) fn scale_by_long(args: &Args<'_>) -> KernelResult {
    longs(args, i64::checked_mul)
}

pub(super) fn scale_by_real(args: &Args<'_>) -> KernelResult {
    let (span, factor) = (args.long(0), args.real(1));
    Ok(args.longs(|row| ticks(span.get(row)? as f64 * factor.get(row)?)))
}

pub(super) fn scale_real(args: &Args<'_>) -> KernelResult {
    let (factor, span) = (args.real(0), args.long(1));
    Ok(args.longs(|row| ticks(span.get(row)? as f64 * factor.get(row)?)))
}

pub(super) fn divide_timespan_by_real(args: &Args<'_>) -> KernelResult {
    let (span, divisor) = (args.long(0), args.real(1));
    Ok(args.longs(|row| ticks(span.get(row)? as f64 / divisor.get(row)?)))
}

pub(super) fn divide_timespans(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.long(0), args.long(1));
    Ok(args.reals(|row| Some(left.get(row)? as f64 / right.get(row)? as f64)))
}

/// A real as ticks, `None` where there are none such.
fn ticks(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

pub(super) fn add_decimals(args: &Args<'_>) -> KernelResult {
    decimals(args, i128::checked_add)
}

pub(super) fn subtract_decimals(args: &Args<'_>) -> KernelResult {
    decimals(args, i128::checked_sub)
}

pub(super) fn multiply_decimals(args: &Args<'_>) -> KernelResult {
    decimals(args, |left, right| {
        rounded_quotient(i256::from_i128(left).checked_mul(i256::from_i128(right))?, i256::from_i128(ONE))
    })
}

pub(super) fn divide_decimals(args: &Args<'_>) -> KernelResult {
    decimals(args, |left, right| {
        (right != 0).then_some(())?;
        rounded_quotient(i256::from_i128(left).checked_mul(i256::from_i128(ONE))?, i256::from_i128(right))
    })
}

pub(super) fn modulo_decimals(args: &Args<'_>) -> KernelResult {
    decimals(args, i128::checked_rem_euclid)
}

/// One `1` in units of a decimal.
const ONE: i128 = 10i128.pow(DECIMAL_SCALE as u32);

/// The quotient, rounded half away from zero.
fn rounded_quotient(dividend: i256, divisor: i256) -> Option<i128> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?;
    let twice = rest.checked_add(rest)?.wrapping_abs();
    let away = if twice < divisor.wrapping_abs() {
        i256::ZERO
    } else if (dividend < i256::ZERO) == (divisor < i256::ZERO) {
        i256::ONE
    } else {
        i256::MINUS_ONE
    };
    quotient.checked_add(away)?.to_i128()
}

pub(super) fn negate_long(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(args.array(0)?.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_neg)))
}

pub(super) fn negate_real(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(args.array(0)?.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| -value)))
}

pub(super) fn negate_timespan(args: &Args<'_>) -> KernelResult {
    let span = args.long(0);
    Ok(args.longs(|row| span.get(row)?.checked_neg()))
}

pub(super) fn negate_decimal(args: &Args<'_>) -> KernelResult {
    let value = args.decimal(0);
    Ok(args.decimals(|row| Some(-value.get(row)?)))
}
