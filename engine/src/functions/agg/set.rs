//! `make_set` and `count_distinct`: values are numbered once for all groups, and a group is a set of numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringViewBuilder, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator};
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_functions::dynamic;
use vizsla_schema::KqlType as T;

use super::list::{LARGEST, max_size};
use super::members::Members;
use super::numbered::Numbered;
use super::per_group::{Rows, each_row_alone};
use super::udaf::{Answer, Recipe, aggregate_udf, columns, state_columns};
use super::{AggCall, AggNaming, AggregateDef};

const MAX_SIZE: Param = Param::Const(T::Long);

const MAKE_SET: AggregateDef = AggregateDef {
    name: "make_set",
    signatures: &[sig(&[Param::Any, MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The distinct values but nulls as an array, in the order first seen; arrays add their elements.",
    source: "make-set-aggregation-function",
    examples: &[ex("make_set(s)", r#"["a","b",""]"#), ex("make_set(x, 2)", "[1,2]")],
    naming: AggNaming::Prefix("set"),
    udaf: |call| make_set(call, LARGEST),
    ..AggregateDef::BASE
};

const MAKE_SET_IF: AggregateDef = AggregateDef {
    name: "make_set_if",
    signatures: &[sig(&[Param::Any, Param::Is(T::Bool), MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The distinct values where the predicate is true as an array.",
    source: "make-set-if-aggregation-function",
    examples: &[ex("make_set_if(s, b)", r#"["a"]"#), ex("make_set_if(s, x > 5)", "[]")],
    predicate: Some(1),
    ..MAKE_SET
};

const MAKESET: AggregateDef = AggregateDef {
    name: "makeset",
    summary: "`make_set` with a default maximum of 128 elements; deprecated.",
    examples: &[],
    udaf: |call| make_set(call, 128),
    ..MAKE_SET
};

const COUNT_DISTINCT: AggregateDef = AggregateDef {
    name: "count_distinct",
    signatures: &[sig(&[Param::Any], Returns::Is(T::Long))],
    summary: "The number of distinct values, nulls aside, counted exactly.",
    source: "count-distinct-aggregation-function",
    examples: &[ex("count_distinct(s)", "3"), ex("count_distinct(x)", "3")],
    naming: AggNaming::Prefix("count_distinct"),
    udaf: count_distinct,
    ..AggregateDef::BASE
};

const COUNT_DISTINCTIF: AggregateDef = AggregateDef {
    name: "count_distinctif",
    signatures: &[sig(&[Param::Any, Param::Is(T::Bool)], Returns::Is(T::Long))],
    summary: "The number of distinct values where the predicate is true, counted exactly.",
    source: "count-distinctif-aggregation-function",
    examples: &[ex("count_distinctif(s, b)", "1")],
    naming: AggNaming::Prefix("count_distinctif"),
    predicate: Some(1),
    ..COUNT_DISTINCT
};

pub(super) const ALL: &[AggregateDef] = &[MAKE_SET, MAKE_SET_IF, MAKESET, COUNT_DISTINCT, COUNT_DISTINCTIF];

fn make_set(call: &AggCall, default_size: usize) -> Arc<AggregateUDF> {
    let ty = columns(call).next().unwrap_or(T::Dynamic);
    let set = Set { ty, wanted: Wanted::Values { max_size: max_size(call, default_size) } };
    aggregate_udf("make_set", call, Answer::One(T::Dynamic), set)
}

fn count_distinct(call: &AggCall) -> Arc<AggregateUDF> {
    let ty = columns(call).next().unwrap_or(T::Dynamic);
    aggregate_udf("count_distinct", call, Answer::One(T::Long), Set { ty, wanted: Wanted::Count })
}

#[derive(Debug, Clone, Copy)]
struct Set {
    ty: T,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Values { max_size: usize },
    Count,
}

impl Set {
    fn list_type(self) -> DataType {
        DataType::List(Arc::new(Field::new_list_field(self.ty.plan_type(), true)))
    }

    /// The most values of a group that matter.
    fn max_size(self) -> usize {
        match self.wanted {
            Wanted::Values { max_size } => max_size,
            Wanted::Count => usize::MAX,
        }
    }
}

impl Recipe for Set {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_columns(&args, &[("values", self.list_type())]))
    }

    fn groups(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(SetAccumulator::new(*self)?))
    }
}

struct SetAccumulator {
    set: Set,
    /// Distinct values of all groups.
    values: Numbered,
    /// Which of them each group has.
    members: Members,
    /// Group and value in the order in which they were first seen together.
    pairs: Vec<(u32, u32)>,
    /// How many values each group has.
    counts: Vec<usize>,
    /// Reused between batches: the number of each row's value.
    numbers: Vec<u32>,
}

impl SetAccumulator {
    fn new(set: Set) -> Result<Self> {
        let values = Numbered::new(set.ty.plan_type())?;
        let (pairs, counts, numbers) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { set, values, members: Members::new(), pairs, counts, numbers })
    }

    fn add(&mut self, groups: &[usize], values: &ArrayRef) -> Result<()> {
        self.values.number(values, &mut self.numbers)?;
        for (value, group) in self.numbers.iter().zip(groups) {
            if self.members.insert(*group as u32, *value) {
                self.pairs.push((*group as u32, *value));
                self.counts[*group] += 1;
            }
        }
        Ok(())
    }

    /// The values of the emitted groups, group by group in the order first seen, and how many each has.
    fn take(&mut self, emit_to: EmitTo) -> Result<(ArrayRef, Vec<usize>)> {
        let mut counts = std::mem::take(&mut self.counts);
        let remaining = match emit_to {
            EmitTo::All => 0,
            EmitTo::First(emitted) => counts.split_off(emitted).len(),
        };
        let (values, pairs) = (self.values.take()?, std::mem::take(&mut self.pairs));
        self.members = Members::new();
        self.counts = vec![0; remaining];
        let mut order = vec![0_u32; counts.iter().sum()];
        let mut next: Vec<usize> =
            counts.iter().scan(0, |end, count| Some(std::mem::replace(end, *end + count))).collect();
        let (mut others, mut other_groups) = (Vec::new(), Vec::new());
        for (group, value) in pairs {
            if let Some(at) = next.get_mut(group as usize) {
                order[*at] = value;
                *at += 1;
            } else {
                others.push(value);
                other_groups.push(group as usize - counts.len());
            }
        }
        if !others.is_empty() {
            self.add(&other_groups, &take(&values, &UInt32Array::from(others), None)?)?;
        }
        Ok((take(&values, &UInt32Array::from(order), None)?, counts))
    }
}

impl GroupsAccumulator for SetAccumulator {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_num_groups.max(self.counts.len()), 0);
        let max_size = self.set.max_size();
        if self.set.ty == T::Dynamic && matches!(self.set.wanted, Wanted::Values { .. }) {
            let texts = values[0].as_string_view();
            let rows = Rows::new(group_indices, opt_filter).iter().filter(|(row, _)| texts.is_valid(*row));
            let (groups, elements) = flatten(rows.map(|(row, group)| (group, texts.value(row))));
            return self.add(&groups, &elements);
        }
        let values = &values[0];
        let room = |group: usize| self.counts[group] < max_size;
        if opt_filter.is_none() && values.null_count() == 0 && group_indices.iter().all(|group| room(*group)) {
            return self.add(group_indices, values);
        }
        let rows = Rows::new(group_indices, opt_filter).iter();
        let kept = rows.filter(|(row, group)| values.is_valid(*row) && room(*group));
        let (rows, groups): (Vec<u32>, Vec<usize>) = kept.map(|(row, group)| (row as u32, group)).unzip();
        self.add(&groups, &take(values, &UInt32Array::from(rows), None)?)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.counts.resize(total_num_groups.max(self.counts.len()), 0);
        let lists = values[0].as_list::<i32>();
        let offsets = lists.value_offsets();
        let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let mut groups = Vec::with_capacity((last - first) as usize);
        for (row, group) in group_indices.iter().enumerate() {
            groups.extend(std::iter::repeat_n(*group, lists.value_length(row) as usize));
        }
        self.add(&groups, &lists.values().slice(first as usize, (last - first) as usize))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let max_size = match self.set.wanted {
            Wanted::Values { max_size } => max_size,
            Wanted::Count => {
                let (_, counts) = self.take(emit_to)?;
                return Ok(Arc::new(Int64Array::from_iter_values(counts.into_iter().map(|count| count as i64))));
            }
        };
        let (values, counts) = self.take(emit_to)?;
        let mut out = StringViewBuilder::with_capacity(counts.len());
        let mut text = String::new();
        let mut start = 0;
        for count in counts {
            text.clear();
            text.push('[');
            for row in start..start + count.min(max_size) {
                if row > start {
                    text.push(',');
                }
                dynamic::encode(&values, row, self.set.ty, &mut text);
            }
            text.push(']');
            out.append_value(&text);
            start += count;
        }
        Ok(Arc::new(out.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (values, counts) = self.take(emit_to)?;
        let field = Arc::new(Field::new_list_field(self.set.ty.plan_type(), true));
        Ok(vec![Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(counts), values, None)?)])
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row_alone(Self::new(self.set)?, values, opt_filter)
    }

    fn size(&self) -> usize {
        let vectors = (self.counts.capacity() + self.pairs.capacity()) * size_of::<usize>();
        size_of::<Self>() + vectors + self.numbers.capacity() * 4 + self.members.size() + self.values.size()
    }
}

/// Dynamics with arrays taken apart, and the group of each element.
fn flatten<'a>(rows: impl Iterator<Item = (usize, &'a str)>) -> (Vec<usize>, ArrayRef) {
    let (mut groups, mut elements) = (Vec::new(), StringViewBuilder::new());
    for (group, text) in rows {
        match dynamic::elements(text) {
            None => {
                groups.push(group);
                elements.append_value(text);
            }
            Some(inner) => inner.for_each(|element| {
                groups.push(group);
                elements.append_value(element);
            }),
        }
    }
    (groups, Arc::new(elements.finish()))
}
