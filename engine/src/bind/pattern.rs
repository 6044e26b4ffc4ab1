//! `declare pattern`: calls whose constant arguments choose one of several bodies.
//!
//! Source: kusto/query/pattern-statement. Where several rules fit, the first counts: our choice.

use kql_parser::ast::{self, Pattern, PatternDefinition, PatternRule, Step};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::convert::kql_type;
use super::env::Binding;
use super::{Binder, Level};
use crate::bound::{Expr, Relation};
use crate::error;

impl<'a> Binder<'a> {
    /// `pattern("a").b` or `pattern("a").["b"]`: the rows of the rule that these constants choose.
    pub(super) fn call_pattern(
        &mut self,
        pattern: &'a Pattern,
        call: &'a ast::Call,
        steps: &'a [Step],
        span: Span,
    ) -> Relation {
        let Some(definition) = &pattern.definition else {
            let message = format!("the pattern `{}` is announced but has no rules", pattern.name.text);
            return self.no_rule(message, span);
        };
        let path = self.path_given(steps);
        if call.arguments.len() != definition.parameters.len() || path.is_some() != definition.path.is_some() {
            let count = definition.parameters.len();
            let after = if definition.path.is_some() { " and a path, as in `.a`" } else { "" };
            let message =
                format!("`{}` takes {count} argument{}{after}", call.name.text, if count == 1 { "" } else { "s" });
            self.report(Diagnostic::error(error::ARITY, span).message(message));
            return Relation::hole();
        }
        let Some(given) = self.arguments_given(definition, call, path) else { return Relation::hole() };
        let Some(rule) = definition.rules.iter().find(|rule| self.rule_fits(definition, rule, &given)) else {
            return self.no_rule(format!("the pattern `{}` has no rule for these values", pattern.name.text), span);
        };
        self.rule_rows(definition, rule, given, span)
    }

    fn no_rule(&mut self, message: String, span: Span) -> Relation {
        let code = error::with_service(error::BAD_ARGUMENT, "SEM0036");
        self.report(Diagnostic::error(code, span).message(message));
        Relation::hole()
    }

    /// The constant after the call, unless there is none; what cannot be one is reported.
    fn path_given(&mut self, steps: &'a [Step]) -> Option<Value> {
        match steps {
            [Step::Name(name)] => Some(Value::String(name.text.clone())),
            [Step::Index(value)] => self.constant(value, KqlType::String, "a pattern's path"),
            _ => None,
        }
    }

    /// The values of all parameters, that of the path last.
    fn arguments_given(
        &mut self,
        definition: &PatternDefinition,
        call: &'a ast::Call,
        path: Option<Value>,
    ) -> Option<Vec<Value>> {
        let mut given = Vec::with_capacity(definition.parameters.len() + 1);
        for (parameter, argument) in definition.parameters.iter().zip(&call.arguments) {
            given.push(self.constant(&argument.expr, kql_type(parameter.ty.ty), "a pattern's argument")?);
        }
        given.extend(path);
        Some(given)
    }

    fn rule_fits(&mut self, definition: &PatternDefinition, rule: &'a PatternRule, given: &[Value]) -> bool {
        let parameters = definition.parameters.iter().chain(&definition.path);
        let wanted: Vec<&'a ast::Expr> = rule.arguments.iter().chain(&rule.path).collect();
        wanted.len() == given.len()
            && parameters.zip(wanted).zip(given).all(|((parameter, wanted), given)| {
                self.constant(wanted, kql_type(parameter.ty.ty), "a rule's value").as_ref() == Some(given)
            })
    }

    fn rule_rows(
        &mut self,
        definition: &PatternDefinition,
        rule: &'a PatternRule,
        given: Vec<Value>,
        span: Span,
    ) -> Relation {
        let mut env = self.env.clone();
        for (parameter, value) in definition.parameters.iter().chain(&definition.path).zip(given) {
            env = env.with(parameter.name.text.clone(), Binding::Scalar(Expr::literal(value, span)));
        }
        let bound = self.deeper(span, |binder| {
            binder.within(env, |binder| {
                binder.bind_statements(&rule.body.statements, Level::FunctionBody);
                rule.body.result.as_ref().map(|result| binder.bind_table(result))
            })
        });
        bound.flatten().unwrap_or_else(Relation::hole)
    }
}
