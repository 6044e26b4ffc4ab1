//! `search` and `find`: a condition over many tables (facts 248, 249).
//!
//! In their conditions a bare term is looked for in every column, and `column:"term"` in one; `*` at an end of a term
//! lets it be a part of a word.

use std::sync::Arc;

use kql_parser::ast::{self, BinaryOp, Find, FindColumn, FindProject, Search};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::parameters;
use super::union::{Leg, union};
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::row::Row;
use crate::bind::table::matches_pattern;
use crate::bound::{Column, Expr, ExprKind, Plan, Relation};
use crate::error;

pub(super) fn bind_search<'a>(it: &'a Search, input: Option<Relation>, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "search", &["kind"], cx);
    let kinds = [("case_insensitive", false), ("default", false), ("case_sensitive", true)];
    let case_sensitive = parameters::choice(&it.parameters, "kind", &kinds, false, cx);
    let legs = match input {
        Some(relation) => {
            let label = relation.source.clone().unwrap_or_else(|| "search_arg0".into());
            vec![Leg { relation, label }]
        }
        None => bind_legs(&it.tables, cx),
    };
    let legs: Vec<Leg> = legs.into_iter().map(|leg| filtered(leg, &it.predicate, case_sensitive, cx)).collect();
    if legs.is_empty() { Relation::hole() } else { union(legs, false, Some("$table"), cx) }
}

/// The tables in parentheses after `in`, or all.
fn bind_legs<'a>(tables: &'a [ast::Expr], cx: &mut Binder<'a>) -> Vec<Leg> {
    let mut legs = Vec::new();
    if tables.is_empty() {
        legs.extend(matching("*", Span::default(), cx));
    }
    for table in tables {
        match table {
            ast::Expr::Wildcard(it) => legs.extend(matching(&it.pattern, it.span, cx)),
            ast::Expr::Star(span) => legs.extend(matching("*", *span, cx)),
            other => {
                let relation = cx.bind_table(other);
                let label = relation.source.clone().unwrap_or_else(|| format!("search_arg{}", legs.len()).into());
                legs.push(Leg { relation, label });
            }
        }
    }
    legs
}

fn matching(pattern: &str, span: Span, cx: &mut Binder<'_>) -> Vec<Leg> {
    let names = cx.tables_matching(pattern);
    if names.is_empty() {
        let message = format!("no table's name fits `{pattern}`");
        cx.report(Diagnostic::error(error::UNKNOWN_TABLE, span).message(message));
    }
    names.into_iter().map(|name| Leg { relation: cx.table_named(&name, span), label: name }).collect()
}

/// A leg's rows that meet the condition. A table without a column that the condition names has none.
fn filtered<'a>(leg: Leg, predicate: &'a ast::Expr, case_sensitive: bool, cx: &mut Binder<'a>) -> Leg {
    let predicate = Conditions { case_sensitive }.bind(predicate, &leg.relation, cx);
    let relation = leg.relation.then(|plan| Plan::Filter { input: plan, predicate });
    Leg { relation, ..leg }
}

/// How terms are compared.
struct Conditions {
    case_sensitive: bool,
}

