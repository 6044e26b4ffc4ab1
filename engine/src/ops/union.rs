//! `union`: rows of several tables, columns matched by name and type (facts 239–247).

use std::sync::Arc;

use kql_parser::ast::{self, Operator, Step, Union};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::parameters;
use crate::bind::Binder;
use crate::bind::env::Binding;
use crate::bind::names::numbered;
use crate::bound::{Column, Expr, Plan, Relation};
use crate::error;

/// One input of a union with what `withsource` calls it.
pub(super) struct Leg {
    pub(super) relation: Relation,
    pub(super) label: Arc<str>,
}

pub(crate) fn bind_union<'a>(it: &'a Union, input: Option<Relation>, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "union", &["kind", "withsource", "isfuzzy"], cx);
    let inner = parameters::choice(&it.parameters, "kind", &[("outer", false), ("inner", true)], false, cx);
    let words = [("true", true), ("false", false)];
    let fuzzy = parameters::choice(&it.parameters, "isfuzzy", &words, false, cx);
    let with_source = parameters::word(&it.parameters, "withsource").map(|(name, _)| name.into_owned());
    let mut legs = Vec::new();
    if let Some(relation) = input {
        let label = relation.source.clone().unwrap_or_else(|| "union_arg0".into());
        legs.push(Leg { relation, label });
    }
    for table in &it.tables {
        bind_leg(table, fuzzy, &mut legs, cx);
    }
    if legs.is_empty() {
        let message = "none of the tables of this union exists";
        cx.report(Diagnostic::error(error::UNKNOWN_TABLE, it.span).message(message));
        return Relation::hole();
    }
    union(legs, inner, with_source.as_deref(), cx)
}

/// `Device*` in a table's place.
pub(crate) fn bind_pattern<'a>(wildcard: &'a ast::Wildcard, cx: &mut Binder<'a>) -> Relation {
    let mut legs = Vec::new();
    bind_matching(&wildcard.pattern, wildcard.span, false, &mut legs, cx);
    if legs.is_empty() { Relation::hole() } else { union(legs, false, None, cx) }
}

fn bind_leg<'a>(table: &'a ast::Expr, fuzzy: bool, legs: &mut Vec<Leg>, cx: &mut Binder<'a>) {
    match table {
        ast::Expr::Wildcard(it) => bind_matching(&it.pattern, it.span, fuzzy, legs, cx),
        ast::Expr::Star(span) => bind_matching("*", *span, fuzzy, legs, cx),
        ast::Expr::Path(path) if matches!(path.steps.last(), Some(Step::Wildcard(_))) => {
            if let Some(Step::Wildcard(it)) = path.steps.last() {
                bind_matching(&it.pattern, it.span, fuzzy, legs, cx);
            }
        }
        ast::Expr::Name(name) if fuzzy && is_missing(&name.text, cx) => skip(&name.text, name.span, cx),
        other => {
            let known = cx.reported();
            let relation = cx.bind_table(other);
            if fuzzy && cx.take_back_unknown_tables(known) {
                return skip("an operand", other.span(), cx);
            }
            let number = legs.len();
            let label = label(other, &relation, cx).unwrap_or_else(|| format!("union_arg{number}").into());
            legs.push(Leg { relation, label });
        }
    }
}

fn is_missing(name: &str, cx: &Binder<'_>) -> bool {
    cx.env.get(name).is_none() && cx.cx.tables.table(name).is_none()
}

/// `isfuzzy=true` goes on without a table that does not exist.
fn skip(name: &str, span: Span, cx: &mut Binder<'_>) {
    let message = format!("no table named `{name}`: the union goes on without it");
    cx.report(Diagnostic::warning(error::UNKNOWN_TABLE, span).message(message));
}

