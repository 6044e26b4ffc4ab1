//! Rows that the query itself holds: `datatable`, `print`, `range`, `externaldata`.

use std::sync::Arc;

use kql_parser::ast::{self, Datatable, Externaldata, Print, Range};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::{allocate_names, column_for, extended};
use super::several::{LeftOver, items};
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::names::NameSource;
use crate::bind::row::Row;
use crate::bound::{Column, Expr, Plan, Relation, SortKey};
use crate::error::{self, unsupported};

/// Rows of constants, in the order written: a hidden column counts them.
pub(super) fn values(columns: &[(&str, KqlType)], rows: Vec<Vec<Value>>, cx: &mut Binder<'_>) -> Relation {
    let columns: Vec<Column> = columns.iter().map(|(name, ty)| cx.new_column(*name, *ty)).collect();
    let ordinal = cx.new_id();
    let ids = columns.iter().map(|column| (column.id, column.ty)).chain([(ordinal, KqlType::Long)]).collect();
    let numbered = rows.into_iter().zip(0..).map(|(mut row, position)| {
        row.push(Value::Long(position));
        row
    });
    let plan = Plan::Values { columns: ids, rows: Arc::new(numbered.collect()) };
    let order = vec![SortKey { column: ordinal, ascending: true, nulls_first: false }];
    Relation { order, ..Relation::new(plan, columns) }
}

pub(crate) fn bind_datatable<'a>(it: &'a Datatable, cx: &mut Binder<'a>) -> Relation {
    let columns: Vec<(&str, KqlType)> =
        it.schema.columns.iter().map(|column| (&*column.name.text, kql_type(column.ty.ty))).collect();
    if columns.is_empty() || !it.values.len().is_multiple_of(columns.len()) {
        let message = format!("{} values do not fill rows of {} columns", it.values.len(), columns.len());
        cx.report(Diagnostic::error(error::ARITY, it.span).message(message));
        return values(&columns, Vec::new(), cx);
    }
    let mut rows = Vec::with_capacity(it.values.len() / columns.len());
    for cells in it.values.chunks(columns.len()) {
        rows.push(cells.iter().zip(&columns).map(|(cell, (_, ty))| bind_cell(cell, *ty, cx)).collect());
    }
    values(&columns, rows, cx)
}

fn bind_cell<'a>(cell: &'a ast::Expr, ty: KqlType, cx: &mut Binder<'a>) -> Value {
    cx.constant(cell, ty, "a value of a datatable").unwrap_or_else(|| Value::absent(ty))
}

/// One row. Unnamed columns are called by their position in the whole list (fact 170).
pub(super) fn bind_print<'a>(it: &'a Print, cx: &mut Binder<'a>) -> Relation {
    let row = values(&[], vec![Vec::new()], cx);
    let mut scope = Row::of(&row);
    let mut items = items(&it.columns, LeftOver::Kept, &mut scope, cx);
    if items.len() == it.columns.len() {
        for (index, (item, named)) in items.iter_mut().zip(&it.columns).enumerate() {
            if named.names.is_empty() {
                item.name = NameSource::Derived(format!("print_{index}"));
            }
        }
    }
    let sources: Vec<NameSource> = items.iter().map(|item| item.name.clone()).collect();
    let names = allocate_names(&sources, &std::collections::HashSet::new(), |index| items[index].span, cx);
    let mut extend = Vec::new();
    let columns =
        names.into_iter().zip(items).map(|(name, item)| column_for(name, item.expr, &mut extend, cx)).collect();
    Relation { columns, ..row.then(|plan| extended(plan, extend)) }
}

/// `range x from a to b step c`; the end is included if it is hit (fact 168).
pub(super) fn bind_range<'a>(it: &'a Range, cx: &mut Binder<'a>) -> Relation {
    let from = cx.bind_scalar(&it.from, &mut Row::none());
    let to = cx.bind_scalar(&it.to, &mut Row::none());
    let step = match &it.step {
        Some(step) => cx.bind_scalar(step, &mut Row::none()),
        None if from.ty == KqlType::DateTime => Expr::literal(Value::TimeSpan(864_000_000_000 / 24), it.span),
        None => Expr::literal(Value::Long(1), it.span),
    };
    if from.is_poison() || to.is_poison() || step.is_poison() {
        return Relation { open: true, ..values(&[(&*it.name.text, KqlType::Dynamic)], Vec::new(), cx) };
    }
    let (ty, step_ty) = match (from.ty, to.ty, step.ty) {
        (KqlType::DateTime, _, _) | (_, KqlType::DateTime, _) => (KqlType::DateTime, KqlType::TimeSpan),
        (KqlType::TimeSpan, _, _) => (KqlType::TimeSpan, KqlType::TimeSpan),
        (a, b, c) if [a, b, c].contains(&KqlType::Real) => (KqlType::Real, KqlType::Real),
        (a, b, c) if [a, b, c].contains(&KqlType::Decimal) => (KqlType::Decimal, KqlType::Decimal),
        _ => (KqlType::Long, KqlType::Long),
    };
    let (from, to, step) = (cx.convert_to(from, ty), cx.convert_to(to, ty), cx.convert_to(step, step_ty));
    let column = cx.new_column(it.name.text.clone(), ty);
    let descending = step.as_literal().is_some_and(is_negative);
    let order = vec![SortKey { column: column.id, ascending: !descending, nulls_first: false }];
    let plan = Plan::Range { column: column.id, from, to, step };
    Relation { order, serialized: true, ..Relation::new(plan, vec![column]) }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Long(it) | Value::TimeSpan(it) => *it < 0,
        Value::Int(it) => *it < 0,
        Value::Real(it) => *it < 0.0,
        Value::Decimal(it) => *it < 0,
        _ => false,
    }
}

/// Declared columns are known, so a query is checked with it; its rows would come over the network, which an engine that
/// runs other people's queries must not open on their behalf.
pub(crate) fn bind_externaldata<'a>(it: &'a Externaldata, cx: &mut Binder<'a>) -> Relation {
    if cx.cx.has_data {
        cx.report(unsupported("`externaldata`: nothing is fetched from outside", it.span));
    }
    let columns: Vec<(&str, KqlType)> =
        it.schema.columns.iter().map(|column| (&*column.name.text, kql_type(column.ty.ty))).collect();
    values(&columns, Vec::new(), cx)
}
