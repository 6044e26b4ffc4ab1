//! `render`.

use super::{Grammar, Head, Operator};
use crate::ast::{Expr, Name};
use crate::grammar::expr::unary;
use crate::grammar::literal::at_literal;
use crate::grammar::{Input, Parse, any, assign, comma, name, parens, token};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `render timechart with (title = "x", ycolumns = a, b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The kind of chart, `table` too.
    pub chart: Name,
    /// From `with (…)`, or from the old form without parentheses.
    pub properties: Vec<RenderProperty>,
    /// From the keyword on.
    pub span: Span,
}

/// `name = value` or `name = a, b`
#[derive(Clone, Debug, PartialEq)]
pub struct RenderProperty {
    /// Which.
    pub name: Name,
    /// One value, or several column names.
    pub values: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("render", render)];

fn render(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, chart) = token(TokenKind::Word, "a kind of chart")(input)?;
    let chart = Name::new(chart.text(input.cx.text), chart);
    let (rest, properties) = if rest.at_word("with") && rest.kind(1) == Some(TokenKind::LParen) {
        parens(properties)(rest.skip(1))?
    } else {
        any(old_property)(rest)?
    };
    Ok((rest, Operator::Render(Render { chart, properties, span: head.span(rest) })))
}

/// Properties of `with (…)`; the commas between them are optional.
fn properties(mut rest: Input<'_>) -> Parse<'_, Vec<RenderProperty>> {
    let mut properties = Vec::new();
    while rest.kind(0).is_some_and(|it| it != TokenKind::RParen) {
        let (after, it) = property(rest)?;
        properties.push(it);
        rest = if after.at(TokenKind::Comma) { after.skip(1) } else { after };
    }
    Ok((rest, properties))
}

/// `name = a, b`: the list ends where `name =` comes next.
fn property(input: Input<'_>) -> Parse<'_, RenderProperty> {
    let (rest, name) = name(input)?;
    let (rest, _) = assign(rest)?;
    property_values(rest, name, input.start())
}

fn property_values(input: Input<'_>, name: Name, start: u32) -> Parse<'_, RenderProperty> {
    let (mut rest, first) = unary(input)?;
    let mut values = vec![first];
    while rest.at(TokenKind::Comma) && !at_end_of_values(rest.skip(1)) {
        let (after, it) = unary(rest.skip(1))?;
        values.push(it);
        rest = after;
    }
    Ok((rest, RenderProperty { name, values, span: rest.since(start) }))
}

fn at_end_of_values(input: Input<'_>) -> bool {
    input.kind(1) == Some(TokenKind::Assign) || input.at(TokenKind::RParen)
}

/// Without parentheses: `title = "x"`, `by a, b`, `with "x"`.
fn old_property(input: Input<'_>) -> Parse<'_, RenderProperty> {
    let start = input.start();
    if input.at_word("by") || input.at_word("with") && at_literal(input.skip(1)) {
        let (rest, name) = name(input)?;
        return property_values(rest, name, start);
    }
    if input.kind(1) != Some(TokenKind::Assign) {
        return input.miss("a property");
    }
    let (rest, it) = property(input)?;
    Ok((comma(rest).map_or(rest, |it| it.0), it))
}

impl Print for Render {
    fn print(&self, p: &mut Printer) {
        p.put("render ").put(&self.chart.text);
        if !self.properties.is_empty() {
            p.put(" with (").list(&self.properties).put(")");
        }
    }
}

impl Print for RenderProperty {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(" = ").operands(&self.values);
    }
}
