//! The state machine behind `scan`, as a window function over all rows of a part.
//!
//! Each step may have an *active sequence*: the rows that it and the steps before it matched last. A row is tried against
//! the steps from last to first. It matches a step if the condition holds with the sequence of the step before, which then
//! moves on to this step; or, failing that, with the step's own. The first step begins sequences.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, RecordBatch, StructArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{concat, interleave, take};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, TypeSignature, Volatility, WindowUDFImpl};
use datafusion::physical_expr::PhysicalExpr;
use kql_parser::ast::StepOutput;
use vizsla_schema::KqlType;

use super::super::udf::field_name;
use crate::exec::Stop;

/// A step, ready to run.
#[derive(Debug)]
pub(super) struct CompiledStep {
    pub(super) condition: Compute,
    /// A value for each assigned column.
    pub(super) cells: Vec<Compute>,
    pub(super) output: StepOutput,
    pub(super) optional: bool,
}

/// How a value of a row is computed.
#[derive(Debug)]
pub(super) enum Compute {
    /// It was, for all rows.
    Argument(usize),
    /// Now, over columns of the row and of earlier ones.
    OverStates { expr: Arc<dyn PhysicalExpr>, schema: SchemaRef, reads: Vec<Read> },
}

/// A column of an expression over states.
#[derive(Debug)]
pub(super) enum Read {
    Argument(usize),
    State(usize),
}

/// A value of an earlier row, by the step that matched it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) step: usize,
    pub(super) source: Source,
    /// One row: the value before the step has matched.
    pub(super) unset: ArrayRef,
}

/// Where an earlier row has a value.
#[derive(Debug)]
pub(super) enum Source {
    Argument(usize),
    Assigned(usize),
}

/// The window function of one `scan`.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// Unique within a plan.
    name: String,
    signature: Signature,
    program: Arc<Program>,
}

#[derive(Debug)]
struct Program {
    steps: Vec<CompiledStep>,
    states: Vec<State>,
    /// Types of the assigned columns.
    types: Vec<KqlType>,
    stop: Stop,
}

impl Scan {
    pub(super) fn new(
        name: String,
        arguments: usize,
        steps: Vec<CompiledStep>,
        states: Vec<State>,
        types: Vec<KqlType>,
        stop: Stop,
    ) -> Scan {
        let signature = Signature::new(TypeSignature::Any(arguments), Volatility::Immutable);
        Scan { name, signature, program: Arc::new(Program { steps, states, types, stop }) }
    }
}

impl PartialEq for Scan {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Scan {}
impl Hash for Scan {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for Scan {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator { program: Arc::clone(&self.program) }))
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::List(self.program.item()), false)))
    }
}

#[derive(Debug)]
struct Evaluator {
    program: Arc<Program>,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let mut run = Run::new(&self.program, values);
        for row in 0..num_rows {
            if row % 256 == 0 && self.program.stop.asked() {
                return Err(DataFusionError::Execution("`scan` was stopped".to_owned()));
            }
            run.row(row)?;
        }
        run.finish(num_rows)
    }
}

impl Program {
    /// A row that comes out: assigned columns, the number of its match, its place among those of one input row.
    fn fields(&self) -> Fields {
        let assigned = self.types.iter().map(|ty| (ty.plan_type(), ty.is_nullable()));
        let counted = [(DataType::Int64, false), (DataType::Int64, false)];
        let all = assigned.chain(counted).enumerate();
        all.map(|(index, (ty, nullable))| Field::new(field_name(index), ty, nullable)).collect()
    }

    fn item(&self) -> FieldRef {
        Arc::new(Field::new_list_field(DataType::Struct(self.fields()), false))
    }
}

/// A value: a row of an array.
type Cell = (ArrayRef, usize);

/// A row that a step matched.
struct Record {
    row: usize,
    /// Assigned columns.
    cells: Vec<Cell>,
}

/// An active sequence of a step.
struct Sequence {
    /// The rows that the steps matched last, of this step and those before it.
    records: Vec<Option<Rc<Record>>>,
    match_id: i64,
}

