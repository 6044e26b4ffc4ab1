//! `join` and `lookup`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::Expr;
use crate::grammar::expr::{expr, operand};
use crate::grammar::{Input, Parse, Takes, clause, list0, list1, parameters, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `join kind=inner (right) on a, $left.b == $right.c`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// How rows meet; absent for a cross join.
    pub condition: Option<JoinCondition>,
    /// From the keyword on.
    pub span: Span,
}

/// After the right side of a join.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where predicate`
    Where(Box<Expr>),
}

/// `lookup kind=leftouter (right) on a`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// Columns or `$left.a == $right.b`.
    pub on: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("join", join), ("lookup", lookup)];

fn join(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, right) = operand(rest)?;
    let (rest, condition) = condition(rest)?;
    Ok((rest, Operator::Join(Join { parameters, right: Box::new(right), condition, span: head.span(rest) })))
}

fn condition(input: Input<'_>) -> Parse<'_, Option<JoinCondition>> {
    if input.at_word("where") {
        let (rest, predicate) = expr(input.skip(1))?;
        return Ok((rest, Some(JoinCondition::Where(Box::new(predicate)))));
    }
    let (rest, on) = clause("on", list0(expr))(input)?;
    Ok((rest, on.map(JoinCondition::On)))
}

fn lookup(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, right) = operand(rest)?;
    let (rest, _) = word("on")(rest)?;
    let (rest, on) = list1(expr)(rest)?;
    Ok((rest, Operator::Lookup(Lookup { parameters, right: Box::new(right), on, span: head.span(rest) })))
}

impl Print for Join {
    fn print(&self, p: &mut Printer) {
        p.put("join").parameters(&self.parameters).put(" ").operand(&self.right);
        match &self.condition {
            None => {}
            Some(JoinCondition::On(on)) => {
                p.put(" on ").list(on);
            }
            Some(JoinCondition::Where(predicate)) => {
                p.put(" where ").expr(predicate);
            }
        }
    }
}

impl Print for Lookup {
    fn print(&self, p: &mut Printer) {
        p.put("lookup").parameters(&self.parameters).put(" ").operand(&self.right).put(" on ").list(&self.on);
    }
}
