//! A [`Recipe`] as a DataFusion aggregate.
//!
//! A recipe is written once, as a [`GroupsAccumulator`]; [`OneGroup`] runs it where there is no `by`.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, new_empty_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, TypeSignature, Volatility,
};
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::AggCall;

/// How an aggregate is computed.
pub(super) trait Recipe: Debug + Send + Sync + 'static {
    /// The columns of a partial state.
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>>;

    /// An accumulator for all groups.
    fn groups(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>>;

    /// Whether an ORDER BY means anything; its keys then come as further columns behind the arguments.
    fn ordered(&self) -> bool {
        false
    }
}

/// What an aggregate yields.
pub(super) enum Answer {
    /// One value of this type.
    One(KqlType),
    /// A struct with a field for each of these.
    Several(Vec<KqlType>),
}

/// The aggregate `name` over the columns of `call`: the arguments that are not constant.
///
/// It is monomorphic. The name holds types and constants, `percentiles(real;50,95)`, so it is the identity.
pub(super) fn aggregate_udf(name: &str, call: &AggCall, answer: Answer, recipe: impl Recipe) -> Arc<AggregateUDF> {
    let columns: Vec<KqlType> = columns(call).collect();
    let types: Vec<&str> = columns.iter().map(|ty| ty.name()).collect();
    let constants: Vec<String> = call.constants.iter().flatten().map(constant_name).collect();
    let separator = if constants.is_empty() { "" } else { ";" };
    let plan_types = columns.iter().map(|ty| ty.plan_type()).collect();
    let (returns, nullable) = match &answer {
        Answer::One(ty) => (ty.plan_type(), ty.is_nullable()),
        Answer::Several(types) => (DataType::Struct(struct_fields(types)), false),
    };
    Arc::new(AggregateUDF::new_from_impl(KqlAggregate {
        name: format!("{name}({}{separator}{})", types.join(","), constants.join(",")),
        signature: Signature::new(TypeSignature::Exact(plan_types), Volatility::Immutable),
        returns,
        nullable,
        recipe: Arc::new(recipe),
    }))
}

/// The types of the arguments that are not constant.
pub(super) fn columns(call: &AggCall) -> impl Iterator<Item = KqlType> {
    call.types.iter().zip(&call.constants).filter(|(_, constant)| constant.is_none()).map(|(ty, _)| *ty)
}

/// The constant arguments.
pub(super) fn constants(call: &AggCall) -> impl Iterator<Item = &Value> {
    call.constants.iter().flatten()
}

/// Fields `f0`, `f1`, … of the given types, strings non-null.
pub(super) fn struct_fields(types: &[KqlType]) -> Fields {
    let field = |(index, ty): (usize, &KqlType)| Field::new(format!("f{index}"), ty.plan_type(), ty.is_nullable());
    types.iter().enumerate().map(field).collect()
}

/// Nullable state columns of the given names and types.
pub(super) fn state_columns(args: &StateFieldsArgs<'_>, columns: &[(&str, DataType)]) -> Vec<FieldRef> {
    let field = |(name, ty): &(&str, DataType)| Field::new(format_state_name(args.name, name), ty.clone(), true);
    columns.iter().map(|column| Arc::new(field(column))).collect()
}

fn constant_name(value: &Value) -> String {
    match value {
        Value::Long(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::String(text) | Value::Dynamic(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

#[derive(Debug, Clone)]
struct KqlAggregate {
    name: String,
    signature: Signature,
    returns: DataType,
    nullable: bool,
    recipe: Arc<dyn Recipe>,
}

impl PartialEq for KqlAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.returns == other.returns
    }
}
impl Eq for KqlAggregate {}
impl Hash for KqlAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for KqlAggregate {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn is_nullable(&self) -> bool {
        self.nullable
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let mut inputs: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        if self.recipe.ordered() {
            for key in args.order_bys {
                inputs.push(key.expr.data_type(args.schema)?);
            }
        }
        Ok(Box::new(OneGroup::new(self.recipe.groups(args)?, &inputs)?))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.recipe.state_fields(args)
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        self.recipe.groups(args)
    }

    // "Beneficial" is how DataFusion hands over the sort keys without sorting all rows first: lists sort themselves.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        match self.recipe.ordered() {
            true => AggregateOrderSensitivity::Beneficial,
            false => AggregateOrderSensitivity::Insensitive,
        }
    }

    fn with_beneficial_ordering(self: Arc<Self>, _: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }
}

/// A groups accumulator over all rows as one group.
struct OneGroup {
    // Never contended: a mutex only because accumulators have to be `Sync`, which DataFusion's own groups are not.
    groups: Mutex<Box<dyn GroupsAccumulator>>,
    /// As many zeros as the largest batch had rows.
    zeros: Vec<usize>,
    size: usize,
}

impl OneGroup {
    fn new(mut groups: Box<dyn GroupsAccumulator>, inputs: &[DataType]) -> Result<Self> {
        // The one group exists even if no row ever comes.
        let nothing: Vec<ArrayRef> = inputs.iter().map(new_empty_array).collect();
        groups.update_batch(&nothing, &[], None, 1)?;
        let size = groups.size();
        Ok(Self { groups: Mutex::new(groups), zeros: Vec::new(), size })
    }

    fn change(
        &mut self,
        columns: &[ArrayRef],
        f: fn(&mut dyn GroupsAccumulator, &[ArrayRef], &[usize]) -> Result<()>,
    ) -> Result<()> {
        let rows = columns.first().map_or(0, |column| column.len());
        if self.zeros.len() < rows {
            self.zeros.resize(rows, 0);
        }
        let groups = self.groups.get_mut().unwrap_or_else(PoisonError::into_inner);
        f(groups.as_mut(), columns, &self.zeros[..rows])?;
        self.size = groups.size();
        Ok(())
    }
}

impl Debug for OneGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneGroup").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.change(values, |groups, values, zeros| groups.update_batch(values, zeros, None, 1))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.change(states, |groups, states, zeros| groups.merge_batch(states, zeros, 1))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let groups = self.groups.get_mut().unwrap_or_else(PoisonError::into_inner);
        ScalarValue::try_from_array(&groups.evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let groups = self.groups.get_mut().unwrap_or_else(PoisonError::into_inner);
        groups.state(EmitTo::All)?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.zeros.capacity() * size_of::<usize>() + self.size
    }
}