impl Conditions {
    fn bind<'a>(&self, expr: &'a ast::Expr, input: &Relation, cx: &mut Binder<'a>) -> Expr {
        match expr {
            ast::Expr::And(it) => self.terms(&it.terms, ExprKind::And, it.span, input, cx),
            ast::Expr::Or(it) => self.terms(&it.terms, ExprKind::Or, it.span, input, cx),
            ast::Expr::Call(call) if &*call.name.text == "not" && call.arguments.len() == 1 => {
                let inner = self.bind(&call.arguments[0].expr, input, cx);
                Expr { kind: ExprKind::Not(Box::new(inner)), ty: KqlType::Bool, span: call.span }
            }
            ast::Expr::Literal(literal) => self.term(&literal.value, &columns(input, literal.span), literal.span, cx),
            ast::Expr::Star(span) => Binder::always(*span),
            ast::Expr::Binary(it) if it.op == BinaryOp::Matches => self.column_term(it, input, cx),
            other => cx.bind_predicate(other, &mut Row::plain(input)),
        }
    }

    fn terms<'a>(
        &self,
        terms: &'a [ast::Expr],
        join: fn(Vec<Expr>) -> ExprKind,
        span: Span,
        input: &Relation,
        cx: &mut Binder<'a>,
    ) -> Expr {
        let terms = terms.iter().map(|term| self.bind(term, input, cx)).collect();
        Expr { kind: join(terms), ty: KqlType::Bool, span }
    }

    /// `column:"term"`, `*:"term"`
    fn column_term<'a>(&self, it: &'a ast::Binary, input: &Relation, cx: &mut Binder<'a>) -> Expr {
        let searched = match &*it.left {
            ast::Expr::Star(span) => columns(input, *span),
            left => vec![cx.bind_scalar(left, &mut Row::plain(input))],
        };
        match &*it.right {
            ast::Expr::Literal(literal) => self.term(&literal.value, &searched, it.span, cx),
            right => {
                let right = cx.bind_scalar(right, &mut Row::plain(input));
                cx.any_of(self.has(), &searched, &right, it.span)
            }
        }
    }

    fn has(&self) -> BinaryOp {
        if self.case_sensitive { BinaryOp::HasCs } else { BinaryOp::Has }
    }

    /// A term in any of some columns; numbers are looked for as text.
    fn term(&self, value: &ast::Value, searched: &[Expr], span: Span, cx: &mut Binder<'_>) -> Expr {
        let value = crate::bind::convert::literal_value(value);
        let literal = Expr::literal(value, span);
        let text = cx.convert_to(literal, KqlType::String);
        let Some(Value::String(term)) = text.as_literal().cloned() else { return Expr::poison(span) };
        let (start, end) = (term.starts_with('*'), term.ends_with('*') && term.len() > 1);
        let bare = term.trim_start_matches('*').trim_end_matches('*');
        let op = match (start, end, self.case_sensitive) {
            (false, false, false) => BinaryOp::Has,
            (false, false, true) => BinaryOp::HasCs,
            (false, true, false) => BinaryOp::HasPrefix,
            (false, true, true) => BinaryOp::HasPrefixCs,
            (true, false, false) => BinaryOp::HasSuffix,
            (true, false, true) => BinaryOp::HasSuffixCs,
            (true, true, false) => BinaryOp::Contains,
            (true, true, true) => BinaryOp::ContainsCs,
        };
        let needle = Expr::literal(Value::String(bare.into()), span);
        cx.any_of(op, searched, &needle, span)
    }
}

fn columns(input: &Relation, span: Span) -> Vec<Expr> {
    input.columns.iter().map(|column| Expr::column(column, span)).collect()
}

/// `find [in (tables)] where condition [project …]`
pub(super) fn bind_find<'a>(it: &'a Find, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "find", &["withsource", "datascope"], cx);
    let source =
        parameters::word(&it.parameters, "withsource").map_or("source_".to_owned(), |(name, _)| name.into_owned());
    let mentioned = mentioned(&it.predicate);
    let legs: Vec<Leg> =
        bind_legs(&it.tables, cx).into_iter().filter(|leg| has_all(&leg.relation, &mentioned)).collect();
    if legs.is_empty() {
        let message = "none of the tables has all columns that the condition names";
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, it.predicate.span()).message(message));
        return Relation::hole();
    }
    let legs: Vec<Leg> = legs.into_iter().map(|leg| filtered(leg, &it.predicate, false, cx)).collect();
    let wanted = wanted(it, &mentioned, &legs);
    let packs = !matches!(&it.project, Some(FindProject::Columns(columns)) if !columns.iter().any(|it| matches!(it, FindColumn::Pack(_))));
    let legs = legs.into_iter().map(|leg| projected(leg, &wanted, packs, it, cx)).collect();
    union(legs, false, Some(&source), cx)
}

