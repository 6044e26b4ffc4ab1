//! Functions defined in the query: a call is its body with the arguments in place (fact 276).

use std::rc::Rc;

use kql_parser::ast::{self, LetValue, ParameterKind, Statement};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;

use super::convert::kql_type;
use super::env::{Binding, Env, UserFunction};
use super::row::Row;
use super::{Binder, Level};
use crate::bound::{Expr, Relation};
use crate::error;
use crate::functions::defender::WITHOUT_SERVICE;

impl<'a> Binder<'a> {
    /// A function as it is where it is defined.
    pub(super) fn define(&self, name: &ast::Name, decl: &'a ast::Function) -> UserFunction<'a> {
        let tabular = self.body_is_tabular(decl);
        UserFunction { name: name.text.clone(), decl, env: self.env.clone(), tabular }
    }

    /// Whether a body answers rows. Decided by syntax, the parameters' kinds and what names stand for.
    fn body_is_tabular(&self, decl: &'a ast::Function) -> bool {
        let Some(result) = &decl.body.result else { return false };
        let mut probe = Binder::new(self.cx);
        probe.env = self.env.clone();
        for parameter in &decl.parameters {
            let binding = match parameter.kind {
                ParameterKind::Tabular(_) => Binding::Table(Relation::hole()),
                ParameterKind::Scalar(_) => Binding::Scalar(Expr::poison(parameter.span)),
            };
            probe.env = probe.env.with(parameter.name.text.clone(), binding);
        }
        for statement in &decl.body.statements {
            if let Statement::Let(item) = statement {
                let binding = match &item.value {
                    LetValue::Function(decl) => Binding::Function(Rc::new(probe.define(&item.name, decl))),
                    LetValue::Expr(expr) if probe.is_tabular(expr) => Binding::Table(Relation::hole()),
                    _ => Binding::Scalar(Expr::poison(item.span)),
                };
                probe.env = probe.env.with(item.name.text.clone(), binding);
            }
        }
        probe.is_tabular(result)
    }

    /// A call that stands where a scalar is needed.
    pub(super) fn call_user_scalar(
        &mut self,
        function: &Rc<UserFunction<'a>>,
        call: &'a ast::Call,
        row: &mut Row<'_>,
    ) -> Expr {
        if function.tabular {
            let message = format!("`{}` gives a table; a scalar is needed here", function.name);
            let hint = format!("`toscalar({}(…))` takes its first value", function.name);
            return self.fail(Diagnostic::error(error::NOT_A_SCALAR, call.span).message(message).hint(hint));
        }
        let Some(env) = self.arguments(function, &call.arguments, None, row, call.span) else {
            return Expr::poison(call.span);
        };
        let body = &function.decl.body;
        let bound = self.deeper(call.span, |binder| {
            binder.within(env, |binder| {
                binder.bind_statements(&body.statements, Level::FunctionBody);
                body.result.as_ref().map(|result| binder.bind_scalar(result, &mut Row::none()))
            })
        });
        let value = bound.flatten().unwrap_or_else(|| Expr::poison(call.span));
        Expr { span: call.span, ..value }
    }

    /// A call that stands where a table is needed; `piped` is the table before `invoke`.
    pub(crate) fn call_user_table(
        &mut self,
        function: &Rc<UserFunction<'a>>,
        arguments: &'a [ast::NamedExpr],
        piped: Option<Relation>,
        span: Span,
    ) -> Relation {
        if !function.tabular {
            let message = format!("`{}` gives a scalar; a table is needed here", function.name);
            self.report(Diagnostic::error(error::NOT_A_TABLE, span).message(message));
            return Relation::hole();
        }
        // After `invoke`, a column's name may be an argument: `invoke FileProfile(SHA1)`.
        let columns = piped.clone();
        let mut row = match &columns {
            Some(columns) => Row::plain(columns),
            None => Row::none(),
        };
        let Some(env) = self.arguments(function, arguments, piped, &mut row, span) else {
            return Relation::hole();
        };
        if self.cx.has_data && WITHOUT_SERVICE.contains(&&*function.name) {
            let message =
                format!("`{}` asks a service of Microsoft's that is not there: its columns are empty", function.name);
            self.report(Diagnostic::warning(error::SURPRISE, span).message(message));
        }
        let body = &function.decl.body;
        let bound = self.deeper(span, |binder| {
            binder.within(env, |binder| {
                binder.bind_statements(&body.statements, Level::FunctionBody);
                body.result.as_ref().map(|result| binder.bind_table(result))
            })
        });
        let relation = bound.flatten().unwrap_or_else(Relation::hole);
        Relation { source: function.decl.view.then(|| function.name.clone()), ..relation }
    }

    /// A plugin that is written in KQL, over the rows before `evaluate`.
    pub(crate) fn call_plugin(
        &mut self,
        name: &str,
        arguments: &'a [ast::NamedExpr],
        piped: Relation,
        span: Span,
    ) -> Relation {
        let plugin = self.cx.plugins.iter().find_map(|statement| match statement {
            Statement::Let(ast::Let { name: known, value: LetValue::Function(decl), .. }) if *known.text == *name => {
                Some((known, decl))
            }
            _ => None,
        });
        let (known, decl) = plugin.expect("only plugins that are written are called");
        // Names in it are its own: the query's `let`s are not seen there.
        let function = self.within(Env::default(), |binder| Rc::new(binder.define(known, decl)));
        self.call_user_table(&function, arguments, Some(piped), span)
    }

    /// The names a body sees: those of where it was defined, then its parameters.
    fn arguments(
        &mut self,
        function: &UserFunction<'a>,
        arguments: &'a [ast::NamedExpr],
        piped: Option<Relation>,
        row: &mut Row<'_>,
        span: Span,
    ) -> Option<Env<'a>> {
        let given = self.assign(function, arguments, piped.is_some(), span)?;
        let mut env = function.env.clone();
        let mut piped = piped;
        for (parameter, argument) in function.decl.parameters.iter().zip(given) {
            let binding = match (&parameter.kind, argument) {
                (ParameterKind::Tabular(schema), argument) => {
                    let relation = match (piped.take(), argument) {
                        (Some(relation), _) => relation,
                        (None, Some(argument)) => self.bind_table(argument),
                        (None, None) => Relation::hole(),
                    };
                    Binding::Table(self.narrow(relation, schema, span))
                }
                (ParameterKind::Scalar(ty), Some(argument)) => {
                    let value = self.bind_scalar(argument, row);
                    Binding::Scalar(self.convert_to(value, kql_type(ty.ty)))
                }
                (ParameterKind::Scalar(ty), None) => Binding::Scalar(self.default_of(parameter, kql_type(ty.ty), &env)),
            };
            env = env.with(parameter.name.text.clone(), binding);
        }
        Some(env)
    }