/// Tables and views by pattern. Only tables of which there is data take part in running: an empty one adds nothing but
/// columns.
fn bind_matching<'a>(pattern: &str, span: Span, fuzzy: bool, legs: &mut Vec<Leg>, cx: &mut Binder<'a>) {
    let names = cx.tables_matching(pattern);
    if names.is_empty() && !fuzzy {
        let message = format!("no table's name fits `{pattern}`");
        cx.report(Diagnostic::error(error::UNKNOWN_TABLE, span).message(message));
    }
    for name in names {
        let relation = match cx.env.get(&name) {
            Some(Binding::Function(function)) => {
                let function = function.clone();
                cx.call_user_table(&function, &[], None, span)
            }
            _ => cx.table_named(&name, span),
        };
        legs.push(Leg { relation, label: name });
    }
}

/// What a leg is called: a table's or view's own name, or that of `as`; an expression has none (fact 243).
fn label(table: &ast::Expr, relation: &Relation, cx: &Binder<'_>) -> Option<Arc<str>> {
    match table {
        ast::Expr::Name(name) if matches!(cx.env.get(&name.text), Some(Binding::Table(_))) => None,
        ast::Expr::Name(_) | ast::Expr::Path(_) | ast::Expr::Call(_) => relation.source.clone(),
        ast::Expr::Pipeline(pipeline) => match pipeline.operators.last() {
            Some(Operator::As(it)) => Some(it.name.text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Rows of all legs under one list of columns.
pub(super) fn union(legs: Vec<Leg>, inner: bool, with_source: Option<&str>, cx: &mut Binder<'_>) -> Relation {
    let shape = shape(&legs, inner);
    let mut columns: Vec<Column> = Vec::new();
    if let Some(name) = with_source {
        columns.push(cx.new_column(name, KqlType::String));
    }
    for (_, ty, name) in &shape {
        columns.push(cx.new_column(name.clone(), *ty));
    }
    let open = legs.iter().any(|leg| leg.relation.open);
    let inputs = legs.into_iter().map(|leg| {
        let source = with_source.map(|_| Expr::literal(Value::String(leg.label.clone()), Span::default()));
        let cells = shape.iter().map(|(name, ty, _)| cell(&leg.relation, name, *ty));
        (leg.relation.plan.clone(), source.into_iter().chain(cells).collect())
    });
    let plan = Plan::Union { inputs: inputs.collect(), columns: columns.iter().map(|it| (it.id, it.ty)).collect() };
    Relation { open, ..Relation::new(plan, columns) }
}

/// A leg's value of a column: nothing, where it has no column of that name and type.
fn cell(relation: &Relation, name: &str, ty: KqlType) -> Expr {
    match relation.column(name).filter(|column| column.ty == ty) {
        Some(column) => Expr::column(column, Span::default()),
        None => Expr::literal(Value::absent(ty), Span::default()),
    }
}

/// Name in the legs, type, and name in the union of each column, in order of first appearance. A name that has several
/// types becomes several columns: `x_long`, `x_string` (fact 242).
fn shape(legs: &[Leg], inner: bool) -> Vec<(Arc<str>, KqlType, Arc<str>)> {
    let mut found: Vec<(Arc<str>, KqlType)> = Vec::new();
    for column in legs.iter().flat_map(|leg| &leg.relation.columns) {
        let key = (column.name.clone(), column.ty);
        if !found.contains(&key) {
            found.push(key);
        }
    }
    if inner {
        let everywhere = |(name, ty): &(Arc<str>, KqlType)| {
            legs.iter().all(|leg| leg.relation.column(name).is_some_and(|column| column.ty == *ty))
        };
        found.retain(everywhere);
    }
    let names: Vec<Arc<str>> = found.iter().map(|(name, _)| name.clone()).collect();
    let clashes = |name: &Arc<str>| names.iter().filter(|other| *other == name).count() > 1;
    found
        .iter()
        .map(|(name, ty)| {
            let shown = if clashes(name) { typed_name(name, *ty, &names) } else { name.clone() };
            (name.clone(), *ty, shown)
        })
        .collect()
}

fn typed_name(name: &str, ty: KqlType, names: &[Arc<str>]) -> Arc<str> {
    let typed = format!("{name}_{}", ty.name());
    let taken = |name: &str| names.iter().any(|other| **other == *name);
    if taken(&typed) { numbered(&typed, taken) } else { typed.into() }
}
