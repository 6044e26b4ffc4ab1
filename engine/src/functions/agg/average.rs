//! `avg`: NaN over no numbers (fact 197), and of moments and lengths of time too (fact 217).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_functions::value::{DECIMAL_PRECISION, DECIMAL_SCALE};
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::udaf::{Answer, aggregate_udf};
use super::wrapped::Wrapped;
use super::{AggCall, AggNaming, AggregateDef};

const AVG: AggregateDef = AggregateDef {
    name: "avg",
    signatures: &[
        sig(&[Param::Number], Returns::By(averaged)),
        sig(&[MOMENT], Returns::Arg(0)),
        sig(&[LENGTH], Returns::Arg(0)),
    ],
    summary: "Mean of the values; NaN if there are none, null for decimals, moments and lengths of time.",
    source: "avg-aggregation-function",
    examples: &[ex("avg(x)", "2.0"), ex("avg(y)", "3.5")],
    naming: AggNaming::Prefix("avg"),
    udaf: average,
    ..AggregateDef::BASE
};

const AVGIF: AggregateDef = AggregateDef {
    name: "avgif",
    signatures: &[
        sig(&[Param::Number, Param::Is(T::Bool)], Returns::By(averaged)),
        sig(&[MOMENT, Param::Is(T::Bool)], Returns::Arg(0)),
        sig(&[LENGTH, Param::Is(T::Bool)], Returns::Arg(0)),
    ],
    summary: "Mean of the values where the predicate is true; NaN if there are none.",
    source: "avgif-aggregation-function",
    examples: &[ex("avgif(x, b)", "2.0"), ex("avgif(x, x > 5)", "NaN")],
    naming: AggNaming::Prefix("avgif"),
    predicate: Some(1),
    ..AVG
};

pub(super) const ALL: &[AggregateDef] = &[AVG, AVGIF];

const MOMENT: Param = Param::Exactly(T::DateTime);
const LENGTH: Param = Param::Exactly(T::TimeSpan);

fn averaged(types: &[T]) -> T {
    match types.first() {
        Some(T::Decimal) => T::Decimal,
        _ => T::Real,
    }
}

fn average(call: &AggCall) -> Arc<AggregateUDF> {
    let answer = Answer::One(call.returns);
    match call.returns {
        T::Decimal => aggregate_udf("avg", call, answer, Mean::Decimal),
        T::DateTime | T::TimeSpan => aggregate_udf("avg", call, answer, Mean::Ticks),
        _ if call.types.first() == Some(&T::Long) => aggregate_udf("avg", call, answer, Mean::Long),
        _ => {
            let mean = Wrapped::new(avg_udaf(), ScalarValue::Float64(Some(f64::NAN))).over(DataType::Float64);
            aggregate_udf("avg", call, answer, mean)
        }
    }
}

/// Mean of fixed-point values. A hundred moments already overflow 64 bits when summed.
#[derive(Debug, Clone, Copy)]
enum Mean {
    /// The sum wraps around at 64 bits, as the service's does.
    Long,
    Ticks,
    Decimal,
}

/// Sum and count.
#[derive(Debug, Default, Clone, Copy)]
struct Total {
    sum: i128,
    count: i64,
}

impl Total {
    fn add(&mut self, sum: i128, count: i64) {
        self.sum = self.sum.saturating_add(sum);
        self.count += count;
    }

    fn mean(self) -> Option<i128> {
        self.sum.checked_div(i128::from(self.count))
    }
}

impl PerGroup for Mean {
    type State = Total;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("sum", DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE)), ("count", DataType::Int64)]
    }

    fn update(&mut self, states: &mut States<'_, Total>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let values = &values[0];
        let rows = rows.iter().filter(|(row, _)| values.is_valid(*row));
        match self {
            Mean::Long | Mean::Ticks => {
                let ticks = values.as_primitive::<Int64Type>();
                rows.for_each(|(row, group)| states.flat(group).add(i128::from(ticks.value(row)), 1));
            }
            Mean::Decimal => {
                let units = values.as_primitive::<Decimal128Type>();
                rows.for_each(|(row, group)| states.flat(group).add(units.value(row), 1));
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Total>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let (sums, counts) = (columns[0].as_primitive::<Decimal128Type>(), columns[1].as_primitive::<Int64Type>());
        rows.iter().for_each(|(row, group)| states.flat(group).add(sums.value(row), counts.value(row)));
        Ok(())
    }

    fn state(&self, states: Vec<Total>) -> Result<Vec<ArrayRef>> {
        let counts = Int64Array::from_iter_values(states.iter().map(|total| total.count));
        Ok(vec![decimals(states.iter().map(|total| Some(total.sum)))?, Arc::new(counts)])
    }

    fn evaluate(&self, states: Vec<Total>) -> Result<ArrayRef> {
        match self {
            // Over no values 0 / 0, which is NaN.
            Mean::Long => {
                let mean = |total: Total| total.sum as i64 as f64 / total.count as f64;
                Ok(Arc::new(Float64Array::from_iter_values(states.into_iter().map(mean))))
            }
            Mean::Ticks => {
                let mean = |total: Total| total.mean().and_then(|ticks| i64::try_from(ticks).ok());
                Ok(Arc::new(states.into_iter().map(mean).collect::<Int64Array>()))
            }
            Mean::Decimal => decimals(states.into_iter().map(Total::mean)),
        }
    }
}

fn decimals(values: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef> {
    Ok(Arc::new(values.collect::<Decimal128Array>().with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)?))
}