    fn default_of(&mut self, parameter: &'a ast::FunctionParameter, ty: vizsla_schema::KqlType, env: &Env<'a>) -> Expr {
        let Some(default) = &parameter.default else { return Expr::poison(parameter.span) };
        let value = self.within(env.clone(), |binder| binder.bind_scalar(default, &mut Row::none()));
        self.convert_to(value, ty)
    }

    /// Which argument goes to which parameter: by name, or the first parameter that none before it has taken.
    fn assign(
        &mut self,
        function: &UserFunction<'a>,
        arguments: &'a [ast::NamedExpr],
        piped: bool,
        span: Span,
    ) -> Option<Vec<Option<&'a ast::Expr>>> {
        let parameters = &function.decl.parameters;
        let mut given: Vec<Option<&'a ast::Expr>> = vec![None; parameters.len()];
        let first = usize::from(piped);
        let mut too_many = piped && parameters.is_empty();
        for argument in arguments {
            let index = match argument.names.first() {
                Some(name) => parameters.iter().position(|parameter| parameter.name.text == name.text),
                None => (first..given.len()).find(|index| given[*index].is_none()),
            };
            match index {
                Some(index) if index < given.len() => given[index] = Some(&argument.expr),
                _ => too_many = true,
            }
        }
        let missing = parameters.iter().zip(&given).enumerate().any(|(index, (parameter, argument))| {
            argument.is_none() && parameter.default.is_none() && !(piped && index == 0)
        });
        if too_many || missing {
            let takes = parameters.len();
            let message = format!("`{}` takes {takes} argument{}", function.name, if takes == 1 { "" } else { "s" });
            self.report(Diagnostic::error(error::ARITY, span).message(message));
            return None;
        }
        Some(given)
    }

    /// Only the declared columns of a tabular parameter are visible inside, unless it says `(*)`.
    fn narrow(&mut self, relation: Relation, schema: &ast::Schema, span: Span) -> Relation {
        for declared in &schema.columns {
            if relation.column(&declared.name.text).is_none() && !relation.open {
                let message =
                    format!("the table has no column named `{}`, which the function needs", declared.name.text);
                self.report(Diagnostic::error(error::UNKNOWN_COLUMN, span).message(message));
            }
        }
        if schema.open {
            return relation;
        }
        let declared = |name: &str| schema.columns.iter().any(|column| &*column.name.text == name);
        let columns = relation.columns.iter().filter(|column| declared(&column.name)).cloned().collect();
        Relation { columns, ..relation }
    }
}
