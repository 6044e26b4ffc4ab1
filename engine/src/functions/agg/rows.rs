//! `arg_max`, `arg_min` and `take_any`: one row for each group.
//!
//! Of each batch only the rows that beat what their group had are kept, whole, and a group remembers where its row is.
//! Once more than half of the kept rows have been beaten themselves, or they lie in too many small batches, the living
//! move together. So a value column costs nothing for a row that does not win, however many columns there are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StructArray, UInt32Array};
use arrow::compute::{interleave, take};
use arrow::datatypes::{DataType, Decimal128Type, FieldRef, Float64Type, Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator};
use vizsla_functions::Value;
use vizsla_functions::def::{Param, Returns, Signature, ex, sig};
use vizsla_schema::KqlType as T;

use super::per_group::{Rows, each_row_alone};
use super::quantiles::of_real;
use super::udaf::{Answer, Recipe, aggregate_udf, columns, state_columns, struct_fields};
use super::{AggCall, AggNaming, AggregateDef, Outputs};

/// The columns are of the arguments' types, so `returns` says nothing.
const ANY_ROW: Signature = sig(&[Param::Any], Returns::Arg(0)).rest(Param::Any);

const ARG_MAX: AggregateDef = AggregateDef {
    name: "arg_max",
    signatures: &[ANY_ROW],
    summary: "The row with the greatest first argument: its value, then the other arguments there. Null loses to any value, NaN wins.",
    source: "arg-max-aggregation-function",
    examples: &[],
    naming: AggNaming::PassThrough,
    outputs: Outputs::EachArgument,
    udaf: |call| pick(call, "arg_max", By::Max),
    ..AggregateDef::BASE
};

const ARG_MIN: AggregateDef = AggregateDef {
    name: "arg_min",
    summary: "The row with the least first argument: its value, then the other arguments there. Null loses to any value, NaN wins.",
    source: "arg-min-aggregation-function",
    udaf: |call| pick(call, "arg_min", By::Min),
    ..ARG_MAX
};

const ARGMAX: AggregateDef = AggregateDef {
    name: "argmax",
    summary: "The old name of `arg_max`, which calls its columns otherwise; deprecated.",
    naming: AggNaming::ArgPrefix("max"),
    ..ARG_MAX
};

const ARGMIN: AggregateDef = AggregateDef {
    name: "argmin",
    summary: "The old name of `arg_min`, which calls its columns otherwise; deprecated.",
    naming: AggNaming::ArgPrefix("min"),
    ..ARG_MIN
};

const TAKE_ANY: AggregateDef = AggregateDef {
    name: "take_any",
    signatures: &[ANY_ROW],
    summary: "The values of one row, whichever; of a single column a value that is neither null nor empty, if there is one.",
    source: "take-any-aggregation-function",
    examples: &[ex("take_any(y)", "2.0")],
    naming: AggNaming::PassThrough,
    outputs: Outputs::EachArgument,
    udaf: take_any,
    ..AggregateDef::BASE
};

const TAKE_ANYIF: AggregateDef = AggregateDef {
    name: "take_anyif",
    signatures: &[sig(&[Param::Any, Param::Is(T::Bool)], Returns::Arg(0))],
    summary: "The value of one row where the predicate is true, whichever.",
    source: "take-anyif-aggregation-function",
    examples: &[ex("take_anyif(y, x == 2)", "4.5")],
    predicate: Some(1),
    ..TAKE_ANY
};

const ANY: AggregateDef = AggregateDef {
    name: "any",
    summary: "The old name of `take_any`; deprecated.",
    examples: &[],
    naming: AggNaming::Prefix("any"),
    ..TAKE_ANY
};

const ANYIF: AggregateDef = AggregateDef {
    name: "anyif",
    summary: "The old name of `take_anyif`; deprecated.",
    examples: &[],
    naming: AggNaming::Prefix("anyif"),
    ..TAKE_ANYIF
};

