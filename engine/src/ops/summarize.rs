//! `summarize`, `distinct`, `count`: groups and what is computed of them.

use std::collections::HashSet;

use kql_parser::ast::{self, Count, Distinct, NamedExpr, Summarize};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::{allocate_names, column_for, existing, extended};
use super::parameters;
use crate::bind::Binder;
use crate::bind::names::NameSource;
use crate::bind::row::{Lifted, Row};
use crate::bound::{AggregateCall, Column, ColumnId, Expr, ExprKind, Plan, Relation};
use crate::error::{self, unsupported};
use crate::functions::agg::{self, AggNaming, AggregateDef, Outputs};

/// One column of the answer before it has its final name.
struct Item {
    name: NameSource,
    span: Span,
    expr: Expr,
}

pub(super) fn bind_summarize<'a>(it: &'a Summarize, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    if let Some(bin) = &it.bin {
        cx.report(unsupported("`bin=` in `summarize`", bin.span()));
    }
    let shuffle = [("shuffle", ()), ("broadcast", ())];
    parameters::choice(&it.parameters, "hint.strategy", &shuffle, (), cx);
    let by = it.by.as_deref().unwrap_or_default();
    let (keys, key_items) = bind_keys(by, input, cx);
    let (aggregates, items) = bind_aggregates(&it.aggregates, &key_items, input, cx);
    finish(input, keys, key_items, aggregates, items, cx)
}

/// Group keys, each under a fresh id.
fn bind_keys<'a>(by: &'a [NamedExpr], input: &Relation, cx: &mut Binder<'a>) -> (Vec<(ColumnId, Expr)>, Vec<Item>) {
    let mut keys = Vec::new();
    let mut items = Vec::new();
    for named in by {
        for (name, expr) in key_columns(named, input, cx) {
            let id = cx.new_id();
            let column = Expr { kind: ExprKind::Column(id), ty: expr.ty, span: named.span };
            let column = if expr.is_poison() { Expr { ty: expr.ty, ..Expr::poison(named.span) } } else { column };
            items.push(Item { name, span: named.span, expr: column });
            keys.push((id, expr));
        }
    }
    (keys, items)
}

/// A key expression, or every column for `*`.
fn key_columns<'a>(named: &'a NamedExpr, input: &Relation, cx: &mut Binder<'a>) -> Vec<(NameSource, Expr)> {
    if matches!(named.expr, ast::Expr::Star(_)) {
        let all = input.columns.iter();
        return all.map(|it| (NameSource::Written(it.name.clone()), Expr::column(it, named.span))).collect();
    }
    let expr = cx.bind_scalar(&named.expr, &mut Row::plain(input));
    if expr.ty == KqlType::Dynamic && !expr.is_poison() {
        let message = "a dynamic is grouped by its JSON text";
        let hint = "convert it: `tostring(…)`";
        cx.report(Diagnostic::warning(error::SURPRISE, expr.span).message(message).hint(hint));
    }
    vec![(cx.name_source(named), expr)]
}

fn bind_aggregates<'a>(
    named: &'a [NamedExpr],
    keys: &[Item],
    input: &Relation,
    cx: &mut Binder<'a>,
) -> (Vec<AggregateCall>, Vec<Item>) {
    let mut row = Row::aggregating(input);
    let mut items = Vec::new();
    for item in named {
        match several_columns(item, cx) {
            Some((def, call)) => items.extend(bind_several(def, call, item, keys, &mut row, cx)),
            None => {
                let expr = cx.bind_scalar(&item.expr, &mut row);
                items.push(Item { name: cx.name_source(item), span: item.span, expr });
            }
        }
    }
    (row.aggregates(), items)
}

/// The aggregate that stands alone in an item and gives more than one column.
fn several_columns<'a>(item: &'a NamedExpr, cx: &Binder<'a>) -> Option<(&'static AggregateDef, &'a ast::Call)> {
    let ast::Expr::Call(call) = &item.expr else { return None };
    let hidden = cx.env.get(&call.name.text).is_some();
    let def = agg::aggregate(&call.name.text).filter(|_| !hidden)?;
    (def.outputs != Outputs::One).then_some((def, call))
}

/// `arg_max(k, a, *)`, `take_any(a, b)`, `percentiles(x, 5, 50)`: a column each.
fn bind_several<'a>(
    def: &'static AggregateDef,
    call: &'a ast::Call,
    item: &'a NamedExpr,
    keys: &[Item],
    row: &mut Row<'_>,
    cx: &mut Binder<'a>,
) -> Vec<Item> {
    let (args, names) = arguments(call, keys, row, cx);
    let hole = || vec![Item { name: NameSource::None, span: item.span, expr: Expr::poison(item.span) }];
    if args.iter().any(Expr::is_poison) {
        return poisoned(def, &args, &names, item);
    }
    let Some(aggregate) = cx.aggregate_call(def, args, call.span) else { return hole() };
    let names = output_names(def, &aggregate, &names);
    let outputs = aggregate.outputs.clone();
    if let Lifted::Aggregates(calls) = &mut row.lifted {
        calls.push(aggregate);
    }
    let mut items = Vec::new();
    for (index, ((id, ty), name)) in outputs.into_iter().zip(names).enumerate() {
        let name = match item.names.get(index) {
            Some(written) => NameSource::Written(written.text.clone()),
            None => NameSource::Derived(name),
        };
        items.push(Item { name, span: item.span, expr: Expr { kind: ExprKind::Column(id), ty, span: call.span } });
    }
    items
}

