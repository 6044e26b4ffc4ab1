//! `partition` and `partition-by`.

use super::{Grammar, Head, Operator};
use super::{Parameter, Subquery};
use crate::ast::Expr;
use crate::grammar::expr::operand;
use crate::grammar::literal::literal_expr;
use crate::grammar::query::{pipeline, subquery};
use crate::grammar::{Input, Parse, Takes, bracketed, clause, parameters, parens, word};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `partition hint.strategy=native by a (…)` or `partition by a {…}`
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The key.
    pub by: Box<Expr>,
    /// `in range(…)` or `in dynamic([…])`
    pub within: Option<Box<Expr>>,
    /// What runs on each part.
    pub body: PartitionBody,
    /// From the keyword on.
    pub span: Span,
}

/// The two forms of a `partition` body.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `( operators )`, run on the rows of the part.
    Operators(Subquery),
    /// `{ query }`, which names its own source.
    Query(Box<Expr>),
}

/// `partition-by a (…)`, also spelled `__partitionby`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The key.
    pub by: Box<Expr>,
    /// `id guid(…)`, which tools write.
    pub id: Option<Box<Expr>>,
    /// Runs on the rows of each part.
    pub body: Subquery,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] =
    &[("partition", partition), ("partition-by", partition_by), ("__partitionby", partition_by)];

fn partition(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, _) = word("by")(rest)?;
    let (rest, by) = key(rest)?;
    let (rest, within) = clause("in", operand)(rest)?;
    let (rest, body) = body(rest)?;
    let (by, within) = (Box::new(by), within.map(Box::new));
    Ok((rest, Operator::Partition(Partition { parameters, by, within, body, span: head.span(rest) })))
}

fn body(input: Input<'_>) -> Parse<'_, PartitionBody> {
    if input.at(TokenKind::LBrace) {
        let (rest, query) = bracketed(TokenKind::LBrace, pipeline)(input)?;
        return Ok((rest, PartitionBody::Query(Box::new(query))));
    }
    let (rest, operators) = parens(subquery)(input)?;
    Ok((rest, PartitionBody::Operators(operators)))
}

fn partition_by(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, it) = parts(head, input)?;
    Ok((rest, Operator::PartitionBy(it)))
}

/// What follows `partition-by`, here and in `make-graph`.
pub(super) fn parts(head: Head, input: Input<'_>) -> Parse<'_, PartitionBy> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, by) = key(rest)?;
    let (rest, id) = clause("id", literal_expr)(rest)?;
    let (rest, body) = parens(subquery)(rest)?;
    let (by, id) = (Box::new(by), id.map(Box::new));
    Ok((rest, PartitionBy { parameters, by, id, body, span: head.span(rest) }))
}

/// A column or path; a parenthesis after it begins the body and is no call.
fn key(input: Input<'_>) -> Parse<'_, Expr> {
    let start = input.start();
    let (rest, root) = crate::grammar::name(input)?;
    crate::grammar::expr::path_from(rest, Expr::Name(root), start, false)
}

impl Print for Partition {
    fn print(&self, p: &mut Printer) {
        p.put("partition").parameters(&self.parameters).put(" by ").operand(&self.by);
        if let Some(within) = &self.within {
            p.put(" in ").operand(within);
        }
        match &self.body {
            PartitionBody::Operators(operators) => p.put(" ").node(operators),
            PartitionBody::Query(query) => p.put(" { ").tabular(query).put(" }"),
        };
    }
}

impl Print for PartitionBy {
    fn print(&self, p: &mut Printer) {
        p.put("partition-by");
        self.print_parts(p);
    }
}

impl PartitionBy {
    /// Everything after the keyword.
    pub(super) fn print_parts(&self, p: &mut Printer) {
        p.parameters(&self.parameters).put(" ").operand(&self.by);
        if let Some(id) = &self.id {
            p.put(" id ").expr(id);
        }
        p.put(" ").node(&self.body);
    }
}
