//! `scan`: steps that rows match in turn, each with the row it matched last (facts 291, 292).
//!
//! Steps become a [`Machine`]: conditions and assignments over the columns of the row and, as columns of their own, what is
//! read of earlier rows (`s1.x`). Declared columns are columns of the input that hold their default.

use std::sync::Arc;

use kql_parser::ast::{Assignment, Scan, ScanStep, StepOutput};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::{KqlType, suggest};

use super::columns::{column_for, extended};
use super::{parameters, sort};
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::names::numbered;
use crate::bind::row::{Row, States, find_column};
use crate::bound::{
    AssignedColumn, Column, ColumnId, Expr, Machine, MachineStep, Plan, Relation, SortKey, StateColumn,
};
use crate::error;

/// Each step may hold a row of each step before it, so their number is bounded.
const MAX_STEPS: usize = 256;

pub(super) fn bind<'a>(it: &'a Scan, input: Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "scan", &["with_match_id"], cx);
    steps_are_right(it, cx);
    let input = ordered(it, input, cx);
    let (input, mut partition) = divided(it, &input, cx);
    partition.extend(input.partition.iter().flat_map(|it| &it.keys).map(|(id, _)| *id));
    let (input, declared) = declare(it, input, cx);
    let mut row = Row::plain(&input);
    row.states = Some(States { steps: &it.steps, visible: 0, read: Vec::new() });
    let mut assigned = Vec::new();
    let mut steps = Vec::with_capacity(it.steps.len());
    for (index, step) in it.steps.iter().enumerate() {
        row.states.iter_mut().for_each(|states| states.visible = index + 1);
        steps.push(bind_step(step, &mut row, &mut assigned, cx));
    }
    let read = row.states.map(|states| states.read).unwrap_or_default();
    let unset = |column: &Column| {
        let default = declared.iter().find(|(id, _)| *id == column.id).map(|(_, value)| value.clone());
        default.unwrap_or(Value::absent(column.ty))
    };
    let states = read
        .into_iter()
        .map(|(step, column, id)| StateColumn { id, ty: column.ty, step, of: column.id, unset: unset(&column) })
        .collect();
    let machine = Machine { steps, assigned, states, match_id: cx.new_id(), index: cx.new_id() };
    let columns = columns(it, &input, &machine);
    let mut order = input.order.clone();
    order.push(SortKey { column: machine.index, ascending: true, nulls_first: false });
    let before = input.order.clone();
    let scanned =
        input.then(|plan| Plan::Sequence { input: plan, partition, order: before, machine: Arc::new(machine) });
    Relation { columns, order, ..scanned }
}

fn steps_are_right(it: &Scan, cx: &mut Binder<'_>) {
    if it.steps.len() > MAX_STEPS {
        let message = format!("`scan` takes at most {MAX_STEPS} steps");
        cx.report(Diagnostic::error(error::TOO_LARGE, it.span).message(message));
    }
    for (index, step) in it.steps.iter().enumerate() {
        if it.steps[..index].iter().any(|before| before.name.text == step.name.text) {
            let message = format!("the step `{}` is named twice", step.name.text);
            cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, step.name.span).message(message));
        }
    }
}

/// The input in the order of `order by`, or in the one it has.
fn ordered<'a>(it: &'a Scan, input: Relation, cx: &mut Binder<'a>) -> Relation {
    if !it.order_by.is_empty() {
        let (relation, order) = sort::keys(&it.order_by, &input, cx);
        return Relation { order, serialized: true, ..relation };
    }
    if !input.serialized {
        let hint = "add `| sort by …` or `| serialize` before";
        let message = "`scan` needs rows in an order";
        cx.report(Diagnostic::error(error::NOT_SERIALIZED, it.span).message(message).hint(hint));
    }
    input
}

/// The keys of `partition by`, each of whose values is scanned for itself.
fn divided<'a>(it: &'a Scan, input: &Relation, cx: &mut Binder<'a>) -> (Relation, Vec<ColumnId>) {
    let mut extend = Vec::new();
    let mut keys = Vec::new();
    for key in &it.partition_by {
        let bound = cx.bind_scalar(key, &mut Row::plain(input));
        keys.push(column_for("".into(), bound, &mut extend, cx).id);
    }
    (input.then(|plan| extended(plan, extend)), keys)
}

