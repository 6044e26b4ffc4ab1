//! Where rows begin without a table: `range`, `print`, `datatable`, `externaldata`.

use super::Parameter;
use crate::ast::{Expr, Name, NamedExpr, Schema};
use crate::span::Span;

/// `range x from a to b step c`, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// First value.
    pub from: Box<Expr>,
    /// No value is beyond it.
    pub to: Box<Expr>,
    /// Distance of values; 1 where an old query leaves it out.
    pub step: Option<Box<Expr>>,
    /// From the keyword on.
    pub span: Span,
}

/// `print a = 1, b`
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// In the order written.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `datatable (a: long, b: string) [1, "x", 2, "y"]`
#[derive(Clone, Debug, PartialEq)]
pub struct Datatable {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns.
    pub schema: Schema,
    /// Row after row.
    pub values: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `externaldata (a: string) ["https://…"] with (format = "csv")`
#[derive(Clone, Debug, PartialEq)]
pub struct Externaldata {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns.
    pub schema: Schema,
    /// Where the data is: strings, or names of them.
    pub sources: Vec<Expr>,
    /// After `with`.
    pub properties: Vec<Property>,
    /// From the keyword on.
    pub span: Span,
}

/// `name = value` inside `with (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Which.
    pub name: Name,
    /// A literal or a bare word.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}