/// A column that `find` gives: its name and, if the query says so, its type.
type Wanted = (Arc<str>, Option<KqlType>);

/// The columns asked for; otherwise those of the condition and those that all tables have.
fn wanted(it: &Find, mentioned: &[Arc<str>], legs: &[Leg]) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    if let Some(FindProject::Columns(columns)) = &it.project {
        for column in columns {
            if let FindColumn::Column { name, ty } = column {
                wanted.push((name.text.clone(), ty.as_ref().map(|ty| kql_type(ty.ty))));
            }
        }
        return wanted;
    }
    wanted.extend(mentioned.iter().map(|name| (name.clone(), None)));
    for column in legs.first().map_or(&[][..], |leg| &leg.relation.columns) {
        let common = legs.iter().all(|leg| leg.relation.column(&column.name).is_some_and(|it| it.ty == column.ty));
        if common && !wanted.iter().any(|(name, _)| *name == column.name) {
            wanted.push((column.name.clone(), None));
        }
    }
    let away = |name: &str| {
        it.project_away.iter().any(|item| match item {
            ast::Expr::Name(it) => &*it.text == name,
            ast::Expr::Wildcard(it) => matches_pattern(name, &it.pattern),
            _ => false,
        })
    };
    wanted.retain(|(name, _)| !away(name));
    wanted
}

/// The wanted columns of a leg, and a bag of the others.
fn projected(leg: Leg, wanted: &[Wanted], packs: bool, it: &Find, cx: &mut Binder<'_>) -> Leg {
    let relation = &leg.relation;
    let mut columns: Vec<Column> = Vec::new();
    let mut extend = Vec::new();
    for (name, ty) in wanted {
        let Some(column) = relation.column(name) else { continue };
        let value = Expr::column(column, it.span);
        let value = match ty {
            Some(ty) => cx.convert_to(value, *ty),
            None => value,
        };
        columns.push(super::columns::column_for(name.clone(), value, &mut extend, cx));
    }
    if packs {
        let rest: Vec<&Column> =
            relation.columns.iter().filter(|column| !wanted.iter().any(|(name, _)| *name == column.name)).collect();
        let bag = cx.pack(&rest, true, it.span);
        columns.push(super::columns::column_for("pack_".into(), bag, &mut extend, cx));
    }
    let relation = relation.then(|plan| super::columns::extended(plan, extend));
    Leg { relation: Relation { columns, ..relation }, ..leg }
}

fn has_all(relation: &Relation, names: &[Arc<str>]) -> bool {
    relation.open || names.iter().all(|name| relation.column(name).is_some())
}

/// Names that stand where a column may.
fn mentioned(expr: &ast::Expr) -> Vec<Arc<str>> {
    let mut names = Vec::new();
    collect(expr, &mut names);
    names
}

fn collect(expr: &ast::Expr, names: &mut Vec<Arc<str>>) {
    let known = matches!(expr, ast::Expr::Name(name) if names.contains(&name.text));
    let mut all = |parts: &[&ast::Expr]| parts.iter().for_each(|part| collect(part, names));
    match expr {
        ast::Expr::Name(_) if known => {}
        ast::Expr::Name(name) => names.push(name.text.clone()),
        ast::Expr::Path(it) => all(&[&it.root]),
        ast::Expr::Call(it) => it.arguments.iter().for_each(|argument| collect(&argument.expr, names)),
        ast::Expr::Unary(it) => all(&[&it.operand]),
        ast::Expr::Binary(it) => all(&[&it.left, &it.right]),
        ast::Expr::And(it) | ast::Expr::Or(it) => it.terms.iter().for_each(|term| collect(term, names)),
        ast::Expr::In(it) => all(&[&it.left]),
        ast::Expr::Between(it) => all(&[&it.value, &it.low, &it.high]),
        _ => {}
    }
}
