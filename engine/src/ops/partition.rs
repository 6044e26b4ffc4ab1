//! `partition` and `mv-apply`: a subquery for each part of the rows (facts 257, 258, 293, 294).
//!
//! The subquery is bound once, over all rows: a relation that knows its [`Partition`] makes `summarize` group by part too,
//! `top` and `take` count in each part, and functions over ordered rows begin anew.

use std::sync::Arc;

use kql_parser::ast::{self, MvApply, Operator, PartitionBody, Subquery};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::{column_for, existing};
use super::expand::bind_column;
use super::parameters;
use super::union::{self, Leg};
use crate::bind::Binder;
use crate::bind::env::Binding;
use crate::bind::names::numbered;
use crate::bind::row::Row;
use crate::bound::{Column, ColumnId, Expr, ExprKind, Partition, Plan, Question, Relation, WindowCall};
use crate::error::{self, unsupported};
use crate::functions::window;

/// `partition by key (subquery)`: the parts' answers together.
pub(super) fn bind_partition<'a>(it: &'a ast::Partition, input: Relation, cx: &mut Binder<'a>) -> Relation {
    if let Some(within) = &it.within {
        cx.report(unsupported("`partition … in`", within.span()));
    }
    if let PartitionBody::Query(query) = &it.body {
        return bind_queries(it, query, input, cx);
    }
    let key = cx.bind_scalar(&it.by, &mut Row::plain(&input));
    if key.is_poison() {
        return Relation { open: true, ..input };
    }
    let mut extend = Vec::new();
    let key = column_for("".into(), key, &mut extend, cx);
    let partition = Partition { keys: vec![(key.id, key.ty)], carried: Vec::new() };
    let divided = input.then(|plan| super::columns::extended(plan, extend));
    let divided = Relation { partition: Some(Arc::new(partition)), ..divided };
    let answer = match &it.body {
        PartitionBody::Operators(body) => apply(body, divided, cx),
        PartitionBody::Query(_) => divided,
    };
    Relation { partition: input.partition, ..answer.unordered() }
}

/// The most values of a key for which queries run, as in the service.
const MAX_QUERIES: usize = 64;

/// `partition by key { query }`: the query for each value of the key, which is a scalar in it and all it sees of the rows.
fn bind_queries<'a>(it: &'a ast::Partition, query: &'a ast::Expr, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let ast::Expr::Name(name) = &*it.by else {
        cx.report(unsupported("a query in braces for each value of something else than a column", it.by.span()));
        return Relation { open: true, ..input };
    };
    let kept = cx.spooled(input);
    let Some(key) = existing(name, &kept, cx) else { return Relation::hole() };
    let only = Relation { columns: vec![key.clone()], ..kept };
    let Some(found) = cx.found_columns(Question::Values, only) else {
        // Bound once for any value, so that mistakes are found before there is data.
        let any = Expr { ty: key.ty, ..Expr::poison(name.span) };
        return Relation { open: true, ..with_key(&key, any, query, cx) };
    };
    if found.len() > MAX_QUERIES {
        let message = format!("the key has {} values; queries run for at most {MAX_QUERIES}", found.len());
        let hint = "write the query in parentheses, over the rows of each part";
        cx.report(Diagnostic::error(error::TOO_LARGE, name.span).message(message).hint(hint));
        return Relation::hole();
    }
    let mut answers = Vec::with_capacity(found.len());
    for (text, _) in found {
        let text = Expr::literal(Value::String(text.clone()), name.span);
        let value = cx.convert_to(text, key.ty);
        answers.push(with_key(&key, value, query, cx));
    }
    let leg = |relation| Leg { relation, label: "".into() };
    match answers.is_empty() {
        true => {
            let any = Expr::literal(Value::absent(key.ty), name.span);
            with_key(&key, any, query, cx).then(|plan| Plan::Limit { input: plan, rows: 0 })
        }
        false => union::union(answers.into_iter().map(leg).collect(), false, None, cx),
    }
}

/// The query where the key's name stands for a value.
fn with_key<'a>(key: &Column, value: Expr, query: &'a ast::Expr, cx: &mut Binder<'a>) -> Relation {
    let env = cx.env.with(key.name.clone(), Binding::Scalar(value));
    cx.within(env, |binder| binder.bind_table(query))
}

fn apply<'a>(body: &'a Subquery, input: Relation, cx: &mut Binder<'a>) -> Relation {
    body.operators.iter().fold(input, |input, operator| super::bind(operator, input, cx))
}

