//! `graph-match` and `graph-shortest-paths`: a pattern as joins of edges and nodes (facts 321–323).
//!
//! An edge that stands for 2 to 4 edges in a row is written out at each of these lengths; the answers of all combinations
//! of lengths are put together. So expressions over such an edge (`all`, `map`) are lists whose length is known.

mod assembly;
mod pattern;

use std::collections::HashSet;

use kql_parser::ast::{GraphMatch, GraphMatchKind};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use self::assembly::Leg;
use self::pattern::Pattern;
use super::super::columns::allocate_names;
use super::super::parameters;
use super::edge_parts;
use crate::bind::Binder;
use crate::bind::names::NameSource;
use crate::bound::{Column, ColumnId, Expr, Graph, JoinKind, Plan, Relation};
use crate::error::{self, unsupported};
use crate::functions::agg;

/// Which matches count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cycles {
    /// All.
    All,
    /// Those without a node twice.
    None,
    /// Those without an edge twice.
    UniqueEdges,
}

pub(super) fn bind<'a>(it: &'a GraphMatch, graph: &Graph, cx: &mut Binder<'a>) -> Relation {
    let shortest = it.kind == GraphMatchKind::ShortestPaths;
    let (operator, known) = if shortest { ("graph-shortest-paths", ["output"]) } else { ("graph-match", ["cycles"]) };
    parameters::check(&it.parameters, operator, &known, cx);
    let words = [("all", Cycles::All), ("none", Cycles::None), ("unique_edges", Cycles::UniqueEdges)];
    let cycles = parameters::choice(&it.parameters, "cycles", &words, Cycles::UniqueEdges, cx);
    let all = parameters::choice(&it.parameters, "output", &[("any", false), ("all", true)], false, cx);
    if shortest && it.patterns.len() > 1 {
        cx.report(unsupported("several patterns in `graph-shortest-paths`", it.span));
    }
    if it.project.is_empty() {
        let code = error::with_service(error::NO_RESULT, "SEM0001");
        cx.report(Diagnostic::error(code, it.span).message(format!("`{operator}` ends in `project`")));
        return Relation::hole();
    }
    let Some(pattern) = Pattern::read(it, cx) else { return Relation::hole() };
    let graph = followed(graph, &pattern, it.span, cx);
    let mut legs = Vec::new();
    for lengths in pattern.lengths() {
        legs.push(Leg::bind(it, &pattern, &lengths, &graph, cycles, cx));
    }
    let matches = together(it, legs, cx);
    match (shortest, all) {
        (false, _) => Relation { columns: matches.columns, ..matches.rows },
        (true, false) => one_shortest(matches, it.span, cx),
        (true, true) => all_shortest(matches, it.span, cx),
    }
}

/// The graph with edges both ways, for patterns that need them.
pub(super) struct Followed<'g> {
    pub(super) graph: &'g Graph,
    both_ways: Option<Relation>,
}

impl Followed<'_> {
    /// Fresh edges, to be followed in their direction or in any.
    pub(super) fn edges(&self, any: bool, cx: &mut Binder<'_>) -> Relation {
        match &self.both_ways {
            Some(both) if any || !self.graph.directed => cx.refresh(both),
            _ => cx.refresh(&self.graph.edges),
        }
    }
}

fn followed<'g>(graph: &'g Graph, pattern: &Pattern, span: Span, cx: &mut Binder<'_>) -> Followed<'g> {
    let needed = !graph.directed || pattern.links.iter().any(pattern::Link::any);
    Followed { graph, both_ways: needed.then(|| both_ways(&graph.edges, span, cx)) }
}

/// Each edge and, unless it begins where it ends, the same one the other way.
fn both_ways(edges: &Relation, span: Span, cx: &mut Binder<'_>) -> Relation {
    let there = cx.refresh(edges);
    let back = cx.refresh(edges);
    let as_is: Vec<Expr> = there.columns.iter().map(|column| Expr::column(column, span)).collect();
    let (visible, source, target, number) = edge_parts(&back);
    let turned = visible.iter().chain([target, source, number]).map(|column| Expr::column(column, span)).collect();
    let ends = (Expr::column(source, span), Expr::column(target, span));
    let predicate = cx.binary(kql_parser::ast::BinaryOp::NotEqual, ends.0, ends.1, span);
    let back = back.then(|plan| Plan::Filter { input: plan, predicate });
    let columns: Vec<Column> =
        there.columns.iter().map(|column| Column { id: cx.new_id(), ..column.clone() }).collect();
    let ids = columns.iter().map(|column| (column.id, column.ty)).collect();
    let inputs = vec![(there.plan, as_is), (back.plan, turned)];
    Relation::new(Plan::Union { inputs, columns: ids }, columns)
}

