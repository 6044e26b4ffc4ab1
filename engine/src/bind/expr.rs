//! Scalar expressions, one arm for each kind of syntax node.

use kql_parser::ast::{self, UnaryOp};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, operators};
use vizsla_schema::{KqlType, is_sentinel_column, suggest};

use super::Binder;
use super::convert::literal_value;
use super::env::Binding;
use super::row::{Lifted, Row};
use crate::bound::{Expr, ExprKind};
use crate::error::{self, unsupported};

impl<'a> Binder<'a> {
    /// Binds a scalar expression.
    pub(crate) fn bind_scalar(&mut self, expr: &'a ast::Expr, row: &mut Row<'_>) -> Expr {
        match expr {
            ast::Expr::Literal(it) => Expr::literal(literal_value(&it.value), it.span),
            ast::Expr::Name(it) => self.bind_name(it, row),
            ast::Expr::Path(it) => self.bind_path(it, row),
            ast::Expr::Call(it) => self.bind_call(it, row),
            ast::Expr::Unary(it) => self.bind_unary(it, row),
            ast::Expr::Binary(it) => self.bind_binary(it, row),
            ast::Expr::And(it) => self.bind_terms(it, row, ExprKind::And),
            ast::Expr::Or(it) => self.bind_terms(it, row, ExprKind::Or),
            ast::Expr::In(it) => self.bind_in(it, row),
            ast::Expr::Between(it) => self.bind_between(it, row),
            ast::Expr::Error(span) => Expr::poison(*span),
            ast::Expr::Star(span) => {
                self.fail(Diagnostic::error(error::NOT_A_SCALAR, *span).message("`*` cannot stand here"))
            }
            ast::Expr::Wildcard(it) => self.fail(
                Diagnostic::error(error::NOT_A_SCALAR, it.span)
                    .message(format!("the pattern `{}` cannot stand here", it.pattern)),
            ),
            ast::Expr::Typeof(it) => {
                self.fail(Diagnostic::error(error::NOT_A_SCALAR, it.span).message("`typeof` cannot stand here"))
            }
            ast::Expr::EntityGroup(it) => self.fail(unsupported("`entity_group`", it.span)),
            ast::Expr::Pipeline(_) | ast::Expr::Operator(_) | ast::Expr::Datatable(_) | ast::Expr::Externaldata(_) => {
                let hint = "`toscalar(…)` takes the first value of a table";
                self.fail(
                    Diagnostic::error(error::NOT_A_SCALAR, expr.span())
                        .message("a table cannot stand where a scalar is needed")
                        .hint(hint),
                )
            }
        }
    }

    /// Binds a condition.
    pub(crate) fn bind_predicate(&mut self, expr: &'a ast::Expr, row: &mut Row<'_>) -> Expr {
        let bound = self.bind_scalar(expr, row);
        self.truth(bound)
    }

    /// A bool, or a number as one; anything else is reported.
    pub(crate) fn truth(&mut self, expr: Expr) -> Expr {
        match expr.ty {
            KqlType::Bool => expr,
            KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal | KqlType::Dynamic => {
                self.convert_to(expr, KqlType::Bool)
            }
            other => {
                let message = format!("a bool is needed here, not a {}", other.name());
                self.fail(Diagnostic::error(error::TYPE_MISMATCH, expr.span).message(message))
            }
        }
    }

    fn bind_terms(&mut self, it: &'a ast::Terms, row: &mut Row<'_>, join: fn(Vec<Expr>) -> ExprKind) -> Expr {
        let terms = it.terms.iter().map(|term| self.bind_predicate(term, row)).collect();
        Expr { kind: join(terms), ty: KqlType::Bool, span: it.span }
    }

    fn bind_unary(&mut self, it: &'a ast::Unary, row: &mut Row<'_>) -> Expr {
        let operand = self.bind_scalar(&it.operand, row);
        match it.op {
            UnaryOp::Plus => operand,
            UnaryOp::Minus => {
                let def = operators::operator("neg").expect("the operator table has a negation");
                self.apply(def, vec![operand], it.span)
            }
        }
    }

