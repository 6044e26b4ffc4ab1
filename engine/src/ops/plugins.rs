//! `evaluate`: plugins. `bag_unpack` and `pivot`, which are here, change columns by what the data holds: their input is kept,
//! a step finds the columns, and binding goes on with them (facts 304, 305).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use kql_parser::ast::{self, BinaryOp, Evaluate, Schema};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, dynamic};
use vizsla_schema::KqlType;

use super::columns::{column_for, existing, extended};
use super::{activity, ip_lookup, narrow, rows_near};
use crate::bind::Binder;
use crate::bind::convert::{json_array, kql_type};
use crate::bind::row::Row;
use crate::bound::{AggregateCall, Column, ColumnId, Expr, ExprKind, Plan, Question, Relation};
use crate::error::{self, unsupported};
use crate::functions::agg;

pub(super) fn bind<'a>(it: &'a Evaluate, input: Option<Relation>, cx: &mut Binder<'a>) -> Relation {
    let name = &*it.call.name.text;
    let Some(input) = input else {
        cx.report(unsupported(format_args!("the plugin `{name}` at the beginning of a query"), it.span));
        return Relation::hole();
    };
    match name {
        "bag_unpack" => bind_bag_unpack(it, input, cx),
        "pivot" => bind_pivot(it, input, cx),
        "activity_counts_metrics" => activity::bind_counts(it, input, cx),
        "narrow" => narrow::bind(it, &input, cx),
        "rolling_percentile" => activity::bind_rolling_percentile(it, input, cx),
        "rows_near" => rows_near::bind(it, &input, cx),
        "schema_merge" => cx.call_plugin(name, &it.call.arguments, input, it.span),
        "sliding_window_counts" => activity::bind_sliding_counts(it, input, cx),
        "ipv4_lookup" => ip_lookup::bind(it, input, &ip_lookup::IPV4, cx),
        "ipv6_lookup" => ip_lookup::bind(it, input, &ip_lookup::IPV6, cx),
        _ => {
            cx.report(unsupported(format_args!("`{name}`"), it.call.name.span));
            declared(it.schema.as_ref(), &input, cx).unwrap_or(Relation { open: true, ..input })
        }
    }
}

/// Columns as declared after the call (fact 309): `evaluate f() : (a: long)`.
fn declared(schema: Option<&Schema>, input: &Relation, cx: &mut Binder<'_>) -> Option<Relation> {
    let schema = schema?;
    let mut columns: Vec<Column> = if schema.open { input.columns.clone() } else { Vec::new() };
    for column in &schema.columns {
        columns.push(cx.new_column(column.name.text.clone(), kql_type(column.ty.ty)));
    }
    Some(Relation { columns, ..input.clone() })
}

/// The columns that rows call for.
pub(crate) fn found_columns(
    question: Question,
    columns: &[Column],
    batches: &[RecordBatch],
) -> Vec<(Arc<str>, KqlType)> {
    match question {
        Question::BagKeys => bag_keys(batches),
        Question::Values => distinct_texts(columns, batches),
    }
}

/// Keys in order of name; a key with different types in different batches is dynamic.
fn bag_keys(batches: &[RecordBatch]) -> Vec<(Arc<str>, KqlType)> {
    let bags: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(0).as_ref()).collect();
    let Ok(all) = arrow::compute::concat(&bags) else { return Vec::new() };
    let keys: BTreeMap<String, KqlType> = dynamic::keys_and_types(all.as_string_view());
    keys.into_iter().map(|(key, ty)| (key.into(), ty)).collect()
}

fn distinct_texts(columns: &[Column], batches: &[RecordBatch]) -> Vec<(Arc<str>, KqlType)> {
    let Some(column) = columns.first() else { return Vec::new() };
    let mut texts = BTreeSet::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            vizsla_functions::format::text(batch.column(0).as_ref(), row, column.ty, &mut text);
            texts.insert(text);
        }
    }
    texts.into_iter().map(|text| (text.into(), KqlType::String)).collect()
}

/// The columns of `question` over one column of a relation that is kept for it.
fn ask(question: Question, kept: &Relation, column: &Column, cx: &mut Binder<'_>) -> Option<Vec<(Arc<str>, KqlType)>> {
    let only = Relation { columns: vec![column.clone()], ..kept.clone().unordered() };
    cx.found_columns(question, only).map(<[_]>::to_vec)
}

/// What to do with a key that is also a column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    Error,
    Replace,
    Keep,
}

