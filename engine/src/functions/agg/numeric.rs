//! Counting, sums, extremes, bits and spread: what SQL has too, over DataFusion's accumulators.
//!
//! What differs is the answer for no rows (0 instead of null, fact 197), `min` and `max` of reals, where NaN wins
//! both, and that a string is never null.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate as df;
use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::def::{Param, Returns, Signature, ex, sig};
use vizsla_functions::value::{DECIMAL_PRECISION, DECIMAL_SCALE};
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::udaf::{Answer, aggregate_udf};
use super::wrapped::Wrapped;
use super::{AggCall, AggNaming, AggregateDef};

const BOOL: Param = Param::Is(T::Bool);

const COUNT: AggregateDef = AggregateDef {
    name: "count",
    signatures: &[sig(&[], Returns::Is(T::Long)), sig(&[Param::Any], Returns::Is(T::Long))],
    summary: "Counts rows; an argument changes nothing, nulls count too.",
    source: "count-aggregation-function",
    examples: &[ex("count()", "4"), ex("count(x)", "4")],
    naming: AggNaming::Prefix("count"),
    counts_rows: true,
    udaf: |_| df::count::count_udaf(),
    ..AggregateDef::BASE
};

const COUNTIF: AggregateDef = AggregateDef {
    name: "countif",
    signatures: &[sig(&[BOOL], Returns::Is(T::Long))],
    summary: "Counts the rows where the predicate is true.",
    source: "countif-aggregation-function",
    examples: &[ex("countif(b)", "2"), ex("countif(x > 1)", "2")],
    naming: AggNaming::Prefix("countif"),
    predicate: Some(0),
    ..COUNT
};

const SUM: AggregateDef = AggregateDef {
    name: "sum",
    signatures: &[
        sig(&[Param::Number], Returns::By(summed)),
        sig(&[Param::Exactly(T::TimeSpan)], Returns::Is(T::TimeSpan)),
    ],
    summary: "Sum of the values; 0 if there are none. A long wraps around at 64 bits.",
    source: "sum-aggregation-function",
    examples: &[ex("sum(x)", "6"), ex("sum(y)", "10.5")],
    naming: AggNaming::Prefix("sum"),
    udaf: sum,
    ..AggregateDef::BASE
};

const SUMIF: AggregateDef = AggregateDef {
    name: "sumif",
    signatures: &[
        sig(&[Param::Number, BOOL], Returns::By(summed)),
        sig(&[Param::Exactly(T::TimeSpan), BOOL], Returns::Is(T::TimeSpan)),
    ],
    summary: "Sum of the values where the predicate is true; 0 if there are none.",
    source: "sumif-aggregation-function",
    examples: &[ex("sumif(x, b)", "4"), ex("sumif(x, x > 5)", "0")],
    naming: AggNaming::Prefix("sumif"),
    predicate: Some(1),
    ..SUM
};

const MIN: AggregateDef = AggregateDef {
    name: "min",
    signatures: &ORDERABLE,
    summary: "The least value: strings by code point, NaN below all numbers; null if there are none.",
    source: "min-aggregation-function",
    examples: &[ex("min(x)", "1"), ex("min(y)", "2.0"), ex("min(s)", "")],
    naming: AggNaming::Prefix("min"),
    udaf: |call| extreme(call, Extreme::Min),
    ..AggregateDef::BASE
};

const MINIF: AggregateDef = AggregateDef {
    name: "minif",
    signatures: &ORDERABLE_IF,
    summary: "The least value where the predicate is true; null if there are none.",
    source: "minif-aggregation-function",
    examples: &[ex("minif(x, not(b))", "2")],
    naming: AggNaming::Prefix("minif"),
    predicate: Some(1),
    ..MIN
};

const MAX: AggregateDef = AggregateDef {
    name: "max",
    summary: "The greatest value: strings by code point, NaN above all numbers; null if there are none.",
    source: "max-aggregation-function",
    examples: &[ex("max(x)", "3"), ex("max(s)", "b")],
    naming: AggNaming::Prefix("max"),
    udaf: |call| extreme(call, Extreme::Max),
    ..MIN
};

const MAXIF: AggregateDef = AggregateDef {
    name: "maxif",
    summary: "The greatest value where the predicate is true; null if there are none.",
    source: "maxif-aggregation-function",
    examples: &[ex("maxif(x, not(b))", "2"), ex("maxif(x, x > 5)", "null")],
    naming: AggNaming::Prefix("maxif"),
    udaf: |call| extreme(call, Extreme::Max),
    ..MINIF
};