pub(super) const ALL: &[AggregateDef] = &[ARG_MAX, ARG_MIN, ARGMAX, ARGMIN, TAKE_ANY, TAKE_ANYIF, ANY, ANYIF];

fn take_any(call: &AggCall) -> Arc<AggregateUDF> {
    let by = if call.types.len() == 1 { By::Presence } else { By::Arrival };
    pick(call, "take_any", by)
}

fn pick(call: &AggCall, name: &str, by: By) -> Arc<AggregateUDF> {
    let types: Vec<T> = columns(call).collect();
    aggregate_udf(name, call, Answer::Several(types.clone()), Pick { types: types.into(), by })
}

/// Which row of a group wins; of equals the first.
#[derive(Debug, Clone, Copy)]
enum By {
    /// The greatest first column.
    Max,
    /// The least first column.
    Min,
    /// One where the first column has something.
    Presence,
    /// The first.
    Arrival,
}

#[derive(Debug, Clone)]
struct Pick {
    types: Arc<[T]>,
    by: By,
}

impl Recipe for Pick {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |field: &FieldRef| field.as_ref().clone().with_name(format_state_name(args.name, field.name()));
        let values = struct_fields(&self.types);
        let values = values.iter().map(|it| Arc::new(field(it)));
        Ok(values.chain(state_columns(&args, &[("seen", DataType::Boolean)])).collect())
    }

    fn groups(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(RowAccumulator::new(self.clone())))
    }
}

/// What a row has to offer, the greater the better; `None` (a null key) is the least.
enum Offers<'a> {
    Numbers(Vec<Option<i128>>),
    Texts(&'a dyn Array, Reversed),
}

/// Whether the least text wins.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reversed(bool);

/// The best offer so far of each group that has a row.
enum Best {
    Numbers(Vec<Option<i128>>),
    Texts { texts: Vec<Option<Box<str>>>, bytes: usize },
}

/// Where a group's row is kept. The batch 0 has one row, of absent values, for groups without any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    batch: u32,
    row: u32,
}

struct RowAccumulator {
    pick: Pick,
    best: Best,
    places: Vec<Place>,
    /// Kept rows, column by column.
    batches: Vec<Vec<ArrayRef>>,
    /// How many rows are kept, beaten ones included.
    kept: usize,
    /// How many groups have a row.
    living: usize,
    /// Memory of `batches`.
    bytes: usize,
}

impl RowAccumulator {
    fn new(pick: Pick) -> Self {
        let texts = matches!((pick.by, pick.types[0]), (By::Max | By::Min, T::String | T::Guid | T::Dynamic));
        let best = if texts { Best::Texts { texts: Vec::new(), bytes: 0 } } else { Best::Numbers(Vec::new()) };
        let absent = pick.types.iter().map(|ty| Value::absent(*ty).to_array()).collect();
        Self { pick, best, places: Vec::new(), batches: vec![absent], kept: 0, living: 0, bytes: 0 }
    }

    fn add(&mut self, values: &[ArrayRef], rows: Rows<'_>, total: usize) -> Result<()> {
        self.places.resize(total.max(self.places.len()), Place::default());
        self.best.resize(self.places.len());
        let offers = Offers::of(&values[0], self.pick.types[0], self.pick.by);
        let this_batch = self.batches.len() as u32;
        let mut winners = Vec::new();
        for (row, group) in rows.iter() {
            let place = &mut self.places[group];
            if *place == Place::default() {
                self.living += 1;
                self.best.set(group, &offers, row);
            } else if !self.best.improve(group, &offers, row) {
                continue;
            }
            if place.batch != this_batch {
                winners.push(group);
            }
            *place = Place { batch: this_batch, row: row as u32 };
        }
        self.keep(values, &winners)
    }

