//! `scan`: a window function that answers for each row the list of rows it gives, which are then unnested.
//!
//! Expressions that read only the row are arguments of that function, computed for whole batches; those that read earlier
//! rows too are computed by [`machine`] while it goes from row to row.

mod machine;

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::{Column, DFSchema, UnnestOptions};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr as DfExpr, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, WindowUDF, lit,
};
use datafusion::physical_expr::create_physical_expr;
use vizsla_schema::KqlType;

use self::machine::{CompiledStep, Compute, Scan, Source, State};
use super::expr::internal;
use super::{ITEM, Lowering, Needed, ProjectAsIs, column, column_name, never_null, sort_exprs, udf, with_columns_of};
use crate::bound::{ColumnId, Expr, Machine, Plan, SortKey};

/// The columns that a scan adds to those of its input.
pub(super) fn outputs(machine: &Machine) -> impl Iterator<Item = ColumnId> {
    machine.assigned.iter().map(|it| it.output).chain([machine.match_id, machine.index])
}

impl Lowering<'_> {
    pub(super) fn sequence(
        &self,
        input: &Plan,
        partition: &[ColumnId],
        order: &[SortKey],
        machine: &Machine,
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let new: Needed = outputs(machine).collect();
        let kept: Needed = needed.difference(&new).copied().collect();
        let mut below = with_columns_of(&kept, exprs(machine));
        below.retain(|id| !machine.states.iter().any(|state| state.id == *id));
        below.extend(machine.states.iter().map(|state| state.of));
        below.extend(machine.assigned.iter().map(|it| it.before));
        below.extend(order.iter().map(|key| key.column).chain(partition.iter().copied()));
        let input = self.plan(input, &below)?;
        let (scan, args) = self.compile(machine, input.schema())?;
        let function = WindowFunction {
            fun: WindowFunctionDefinition::WindowUDF(Arc::new(WindowUDF::new_from_impl(scan))),
            params: WindowFunctionParams {
                args,
                partition_by: partition.iter().map(|id| DfExpr::Column(column(*id))).collect(),
                order_by: sort_exprs(order),
                window_frame: WindowFrame::new(None),
                filter: None,
                null_treatment: None,
                distinct: false,
            },
        };
        let kept: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        let item = || DfExpr::Column(Column::new_unqualified(ITEM));
        let mut exprs = kept.clone();
        let assigned = machine.assigned.iter().map(|it| (it.output, it.ty));
        let counted = [(machine.match_id, KqlType::Long), (machine.index, KqlType::Long)];
        for (position, (id, ty)) in assigned.chain(counted).enumerate().filter(|(_, (id, _))| needed.contains(id)) {
            let value = never_null(get_field(item(), udf::field_name(position)), ty);
            exprs.push(value.alias(column_name(id)));
        }
        input
            .window([DfExpr::WindowFunction(Box::new(function)).alias(ITEM)])?
            .project_as_is(kept.into_iter().chain([item()]))?
            .unnest_columns_with_options(
                vec![Column::new_unqualified(ITEM)],
                UnnestOptions::new().with_preserve_nulls(false),
            )?
            .project_as_is(exprs)
    }

    /// The function and its arguments.
    fn compile(&self, machine: &Machine, input: &DFSchema) -> Result<(Scan, Vec<DfExpr>)> {
        let mut compiler = Compiler { lowering: self, machine, input, args: Vec::new() };
        let mut steps = Vec::with_capacity(machine.steps.len());
        for step in &machine.steps {
            let condition = compiler.compute(&step.condition)?;
            let mut cells = Vec::with_capacity(machine.assigned.len());
            for (index, column) in machine.assigned.iter().enumerate() {
                let assignment = step.assignments.iter().find(|(assigned, _)| *assigned == index);
                cells.push(match assignment {
                    Some((_, value)) => compiler.compute(value)?,
                    None => Compute::Argument(compiler.column(column.before)),
                });
            }
            steps.push(CompiledStep { condition, cells, output: step.output, optional: step.optional });
        }
        let mut states = Vec::with_capacity(machine.states.len());
        for state in &machine.states {
            let assigned = machine.assigned.iter().position(|it| it.before == state.of);
            let source = match assigned {
                Some(index) => Source::Assigned(index),
                None => Source::Argument(compiler.column(state.of)),
            };
            states.push(State { step: state.step, source, unset: state.unset.to_array() });
        }
        let mut args = compiler.args;
        if args.is_empty() {
            // A window function without arguments has a signature of its own.
            args.push(lit(true));
        }
        let types = machine.assigned.iter().map(|it| it.ty).collect();
        let name = format!("scan#{}", machine.index.0);
        Ok((Scan::new(name, args.len(), steps, states, types, self.stop.clone()), args))
    }
}

fn exprs(machine: &Machine) -> impl Iterator<Item = &Expr> {
    machine
        .steps
        .iter()
        .flat_map(|step| std::iter::once(&step.condition).chain(step.assignments.iter().map(|it| &it.1)))
}

struct Compiler<'a> {
    lowering: &'a Lowering<'a>,
    machine: &'a Machine,
    input: &'a DFSchema,
    args: Vec<DfExpr>,
}

impl Compiler<'_> {
    fn argument(&mut self, expr: DfExpr) -> usize {
        self.args.iter().position(|known| *known == expr).unwrap_or_else(|| {
            self.args.push(expr);
            self.args.len() - 1
        })
    }

    fn column(&mut self, id: ColumnId) -> usize {
        self.argument(DfExpr::Column(column(id)))
    }

    fn compute(&mut self, expr: &Expr) -> Result<Compute> {
        let mut read: Vec<ColumnId> = Vec::new();
        expr.visit_columns(&mut |id| {
            if !read.contains(&id) {
                read.push(id);
            }
        });
        let lowered = self.lowering.expr(expr)?;
        if !read.iter().any(|id| self.state(*id).is_some()) {
            return Ok(Compute::Argument(self.argument(lowered)));
        }
        let mut fields = Vec::with_capacity(read.len());
        let mut sources = Vec::with_capacity(read.len());
        for id in read {
            match self.state(id) {
                Some(index) => {
                    let ty = self.machine.states[index].ty;
                    fields.push(Arc::new(Field::new(column_name(id), ty.plan_type(), ty.is_nullable())));
                    sources.push(machine::Read::State(index));
                }
                None => {
                    fields.push(Arc::clone(self.input.field_with_unqualified_name(&column_name(id))?));
                    sources.push(machine::Read::Argument(self.column(id)));
                }
            }
        }
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let known = DFSchema::try_from(Schema::clone(&schema))?;
        let physical = create_physical_expr(&lowered, &known, &Default::default(), &Default::default())
            .map_err(|error| internal(&error.to_string()))?;
        Ok(Compute::OverStates { expr: physical, schema, reads: sources })
    }

    fn state(&self, id: ColumnId) -> Option<usize> {
        self.machine.states.iter().position(|state| state.id == id)
    }
}