const BINARY_ALL_AND: AggregateDef = AggregateDef {
    name: "binary_all_and",
    signatures: &[sig(&[Param::Is(T::Long)], Returns::Is(T::Long))],
    summary: "The bits that are set in all values; null if there are none.",
    source: "binary-all-and-aggregation-function",
    examples: &[ex("binary_all_and(x)", "0")],
    naming: AggNaming::PassThrough,
    udaf: |_| df::bit_and_or_xor::bit_and_udaf(),
    ..AggregateDef::BASE
};

const BINARY_ALL_OR: AggregateDef = AggregateDef {
    name: "binary_all_or",
    summary: "The bits that are set in any value; null if there are none.",
    source: "binary-all-or-aggregation-function",
    examples: &[ex("binary_all_or(x)", "3")],
    udaf: |_| df::bit_and_or_xor::bit_or_udaf(),
    ..BINARY_ALL_AND
};

const BINARY_ALL_XOR: AggregateDef = AggregateDef {
    name: "binary_all_xor",
    summary: "The bits that are set in an odd number of values; null if there are none.",
    source: "binary-all-xor-aggregation-function",
    examples: &[ex("binary_all_xor(x)", "0")],
    udaf: |_| df::bit_and_or_xor::bit_xor_udaf(),
    ..BINARY_ALL_AND
};

const STDEV: AggregateDef = AggregateDef {
    name: "stdev",
    signatures: &[sig(&[Param::Number], Returns::Is(T::Real))],
    summary: "Standard deviation, the values being a sample (n - 1); 0 for fewer than two.",
    source: "stdev-aggregation-function",
    examples: &[ex("stdev(x)", "1.0"), ex("stdevif(x, x > 2)", "0.0")],
    naming: AggNaming::Prefix("stdev"),
    udaf: |call| spread(call, "stdev", df::stddev::stddev_udaf()),
    ..AggregateDef::BASE
};

const STDEVIF: AggregateDef = AggregateDef {
    name: "stdevif",
    signatures: &[sig(&[Param::Number, BOOL], Returns::Is(T::Real))],
    summary: "Standard deviation of a sample, where the predicate is true.",
    source: "stdevif-aggregation-function",
    naming: AggNaming::Prefix("stdevif"),
    predicate: Some(1),
    ..STDEV
};

const STDEVP: AggregateDef = AggregateDef {
    name: "stdevp",
    summary: "Standard deviation, the values being the whole population (n).",
    source: "stdevp-aggregation-function",
    examples: &[ex("stdevpif(x, x != 2)", "1.0")],
    naming: AggNaming::Prefix("stdevp"),
    udaf: |call| spread(call, "stdevp", df::stddev::stddev_pop_udaf()),
    ..STDEV
};

const STDEVPIF: AggregateDef = AggregateDef {
    name: "stdevpif",
    summary: "Standard deviation of a population, where the predicate is true.",
    source: "stdevpif-aggregation-function",
    naming: AggNaming::Prefix("stdevpif"),
    udaf: |call| spread(call, "stdevp", df::stddev::stddev_pop_udaf()),
    ..STDEVIF
};

const VARIANCE: AggregateDef = AggregateDef {
    name: "variance",
    summary: "Variance, the values being a sample (n - 1); 0 for fewer than two.",
    source: "variance-aggregation-function",
    examples: &[ex("variance(x)", "1.0"), ex("variance(y)", "1.75")],
    naming: AggNaming::Prefix("variance"),
    udaf: |call| spread(call, "variance", df::variance::var_samp_udaf()),
    ..STDEV
};

const VARIANCEIF: AggregateDef = AggregateDef {
    name: "varianceif",
    summary: "Variance of a sample, where the predicate is true.",
    source: "varianceif-aggregation-function",
    examples: &[ex("varianceif(x, b)", "2.0")],
    naming: AggNaming::Prefix("varianceif"),
    udaf: |call| spread(call, "variance", df::variance::var_samp_udaf()),
    ..STDEVIF
};

const VARIANCEP: AggregateDef = AggregateDef {
    name: "variancep",
    summary: "Variance, the values being the whole population (n).",
    source: "variancep-aggregation-function",
    examples: &[ex("variancepif(x, b)", "1.0")],
    naming: AggNaming::Prefix("variancep"),
    udaf: |call| spread(call, "variancep", df::variance::var_pop_udaf()),
    ..STDEV
};

