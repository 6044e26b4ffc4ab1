//! From syntax tree to bound program: names, types, scopes, overloads, automatic column names.
//!
//! Scalars are bound here ([`expr`], [`call`], [`list`], [`path`]); what an operator after `|` does lives in
//! [`crate::ops`], one file per family as in the parser. Mistakes are collected, not thrown: a hole becomes
//! [`Expr::poison`], which fits any type, so that one typo is one error and the rest is still checked.
//!
//! Which columns `evaluate pivot` or `bag_unpack` give is known only from data. Binding then stops being certain: the
//! program is marked `unfinished`, its steps run, and the query is bound again with what they found ([`Context::found`]).
//! Without data such a relation stays open and unknown names in it are dynamic.

mod binary;
mod call;
pub(crate) mod convert;
pub(crate) mod env;
pub(crate) mod expr;
pub(crate) mod graph;
mod list;
pub(crate) mod names;
mod path;
mod pattern;
pub(crate) mod row;
mod special;
pub(crate) mod table;
mod user;
pub(crate) mod visible;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use kql_parser::ast::{self, Statement};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use self::env::{Binding, Env};
use self::row::Row;
use self::visible::Visible;
use crate::bound::{Column, ColumnId, Expr, Program, Question, Relation, Step, StepId, StepKind};
use crate::catalog::Tables;
use crate::error::{self, unsupported};

/// Columns that only the data knew.
pub(crate) type FoundColumns<'a> = &'a [(Arc<str>, KqlType)];

/// What binding needs to know besides the query.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) tables: &'a Tables,
    /// `now()`: ticks.
    pub(crate) now: i64,
    /// Values for `declare query_parameters`, as KQL text.
    pub(crate) parameters: &'a BTreeMap<String, String>,
    /// Whether steps can run: without data, what only data knows stays open.
    pub(crate) has_data: bool,
    /// Columns that earlier rounds found, in the order in which binding asks for them.
    pub(crate) found: &'a [Vec<(Arc<str>, KqlType)>],
    /// Which rows may be seen.
    pub(crate) visible: Option<&'a Visible>,
    /// Functions that come with the engine.
    pub(crate) library: &'a [Statement],
    /// Plugins that are written in KQL.
    pub(crate) plugins: &'a [Statement],
}

/// Binds a parsed query. The program is usable if no diagnostic is an error.
pub(crate) fn bind<'a>(query: &'a ast::Query, cx: &'a Context<'a>) -> (Program, Vec<Diagnostic>) {
    let mut binder = Binder::new(cx);
    binder.bind_library();
    binder.bind_statements(&query.statements, Level::Query);
    if binder.program.results.is_empty() && !binder.has_errors() {
        let hint = "a query ends in a table, such as `T | take 10` or `print x`";
        binder.report(Diagnostic::error(error::NO_RESULT, query.span).hint(hint));
    }
    (binder.program, binder.diagnostics)
}

/// Where statements stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Query,
    FunctionBody,
}

pub(crate) struct Binder<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) env: Env<'a>,
    pub(crate) program: Program,
    diagnostics: Vec<Diagnostic>,
    next_column: u32,
    /// How many column sets were asked for so far, see [`Context::found`].
    columns_asked: usize,
    /// `let` names of `view`s and tables that `union *` and `search` take in.
    views: Vec<Arc<str>>,
    /// Depth of function expansion.
    depth: usize,
    /// `now()`, which `set query_now` may change.
    pub(crate) now: i64,
    /// `set` options, such as `query_bin_auto_size`.
    pub(crate) options: HashMap<Arc<str>, Value>,
}

/// Functions that call functions may nest this deep; recursion is impossible, so only generated queries get here.
const MAX_DEPTH: usize = 64;

