//! `== != < <= > >=` and `between`, exact about nulls.
//!
//! `==` with one null is false and `!=` true; with two nulls both are null, as are the orderings with any (facts 2–4). So
//! neither is what SQL answers, and no row is lost to a null by `where x != 1`.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Datum, Int64Array, Scalar};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::{boolean, cmp};
use arrow::datatypes::Float64Type;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::args::{Arg, Args};
use crate::convert::{decimal_to_real, parse_datetime, parse_guid, parse_timespan};
use crate::datetime::calendar::in_range;
use crate::def::KernelResult;
use crate::dynamic::{self, Scalar as Json};
use crate::value::Value;

/// A comparison of two operands of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Comparison::Equal => ordering == Some(Ordering::Equal),
            Comparison::NotEqual => ordering != Some(Ordering::Equal),
            Comparison::Less => ordering == Some(Ordering::Less),
            Comparison::LessOrEqual => ordering.is_some_and(Ordering::is_le),
            Comparison::Greater => ordering == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
        }
    }

    /// Arrow's answer, null where an operand is. Right for every type but `real`, where arrow has NaN equal itself.
    fn of_arrays(self, left: &dyn Datum, right: &dyn Datum) -> Result<BooleanArray, ArrowError> {
        match self {
            Comparison::Equal => cmp::eq(left, right),
            Comparison::NotEqual => cmp::neq(left, right),
            Comparison::Less => cmp::lt(left, right),
            Comparison::LessOrEqual => cmp::lt_eq(left, right),
            Comparison::Greater => cmp::gt(left, right),
            Comparison::GreaterOrEqual => cmp::gt_eq(left, right),
        }
    }
}

pub(super) fn equal(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::Equal)
}

pub(super) fn not_equal(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::NotEqual)
}

pub(super) fn less(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::Less)
}

pub(super) fn less_or_equal(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::LessOrEqual)
}

pub(super) fn greater(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::Greater)
}

pub(super) fn greater_or_equal(args: &Args<'_>) -> KernelResult {
    compare(args, Comparison::GreaterOrEqual)
}

fn compare(args: &Args<'_>, comparison: Comparison) -> KernelResult {
    let answer = match (args.ty(0), args.ty(1)) {
        (KqlType::Dynamic, _) | (_, KqlType::Dynamic) => by_value(args, comparison)?,
        (KqlType::Real, _) => reals(args, comparison)?,
        _ => ordered(args, comparison)?,
    };
    Ok(match comparison {
        Comparison::Equal => Arc::new(settle_nulls(answer, args, false)),
        Comparison::NotEqual => Arc::new(settle_nulls(answer, args, true)),
        _ => Arc::new(answer),
    })
}

fn ordered(args: &Args<'_>, comparison: Comparison) -> Result<BooleanArray, ArrowError> {
    match (args.value(0), args.value(1)) {
        (Arg::Column(left), Arg::Column(right)) => comparison.of_arrays(left, right),
        (Arg::Column(left), Arg::Constant(right)) => comparison.of_arrays(left, &Scalar::new(right.clone())),
        (Arg::Constant(left), Arg::Column(right)) => comparison.of_arrays(&Scalar::new(left.clone()), right),
        (Arg::Constant(_), Arg::Constant(_)) => comparison.of_arrays(&args.array(0)?, &args.array(1)?),
    }
}

/// As IEEE 754 has it: NaN differs from everything, itself included, and `-0.0` is `0.0`.
fn reals(args: &Args<'_>, comparison: Comparison) -> Result<BooleanArray, ArrowError> {
    let (left, right) = (args.array(0)?, args.array(1)?);
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let (left, right) = (left.as_primitive::<Float64Type>().values(), right.as_primitive::<Float64Type>().values());
    let rows = 0..left.len();
    let values: BooleanBuffer = match comparison {
        Comparison::Equal => rows.map(|row| left[row] == right[row]).collect(),
        Comparison::NotEqual => rows.map(|row| left[row] != right[row]).collect(),
        Comparison::Less => rows.map(|row| left[row] < right[row]).collect(),
        Comparison::LessOrEqual => rows.map(|row| left[row] <= right[row]).collect(),
        Comparison::Greater => rows.map(|row| left[row] > right[row]).collect(),
        Comparison::GreaterOrEqual => rows.map(|row| left[row] >= right[row]).collect(),
    };
    Ok(BooleanArray::new(values, nulls))
}

/// Turns "null where an operand is null" into "`alone` where one is, null where both are".
fn settle_nulls(answer: BooleanArray, args: &Args<'_>, alone: bool) -> BooleanArray {
    let Some(valid) = answer.nulls().filter(|nulls| nulls.null_count() > 0) else { return answer };
    let values = if alone { answer.values() | &!valid.inner() } else { answer.values() & valid.inner() };
    let nulls = match (validity(args, 0), validity(args, 1)) {
        (Validity::All, _) | (_, Validity::All) => None,
        (Validity::None, Validity::None) => Some(NullBuffer::new_null(args.rows())),
        (Validity::None, Validity::Some(other)) | (Validity::Some(other), Validity::None) => Some(other),
        (Validity::Some(left), Validity::Some(right)) => Some(NullBuffer::new(left.inner() | right.inner())),
    };
    BooleanArray::new(values, nulls)
}