struct Run<'a> {
    program: &'a Program,
    values: &'a [ArrayRef],
    /// By step.
    active: Vec<Option<Sequence>>,
    matches: i64,
    out: Emitted,
}

impl<'a> Run<'a> {
    fn new(program: &'a Program, values: &'a [ArrayRef]) -> Run<'a> {
        let active = program.steps.iter().map(|_| None).collect();
        Run { program, values, active, matches: 0, out: Emitted::new(program.types.len()) }
    }

    /// Tries a row against the steps, last to first.
    fn row(&mut self, row: usize) -> Result<()> {
        for step in (0..self.program.steps.len()).rev() {
            if !self.promotes(step, row)? {
                self.continues(step, row)?;
            }
        }
        Ok(())
    }

    /// Whether the row matches with the sequence of a step before, which moves here.
    fn promotes(&mut self, step: usize, row: usize) -> Result<bool> {
        let Some(from) = self.sequence_before(step) else { return Ok(false) };
        if !self.matches(step, row, self.active[from].as_ref())? {
            return Ok(false);
        }
        self.leave(step)?;
        self.leave(from)?;
        let Some(sequence) = self.active[from].take() else { return Ok(false) };
        self.record(step, row, sequence)?;
        Ok(true)
    }

    /// The step whose sequence a match of `step` goes on with: the one before, or an earlier one if those between are
    /// optional (our choice: the reference has the word but does not say what it means).
    fn sequence_before(&self, step: usize) -> Option<usize> {
        for before in (0..step).rev() {
            if self.active[before].is_some() {
                return Some(before);
            }
            if !self.program.steps[before].optional {
                return None;
            }
        }
        None
    }

    /// Whether a sequence may begin with this step.
    fn begins(&self, step: usize) -> bool {
        self.program.steps[..step].iter().all(|before| before.optional)
    }

    fn continues(&mut self, step: usize, row: usize) -> Result<()> {
        let active = self.active[step].is_some();
        if !(active || self.begins(step)) || !self.matches(step, row, self.active[step].as_ref())? {
            return Ok(());
        }
        let sequence = self.active[step].take().unwrap_or_else(|| {
            let match_id = self.matches;
            self.matches += 1;
            Sequence { records: Vec::new(), match_id }
        });
        self.record(step, row, sequence)
    }

    fn matches(&self, step: usize, row: usize, with: Option<&Sequence>) -> Result<bool> {
        let (array, at) = self.compute(&self.program.steps[step].condition, row, with)?;
        let truth = array.as_boolean();
        Ok(truth.is_valid(at) && truth.value(at))
    }

    /// The row becomes the one that `step` matched last in its sequence.
    fn record(&mut self, step: usize, row: usize, mut sequence: Sequence) -> Result<()> {
        let compiled = &self.program.steps[step];
        let cells = compiled.cells.iter().map(|cell| self.compute(cell, row, Some(&sequence)));
        let record = Rc::new(Record { row, cells: cells.collect::<Result<_>>()? });
        if compiled.output == StepOutput::All {
            self.out.push(&record, sequence.match_id)?;
        }
        sequence.records.resize(step + 1, None);
        sequence.records[step] = Some(record);
        self.active[step] = Some(sequence);
        Ok(())
    }

    /// A sequence leaves a step: with `output=last` its last row comes out.
    fn leave(&mut self, step: usize) -> Result<()> {
        if self.program.steps[step].output != StepOutput::Last {
            return Ok(());
        }
        let Some(sequence) = &self.active[step] else { return Ok(()) };
        let Some(Some(record)) = sequence.records.get(step) else { return Ok(()) };
        let (record, match_id) = (Rc::clone(record), sequence.match_id);
        self.out.push(&record, match_id)
    }

    fn compute(&self, what: &Compute, row: usize, with: Option<&Sequence>) -> Result<Cell> {
        match what {
            Compute::Argument(index) => Ok((Arc::clone(&self.values[*index]), row)),
            Compute::OverStates { expr, schema, reads } => {
                let one = |read: &Read| match read {
                    Read::Argument(index) => self.values[*index].slice(row, 1),
                    Read::State(index) => self.state(*index, with),
                };
                let batch = RecordBatch::try_new(Arc::clone(schema), reads.iter().map(one).collect())?;
                Ok((expr.evaluate(&batch)?.into_array(1)?, 0))
            }
        }
    }

    /// One row: a value of the row that a step matched last.
    fn state(&self, index: usize, with: Option<&Sequence>) -> ArrayRef {
        let state = &self.program.states[index];
        let record = with.and_then(|sequence| sequence.records.get(state.step)).and_then(Option::as_ref);
        match (record, &state.source) {
            (Some(record), Source::Argument(index)) => self.values[*index].slice(record.row, 1),
            (Some(record), Source::Assigned(index)) => {
                let (array, at) = &record.cells[*index];
                array.slice(*at, 1)
            }
            (None, _) => Arc::clone(&state.unset),
        }
    }

    /// The rows that came out, as a list for each input row.
    fn finish(mut self, rows: usize) -> Result<ArrayRef> {
        for step in 0..self.program.steps.len() {
            self.leave(step)?;
        }
        self.out.finish(self.program, rows)
    }
}

