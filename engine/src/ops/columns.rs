//! `extend`, `project` and its family: which columns there are, and what they are called.
//!
//! None of them moves data: computed columns are added by one [`Plan::Extend`], the rest is a matter of names.

use std::collections::HashSet;
use std::sync::Arc;

use kql_parser::ast::{
    self, NamedExpr, ProjectAway, ProjectByNames, ProjectKeep, ProjectRename, ProjectReorder, ReorderColumn,
    ReorderDirection,
};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::{KqlType, suggest};

use super::several::{LeftOver, items};
use crate::bind::Binder;
use crate::bind::names::{NameSource, allocate};
use crate::bind::row::{Row, find_column};
use crate::bind::table::matches_pattern;
use crate::bound::{Column, ColumnId, Expr, ExprKind, Plan, Relation, WindowCall};
use crate::error;

/// `extend`: a column of an existing name replaces it in place, others go last (fact 180).
pub(super) fn bind_extend<'a>(named: &'a [NamedExpr], input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let taken: HashSet<&str> = input.columns.iter().map(|column| &*column.name).collect();
    let (computed, relation) = compute(named, input, &taken, LeftOver::Dropped, cx);
    let mut columns = input.columns.clone();
    for column in computed {
        match columns.iter_mut().find(|old| old.name == column.name) {
            Some(old) => *old = column,
            None => columns.push(column),
        }
    }
    Relation { columns, ..relation }
}

/// `project`: these columns and no others.
pub(super) fn bind_project<'a>(it: &'a ast::Project, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let (columns, relation) = compute(&it.columns, input, &HashSet::new(), LeftOver::Kept, cx);
    Relation { columns, open: false, ..relation }
}

/// Columns for a list of named expressions that all see only the operator's input (fact 181).
pub(super) fn compute<'a>(
    named: &'a [NamedExpr],
    input: &Relation,
    taken: &HashSet<&str>,
    left_over: LeftOver,
    cx: &mut Binder<'a>,
) -> (Vec<Column>, Relation) {
    let mut row = Row::of(input);
    let items = items(named, left_over, &mut row, cx);
    let sources: Vec<NameSource> = items.iter().map(|item| item.name.clone()).collect();
    let names = allocate_names(&sources, taken, |index| items[index].span, cx);
    let windows = row.windows();
    let mut columns = Vec::new();
    let mut extend = Vec::new();
    for (name, item) in names.into_iter().zip(items) {
        columns.push(column_for(name, item.expr, &mut extend, cx));
    }
    let relation = with_windows(input, windows).then(|plan| extended(plan, extend));
    (columns, relation)
}

/// The names of a clause's columns; a name that is written twice is reported.
pub(super) fn named_columns(named: &[NamedExpr], taken: &HashSet<&str>, cx: &mut Binder<'_>) -> Vec<Arc<str>> {
    let sources: Vec<NameSource> = named.iter().map(|item| cx.name_source(item)).collect();
    allocate_names(&sources, taken, |index| named[index].span, cx)
}

/// As [`allocate`]; a name that is written twice is reported at its span.
pub(super) fn allocate_names(
    sources: &[NameSource],
    taken: &HashSet<&str>,
    span: impl Fn(usize) -> Span,
    cx: &mut Binder<'_>,
) -> Vec<Arc<str>> {
    match allocate(sources, taken) {
        Ok(names) => names,
        Err(index) => {
            let NameSource::Written(name) = &sources[index] else { unreachable!("only written names clash") };
            let message = format!("the column `{name}` is named twice");
            cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, span(index)).message(message));
            sources.iter().enumerate().map(|(index, _)| format!("Column{index}").into()).collect()
        }
    }
}

/// The column that an expression becomes: itself if it is one, otherwise a new one that `extend` computes.
pub(super) fn column_for(
    name: Arc<str>,
    expr: Expr,
    extend: &mut Vec<(ColumnId, Expr)>,
    cx: &mut Binder<'_>,
) -> Column {
    if let ExprKind::Column(id) = expr.kind {
        return Column { id, name, ty: expr.ty };
    }
    let column = cx.new_column(name, expr.ty);
    extend.push((column.id, expr));
    column
}

/// The plan with computed columns, or itself if there are none.
pub(super) fn extended(plan: Arc<Plan>, columns: Vec<(ColumnId, Expr)>) -> Plan {
    if columns.is_empty() { Plan::clone(&plan) } else { Plan::Extend { input: plan, columns } }
}

/// The relation with functions over ordered rows computed.
pub(super) fn with_windows(input: &Relation, calls: Vec<WindowCall>) -> Relation {
    if calls.is_empty() {
        return input.clone();
    }
    let partition: Vec<ColumnId> = input.partition.iter().flat_map(|it| &it.keys).map(|(id, _)| *id).collect();
    let mut relation = input.clone();
    for calls in levels(calls) {
        let (partition, order) = (partition.clone(), input.order.clone());
        relation = relation.then(|plan| Plan::Window { input: plan, partition, order, calls });
    }
    relation
}

/// `row_number(1, prev(x) != x)` reads `prev` first: each level reads only what the levels before it computed.
fn levels(calls: Vec<WindowCall>) -> Vec<Vec<WindowCall>> {
    let mut levels: Vec<Vec<WindowCall>> = vec![Vec::new()];
    for call in calls {
        let last = levels.last_mut().expect("there is always a level");
        let mut reads_last = false;
        let outputs: Vec<ColumnId> = last.iter().map(|it| it.output.0).collect();
        call.args.iter().for_each(|arg| arg.visit_columns(&mut |id| reads_last |= outputs.contains(&id)));
        if reads_last {
            levels.push(vec![call]);
        } else {
            last.push(call);
        }
    }
    levels
}