/// `bag_unpack(d [, prefix [, columnsConflict [, ignoredProperties]]])`
fn bind_bag_unpack<'a>(it: &'a Evaluate, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let Some(ast::Expr::Name(name)) = it.call.arguments.first().map(|argument| &argument.expr) else {
        let message = "`bag_unpack` takes a dynamic column first";
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, it.call.span).message(message));
        return Relation { open: true, ..input };
    };
    let options = options(it, cx);
    if let Some(declared) = &it.schema {
        return unpack_declared(name, declared, &input, cx);
    }
    let kept = cx.spooled(input);
    let Some(bag) = existing(name, &kept, cx) else { return Relation { open: true, ..kept } };
    let rest: Vec<Column> = kept.columns.iter().filter(|column| column.id != bag.id).cloned().collect();
    match ask(Question::BagKeys, &kept, &bag, cx) {
        Some(found) => unpacked(&kept, &bag, rest, &found, &options, it.span, cx),
        None => Relation { columns: rest, open: true, ..kept },
    }
}

struct UnpackOptions {
    prefix: String,
    conflict: Conflict,
    ignored: Vec<String>,
}

fn options<'a>(it: &'a Evaluate, cx: &mut Binder<'a>) -> UnpackOptions {
    let mut options = UnpackOptions { prefix: String::new(), conflict: Conflict::Error, ignored: Vec::new() };
    for (index, argument) in it.call.arguments.iter().enumerate().skip(1) {
        let name = argument.names.first().map(|name| &*name.text);
        match (name, index) {
            (Some("OutputColumnPrefix"), _) | (None, 1) => {
                if let Some(Value::String(prefix)) = cx.constant(&argument.expr, KqlType::String, "the prefix") {
                    options.prefix = prefix.to_string();
                }
            }
            (Some("columnsConflict"), _) | (None, 2) => {
                let word = cx.constant(&argument.expr, KqlType::String, "`columnsConflict`");
                options.conflict = match word.as_ref().and_then(Value::as_str) {
                    Some("replace_source") => Conflict::Replace,
                    Some("keep_source") => Conflict::Keep,
                    _ => Conflict::Error,
                };
            }
            (Some("ignoredProperties"), _) | (None, 3) => {
                if let Some(Value::Dynamic(json)) = cx.constant(&argument.expr, KqlType::Dynamic, "the ignored names") {
                    let names = dynamic::elements(&json).into_iter().flatten();
                    options.ignored = names.map(|name| dynamic::text_of(name).into_owned()).collect();
                }
            }
            (other, _) => {
                let message = format!("`bag_unpack` has no parameter `{}`", other.unwrap_or("at this place"));
                cx.report(Diagnostic::error(error::BAD_PARAMETER, argument.span).message(message));
            }
        }
    }
    options
}

fn unpacked(
    kept: &Relation,
    bag: &Column,
    mut columns: Vec<Column>,
    found: &[(Arc<str>, KqlType)],
    options: &UnpackOptions,
    span: Span,
    cx: &mut Binder<'_>,
) -> Relation {
    let mut extend = Vec::new();
    for (key, ty) in found.iter().filter(|(key, _)| !options.ignored.iter().any(|name| **name == **key)) {
        let name: Arc<str> = format!("{}{key}", options.prefix).into();
        let clash = columns.iter().position(|column| column.name == name);
        match (clash, options.conflict) {
            (Some(_), Conflict::Keep) => continue,
            (Some(_), Conflict::Error) => {
                let message = format!("the bag's key `{key}` is also a column");
                let hint = "give a prefix: `bag_unpack(d, 'prefix_')`";
                cx.report(Diagnostic::error(error::DUPLICATE_COLUMN, span).message(message).hint(hint));
                continue;
            }
            (Some(_), Conflict::Replace) | (None, _) => {}
        }
        let value = member(bag, key, *ty, span, cx);
        let column = column_for(name, value, &mut extend, cx);
        match clash {
            Some(index) => columns[index] = column,
            None => columns.push(column),
        }
    }
    Relation { columns, ..kept.then(|plan| extended(plan, extend)) }
}

/// The value of a key as a `ty`.
fn member(bag: &Column, key: &str, ty: KqlType, span: Span, cx: &mut Binder<'_>) -> Expr {
    let path = Expr::literal(json_array([&Value::String(key.into())]), span);
    let value = cx.apply(&dynamic::PATH, vec![Expr::column(bag, span), path], span);
    cx.convert_to(value, ty)
}

/// With a declared schema the data need not be looked at.
fn unpack_declared(name: &ast::Name, schema: &Schema, input: &Relation, cx: &mut Binder<'_>) -> Relation {
    let Some(bag) = existing(name, input, cx) else { return Relation { open: true, ..input.clone() } };
    let mut columns: Vec<Column> = match schema.open {
        true => input.columns.iter().filter(|column| column.id != bag.id).cloned().collect(),
        false => Vec::new(),
    };
    let mut extend = Vec::new();
    for declared in &schema.columns {
        let ty = kql_type(declared.ty.ty);
        let column = match input.column(&declared.name.text).filter(|it| it.id != bag.id) {
            Some(column) => column.clone(),
            None => {
                let value = member(&bag, &declared.name.text, ty, declared.span, cx);
                column_for(declared.name.text.clone(), value, &mut extend, cx)
            }
        };
        columns.push(column);
    }
    Relation { columns, ..input.then(|plan| extended(plan, extend)) }
}

