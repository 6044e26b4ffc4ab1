//! `graph-mark-components`: which nodes hang together (fact 325).

use kql_parser::ast::{BinaryOp, GraphMarkComponents};
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::super::parameters;
use super::{NODE_OWN, as_relation, edge_parts, node_parts};
use crate::bind::Binder;
use crate::bound::{Column, Expr, ExprKind, Graph, JoinKind, Plan, Relation, SortKey, WindowCall};
use crate::functions::window::{STRONG_COMPONENT, WEAK_COMPONENT};

/// The number of its component as a property of each node. Every node counts as an edge to itself, before the others, so
/// that components are numbered in the order of nodes.
pub(super) fn bind(it: &GraphMarkComponents, graph: &Graph, cx: &mut Binder<'_>) -> Relation {
    parameters::check(&it.parameters, "graph-mark-components", &["kind", "with_component_id"], cx);
    let kinds = [("weak", &WEAK_COMPONENT), ("strong", &STRONG_COMPONENT)];
    let def = parameters::choice(&it.parameters, "kind", &kinds, &WEAK_COMPONENT, cx);
    let name = parameters::word(&it.parameters, "with_component_id");
    let name = name.map_or_else(|| "ComponentId".to_owned(), |(name, _)| name.into_owned());
    let (nodes, edges) = (cx.refresh(&graph.nodes), cx.refresh(&graph.edges));
    let span = it.span;
    let (all, [source, target, order, own]) = ends(&nodes, &edges, span, cx);
    let component = cx.new_column(name, KqlType::Long);
    let args = [&source, &target].map(|end| {
        let end = Expr::column(end, span);
        cx.convert_to(end, KqlType::String)
    });
    let call = WindowCall { def, args: args.into(), output: (component.id, KqlType::Long) };
    let order = vec![SortKey { column: order.id, ascending: true, nulls_first: true }];
    let window = Plan::Window { input: all.into(), partition: Vec::new(), order, calls: vec![call] };
    let own = Plan::Filter { input: window.into(), predicate: Expr::column(&own, span) };
    let (_, id, _) = node_parts(&nodes);
    let on = vec![(Expr::column(id, span), Expr::column(&source, span))];
    let joined = nodes.then(|plan| Plan::Join { left: plan, right: own.into(), kind: JoinKind::Inner, on });
    let mut columns = joined.columns.clone();
    columns.insert(columns.len() - NODE_OWN, component);
    let nodes = cx.spooled(Relation { columns, ..joined });
    as_relation(Graph { nodes, edges, directed: graph.directed })
}

/// Nodes as edges to themselves, then the edges: source, target, order, and whether it is a node.
fn ends(nodes: &Relation, edges: &Relation, span: Span, cx: &mut Binder<'_>) -> (Plan, [Column; 4]) {
    let (_, id, order) = node_parts(nodes);
    let (_, source, target, number) = edge_parts(edges);
    let bool = |value: bool| Expr { kind: ExprKind::Literal(Value::Bool(value)), ty: KqlType::Bool, span };
    let after = cx.binary(BinaryOp::Add, Expr::column(number, span), Expr::literal(Value::Long(1 << 62), span), span);
    let column = |column: &Column| Expr::column(column, span);
    let of_nodes = vec![column(id), column(id), column(order), bool(true)];
    let of_edges = vec![column(source), column(target), after, bool(false)];
    let outputs = [id.ty, id.ty, KqlType::Long, KqlType::Bool].map(|ty| cx.new_column("", ty));
    let columns = outputs.iter().map(|column| (column.id, column.ty)).collect();
    (Plan::Union { inputs: vec![(nodes.plan.clone(), of_nodes), (edges.plan.clone(), of_edges)], columns }, outputs)
}
