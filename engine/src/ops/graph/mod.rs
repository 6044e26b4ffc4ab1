//! Graphs: `make-graph` and the operators that may follow it (facts 320–325).
//!
//! A graph is two relations that are kept, nodes and edges ([`Graph`]), in the place of a relation's rows. Everything after
//! is made of joins over them: a pattern of three edges is a join of three copies of the edges.

mod components;
mod make;
mod matching;

use std::sync::Arc;

use kql_parser::ast::{GraphToTable, GraphWhere, GraphWhereKind, Operator};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::scalar;
use vizsla_schema::KqlType;

use super::branch::publish;
use super::parameters;
use crate::bind::Binder;
use crate::bind::row::Row;
use crate::bound::{Column, Expr, Graph, JoinKind, Plan, Relation, SortKey};
use crate::error::{self, unsupported};

pub(super) use self::make::bind_make_graph;

/// The last columns of [`Graph::nodes`]: id and order.
const NODE_OWN: usize = 2;
/// The last columns of [`Graph::edges`]: where it begins, where it ends, its number.
const EDGE_OWN: usize = 3;

/// A node's visible columns, its id and its order.
fn node_parts(nodes: &Relation) -> (&[Column], &Column, &Column) {
    let (visible, own) = nodes.columns.split_at(nodes.columns.len() - NODE_OWN);
    (visible, &own[0], &own[1])
}

/// An edge's visible columns, the ids where it begins and ends, and its number.
fn edge_parts(edges: &Relation) -> (&[Column], &Column, &Column, &Column) {
    let (visible, own) = edges.columns.split_at(edges.columns.len() - EDGE_OWN);
    (visible, &own[0], &own[1], &own[2])
}

/// A graph in the place of rows.
fn as_relation(graph: Graph) -> Relation {
    Relation { graph: Some(Arc::new(graph)), open: false, ..Relation::hole() }
}

/// Whether an operator takes a graph.
pub(super) fn takes_graph(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::GraphMarkComponents(_)
            | Operator::GraphMatch(_)
            | Operator::GraphToTable(_)
            | Operator::GraphWhere(_)
            | Operator::As(_)
            | Operator::Error(_)
    )
}

/// An operator over a graph.
pub(super) fn bind<'a>(operator: &'a Operator, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let Some(graph) = input.graph.clone() else {
        if !input.open {
            let message = "this operator needs a graph";
            let hint = "make one: `| make-graph source --> target with_node_id=id`";
            cx.report(Diagnostic::error(error::NOT_A_TABLE, operator.span()).message(message).hint(hint));
        }
        return Relation::hole();
    };
    match operator {
        Operator::GraphMarkComponents(it) => components::bind(it, &graph, cx),
        Operator::GraphMatch(it) => matching::bind(it, &graph, cx),
        Operator::GraphToTable(it) => bind_to_table(it, &graph, cx),
        Operator::GraphWhere(it) => bind_where(it, &graph, cx),
        _ => Relation::hole(),
    }
}

/// Rows again: nodes, edges, or both as results of their own.
fn bind_to_table(it: &GraphToTable, graph: &Graph, cx: &mut Binder<'_>) -> Relation {
    let mut results = Vec::with_capacity(it.outputs.len());
    for output in &it.outputs {
        if let Some(name) = &output.name {
            cx.report(unsupported("`as` in `graph-to-table`", name.span));
        }
        let hashes: &[&'static str] =
            if output.edges { &["with_source_id", "with_target_id"] } else { &["with_node_id"] };
        parameters::check(&output.parameters, "graph-to-table", hashes, cx);
        let rows = cx.refresh(if output.edges { &graph.edges } else { &graph.nodes });
        let (visible, ids, order) = match output.edges {
            true => {
                let (visible, source, target, number) = edge_parts(&rows);
                (visible, vec![source.clone(), target.clone()], number)
            }
            false => {
                let (visible, id, order) = node_parts(&rows);
                (visible, vec![id.clone()], order)
            }
        };
        let mut columns = Vec::new();
        let mut extend = Vec::new();
        for (parameter, id) in hashes.iter().zip(ids) {
            let Some((name, span)) = parameters::word(&output.parameters, parameter) else { continue };
            let hash = scalar("hash_xxhash64").expect("the text family has `hash_xxhash64`");
            let hashed = cx.apply(hash, vec![Expr::column(&id, span)], span);
            let column = cx.new_column(name.as_ref(), KqlType::Long);
            extend.push((column.id, hashed));
            columns.push(column);
        }
        columns.extend_from_slice(visible);
        let order = vec![SortKey { column: order.id, ascending: true, nulls_first: true }];
        results.push(Relation { columns, order, ..rows.then(|plan| super::columns::extended(plan, extend)) });
    }
    publish(results, cx)
}

/// `graph-where-nodes`, whose edges go with them, and `graph-where-edges`.
fn bind_where<'a>(it: &'a GraphWhere, graph: &Graph, cx: &mut Binder<'a>) -> Relation {
    let (nodes, edges) = (cx.refresh(&graph.nodes), cx.refresh(&graph.edges));
    match it.kind {
        GraphWhereKind::Edges => {
            let seen = Relation { columns: edge_parts(&edges).0.to_vec(), ..edges.clone() };
            let predicate = cx.bind_predicate(&it.predicate, &mut Row::plain(&seen));
            let edges = edges.then(|plan| Plan::Filter { input: plan, predicate });
            let edges = cx.spooled(edges);
            as_relation(Graph { nodes, edges, directed: graph.directed })
        }
        GraphWhereKind::Nodes => {
            let seen = Relation { columns: node_parts(&nodes).0.to_vec(), ..nodes.clone() };
            let predicate = cx.bind_predicate(&it.predicate, &mut Row::plain(&seen));
            let nodes = nodes.then(|plan| Plan::Filter { input: plan, predicate });
            let nodes = cx.spooled(nodes);
            let edges = [0, 1].into_iter().fold(edges, |edges, end| ending_in(&edges, end, &nodes, cx));
            let edges = cx.spooled(edges);
            as_relation(Graph { nodes, edges, directed: graph.directed })
        }
    }
}

/// The edges whose source (0) or target (1) is one of the nodes.
fn ending_in(edges: &Relation, end: usize, nodes: &Relation, cx: &mut Binder<'_>) -> Relation {
    let of = cx.refresh(nodes);
    let (_, source, target, _) = edge_parts(edges);
    let end = if end == 0 { source } else { target };
    let on = vec![(Expr::column(end, Default::default()), Expr::column(node_parts(&of).1, Default::default()))];
    edges.then(|plan| Plan::Join { left: plan, right: of.plan.clone(), kind: JoinKind::LeftSemi, on })
}
