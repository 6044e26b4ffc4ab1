//! Percentiles by nearest rank (fact 200), in their many forms, and `tdigest`, the same as a value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, LargeBinaryArray, StringViewBuilder, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::Value;
use vizsla_functions::def::{Param, Returns, Signature, ex, sig};
use vizsla_functions::dynamic;
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::quantiles::{Quantiles, of_real, to_real, value_json};
use super::udaf::{Answer, aggregate_udf, columns, constants, struct_fields};
use super::{AggCall, AggNaming, AggregateDef, Outputs};

const RANK: Param = Param::Const(T::Real);
const RANKS: Param = Param::Const(T::Dynamic);
const WEIGHT: Param = Param::Is(T::Long);
const MOMENT: Param = Param::Exactly(T::DateTime);
const LENGTH: Param = Param::Exactly(T::TimeSpan);
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

const PERCENTILE: AggregateDef = AggregateDef {
    name: "percentile",
    signatures: &[
        sig(&[Param::Number, RANK], Returns::By(ranked)),
        sig(&[MOMENT, RANK], Returns::Arg(0)),
        sig(&[LENGTH, RANK], Returns::Arg(0)),
    ],
    summary: "The least value such that the given percentage of values is not greater; exact up to 65,536 values in a group.",
    source: "percentiles-aggregation-function",
    examples: &[ex("percentile(x, 50)", "2"), ex("percentile(y, 100)", "4.5")],
    naming: AggNaming::Percentile,
    udaf: |call| percentile(call, "percentile", Shape::One),
    ..AggregateDef::BASE
};

const PERCENTILES: AggregateDef = AggregateDef {
    name: "percentiles",
    signatures: &[
        sig(&[Param::Number, RANK], Returns::By(ranked)).rest(RANK),
        sig(&[MOMENT, RANK], Returns::Arg(0)).rest(RANK),
        sig(&[LENGTH, RANK], Returns::Arg(0)).rest(RANK),
    ],
    summary: "Several percentiles at once, a column for each.",
    examples: &[],
    outputs: Outputs::EachConstant,
    udaf: |call| percentile(call, "percentiles", Shape::Columns),
    ..PERCENTILE
};

const PERCENTILES_ARRAY: AggregateDef = AggregateDef {
    name: "percentiles_array",
    signatures: &[
        sig(&[Param::Number, RANKS], DYNAMIC),
        sig(&[Param::Number, RANK], DYNAMIC).rest(RANK),
        sig(&[MOMENT, RANKS], DYNAMIC),
        sig(&[MOMENT, RANK], DYNAMIC).rest(RANK),
        sig(&[LENGTH, RANKS], DYNAMIC),
        sig(&[LENGTH, RANK], DYNAMIC).rest(RANK),
    ],
    summary: "Several percentiles at once as an array.",
    examples: &[
        ex("percentiles_array(x, 0, 50, 100)", "[1,2,3]"),
        ex("percentiles_array(x, dynamic([50, 100]))", "[2,3]"),
    ],
    naming: AggNaming::Prefix("percentiles"),
    udaf: |call| percentile(call, "percentiles_array", Shape::Array),
    ..PERCENTILE
};

const PERCENTILEW: AggregateDef = AggregateDef {
    name: "percentilew",
    signatures: &[
        sig(&[Param::Number, WEIGHT, RANK], Returns::By(ranked)),
        sig(&[MOMENT, WEIGHT, RANK], Returns::Arg(0)),
        sig(&[LENGTH, WEIGHT, RANK], Returns::Arg(0)),
    ],
    summary: "A percentile where each value counts as often as its weight says.",
    source: "percentilesw-aggregation-function",
    examples: &[ex("percentilew(x, x, 50)", "2")],
    ..PERCENTILE
};

const PERCENTILESW: AggregateDef = AggregateDef {
    name: "percentilesw",
    signatures: &[
        sig(&[Param::Number, WEIGHT, RANK], Returns::By(ranked)).rest(RANK),
        sig(&[MOMENT, WEIGHT, RANK], Returns::Arg(0)).rest(RANK),
        sig(&[LENGTH, WEIGHT, RANK], Returns::Arg(0)).rest(RANK),
    ],
    summary: "Several percentiles of weighted values, a column for each.",
    source: "percentilesw-aggregation-function",
    ..PERCENTILES
};