    /// Keeps the rows of this batch that won.
    fn keep(&mut self, values: &[ArrayRef], winners: &[usize]) -> Result<()> {
        if winners.is_empty() {
            return Ok(());
        }
        let rows = UInt32Array::from_iter_values(winners.iter().map(|group| self.places[*group].row));
        let kept = values.iter().map(|column| Ok(own(&take(column, &rows, None)?))).collect::<Result<Vec<_>>>()?;
        for (row, group) in winners.iter().enumerate() {
            self.places[*group].row = row as u32;
        }
        self.push(kept);
        let (mostly_beaten, scattered) =
            (self.kept > 2 * self.living + 4096, self.batches.len() > 64 + self.living / 1024);
        if mostly_beaten || scattered { self.compact() } else { Ok(()) }
    }

    fn push(&mut self, columns: Vec<ArrayRef>) {
        self.kept += columns[0].len();
        self.bytes += columns.iter().map(Array::get_array_memory_size).sum::<usize>();
        self.batches.push(columns);
    }

    /// Moves the rows that still are some group's into one batch.
    fn compact(&mut self) -> Result<()> {
        let groups: Vec<usize> =
            (0..self.places.len()).filter(|group| self.places[*group] != Place::default()).collect();
        let places: Vec<Place> = groups.iter().map(|group| self.places[*group]).collect();
        let columns = self.gather(&places)?.iter().map(own).collect();
        self.batches.truncate(1);
        (self.kept, self.bytes) = (0, 0);
        for (row, group) in groups.iter().enumerate() {
            self.places[*group] = Place { batch: 1, row: row as u32 };
        }
        self.push(columns);
        Ok(())
    }

    fn gather(&self, places: &[Place]) -> Result<Vec<ArrayRef>> {
        let indices: Vec<(usize, usize)> =
            places.iter().map(|place| (place.batch as usize, place.row as usize)).collect();
        let gather = |column: usize| {
            let arrays: Vec<&dyn Array> = self.batches.iter().map(|batch| batch[column].as_ref()).collect();
            Ok(interleave(&arrays, &indices)?)
        };
        (0..self.pick.types.len()).map(gather).collect()
    }

    fn take(&mut self, emit_to: EmitTo) -> Result<(Vec<ArrayRef>, Vec<Place>)> {
        let places = emit_to.take_needed(&mut self.places);
        let columns = self.gather(&places)?;
        self.best.drop_first(places.len());
        self.living = self.places.iter().filter(|place| **place != Place::default()).count();
        if self.living == 0 {
            self.batches.truncate(1);
            (self.kept, self.bytes) = (0, 0);
        }
        Ok((columns, places))
    }
}

/// Strings copied out of the buffers of the batch that they came in, which would live on otherwise.
fn own(column: &ArrayRef) -> ArrayRef {
    match column.as_string_view_opt() {
        Some(texts) => Arc::new(texts.gc()),
        None => Arc::clone(column),
    }
}

impl<'a> Offers<'a> {
    fn of(column: &'a ArrayRef, ty: T, by: By) -> Offers<'a> {
        let rows = 0..column.len();
        let number = |offer: &dyn Fn(usize) -> i128| {
            Offers::Numbers(rows.clone().map(|row| column.is_valid(row).then(|| offer(row))).collect())
        };
        let reversed = match by {
            By::Arrival => return Offers::Numbers(vec![Some(0); column.len()]),
            By::Presence if ty == T::String => {
                let texts = column.as_string_view();
                return number(&|row| i128::from(!texts.value(row).is_empty()));
            }
            By::Presence => return number(&|_| 1),
            By::Max => false,
            By::Min => true,
        };
        let signed = |offer: i128| if reversed { -offer } else { offer };
        match ty {
            T::String | T::Guid | T::Dynamic => Offers::Texts(column.as_ref(), Reversed(reversed)),
            T::Bool => number(&|row| signed(i128::from(column.as_boolean().value(row)))),
            T::Int => number(&|row| signed(i128::from(column.as_primitive::<Int32Type>().value(row)))),
            T::Long | T::DateTime | T::TimeSpan => {
                number(&|row| signed(i128::from(column.as_primitive::<Int64Type>().value(row))))
            }
            T::Decimal => number(&|row| signed(column.as_primitive::<Decimal128Type>().value(row))),
            T::Real => number(&|row| match column.as_primitive::<Float64Type>().value(row) {
                nan if nan.is_nan() => i128::MAX,
                value => signed(i128::from(of_real(value))),
            }),
        }
    }

    fn number(&self, row: usize) -> Option<i128> {
        match self {
            Offers::Numbers(numbers) => numbers[row],
            Offers::Texts(..) => None,
        }
    }

    fn text(&self, row: usize) -> Option<&'a str> {
        match self {
            Offers::Texts(texts, _) => texts.is_valid(row).then(|| texts.as_string_view().value(row)),
            Offers::Numbers(_) => None,
        }
    }
}