    fn bind_name(&mut self, name: &ast::Name, row: &mut Row<'_>) -> Expr {
        if let Some(column) = row.column(&name.text) {
            let expr = Expr::column(column, name.span);
            return self.column_allowed(expr, name, row);
        }
        if let Some(element) = self.bind_element(name, row) {
            return element;
        }
        match self.env.get(&name.text) {
            Some(Binding::Scalar(value)) => return Expr { span: name.span, ..value.clone() },
            Some(Binding::Table(_)) => return self.table_as_scalar(name),
            Some(Binding::Function(_) | Binding::Pattern(_)) | None => {}
        }
        if row.open {
            return Expr::poison(name.span);
        }
        self.unknown_name(name, row)
    }

    /// In `summarize` a bare column can only stand inside an aggregate (fact 195).
    fn column_allowed(&mut self, expr: Expr, name: &ast::Name, row: &Row<'_>) -> Expr {
        if !matches!(row.lifted, Lifted::Aggregates(_)) {
            return expr;
        }
        let message = format!("the column `{}` has to stand inside an aggregate", name.text);
        let hint = format!("use `take_any({0})`, or add `{0}` after `by`", name.text);
        self.fail(Diagnostic::error(error::AGGREGATE_MISPLACED, name.span).message(message).hint(hint))
    }

    fn table_as_scalar(&mut self, name: &ast::Name) -> Expr {
        let message = format!("`{}` is a table; a scalar is needed here", name.text);
        let hint = format!("`toscalar({})` takes its first value", name.text);
        self.fail(Diagnostic::error(error::NOT_A_SCALAR, name.span).message(message).hint(hint))
    }

    fn unknown_name(&mut self, name: &ast::Name, row: &Row<'_>) -> Expr {
        if self.cx.tables.table(&name.text).is_some() {
            return self.table_as_scalar(name);
        }
        let columns: Vec<&str> = row.columns.iter().map(|column| &*column.name).collect();
        let has_columns = !columns.is_empty();
        let code = if has_columns { error::UNKNOWN_COLUMN } else { error::UNKNOWN_NAME };
        let what = if has_columns { "no column" } else { "nothing" };
        let message = if has_columns && is_sentinel_column(&name.text) {
            format!("`{}` is a Microsoft Sentinel column that this table does not have", name.text)
        } else {
            format!("{what} named `{}` here", name.text)
        };
        let known = columns.iter().copied().chain(self.env.iter().map(|(name, _)| &**name));
        let hint = suggest(&name.text, known).map(|it| format!("did you mean `{it}`?"));
        self.fail(Diagnostic::error(code, name.span).message(message).hint(hint))
    }

    /// A constant after folding; reports if it is none.
    pub(crate) fn constant(&mut self, expr: &'a ast::Expr, ty: KqlType, what: &str) -> Option<Value> {
        let bound = self.bind_scalar(expr, &mut Row::none());
        let span = bound.span;
        if bound.is_poison() {
            return None;
        }
        let converted = self.convert_to(bound, ty);
        match converted.as_literal() {
            Some(value) => Some(value.clone()),
            None => {
                let message = format!("{what} has to be a constant {}", ty.name());
                self.report(Diagnostic::error(error::CONSTANT_REQUIRED, span).message(message));
                None
            }
        }
    }

    /// A number of rows: a constant that is not negative; `toscalar` of one is not known here yet.
    pub(crate) fn row_count(&mut self, expr: &'a ast::Expr) -> u64 {
        let value = self.constant(expr, KqlType::Long, "the number of rows");
        value.and_then(|value| value.as_long()).map_or(0, |count| u64::try_from(count).unwrap_or(0))
    }

    /// `true`, as a condition that says nothing.
    pub(crate) fn always(span: Span) -> Expr {
        Expr::literal(Value::Bool(true), span)
    }
}
