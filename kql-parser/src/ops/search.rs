//! `search` and `find`: predicates over any column of several tables.

use super::Parameter;
use crate::ast::{Expr, Name, TypeName};
use crate::span::Span;

/// `search kind=case_sensitive in (A, B*) "text" and Column: "x*"`
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// `in (…)`, empty for everything.
    pub tables: Vec<Expr>,
    /// A bare string is a term looked for in every column; [`Expr::Star`] matches every row.
    pub predicate: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `find withsource=T in (A, B*) where predicate project a, b: long, pack(*)`
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `withsource` and hints.
    pub parameters: Vec<Parameter>,
    /// `in (…)`, empty for everything.
    pub tables: Vec<Expr>,
    /// A bare string is a term looked for in every column.
    pub predicate: Expr,
    /// What to show.
    pub project: Option<FindProject>,
    /// `project-away`, empty if absent.
    pub project_away: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// What `find` shows.
#[derive(Clone, Debug, PartialEq)]
pub enum FindProject {
    /// `project-smart`
    Smart,
    /// `project a, b: long, pack(*)`
    Columns(Vec<FindColumn>),
}

/// One entry of `find … project`.
#[derive(Clone, Debug, PartialEq)]
pub enum FindColumn {
    /// `a` or `a: long`
    Column {
        /// The column.
        name: Name,
        /// Its type, where several tables disagree.
        ty: Option<TypeName>,
    },
    /// `pack(*)` or `pack_all()`: the other columns in one bag.
    Pack(Span),
}