const PERCENTILESW_ARRAY: AggregateDef = AggregateDef {
    name: "percentilesw_array",
    signatures: &[
        sig(&[Param::Number, WEIGHT, RANKS], DYNAMIC),
        sig(&[Param::Number, WEIGHT, RANK], DYNAMIC).rest(RANK),
        sig(&[MOMENT, WEIGHT, RANKS], DYNAMIC),
        sig(&[MOMENT, WEIGHT, RANK], DYNAMIC).rest(RANK),
        sig(&[LENGTH, WEIGHT, RANKS], DYNAMIC),
        sig(&[LENGTH, WEIGHT, RANK], DYNAMIC).rest(RANK),
    ],
    summary: "Several percentiles of weighted values as an array.",
    source: "percentilesw-aggregation-function",
    examples: &[ex("percentilesw_array(x, x, 0, 100)", "[1,3]")],
    ..PERCENTILES_ARRAY
};

const TDIGEST: AggregateDef = AggregateDef {
    name: "tdigest",
    signatures: &[
        TDIGEST_OF_NUMBERS,
        sig(&[MOMENT, WEIGHT], DYNAMIC).optional(1),
        sig(&[LENGTH, WEIGHT], DYNAMIC).optional(1),
    ],
    summary: "The sketch behind `percentile`, for `tdigest_merge` and `percentile_tdigest`; its form is ours, not the service's.",
    source: "tdigest-aggregation-function",
    examples: &[],
    naming: AggNaming::Prefix("tdigest"),
    udaf: |call| percentile(call, "tdigest", Shape::Digest),
    ..AggregateDef::BASE
};

const TDIGEST_MERGE: AggregateDef = AggregateDef {
    name: "tdigest_merge",
    aliases: &["merge_tdigest", "merge_tdigests"],
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "One sketch for all sketches of the group; those of another type than the first are skipped.",
    source: "tdigest-merge-aggregation-function",
    naming: AggNaming::Prefix("merge_tdigests"),
    udaf: |call| aggregate_udf("tdigest_merge", call, Answer::One(T::Dynamic), MergeDigests),
    ..TDIGEST
};

#[rustfmt::skip]
pub(super) const ALL: &[AggregateDef] = &[
    PERCENTILE, PERCENTILES, PERCENTILES_ARRAY, PERCENTILEW, PERCENTILESW, PERCENTILESW_ARRAY, TDIGEST, TDIGEST_MERGE,
];

const TDIGEST_OF_NUMBERS: Signature = sig(&[Param::Number, WEIGHT], DYNAMIC).optional(1);

/// Integers stay integers, and a decimal is answered as a real (the language service says so).
fn ranked(types: &[T]) -> T {
    match types.first() {
        Some(T::Real | T::Decimal) => T::Real,
        Some(ty @ (T::DateTime | T::TimeSpan)) => *ty,
        _ => T::Long,
    }
}

fn percentile(call: &AggCall, name: &str, shape: Shape) -> Arc<AggregateUDF> {
    let ranks: Arc<[f64]> = constants(call).flat_map(ranks_of).collect();
    let ty = ranked(&columns(call).collect::<Vec<_>>());
    let answer = match shape {
        Shape::One => Answer::One(ty),
        Shape::Columns => Answer::Several(vec![ty; ranks.len()]),
        Shape::Array | Shape::Digest => Answer::One(T::Dynamic),
    };
    aggregate_udf(name, call, answer, Percentile { ty, ranks, shape })
}

/// The ranks that a constant argument names: one, or an array of them.
fn ranks_of(constant: &Value) -> Vec<f64> {
    match constant {
        Value::Real(rank) => vec![*rank],
        Value::Long(rank) => vec![*rank as f64],
        Value::Dynamic(json) => dynamic::elements(json).into_iter().flatten().filter_map(dynamic::number).collect(),
        _ => Vec::new(),
    }
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    One,
    Columns,
    Array,
    Digest,
}

#[derive(Debug, Clone)]
struct Percentile {
    /// Type of the answers: `long`, `real`, `datetime` or `timespan`.
    ty: T,
    ranks: Arc<[f64]>,
    shape: Shape,
}

impl Percentile {
    fn column(&self, values: Vec<Option<i64>>) -> ArrayRef {
        match self.ty {
            T::Real => Arc::new(values.into_iter().map(|value| value.map(to_real)).collect::<Float64Array>()),
            _ => Arc::new(Int64Array::from(values)),
        }
    }

