//! Operators that choose, compute, name or order columns: `extend` and the `project` family.

use crate::ast::{Expr, Name, NamedExpr};
use crate::span::Span;

/// `extend a = b, …`
#[derive(Clone, Debug, PartialEq)]
pub struct Extend {
    /// In the order written.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project a, b = c, …`
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// In the order written, possibly none.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-away a, b*, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAway {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-keep a, b*, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectKeep {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-rename new = old, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRename {
    /// Each with one name.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-reorder a, b* asc, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectReorder {
    /// What comes first, in the order written.
    pub columns: Vec<ReorderColumn>,
    /// From the keyword on.
    pub span: Span,
}

/// One entry of `project-reorder`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderColumn {
    /// A name or wildcard.
    pub column: Expr,
    /// How the names a wildcard matched are ordered.
    pub direction: Option<ReorderDirection>,
    /// All of it.
    pub span: Span,
}

/// Order of names that a wildcard matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReorderDirection {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: numbers within names count as numbers.
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// `project-by-names "C*", names, dynamic([…])`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectByNames {
    /// Expressions that give names or wildcards as text.
    pub names: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}
