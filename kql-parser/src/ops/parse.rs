//! `parse`, `parse-where` and `parse-kv`.

use std::sync::Arc;

use super::{Parameter, Property};
use crate::ast::{Expr, Name, Schema, TypeName};
use crate::span::Span;

/// `parse kind=simple text with * "a=" a: long " b=" b *`, or `parse-where`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub filter: bool,
    /// `kind` and `flags`.
    pub parameters: Vec<Parameter>,
    /// What is parsed.
    pub source: Expr,
    /// Left to right.
    pub pattern: Vec<ParsePiece>,
    /// From the keyword on.
    pub span: Span,
}

/// One piece of a `parse` pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsePiece {
    /// `*`: skips text.
    Star(Span),
    /// Text that has to be there; a regular expression with `kind=regex`.
    Text {
        /// Decoded.
        text: Arc<str>,
        /// As written.
        span: Span,
    },
    /// `name` or `name: type`: takes text.
    Column {
        /// What to call it.
        name: Name,
        /// String where it is absent.
        ty: Option<TypeName>,
    },
}

/// `parse-kv text as (a: string) with (pair_delimiter = ",")`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseKv {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// What is parsed.
    pub source: Expr,
    /// Keys to extract and their types.
    pub keys: Schema,
    /// After `with`; a bare `greedy` is a property whose value is `true`.
    pub options: Vec<Property>,
    /// From the keyword on.
    pub span: Span,
}