/// Rows that came out, in the order in which they did.
struct Emitted {
    rows: Vec<usize>,
    match_ids: Vec<i64>,
    columns: Vec<Cells>,
}

/// Values of one column: finished arrays, then cells that are still to be put into one.
#[derive(Default)]
struct Cells {
    done: Vec<ArrayRef>,
    pending: Vec<Cell>,
}

impl Emitted {
    fn new(columns: usize) -> Emitted {
        Emitted { rows: Vec::new(), match_ids: Vec::new(), columns: (0..columns).map(|_| Cells::default()).collect() }
    }

    fn push(&mut self, record: &Record, match_id: i64) -> Result<()> {
        self.rows.push(record.row);
        self.match_ids.push(match_id);
        self.columns.iter_mut().zip(&record.cells).try_for_each(|(column, cell)| column.push(cell.clone()))
    }

    fn finish(self, program: &Program, rows: usize) -> Result<ArrayRef> {
        let mut places: Vec<usize> = (0..self.rows.len()).collect();
        places.sort_by_key(|place| self.rows[*place]);
        let mut lengths = vec![0; rows];
        let mut index = Vec::with_capacity(places.len());
        for place in &places {
            let length = &mut lengths[self.rows[*place]];
            index.push(*length as i64);
            *length += 1;
        }
        let order = UInt64Array::from_iter_values(places.iter().map(|place| *place as u64));
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len() + 2);
        for (column, ty) in self.columns.into_iter().zip(&program.types) {
            arrays.push(take(&column.finish(*ty)?, &order, None)?);
        }
        arrays.push(take(&Int64Array::from(self.match_ids), &order, None)?);
        arrays.push(Arc::new(Int64Array::from(index)));
        let items = StructArray::try_new(program.fields(), arrays, None)?;
        let list = ListArray::try_new(program.item(), OffsetBuffer::from_lengths(lengths), Arc::new(items), None)?;
        Ok(Arc::new(list))
    }
}

/// How many cells are put into one array.
const CHUNK: usize = 8192;

impl Cells {
    fn push(&mut self, cell: Cell) -> Result<()> {
        self.pending.push(cell);
        if self.pending.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let mut arrays: Vec<&dyn Array> = Vec::new();
        let mut known: HashMap<*const (), usize> = HashMap::new();
        let mut places = Vec::with_capacity(self.pending.len());
        for (array, row) in &self.pending {
            let position = *known.entry(Arc::as_ptr(array).cast::<()>()).or_insert_with(|| {
                arrays.push(array.as_ref());
                arrays.len() - 1
            });
            places.push((position, *row));
        }
        let done = interleave(&arrays, &places)?;
        self.done.push(done);
        self.pending.clear();
        Ok(())
    }

    fn finish(mut self, ty: KqlType) -> Result<ArrayRef> {
        if !self.pending.is_empty() {
            self.flush()?;
        }
        let done: Vec<&dyn Array> = self.done.iter().map(AsRef::as_ref).collect();
        match done.is_empty() {
            true => Ok(arrow::array::new_empty_array(&ty.plan_type())),
            false => Ok(concat(&done)?),
        }
    }
}
