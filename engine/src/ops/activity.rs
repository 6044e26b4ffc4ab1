//! Plugins that count over a timeline: `activity_counts_metrics`, `sliding_window_counts`, `rolling_percentile` (fact 308).
//!
//! Each is groups of groups: rows are put into bins of the timeline, or into as many as windows overlap, and counted there
//! for each combination of the dimensions. Counts of distinct values are exact. Bins without rows are left out.

use kql_parser::ast::{self, BinaryOp, Evaluate, NamedExpr};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, scalar};
use vizsla_schema::KqlType;

use super::columns::existing;
use crate::bind::Binder;
use crate::bind::convert::json_array;
use crate::bind::row::Row;
use crate::bound::{AggregateCall, Column, Expanded, Expr, ExprKind, Plan, Relation, SortKey, WindowCall};
use crate::error;
use crate::functions::{agg, window};

/// The most bins that one row counts in.
const MAX_BINS: i64 = 1000;

/// `activity_counts_metrics(id, time, start, end, window [, dimension …])`
pub(super) fn bind_counts<'a>(it: &'a Evaluate, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let [id, time, start, end, window, dimensions @ ..] = it.call.arguments.as_slice() else {
        return too_few(it, "an id, a time, a start, an end and a window", input, cx);
    };
    let Some((id, time)) = column(id, &input, cx).zip(column(time, &input, cx)) else { return open(input) };
    let dimensions: Vec<Column> = dimensions.iter().filter_map(|it| column(it, &input, cx)).collect();
    let [start, end, window] = [start, end, window].map(|argument| scalar_of(argument, cx));
    let span = it.span;
    let rows = between(&input, &Expr::column(&time, span), &start, &end, cx);
    let bin = call("bin_at", vec![Expr::column(&time, span), window, start], span, cx);
    let (rows, bin) = with_column(&rows, &time.name, bin, cx);
    let slots: Vec<Column> = std::iter::once(bin).chain(dimensions).collect();
    let of_each = with(&slots, &id);
    let each = vec![count(span, cx)];
    let (ids, ids_keys, counts) = grouped(&rows, &of_each, each, cx);
    let (bin, dimensions, id) = (&ids_keys[0], &ids_keys[1..slots.len()], &ids_keys[slots.len()]);
    let (ids, nth) = numbered(&ids, "row_number", Vec::new(), &with(dimensions, id), bin, span, cx);
    let one = Expr::literal(Value::Long(1), span);
    let first = cx.binary(BinaryOp::Equal, nth, one, span);
    let total = aggregate("sum", vec![Expr::column(&counts[0], span)], span, cx);
    let new = aggregate("countif", vec![first], span, cx);
    let each = vec![total, count(span, cx), new];
    let (bins, keys, counts) = grouped(&ids, &ids_keys[..slots.len()], each, cx);
    let sums = vec![Expr::column(&counts[2], span)];
    let (bins, all) = numbered(&bins, "row_cumsum", sums, &keys[1..], &keys[0], span, cx);
    let names = ["count", "dcount", "new_dcount", "aggregated_dcount"];
    let values = counts.iter().map(|column| Expr::column(column, span)).chain([all]);
    named(bins, keys, &time, names.into_iter().map(String::from).zip(values))
}

/// `sliding_window_counts(id, time, start, end, lookback, bin [, dimension …])`
pub(super) fn bind_sliding_counts<'a>(it: &'a Evaluate, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let [id, time, start, end, lookback, bin, dimensions @ ..] = it.call.arguments.as_slice() else {
        return too_few(it, "an id, a time, a start, an end, a lookback window and a bin", input, cx);
    };
    let Some((id, time)) = column(id, &input, cx).zip(column(time, &input, cx)) else { return open(input) };
    let dimensions: Vec<Column> = dimensions.iter().filter_map(|it| column(it, &input, cx)).collect();
    let [start, end, step] = [start, end, bin].map(|argument| scalar_of(argument, cx));
    let lookback = scalar_of(lookback, cx);
    let Some(bins) = quotient(&lookback, &step) else {
        let message = "the lookback window and the bin have to be constants, and the window a few bins long";
        cx.report(Diagnostic::error(error::BAD_ARGUMENT, bin.span).message(message));
        return open(input);
    };
    let span = it.span;
    let known = cx.binary(BinaryOp::LessOrEqual, Expr::column(&time, span), end.clone(), span);
    let rows = input.then(|plan| Plan::Filter { input: plan, predicate: known });
    let own = call("bin_at", vec![Expr::column(&time, span), step.clone(), start.clone()], span, cx);
    let (rows, _, bin) = into_bins(&rows, &time, own, &step, bins, span, cx);
    let rows = between(&rows, &Expr::column(&bin, span), &start, &end, cx);
    let slots: Vec<Column> = std::iter::once(bin).chain(dimensions).collect();
    let each = vec![count(span, cx)];
    let (ids, ids_keys, counts) = grouped(&rows, &with(&slots, &id), each, cx);
    let total = aggregate("sum", vec![Expr::column(&counts[0], span)], span, cx);
    let each = vec![total, count(span, cx)];
    let (bins, keys, counts) = grouped(&ids, &ids_keys[..slots.len()], each, cx);
    let values = counts.iter().map(|column| Expr::column(column, span));
    named(bins, keys, &time, ["Count", "Dcount"].into_iter().map(String::from).zip(values))
}

