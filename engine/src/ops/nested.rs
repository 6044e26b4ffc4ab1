//! `top-nested`: the largest groups, in each of them the largest groups of the next level, and so on (fact 226).
//!
//! Each level groups the kept rows by all values so far, orders the groups of one parent by their aggregate and keeps the
//! first; the next level reads only rows of groups that were kept.

use kql_parser::ast::{self, TopNested, TopNestedLevel};
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::column_for;
use super::summarize;
use crate::bind::Binder;
use crate::bind::names::NameSource;
use crate::bind::row::Row;
use crate::bound::{Column, ColumnId, Expr, ExprKind, JoinKind, Plan, Relation, WindowCall};
use crate::error::unsupported;
use crate::functions::window;

pub(super) fn bind<'a>(it: &'a TopNested, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let mut rows = input;
    let mut groups: Option<Relation> = None;
    let mut keys: Vec<Column> = Vec::new();
    for level in &it.levels {
        if let Some(others) = &level.others {
            cx.report(unsupported("`with others` in `top-nested`", others.span()));
        }
        let Some((with_key, key)) = add_key(level, &rows, cx) else { return Relation { open: true, ..rows } };
        keys.push(key);
        let ranked = bind_level(level, &with_key, &keys, cx);
        let kept = keep_first(level, ranked, keys.len() - 1, cx);
        groups = Some(match groups {
            Some(parents) => join_parents(&parents, &kept, keys.len() - 1, cx),
            None => kept.clone(),
        });
        rows = only_kept(&with_key, &kept, &keys);
    }
    groups.unwrap_or(rows)
}

/// The rows with the level's value as a column of its own.
fn add_key<'a>(level: &'a TopNestedLevel, rows: &Relation, cx: &mut Binder<'a>) -> Option<(Relation, Column)> {
    let value = cx.bind_scalar(&level.of.expr, &mut Row::plain(rows));
    if value.is_poison() {
        return None;
    }
    let name = match cx.name_source(&level.of) {
        NameSource::Written(name) => name,
        NameSource::Derived(name) => name.as_str().into(),
        NameSource::None => "Column1".into(),
    };
    let mut extend = Vec::new();
    let key = column_for(name, value, &mut extend, cx);
    Some((rows.then(|plan| super::columns::extended(plan, extend)), key))
}

/// The groups of all values so far with the level's aggregate: key columns, then the aggregate.
fn bind_level<'a>(level: &'a TopNestedLevel, rows: &Relation, keys: &[Column], cx: &mut Binder<'a>) -> Relation {
    let mut row = Row::aggregating(rows);
    let value = cx.bind_scalar(&level.by.expr.expr, &mut row);
    let aggregates = row.aggregates();
    let name = match level.by.expr.names.first() {
        Some(name) => name.text.clone(),
        None => format!("aggregated_{}", keys.last().map_or("", |key| &*key.name)).into(),
    };
    let fresh: Vec<Column> = keys.iter().map(|key| Column { id: cx.new_id(), ..key.clone() }).collect();
    let group = fresh.iter().zip(keys).map(|(new, key)| (new.id, Expr::column(key, level.span))).collect();
    let grouped = summarize::aggregate(rows, group, aggregates, cx);
    let mut extend = Vec::new();
    let value = column_for(name, value, &mut extend, cx);
    let columns = fresh.into_iter().chain([value]).collect();
    Relation { columns, ..grouped.then(|plan| super::columns::extended(plan, extend)) }
}

/// The first groups of each parent by the aggregate.
fn keep_first<'a>(level: &'a TopNestedLevel, groups: Relation, parents: usize, cx: &mut Binder<'a>) -> Relation {
    let Some(count) = &level.count else { return groups };
    let most = cx.row_count(count);
    let Some(value) = groups.columns.last().map(|column| column.id) else { return groups };
    let order = vec![super::sort::sort_key(&level.by, value)];
    let partition: Vec<ColumnId> = groups.columns[..parents].iter().map(|column| column.id).collect();
    let position = cx.new_id();
    let def = window::window("row_number").expect("the window functions have `row_number`");
    let call = WindowCall { def, args: Vec::new(), output: (position, KqlType::Long) };
    let numbered = groups.then(|plan| Plan::Window { input: plan, partition, order, calls: vec![call] });
    let span = level.span;
    let position = Expr { kind: ExprKind::Column(position), ty: KqlType::Long, span };
    let most = Expr::literal(Value::Long(i64::try_from(most).unwrap_or(i64::MAX)), span);
    let predicate = cx.binary(ast::BinaryOp::LessOrEqual, position, most, span);
    numbered.then(|plan| Plan::Filter { input: plan, predicate })
}

/// Rows whose group was kept.
fn only_kept(rows: &Relation, kept: &Relation, keys: &[Column]) -> Relation {
    let pair =
        |(key, group): (&Column, &Column)| (Expr::column(key, Span::default()), Expr::column(group, Span::default()));
    let on = keys.iter().zip(&kept.columns).map(pair).collect();
    let right = kept.plan.clone();
    rows.then(|left| Plan::Join { left, right, kind: JoinKind::LeftSemi, on })
}

/// The columns of the levels before beside those of this one: value and aggregate of each level in turn.
fn join_parents(parents: &Relation, kept: &Relation, shared: usize, cx: &mut Binder<'_>) -> Relation {
    let left = cx.refresh(parents);
    let right = cx.refresh(kept);
    // The value of level `n` is column `2n` of the levels before, and column `n` of this one.
    let on = (0..shared).map(|level| {
        (Expr::column(&left.columns[2 * level], Span::default()), Expr::column(&right.columns[level], Span::default()))
    });
    let plan =
        Plan::Join { left: left.plan.clone(), right: right.plan.clone(), kind: JoinKind::Inner, on: on.collect() };
    let columns = left.columns.iter().chain(&right.columns[shared..]).cloned().collect();
    Relation::new(plan, columns)
}
