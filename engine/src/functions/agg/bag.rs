//! `make_bag`: the bags of a group as one, where the first value of a key stays (the reference leaves that open).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewBuilder, UInt64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, UInt64Type};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator};
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_functions::dynamic;
use vizsla_schema::KqlType as T;

use super::list::{LARGEST, max_size};
use super::per_group::{Rows, each_row_alone};
use super::udaf::{Answer, Recipe, aggregate_udf, state_columns};
use super::{AggCall, AggNaming, AggregateDef};

const MAX_SIZE: Param = Param::Const(T::Long);

const MAKE_BAG: AggregateDef = AggregateDef {
    name: "make_bag",
    signatures: &[sig(&[Param::Is(T::Dynamic), MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The property bags of the group merged into one; what is no bag is skipped.",
    source: "make-bag-aggregation-function",
    examples: &[ex("make_bag(d)", r#"{"k":1,"l":2}"#)],
    naming: AggNaming::Prefix("bag"),
    udaf: |call| make_bag(call, LARGEST),
    ..AggregateDef::BASE
};

const MAKE_BAG_IF: AggregateDef = AggregateDef {
    name: "make_bag_if",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Bool), MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The property bags where the predicate is true merged into one.",
    source: "make-bag-if-aggregation-function",
    examples: &[ex("make_bag_if(d, not(b))", r#"{"l":2}"#), ex("make_bag_if(d, x > 5)", "{}")],
    predicate: Some(1),
    ..MAKE_BAG
};

const MAKE_DICTIONARY: AggregateDef = AggregateDef {
    name: "make_dictionary",
    summary: "`make_bag` with a default maximum of 128 keys; deprecated.",
    examples: &[],
    naming: AggNaming::Prefix("dictionary"),
    udaf: |call| make_bag(call, 128),
    ..MAKE_BAG
};

pub(super) const ALL: &[AggregateDef] = &[MAKE_BAG, MAKE_BAG_IF, MAKE_DICTIONARY];

fn make_bag(call: &AggCall, default_size: usize) -> Arc<AggregateUDF> {
    let bag = MakeBag { max_size: max_size(call, default_size) };
    aggregate_udf("make_bag", call, Answer::One(T::Dynamic), bag)
}

#[derive(Debug, Clone, Copy)]
struct MakeBag {
    max_size: usize,
}

impl Recipe for MakeBag {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_columns(&args, &[("bag", DataType::Utf8View)]))
    }

    fn groups(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(BagAccumulator::new(*self)?))
    }
}

struct BagAccumulator {
    make: MakeBag,
    /// Distinct pairs of group and key, the key as it stands between quotes.
    keys: Box<dyn GroupValues>,
    /// The value of each pair, as JSON.
    values: Vec<Box<str>>,
    value_bytes: usize,
    groups: usize,
    /// Reused between batches: the pair that each member is.
    pairs: Vec<usize>,
}

/// A table of distinct pairs of a group and a key.
fn pairs() -> Result<Box<dyn GroupValues>> {
    let fields = vec![Field::new("group", DataType::UInt64, false), Field::new("key", DataType::Utf8View, true)];
    new_group_values(Arc::new(Schema::new(fields)), &GroupOrdering::None)
}

impl BagAccumulator {
    fn new(make: MakeBag) -> Result<Self> {
        let keys = pairs()?;
        Ok(Self { make, keys, values: Vec::new(), value_bytes: 0, groups: 0, pairs: Vec::new() })
    }

    fn add<'a>(&mut self, members: impl Iterator<Item = (usize, &'a str, &'a str)>) -> Result<()> {
        let (mut groups, mut keys, mut values) = (Vec::new(), StringViewBuilder::new(), Vec::new());
        for (group, key, value) in members {
            groups.push(group as u64);
            keys.append_value(key);
            values.push(value);
        }
        self.keys.intern(&[Arc::new(UInt64Array::from(groups)), Arc::new(keys.finish())], &mut self.pairs)?;
        self.values.resize(self.keys.len(), "".into());
        for (pair, value) in self.pairs.iter().zip(values) {
            // No JSON is empty, so this is a new key.
            if self.values[*pair].is_empty() {
                self.value_bytes += value.len();
                self.values[*pair] = value.into();
            }
        }
        Ok(())
    }

    fn take(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let emitted = match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(groups) => groups,
        };
        let pairs = self.keys.emit(EmitTo::All)?;
        self.keys.clear_shrink(0);
        let (groups, keys) = (pairs[0].as_primitive::<UInt64Type>(), pairs[1].as_string_view());
        let values = std::mem::take(&mut self.values);
        (self.value_bytes, self.groups) = (0, self.groups - emitted);
        let mut bags = vec![(String::from("{"), 0_usize); emitted];
        let mut rest = Vec::new();
        for (pair, value) in values.iter().enumerate() {
            let group = groups.value(pair) as usize;
            match bags.get_mut(group) {
                None => rest.push((group - emitted, keys.value(pair), value.as_ref())),
                Some((_, size)) if *size >= self.make.max_size => {}
                Some((text, size)) => {
                    if *size > 0 {
                        text.push(',');
                    }
                    text.extend(["\"", keys.value(pair), "\":", value.as_ref()]);
                    *size += 1;
                }
            }
        }
        if !rest.is_empty() {
            self.add(rest.into_iter())?;
        }
        let mut out = StringViewBuilder::with_capacity(emitted);
        for (mut text, _) in bags {
            text.push('}');
            out.append_value(text);
        }
        Ok(Arc::new(out.finish()))
    }
}

impl GroupsAccumulator for BagAccumulator {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups = self.groups.max(total_num_groups);
        let bags = values[0].as_string_view();
        let rows = Rows::new(group_indices, opt_filter).iter().filter(|(row, _)| bags.is_valid(*row));
        let members = |(row, group)| {
            let members = dynamic::entries(bags.value(row)).into_iter().flatten();
            members.map(move |(key, value)| (group, key, value))
        };
        self.add(rows.flat_map(members))
    }

    // A partial state is a bag.
    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.update_batch(values, group_indices, None, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.take(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.take(emit_to)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row_alone(Self::new(self.make)?, values, opt_filter)
    }

    fn size(&self) -> usize {
        let vectors = self.values.capacity() * size_of::<Box<str>>() + self.pairs.capacity() * size_of::<usize>();
        size_of::<Self>() + vectors + self.value_bytes + self.keys.size()
    }
}