const VARIANCEPIF: AggregateDef = AggregateDef {
    name: "variancepif",
    summary: "Variance of a population, where the predicate is true.",
    source: "variancepif-aggregation-function",
    examples: &[ex("variancepif(x, b)", "1.0")],
    naming: AggNaming::Prefix("variancepif"),
    udaf: |call| spread(call, "variancep", df::variance::var_pop_udaf()),
    ..STDEVIF
};

#[rustfmt::skip]
pub(super) const ALL: &[AggregateDef] = &[
    COUNT, COUNTIF, SUM, SUMIF, MIN, MINIF, MAX, MAXIF, BINARY_ALL_AND, BINARY_ALL_OR, BINARY_ALL_XOR,
    STDEV, STDEVIF, STDEVP, STDEVPIF, VARIANCE, VARIANCEIF, VARIANCEP, VARIANCEPIF,
];

/// Every type but dynamic, which has no order.
const ORDERABLE: [Signature; 9] = [
    sig(&[Param::Exactly(T::Long)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Int)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Real)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Decimal)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::String)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::DateTime)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::TimeSpan)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Bool)], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Guid)], Returns::Arg(0)),
];

const ORDERABLE_IF: [Signature; 9] = [
    sig(&[Param::Exactly(T::Long), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Int), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Real), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Decimal), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::String), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::DateTime), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::TimeSpan), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Bool), BOOL], Returns::Arg(0)),
    sig(&[Param::Exactly(T::Guid), BOOL], Returns::Arg(0)),
];

/// Integers sum to `long`.
fn summed(types: &[T]) -> T {
    match types.first() {
        Some(T::Int) | None => T::Long,
        Some(ty) => *ty,
    }
}

fn sum(call: &AggCall) -> Arc<AggregateUDF> {
    let zero = match call.returns {
        T::Real => ScalarValue::Float64(Some(0.0)),
        T::Decimal => ScalarValue::Decimal128(Some(0), DECIMAL_PRECISION, DECIMAL_SCALE),
        _ => ScalarValue::Int64(Some(0)),
    };
    let sum = Wrapped::new(df::sum::sum_udaf(), zero).over(call.returns.plan_type());
    aggregate_udf("sum", call, Answer::One(call.returns), sum)
}

fn spread(call: &AggCall, name: &str, inner: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    let spread = Wrapped::new(inner, ScalarValue::Float64(Some(0.0))).over(DataType::Float64);
    aggregate_udf(name, call, Answer::One(T::Real), spread)
}

/// `min` or `max`. DataFusion's own wherever it is right as it stands, for the planner knows that one and answers it from
/// statistics.
fn extreme(call: &AggCall, end: Extreme) -> Arc<AggregateUDF> {
    let (name, inner) = match end {
        Extreme::Min => ("min", df::min_max::min_udaf()),
        Extreme::Max => ("max", df::min_max::max_udaf()),
    };
    match call.returns {
        T::String => {
            let wrapped = Wrapped::new(inner, ScalarValue::Utf8View(Some(String::new())));
            aggregate_udf(name, call, Answer::One(T::String), wrapped)
        }
        T::Real => aggregate_udf(name, call, Answer::One(T::Real), end),
        _ => inner,
    }
}

#[derive(Debug, Clone, Copy)]
enum Extreme {
    Min,
    Max,
}

impl Extreme {
    // The service answers NaN for both ends as soon as there is one, whereas DataFusion's depends on the order of rows.
    fn beats(self, new: f64, old: f64) -> bool {
        let further = match self {
            Extreme::Min => new < old,
            Extreme::Max => new > old,
        };
        new.is_nan() || further
    }
}

impl PerGroup for Extreme {
    type State = Option<f64>;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("extreme", DataType::Float64)]
    }

    fn update(&mut self, states: &mut States<'_, Option<f64>>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let values = values[0].as_primitive::<Float64Type>();
        for (row, group) in rows.iter() {
            let state = states.flat(group);
            if values.is_valid(row) && state.is_none_or(|old| self.beats(values.value(row), old)) {
                *state = Some(values.value(row));
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Option<f64>>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        self.update(states, columns, rows)
    }

    fn state(&self, states: Vec<Option<f64>>) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(states)?])
    }

    fn evaluate(&self, states: Vec<Option<f64>>) -> Result<ArrayRef> {
        Ok(Arc::new(Float64Array::from(states)))
    }
}