/// `pivot(column [, aggregate [, key …]])`: a column for each value, of the aggregate over its rows.
fn bind_pivot<'a>(it: &'a Evaluate, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let arguments = &it.call.arguments;
    let Some(ast::Expr::Name(name)) = arguments.first().map(|argument| &argument.expr) else {
        let message = "`pivot` takes a column first";
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, it.call.span).message(message));
        return Relation { open: true, ..input };
    };
    let kept = cx.spooled(input);
    let Some(pivot) = existing(name, &kept, cx) else { return Relation { open: true, ..kept } };
    let template = match arguments.get(1).map(|argument| &argument.expr) {
        Some(ast::Expr::Call(call)) => template(call, &kept, cx),
        Some(other) => {
            cx.report(
                Diagnostic::error(error::AGGREGATE_MISPLACED, other.span())
                    .message("`pivot` takes an aggregate second"),
            );
            None
        }
        None => agg::aggregate("count").and_then(|def| cx.aggregate_call(def, Vec::new(), it.span)),
    };
    let Some(template) = template else { return Relation { open: true, ..kept } };
    let keys = pivot_keys(&arguments[arguments.len().min(2)..], &kept, &pivot, &template, cx);
    let key_columns: Vec<(Column, Expr)> =
        keys.iter().map(|key| (Column { id: cx.new_id(), ..key.clone() }, Expr::column(key, it.span))).collect();
    let mut columns: Vec<Column> = key_columns.iter().map(|(column, _)| column.clone()).collect();
    let Some(found) = ask(Question::Values, &kept, &pivot, cx) else {
        let columns = if arguments.len() > 2 { columns } else { Vec::new() };
        return Relation { columns, open: true, ..kept };
    };
    let mut aggregates = Vec::new();
    for (value, _) in &found {
        let call = of_value(&template, &pivot, value, it.span, cx);
        let (id, ty) = call.outputs[0];
        columns.push(Column { id, name: value.clone(), ty });
        aggregates.push(call);
    }
    let keys = key_columns.into_iter().map(|(column, expr)| (column.id, expr)).collect();
    let plan = Plan::Aggregate { input: kept.plan.clone(), keys, aggregates, order: Vec::new() };
    Relation::new(plan, columns)
}

fn template<'a>(call: &'a ast::Call, input: &Relation, cx: &mut Binder<'a>) -> Option<AggregateCall> {
    let Some(def) = agg::aggregate(&call.name.text) else {
        let message = format!("no aggregate named `{}`", call.name.text);
        cx.report(Diagnostic::error(error::UNKNOWN_FUNCTION, call.name.span).message(message));
        return None;
    };
    let args = cx.bind_inside_aggregate(&call.arguments, &mut Row::aggregating(input));
    cx.aggregate_call(def, args, call.span)
}

/// The named keys; otherwise every column that neither the pivot nor the aggregate reads.
fn pivot_keys<'a>(
    named: &'a [ast::NamedExpr],
    input: &Relation,
    pivot: &Column,
    template: &AggregateCall,
    cx: &mut Binder<'a>,
) -> Vec<Column> {
    if !named.is_empty() {
        let names = named.iter().filter_map(|argument| match &argument.expr {
            ast::Expr::Name(name) => Some(name),
            _ => None,
        });
        return names.filter_map(|name| existing(name, input, cx)).collect();
    }
    let mut read: BTreeSet<ColumnId> = [pivot.id].into();
    template.args.iter().chain(&template.filter).for_each(|expr| expr.visit_columns(&mut |id| _ = read.insert(id)));
    input.columns.iter().filter(|column| !read.contains(&column.id)).cloned().collect()
}

/// The aggregate over rows whose pivot column reads `value`.
fn of_value(template: &AggregateCall, pivot: &Column, value: &str, span: Span, cx: &mut Binder<'_>) -> AggregateCall {
    let text = cx.convert_to(Expr::column(pivot, span), KqlType::String);
    let wanted = Expr::literal(Value::String(value.into()), span);
    let mine = cx.binary(BinaryOp::Equal, text, wanted, span);
    let filter = match &template.filter {
        Some(filter) => Expr { kind: ExprKind::And(vec![filter.clone(), mine]), ty: KqlType::Bool, span },
        None => mine,
    };
    let outputs = template.outputs.iter().map(|(_, ty)| (cx.new_id(), *ty)).collect();
    AggregateCall { filter: Some(filter), outputs, ..template.clone() }
}
