//! `make-graph`: edges from the rows, nodes from tables of nodes and from the ends of edges.
//!
//! With `partitioned-by` the value of the partition is part of each node's id, so that no edge leaves its partition.

use std::collections::HashMap;
use std::sync::Arc;

use kql_parser::ast::{self, BinaryOp, MakeGraph, Name, Operator, PartitionBy};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, scalar};
use vizsla_schema::KqlType;

use super::super::columns::{column_for, existing, extended};
use super::super::parameters;
use super::{as_relation, edge_parts};
use crate::bind::Binder;
use crate::bound::{Column, ColumnId, Expr, Graph, Plan, Relation, WindowCall};
use crate::error::{self, unsupported};
use crate::functions::{agg, window};

pub(in crate::ops) fn bind_make_graph<'a>(it: &'a MakeGraph, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "make-graph", &[], cx);
    let (source, target) = (existing(&it.source, input, cx), existing(&it.target, input, cx));
    let Some((source, target)) = source.zip(target) else { return Relation::hole() };
    if !same_type(&source, &target, &it.target, cx) {
        return Relation::hole();
    }
    let part = match &it.partitioned_by {
        Some(parts) => match part_of(parts, input, cx) {
            Some(part) => Some(part),
            None => return Relation::hole(),
        },
        None => None,
    };
    let edges = edges(input, &source, &target, part.as_ref(), it.span, cx);
    let place = |column: &Column| input.columns.iter().position(|it| it.id == column.id).unwrap_or_default();
    let kept = |column: &Column| edges.columns[place(column)].clone();
    let ends = [kept(&source), kept(&target)];
    let Some(nodes) = nodes(it, &edges, &ends, part.as_ref().map(kept).as_ref(), cx) else { return Relation::hole() };
    let graph = as_relation(Graph { nodes, edges, directed: it.directed });
    match &it.partitioned_by {
        Some(parts) => within_parts(parts, graph, cx),
        None => graph,
    }
}

/// The column whose values are graphs of their own.
fn part_of(parts: &PartitionBy, input: &Relation, cx: &mut Binder<'_>) -> Option<Column> {
    match &*parts.by {
        ast::Expr::Name(name) => existing(name, input, cx),
        other => {
            cx.report(unsupported("`partitioned-by` with something else than a column", other.span()));
            None
        }
    }
}

/// Matching within parts is matching in a graph whose edges do not leave them.
fn within_parts<'a>(parts: &'a PartitionBy, graph: Relation, cx: &mut Binder<'a>) -> Relation {
    parts.body.operators.iter().fold(graph, |input, operator| {
        if !matches!(operator, Operator::GraphMatch(_) | Operator::GraphWhere(_)) {
            cx.report(unsupported("this operator inside `partitioned-by`", operator.span()));
        }
        super::super::bind(operator, input, cx)
    })
}

/// The id of a node, within its part if there are parts.
fn key_of(id: &Column, part: Option<&Column>, span: Span, cx: &mut Binder<'_>) -> Expr {
    let id = Expr::column(id, span);
    let Some(part) = part else { return id };
    let pack = scalar("pack_array").expect("the dynamic family has `pack_array`");
    let packed = cx.apply(pack, vec![Expr::column(part, span), id], span);
    cx.convert_to(packed, KqlType::String)
}

fn same_type(a: &Column, b: &Column, at: &Name, cx: &mut Binder<'_>) -> bool {
    if a.ty != b.ty {
        let message = format!("ids of nodes are of one type: this is a {}, not a {}", b.ty.name(), a.ty.name());
        let code = error::with_service(error::TYPE_MISMATCH, "SEM1019");
        cx.report(Diagnostic::error(code, at.span).message(message));
    }
    a.ty == b.ty
}

/// The rows with the ids of their ends and a number.
fn edges(
    input: &Relation,
    source: &Column,
    target: &Column,
    part: Option<&Column>,
    span: Span,
    cx: &mut Binder<'_>,
) -> Relation {
    let (numbered, number) = numbered(input, cx);
    let mut columns = input.columns.clone();
    let mut extend = Vec::new();
    for end in [source, target] {
        let key = key_of(end, part, span, cx);
        columns.push(column_for("".into(), key, &mut extend, cx));
    }
    columns.push(number);
    let numbered = numbered.then(|plan| extended(plan, extend));
    cx.spooled(Relation { columns, order: Vec::new(), ..numbered })
}

fn numbered(input: &Relation, cx: &mut Binder<'_>) -> (Relation, Column) {
    let def = window::window("row_number").expect("the window functions have `row_number`");
    let number = cx.new_column("", KqlType::Long);
    let call = WindowCall { def, args: Vec::new(), output: (number.id, KqlType::Long) };
    let order = input.order.clone();
    (input.then(|plan| Plan::Window { input: plan, partition: Vec::new(), order, calls: vec![call] }), number)
}

/// Rows that may be nodes.
struct Source {
    rows: Relation,
    /// The node's id, as written.
    id: Column,
    part: Option<Column>,
    order: Expr,
}

