//! Estimated counts of distinct values: `dcount`, and the sketches behind it as values, `hll` and `hll_merge`.
//!
//! The exact `count_distinct` is in [`super::set`], `dcount_hll` is [`super::sketch::dcount_hll`].

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, LargeBinaryArray, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::sketch::{Precision, Sketch, hashes, hashes_of_texts};
use super::udaf::{Answer, aggregate_udf, constants};
use super::{AggCall, AggNaming, AggregateDef};
use crate::texts::ViewMemo;

const BOOL: Param = Param::Is(T::Bool);
const ACCURACY: Param = Param::Const(T::Long);

const DCOUNT: AggregateDef = AggregateDef {
    name: "dcount",
    signatures: &[sig(&[Param::Any, ACCURACY], Returns::Is(T::Long)).optional(1)],
    summary: "Estimates the number of distinct values, nulls aside; exact while they are few. Accuracy is 0 to 4, 1 if not given.",
    source: "dcount-aggregation-function",
    examples: &[ex("dcount(s)", "3"), ex("dcount(x, 4)", "3")],
    naming: AggNaming::Prefix("dcount"),
    udaf: |call| distinct(call, Wanted::Count),
    ..AggregateDef::BASE
};

const DCOUNTIF: AggregateDef = AggregateDef {
    name: "dcountif",
    signatures: &[sig(&[Param::Any, BOOL, ACCURACY], Returns::Is(T::Long)).optional(1)],
    summary: "Estimates the number of distinct values where the predicate is true.",
    source: "dcountif-aggregation-function",
    examples: &[ex("dcountif(s, b)", "1")],
    naming: AggNaming::Prefix("dcountif"),
    predicate: Some(1),
    ..DCOUNT
};

const HLL: AggregateDef = AggregateDef {
    name: "hll",
    signatures: &[sig(&[Param::Any, ACCURACY], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The sketch behind `dcount`, for `hll_merge` and `dcount_hll`; its form is ours, not the service's.",
    source: "hll-aggregation-function",
    naming: AggNaming::Prefix("hll"),
    udaf: |call| distinct(call, Wanted::Sketch),
    examples: &[],
    ..DCOUNT
};

const HLL_IF: AggregateDef = AggregateDef {
    name: "hll_if",
    signatures: &[sig(&[Param::Any, BOOL, ACCURACY], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The sketch behind `dcountif`.",
    source: "hll-if-aggregation-function",
    naming: AggNaming::Prefix("hll_if"),
    predicate: Some(1),
    ..HLL
};

const HLL_MERGE: AggregateDef = AggregateDef {
    name: "hll_merge",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Dynamic))],
    summary: "One sketch for all sketches of the group; those of another accuracy than the first are skipped.",
    source: "hll-merge-aggregation-function",
    naming: AggNaming::Prefix("hll_merge"),
    udaf: |call| aggregate_udf("hll_merge", call, Answer::One(T::Dynamic), Merge),
    ..HLL
};

pub(super) const ALL: &[AggregateDef] = &[DCOUNT, DCOUNTIF, HLL, HLL_IF, HLL_MERGE];

fn distinct(call: &AggCall, wanted: Wanted) -> Arc<AggregateUDF> {
    // The binder refuses other levels; what comes past it gets the default.
    let level = constants(call).next().and_then(vizsla_functions::Value::as_long);
    let precision = level.and_then(Precision::of_accuracy).unwrap_or(Precision::DEFAULT);
    let (name, returns) = match wanted {
        Wanted::Count => ("dcount", T::Long),
        Wanted::Sketch => ("hll", T::Dynamic),
    };
    aggregate_udf(name, call, Answer::One(returns), Distinct { precision, wanted, memo: ViewMemo::new() })
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Count,
    Sketch,
}

#[derive(Debug, Clone)]
struct Distinct {
    precision: Precision,
    wanted: Wanted,
    /// The hashes of texts that repeat.
    memo: ViewMemo<u64>,
}

impl PerGroup for Distinct {
    type State = Sketch;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("sketch", DataType::LargeBinary)]
    }

    fn update(&mut self, states: &mut States<'_, Sketch>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let hashes = match values[0].as_string_view_opt() {
            Some(texts) => hashes_of_texts(texts, &mut self.memo),
            None => hashes(&values[0]),
        };
        for (row, group) in rows.iter().filter(|(row, _)| values[0].is_valid(*row)) {
            match states.flat(group) {
                // Registers never grow, so their memory need not be counted again for each row.
                sketch @ Sketch::Registers(_) => sketch.add(hashes[row], self.precision),
                Sketch::Exact(_) => states.edit(group, |sketch| sketch.add(hashes[row], self.precision)),
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Sketch>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let sketches = columns[0].as_binary::<i64>();
        for (row, group) in rows.iter() {
            states.edit(group, |sketch| sketch.merge_bytes(sketches.value(row), self.precision));
        }
        Ok(())
    }

    fn state(&self, states: Vec<Sketch>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(LargeBinaryArray::from_iter_values(states.iter().map(Sketch::to_bytes)))])
    }

    fn evaluate(&self, states: Vec<Sketch>) -> Result<ArrayRef> {
        Ok(match self.wanted {
            Wanted::Count => Arc::new(Int64Array::from_iter_values(states.iter().map(Sketch::count))),
            Wanted::Sketch => json(states.iter().map(|sketch| (sketch, self.precision))),
        })
    }

    fn heap(state: &Sketch) -> usize {
        state.heap()
    }
}

/// `hll_merge`: the precision is that of the first sketch that comes.
#[derive(Debug, Clone, Copy)]
struct Merge;

impl PerGroup for Merge {
    type State = Option<(Sketch, Precision)>;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("sketch", DataType::Utf8View)]
    }

    fn update(&mut self, states: &mut States<'_, Self::State>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let texts = values[0].as_string_view();
        for (row, group) in rows.iter().filter(|(row, _)| texts.is_valid(*row)) {
            let Some((sketch, precision)) = Sketch::from_json(texts.value(row)) else { continue };
            states.edit(group, |state| match state {
                None => *state = Some((sketch, precision)),
                Some((merged, of)) if *of == precision => merged.merge(&sketch, precision),
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
        let empty = (Sketch::default(), Precision::DEFAULT);
        Ok(json(
            states.iter().map(|state| state.as_ref().unwrap_or(&empty)).map(|(sketch, precision)| (sketch, *precision)),
        ))
    }

    fn heap(state: &Self::State) -> usize {
        state.as_ref().map_or(0, |(sketch, _)| sketch.heap())
    }
}

fn json<'a>(sketches: impl Iterator<Item = (&'a Sketch, Precision)>) -> ArrayRef {
    let mut out = StringViewBuilder::new();
    let mut text = String::new();
    for (sketch, precision) in sketches {
        text.clear();
        sketch.to_json(precision, &mut text);
        out.append_value(&text);
    }
    Arc::new(out.finish())
}
