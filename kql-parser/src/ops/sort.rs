//! `sort by` (also spelled `order by`), `top`, and the sort keys that other operators share.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, NamedExpr};
use crate::grammar::expr::expr;
use crate::grammar::{Input, Parse, Takes, list1, named_expr, parameters, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `sort by a, b asc nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Most significant first.
    pub keys: Vec<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `top n by key`
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows at most.
    pub count: Expr,
    /// Most significant first.
    pub keys: Vec<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `expr asc nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What to sort by; a name is allowed and has no effect.
    pub expr: NamedExpr,
    /// Descending where it is absent.
    pub direction: Option<Direction>,
    /// First for `asc` and last for `desc` where it is absent.
    pub nulls: Option<Nulls>,
    /// All of it.
    pub span: Span,
}

/// `asc` or `desc`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
}

/// Where nulls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("sort", sort), ("order", sort), ("top", top)];

fn sort(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&[]))(input)?;
    let (rest, _) = word("by")(rest)?;
    let (rest, keys) = list1(sort_key)(rest)?;
    Ok((rest, Operator::Sort(Sort { parameters, keys, span: head.span(rest) })))
}

fn top(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&[]))(input)?;
    let (rest, count) = expr(rest)?;
    let (rest, _) = word("by")(rest)?;
    let (rest, keys) = list1(sort_key)(rest)?;
    Ok((rest, Operator::Top(Top { parameters, count, keys, span: head.span(rest) })))
}

/// `expr asc nulls last`
pub(super) fn sort_key(input: Input<'_>) -> Parse<'_, SortKey> {
    let start = input.start();
    let (rest, expr) = named_expr(input)?;
    let (rest, direction) = match rest.word(0) {
        "asc" => (rest.skip(1), Some(Direction::Asc)),
        "desc" => (rest.skip(1), Some(Direction::Desc)),
        _ => (rest, None),
    };
    let (rest, nulls) = match (rest.word(0), rest.word(1)) {
        ("nulls", "first") => (rest.skip(2), Some(Nulls::First)),
        ("nulls", "last") => (rest.skip(2), Some(Nulls::Last)),
        _ => (rest, None),
    };
    Ok((rest, SortKey { expr, direction, nulls, span: rest.since(start) }))
}

impl Print for Sort {
    fn print(&self, p: &mut Printer) {
        p.put("sort").parameters(&self.parameters).put(" by ").list(&self.keys);
    }
}

impl Print for Top {
    fn print(&self, p: &mut Printer) {
        p.put("top").parameters(&self.parameters).put(" ").expr(&self.count).put(" by ").list(&self.keys);
    }
}

impl Print for SortKey {
    fn print(&self, p: &mut Printer) {
        p.node(&self.expr);
        p.put(match self.direction {
            None => "",
            Some(Direction::Asc) => " asc",
            Some(Direction::Desc) => " desc",
        });
        p.put(match self.nulls {
            None => "",
            Some(Nulls::First) => " nulls first",
            Some(Nulls::Last) => " nulls last",
        });
    }
}