/// Which rows of an operand hold a value.
enum Validity {
    All,
    None,
    Some(NullBuffer),
}

fn validity(args: &Args<'_>, index: usize) -> Validity {
    match args.value(index) {
        Arg::Constant(one) if one.is_null(0) => Validity::None,
        Arg::Constant(_) => Validity::All,
        Arg::Column(array) => array.logical_nulls().map_or(Validity::All, Validity::Some),
    }
}

/// A dynamic against a value of another type: equal if it holds that value. Numbers compare as numbers whatever their type;
/// text is a datetime, timespan or guid where such a value is on the other side; anything else differs.
fn by_value(args: &Args<'_>, comparison: Comparison) -> Result<BooleanArray, ArrowError> {
    let (left, right) = (args.array(0)?, args.array(1)?);
    let orderings = (0..args.rows()).map(|row| {
        if left.is_null(row) || right.is_null(row) {
            return None;
        }
        let ordering = match (args.ty(0), args.ty(1)) {
            (KqlType::Dynamic, other) => order_of_dynamic(&left, &right, row, other),
            (other, _) => order_of_dynamic(&right, &left, row, other).map(Ordering::reverse),
        };
        match comparison {
            Comparison::Equal | Comparison::NotEqual => Some(comparison.holds(ordering)),
            _ => ordering.map(|ordering| comparison.holds(Some(ordering))),
        }
    });
    Ok(orderings.collect())
}

/// How what a dynamic holds (row `row` of `json`) compares with row `row` of `other`; `None` if the two have no order.
fn order_of_dynamic(json: &dyn Array, other: &dyn Array, row: usize, ty: KqlType) -> Option<Ordering> {
    let json = json.as_string_view().value(row);
    match (dynamic::scalar(json), Value::from_array(other, row, ty)) {
        (_, Value::Dynamic(other)) => dynamic::same(json, &other).then_some(Ordering::Equal),
        (Json::Text(text), Value::DateTime(ticks)) => Some(parse_datetime(&text)?.cmp(&ticks)),
        (Json::Text(text), Value::TimeSpan(ticks)) => Some(parse_timespan(&text)?.cmp(&ticks)),
        (Json::Long(left), Value::TimeSpan(ticks)) => Some(left.cmp(&ticks)), // as dynamic literals store them (fact 128)
        (Json::Text(text), Value::Guid(guid)) => Some(parse_guid(&text)?.cmp(&parse_guid(&guid)?)),
        (Json::Text(left), Value::String(right)) => Some(left.as_ref().cmp(&*right)),
        (Json::Bool(left), Value::Bool(right)) => Some(left.cmp(&right)),
        (Json::Long(left), Value::Int(right)) => Some(left.cmp(&i64::from(right))),
        (Json::Long(left), Value::Long(right)) => Some(left.cmp(&right)),
        (Json::Long(_) | Json::Real(_), right) => {
            let right = match right {
                Value::Int(right) => f64::from(right),
                Value::Long(right) => right as f64,
                Value::Real(right) => right,
                Value::Decimal(units) => decimal_to_real(units)?,
                _ => return None,
            };
            dynamic::number(json)?.partial_cmp(&right)
        }
        _ => None,
    }
}

/// `x between (low .. high)`, both ends included; null if any of the three is.
pub(super) fn between(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(is_between(args)?))
}

pub(super) fn not_between(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(boolean::not(&is_between(args)?)?))
}

fn is_between(args: &Args<'_>) -> Result<BooleanArray, ArrowError> {
    let values = [args.value(0), args.value(1), args.value(2)].map(Arg::clone);
    let [value, low, mut high] = values;
    let [value_type, low_type, mut high_type] = [args.ty(0), args.ty(1), args.ty(2)];
    if value_type == KqlType::DateTime && high_type == KqlType::TimeSpan {
        // `between (a .. 3d)` means up to `a + 3d`.
        high = Arg::Column(end_of_span(args));
        high_type = KqlType::DateTime;
    }
    let side = |bound: Arg, bound_type, comparison| {
        let pair = [value.clone(), bound];
        let types = [value_type, bound_type];
        let args = Args::new(&pair, &types, KqlType::Bool, args.rows());
        if value_type == KqlType::Real { reals(&args, comparison) } else { ordered(&args, comparison) }
    };
    boolean::and(&side(low, low_type, Comparison::GreaterOrEqual)?, &side(high, high_type, Comparison::LessOrEqual)?)
}

fn end_of_span(args: &Args<'_>) -> ArrayRef {
    let (start, span) = (args.long(1), args.long(2));
    let end = |row| start.get(row)?.checked_add(span.get(row)?).and_then(in_range);
    Arc::new((0..args.rows()).map(end).collect::<Int64Array>())
}
