//! `sort`, `top`, `top-hitters`: an order, and the first rows in it.

use kql_parser::ast::{self, Direction, Nulls, Sort, Top, TopHitters};
use kql_parser::diagnostic::Diagnostic;
use vizsla_schema::KqlType;

use super::columns::{extended, with_windows};
use super::rows;
use super::summarize;
use crate::bind::Binder;
use crate::bind::row::Row;
use crate::bound::{Column, ColumnId, Expr, ExprKind, Relation, SortKey};
use crate::error::{self, unsupported};

/// Gives the rows an order. Sorting itself waits until something asks for the order: `take`, a window, the result.
pub(super) fn bind_sort<'a>(it: &'a Sort, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let (relation, order) = keys(&it.keys, input, cx);
    Relation { order, serialized: true, ..relation }
}

pub(super) fn bind_top<'a>(it: &'a Top, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let rows = cx.row_count(&it.count);
    let (relation, order) = keys(&it.keys, input, cx);
    rows::limited(&Relation { order, serialized: true, ..relation }, rows, cx)
}

/// The order of some keys, with what they compute.
pub(super) fn keys<'a>(keys: &'a [ast::SortKey], input: &Relation, cx: &mut Binder<'a>) -> (Relation, Vec<SortKey>) {
    let mut row = Row::of(input);
    let mut extend = Vec::new();
    let mut order = Vec::new();
    for key in keys {
        let bound = cx.bind_scalar(&key.expr.expr, &mut row);
        let bound = sortable(bound, cx);
        order.push(sort_key(key, column_of(bound, &mut extend, cx)));
    }
    let windows = row.windows();
    (with_windows(input, windows).then(|plan| extended(plan, extend)), order)
}

/// A dynamic has no order of its own: it sorts by its text. The service refuses it (SEM0480).
fn sortable(key: Expr, cx: &mut Binder<'_>) -> Expr {
    if key.ty != KqlType::Dynamic || key.is_poison() {
        return key;
    }
    let message = "a dynamic has no order: it is sorted by its text";
    let hint = "convert it: `tostring(…)`, `tolong(…)`";
    cx.report(Diagnostic::warning(error::SURPRISE, key.span).message(message).hint(hint));
    cx.convert_to(key, KqlType::String)
}

fn column_of(expr: Expr, extend: &mut Vec<(ColumnId, Expr)>, cx: &mut Binder<'_>) -> ColumnId {
    match expr.kind {
        ExprKind::Column(id) => id,
        _ => {
            let id = cx.new_id();
            extend.push((id, expr));
            id
        }
    }
}

/// Descending unless it says otherwise; nulls are the smallest (facts 219, 220).
pub(super) fn sort_key(key: &ast::SortKey, column: ColumnId) -> SortKey {
    let ascending = key.direction == Some(Direction::Asc);
    let nulls_first = match key.nulls {
        Some(Nulls::First) => true,
        Some(Nulls::Last) => false,
        None => ascending,
    };
    SortKey { column, ascending, nulls_first }
}

/// The most frequent values, exactly; the service counts approximately (fact 227).
pub(super) fn bind_top_hitters<'a>(it: &'a TopHitters, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let rows = cx.row_count(&it.count);
    if it.by.is_some() {
        cx.report(unsupported("`top-hitters` with `by`", it.span));
        return input.clone();
    }
    let counted = summarize::counted_by(&it.of, "approximate_count_", input, cx);
    let Some(count) = counted.columns.last().map(|column: &Column| column.id) else { return counted };
    let order = vec![SortKey { column: count, ascending: false, nulls_first: false }];
    rows::limited(&Relation { order, serialized: true, ..counted }, rows, cx)
}
