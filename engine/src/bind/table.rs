//! Tabular expressions: tables, pipelines, `materialize`, and what a name or call in a table's place means.

use std::sync::Arc;

use kql_parser::ast::{self, Step};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::{is_sentinel_table, retired_table, suggest};

use super::Binder;
use super::env::Binding;
use crate::bound::{Column, Expr, ExprKind, Plan, Relation, SortKey};
use crate::catalog::TableShape;
use crate::error::{self, unsupported};
use crate::ops;

impl<'a> Binder<'a> {
    /// Binds an expression that has rows.
    pub(crate) fn bind_table(&mut self, expr: &'a ast::Expr) -> Relation {
        match expr {
            ast::Expr::Name(name) => self.bind_table_name(name),
            ast::Expr::Path(path) => self.bind_table_path(path),
            ast::Expr::Call(call) => self.bind_table_call(call),
            ast::Expr::Pipeline(pipeline) => self.bind_pipeline(pipeline),
            ast::Expr::Operator(operator) => ops::bind_source(operator, self),
            ast::Expr::Datatable(it) => ops::source::bind_datatable(it, self),
            ast::Expr::Externaldata(it) => ops::source::bind_externaldata(it, self),
            ast::Expr::Error(_) => Relation::hole(),
            ast::Expr::Wildcard(it) => self.bind_union_of(it),
            other => {
                let message = "a table is needed here, not a scalar";
                self.report(Diagnostic::error(error::NOT_A_TABLE, other.span()).message(message));
                Relation::hole()
            }
        }
    }

    fn bind_pipeline(&mut self, pipeline: &'a ast::Pipeline) -> Relation {
        let mut relation = self.bind_table(&pipeline.source);
        for operator in &pipeline.operators {
            relation = ops::bind(operator, relation, self);
        }
        relation
    }

    /// Whether an expression has rows: a table, a pipeline, a call of a tabular function.
    pub(crate) fn is_tabular(&self, expr: &ast::Expr) -> bool {
        match expr {
            ast::Expr::Pipeline(_) | ast::Expr::Operator(_) | ast::Expr::Datatable(_) | ast::Expr::Externaldata(_) => {
                true
            }
            ast::Expr::Name(name) => match self.env.get(&name.text) {
                Some(Binding::Table(_)) => true,
                Some(Binding::Function(function)) => function.tabular && function.decl.parameters.is_empty(),
                Some(Binding::Scalar(_) | Binding::Pattern(_)) => false,
                None => self.cx.tables.table(&name.text).is_some(),
            },
            ast::Expr::Call(call) => match self.env.get(&call.name.text) {
                Some(Binding::Function(function)) => function.tabular,
                Some(Binding::Table(_) | Binding::Pattern(_)) => true,
                _ => matches!(&*call.name.text, "materialize" | "table"),
            },
            ast::Expr::Path(path) => starts_in_database(path) || self.pattern_before(path).is_some(),
            _ => false,
        }
    }

    fn bind_table_name(&mut self, name: &'a ast::Name) -> Relation {
        match self.env.get(&name.text) {
            Some(Binding::Table(relation)) => {
                let relation = relation.clone();
                self.refresh(&relation)
            }
            Some(Binding::Function(function)) => {
                let function = function.clone();
                self.call_user_table(&function, &[], None, name.span)
            }
            Some(Binding::Scalar(value)) => {
                // A parameter that holds a hole may well be a table.
                if !value.is_poison() {
                    let message = format!("`{}` is a scalar; a table is needed here", name.text);
                    self.report(Diagnostic::error(error::NOT_A_TABLE, name.span).message(message));
                }
                Relation::hole()
            }
            Some(Binding::Pattern(_)) | None => match self.cx.tables.table(&name.text) {
                Some(shape) => self.scan(&shape.clone()),
                None => self.unknown_table(&name.text, name.span),
            },
        }
    }