/// `mv-apply x = array on (subquery)`: the subquery over the elements of each row.
pub(super) fn bind_mv_apply<'a>(it: &'a MvApply, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "mv-apply", &["with_itemindex"], cx);
    if let Some(id) = &it.id {
        cx.report(unsupported("`id` in `mv-apply`", id.span()));
    }
    let limit = it.limit.as_ref().map(|limit| cx.row_count(limit));
    let (numbered_rows, row_id) = number_rows(input, cx);
    let mut arrays = Vec::new();
    let mut inside = input.columns.clone();
    for item in &it.columns {
        bind_column(item, &numbered_rows, &mut inside, &mut arrays, cx);
    }
    let index = cx.new_id();
    if let Some((name, _)) = parameters::word(&it.parameters, "with_itemindex") {
        inside.push(Column { id: index, name: name.into(), ty: KqlType::Long });
    }
    let outer = input.partition.iter().flat_map(|it| it.keys.iter().chain(&it.carried)).copied();
    let mut carried: Vec<(ColumnId, KqlType)> = Vec::new();
    for (id, ty) in input.columns.iter().map(|column| (column.id, column.ty)).chain(outer) {
        if !carried.iter().any(|(known, _)| *known == id) {
            carried.push((id, ty));
        }
    }
    let partition = Partition { keys: vec![(row_id, KqlType::Long)], carried };
    let expanded = numbered_rows.then(|plan| Plan::Expand { input: plan, arrays, pairs: false, index, limit });
    let order = vec![crate::bound::SortKey { column: index, ascending: true, nulls_first: false }];
    let divided = Relation { columns: inside, order, partition: Some(Arc::new(partition)), ..expanded };
    let answer = apply(&it.on, divided, cx);
    let columns = outer_then_inner(input, &answer);
    Relation { columns, partition: input.partition.clone(), ..answer.unordered() }
}

/// The outer record's columns, then what the subquery added; an array whose elements came out is replaced by them.
fn outer_then_inner(input: &Relation, answer: &Relation) -> Vec<Column> {
    let mut columns = input.columns.clone();
    for column in answer.columns.iter().filter(|column| !input.columns.contains(column)) {
        let position = columns.iter().position(|outer| outer.name == column.name);
        match position {
            Some(index) if input.columns.iter().any(|outer| outer.id == columns[index].id) => {
                columns[index] = column.clone();
            }
            Some(_) => {
                let name = numbered(&column.name, |name| columns.iter().any(|outer| &*outer.name == name));
                columns.push(Column { name, ..column.clone() });
            }
            None => columns.push(column.clone()),
        }
    }
    columns
}

/// The rows with a hidden number each.
fn number_rows(input: &Relation, cx: &mut Binder<'_>) -> (Relation, ColumnId) {
    let row_id = cx.new_id();
    let call = row_number(row_id);
    let numbered =
        input.then(|plan| Plan::Window { input: plan, partition: Vec::new(), order: Vec::new(), calls: vec![call] });
    (numbered, row_id)
}

fn row_number(output: ColumnId) -> WindowCall {
    let def = window::window("row_number").expect("the window functions have `row_number`");
    WindowCall { def, args: Vec::new(), output: (output, KqlType::Long) }
}

/// The first rows of each part, in the order there is.
pub(super) fn first_of_each(input: &Relation, rows: u64, cx: &mut Binder<'_>) -> Relation {
    let position = cx.new_id();
    let counted = super::columns::with_windows(input, vec![row_number(position)]);
    let span = kql_parser::span::Span::default();
    let position = Expr { kind: ExprKind::Column(position), ty: KqlType::Long, span };
    let most = Expr::literal(Value::Long(i64::try_from(rows).unwrap_or(i64::MAX)), span);
    let predicate = cx.binary(ast::BinaryOp::LessOrEqual, position, most, span);
    counted.then(|plan| Plan::Filter { input: plan, predicate })
}

/// Whether an operator does to each part what it does to all rows. Of the others some would mix parts up.
pub(super) fn works_on_parts(operator: &Operator) -> bool {
    use Operator as O;
    match operator {
        O::As(_) | O::AssertSchema(_) | O::Count(_) | O::Distinct(_) | O::ExecuteAndCache(_) | O::Extend(_) => true,
        O::MakeSeries(_)
        | O::MvApply(_)
        | O::MvExpand(_)
        | O::Parse(_)
        | O::ParseKv(_)
        | O::Project(_)
        | O::ProjectAway(_)
        | O::ProjectByNames(_) => true,
        O::ProjectKeep(_) | O::ProjectRename(_) | O::ProjectReorder(_) | O::Render(_) | O::Sample(_) => true,
        O::SampleDistinct(_) | O::Serialize(_) | O::TopHitters(_) => true,
        O::Scan(_) | O::Sort(_) | O::Summarize(_) | O::Take(_) | O::Top(_) | O::Where(_) | O::Error(_) => true,
        O::Consume(_) | O::Evaluate(_) | O::Facet(_) | O::Find(_) | O::Fork(_) | O::Getschema(_) => false,
        O::GraphMarkComponents(_) | O::GraphMatch(_) | O::GraphToTable(_) | O::GraphWhere(_) | O::Invoke(_) => false,
        O::Join(_) | O::Lookup(_) | O::MacroExpand(_) | O::MakeGraph(_) => false,
        O::Partition(_) | O::PartitionBy(_) | O::Print(_) | O::Range(_) | O::Reduce(_) => false,
        O::Search(_) | O::TopNested(_) | O::Union(_) => false,
    }
}
