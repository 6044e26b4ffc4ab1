//! `render`.

use crate::ast::{Expr, Name};
use crate::span::Span;

/// `render timechart with (title = "x", ycolumns = a, b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The kind of chart, `table` too.
    pub chart: Name,
    /// From `with (…)`, or from the old form without parentheses.
    pub properties: Vec<RenderProperty>,
    /// From the keyword on.
    pub span: Span,
}

/// `name = value` or `name = a, b`
#[derive(Clone, Debug, PartialEq)]
pub struct RenderProperty {
    /// Which.
    pub name: Name,
    /// One value, or several column names.
    pub values: Vec<Expr>,
    /// All of it.
    pub span: Span,
}
