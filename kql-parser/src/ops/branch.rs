//! Operators with several results: `fork` and `facet`.

use super::Subquery;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, Name};
use crate::grammar::expr::operand;
use crate::grammar::query::subquery;
use crate::grammar::{Input, Parse, clause, list1, name, parens, some};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

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

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("fork", fork), ("facet", facet)];

fn fork(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, branches) = some(branch)(input)?;
    Ok((rest, Operator::Fork(Fork { branches, span: head.span(rest) })))
}

fn branch(input: Input<'_>) -> Parse<'_, ForkBranch> {
    let start = input.start();
    let (rest, name) = if input.at(TokenKind::LParen) {
        (input, None)
    } else {
        let (rest, name) = name(input)?;
        (crate::grammar::assign(rest)?.0, Some(name))
    };
    let (rest, body) = parens(subquery)(rest)?;
    Ok((rest, ForkBranch { name, body, span: rest.since(start) }))
}

fn facet(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, by) = crate::grammar::word("by")(input).and_then(|(rest, _)| list1(operand)(rest))?;
    let (rest, with) = clause("with", with)(rest)?;
    Ok((rest, Operator::Facet(Facet { by, with, span: head.span(rest) })))
}

/// `(operators)`, or one operator without parentheses.
fn with(input: Input<'_>) -> Parse<'_, Subquery> {
    if input.at(TokenKind::LParen) {
        return parens(subquery)(input);
    }
    let (rest, only) = super::operator(input)?;
    Ok((rest, Subquery { span: only.span(), operators: vec![only] }))
}

impl Print for Fork {
    fn print(&self, p: &mut Printer) {
        p.put("fork");
        for branch in &self.branches {
            p.put(" ").node(branch);
        }
    }
}

impl Print for ForkBranch {
    fn print(&self, p: &mut Printer) {
        if let Some(name) = &self.name {
            p.node(name).put(" = ");
        }
        p.node(&self.body);
    }
}

impl Print for Facet {
    fn print(&self, p: &mut Printer) {
        p.put("facet by ").operands(&self.by);
        if let Some(with) = &self.with {
            p.put(" with ").node(with);
        }
    }
}
