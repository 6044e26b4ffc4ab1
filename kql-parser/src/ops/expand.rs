//! `mv-expand` and `mv-apply`.

use super::{Grammar, Head, Operator};
use super::{Parameter, Subquery};
use crate::ast::{Expr, NamedExpr, TypeName};
use crate::grammar::expr::unary;
use crate::grammar::literal::literal_expr;
use crate::grammar::query::subquery;
use crate::grammar::schema::typeof_scalar;
use crate::grammar::{Input, Parse, Takes, clause, list1, named_expr, parameters, parens, word};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `mv-expand kind=array with_itemindex=i a, b = c to typeof(long) limit 10`, also spelled `mvexpand`.
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind` or `bagexpansion`, `with_itemindex` and hints.
    pub parameters: Vec<Parameter>,
    /// Expanded side by side.
    pub columns: Vec<ExpandColumn>,
    /// Rows per input row at most.
    pub limit: Option<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `a = expr to typeof(long)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandColumn {
    /// What is expanded.
    pub expr: NamedExpr,
    /// What elements become; dynamic where it is absent.
    pub ty: Option<TypeName>,
    /// All of it.
    pub span: Span,
}

/// `mv-apply a = b to typeof(long) limit 5 on (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex` and hints.
    pub parameters: Vec<Parameter>,
    /// Expanded side by side.
    pub columns: Vec<ExpandColumn>,
    /// Rows per input row at most.
    pub limit: Option<Expr>,
    /// `id guid(…)`, which tools write.
    pub id: Option<Expr>,
    /// Runs on the rows of each input row.
    pub on: Subquery,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] =
    &[("mv-expand", mv_expand), ("mvexpand", mv_expand), ("mv-apply", mv_apply), ("mvapply", mv_apply)];

const PARAMETERS: Takes = Takes::Only(&["kind", "bagexpansion", "with_itemindex"]);

fn mv_expand(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(PARAMETERS)(input)?;
    let (rest, columns) = list1(column)(rest)?;
    let (rest, limit) = clause("limit", unary)(rest)?;
    Ok((rest, Operator::MvExpand(MvExpand { parameters, columns, limit, span: head.span(rest) })))
}

fn mv_apply(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(PARAMETERS)(input)?;
    let (rest, columns) = list1(column)(rest)?;
    let (rest, limit) = clause("limit", unary)(rest)?;
    let (rest, id) = clause("id", literal_expr)(rest)?;
    let (rest, _) = word("on")(rest)?;
    let (rest, on) = parens(subquery)(rest)?;
    Ok((rest, Operator::MvApply(MvApply { parameters, columns, limit, id, on, span: head.span(rest) })))
}

fn column(input: Input<'_>) -> Parse<'_, ExpandColumn> {
    let start = input.start();
    let (rest, expr) = named_expr(input)?;
    let (rest, ty) = clause("to", typeof_scalar)(rest)?;
    Ok((rest, ExpandColumn { expr, ty, span: rest.since(start) }))
}

impl Print for MvExpand {
    fn print(&self, p: &mut Printer) {
        p.put("mv-expand").parameters(&self.parameters).put(" ").list(&self.columns);
        if let Some(limit) = &self.limit {
            p.put(" limit ").operand(limit);
        }
    }
}

impl Print for MvApply {
    fn print(&self, p: &mut Printer) {
        p.put("mv-apply").parameters(&self.parameters).put(" ").list(&self.columns);
        if let Some(limit) = &self.limit {
            p.put(" limit ").operand(limit);
        }
        if let Some(id) = &self.id {
            p.put(" id ").expr(id);
        }
        p.put(" on ").node(&self.on);
    }
}

impl Print for ExpandColumn {
    fn print(&self, p: &mut Printer) {
        p.node(&self.expr);
        if let Some(ty) = &self.ty {
            p.put(" to typeof(").put(ty.ty.name()).put(")");
        }
    }
}