impl Best {
    fn resize(&mut self, groups: usize) {
        match self {
            Best::Numbers(numbers) => numbers.resize(groups, None),
            Best::Texts { texts, .. } => texts.resize(groups, None),
        }
    }

    fn set(&mut self, group: usize, offers: &Offers<'_>, row: usize) {
        match self {
            Best::Numbers(numbers) => numbers[group] = offers.number(row),
            Best::Texts { texts, bytes } => {
                let text = offers.text(row);
                *bytes += text.map_or(0, str::len);
                *bytes -= texts[group].as_ref().map_or(0, |old| old.len());
                texts[group] = text.map(Into::into);
            }
        }
    }

    /// Whether the row beats the best of its group, which it then is.
    #[inline]
    fn improve(&mut self, group: usize, offers: &Offers<'_>, row: usize) -> bool {
        let better = match (&*self, offers) {
            (Best::Numbers(best), Offers::Numbers(offers)) => offers[row] > best[group],
            (Best::Texts { texts, .. }, Offers::Texts(_, Reversed(true))) => {
                match (offers.text(row), texts[group].as_deref()) {
                    (Some(new), Some(old)) => new < old,
                    (new, old) => new.is_some() && old.is_none(),
                }
            }
            (Best::Texts { texts, .. }, _) => offers.text(row) > texts[group].as_deref(),
            (Best::Numbers(_), Offers::Texts(..)) => false,
        };
        if better {
            self.set(group, offers, row);
        }
        better
    }

    fn drop_first(&mut self, groups: usize) {
        match self {
            Best::Numbers(numbers) => drop(numbers.drain(..groups)),
            Best::Texts { texts, bytes } => {
                drop(texts.drain(..groups));
                *bytes = texts.iter().flatten().map(|text| text.len()).sum();
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Best::Numbers(numbers) => numbers.capacity() * size_of::<Option<i128>>(),
            Best::Texts { texts, bytes } => texts.capacity() * size_of::<Option<Box<str>>>() + bytes,
        }
    }
}

impl GroupsAccumulator for RowAccumulator {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.add(values, Rows::new(group_indices, opt_filter), total_num_groups)
    }

    // A partial state is a row, and whether there is one.
    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        let (seen, columns) = (&values[values.len() - 1], &values[..values.len() - 1]);
        self.add(columns, Rows::new(group_indices, Some(seen.as_boolean())), total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (columns, _) = self.take(emit_to)?;
        Ok(Arc::new(StructArray::try_new(struct_fields(&self.pick.types), columns, None)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut columns, places) = self.take(emit_to)?;
        let seen = places.iter().map(|place| Some(*place != Place::default()));
        columns.push(Arc::new(BooleanArray::from_iter(seen)));
        Ok(columns)
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row_alone(Self::new(self.pick.clone()), values, opt_filter)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.places.capacity() * size_of::<Place>() + self.best.size() + self.bytes
    }
}
