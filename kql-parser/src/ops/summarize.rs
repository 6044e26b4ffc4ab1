//! `summarize` and `reduce`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, NamedExpr};
use crate::grammar::literal::signed_literal;
use crate::grammar::{Input, Parse, Takes, assign, clause, list0, list1, named_expr, parameters, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `summarize a = count() by b, bin(c, 1h)`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Possibly none.
    pub aggregates: Vec<NamedExpr>,
    /// Group keys; `None` without `by`.
    pub by: Option<Vec<NamedExpr>>,
    /// `bin = x` at the end of an old query.
    pub bin: Option<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `reduce by a with threshold = 0.1, characters = "-"`
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The text to find patterns in.
    pub by: NamedExpr,
    /// After `with`.
    pub options: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("summarize", summarize), ("reduce", reduce)];

fn summarize(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&[]))(input)?;
    let (rest, aggregates) = if at_by(rest) { (rest, Vec::new()) } else { list0(named_expr)(rest)? };
    let (rest, by) = clause("by", list1(named_expr))(rest)?;
    let (rest, bin) = clause("bin", old_bin)(rest)?;
    Ok((rest, Operator::Summarize(Summarize { parameters, aggregates, by, bin, span: head.span(rest) })))
}

/// Whether the `by` clause begins here, and not a column that is called so.
fn at_by(input: Input<'_>) -> bool {
    input.at_word("by") && input.kind(1) != Some(crate::token::TokenKind::Assign)
}

/// `= 1h`, after `bin`
fn old_bin(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, _) = assign(input)?;
    signed_literal(rest)
}

fn reduce(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, _) = word("by")(rest)?;
    let (rest, by) = named_expr(rest)?;
    let (rest, options) = clause("with", list1(named_expr))(rest)?;
    let options = options.unwrap_or_default();
    Ok((rest, Operator::Reduce(Reduce { parameters, by, options, span: head.span(rest) })))
}

impl Print for Summarize {
    fn print(&self, p: &mut Printer) {
        p.put("summarize").parameters(&self.parameters);
        if !self.aggregates.is_empty() {
            p.put(" ").list(&self.aggregates);
        }
        if let Some(by) = &self.by {
            p.put(" by ").list(by);
        }
        if let Some(bin) = &self.bin {
            p.put(" bin = ").expr(bin);
        }
    }
}

impl Print for Reduce {
    fn print(&self, p: &mut Printer) {
        p.put("reduce").parameters(&self.parameters).put(" by ").node(&self.by);
        if !self.options.is_empty() {
            p.put(" with ").list(&self.options);
        }
    }
}
