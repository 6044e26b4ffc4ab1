//! `evaluate rows_near(condition, before [, after])`: rows around those that meet a condition.

use kql_parser::ast::Evaluate;
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use super::columns::with_windows;
use crate::bind::Binder;
use crate::bind::row::Row;
use crate::bound::{Expr, ExprKind, Plan, Relation, WindowCall};
use crate::error;
use crate::functions::window::NEAR;

pub(super) fn bind<'a>(it: &'a Evaluate, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let (condition, before, after) = match it.call.arguments.as_slice() {
        [condition, near] => (condition, near, near),
        [condition, before, after] => (condition, before, after),
        _ => {
            let message = "`rows_near` takes a condition and one or two numbers of rows";
            cx.report(Diagnostic::error(error::ARITY, it.call.span).message(message));
            return input.clone();
        }
    };
    if !input.serialized {
        let hint = "add `| sort by …` or `| serialize` before";
        let message = "`rows_near` needs rows in an order";
        cx.report(Diagnostic::error(error::NOT_SERIALIZED, it.call.span).message(message).hint(hint));
    }
    let mut row = Row::of(input);
    let condition = cx.bind_predicate(&condition.expr, &mut row);
    let before = cx.row_count(&before.expr);
    let after = cx.row_count(&after.expr);
    let rows = |count: u64| Expr::literal(Value::Long(i64::try_from(count).unwrap_or(i64::MAX)), it.span);
    let near = cx.new_id();
    let call =
        WindowCall { def: &NEAR, args: vec![condition, rows(before), rows(after)], output: (near, KqlType::Bool) };
    let input = with_windows(input, row.windows());
    let predicate = Expr { kind: ExprKind::Column(near), ty: KqlType::Bool, span: it.span };
    with_windows(&input, vec![call]).then(|plan| Plan::Filter { input: plan, predicate })
}