/// `rolling_percentile(value, percentile, index, bin, bins per window [, dimension …])`
pub(super) fn bind_rolling_percentile<'a>(it: &'a Evaluate, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let [value, rank, index, step, bins, dimensions @ ..] = it.call.arguments.as_slice() else {
        return too_few(it, "a value, a percentile, an index, a bin and a number of bins", input, cx);
    };
    let Some((value, index)) = column(value, &input, cx).zip(column(index, &input, cx)) else { return open(input) };
    let dimensions: Vec<Column> = dimensions.iter().filter_map(|it| column(it, &input, cx)).collect();
    let [rank, step] = [rank, step].map(|argument| scalar_of(argument, cx));
    let count_of = cx.constant(&bins.expr, KqlType::Long, "the number of bins").and_then(|bins| bins.as_long());
    let Some(count_of) = count_of.filter(|count| (1..=MAX_BINS).contains(count)) else {
        let message = format!("a window has 1 to {MAX_BINS} bins");
        cx.report(Diagnostic::error(error::BAD_ARGUMENT, bins.span).message(message));
        return open(input);
    };
    let span = it.span;
    let name = format!("rolling_{count_of}_percentile_{}_{}", value.name, rank_name(&rank));
    let own = call("bin", vec![Expr::column(&index, span), step.clone()], span, cx);
    let (rows, offset, bin) = into_bins(&input, &index, own, &step, count_of, span, cx);
    let zero = Expr::literal(Value::Long(0), span);
    let first = cx.binary(BinaryOp::Equal, Expr::column(&offset, span), zero.clone(), span);
    let percentile = aggregate("percentile", vec![Expr::column(&value, span), rank], span, cx);
    let own_rows = aggregate("countif", vec![first], span, cx);
    let slots: Vec<Column> = std::iter::once(bin).chain(dimensions).collect();
    let Some((percentile, own_rows)) = percentile.zip(own_rows) else { return open(input) };
    let (rows, keys, values) = grouped(&rows, &slots, vec![Some(percentile), Some(own_rows)], cx);
    // After the last row of a bin come bins that only look back.
    let has_rows = cx.binary(BinaryOp::Greater, Expr::column(&values[1], span), zero, span);
    let rows = rows.then(|plan| Plan::Filter { input: plan, predicate: has_rows });
    named(rows, keys, &index, [(name, Expr::column(&values[0], span))])
}

fn too_few(it: &Evaluate, takes: &str, input: Relation, cx: &mut Binder<'_>) -> Relation {
    let message = format!("`{}` takes {takes}", it.call.name.text);
    cx.report(Diagnostic::error(error::ARITY, it.call.span).message(message));
    open(input)
}

fn open(input: Relation) -> Relation {
    Relation { open: true, ..input }
}

fn column(argument: &NamedExpr, input: &Relation, cx: &mut Binder<'_>) -> Option<Column> {
    match &argument.expr {
        ast::Expr::Name(name) => existing(name, input, cx),
        other => {
            let message = "a column's name is needed here";
            cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, other.span()).message(message));
            None
        }
    }
}

fn scalar_of<'a>(argument: &'a NamedExpr, cx: &mut Binder<'a>) -> Expr {
    cx.bind_scalar(&argument.expr, &mut Row::none())
}

/// How many bins a window is long, rounded up.
fn quotient(window: &Expr, bin: &Expr) -> Option<i64> {
    let whole = |expr: &Expr| match expr.as_literal()? {
        Value::TimeSpan(it) | Value::Long(it) => Some(*it),
        Value::Int(it) => Some(i64::from(*it)),
        _ => None,
    };
    let (window, bin) = (whole(window)?, whole(bin)?);
    let bins = window.checked_sub(1)?.checked_div(bin)?.checked_add(1)?;
    (window > 0 && bin > 0 && bins <= MAX_BINS).then_some(bins)
}

fn call(name: &str, args: Vec<Expr>, span: Span, cx: &mut Binder<'_>) -> Expr {
    cx.apply(scalar(name).expect("the functions have this name"), args, span)
}

fn aggregate(name: &str, args: Vec<Expr>, span: Span, cx: &mut Binder<'_>) -> Option<AggregateCall> {
    cx.aggregate_call(agg::aggregate(name).expect("the aggregates have this name"), args, span)
}

fn count(span: Span, cx: &mut Binder<'_>) -> Option<AggregateCall> {
    aggregate("count", Vec::new(), span, cx)
}

