//! DataFusion's own aggregates where only their answer for no rows differs from KQL's.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, is_null};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator};

use super::udaf::Recipe;

/// An aggregate of DataFusion that answers `absent` where that one answers null.
#[derive(Debug)]
pub(super) struct Wrapped {
    inner: Arc<AggregateUDF>,
    absent: ScalarValue,
    input: Option<DataType>,
}

impl Wrapped {
    /// `inner` has to have a groups accumulator for the types it is called with.
    pub(super) fn new(inner: Arc<AggregateUDF>, absent: ScalarValue) -> Self {
        Self { inner, absent, input: None }
    }

    /// Casts the argument to `input` first.
    pub(super) fn over(self, input: DataType) -> Self {
        Self { input: Some(input), ..self }
    }
}

impl Wrapped {
    /// The fields of the arguments as `inner` gets them.
    fn inputs(&self, fields: &[FieldRef]) -> Vec<FieldRef> {
        let input = |field: &FieldRef| match &self.input {
            Some(ty) => Arc::new(field.as_ref().clone().with_data_type(ty.clone())),
            None => Arc::clone(field),
        };
        fields.iter().map(input).collect()
    }
}

impl Recipe for Wrapped {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let input_fields = &self.inputs(args.input_fields);
        // A string's answer is never null, but its partial state is, as long as there was no row.
        let fields = self.inner.state_fields(StateFieldsArgs { input_fields, ..args })?;
        Ok(fields.into_iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect())
    }

    fn groups(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let expr_fields = &self.inputs(args.expr_fields);
        let inner = self.inner.create_groups_accumulator(AccumulatorArgs { expr_fields, ..args })?;
        Ok(Box::new(WrappedAccumulator { inner, absent: self.absent.clone(), input: self.input.clone() }))
    }
}

struct WrappedAccumulator {
    inner: Box<dyn GroupsAccumulator>,
    absent: ScalarValue,
    input: Option<DataType>,
}

impl WrappedAccumulator {
    fn argument(&self, values: &[ArrayRef]) -> Result<ArrayRef> {
        match &self.input {
            Some(ty) if values[0].data_type() != ty => Ok(cast(&values[0], ty)?),
            _ => Ok(Arc::clone(&values[0])),
        }
    }
}

impl GroupsAccumulator for WrappedAccumulator {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let argument = self.argument(values)?;
        self.inner.update_batch(&[argument], group_indices, opt_filter, total_num_groups)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.inner.merge_batch(values, group_indices, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let answers = self.inner.evaluate(emit_to)?;
        if answers.null_count() == 0 {
            return Ok(answers);
        }
        Ok(zip(&is_null(&answers)?, &self.absent.to_scalar()?, &answers)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(&[self.argument(values)?], opt_filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
