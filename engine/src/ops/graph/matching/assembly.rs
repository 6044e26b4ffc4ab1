//! A pattern at one combination of lengths, as joins.

use std::collections::BTreeSet;
use std::sync::Arc;

use kql_parser::ast::{BinaryOp, EdgeDirection, GraphMatch};
use kql_parser::span::Span;
use vizsla_schema::KqlType;

use super::super::{edge_parts, node_parts};
use super::pattern::Pattern;
use super::{Cycles, Followed};
use crate::bind::Binder;
use crate::bind::graph::{GraphScope, NodeColumns, Variable};
use crate::bind::row::Row;
use crate::bound::{Column, ColumnId, Expr, ExprKind, JoinKind, Plan, Relation};
use crate::functions::agg;

/// The matches of one combination of lengths.
pub(super) struct Leg {
    pub(super) plan: Arc<Plan>,
    /// What `project` computes.
    pub(super) projected: Vec<Expr>,
    /// Ids of the first and last node of the first pattern.
    pub(super) ends: [Column; 2],
    /// The number of edges.
    pub(super) hops: i64,
}

/// A node of the pattern, or one between the edges of a path.
struct Node {
    rows: Relation,
    columns: NodeColumns,
}

/// An edge with the nodes to its left and right.
struct Hop {
    rows: Relation,
    left: usize,
    right: usize,
    direction: EdgeDirection,
}

impl Leg {
    pub(super) fn bind<'a>(
        it: &'a GraphMatch,
        pattern: &Pattern,
        lengths: &[u64],
        graph: &Followed<'_>,
        cycles: Cycles,
        cx: &mut Binder<'a>,
    ) -> Leg {
        let (nodes, hops, scope) = elements(pattern, lengths, graph, cx);
        let row = || Row { graph: Some(&scope), ..Row::none() };
        let predicate = it.predicate.as_ref().map(|predicate| cx.bind_predicate(predicate, &mut row()));
        let projected: Vec<Expr> = it.project.iter().map(|item| cx.bind_scalar(&item.expr, &mut row())).collect();
        let mut read = BTreeSet::new();
        projected.iter().chain(&predicate).for_each(|expr| expr.visit_columns(&mut |id| _ = read.insert(id)));
        let last = it.patterns.first().map_or(0, |first| first.parts.len() / 2);
        let ends = match pattern.links.get(..last) {
            Some([first, .., last]) => [first.left, last.right],
            Some([only]) => [only.left, only.right],
            _ => [0, 0],
        };
        let assembly = Assembly { nodes: &nodes, graph, read, cycles, span: it.span, bound: Vec::new(), plan: None };
        let (plan, bound) = assembly.join(&hops, cx);
        let plan = match predicate {
            Some(predicate) => Arc::new(Plan::Filter { input: plan, predicate }),
            None => plan,
        };
        let end = |node: usize| bound[node].clone().unwrap_or_else(|| node_parts(&nodes[node].rows).1.clone());
        Leg { plan, projected, ends: ends.map(end), hops: i64::try_from(hops.len()).unwrap_or(i64::MAX) }
    }
}

/// Fresh rows for every node and edge, with the names they have.
fn elements(
    pattern: &Pattern,
    lengths: &[u64],
    graph: &Followed<'_>,
    cx: &mut Binder<'_>,
) -> (Vec<Node>, Vec<Hop>, GraphScope) {
    let mut nodes: Vec<Node> = pattern.nodes.iter().map(|_| Node::fresh(graph, cx)).collect();
    let mut hops = Vec::new();
    let mut scope = GraphScope::default();
    for (name, node) in pattern.nodes.iter().zip(&nodes) {
        if let Some(name) = name {
            scope.variables.push((name.clone(), Variable::Node(node.columns.clone())));
        }
    }
    for (link, length) in pattern.links.iter().zip(lengths) {
        let first_inner = nodes.len();
        let first_hop = hops.len();
        let mut left = link.left;
        for hop in 1..=*length {
            let right = if hop == *length {
                link.right
            } else {
                nodes.push(Node::fresh(graph, cx));
                nodes.len() - 1
            };
            hops.push(Hop { rows: graph.edges(link.any(), cx), left, right, direction: link.direction });
            left = right;
        }
        let Some(name) = &link.name else { continue };
        let mut edges: Vec<Vec<Column>> =
            hops[first_hop..].iter().map(|hop: &Hop| edge_parts(&hop.rows).0.to_vec()).collect();
        let variable = match link.hops {
            None => Variable::Edge(edges.pop().unwrap_or_default()),
            Some(_) => {
                let inner = nodes[first_inner..].iter().map(|node| node.columns.clone()).collect();
                Variable::Path { edges, inner }
            }
        };
        scope.variables.push((name.clone(), variable));
    }
    (nodes, hops, scope)
}

impl Node {
    fn fresh(graph: &Followed<'_>, cx: &mut Binder<'_>) -> Node {
        let rows = cx.refresh(&graph.graph.nodes);
        let columns =
            NodeColumns { columns: node_parts(&rows).0.to_vec(), degree_in: cx.new_id(), degree_out: cx.new_id() };
        Node { rows, columns }
    }
}

struct Assembly<'n> {
    nodes: &'n [Node],
    graph: &'n Followed<'n>,
    /// Columns that expressions read.
    read: BTreeSet<ColumnId>,
    cycles: Cycles,
    span: Span,
    /// The column of each node's id, once it is known.
    bound: Vec<Option<Column>>,
    plan: Option<Arc<Plan>>,
}