    /// The values as 64-bit integers of the same order.
    fn ordered(&self, values: &ArrayRef) -> Result<Int64Array> {
        Ok(match self.ty {
            T::Real => cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().unary(of_real),
            _ => cast(values, &DataType::Int64)?.as_primitive::<Int64Type>().clone(),
        })
    }
}

impl PerGroup for Percentile {
    type State = Quantiles;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("quantiles", DataType::LargeBinary)]
    }

    fn update(&mut self, states: &mut States<'_, Quantiles>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let ordered = self.ordered(&values[0])?;
        let weights = values.get(1).map(AsArray::as_primitive::<Int64Type>);
        for (row, group) in rows.iter().filter(|(row, _)| ordered.is_valid(*row)) {
            let weight = match weights {
                None => 1,
                Some(weights) if weights.is_valid(row) => u64::try_from(weights.value(row)).unwrap_or(0),
                Some(_) => 0,
            };
            states.edit(group, |quantiles| quantiles.add(ordered.value(row), weight));
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Quantiles>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let blobs = columns[0].as_binary::<i64>();
        for (row, group) in rows.iter() {
            states.edit(group, |quantiles| quantiles.merge(&Quantiles::from_bytes(blobs.value(row))));
        }
        Ok(())
    }

    fn state(&self, states: Vec<Quantiles>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(LargeBinaryArray::from_iter_values(states.iter().map(Quantiles::to_bytes)))])
    }

    fn evaluate(&self, states: Vec<Quantiles>) -> Result<ArrayRef> {
        if let Shape::Digest = self.shape {
            return Ok(digests(states.iter().map(|quantiles| (quantiles, self.ty))));
        }
        let answers: Vec<Option<Vec<i64>>> = states.iter().map(|quantiles| quantiles.at(&self.ranks)).collect();
        let column = |rank: usize| {
            self.column(answers.iter().map(|answer| answer.as_ref().map(|values| values[rank])).collect())
        };
        match self.shape {
            Shape::Array => Ok(texts(answers.iter().map(|answer| answer.as_ref().map(|values| self.array(values))))),
            Shape::Columns => {
                let columns = (0..self.ranks.len()).map(column).collect();
                Ok(Arc::new(StructArray::try_new(struct_fields(&vec![self.ty; self.ranks.len()]), columns, None)?))
            }
            Shape::One | Shape::Digest => Ok(column(0)),
        }
    }

    fn heap(state: &Quantiles) -> usize {
        state.heap()
    }
}

impl Percentile {
    fn array(&self, values: &[i64]) -> String {
        let values: Vec<String> = values.iter().map(|value| value_json(*value, self.ty)).collect();
        format!("[{}]", values.join(","))
    }
}

/// `tdigest_merge`: the type is that of the first sketch that comes.
#[derive(Debug, Clone, Copy)]
struct MergeDigests;

impl PerGroup for MergeDigests {
    type State = Option<(Quantiles, T)>;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("digest", DataType::Utf8View)]
    }

    fn update(&mut self, states: &mut States<'_, Self::State>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let digests = values[0].as_string_view();
        for (row, group) in rows.iter().filter(|(row, _)| digests.is_valid(*row)) {
            let Some((digest, ty)) = Quantiles::from_json(digests.value(row)) else { continue };
            states.edit(group, |state| match state {
                None => *state = Some((digest, ty)),
                Some((merged, of)) if *of == ty => merged.merge(&digest),
                Some(_) => {}
            });
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Self::State>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        self.update(states, columns, rows)
    }

    fn state(&self, states: Vec<Self::State>) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(states)?])
    }

    fn evaluate(&self, states: Vec<Self::State>) -> Result<ArrayRef> {
        let json = |(digest, ty): &(Quantiles, T)| {
            let mut out = String::new();
            digest.to_json(*ty, &mut out);
            out
        };
        Ok(texts(states.iter().map(|state| state.as_ref().map(json))))
    }

    fn heap(state: &Self::State) -> usize {
        state.as_ref().map_or(0, |(digest, _)| digest.heap())
    }
}

fn digests<'a>(digests: impl Iterator<Item = (&'a Quantiles, T)>) -> ArrayRef {
    texts(digests.map(|(digest, ty)| {
        let mut out = String::new();
        digest.to_json(ty, &mut out);
        Some(out)
    }))
}

fn texts(texts: impl Iterator<Item = Option<String>>) -> ArrayRef {
    let mut out = StringViewBuilder::new();
    texts.for_each(|text| out.append_option(text));
    Arc::new(out.finish())
}
