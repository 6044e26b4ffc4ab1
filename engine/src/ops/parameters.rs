//! Parameters and hints of an operator: `kind=inner`, `hint.strategy=shuffle`, `withsource=T`.

use kql_parser::ast::{Expr, Parameter, Value};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_schema::suggest;

use crate::bind::Binder;
use crate::error;

/// The word given for a parameter, as text: a bare name, a string, a bool or a number.
pub(super) fn word<'p>(parameters: &'p [Parameter], name: &str) -> Option<(std::borrow::Cow<'p, str>, Span)> {
    let parameter = parameters.iter().find(|parameter| &*parameter.name.text == name)?;
    let word = match &parameter.value {
        Expr::Name(name) => (&*name.text).into(),
        Expr::Literal(literal) => match &literal.value {
            Value::String(text) => (&**text).into(),
            Value::Bool(value) => value.to_string().into(),
            Value::Long(value) => value.to_string().into(),
            _ => return None,
        },
        _ => return None,
    };
    Some((word, parameter.span))
}

/// Reports parameters that the operator does not have. Hints say how to run a query on a cluster; they never change its
/// answer, so any is accepted.
pub(super) fn check(parameters: &[Parameter], operator: &str, known: &[&'static str], cx: &mut Binder<'_>) {
    for parameter in parameters {
        let name = &*parameter.name.text;
        if !known.contains(&name) && !name.starts_with("hint.") {
            let message = format!("`{operator}` has no parameter `{name}`");
            let hint = suggest(name, known.iter().copied()).map(|it| format!("did you mean `{it}`?"));
            cx.report(Diagnostic::error(error::BAD_PARAMETER, parameter.span).message(message).hint(hint));
        }
    }
}

/// One of a parameter's possible words, or a report.
pub(super) fn choice<T: Copy>(
    parameters: &[Parameter],
    name: &str,
    words: &[(&'static str, T)],
    default: T,
    cx: &mut Binder<'_>,
) -> T {
    let Some((word, span)) = word(parameters, name) else { return default };
    match words.iter().find(|(known, _)| *known == word) {
        Some((_, value)) => *value,
        None => {
            let message = format!("`{name}` cannot be `{word}`");
            let hint = suggest(&word, words.iter().map(|(known, _)| *known)).map(|it| format!("did you mean `{it}`?"));
            cx.report(Diagnostic::error(error::BAD_PARAMETER, span).message(message).hint(hint));
            default
        }
    }
}
