//! Graphs: `make-graph` and the operators that may follow it.

use super::Parameter;
use crate::ast::{Expr, Name, NamedExpr};
use crate::span::Span;

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
