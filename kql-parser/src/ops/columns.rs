//! Operators that choose, compute, name or order columns: `extend` and the `project` family.

use super::{Grammar, Head, Operator};
use crate::ast::{Expr, NamedExpr};
use crate::grammar::{Input, Parse, list0, list1, name_or_wildcard, named_expr};
use crate::print::{Print, Printer};
use crate::span::Span;

/// `extend a = b, …`
#[derive(Clone, Debug, PartialEq)]
pub struct Extend {
    /// In the order written.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project a, b = c, …`
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// In the order written, possibly none.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-away a, b*, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAway {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-keep a, b*, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectKeep {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-rename new = old, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRename {
    /// Each with one name.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `project-reorder a, b* asc, …`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectReorder {
    /// What comes first, in the order written.
    pub columns: Vec<ReorderColumn>,
    /// From the keyword on.
    pub span: Span,
}

/// One entry of `project-reorder`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderColumn {
    /// A name or wildcard.
    pub column: Expr,
    /// How the names a wildcard matched are ordered.
    pub direction: Option<ReorderDirection>,
    /// All of it.
    pub span: Span,
}

/// Order of names that a wildcard matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReorderDirection {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: numbers within names count as numbers.
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// `project-by-names "C*", names, dynamic([…])`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectByNames {
    /// Expressions that give names or wildcards as text.
    pub names: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[
    ("extend", extend),
    ("project", project),
    ("project-away", project_away),
    ("project-keep", project_keep),
    ("project-rename", project_rename),
    ("project-reorder", project_reorder),
    ("project-by-names", project_by_names),
];

fn extend(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list1(named_expr)(input)?;
    Ok((rest, Operator::Extend(Extend { columns, span: head.span(rest) })))
}

fn project(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list0(named_expr)(input)?;
    Ok((rest, Operator::Project(Project { columns, span: head.span(rest) })))
}

fn project_away(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list0(name_or_wildcard)(input)?;
    Ok((rest, Operator::ProjectAway(ProjectAway { columns, span: head.span(rest) })))
}

fn project_keep(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list1(name_or_wildcard)(input)?;
    Ok((rest, Operator::ProjectKeep(ProjectKeep { columns, span: head.span(rest) })))
}

fn project_rename(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list0(named_expr)(input)?;
    Ok((rest, Operator::ProjectRename(ProjectRename { columns, span: head.span(rest) })))
}

fn project_reorder(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list0(reorder_column)(input)?;
    Ok((rest, Operator::ProjectReorder(ProjectReorder { columns, span: head.span(rest) })))
}

fn reorder_column(input: Input<'_>) -> Parse<'_, ReorderColumn> {
    let start = input.start();
    let (rest, column) = name_or_wildcard(input)?;
    let granny = rest.at_word("granny") && rest.at_sign(1, "-");
    let (rest, direction) = match rest.word(if granny { 2 } else { 0 }) {
        "asc" if granny => (rest.skip(3), Some(ReorderDirection::GrannyAsc)),
        "desc" if granny => (rest.skip(3), Some(ReorderDirection::GrannyDesc)),
        "asc" => (rest.skip(1), Some(ReorderDirection::Asc)),
        "desc" => (rest.skip(1), Some(ReorderDirection::Desc)),
        _ => (rest, None),
    };
    Ok((rest, ReorderColumn { column, direction, span: rest.since(start) }))
}

fn project_by_names(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, names) = list1(named_expr)(input)?;
    Ok((rest, Operator::ProjectByNames(ProjectByNames { names, span: head.span(rest) })))
}

impl Print for Extend {
    fn print(&self, p: &mut Printer) {
        p.put("extend ").list(&self.columns);
    }
}

impl Print for Project {
    fn print(&self, p: &mut Printer) {
        p.put("project ").list(&self.columns);
    }
}

impl Print for ProjectAway {
    fn print(&self, p: &mut Printer) {
        p.put("project-away ").list(&self.columns);
    }
}

impl Print for ProjectKeep {
    fn print(&self, p: &mut Printer) {
        p.put("project-keep ").list(&self.columns);
    }
}

impl Print for ProjectRename {
    fn print(&self, p: &mut Printer) {
        p.put("project-rename ").list(&self.columns);
    }
}

impl Print for ProjectReorder {
    fn print(&self, p: &mut Printer) {
        p.put("project-reorder ").list(&self.columns);
    }
}

impl Print for ReorderColumn {
    fn print(&self, p: &mut Printer) {
        p.expr(&self.column).put(match self.direction {
            None => "",
            Some(ReorderDirection::Asc) => " asc",
            Some(ReorderDirection::Desc) => " desc",
            Some(ReorderDirection::GrannyAsc) => " granny-asc",
            Some(ReorderDirection::GrannyDesc) => " granny-desc",
        });
    }
}

impl Print for ProjectByNames {
    fn print(&self, p: &mut Printer) {
        p.put("project-by-names ").list(&self.names);
    }
}
