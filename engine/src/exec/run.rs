//! The steps of a program, one after the other; later ones see what earlier ones found.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::MemTable;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::groups::numbered;
use super::guard::{Guard, from_datafusion};
use super::session::task;
use crate::answer::{ResultColumn, TableStream};
use crate::bound::{Program, Relation, Step, StepKind};
use crate::error::EngineError;
use crate::lower::{Lowering, Source, StepValue};
use crate::ops::found_columns;

/// The most values that `in (table)` takes, as in the service; and `ipv4_lookup`.
const MAX_LIST: usize = 1_000_000;

/// A query while it runs.
pub(crate) struct Run<'a> {
    pub(crate) state: SessionState,
    pub(crate) source: &'a dyn Source,
    pub(crate) guard: Guard,
    /// What the steps so far found.
    pub(crate) values: Vec<StepValue>,
    /// Columns that steps found, in the order in which binding asks for them.
    pub(crate) found: Vec<Vec<(Arc<str>, KqlType)>>,
}

impl Run<'_> {
    /// Runs the steps that have not run yet.
    pub(crate) async fn steps(&mut self, program: &Program) -> Result<(), EngineError> {
        for step in program.steps.iter().skip(self.values.len()) {
            let value = self.step(step).await?;
            self.values.push(value);
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<StepValue, EngineError> {
        let relation = &step.relation;
        match step.kind {
            StepKind::Scalar => self.scalar(relation).await,
            StepKind::List => self.list(relation).await,
            StepKind::Spool => self.spool(relation).await,
            StepKind::Columns(question) => {
                let batches = self.collect(&self.logical(relation)?).await?;
                self.found.push(found_columns(question, &relation.columns, &batches));
                Ok(StepValue::Columns)
            }
        }
    }

    async fn scalar(&self, relation: &Relation) -> Result<StepValue, EngineError> {
        let first = crate::ops::first_row(relation);
        let batches = self.collect(&self.logical(&first)?).await?;
        let ty = relation.columns[0].ty;
        let cell = batches.iter().find(|batch| batch.num_rows() > 0);
        Ok(StepValue::Scalar(cell.map_or(Value::absent(ty), |batch| Value::from_array(batch.column(0), 0, ty))))
    }

    async fn list(&self, relation: &Relation) -> Result<StepValue, EngineError> {
        let batches = self.collect(&self.logical(relation)?).await?;
        let ty = relation.columns[0].ty;
        let mut seen = HashMap::new();
        let mut values = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let value = Value::from_array(batch.column(0), row, ty);
                let mut key = String::new();
                crate::bind::convert::write_json(&value, &mut key);
                if !value.is_null() && seen.insert(key, ()).is_none() {
                    values.push(value);
                }
            }
            if values.len() > MAX_LIST {
                let message = format!("a table to look values up in has more than {MAX_LIST} of them: use `join`");
                return Err(EngineError::Execution(message));
            }
        }
        let Value::Dynamic(json) = crate::bind::convert::json_array(&values) else {
            return Err(EngineError::Internal("a JSON array is a dynamic".to_owned()));
        };
        Ok(StepValue::List { values, json })
    }

    async fn spool(&self, relation: &Relation) -> Result<StepValue, EngineError> {
        let plan = self.lowering().spool(relation).map_err(|error| self.failed(error))?;
        let schema: Arc<Schema> = Arc::clone(plan.schema().inner());
        let batches = self.collect(&plan).await?;
        let table = MemTable::try_new(schema, vec![batches]).map_err(|error| self.failed(error))?;
        Ok(StepValue::Spool(Arc::new(table)))
    }

    fn lowering(&self) -> Lowering<'_> {
        Lowering { source: self.source, values: &self.values, stop: self.guard.stop() }
    }

    /// The logical plan of a relation.
    pub(crate) fn logical(&self, relation: &Relation) -> Result<LogicalPlan, EngineError> {
        self.lowering().relation(relation).map_err(|error| self.failed(error))
    }

    /// A logical plan as it will run.
    pub(crate) fn optimized(&self, plan: &LogicalPlan) -> Result<LogicalPlan, EngineError> {
        let optimized = self.state.optimize(plan).map_err(|error| self.failed(error))?;
        numbered(optimized, &self.state.runtime_env().memory_pool).map_err(|error| self.failed(error))
    }

    /// The plan that runs.
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>, EngineError> {
        let optimized = self.optimized(plan)?;
        let planned = self.state.query_planner().create_physical_plan(&optimized, &self.state).await;
        let physical = planned.map_err(|error| self.failed(error))?;
        stoppable(physical).map_err(|error| self.failed(error))
    }

    async fn collect(&self, plan: &LogicalPlan) -> Result<Vec<RecordBatch>, EngineError> {
        let physical = self.physical(plan).await?;
        let mut stream = execute_stream(physical, task(&self.state)).map_err(|error| self.failed(error))?;
        let mut batches = Vec::new();
        while let Some(batch) = self.guard.next(&mut stream).await? {
            batches.push(batch);
        }
        Ok(batches)
    }

    /// A result of the program, ready to be read.
    pub(crate) async fn result(&self, relation: &Relation) -> Result<TableStream, EngineError> {
        let plan = self.logical(relation)?;
        let physical = self.guard.watch(self.physical(&plan)).await?;
        let stream = execute_stream(physical, task(&self.state)).map_err(|error| self.failed(error))?;
        let columns = relation.columns.iter().map(|it| ResultColumn { name: it.name.clone(), ty: it.ty }).collect();
        Ok(TableStream { columns, render: relation.render.clone(), batches: self.guard.result(stream) })
    }

    pub(crate) fn failed(&self, error: datafusion::error::DataFusionError) -> EngineError {
        from_datafusion(error, self.guard.memory())
    }
}

/// Lets nodes that make many rows of few pause between batches, so that a time limit or a cancellation is noticed: only
/// reading files pauses by itself.
fn stoppable(plan: Arc<dyn ExecutionPlan>) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
    let pause = |node: Arc<dyn ExecutionPlan>| {
        let multiplies = node.children().len() > 1 || node.name() == "UnnestExec" || node.children().is_empty();
        Ok(match multiplies && node.name() != "CooperativeExec" {
            true => Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>),
            false => Transformed::no(node),
        })
    };
    plan.transform_up(pause).data()
}
