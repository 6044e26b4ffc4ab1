//! Accumulators that keep a small value for each group.
//!
//! A [`PerGroup`] says what the value is and how rows change it; [`PerGroupAccumulator`] does what they all have in
//! common: room for new groups, FILTER, splitting off emitted groups, and an honest size.

use std::fmt::Debug;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::udaf::{Recipe, state_columns};

/// An aggregate whose groups are independent values.
pub(super) trait PerGroup: Debug + Clone + Send + Sync + 'static {
    /// What is kept for a group; its default is the state before the first row.
    type State: Default + Send + 'static;

    /// Names and types of the columns that [`PerGroup::state`] gives.
    fn state_types(&self) -> Vec<(&'static str, DataType)>;

    /// Adds rows of the argument columns. What it keeps in itself may save time, and must not change an answer.
    fn update(&mut self, states: &mut States<'_, Self::State>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()>;

    /// Adds rows of the state columns.
    fn merge(&mut self, states: &mut States<'_, Self::State>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()>;

    /// Partial states, a row for each.
    fn state(&self, states: Vec<Self::State>) -> Result<Vec<ArrayRef>>;

    /// Answers, a row for each.
    fn evaluate(&self, states: Vec<Self::State>) -> Result<ArrayRef>;

    /// Bytes that a state holds outside of itself.
    fn heap(_: &Self::State) -> usize {
        0
    }
}

impl<A: PerGroup> Recipe for A {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_columns(&args, &self.state_types()))
    }

    fn groups(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(PerGroupAccumulator::new(self.clone())))
    }
}

/// Which group each row belongs to, without the rows that a FILTER removed.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    groups: &'a [usize],
    filter: Option<&'a BooleanArray>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(groups: &'a [usize], filter: Option<&'a BooleanArray>) -> Self {
        Self { groups, filter }
    }

    /// Row and group of each row that counts.
    pub(super) fn iter(self) -> impl Iterator<Item = (usize, usize)> + 'a {
        let keeps = move |row: usize| self.filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        self.groups.iter().copied().enumerate().filter(move |(row, _)| keeps(*row))
    }
}

/// The states of all groups, and the bytes that they hold outside of themselves.
pub(super) struct States<'a, S> {
    states: &'a mut [S],
    heap: &'a mut usize,
    size_of_one: fn(&S) -> usize,
}

impl<S> States<'_, S> {
    /// The state of a group that needs no memory of its own.
    #[inline]
    pub(super) fn flat(&mut self, group: usize) -> &mut S {
        &mut self.states[group]
    }

    /// Changes the state of a group and keeps count of its memory.
    #[inline]
    pub(super) fn edit<T>(&mut self, group: usize, f: impl FnOnce(&mut S) -> T) -> T {
        let state = &mut self.states[group];
        let before = (self.size_of_one)(state);
        let result = f(state);
        *self.heap = *self.heap + (self.size_of_one)(state) - before;
        result
    }
}

/// The DataFusion accumulator over a [`PerGroup`].
pub(super) struct PerGroupAccumulator<A: PerGroup> {
    aggregate: A,
    states: Vec<A::State>,
    heap: usize,
}

impl<A: PerGroup> PerGroupAccumulator<A> {
    pub(super) fn new(aggregate: A) -> Self {
        Self { aggregate, states: Vec::new(), heap: 0 }
    }

    fn change(&mut self, total: usize, f: impl FnOnce(&mut A, &mut States<'_, A::State>) -> Result<()>) -> Result<()> {
        if self.states.len() < total {
            self.states.resize_with(total, A::State::default);
        }
        f(&mut self.aggregate, &mut States { states: &mut self.states, heap: &mut self.heap, size_of_one: A::heap })
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<A::State> {
        let taken = emit_to.take_needed(&mut self.states);
        self.heap = self.states.iter().map(A::heap).sum();
        taken
    }
}

impl<A: PerGroup> GroupsAccumulator for PerGroupAccumulator<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.change(total_num_groups, |it, states| it.update(states, values, Rows::new(group_indices, opt_filter)))
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.change(total_num_groups, |it, states| it.merge(states, values, Rows::new(group_indices, None)))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = self.take(emit_to);
        self.aggregate.evaluate(states)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let states = self.take(emit_to);
        self.aggregate.state(states)
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row_alone(Self::new(self.aggregate.clone()), values, opt_filter)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.states.capacity() * size_of::<A::State>() + self.heap
    }
}

/// Partial states of the rows as if each were a group of its own.
pub(super) fn each_row_alone(
    mut fresh: impl GroupsAccumulator,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<Vec<ArrayRef>> {
    let rows = values.first().map_or(0, Array::len);
    let groups: Vec<usize> = (0..rows).collect();
    fresh.update_batch(values, &groups, filter, rows)?;
    fresh.state(EmitTo::All)
}