/// The input with declared columns, and the defaults they hold.
fn declare<'a>(it: &'a Scan, input: Relation, cx: &mut Binder<'a>) -> (Relation, Vec<(ColumnId, Value)>) {
    let mut columns = input.columns.clone();
    let mut defaults = Vec::new();
    for declared in &it.declare {
        let ty = kql_type(declared.ty.ty);
        let given = declared.default.as_ref().and_then(|default| cx.constant(default, ty, "a default"));
        if columns.iter().any(|column| column.name == declared.name.text) {
            let message = format!("there is a column named `{}` already", declared.name.text);
            cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, declared.name.span).message(message));
        }
        let column = cx.new_column(declared.name.text.clone(), ty);
        defaults.push((column.id, given.unwrap_or(Value::absent(ty))));
        columns.push(column);
    }
    let extend = defaults.iter().map(|(id, value)| (*id, Expr::literal(value.clone(), it.span))).collect();
    (Relation { columns, ..input.then(|plan| extended(plan, extend)) }, defaults)
}

fn bind_step<'a>(
    step: &'a ScanStep,
    row: &mut Row<'_>,
    assigned: &mut Vec<AssignedColumn>,
    cx: &mut Binder<'a>,
) -> MachineStep {
    let condition = cx.bind_predicate(&step.condition, row);
    let mut assignments: Vec<(usize, Expr)> = Vec::new();
    for assignment in &step.assignments {
        let value = cx.bind_scalar(&assignment.value, row);
        let Some(column) = target(assignment, row, cx) else { continue };
        let value = assignable(value, column.ty, cx);
        let index = place(&column, assigned, cx);
        if assignments.iter().any(|(other, _)| *other == index) {
            let message = format!("`{}` is assigned twice", assignment.name.text);
            cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, assignment.name.span).message(message));
        }
        assignments.push((index, value));
    }
    let output = step.output.unwrap_or(StepOutput::All);
    MachineStep { condition, assignments, output, optional: step.optional }
}

/// The column that an assignment is about: a declared one, or one of the input.
fn target(assignment: &Assignment, row: &Row<'_>, cx: &mut Binder<'_>) -> Option<Column> {
    let name = &assignment.name;
    let found = find_column(row.columns, &name.text).cloned();
    if found.is_none() && !row.open {
        let hint = match suggest(&name.text, row.columns.iter().map(|column| &*column.name)) {
            Some(it) => format!("did you mean `{it}`?"),
            None => format!("declare it: `scan declare ({}: …)`", name.text),
        };
        let message = format!("no column named `{}` here", name.text);
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, name.span).message(message).hint(hint));
    }
    found
}

/// A value of the column's type; numbers widen, and a dynamic takes any type.
fn assignable(value: Expr, ty: KqlType, cx: &mut Binder<'_>) -> Expr {
    let number = |ty| matches!(ty, KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal | KqlType::Bool);
    let null = value.as_literal().is_some_and(Value::is_null);
    let fits = value.ty == ty || null || ty == KqlType::Dynamic || value.ty == KqlType::Dynamic;
    if fits || value.is_poison() || (number(value.ty) && number(ty)) {
        return cx.convert_to(value, ty);
    }
    let message = format!("a {} cannot be assigned to a {}", value.ty.name(), ty.name());
    let hint = format!("convert it: `to{}(…)`", ty.name());
    cx.fail(Diagnostic::error(error::TYPE_MISMATCH, value.span).message(message).hint(hint))
}

fn place(column: &Column, assigned: &mut Vec<AssignedColumn>, cx: &mut Binder<'_>) -> usize {
    assigned.iter().position(|it| it.before == column.id).unwrap_or_else(|| {
        assigned.push(AssignedColumn { output: cx.new_id(), ty: column.ty, before: column.id });
        assigned.len() - 1
    })
}

/// The input's columns, then the declared ones, then the number of the match.
fn columns(it: &Scan, input: &Relation, machine: &Machine) -> Vec<Column> {
    let mut columns = input.columns.clone();
    for column in &mut columns {
        if let Some(assigned) = machine.assigned.iter().find(|it| it.before == column.id) {
            column.id = assigned.output;
        }
    }
    if let Some((name, _)) = parameters::word(&it.parameters, "with_match_id") {
        let taken = |name: &str| columns.iter().any(|column| &*column.name == name);
        let name = if taken(&name) { numbered(&name, taken) } else { name.into() };
        columns.push(Column { id: machine.match_id, name, ty: KqlType::Long });
    }
    columns
}