fn with(columns: &[Column], last: &Column) -> Vec<Column> {
    columns.iter().chain([last]).cloned().collect()
}

fn between(input: &Relation, value: &Expr, low: &Expr, high: &Expr, cx: &mut Binder<'_>) -> Relation {
    let above = cx.binary(BinaryOp::GreaterOrEqual, value.clone(), low.clone(), low.span);
    let below = cx.binary(BinaryOp::LessOrEqual, value.clone(), high.clone(), high.span);
    let predicate = Expr { kind: ExprKind::And(vec![above, below]), ty: KqlType::Bool, span: value.span };
    input.then(|plan| Plan::Filter { input: plan, predicate })
}

fn with_column(input: &Relation, name: &str, value: Expr, cx: &mut Binder<'_>) -> (Relation, Column) {
    let column = cx.new_column(name, value.ty);
    (input.then(|plan| Plan::Extend { input: plan, columns: vec![(column.id, value)] }), column)
}

/// Each row in its own bin and those after it, whose windows reach back to it: with the number of bins between and the bin.
fn into_bins(
    input: &Relation,
    time: &Column,
    own: Expr,
    step: &Expr,
    bins: i64,
    span: Span,
    cx: &mut Binder<'_>,
) -> (Relation, Column, Column) {
    let (rows, own) = with_column(input, &time.name, own, cx);
    let offset = cx.new_column("", KqlType::Long);
    let offsets: Vec<Value> = (0..bins).map(Value::Long).collect();
    let value = Expr::literal(json_array(&offsets), span);
    let arrays = vec![Expanded { output: offset.id, ty: KqlType::Long, value }];
    let index = cx.new_id();
    let rows = rows.then(|plan| Plan::Expand { input: plan, arrays, pairs: false, index, limit: None });
    let later = cx.binary(BinaryOp::Multiply, step.clone(), Expr::column(&offset, span), span);
    let bin = cx.binary(BinaryOp::Add, Expr::column(&own, span), later, span);
    let bin = cx.convert_to(bin, own.ty);
    let (rows, bin) = with_column(&rows, &time.name, bin, cx);
    (rows, offset, bin)
}

/// Groups by columns: the keys under new ids, then what the aggregates answer.
fn grouped(
    input: &Relation,
    keys: &[Column],
    aggregates: Vec<Option<AggregateCall>>,
    cx: &mut Binder<'_>,
) -> (Relation, Vec<Column>, Vec<Column>) {
    let aggregates: Vec<AggregateCall> = aggregates.into_iter().flatten().collect();
    let outputs = aggregates.iter().map(|it| it.outputs[0]);
    let outputs = outputs.map(|(id, ty)| Column { id, name: "".into(), ty }).collect();
    let fresh: Vec<Column> = keys.iter().map(|key| Column { id: cx.new_id(), ..key.clone() }).collect();
    let exprs = fresh.iter().zip(keys).map(|(fresh, key)| (fresh.id, Expr::column(key, Span::default()))).collect();
    let plan = Plan::Aggregate { input: input.plan.clone(), keys: exprs, aggregates, order: Vec::new() };
    (Relation::new(plan, Vec::new()), fresh, outputs)
}

/// A function over the rows of each part, in the order of a column.
fn numbered(
    input: &Relation,
    name: &str,
    args: Vec<Expr>,
    partition: &[Column],
    by: &Column,
    span: Span,
    cx: &mut Binder<'_>,
) -> (Relation, Expr) {
    let def = window::window(name).expect("the window functions have this name");
    let id = cx.new_id();
    let calls = vec![WindowCall { def, args, output: (id, KqlType::Long) }];
    let partition = partition.iter().map(|column| column.id).collect();
    let order = vec![SortKey { column: by.id, ascending: true, nulls_first: true }];
    let rows = input.then(|plan| Plan::Window { input: plan, partition, order, calls });
    (rows, Expr { kind: ExprKind::Column(id), ty: KqlType::Long, span })
}

/// The keys, the first of which is the timeline, then columns under these names; in order of time.
fn named(
    rows: Relation,
    keys: Vec<Column>,
    time: &Column,
    values: impl IntoIterator<Item = (String, Expr)>,
) -> Relation {
    let order = vec![SortKey { column: keys[0].id, ascending: true, nulls_first: true }];
    let mut columns = keys;
    columns[0].name = time.name.clone();
    for (name, value) in values {
        if let ExprKind::Column(id) = value.kind {
            columns.push(Column { id, name: name.into(), ty: value.ty });
        }
    }
    Relation { columns, order, ..rows }
}

/// `50`, `99_9`
fn rank_name(rank: &Expr) -> String {
    match rank.as_literal() {
        Some(Value::Real(rank)) => rank.to_string().replace('.', "_"),
        Some(value) => value.as_long().map(|rank| rank.to_string()).unwrap_or_default(),
        None => String::new(),
    }
}
