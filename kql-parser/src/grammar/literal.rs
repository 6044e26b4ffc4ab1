//! Constants: literal tokens to [`Value`]s, and what stands inside `dynamic(…)`.

use std::sync::Arc;

use super::{Input, Parse, bracketed, comma, list0, parens};
use crate::ast::{Dynamic, Expr, Literal, ScalarType, Value};
use crate::diagnostic::{self as codes, Diagnostic};
use crate::literal;
use crate::span::Span;
use crate::token::TokenKind;

/// Whether a literal comes next, signs aside.
pub(crate) fn at_literal(input: Input<'_>) -> bool {
    match input.kind(0) {
        Some(
            TokenKind::Long
            | TokenKind::Real
            | TokenKind::Timespan
            | TokenKind::Typed
            | TokenKind::String
            | TokenKind::OpenString,
        ) => true,
        Some(TokenKind::Word) => {
            bool_word(input.text(0)).is_some() || input.text(0) == "dynamic" && input.kind(1) == Some(TokenKind::LParen)
        }
        _ => false,
    }
}

fn bool_word(word: &str) -> Option<bool> {
    match word {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A literal without a sign.
pub(crate) fn literal(input: Input<'_>) -> Parse<'_, Literal> {
    let start = input.start();
    let text = input.text(0);
    let value = match input.kind(0) {
        Some(TokenKind::Long) => {
            checked(input, literal::long(text).and_then(|it| i64::try_from(it).ok()).map(Value::Long))
        }
        Some(TokenKind::Real) => checked(input, literal::real(text).map(Value::Real)),
        Some(TokenKind::Timespan) => checked(input, literal::time::timespan_number(text).map(Value::Timespan)),
        Some(TokenKind::Typed) => checked(input, literal::typed(text)),
        Some(TokenKind::String | TokenKind::OpenString) => {
            let (rest, value) = string(input)?;
            return Ok((rest, Literal { value: Value::String(value), span: rest.since(start) }));
        }
        Some(TokenKind::Word) if text == "dynamic" => return dynamic_literal(input),
        Some(TokenKind::Word) => bool_word(text).map(Value::Bool),
        _ => None,
    };
    match value {
        Some(value) => Ok((input.skip(1), Literal { value, span: input.here() })),
        None => input.miss("a literal"),
    }
}

/// `value`, or a diagnostic and a null where the text has none.
fn checked(input: Input<'_>, value: Option<Value>) -> Option<Value> {
    if value.is_some() {
        return value;
    }
    let text = input.text(0);
    let ty = text.split('(').next().and_then(|it| ScalarType::from_name(it.trim())).unwrap_or(ScalarType::Long);
    // The service makes dates that it cannot read null, `datetime(2025)` being one.
    input.cx.report(if ty == ScalarType::Datetime {
        Diagnostic::warning(codes::UNREADABLE_DATE, input.here())
            .message(format!("`{text}` cannot be read and is null"))
            .hint("write it as `datetime(2024-12-31 23:59)`")
    } else {
        Diagnostic::error(codes::BAD_LITERAL, input.here()).message(format!("`{text}` has no value of its type"))
    });
    Some(Value::Null(ty))
}

/// A literal, perhaps with `-` or `+` before a number.
pub(crate) fn signed_literal(input: Input<'_>) -> Parse<'_, Expr> {
    if input.at_sign(0, "-") || input.at_sign(0, "+") {
        return super::expr::signed(input, literal_expr);
    }
    literal_expr(input)
}

pub(crate) fn literal_expr(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, it) = literal(input)?;
    Ok((rest, Expr::Literal(it)))
}

/// One or more string tokens, joined.
pub(crate) fn string(input: Input<'_>) -> Parse<'_, Arc<str>> {
    strings(input, false)
}

fn strings(input: Input<'_>, json: bool) -> Parse<'_, Arc<str>> {
    if !at_string(input) {
        return input.miss("a string");
    }
    let (mut value, mut rest) = decode(input, json);
    while at_string(rest) {
        let (more, after) = decode(rest, json);
        value.push_str(&more);
        rest = after;
    }
    Ok((rest, Arc::from(value)))
}

fn at_string(input: Input<'_>) -> bool {
    matches!(input.kind(0), Some(TokenKind::String | TokenKind::OpenString))
}

/// The value of one string token; unknown escapes are reported.
pub(crate) fn decode(input: Input<'_>, json: bool) -> (String, Input<'_>) {
    let (value, bad) = literal::string::decode(input.text(0), json);
    for range in bad {
        let at = |offset: usize| input.start() + u32::try_from(offset).unwrap_or_default();
        let span = Span::new(at(range.start), at(range.end));
        let escape = span.text(input.cx.text);
        input.cx.report(
            Diagnostic::error(codes::BAD_ESCAPE, span)
                .message(format!("`{escape}` is no escape"))
                .hint(format!("write `\\{escape}`, or put `@` before the quote")),
        );
    }
    (value, input.skip(1))
}

/// `dynamic(…)`
fn dynamic_literal(input: Input<'_>) -> Parse<'_, Literal> {
    let (rest, tree) = parens(dynamic)(input.skip(1))?;
    let value = match tree {
        Dynamic::Scalar(Value::Null(_)) => Value::Null(ScalarType::Dynamic),
        tree => Value::Dynamic(Arc::new(tree)),
    };
    Ok((rest, Literal { value, span: rest.since(input.start()) }))
}

fn dynamic(input: Input<'_>) -> Parse<'_, Dynamic> {
    match input.kind(0) {
        Some(TokenKind::LBracket) => {
            let (rest, items) = bracketed(TokenKind::LBracket, items(dynamic))(input)?;
            Ok((rest, Dynamic::Array(items)))
        }
        Some(TokenKind::LBrace) => {
            let (rest, items) = bracketed(TokenKind::LBrace, items(pair))(input)?;
            Ok((rest, Dynamic::Bag(items)))
        }
        Some(TokenKind::String | TokenKind::OpenString) => {
            let (rest, value) = strings(input, true)?;
            Ok((rest, Dynamic::Scalar(Value::String(value))))
        }
        _ => dynamic_scalar(input),
    }
}

/// Items separated by commas; one comma too many at the end is tolerated.
fn items<'a, T>(item: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<T>> {
    let mut list = list0(item);
    move |input| {
        let (rest, items) = list(input)?;
        Ok((comma(rest).map_or(rest, |it| it.0), items))
    }
}

fn pair(input: Input<'_>) -> Parse<'_, (Arc<str>, Dynamic)> {
    let (rest, key) = strings(input, true)?;
    let (rest, _) = super::token(TokenKind::Colon, "`:`")(rest)?;
    let (rest, value) = dynamic(rest)?;
    Ok((rest, (key, value)))
}

fn dynamic_scalar(input: Input<'_>) -> Parse<'_, Dynamic> {
    if input.at_word("null") {
        return Ok((input.skip(1), Dynamic::Scalar(Value::Null(ScalarType::Dynamic))));
    }
    if input.at_sign(0, "-") && matches!(input.kind(1), Some(TokenKind::Long | TokenKind::Real | TokenKind::Timespan)) {
        let (rest, it) = literal(input.skip(1))?;
        return Ok((rest, Dynamic::Scalar(negated(it.value))));
    }
    let (rest, it) = literal(input)?;
    let tree = match it.value {
        Value::Dynamic(tree) => Arc::unwrap_or_clone(tree),
        value => Dynamic::Scalar(value),
    };
    Ok((rest, tree))
}

fn negated(value: Value) -> Value {
    match value {
        Value::Long(it) => Value::Long(-it),
        Value::Real(it) => Value::Real(-it),
        Value::Timespan(it) => Value::Timespan(-it),
        other => other,
    }
}
