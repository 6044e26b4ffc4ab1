//! `union`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::Expr;
use crate::grammar::{Input, Parse, Takes, entity, list1, parameters};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `union withsource=T isfuzzy=true A, B*, (C | where …)`
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// `kind`, `withsource`, `isfuzzy` and hints.
    pub parameters: Vec<Parameter>,
    /// Names, wildcards, paths and tabular expressions.
    pub tables: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("union", union)];

fn union(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, tables) = list1(entity)(rest)?;
    Ok((rest, Operator::Union(Union { parameters, tables, span: head.span(rest) })))
}

impl Print for Union {
    fn print(&self, p: &mut Printer) {
        p.put("union").parameters(&self.parameters).put(" ").operands(&self.tables);
    }
}
