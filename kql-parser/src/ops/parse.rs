//! `parse`, `parse-where` and `parse-kv`.

use super::{Grammar, Head, Operator};
use crate::grammar::expr::expr;
use crate::grammar::literal::string;
use crate::grammar::schema::{colon_type, schema, with_properties};
use crate::grammar::{Input, Parse as Parsed, Takes, name, parameters, some, word};
use crate::print::{Print, Printer};
use crate::token::TokenKind;
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

pub(super) const GRAMMAR: &[(&str, Grammar)] =
    &[("parse", parse), ("parse-where", parse_where), ("parse-kv", parse_kv)];

fn parse(head: Head, input: Input<'_>) -> Parsed<'_, Operator> {
    parse_with(head, input, false)
}

fn parse_where(head: Head, input: Input<'_>) -> Parsed<'_, Operator> {
    parse_with(head, input, true)
}

fn parse_with(head: Head, input: Input<'_>, filter: bool) -> Parsed<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, source) = expr(rest)?;
    let (rest, _) = word("with")(rest)?;
    let (rest, pattern) = some(piece)(rest)?;
    Ok((rest, Operator::Parse(Parse { filter, parameters, source, pattern, span: head.span(rest) })))
}

fn piece(input: Input<'_>) -> Parsed<'_, ParsePiece> {
    match input.kind(0) {
        Some(TokenKind::Operator) if input.at_sign(0, "*") => Ok((input.skip(1), ParsePiece::Star(input.here()))),
        Some(TokenKind::String | TokenKind::OpenString) => {
            let (rest, text) = string(input)?;
            Ok((rest, ParsePiece::Text { text, span: rest.since(input.start()) }))
        }
        Some(TokenKind::Word | TokenKind::LBracket) => {
            let (rest, name) = name(input)?;
            if !rest.at(TokenKind::Colon) {
                return Ok((rest, ParsePiece::Column { name, ty: None }));
            }
            let (rest, ty) = colon_type(rest)?;
            Ok((rest, ParsePiece::Column { name, ty: Some(ty) }))
        }
        _ => input.miss("`*`, a string or a name"),
    }
}

fn parse_kv(head: Head, input: Input<'_>) -> Parsed<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, source) = expr(rest)?;
    let (rest, _) = word("as")(rest)?;
    let (rest, keys) = schema(rest)?;
    let (rest, options) = with_properties(rest)?;
    Ok((rest, Operator::ParseKv(ParseKv { parameters, source, keys, options, span: head.span(rest) })))
}

impl Print for Parse {
    fn print(&self, p: &mut Printer) {
        p.put(if self.filter { "parse-where" } else { "parse" }).parameters(&self.parameters);
        p.put(" ").expr(&self.source).put(" with");
        for piece in &self.pattern {
            p.put(" ").node(piece);
        }
    }
}

impl Print for ParsePiece {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Star(_) => {
                p.put("*");
            }
            Self::Text { text, .. } => {
                p.string(text);
            }
            Self::Column { name, ty } => {
                p.node(name);
                if let Some(ty) = ty {
                    p.put(": ").put(ty.ty.name());
                }
            }
        }
    }
}

impl Print for ParseKv {
    fn print(&self, p: &mut Printer) {
        p.put("parse-kv").parameters(&self.parameters).put(" ").expr(&self.source).put(" as ").node(&self.keys);
        p.with_properties(&self.options);
    }
}
