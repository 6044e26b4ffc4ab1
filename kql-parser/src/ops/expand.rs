//! `mv-expand` and `mv-apply`.

use super::{Parameter, Subquery};
use crate::ast::{Expr, NamedExpr, TypeName};
use crate::span::Span;

/// `mv-expand kind=array with_itemindex=i a, b = c to typeof(long) limit 10`, also spelled `mvexpand`.
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind` or `bagexpansion`, `with_itemindex` and hints.
    pub parameters: Vec<Parameter>,
    /// Expanded side by side.
    pub columns: Vec<ExpandColumn>,
    /// Rows per input row at most.
    pub limit: Option<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `a = expr to typeof(long)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandColumn {
    /// What is expanded.
    pub expr: NamedExpr,
    /// What elements become; dynamic where it is absent.
    pub ty: Option<TypeName>,
    /// All of it.
    pub span: Span,
}

/// `mv-apply a = b to typeof(long) limit 5 on (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex` and hints.
    pub parameters: Vec<Parameter>,
    /// Expanded side by side.
    pub columns: Vec<ExpandColumn>,
    /// Rows per input row at most.
    pub limit: Option<Expr>,
    /// `id guid(…)`, which tools write.
    pub id: Option<Expr>,
    /// Runs on the rows of each input row.
    pub on: Subquery,
    /// From the keyword on.
    pub span: Span,
}