impl<'a> Binder<'a> {
    fn new(cx: &'a Context<'a>) -> Self {
        Binder {
            cx,
            env: Env::default(),
            program: Program::default(),
            diagnostics: Vec::new(),
            next_column: 0,
            columns_asked: 0,
            views: Vec::new(),
            depth: 0,
            now: cx.now,
            options: HashMap::new(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        // The same text bound twice (a step that has to be bound again, a table named twice) is one mistake.
        let known = |old: &Diagnostic| old.span.range() == diagnostic.span.range() && old.message == diagnostic.message;
        if !self.diagnostics.iter().any(known) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// How many diagnostics there are, to go back to.
    pub(crate) fn reported(&self) -> usize {
        self.diagnostics.len()
    }

    /// Forgets what was reported since, if that was about tables that do not exist.
    pub(crate) fn take_back_unknown_tables(&mut self, known: usize) -> bool {
        let mut since = self.diagnostics[known..].iter().filter(|diagnostic| diagnostic.is_error());
        let about_tables = since.clone().next().is_some() && since.all(|it| it.code == error::UNKNOWN_TABLE);
        if about_tables {
            self.diagnostics.truncate(known);
        }
        about_tables
    }

    /// Reports and answers the hole.
    pub(crate) fn fail(&mut self, diagnostic: Diagnostic) -> Expr {
        let span = diagnostic.span;
        self.report(diagnostic);
        Expr::poison(span)
    }

    fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    pub(crate) fn new_id(&mut self) -> ColumnId {
        self.next_column += 1;
        ColumnId(self.next_column)
    }

    pub(crate) fn new_column(&mut self, name: impl Into<Arc<str>>, ty: KqlType) -> Column {
        Column { id: self.new_id(), name: name.into(), ty }
    }

    /// Adds a step to the program; to an unfinished one no more, since binding it again may ask for others at this place.
    pub(crate) fn step(&mut self, kind: StepKind, relation: Relation) -> StepId {
        if self.program.unfinished {
            return StepId(self.program.steps.len());
        }
        self.program.steps.push(Step { kind, relation });
        StepId(self.program.steps.len() - 1)
    }

    /// Keeps the rows of `relation` for several readers.
    pub(crate) fn spool(&mut self, relation: Relation) -> StepId {
        self.step(StepKind::Spool, relation)
    }

    /// The columns that the rows of a spool call for, if a round of execution has found them already. If not, a step
    /// is added that will.
    pub(crate) fn found_columns(&mut self, question: Question, relation: Relation) -> Option<FoundColumns<'a>> {
        let asked = self.columns_asked;
        self.columns_asked += 1;
        self.step(StepKind::Columns(question), relation);
        let found = self.cx.found.get(asked).map(Vec::as_slice);
        self.program.unfinished |= found.is_none();
        found
    }

    /// Binds `f` where names are as in `env`.
    pub(crate) fn within<T>(&mut self, env: Env<'a>, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.env, env);
        let bound = f(self);
        self.env = outer;
        bound
    }

    /// Binds `f` one function deeper, unless that is too deep.
    pub(crate) fn deeper<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.report(Diagnostic::error(error::TOO_LARGE, span).message("functions call each other too deeply"));
            return None;
        }
        self.depth += 1;
        let bound = f(self);
        self.depth -= 1;
        Some(bound)
    }

    fn bind_library(&mut self) {
        for statement in self.cx.library {
            if let Statement::Let(item) = statement {
                self.bind_let(item);
            }
        }
    }

    fn bind_statements(&mut self, statements: &'a [Statement], level: Level) {
        let mut bound: Vec<&str> = Vec::new();
        for statement in statements {
            match statement {
                Statement::Let(item) => {
                    if bound.contains(&&*item.name.text) {
                        let message = format!("`{}` is bound twice", item.name.text);
                        self.report(Diagnostic::error(error::DUPLICATE_LET, item.name.span).message(message));
                    }
                    bound.push(&item.name.text);
                    self.bind_let(item);
                }
                Statement::Tabular(expr) if level == Level::Query => {
                    if let Some(relation) = self.bind_result(expr) {
                        self.program.results.push(relation);
                    }
                }
                Statement::Set(option) => self.bind_set(option),
                Statement::QueryParameters(declared) => self.bind_parameters(declared),
                Statement::Tabular(_) => {}
                Statement::Alias(it) => self.report(unsupported("`alias database`", it.span)),
                Statement::Pattern(it) => self.env = self.env.with(it.name.text.clone(), Binding::Pattern(it)),
                Statement::Restrict(it) => self.report(unsupported("`restrict access`", it.span)),
                Statement::Command(it) => self.report(unsupported("management commands", it.span)),
            }
        }
    }