/// A node for each id: its row in a table of nodes, otherwise only the id.
fn nodes<'a>(
    it: &'a MakeGraph,
    edges: &Relation,
    ends: &[Column; 2],
    part: Option<&Column>,
    cx: &mut Binder<'a>,
) -> Option<Relation> {
    let (_, _, _, number) = edge_parts(edges);
    let span = it.span;
    let mut sources = Vec::new();
    let mut id_names: Vec<Arc<str>> = it.node_id.iter().map(|name| name.text.clone()).collect();
    for (index, table) in it.nodes.iter().enumerate() {
        let rows = cx.bind_table(&table.table);
        let id = existing(&table.id, &rows, cx)?;
        if !same_type(&ends[0], &id, &table.id, cx) {
            return None;
        }
        let part = match part {
            Some(part) => Some(existing(&Name { text: part.name.clone(), ..table.id.clone() }, &rows, cx)?),
            None => None,
        };
        id_names.push(table.id.text.clone());
        let (rows, number) = numbered(&rows, cx);
        // Tables come one after the other, then the ends of edges.
        let order = plus(Expr::column(&number, span), 1, (index as i64) << TABLE_BITS, span, cx);
        sources.push(Source { rows, id, part, order });
    }
    for (end, offset) in ends.iter().zip(0..) {
        let order = plus(Expr::column(number, span), 2, EDGES_AFTER + offset, span, cx);
        let rows = Relation { columns: part.into_iter().cloned().collect(), ..edges.clone() };
        sources.push(Source { rows, id: end.clone(), part: part.cloned(), order });
    }
    let named = named_columns(&sources, it.node_id.as_ref(), ends[0].ty, span, cx);
    one_each(&sources, named, &id_names, span, cx)
}

/// A table of nodes has fewer rows than this many bits count.
const TABLE_BITS: u32 = 48;
/// The order of nodes that only edges name begins here.
const EDGES_AFTER: i64 = 1 << 61;

/// `value * times + more`
fn plus(value: Expr, times: i64, more: i64, span: Span, cx: &mut Binder<'_>) -> Expr {
    let long = |value: i64| Expr::literal(Value::Long(value), span);
    let scaled = cx.binary(BinaryOp::Multiply, value, long(times), span);
    cx.binary(BinaryOp::Add, scaled, long(more), span)
}

/// The properties of nodes: the id under its name if it has one, and all columns of their tables by name.
fn named_columns(
    sources: &[Source],
    node_id: Option<&Name>,
    id: KqlType,
    span: Span,
    cx: &mut Binder<'_>,
) -> Vec<Column> {
    let mut named: Vec<Column> = Vec::new();
    named.extend(node_id.map(|name| cx.new_column(name.text.clone(), id)));
    for column in sources.iter().flat_map(|source| &source.rows.columns) {
        match named.iter().find(|known| known.name == column.name) {
            None => named.push(cx.new_column(column.name.clone(), column.ty)),
            Some(known) if known.ty == column.ty => {}
            Some(known) => {
                let message =
                    format!("tables of nodes differ in `{}`: {} and {}", known.name, known.ty.name(), column.ty.name());
                cx.report(Diagnostic::error(error::TYPE_MISMATCH, span).message(message));
            }
        }
    }
    named
}

/// For each id one node, with the properties of all rows that have it.
fn one_each(
    sources: &[Source],
    named: Vec<Column>,
    id_names: &[Arc<str>],
    span: Span,
    cx: &mut Binder<'_>,
) -> Option<Relation> {
    let keys: Vec<Expr> = sources.iter().map(|source| key_of(&source.id, source.part.as_ref(), span, cx)).collect();
    let key = cx.new_column("", keys.first()?.ty);
    let order = cx.new_column("", KqlType::Long);
    let mut inputs = Vec::with_capacity(sources.len());
    for (source, key) in sources.iter().zip(keys) {
        let known: HashMap<&str, &Column> = source.rows.columns.iter().map(|column| (&*column.name, column)).collect();
        let value = |column: &Column| match known.get(&*column.name) {
            Some(known) => Expr::column(known, span),
            // What only edges name is known by its id.
            None if id_names.contains(&column.name) && column.ty == source.id.ty => Expr::column(&source.id, span),
            None => Expr::literal(Value::absent(column.ty), span),
        };
        let mut exprs: Vec<Expr> = named.iter().map(value).collect();
        exprs.extend([key, source.order.clone()]);
        inputs.push((source.rows.plan.clone(), exprs));
    }
    let all: Vec<Column> = named.iter().cloned().chain([key.clone(), order.clone()]).collect();
    let columns: Vec<(ColumnId, KqlType)> = all.iter().map(|column| (column.id, column.ty)).collect();
    let union = Plan::Union { inputs, columns };
    let mut aggregate = |name: &str, of: &Column| {
        let def = agg::aggregate(name).expect("the aggregates have this name");
        cx.aggregate_call(def, vec![Expr::column(of, span)], span)
    };
    // Of each property a value that is there; which one, where tables differ, the reference leaves open.
    let mut aggregates = Vec::with_capacity(all.len());
    for property in &named {
        aggregates.push(aggregate("take_any", property)?);
    }
    aggregates.push(aggregate("min", &order)?);
    let fresh = Column { id: cx.new_id(), ..key.clone() };
    let keys = vec![(fresh.id, Expr::column(&key, span))];
    let outputs = aggregates.iter().map(|call| call.outputs[0].0);
    let outputs = outputs.zip(named.into_iter().chain([order])).map(|(id, column)| Column { id, ..column });
    let mut columns: Vec<Column> = outputs.collect();
    columns.insert(columns.len() - 1, fresh);
    let plan = Plan::Aggregate { input: union.into(), keys, aggregates, order: Vec::new() };
    Some(cx.spooled(Relation::new(plan, columns)))
}