/// The matches of all lengths.
struct Matches {
    rows: Relation,
    /// As projected.
    columns: Vec<Column>,
    /// The number of edges, and the ids of the first and last node.
    hops: Column,
    ends: [Column; 2],
}

fn together(it: &GraphMatch, legs: Vec<Leg>, cx: &mut Binder<'_>) -> Matches {
    let sources: Vec<NameSource> = it.project.iter().map(|item| cx.name_source(item)).collect();
    let names = allocate_names(&sources, &HashSet::new(), |index| it.project[index].span, cx);
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let ty = legs.first().map_or(KqlType::Dynamic, |leg| leg.projected[index].ty);
        columns.push(cx.new_column(name, ty));
    }
    let end = legs.first().map_or(KqlType::String, |leg| leg.ends[0].ty);
    let hops = cx.new_column("", KqlType::Long);
    let ends = [cx.new_column("", end), cx.new_column("", end)];
    let all: Vec<(ColumnId, KqlType)> =
        columns.iter().chain([&hops]).chain(&ends).map(|column| (column.id, column.ty)).collect();
    let mut inputs = Vec::with_capacity(legs.len());
    for leg in legs {
        let mut exprs = Vec::with_capacity(all.len());
        for (value, column) in leg.projected.into_iter().zip(&columns) {
            exprs.push(cx.convert_to(value, column.ty));
        }
        exprs.push(Expr::literal(Value::Long(leg.hops), it.span));
        exprs.extend(leg.ends.iter().map(|end| Expr::column(end, it.span)));
        inputs.push((leg.plan, exprs));
    }
    let rows = Relation::new(Plan::Union { inputs, columns: all }, Vec::new());
    Matches { rows, columns, hops, ends }
}

/// Of each pair of ends any one match with the fewest edges.
fn one_shortest(matches: Matches, span: Span, cx: &mut Binder<'_>) -> Relation {
    let Matches { rows, columns, hops, ends } = matches;
    let def = agg::aggregate("arg_min").expect("the aggregates have `arg_min`");
    let args = std::iter::once(&hops).chain(&columns).map(|column| Expr::column(column, span)).collect();
    let Some(call) = cx.aggregate_call(def, args, span) else { return Relation::hole() };
    let outputs = call.outputs.iter().skip(1);
    let columns = columns.iter().zip(outputs).map(|(column, (id, _))| Column { id: *id, ..column.clone() }).collect();
    let keys = ends.iter().map(|end| (cx.new_id(), Expr::column(end, span))).collect();
    Relation::new(Plan::Aggregate { input: rows.plan, keys, aggregates: vec![call], order: Vec::new() }, columns)
}

/// Of each pair of ends all matches with the fewest edges.
fn all_shortest(matches: Matches, span: Span, cx: &mut Binder<'_>) -> Relation {
    let Matches { rows, columns, hops, ends } = matches;
    let count = columns.len();
    let kept: Vec<Column> = columns.into_iter().chain([hops]).chain(ends).collect();
    let kept = cx.spooled(Relation { columns: kept, ..rows });
    let other = cx.refresh(&kept);
    let def = agg::aggregate("min").expect("the aggregates have `min`");
    let least = cx.aggregate_call(def, vec![Expr::column(&other.columns[count], span)], span);
    let Some(least) = least else { return Relation::hole() };
    let mut on = vec![(
        Expr::column(&kept.columns[count], span),
        Expr { kind: crate::bound::ExprKind::Column(least.outputs[0].0), ty: KqlType::Long, span },
    )];
    let mut keys = Vec::new();
    for end in [count + 1, count + 2] {
        let key = Column { id: cx.new_id(), ..other.columns[end].clone() };
        on.push((Expr::column(&kept.columns[end], span), Expr::column(&key, span)));
        keys.push((key.id, Expr::column(&other.columns[end], span)));
    }
    let right = Plan::Aggregate { input: other.plan, keys, aggregates: vec![least], order: Vec::new() };
    let columns = kept.columns[..count].to_vec();
    let joined = kept.then(|plan| Plan::Join { left: plan, right: right.into(), kind: JoinKind::LeftSemi, on });
    Relation { columns, ..joined }
}
