//! `invoke`: the rows before the pipe as the first argument of a function.

use kql_parser::ast::{self, Invoke};
use kql_parser::diagnostic::Diagnostic;

use crate::bind::Binder;
use crate::bind::env::Binding;
use crate::bound::Relation;
use crate::error;

pub(super) fn bind_invoke<'a>(it: &'a Invoke, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let (name, arguments) = match &*it.function {
        ast::Expr::Call(call) => (&call.name, call.arguments.as_slice()),
        ast::Expr::Name(name) => (name, [].as_slice()),
        other => {
            let message = "`invoke` takes a call of a function";
            cx.report(Diagnostic::error(error::UNKNOWN_FUNCTION, other.span()).message(message));
            return Relation::hole();
        }
    };
    match cx.env.get(&name.text) {
        Some(Binding::Function(function)) => {
            let function = function.clone();
            cx.call_user_table(&function, arguments, Some(input), it.span)
        }
        _ => {
            let functions = cx.env.iter().filter(|(_, binding)| matches!(binding, Binding::Function(_)));
            let hint = vizsla_schema::suggest(&name.text, functions.map(|(name, _)| &**name));
            let hint = hint.map(|it| format!("did you mean `{it}`?"));
            let message = format!("no function named `{}` takes a table", name.text);
            cx.report(Diagnostic::error(error::UNKNOWN_FUNCTION, name.span).message(message).hint(hint));
            Relation::hole()
        }
    }
}
