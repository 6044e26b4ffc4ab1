//! `union`.

use super::Parameter;
use crate::ast::Expr;
use crate::span::Span;

/// `union withsource=T isfuzzy=true A, B*, (C | where …)`
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// `kind`, `withsource`, `isfuzzy` and hints.
    pub parameters: Vec<Parameter>,
    /// Names, wildcards, paths and tabular expressions.
    pub tables: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}
