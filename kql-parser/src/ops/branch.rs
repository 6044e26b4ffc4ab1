//! Operators with several results: `fork` and `facet`.

use super::Subquery;
use crate::ast::{Expr, Name};
use crate::span::Span;

/// `fork A = (…) (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// At least one.
    pub branches: Vec<ForkBranch>,
    /// From the keyword on.
    pub span: Span,
}

/// `A = (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct ForkBranch {
    /// What to call the result.
    pub name: Option<Name>,
    /// What runs on the rows.
    pub body: Subquery,
    /// All of it.
    pub span: Span,
}

/// `facet by a, b with (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// A table of counts for each.
    pub by: Vec<Expr>,
    /// What runs on the rows for one more result.
    pub with: Option<Subquery>,
    /// From the keyword on.
    pub span: Span,
}