    /// A statement that answers: rows, or a scalar expression as `print` would show it.
    fn bind_result(&mut self, expr: &'a ast::Expr) -> Option<Relation> {
        if matches!(expr, ast::Expr::Error(_)) {
            return None;
        }
        let relation = self.bind_table(expr);
        if relation.graph.is_some() {
            let hint = "end in `graph-match` or `graph-to-table`";
            let message = "a graph is not an answer";
            self.report(Diagnostic::error(error::NO_RESULT, expr.span()).message(message).hint(hint));
        }
        Some(relation)
    }

    fn bind_let(&mut self, item: &'a ast::Let) {
        let name = item.name.text.clone();
        let binding = match &item.value {
            ast::LetValue::Function(decl) => {
                if crate::functions::scalar(&name).is_some() {
                    let message = format!("`{name}` is a function of the language and cannot be declared");
                    let code = error::with_service(error::DUPLICATE_LET, "SEM0515");
                    self.report(Diagnostic::error(code, item.name.span).message(message));
                }
                if decl.view {
                    self.views.push(name.clone());
                }
                Binding::Function(Rc::new(self.define(&item.name, decl)))
            }
            ast::LetValue::Expr(expr) if self.is_tabular(expr) => Binding::Table(self.bind_table(expr)),
            ast::LetValue::Expr(expr) => Binding::Scalar(self.bind_scalar(expr, &mut Row::none())),
            ast::LetValue::EntityGroup(group) => {
                self.report(unsupported("`entity_group`", group.span));
                return;
            }
        };
        self.env = self.env.with(name, binding);
    }

    fn bind_set(&mut self, option: &'a ast::SetOption) {
        // Options of the service that do not change answers here are accepted and ignored.
        if let Some(value) = &option.value
            && !matches!(value, ast::Expr::Name(_))
        {
            let bound = self.bind_scalar(value, &mut Row::none());
            match (&*option.name.text, bound.as_literal()) {
                ("query_now", Some(Value::DateTime(now))) => self.now = *now,
                ("query_now", _) => {
                    let message = "`query_now` takes a datetime literal";
                    let code = error::with_service(error::BAD_ARGUMENT, "SEM0020");
                    self.report(Diagnostic::error(code, value.span()).message(message));
                }
                (_, Some(value)) => drop(self.options.insert(option.name.text.clone(), value.clone())),
                (_, None) => {}
            }
        }
    }

    fn bind_parameters(&mut self, declared: &'a ast::QueryParameters) {
        for parameter in &declared.parameters {
            let ty = convert::kql_type(parameter.ty.ty);
            let given = self.cx.parameters.get(&*parameter.name.text);
            let value = match (given, &parameter.default) {
                (Some(text), _) => self.given_parameter(parameter, text, ty),
                (None, Some(default)) => {
                    let bound = self.bind_scalar(default, &mut Row::none());
                    self.convert_to(bound, ty)
                }
                (None, None) => {
                    let message = format!("query parameter `{}` has no value", parameter.name.text);
                    let hint = format!("give one: `--param {}=…`", parameter.name.text);
                    self.fail(Diagnostic::error(error::MISSING_PARAMETER, parameter.span).message(message).hint(hint))
                }
            };
            self.env = self.env.with(parameter.name.text.clone(), Binding::Scalar(value));
        }
    }

    /// A value from outside: text for strings, otherwise text that converts to the declared type.
    fn given_parameter(&mut self, parameter: &ast::ColumnDeclaration, text: &str, ty: KqlType) -> Expr {
        let literal = Expr::literal(Value::String(text.into()), parameter.span);
        let value = self.convert_to(literal, ty);
        match value.as_literal() {
            Some(Value::Null(ty)) if !text.is_empty() => {
                let message = format!("`{text}` is no {} for query parameter `{}`", ty.name(), parameter.name.text);
                self.fail(Diagnostic::error(error::MISSING_PARAMETER, parameter.span).message(message))
            }
            _ => value,
        }
    }
}
