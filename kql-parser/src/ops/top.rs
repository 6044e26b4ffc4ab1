//! `top-hitters` and `top-nested`.

use super::sort::sort_key;
use super::{Grammar, Head, Operator};
use super::{Parameter, SortKey};
use crate::ast::{Expr, NamedExpr};
use crate::grammar::expr::expr;
use crate::grammar::{Input, Miss, Parse, Takes, assign, clause, comma, named_expr, parameters, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `top-hitters n of column by weight`
#[derive(Clone, Debug, PartialEq)]
pub struct TopHitters {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many values.
    pub count: Expr,
    /// Whose values.
    pub of: NamedExpr,
    /// What to add up; rows are counted where it is absent.
    pub by: Option<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `top-nested 2 of a by sum(x), top-nested 1 of b by max(y)`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNested {
    /// Outermost first.
    pub levels: Vec<TopNestedLevel>,
    /// From the first keyword on.
    pub span: Span,
}

/// One level of [`TopNested`].
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many values; all where it is absent.
    pub count: Option<Expr>,
    /// Whose values.
    pub of: NamedExpr,
    /// `with others = label`: one more row for the values left out.
    pub others: Option<Expr>,
    /// The aggregate to rank by.
    pub by: SortKey,
    /// From its keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("top-hitters", top_hitters), ("top-nested", top_nested)];

fn top_hitters(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&[]))(input)?;
    let (rest, count) = expr(rest)?;
    let (rest, _) = word("of")(rest)?;
    let (rest, of) = named_expr(rest)?;
    let (rest, by) = clause("by", sort_key)(rest)?;
    Ok((rest, Operator::TopHitters(TopHitters { parameters, count, of, by, span: head.span(rest) })))
}

fn top_nested(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (mut rest, first) = level(head.start, input)?;
    let mut levels = vec![first];
    while let Ok((inner, start)) = next_level(rest) {
        let (after, it) = level(start, inner)?;
        levels.push(it);
        rest = after;
    }
    Ok((rest, Operator::TopNested(TopNested { levels, span: head.span(rest) })))
}

/// `, top-nested`, and where the keyword begins.
fn next_level(input: Input<'_>) -> Parse<'_, u32> {
    let (rest, _) = comma(input)?;
    if rest.at_word("top") && rest.at_sign(1, "-") && rest.word(2) == "nested" {
        Ok((rest.skip(3), rest.start()))
    } else {
        Err(nom::Err::Error(Miss))
    }
}

fn level(start: u32, input: Input<'_>) -> Parse<'_, TopNestedLevel> {
    let (rest, count) = if input.at_word("of") {
        (input, None)
    } else {
        let (rest, it) = expr(input)?;
        (rest, Some(it))
    };
    let (rest, _) = word("of")(rest)?;
    let (rest, of) = named_expr(rest)?;
    let (rest, others) = clause("with", others)(rest)?;
    let (rest, _) = word("by")(rest)?;
    let (rest, by) = sort_key(rest)?;
    Ok((rest, TopNestedLevel { count, of, others, by, span: rest.since(start) }))
}

/// `others = label`
fn others(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, _) = word("others")(input)?;
    let (rest, _) = assign(rest)?;
    expr(rest)
}

impl Print for TopHitters {
    fn print(&self, p: &mut Printer) {
        p.put("top-hitters").parameters(&self.parameters).put(" ").expr(&self.count).put(" of ").node(&self.of);
        if let Some(by) = &self.by {
            p.put(" by ").node(by);
        }
    }
}

impl Print for TopNested {
    fn print(&self, p: &mut Printer) {
        p.list(&self.levels);
    }
}

impl Print for TopNestedLevel {
    fn print(&self, p: &mut Printer) {
        p.put("top-nested ");
        if let Some(count) = &self.count {
            p.expr(count).put(" ");
        }
        p.put("of ").node(&self.of);
        if let Some(others) = &self.others {
            p.put(" with others = ").expr(others);
        }
        p.put(" by ").node(&self.by);
    }
}