/// Columns of a call with a hole in it, so that later operators still find their names.
fn poisoned(def: &AggregateDef, args: &[Expr], names: &[String], item: &NamedExpr) -> Vec<Item> {
    let count = if def.outputs == Outputs::EachArgument { args.len() } else { 1 };
    let written = |index: usize| item.names.get(index).map(|name| NameSource::Written(name.text.clone()));
    let name = |index: usize| written(index).unwrap_or_else(|| NameSource::Derived(names[index].clone()));
    let expr = |index: usize| Expr { ty: args[index].ty, ..Expr::poison(item.span) };
    (0..count.min(args.len())).map(|index| Item { name: name(index), span: item.span, expr: expr(index) }).collect()
}

/// Bound arguments with the names they lend; `*` is every column that is neither a group key nor named already.
fn arguments<'a>(
    call: &'a ast::Call,
    keys: &[Item],
    row: &mut Row<'_>,
    cx: &mut Binder<'a>,
) -> (Vec<Expr>, Vec<String>) {
    let mut args = Vec::new();
    let mut names = Vec::new();
    for argument in &call.arguments {
        if let ast::Expr::Star(span) = argument.expr {
            let key_names: HashSet<&str> = keys.iter().filter_map(|key| written(&key.name)).collect();
            for column in row.columns {
                let taken =
                    names.iter().any(|name: &String| **name == *column.name) || key_names.contains(&*column.name);
                if !taken && !is_alias_of(column, &names) {
                    args.push(Expr::column(column, span));
                    names.push(column.name.to_string());
                }
            }
        } else {
            let bound = cx.bind_inside_aggregate(std::slice::from_ref(argument), row);
            args.extend(bound);
            names.push(cx.derived_name(&argument.expr).unwrap_or_default());
        }
    }
    (args, names)
}

/// `arg_max(TimeGenerated, *)` has named `Timestamp` already.
fn is_alias_of(column: &Column, names: &[String]) -> bool {
    &*column.name == "Timestamp" && names.iter().any(|name| name == "TimeGenerated")
}

fn written(name: &NameSource) -> Option<&str> {
    match name {
        NameSource::Written(name) => Some(name),
        NameSource::Derived(name) => Some(name),
        NameSource::None => None,
    }
}

/// Names of the columns of a multi-column aggregate (facts 192, 203, 205).
fn output_names(def: &AggregateDef, call: &AggregateCall, names: &[String]) -> Vec<String> {
    let first = names.first().map_or("", String::as_str);
    match def.naming {
        AggNaming::Percentile => {
            let ranks = call.call.constants.iter().flatten();
            ranks.map(|rank| format!("percentile_{first}_{}", rank_name(rank))).collect()
        }
        AggNaming::ArgPrefix(prefix) => {
            let others = names.iter().skip(1).map(|name| format!("{prefix}_{first}_{name}"));
            std::iter::once(format!("{prefix}_{first}")).chain(others).collect()
        }
        AggNaming::Prefix(prefix) => names.iter().map(|name| format!("{prefix}_{name}")).collect(),
        AggNaming::PrefixBoth(_) | AggNaming::PassThrough => names
            .iter()
            .enumerate()
            .map(|(index, name)| match (name.as_str(), index) {
                ("", 0) => def.name.trim_start_matches("arg_").to_owned() + "_",
                ("", index) => format!("{}_{first}_arg{index}", def.name.trim_start_matches("arg_")),
                (name, _) => name.to_owned(),
            })
            .collect(),
    }
}

/// `50`, `99_9`
fn rank_name(rank: &Value) -> String {
    let text = match rank {
        Value::Real(rank) => rank.to_string(),
        other => other.as_long().map(|rank| rank.to_string()).unwrap_or_default(),
    };
    text.replace('.', "_")
}