impl Assembly<'_> {
    /// The joins, and where each node's id is.
    fn join(mut self, hops: &[Hop], cx: &mut Binder<'_>) -> (Arc<Plan>, Vec<Option<Column>>) {
        self.bound = vec![None; self.nodes.len()];
        let mut numbers: Vec<Column> = Vec::new();
        let mut waiting: Vec<&Hop> = hops.iter().collect();
        while !waiting.is_empty() {
            // The pattern is connected, so some edge touches what is joined already.
            let known = |hop: &&Hop| self.bound[hop.left].is_some() || self.bound[hop.right].is_some();
            let next = waiting.iter().position(known).unwrap_or(0);
            let hop = waiting.remove(next);
            self.add(hop, cx);
            let number = edge_parts(&hop.rows).3;
            if self.cycles == Cycles::UniqueEdges {
                self.differ(number, &numbers, cx);
            }
            numbers.push(number.clone());
        }
        if self.plan.is_none()
            && let Some(node) = self.nodes.first()
        {
            self.plan = Some(node.rows.plan.clone());
            self.bound[0] = Some(node_parts(&node.rows).1.clone());
            self.degrees(0, cx);
        }
        let empty = || Arc::new(Plan::Values { columns: Vec::new(), rows: Arc::default() });
        (self.plan.unwrap_or_else(empty), self.bound)
    }

    /// Joins an edge to what there is.
    fn add(&mut self, hop: &Hop, cx: &mut Binder<'_>) {
        let (_, source, target, _) = edge_parts(&hop.rows);
        let (left, right) = match hop.direction {
            EdgeDirection::Left => (target, source),
            EdgeDirection::Right | EdgeDirection::Any => (source, target),
        };
        let span = self.span;
        let ends = [(hop.left, left), (hop.right, right)];
        let on: Vec<(Expr, Expr)> = ends
            .iter()
            .filter_map(|(node, end)| Some((Expr::column(self.bound[*node].as_ref()?, span), Expr::column(end, span))))
            .collect();
        let edges = hop.rows.plan.clone();
        self.plan = Some(match self.plan.take() {
            Some(plan) => Arc::new(Plan::Join { left: plan, right: edges, kind: JoinKind::Inner, on }),
            None => edges,
        });
        for (node, end) in ends {
            match &self.bound[node] {
                // `(a)-->(a)`: both ends are the node that was met just now.
                Some(known) if hop.left == hop.right && known.id == left.id && end.id != left.id => {
                    let same = cx.binary(BinaryOp::Equal, Expr::column(known, span), Expr::column(end, span), span);
                    self.filter(same);
                }
                Some(_) => {}
                None => self.bind(node, end, cx),
            }
        }
    }

    /// A node's id is this column: its properties are joined if they are read.
    fn bind(&mut self, node: usize, id: &Column, cx: &mut Binder<'_>) {
        if self.cycles == Cycles::None {
            let others: Vec<Column> = self.bound.iter().flatten().cloned().collect();
            self.differ(id, &others, cx);
        }
        self.bound[node] = Some(id.clone());
        let element = &self.nodes[node];
        if element.columns.columns.iter().any(|column| self.read.contains(&column.id)) {
            let on = vec![(Expr::column(id, self.span), Expr::column(node_parts(&element.rows).1, self.span))];
            let right = element.rows.plan.clone();
            self.plan = self.plan.take().map(|left| Arc::new(Plan::Join { left, right, kind: JoinKind::Inner, on }));
        }
        self.degrees(node, cx);
    }

    /// Joins how many edges end and begin at a node, where that is read.
    fn degrees(&mut self, node: usize, cx: &mut Binder<'_>) {
        let NodeColumns { degree_in, degree_out, .. } = self.nodes[node].columns;
        for (degree, outwards) in [(degree_in, false), (degree_out, true)] {
            if !self.read.contains(&degree) {
                continue;
            }
            let Some(id) = self.bound[node].clone() else { continue };
            let edges = cx.refresh(&self.graph.graph.edges);
            let (_, source, target, _) = edge_parts(&edges);
            let end = if outwards { source } else { target };
            let key = Column { id: cx.new_id(), ..end.clone() };
            let def = agg::aggregate("count").expect("the aggregates have `count`");
            let Some(mut count) = cx.aggregate_call(def, Vec::new(), self.span) else { continue };
            count.outputs = vec![(degree, KqlType::Long)];
            let keys = vec![(key.id, Expr::column(end, self.span))];
            let right = Arc::new(Plan::Aggregate {
                input: edges.plan.clone(),
                keys,
                aggregates: vec![count],
                order: Vec::new(),
            });
            let on = vec![(Expr::column(&id, self.span), Expr::column(&key, self.span))];
            self.plan =
                self.plan.take().map(|left| Arc::new(Plan::Join { left, right, kind: JoinKind::LeftOuter, on }));
        }
    }

    /// Keeps rows in which a column differs from all of some others.
    fn differ(&mut self, column: &Column, others: &[Column], cx: &mut Binder<'_>) {
        for other in others {
            let (a, b) = (Expr::column(column, self.span), Expr::column(other, self.span));
            let differ = cx.binary(BinaryOp::NotEqual, a, b, self.span);
            self.filter(differ);
        }
    }

    fn filter(&mut self, predicate: Expr) {
        debug_assert!(!matches!(predicate.kind, ExprKind::Poison), "columns of one type compare");
        self.plan = self.plan.take().map(|input| Arc::new(Plan::Filter { input, predicate }));
    }
}
