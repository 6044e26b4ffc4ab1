//! Graphs: `make-graph` and the operators that may follow it.

use super::Parameter;
use super::partition::parts;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, Name, NamedExpr};
use crate::grammar::expr::{expr, operand, unary};
use crate::grammar::{Input, Parse, Takes, bracketed, clause, list1, name, named_expr, parameters, parens, word};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `make-graph source --> target with Nodes on id` or `… with_node_id = id`, perhaps `partitioned-by k (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeGraph {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Column of the edge's source node.
    pub source: Name,
    /// Column of the edge's target node.
    pub target: Name,
    /// `-->`, or `--` for edges without direction.
    pub directed: bool,
    /// `with A on a, B on b`
    pub nodes: Vec<NodesTable>,
    /// `with_node_id = name`
    pub node_id: Option<Name>,
    /// `partitioned-by column (operators)`
    pub partitioned_by: Option<Box<super::PartitionBy>>,
    /// From the keyword on.
    pub span: Span,
}

/// `table on column`
#[derive(Clone, Debug, PartialEq)]
pub struct NodesTable {
    /// Rows are nodes.
    pub table: Expr,
    /// The column that identifies them.
    pub id: Name,
    /// All of it.
    pub span: Span,
}

/// `graph-match pattern, pattern where … project …`, or `graph-shortest-paths`.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMatch {
    /// Which of the two.
    pub kind: GraphMatchKind,
    /// `cycles`, `output` and hints.
    pub parameters: Vec<Parameter>,
    /// Joined by the names they share.
    pub patterns: Vec<GraphPattern>,
    /// `where`
    pub predicate: Option<Box<Expr>>,
    /// `project`
    pub project: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// The two operators that match patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GraphMatchKind {
    /// `graph-match`
    Match,
    /// `graph-shortest-paths`
    ShortestPaths,
}

/// `(a)-[e]->(b)`: node, edge, node and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPattern {
    /// Nodes and edges in turn, beginning and ending with a node.
    pub parts: Vec<GraphPart>,
    /// All of it.
    pub span: Span,
}

/// A node or an edge of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphPart {
    /// `(a)` or `()`
    Node {
        /// What the rest of the operator calls it.
        name: Option<Name>,
        /// With the parentheses.
        span: Span,
    },
    /// `-[e]->`, `<-[e*1..3]-`, `--`
    Edge {
        /// What the rest of the operator calls it.
        name: Option<Name>,
        /// Which way it points.
        direction: EdgeDirection,
        /// How many edges in a row; one where it is absent.
        hops: Option<Box<HopRange>>,
        /// With its arrows.
        span: Span,
    },
}

/// Which way an edge points in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeDirection {
    /// `-[e]->`
    Right,
    /// `<-[e]-`
    Left,
    /// `-[e]-`
    Any,
}

/// `*1..3`
#[derive(Clone, Debug, PartialEq)]
pub struct HopRange {
    /// Fewest edges.
    pub min: Expr,
    /// Most edges.
    pub max: Expr,
}

/// `graph-to-table nodes as N with_node_id=id, edges`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphToTable {
    /// One or both.
    pub outputs: Vec<GraphElement>,
    /// From the keyword on.
    pub span: Span,
}

/// `nodes as N with_node_id=id`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphElement {
    /// `edges`, otherwise `nodes`.
    pub edges: bool,
    /// `as Name`
    pub name: Option<Name>,
    /// `with_node_id`, `with_source_id`, `with_target_id`
    pub parameters: Vec<Parameter>,
    /// All of it.
    pub span: Span,
}

/// `graph-mark-components kind=weak with_component_id=c`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMarkComponents {
    /// `kind`, `with_component_id` and hints.
    pub parameters: Vec<Parameter>,
    /// From the keyword on.
    pub span: Span,
}

/// `graph-where-nodes predicate` or `graph-where-edges predicate`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphWhere {
    /// Which of the two.
    pub kind: GraphWhereKind,
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// What stays.
    pub predicate: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// What `graph-where-…` filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GraphWhereKind {
    /// `graph-where-nodes`
    Nodes,
    /// `graph-where-edges`
    Edges,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[
    ("make-graph", make_graph),
    ("graph-match", graph_match),
    ("graph-shortest-paths", graph_shortest_paths),
    ("graph-to-table", graph_to_table),
    ("graph-mark-components", graph_mark_components),
    ("graph-where-nodes", graph_where_nodes),
    ("graph-where-edges", graph_where_edges),
];

fn make_graph(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, source) = name(rest)?;
    let (rest, directed) = line(rest)?;
    let (rest, target) = name(rest)?;
    let (rest, nodes) = clause("with", list1(nodes_table))(rest)?;
    let (rest, node_id) = clause("with_node_id", node_id)(rest)?;
    let (rest, partitioned_by) = partitioned_by(rest)?;
    let graph = MakeGraph {
        parameters,
        source,
        target,
        directed,
        nodes: nodes.unwrap_or_default(),
        node_id,
        partitioned_by,
        span: head.span(rest),
    };
    Ok((rest, Operator::MakeGraph(graph)))
}

/// `-->` (true) or `--` (false)
fn line(input: Input<'_>) -> Parse<'_, bool> {
    match (input.at_sign(0, "-") && input.at_sign(1, "-"), input.at_sign(2, ">")) {
        (true, true) => Ok((input.skip(3), true)),
        (true, false) => Ok((input.skip(2), false)),
        _ => input.miss("`-->`"),
    }
}

fn nodes_table(input: Input<'_>) -> Parse<'_, NodesTable> {
    let (rest, table) = operand(input)?;
    let (rest, _) = word("on")(rest)?;
    let (rest, id) = name(rest)?;
    Ok((rest, NodesTable { table, id, span: rest.since(input.start()) }))
}

fn node_id(input: Input<'_>) -> Parse<'_, Name> {
    name(crate::grammar::assign(input)?.0)
}

/// `partitioned-by column (operators)`, or nothing.
fn partitioned_by(input: Input<'_>) -> Parse<'_, Option<Box<super::PartitionBy>>> {
    if !(input.at_word("partitioned") && input.at_sign(1, "-") && input.word(2) == "by") {
        return Ok((input, None));
    }
    let (rest, it) = parts(Head { start: input.start() }, input.skip(3))?;
    Ok((rest, Some(Box::new(it))))
}

fn graph_match(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    matching(head, input, GraphMatchKind::Match)
}

fn graph_shortest_paths(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    matching(head, input, GraphMatchKind::ShortestPaths)
}

fn matching(head: Head, input: Input<'_>, kind: GraphMatchKind) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, patterns) = list1(pattern)(rest)?;
    let (rest, predicate) = clause("where", expr)(rest)?;
    let (rest, project) = clause("project", list1(named_expr))(rest)?;
    let (predicate, project) = (predicate.map(Box::new), project.unwrap_or_default());
    let it = GraphMatch { kind, parameters, patterns, predicate, project, span: head.span(rest) };
    Ok((rest, Operator::GraphMatch(it)))
}

fn pattern(input: Input<'_>) -> Parse<'_, GraphPattern> {
    let (mut rest, first) = node(input)?;
    let mut parts = vec![first];
    while rest.kind(0) == Some(TokenKind::Operator) {
        let (after, edge) = edge(rest)?;
        let (after, node) = node(after)?;
        parts.extend([edge, node]);
        rest = after;
    }
    Ok((rest, GraphPattern { parts, span: rest.since(input.start()) }))
}

fn node(input: Input<'_>) -> Parse<'_, GraphPart> {
    let (rest, name) = parens(optional_name)(input)?;
    Ok((rest, GraphPart::Node { name, span: rest.since(input.start()) }))
}

fn optional_name(input: Input<'_>) -> Parse<'_, Option<Name>> {
    if input.at(TokenKind::Word) { name(input).map(|(rest, it)| (rest, Some(it))) } else { Ok((input, None)) }
}

/// `-[e*1..3]->`, `<-[e]-`, `-[e]-`, and the same without brackets: `-->`, `<--`, `--`.
fn edge(input: Input<'_>) -> Parse<'_, GraphPart> {
    let left = input.at_sign(0, "<");
    let rest = dash(if left { input.skip(1) } else { input })?.0;
    let (rest, (name, hops)) = if rest.at(TokenKind::LBracket) {
        bracketed(TokenKind::LBracket, edge_body)(rest)?
    } else {
        (rest, (None, None))
    };
    let rest = dash(rest)?.0;
    let right = rest.at_sign(0, ">");
    let (rest, direction) = match (left, right) {
        (true, true) => return rest.miss("`(`"),
        (true, false) => (rest, EdgeDirection::Left),
        (false, true) => (rest.skip(1), EdgeDirection::Right),
        (false, false) => (rest, EdgeDirection::Any),
    };
    Ok((rest, GraphPart::Edge { name, direction, hops, span: rest.since(input.start()) }))
}

fn dash(input: Input<'_>) -> Parse<'_, ()> {
    if input.at_sign(0, "-") { Ok((input.skip(1), ())) } else { input.miss("`-`") }
}

fn edge_body(input: Input<'_>) -> Parse<'_, (Option<Name>, Option<Box<HopRange>>)> {
    let (rest, name) = optional_name(input)?;
    if !rest.at_sign(0, "*") {
        return Ok((rest, (name, None)));
    }
    let (rest, min) = unary(rest.skip(1))?;
    let (rest, _) = crate::grammar::token(TokenKind::DotDot, "`..`")(rest)?;
    let (rest, max) = unary(rest)?;
    Ok((rest, (name, Some(Box::new(HopRange { min, max })))))
}

fn graph_to_table(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, outputs) = list1(element)(input)?;
    Ok((rest, Operator::GraphToTable(GraphToTable { outputs, span: head.span(rest) })))
}

fn element(input: Input<'_>) -> Parse<'_, GraphElement> {
    let edges = match input.word(0) {
        "edges" => true,
        "nodes" => false,
        _ => return input.miss("`nodes` or `edges`"),
    };
    let (rest, name) = clause("as", name)(input.skip(1))?;
    let (rest, parameters) = parameters(Takes::Any)(rest)?;
    Ok((rest, GraphElement { edges, name, parameters, span: rest.since(input.start()) }))
}

fn graph_mark_components(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    Ok((rest, Operator::GraphMarkComponents(GraphMarkComponents { parameters, span: head.span(rest) })))
}

fn graph_where_nodes(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    graph_where(head, input, GraphWhereKind::Nodes)
}

fn graph_where_edges(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    graph_where(head, input, GraphWhereKind::Edges)
}

fn graph_where(head: Head, input: Input<'_>, kind: GraphWhereKind) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&[]))(input)?;
    let (rest, predicate) = expr(rest)?;
    Ok((rest, Operator::GraphWhere(GraphWhere { kind, parameters, predicate, span: head.span(rest) })))
}

impl Print for MakeGraph {
    fn print(&self, p: &mut Printer) {
        p.put("make-graph").parameters(&self.parameters).put(" ").node(&self.source);
        p.put(if self.directed { " --> " } else { " -- " }).node(&self.target);
        if !self.nodes.is_empty() {
            p.put(" with ").list(&self.nodes);
        }
        if let Some(id) = &self.node_id {
            p.put(" with_node_id=").node(id);
        }
        if let Some(parts) = &self.partitioned_by {
            p.put(" partitioned-by");
            parts.print_parts(p);
        }
    }
}

impl Print for NodesTable {
    fn print(&self, p: &mut Printer) {
        p.operand(&self.table).put(" on ").node(&self.id);
    }
}

impl Print for GraphMatch {
    fn print(&self, p: &mut Printer) {
        p.put(match self.kind {
            GraphMatchKind::Match => "graph-match",
            GraphMatchKind::ShortestPaths => "graph-shortest-paths",
        });
        p.parameters(&self.parameters).put(" ").list(&self.patterns);
        if let Some(predicate) = &self.predicate {
            p.put(" where ").expr(predicate);
        }
        if !self.project.is_empty() {
            p.put(" project ").list(&self.project);
        }
    }
}

impl Print for GraphPattern {
    fn print(&self, p: &mut Printer) {
        for part in &self.parts {
            p.node(part);
        }
    }
}

impl Print for GraphPart {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Node { name, .. } => {
                p.put("(").optional(name.as_ref()).put(")");
            }
            Self::Edge { name, direction, hops, .. } => {
                p.put(if *direction == EdgeDirection::Left { "<-" } else { "-" });
                if name.is_some() || hops.is_some() {
                    p.put("[").optional(name.as_ref()).optional(hops.as_deref()).put("]");
                }
                p.put(if *direction == EdgeDirection::Right { "->" } else { "-" });
            }
        }
    }
}

impl Print for HopRange {
    fn print(&self, p: &mut Printer) {
        p.put("*").operand(&self.min).put("..").operand(&self.max);
    }
}

impl Print for GraphToTable {
    fn print(&self, p: &mut Printer) {
        p.put("graph-to-table ").list(&self.outputs);
    }
}

impl Print for GraphElement {
    fn print(&self, p: &mut Printer) {
        p.put(if self.edges { "edges" } else { "nodes" });
        if let Some(name) = &self.name {
            p.put(" as ").node(name);
        }
        p.parameters(&self.parameters);
    }
}

impl Print for GraphMarkComponents {
    fn print(&self, p: &mut Printer) {
        p.put("graph-mark-components").parameters(&self.parameters);
    }
}

impl Print for GraphWhere {
    fn print(&self, p: &mut Printer) {
        p.put(match self.kind {
            GraphWhereKind::Nodes => "graph-where-nodes",
            GraphWhereKind::Edges => "graph-where-edges",
        });
        p.parameters(&self.parameters).put(" ").expr(&self.predicate);
    }
}
