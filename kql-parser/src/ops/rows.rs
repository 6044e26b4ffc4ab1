//! Operators that keep, drop or name rows: `where`, `take`, `sample`, `distinct`, `count`, `as`, `serialize` and the
//! like.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{Expr, Name, NamedExpr, Schema};
use crate::diagnostic::{Diagnostic, NAMED_PREDICATE};
use crate::grammar::expr::expr;
use crate::grammar::schema::schema;
use crate::grammar::{Input, Parse, Takes, clause, list0, list1, name, named, named_expr, parameters, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `where predicate`, also spelled `filter`.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Rows for which this is true stay.
    pub predicate: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `take n`, also spelled `limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows at most.
    pub count: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `sample n`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows.
    pub count: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `sample-distinct n of column`
#[derive(Clone, Debug, PartialEq)]
pub struct SampleDistinct {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many values.
    pub count: Expr,
    /// Whose values.
    pub of: NamedExpr,
    /// From the keyword on.
    pub span: Span,
}

/// `distinct a, b` or `distinct *`
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns; [`Expr::Star`] for all.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `count` or `count as Name`
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// What to call the column instead of `Count`.
    pub name: Option<Name>,
    /// From the keyword on.
    pub span: Span,
}

/// `as Name`
#[derive(Clone, Debug, PartialEq)]
pub struct As {
    /// `hint.materialized`
    pub parameters: Vec<Parameter>,
    /// The name of the rows so far.
    pub name: Name,
    /// From the keyword on.
    pub span: Span,
}

/// `serialize` or `serialize a = row_number()`
#[derive(Clone, Debug, PartialEq)]
pub struct Serialize {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns to add.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `assert-schema (a: long, …)`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertSchema {
    /// What the rows must look like.
    pub schema: Schema,
    /// From the keyword on.
    pub span: Span,
}

/// An operator that is only its keyword and hints: `getschema`, `consume`, `__executeAndCache`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bare {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[
    ("where", where_),
    ("filter", where_),
    ("take", take),
    ("limit", take),
    ("sample", sample),
    ("sample-distinct", sample_distinct),
    ("distinct", distinct),
    ("count", count),
    ("as", as_),
    ("serialize", serialize),
    ("assert-schema", assert_schema),
    ("consume", consume),
    ("getschema", getschema),
    ("__executeAndCache", execute_and_cache),
    ("execute_and_cache", execute_and_cache),
];

const HINTS: Takes = Takes::Only(&[]);

fn where_(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, NamedExpr { names, expr: predicate, span }) = named_expr(rest)?;
    // The service takes `where a = b` for `where b`, which is never what was meant.
    if !names.is_empty() {
        input.cx.report(
            Diagnostic::warning(NAMED_PREDICATE, span)
                .message("`=` gives the predicate a name and compares nothing")
                .hint("to compare, write `==`"),
        );
    }
    Ok((rest, Operator::Where(Where { parameters, predicate, span: head.span(rest) })))
}

fn take(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, count) = expr(rest)?;
    Ok((rest, Operator::Take(Take { parameters, count, span: head.span(rest) })))
}

fn sample(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, count) = expr(rest)?;
    Ok((rest, Operator::Sample(Sample { parameters, count, span: head.span(rest) })))
}

fn sample_distinct(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, count) = expr(rest)?;
    let (rest, _) = word("of")(rest)?;
    let (rest, of) = named_expr(rest)?;
    Ok((rest, Operator::SampleDistinct(SampleDistinct { parameters, count, of, span: head.span(rest) })))
}

fn distinct(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, columns) = list1(named(column_or_star))(rest)?;
    Ok((rest, Operator::Distinct(Distinct { parameters, columns, span: head.span(rest) })))
}

fn column_or_star(input: Input<'_>) -> Parse<'_, Expr> {
    if input.at_sign(0, "*") { Ok((input.skip(1), Expr::Star(input.here()))) } else { expr(input) }
}

fn count(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, name) = clause("as", name)(input)?;
    Ok((rest, Operator::Count(Count { name, span: head.span(rest) })))
}

fn as_(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, name) = name(rest)?;
    Ok((rest, Operator::As(As { parameters, name, span: head.span(rest) })))
}

fn serialize(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(HINTS)(input)?;
    let (rest, columns) = list0(named_expr)(rest)?;
    Ok((rest, Operator::Serialize(Serialize { parameters, columns, span: head.span(rest) })))
}

fn assert_schema(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, schema) = schema(input)?;
    Ok((rest, Operator::AssertSchema(AssertSchema { schema, span: head.span(rest) })))
}

fn bare(head: Head, input: Input<'_>) -> Parse<'_, Bare> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    Ok((rest, Bare { parameters, span: head.span(rest) }))
}

fn consume(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    bare(head, input).map(|(rest, it)| (rest, Operator::Consume(it)))
}

fn getschema(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    bare(head, input).map(|(rest, it)| (rest, Operator::Getschema(it)))
}

fn execute_and_cache(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    bare(head, input).map(|(rest, it)| (rest, Operator::ExecuteAndCache(it)))
}

impl Print for Where {
    fn print(&self, p: &mut Printer) {
        p.put("where").parameters(&self.parameters).put(" ").expr(&self.predicate);
    }
}

impl Print for Take {
    fn print(&self, p: &mut Printer) {
        p.put("take").parameters(&self.parameters).put(" ").expr(&self.count);
    }
}

impl Print for Sample {
    fn print(&self, p: &mut Printer) {
        p.put("sample").parameters(&self.parameters).put(" ").expr(&self.count);
    }
}

impl Print for SampleDistinct {
    fn print(&self, p: &mut Printer) {
        p.put("sample-distinct").parameters(&self.parameters).put(" ").expr(&self.count).put(" of ").node(&self.of);
    }
}

impl Print for Distinct {
    fn print(&self, p: &mut Printer) {
        p.put("distinct").parameters(&self.parameters).put(" ").list(&self.columns);
    }
}

impl Print for Count {
    fn print(&self, p: &mut Printer) {
        p.put("count");
        if let Some(name) = &self.name {
            p.put(" as ").node(name);
        }
    }
}

impl Print for As {
    fn print(&self, p: &mut Printer) {
        p.put("as").parameters(&self.parameters).put(" ").node(&self.name);
    }
}

impl Print for Serialize {
    fn print(&self, p: &mut Printer) {
        p.put("serialize").parameters(&self.parameters);
        if !self.columns.is_empty() {
            p.put(" ").list(&self.columns);
        }
    }
}

impl Print for AssertSchema {
    fn print(&self, p: &mut Printer) {
        p.put("assert-schema ").node(&self.schema);
    }
}

impl Bare {
    pub(super) fn print(&self, keyword: &str, p: &mut Printer) {
        p.put(keyword).parameters(&self.parameters);
    }
}