pub(super) fn bind_project_away(it: &ProjectAway, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let away = select(&it.columns, &input, cx);
    let columns = input.columns.iter().filter(|column| !away.contains(column)).cloned().collect();
    Relation { columns, ..input }
}

pub(super) fn bind_project_keep(it: &ProjectKeep, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let kept = select(&it.columns, &input, cx);
    let columns = input.columns.iter().filter(|column| kept.contains(column)).cloned().collect();
    Relation { columns, ..input }
}

/// The columns that names and patterns choose.
fn select(chosen: &[ast::Expr], input: &Relation, cx: &mut Binder<'_>) -> Vec<Column> {
    chosen.iter().flat_map(|item| select_one(item, input, cx)).collect()
}

fn select_one(item: &ast::Expr, input: &Relation, cx: &mut Binder<'_>) -> Vec<Column> {
    match item {
        ast::Expr::Star(_) => input.columns.clone(),
        ast::Expr::Wildcard(it) => {
            input.columns.iter().filter(|column| matches_pattern(&column.name, &it.pattern)).cloned().collect()
        }
        ast::Expr::Name(name) => existing(name, input, cx).into_iter().collect(),
        other => {
            let message = "a column's name or a pattern is needed here";
            cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, other.span()).message(message));
            Vec::new()
        }
    }
}

/// The column of this name; reported if there is none.
pub(super) fn existing(name: &ast::Name, input: &Relation, cx: &mut Binder<'_>) -> Option<Column> {
    let found = find_column(&input.columns, &name.text).cloned();
    if found.is_none() && !input.open {
        let hint = suggest(&name.text, input.columns.iter().map(|column| &*column.name));
        let message = format!("no column named `{}` here", name.text);
        let hint = hint.map(|it| format!("did you mean `{it}`?"));
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, name.span).message(message).hint(hint));
    }
    found
}

pub(super) fn bind_project_rename(it: &ProjectRename, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let mut columns = input.columns.clone();
    for item in &it.columns {
        let (Some(new), ast::Expr::Name(old)) = (item.names.first(), &item.expr) else {
            let message = "`project-rename` takes `new = old`";
            cx.report(Diagnostic::error(error::BAD_PARAMETER, item.span).message(message));
            continue;
        };
        if let Some(column) = existing(old, &input, cx) {
            let renamed = columns.iter_mut().find(|it| it.id == column.id && it.name == column.name);
            if let Some(renamed) = renamed {
                renamed.name = new.text.clone();
            }
        }
    }
    let mut seen = HashSet::new();
    if let Some(twice) = columns.iter().find(|column| !seen.insert(&*column.name)) {
        let message = format!("there would be two columns named `{}`", twice.name);
        cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, it.span).message(message));
        return input;
    }
    Relation { columns, ..input }
}

/// `project-reorder`: the chosen columns first, the others after them as they were.
pub(super) fn bind_project_reorder(it: &ProjectReorder, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let mut columns: Vec<Column> = Vec::new();
    for item in &it.columns {
        let mut chosen = select_one(&item.column, &input, cx);
        sort_names(&mut chosen, item);
        for column in chosen {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    let rest: Vec<Column> = input.columns.iter().filter(|column| !columns.contains(column)).cloned().collect();
    columns.extend(rest);
    Relation { columns, ..input }
}

fn sort_names(columns: &mut [Column], item: &ReorderColumn) {
    match item.direction {
        None => {}
        Some(ReorderDirection::Asc) => columns.sort_by(|a, b| a.name.cmp(&b.name)),
        Some(ReorderDirection::Desc) => columns.sort_by(|a, b| b.name.cmp(&a.name)),
        Some(ReorderDirection::GrannyAsc) => columns.sort_by_key(|column| granny_key(&column.name)),
        Some(ReorderDirection::GrannyDesc) => {
            columns.sort_by_key(|column| std::cmp::Reverse(granny_key(&column.name)));
        }
    }
}

/// Text and numbers in turn, so that `a2` comes before `a10`.
fn granny_key(name: &str) -> Vec<(String, u64)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits_at = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, numbered) = rest.split_at(digits_at);
        let digits_end = numbered.find(|c: char| !c.is_ascii_digit()).unwrap_or(numbered.len());
        let (digits, after) = numbered.split_at(digits_end);
        key.push((text.to_owned(), digits.parse().unwrap_or(u64::MAX)));
        rest = after;
    }
    key
}

/// `project-by-names`: constants, or dynamic arrays of them, that name the columns.
pub(super) fn bind_project_by_names<'a>(it: &'a ProjectByNames, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let mut columns: Vec<Column> = Vec::new();
    for item in &it.names {
        let names = cx.constant(&item.expr, KqlType::Dynamic, "a list of column names");
        let Some(Value::Dynamic(json)) = names else { continue };
        let elements: Vec<&str> = vizsla_functions::dynamic::elements(&json).map_or(vec![&*json], Iterator::collect);
        for element in elements {
            let pattern = vizsla_functions::dynamic::text_of(element);
            let chosen = input.columns.iter().filter(|column| matches_pattern(&column.name, &pattern));
            columns.extend(chosen.cloned().collect::<Vec<_>>());
        }
    }
    Relation { columns, ..input }
}

#[cfg(test)]
mod tests {
    use super::granny_key;

    #[test]
    fn granny_sorts_numbers_as_numbers() {
        let mut names = ["a20", "a100", "a3", "b1"];
        names.sort_by_key(|name| granny_key(name));
        assert_eq!(names, ["a3", "a20", "a100", "b1"]);
    }
}