/// Names everything and puts the nodes together.
fn finish(
    input: &Relation,
    keys: Vec<(ColumnId, Expr)>,
    key_items: Vec<Item>,
    aggregates: Vec<AggregateCall>,
    items: Vec<Item>,
    cx: &mut Binder<'_>,
) -> Relation {
    let all: Vec<Item> = key_items.into_iter().chain(items).collect();
    let sources: Vec<NameSource> = all.iter().map(|item| item.name.clone()).collect();
    let taken: HashSet<&str> = input.columns.iter().map(|column| &*column.name).collect();
    let names = allocate_names(&sources, &taken, |index| all[index].span, cx);
    let mut extend = Vec::new();
    let mut columns = Vec::new();
    for (item, name) in all.into_iter().zip(names) {
        columns.push(column_for(name, item.expr, &mut extend, cx));
    }
    let grouped = aggregate(input, keys, aggregates, cx);
    Relation { render: input.render.clone(), columns, ..grouped.then(|plan| extended(plan, extend)) }
}

/// The groups of a relation, of each part for itself where there are parts.
pub(super) fn aggregate(
    input: &Relation,
    mut keys: Vec<(ColumnId, Expr)>,
    mut aggregates: Vec<AggregateCall>,
    cx: &mut Binder<'_>,
) -> Relation {
    if let Some(partition) = &input.partition {
        keys.extend(partition.keys.iter().map(|(id, ty)| (*id, column_ref(*id, *ty))));
        aggregates.extend(first_of(&partition.carried, cx));
    }
    let plan = Plan::Aggregate { input: input.plan.clone(), keys, aggregates, order: input.order.clone() };
    Relation { partition: input.partition.clone(), ..Relation::new(plan, Vec::new()) }
}

fn column_ref(id: ColumnId, ty: KqlType) -> Expr {
    Expr { kind: ExprKind::Column(id), ty, span: Span::default() }
}

/// `take_any` of some columns, all from one row, under the ids they have.
pub(super) fn first_of(carried: &[(ColumnId, KqlType)], cx: &mut Binder<'_>) -> Vec<AggregateCall> {
    if carried.is_empty() {
        return Vec::new();
    }
    let def = agg::aggregate("take_any").expect("the aggregates have `take_any`");
    let args = carried.iter().map(|(id, ty)| column_ref(*id, *ty)).collect();
    let mut call = cx.aggregate_call(def, args, Span::default()).expect("`take_any` takes any columns");
    call.outputs = carried.to_vec();
    vec![call]
}

pub(super) fn bind_distinct<'a>(it: &'a Distinct, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    distinct(&it.columns, input, cx)
}

/// Distinct combinations of some expressions.
pub(super) fn distinct<'a>(columns: &'a [NamedExpr], input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let (keys, items) = bind_keys(columns, input, cx);
    let open = input.open && columns.iter().any(|named| matches!(named.expr, ast::Expr::Star(_)));
    Relation { open, ..finish(input, keys, items, Vec::new(), Vec::new(), cx) }
}

/// One row with the number of rows.
pub(super) fn bind_count(it: &Count, input: &Relation, cx: &mut Binder<'_>) -> Relation {
    let count = count_rows(it.span, cx);
    let name = it.name.as_ref().map_or_else(|| "Count".into(), |name| name.text.clone());
    let (id, ty) = count.outputs[0];
    let counted = aggregate(input, Vec::new(), vec![count], cx);
    Relation { columns: vec![Column { id, name, ty }], ..counted }
}

fn count_rows(span: Span, cx: &mut Binder<'_>) -> AggregateCall {
    let def = agg::aggregate("count").expect("the aggregates have `count`");
    cx.aggregate_call(def, Vec::new(), span).expect("`count` takes no arguments")
}

/// Each value of an expression with the number of its rows.
pub(super) fn counted_by<'a>(of: &'a NamedExpr, prefix: &str, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let (keys, items) = bind_keys(std::slice::from_ref(of), input, cx);
    let count = count_rows(of.span, cx);
    let (id, ty) = count.outputs[0];
    let name = items.first().and_then(|item| written(&item.name)).unwrap_or_default();
    let name = NameSource::Derived(format!("{prefix}{name}"));
    let counted = Item { name, span: of.span, expr: Expr { kind: ExprKind::Column(id), ty, span: of.span } };
    finish(input, keys, items, vec![count], vec![counted], cx)
}

/// One table of `facet`: a column's values with the number of their rows.
pub(super) fn facet(column: &ast::Expr, input: &Relation, cx: &mut Binder<'_>) -> Relation {
    let ast::Expr::Name(name) = column else {
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, column.span()).message("`facet` takes columns"));
        return Relation::hole();
    };
    let Some(found) = existing(name, input, cx) else { return Relation::hole() };
    let key = Expr::column(&found, name.span);
    let count = count_rows(name.span, cx);
    let (id, ty) = count.outputs[0];
    let key_column = Column { id: cx.new_id(), ..found };
    let columns = vec![key_column.clone(), Column { id, name: format!("count_{}", name.text).into(), ty }];
    let keys = vec![(key_column.id, key)];
    Relation::new(
        Plan::Aggregate { input: input.plan.clone(), keys, aggregates: vec![count], order: Vec::new() },
        columns,
    )
}
