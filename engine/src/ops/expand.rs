//! `mv-expand`: a row for each element of an array or entry of a bag (facts 250–256).

use std::sync::Arc;

use kql_parser::ast::{ExpandColumn, MvExpand};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::parameters;
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::names::{NameSource, numbered};
use crate::bind::row::Row;
use crate::bound::{Column, Expanded, Expr, ExprKind, Plan, Relation, SortKey};
use crate::error;

pub(super) fn bind_mv_expand<'a>(it: &'a MvExpand, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "mv-expand", &["kind", "bagexpansion", "with_itemindex"], cx);
    let words = [("bag", false), ("array", true)];
    let pairs = parameters::choice(&it.parameters, "bagexpansion", &words, false, cx)
        || parameters::choice(&it.parameters, "kind", &words, false, cx);
    let limit = it.limit.as_ref().map(|limit| cx.row_count(limit));
    let mut arrays = Vec::new();
    let mut columns = input.columns.clone();
    for item in &it.columns {
        bind_column(item, input, &mut columns, &mut arrays, cx);
    }
    let index = cx.new_id();
    if let Some((name, _)) = parameters::word(&it.parameters, "with_itemindex") {
        let taken = |name: &str| columns.iter().any(|column| &*column.name == name);
        let name = if taken(&name) { numbered(&name, taken) } else { name.into() };
        columns.push(Column { id: index, name, ty: KqlType::Long });
    }
    let plan = Plan::Expand { input: input.plan.clone(), arrays, pairs, index, limit };
    // The service gives no order after `mv-expand`; ours goes on with the elements in theirs.
    let mut order = input.order.clone();
    if !order.is_empty() {
        order.push(SortKey { column: index, ascending: true, nulls_first: false });
    }
    Relation {
        order,
        open: input.open,
        render: input.render.clone(),
        partition: input.partition.clone(),
        ..Relation::new(plan, columns)
    }
}

/// One array and the column its elements go to: the array's own place, or last under a new name.
pub(super) fn bind_column<'a>(
    item: &'a ExpandColumn,
    input: &Relation,
    columns: &mut Vec<Column>,
    arrays: &mut Vec<Expanded>,
    cx: &mut Binder<'a>,
) {
    let value = cx.bind_scalar(&item.expr.expr, &mut Row::plain(input));
    let value = expandable(value, cx);
    let name: Arc<str> = match cx.name_source(&item.expr) {
        NameSource::Written(name) => name,
        NameSource::Derived(name) => name.as_str().into(),
        NameSource::None => numbered("Column", |name| columns.iter().any(|column| &*column.name == name)),
    };
    let ty = item.ty.as_ref().map_or(KqlType::Dynamic, |ty| kql_type(ty.ty));
    let column = cx.new_column(name, ty);
    match columns.iter_mut().find(|old| old.name == column.name) {
        Some(old) => *old = column.clone(),
        None => columns.push(column.clone()),
    }
    arrays.push(Expanded { output: column.id, ty, value });
}

/// A dynamic; text that holds JSON is refused by the service (SEM0447), a literal list is not.
fn expandable(value: Expr, cx: &mut Binder<'_>) -> Expr {
    match (value.ty, &value.kind) {
        (KqlType::Dynamic, _) | (_, ExprKind::Literal(Value::Null(_))) => value,
        (other, _) => {
            let message = format!("`mv-expand` needs a dynamic, not a {}", other.name());
            let hint = (other == KqlType::String).then_some("parse it first: `parse_json(…)` or `split(…)`");
            let code = error::with_service(error::TYPE_MISMATCH, "SEM0447");
            cx.fail(Diagnostic::error(code, value.span).message(message).hint(hint))
        }
    }
}
