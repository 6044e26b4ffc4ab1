//! `scan`: a state machine over ordered rows.

use super::sort::sort_key;
use super::{Grammar, Head, Operator};
use super::{Parameter, SortKey};
use crate::ast::{ColumnDeclaration, Expr, Name};
use crate::grammar::expr::expr;
use crate::grammar::schema::column_with_default;
use crate::grammar::{Input, Parse, Takes, assign, clause, list1, name, parameters, parens, some, token, word};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `scan with_match_id=id declare (x: long = 0) with (step s1: a => x = 1; step s2: b;)`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id` and hints.
    pub parameters: Vec<Parameter>,
    /// `order by`
    pub order_by: Vec<SortKey>,
    /// `partition by`
    pub partition_by: Vec<Expr>,
    /// Columns that steps assign.
    pub declare: Vec<ColumnDeclaration>,
    /// In the order written.
    pub steps: Vec<ScanStep>,
    /// From the keyword on.
    pub span: Span,
}

/// `step name optional output=last: condition => a = b, c = d;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// What later steps call its row.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// Which rows come out; all where it is absent.
    pub output: Option<StepOutput>,
    /// When a row matches.
    pub condition: Expr,
    /// What a match assigns.
    pub assignments: Vec<Assignment>,
    /// From `step` to `;`.
    pub span: Span,
}

/// `output = …` of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOutput {
    /// `all`
    All,
    /// `last`
    Last,
    /// `none`
    None,
}

/// `name = expr`
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// A declared column.
    pub name: Name,
    /// Its new value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("scan", scan)];

fn scan(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, order_by) = clause("order", by(list1(sort_key)))(rest)?;
    let (rest, partition_by) = clause("partition", by(list1(expr)))(rest)?;
    let (rest, declare) = clause("declare", parens(list1(column_with_default)))(rest)?;
    let (rest, _) = word("with")(rest)?;
    let (rest, steps) = parens(some(step))(rest)?;
    let scan = Scan {
        parameters,
        order_by: order_by.unwrap_or_default(),
        partition_by: partition_by.unwrap_or_default(),
        declare: declare.unwrap_or_default(),
        steps,
        span: head.span(rest),
    };
    Ok((rest, Operator::Scan(scan)))
}

/// `by inner`
fn by<'a, T>(mut inner: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, T> {
    move |input| inner(word("by")(input)?.0)
}

fn step(input: Input<'_>) -> Parse<'_, ScanStep> {
    let (rest, _) = word("step")(input)?;
    let (rest, name) = name(rest)?;
    let optional = rest.at_word("optional");
    let (rest, output) = clause("output", output)(rest.skip(usize::from(optional)))?;
    let (rest, _) = token(TokenKind::Colon, "`:`")(rest)?;
    let (rest, condition) = expr(rest)?;
    let (rest, assignments) = assignments(rest)?;
    let (rest, _) = token(TokenKind::Semicolon, "`;`")(rest)?;
    Ok((rest, ScanStep { name, optional, output, condition, assignments, span: rest.since(input.start()) }))
}

fn output(input: Input<'_>) -> Parse<'_, StepOutput> {
    let (rest, _) = assign(input)?;
    let output = match rest.word(0) {
        "all" => StepOutput::All,
        "last" => StepOutput::Last,
        "none" => StepOutput::None,
        _ => return rest.miss("`all`, `last` or `none`"),
    };
    Ok((rest.skip(1), output))
}

fn assignments(input: Input<'_>) -> Parse<'_, Vec<Assignment>> {
    if input.at(TokenKind::Arrow) { list1(assignment)(input.skip(1)) } else { Ok((input, Vec::new())) }
}

fn assignment(input: Input<'_>) -> Parse<'_, Assignment> {
    let (rest, name) = name(input)?;
    let (rest, _) = assign(rest)?;
    let (rest, value) = expr(rest)?;
    Ok((rest, Assignment { name, value, span: rest.since(input.start()) }))
}

impl Print for Scan {
    fn print(&self, p: &mut Printer) {
        p.put("scan").parameters(&self.parameters);
        if !self.order_by.is_empty() {
            p.put(" order by ").list(&self.order_by);
        }
        if !self.partition_by.is_empty() {
            p.put(" partition by ").list(&self.partition_by);
        }
        if !self.declare.is_empty() {
            p.put(" declare (").list(&self.declare).put(")");
        }
        p.put(" with (");
        for (at, step) in self.steps.iter().enumerate() {
            p.put(if at == 0 { "" } else { " " }).node(step);
        }
        p.put(")");
    }
}

impl Print for ScanStep {
    fn print(&self, p: &mut Printer) {
        p.put("step ").node(&self.name);
        if self.optional {
            p.put(" optional");
        }
        p.put(match self.output {
            None => "",
            Some(StepOutput::All) => " output=all",
            Some(StepOutput::Last) => " output=last",
            Some(StepOutput::None) => " output=none",
        });
        p.put(": ").expr(&self.condition);
        if !self.assignments.is_empty() {
            p.put(" => ").list(&self.assignments);
        }
        p.put(";");
    }
}

impl Print for Assignment {
    fn print(&self, p: &mut Printer) {
        p.node(&self.name).put(" = ").expr(&self.value);
    }
}