    /// The pattern that `pattern("a").b` calls.
    fn pattern_before<'p>(&self, path: &'p ast::Path) -> Option<(&'a ast::Pattern, &'p ast::Call)> {
        let ast::Expr::Call(call) = &*path.root else { return None };
        match self.env.get(&call.name.text) {
            Some(Binding::Pattern(pattern)) => Some((pattern, call)),
            _ => None,
        }
    }

    pub(crate) fn unknown_table(&mut self, name: &str, span: Span) -> Relation {
        let message = if is_sentinel_table(name) {
            format!("`{name}` is a Microsoft Sentinel table that Defender's schema does not have")
        } else {
            format!("no table named `{name}`")
        };
        let hint = match retired_table(name) {
            Some(successor) => Some(format!("it was replaced by `{successor}`")),
            None => suggest(name, self.cx.tables.names()).map(|it| format!("did you mean `{it}`?")),
        };
        self.report(Diagnostic::error(error::UNKNOWN_TABLE, span).message(message).hint(hint));
        Relation::hole()
    }

    /// All rows of a table.
    pub(crate) fn scan(&mut self, shape: &Arc<TableShape>) -> Relation {
        let columns: Vec<Column> = shape.columns.iter().map(|(name, ty)| self.new_column(name.clone(), *ty)).collect();
        let ids = columns.iter().map(|column| column.id).collect();
        let plan = Plan::Scan { table: shape.clone(), columns: ids };
        let rows = self.visible(&shape.name, Relation::new(plan, columns));
        Relation { source: Some(shape.name.clone()), ..rows }
    }

    /// The same rows under fresh column ids, so that a `let` may be used several times, in a self join too.
    pub(crate) fn refresh(&mut self, relation: &Relation) -> Relation {
        let mut renamed: Vec<(crate::bound::ColumnId, crate::bound::ColumnId)> = Vec::new();
        let mut extend = Vec::new();
        let mut columns = Vec::new();
        for column in &relation.columns {
            let fresh = Column { id: self.new_id(), ..column.clone() };
            extend.push((fresh.id, Expr::column(column, Span::default())));
            renamed.push((column.id, fresh.id));
            columns.push(fresh);
        }
        let mut order = Vec::new();
        for key in &relation.order {
            let known = renamed.iter().find(|(old, _)| *old == key.column).map(|(_, fresh)| *fresh);
            // A key that was projected away comes along hidden.
            let column = known.unwrap_or_else(|| {
                let fresh = self.new_id();
                let hidden = ExprKind::Column(key.column);
                // The type of a hidden column is not looked at: nothing but the sort reads it.
                extend.push((fresh, Expr { kind: hidden, ty: vizsla_schema::KqlType::Long, span: Span::default() }));
                fresh
            });
            order.push(SortKey { column, ..*key });
        }
        let plan = Plan::Project { input: relation.plan.clone(), columns: extend };
        Relation { plan: Arc::new(plan), columns, order, ..relation.clone() }
    }

    fn bind_table_call(&mut self, call: &'a ast::Call) -> Relation {
        match self.env.get(&call.name.text) {
            Some(Binding::Function(function)) => {
                let function = function.clone();
                return self.call_user_table(&function, &call.arguments, None, call.span);
            }
            Some(Binding::Pattern(pattern)) => return self.call_pattern(pattern, call, &[], call.span),
            // `let T = () { … }` without braces; `T()` is the same rows.
            Some(Binding::Table(relation)) if call.arguments.is_empty() => {
                let relation = relation.clone();
                return self.refresh(&relation);
            }
            _ => {}
        }
        match (&*call.name.text, call.arguments.as_slice()) {
            ("materialize", [argument]) => self.bind_materialize(&argument.expr),
            ("table", [argument, ..]) => self.bind_table_function(&argument.expr),
            ("materialize" | "table", _) => {
                let message = format!("`{}` takes 1 argument", call.name.text);
                self.report(Diagnostic::error(error::ARITY, call.span).message(message));
                Relation::hole()
            }
            _ => {
                self.unknown_table_function(&call.name);
                Relation::hole()
            }
        }
    }

    fn unknown_table_function(&mut self, name: &ast::Name) {
        let functions = self.env.iter().filter(|(_, binding)| matches!(binding, Binding::Function(_)));
        let hint = suggest(&name.text, functions.map(|(name, _)| &**name)).map(|it| format!("did you mean `{it}`?"));
        let message = format!("no function named `{}` gives a table", name.text);
        self.report(Diagnostic::error(error::UNKNOWN_FUNCTION, name.span).message(message).hint(hint));
    }

    /// `materialize(T)` runs `T` once, however often its rows are read.
    fn bind_materialize(&mut self, expr: &'a ast::Expr) -> Relation {
        let relation = self.bind_table(expr);
        self.spooled(relation)
    }

    /// The rows of `relation`, run once and kept.
    pub(crate) fn spooled(&mut self, relation: Relation) -> Relation {
        let step = self.spool(relation.clone());
        let mut columns = Vec::new();
        let mut ids = Vec::new();
        for column in &relation.columns {
            let fresh = Column { id: self.new_id(), ..column.clone() };
            ids.push((fresh.id, column.id, column.ty));
            columns.push(fresh);
        }
        Relation {
            open: relation.open,
            source: relation.source.clone(),
            ..Relation::new(Plan::Spool { step, columns: ids }, columns)
        }
    }

    /// `table("name")`
    fn bind_table_function(&mut self, argument: &'a ast::Expr) -> Relation {
        match self.constant(argument, vizsla_schema::KqlType::String, "the table's name") {
            Some(Value::String(name)) => self.table_named(&name, argument.span()),
            _ => Relation::hole(),
        }
    }

    /// A table of the data, or a view.
    pub(crate) fn table_named(&mut self, name: &str, span: Span) -> Relation {
        match self.env.get(name) {
            Some(Binding::Table(relation)) => {
                let relation = relation.clone();
                self.refresh(&relation)
            }
            _ => match self.cx.tables.table(name) {
                Some(shape) => self.scan(&shape.clone()),
                None => self.unknown_table(name, span),
            },
        }
    }

    /// `database("d").T`, `cluster("c").database("d").T`: there is one database here, so only the last step counts.
    fn bind_table_path(&mut self, path: &'a ast::Path) -> Relation {
        if let Some((pattern, call)) = self.pattern_before(path) {
            return self.call_pattern(pattern, call, &path.steps, path.span);
        }
        if !starts_in_database(path) {
            let message = "a table is needed here, not a member of a value";
            self.report(Diagnostic::error(error::NOT_A_TABLE, path.span).message(message));
            return Relation::hole();
        }
        match path.steps.last() {
            Some(Step::Name(name)) => match self.cx.tables.table(&name.text) {
                Some(shape) => self.scan(&shape.clone()),
                None => self.unknown_table(&name.text, name.span),
            },
            Some(Step::Call(call)) => self.bind_table_call(call),
            Some(Step::Index(index)) => self.bind_table_function(index),
            Some(Step::Wildcard(it)) => self.bind_union_of(it),
            None => {
                self.report(unsupported("a database as a table", path.span));
                Relation::hole()
            }
        }
    }

    fn bind_union_of(&mut self, wildcard: &'a ast::Wildcard) -> Relation {
        ops::union::bind_pattern(wildcard, self)
    }

    /// Tables, then views, whose names match a pattern with `*`.
    pub(crate) fn tables_matching(&self, pattern: &str) -> Vec<Arc<str>> {
        let tables = self.cx.tables.names().filter(|name| matches_pattern(name, pattern)).map(Arc::from);
        let views = self.views.iter().filter(|name| matches_pattern(name, pattern)).cloned();
        tables.chain(views).collect()
    }
}

impl Relation {
    /// What stands for a table that could not be bound: no rows, and any column, so that one mistake is one error.
    pub(crate) fn hole() -> Relation {
        let plan = Plan::Values { columns: Vec::new(), rows: Arc::new(Vec::new()) };
        Relation { open: true, serialized: true, ..Relation::new(plan, Vec::new()) }
    }
}

fn starts_in_database(path: &ast::Path) -> bool {
    matches!(&*path.root, ast::Expr::Call(call) if matches!(&*call.name.text, "database" | "cluster"))
}

/// Whether `name` fits a pattern in which `*` stands for any text. Case-sensitive, as names are.
pub(crate) fn matches_pattern(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns_match_whole_names() {
        for (name, pattern, expected) in [
            ("DeviceEvents", "Device*", true),
            ("DeviceEvents", "*Events", true),
            ("DeviceEvents", "D*ice*nts", true),
            ("DeviceEvents", "*", true),
            ("DeviceEvents", "device*", false),
            ("DeviceEvents", "Device", false),
            ("aa", "a*a*a", false),
        ] {
            assert_eq!(matches_pattern(name, pattern), expected, "{name} ~ {pattern}");
        }
    }
}
