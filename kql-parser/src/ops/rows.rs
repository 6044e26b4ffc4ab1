//! Operators that keep, drop or name rows: `where`, `take`, `sample`, `distinct`, `count`, `as`, `serialize` and the
//! like.

use super::Parameter;
use crate::ast::{Expr, Name, NamedExpr, Schema};
use crate::span::Span;

/// `where predicate`, also spelled `filter`.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Rows for which this is true stay.
    pub predicate: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `take n`, also spelled `limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows at most.
    pub count: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `sample n`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows.
    pub count: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `sample-distinct n of column`
#[derive(Clone, Debug, PartialEq)]
pub struct SampleDistinct {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many values.
    pub count: Expr,
    /// Whose values.
    pub of: NamedExpr,
    /// From the keyword on.
    pub span: Span,
}

/// `distinct a, b` or `distinct *`
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns; [`Expr::Star`] for all.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `count` or `count as Name`
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// What to call the column instead of `Count`.
    pub name: Option<Name>,
    /// From the keyword on.
    pub span: Span,
}

/// `as Name`
#[derive(Clone, Debug, PartialEq)]
pub struct As {
    /// `hint.materialized`
    pub parameters: Vec<Parameter>,
    /// The name of the rows so far.
    pub name: Name,
    /// From the keyword on.
    pub span: Span,
}

/// `serialize` or `serialize a = row_number()`
#[derive(Clone, Debug, PartialEq)]
pub struct Serialize {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns to add.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `assert-schema (a: long, …)`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertSchema {
    /// What the rows must look like.
    pub schema: Schema,
    /// From the keyword on.
    pub span: Span,
}

/// An operator that is only its keyword and hints: `getschema`, `consume`, `__executeAndCache`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bare {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// From the keyword on.
    pub span: Span,
}
