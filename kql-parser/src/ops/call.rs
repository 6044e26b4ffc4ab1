//! Operators that call something by name: `evaluate`, `invoke`, `macro-expand`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{Call, Expr, Name, Schema, Statement};
use crate::grammar::expr::{call, operand};
use crate::grammar::query::inner_statements;
use crate::grammar::schema::schema;
use crate::grammar::{Input, Parse, Takes, name, parameters, parens, word};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `evaluate plugin(…) : (*, a: long)`
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The plugin and its arguments.
    pub call: Call,
    /// What comes out, where the query says so.
    pub schema: Option<Schema>,
    /// From the keyword on.
    pub span: Span,
}

/// `invoke f(…)` or `invoke database("d").f(…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// A call, or a path that ends in one.
    pub function: Box<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `macro-expand group as X (statements)`
#[derive(Clone, Debug, PartialEq)]
pub struct MacroExpand {
    /// `isfuzzy`, `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// A name or an `entity_group […]`.
    pub group: Box<Expr>,
    /// What the statements call the entity at hand.
    pub name: Name,
    /// What runs for each entity.
    pub statements: Vec<Statement>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] =
    &[("evaluate", evaluate), ("invoke", invoke), ("macro-expand", macro_expand)];

fn evaluate(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, call) = call(rest)?;
    let (rest, schema) = if rest.at(TokenKind::Colon) {
        let (rest, it) = schema(rest.skip(1))?;
        (rest, Some(it))
    } else {
        (rest, None)
    };
    Ok((rest, Operator::Evaluate(Evaluate { parameters, call, schema, span: head.span(rest) })))
}

fn invoke(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, function) = operand(input)?;
    if !is_call(&function) {
        return rest.miss("`(`");
    }
    Ok((rest, Operator::Invoke(Invoke { function: Box::new(function), span: head.span(rest) })))
}

fn is_call(function: &Expr) -> bool {
    match function {
        Expr::Call(_) => true,
        Expr::Path(path) => matches!(path.steps.last(), Some(crate::ast::Step::Call(_))),
        _ => false,
    }
}

fn macro_expand(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, group) = operand(rest)?;
    let (rest, _) = word("as")(rest)?;
    let (rest, name) = name(rest)?;
    let (rest, statements) = parens(inner_statements)(rest)?;
    let group = Box::new(group);
    Ok((rest, Operator::MacroExpand(MacroExpand { parameters, group, name, statements, span: head.span(rest) })))
}

impl Print for Evaluate {
    fn print(&self, p: &mut Printer) {
        p.put("evaluate").parameters(&self.parameters).put(" ").node(&self.call);
        if let Some(schema) = &self.schema {
            p.put(" : ").node(schema);
        }
    }
}

impl Print for Invoke {
    fn print(&self, p: &mut Printer) {
        p.put("invoke ").operand(&self.function);
    }
}

impl Print for MacroExpand {
    fn print(&self, p: &mut Printer) {
        p.put("macro-expand").parameters(&self.parameters).put(" ").operand(&self.group);
        p.put(" as ").node(&self.name).put(" (").statements(&self.statements).put(")");
    }
}
