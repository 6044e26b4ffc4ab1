//! `search` and `find`: predicates over any column of several tables.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::Terms;
use crate::ast::{Expr, Name, TypeName};
use crate::grammar::expr::expr;
use crate::grammar::schema::colon_type;
use crate::grammar::{Input, Parse, Takes, entity, list1, name, name_or_wildcard, parameters, parens};
use crate::print::{Print, Printer};
use crate::span::Span;
use crate::token::TokenKind;

/// `search kind=case_sensitive in (A, B*) "text" and Column: "x*"`
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// `in (…)`, empty for everything.
    pub tables: Vec<Expr>,
    /// A bare string is a term looked for in every column; [`Expr::Star`] matches every row.
    pub predicate: Expr,
    /// From the keyword on.
    pub span: Span,
}

/// `find withsource=T in (A, B*) where predicate project a, b: long, pack(*)`
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `withsource` and hints.
    pub parameters: Vec<Parameter>,
    /// `in (…)`, empty for everything.
    pub tables: Vec<Expr>,
    /// A bare string is a term looked for in every column.
    pub predicate: Expr,
    /// What to show.
    pub project: Option<FindProject>,
    /// `project-away`, empty if absent.
    pub project_away: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// What `find` shows.
#[derive(Clone, Debug, PartialEq)]
pub enum FindProject {
    /// `project-smart`
    Smart,
    /// `project a, b: long, pack(*)`
    Columns(Vec<FindColumn>),
}

/// One entry of `find … project`.
#[derive(Clone, Debug, PartialEq)]
pub enum FindColumn {
    /// `a` or `a: long`
    Column {
        /// The column.
        name: Name,
        /// Its type, where several tables disagree.
        ty: Option<TypeName>,
    },
    /// `pack(*)` or `pack_all()`: the other columns in one bag.
    Pack(Span),
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("search", search), ("find", find)];

fn search(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, tables) = in_tables(rest)?;
    let (rest, predicate) = search_predicate(rest)?;
    Ok((rest, Operator::Search(Search { parameters, tables, predicate, span: head.span(rest) })))
}

/// `in (A, B*)`, or nothing.
fn in_tables(input: Input<'_>) -> Parse<'_, Vec<Expr>> {
    if input.at_word("in") && input.kind(1) == Some(TokenKind::LParen) {
        parens(list1(entity))(input.skip(1))
    } else {
        Ok((input, Vec::new()))
    }
}

/// A predicate that may be, or begin with, `*` alone.
fn search_predicate(input: Input<'_>) -> Parse<'_, Expr> {
    let start = input.start();
    let star_alone = input.at_sign(0, "*")
        && matches!(input.kind(1), None | Some(TokenKind::Pipe | TokenKind::Semicolon | TokenKind::RParen));
    let star = Expr::Star(input.here());
    if star_alone {
        return Ok((input.skip(1), star));
    }
    if !(input.at_sign(0, "*") && input.word(1) == "and") {
        return expr(input);
    }
    let (rest, more) = expr(input.skip(2))?;
    let mut terms = vec![star];
    match more {
        Expr::And(more) => terms.extend(more.terms),
        other => terms.push(other),
    }
    Ok((rest, Expr::And(Terms { terms, span: rest.since(start) })))
}

fn find(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, parameters) = parameters(Takes::Any)(input)?;
    let (rest, tables) = in_tables(rest)?;
    let rest = if rest.at_word("where") { rest.skip(1) } else { rest };
    let (rest, predicate) = expr(rest)?;
    let (rest, project) = find_project(rest)?;
    let (rest, project_away) = find_project_away(rest)?;
    let find = Find { parameters, tables, predicate, project, project_away, span: head.span(rest) };
    Ok((rest, Operator::Find(find)))
}

fn find_project(input: Input<'_>) -> Parse<'_, Option<FindProject>> {
    if at_project(input, "smart") {
        return Ok((input.skip(3), Some(FindProject::Smart)));
    }
    if !input.at_word("project") || input.at_sign(1, "-") {
        return Ok((input, None));
    }
    let (rest, columns) = list1(find_column)(input.skip(1))?;
    Ok((rest, Some(FindProject::Columns(columns))))
}

fn at_project(input: Input<'_>, what: &str) -> bool {
    input.at_word("project") && input.at_sign(1, "-") && input.word(2) == what
}

fn find_project_away(input: Input<'_>) -> Parse<'_, Vec<Expr>> {
    let keyword = if input.at_word("__projectAway") { 1 } else { 3 };
    if keyword == 1 || at_project(input, "away") {
        list1(name_or_wildcard)(input.skip(keyword))
    } else {
        Ok((input, Vec::new()))
    }
}

fn find_column(input: Input<'_>) -> Parse<'_, FindColumn> {
    let packs_star = input.at_word("pack") && input.at_sign(2, "*");
    if packs_star && input.kind(3) == Some(TokenKind::RParen) {
        let rest = input.skip(4);
        return Ok((rest, FindColumn::Pack(rest.since(input.start()))));
    }
    if input.at_word("pack_all") && input.kind(2) == Some(TokenKind::RParen) {
        let rest = input.skip(3);
        return Ok((rest, FindColumn::Pack(rest.since(input.start()))));
    }
    let (rest, name) = name(input)?;
    if !rest.at(TokenKind::Colon) {
        return Ok((rest, FindColumn::Column { name, ty: None }));
    }
    let (rest, ty) = colon_type(rest)?;
    Ok((rest, FindColumn::Column { name, ty: Some(ty) }))
}

fn print_tables(tables: &[Expr], p: &mut Printer) {
    if !tables.is_empty() {
        p.put(" in (").operands(tables).put(")");
    }
}

impl Print for Search {
    fn print(&self, p: &mut Printer) {
        p.put("search").parameters(&self.parameters);
        print_tables(&self.tables, p);
        p.put(" ").expr(&self.predicate);
    }
}

impl Print for Find {
    fn print(&self, p: &mut Printer) {
        p.put("find").parameters(&self.parameters);
        print_tables(&self.tables, p);
        p.put(" where ").expr(&self.predicate);
        match &self.project {
            None => {}
            Some(FindProject::Smart) => {
                p.put(" project-smart");
            }
            Some(FindProject::Columns(columns)) => {
                p.put(" project ").list(columns);
            }
        }
        if !self.project_away.is_empty() {
            p.put(" project-away ").list(&self.project_away);
        }
    }
}

impl Print for FindColumn {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Pack(_) => {
                p.put("pack_all()");
            }
            Self::Column { name, ty } => {
                p.node(name);
                if let Some(ty) = ty {
                    p.put(": ").put(ty.ty.name());
                }
            }
        }
    }
}
