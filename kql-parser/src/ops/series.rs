//! `make-series`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, NamedExpr};
use crate::grammar::expr::expr;
use crate::grammar::{Input, Parse, Takes, assign, clause, comma, list1, named_expr, parameters, parens, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `make-series a = sum(x) default = 0 on t from a to b step 1h by k`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// At least one.
    pub aggregates: Vec<SeriesAggregate>,
    /// The axis.
    pub on: Box<NamedExpr>,
    /// Its extent and step.
    pub range: Box<SeriesRange>,
    /// One series for each key; `None` without `by`.
    pub by: Option<Vec<NamedExpr>>,
    /// From the keyword on.
    pub span: Span,
}

/// `a = sum(x) default = 0`
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate.
    pub expr: NamedExpr,
    /// What an empty bin gets.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// The axis of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesRange {
    /// `from a to b step c`, the end excluded.
    FromToStep {
        /// First bin; the data's minimum where it is absent.
        from: Option<Expr>,
        /// End, excluded; the data's maximum where it is absent.
        to: Option<Expr>,
        /// Width of a bin.
        step: Expr,
    },
    /// `in range(a, b, c)`, the end included.
    InRange {
        /// First bin.
        from: Expr,
        /// Last bin.
        to: Expr,
        /// Width of a bin.
        step: Expr,
    },
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("make-series", make_series)];

fn make_series(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Only(&["kind"]))(input)?;
    let (rest, aggregates) = list1(aggregate)(rest)?;
    let (rest, _) = word("on")(rest)?;
    let (rest, on) = named_expr(rest)?;
    let (rest, range) = if rest.at_word("in") { in_range(rest)? } else { from_to_step(rest)? };
    let (rest, by) = clause("by", list1(named_expr))(rest)?;
    let (on, range) = (Box::new(on), Box::new(range));
    Ok((rest, Operator::MakeSeries(MakeSeries { parameters, aggregates, on, range, by, span: head.span(rest) })))
}

fn aggregate(input: Input<'_>) -> Parse<'_, SeriesAggregate> {
    let start = input.start();
    let (rest, expr) = named_expr(input)?;
    let (rest, default) = clause("default", default)(rest)?;
    Ok((rest, SeriesAggregate { expr, default, span: rest.since(start) }))
}

fn default(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, _) = assign(input)?;
    expr(rest)
}

fn from_to_step(input: Input<'_>) -> Parse<'_, SeriesRange> {
    let (rest, from) = clause("from", expr)(input)?;
    let (rest, to) = clause("to", expr)(rest)?;
    let (rest, _) = word("step")(rest)?;
    let (rest, step) = expr(rest)?;
    Ok((rest, SeriesRange::FromToStep { from, to, step }))
}

fn in_range(input: Input<'_>) -> Parse<'_, SeriesRange> {
    let (rest, _) = word("range")(input.skip(1))?;
    parens(|input| {
        let (rest, from) = expr(input)?;
        let (rest, to) = expr(comma(rest)?.0)?;
        let (rest, step) = expr(comma(rest)?.0)?;
        Ok((rest, SeriesRange::InRange { from, to, step }))
    })(rest)
}

impl Print for MakeSeries {
    fn print(&self, p: &mut Printer) {
        p.put("make-series").parameters(&self.parameters).put(" ").list(&self.aggregates);
        p.put(" on ").node(&*self.on).put(" ").node(&*self.range);
        if let Some(by) = &self.by {
            p.put(" by ").list(by);
        }
    }
}

impl Print for SeriesAggregate {
    fn print(&self, p: &mut Printer) {
        p.node(&self.expr);
        if let Some(default) = &self.default {
            p.put(" default = ").expr(default);
        }
    }
}

impl Print for SeriesRange {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::FromToStep { from, to, step } => {
                if let Some(from) = from {
                    p.put("from ").expr(from).put(" ");
                }
                if let Some(to) = to {
                    p.put("to ").expr(to).put(" ");
                }
                p.put("step ").expr(step);
            }
            Self::InRange { from, to, step } => {
                p.put("in range(").expr(from).put(", ").expr(to).put(", ").expr(step).put(")");
            }
        }
    }
}
