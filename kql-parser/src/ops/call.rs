//! Operators that call something by name: `evaluate`, `invoke`, `macro-expand`.

use super::Parameter;
use crate::ast::{Call, Expr, Name, Schema, Statement};
use crate::span::Span;

/// `evaluate plugin(…) : (*, a: long)`
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The plugin and its arguments.
    pub call: Call,
    /// What comes out, where the query says so.
    pub schema: Option<Schema>,
    /// From the keyword on.
    pub span: Span,
}

/// `invoke f(…)` or `invoke database("d").f(…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// A call, or a path that ends in one.
    pub function: Box<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `macro-expand group as X (statements)`
#[derive(Clone, Debug, PartialEq)]
pub struct MacroExpand {
    /// `isfuzzy`, `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// A name or an `entity_group […]`.
    pub group: Box<Expr>,
    /// What the statements call the entity at hand.
    pub name: Name,
    /// What runs for each entity.
    pub statements: Vec<Statement>,
    /// From the keyword on.
    pub span: Span,
}
