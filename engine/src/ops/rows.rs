//! Operators that choose or mark rows: `where`, `take`, `sample`, `as`, `serialize`, `getschema`, `consume`.

use std::sync::Arc;

use kql_parser::ast::{As, AssertSchema, Bare, Sample, SampleDistinct, Serialize, Take, Where};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::{bind_extend, with_windows};
use super::partition;
use super::source::values;
use super::summarize;
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::row::Row;
use crate::bound::{Plan, Relation};
use crate::error::{self, unsupported};

pub(super) fn bind_where<'a>(it: &'a Where, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let mut row = Row::of(input);
    let predicate = cx.bind_predicate(&it.predicate, &mut row);
    let windows = row.windows();
    with_windows(input, windows).then(|plan| Plan::Filter { input: plan, predicate })
}

/// Any rows, or the first ones of rows in an order.
pub(super) fn bind_take<'a>(it: &'a Take, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let rows = cx.row_count(&it.count);
    limited(input, rows, cx)
}

/// At most `rows` rows; of each part, where there are parts.
pub(super) fn limited(input: &Relation, rows: u64, cx: &mut Binder<'_>) -> Relation {
    if input.partition.is_some() {
        return partition::first_of_each(input, rows, cx);
    }
    let keys = input.order.clone();
    if keys.is_empty() {
        input.then(|plan| Plan::Limit { input: plan, rows })
    } else {
        input.then(|plan| Plan::Top { input: plan, keys, rows })
    }
}

/// The first row, or any if they have no order.
pub(crate) fn first_row(input: &Relation) -> Relation {
    let keys = input.order.clone();
    match keys.is_empty() {
        true => input.then(|plan| Plan::Limit { input: plan, rows: 1 }),
        false => input.then(|plan| Plan::Top { input: plan, keys, rows: 1 }),
    }
}

/// Random rows: ordered by a random number, the first ones.
pub(super) fn bind_sample<'a>(it: &'a Sample, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let rows = cx.row_count(&it.count);
    shuffled(input, rows, it.span, cx).unordered()
}

fn shuffled(input: &Relation, rows: u64, span: kql_parser::span::Span, cx: &mut Binder<'_>) -> Relation {
    let Some(rand) = vizsla_functions::scalar("rand") else {
        cx.report(unsupported("`sample`", span));
        return input.clone();
    };
    let random = cx.apply(rand, Vec::new(), span);
    let id = cx.new_id();
    let key = crate::bound::SortKey { column: id, ascending: true, nulls_first: false };
    let marked = input.then(|plan| Plan::Extend { input: plan, columns: vec![(id, random)] });
    limited(&Relation { order: vec![key], ..marked }, rows, cx)
}

/// Distinct values of one column, any of them.
pub(super) fn bind_sample_distinct<'a>(it: &'a SampleDistinct, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let rows = cx.row_count(&it.count);
    let distinct = summarize::distinct(std::slice::from_ref(&it.of), input, cx);
    limited(&distinct, rows, cx)
}

/// Names the rows for `union withsource`, and for use as a table further on.
pub(super) fn bind_as(it: &As, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let relation = Relation { source: Some(it.name.text.clone()), ..input };
    let binding = crate::bind::env::Binding::Table(relation.clone());
    cx.env = cx.env.with(it.name.text.clone(), binding);
    relation
}

/// Keeps the order the rows are in, and computes columns as `extend` does.
pub(super) fn bind_serialize<'a>(it: &'a Serialize, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let serialized = Relation { serialized: true, ..input };
    if it.columns.is_empty() { serialized } else { bind_extend(&it.columns, &serialized, cx) }
}

/// Runs its input and answers nothing.
pub(super) fn bind_consume(_: &Bare, input: Relation, _: &mut Binder<'_>) -> Relation {
    let none = Relation { columns: Vec::new(), ..input };
    none.then(|plan| Plan::Limit { input: plan, rows: 0 })
}

/// A table of the columns (fact 120).
pub(super) fn bind_getschema(input: &Relation, cx: &mut Binder<'_>) -> Relation {
    let columns = [
        ("ColumnName", KqlType::String),
        ("ColumnOrdinal", KqlType::Int),
        ("DataType", KqlType::String),
        ("ColumnType", KqlType::String),
    ];
    let rows = input.columns.iter().zip(0..).map(|(column, ordinal)| {
        vec![
            Value::String(column.name.clone()),
            Value::Int(ordinal),
            Value::String(column.ty.dotnet_name().into()),
            Value::String(column.ty.name().into()),
        ]
    });
    values(&columns, rows.collect(), cx)
}

/// Stops with an error unless the columns are as declared.
pub(super) fn bind_assert_schema(it: &AssertSchema, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let expected: Vec<(Arc<str>, KqlType)> =
        it.schema.columns.iter().map(|column| (column.name.text.clone(), kql_type(column.ty.ty))).collect();
    let actual: Vec<(Arc<str>, KqlType)> =
        input.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
    if expected != actual && !input.open {
        let show = |columns: &[(Arc<str>, KqlType)]| {
            columns.iter().map(|(name, ty)| format!("{name}:{}", ty.name())).collect::<Vec<_>>().join(", ")
        };
        let message = format!("the columns are ({})", show(&actual));
        cx.report(Diagnostic::error(error::TYPE_MISMATCH, it.span).message(message));
    }
    input
}
