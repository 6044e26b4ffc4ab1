//! Names with stars, where lists of columns or tables may have them.

use std::sync::Arc;

use nom::Parser;

use super::expr::operand_with;
use super::{Input, Parse, name};
use crate::ast::{Expr, Wildcard};
use crate::token::TokenKind;

/// Tokens of the wildcard that comes next: words, numbers and stars without blanks between them, one a star.
pub(super) fn wildcard_width(input: Input<'_>) -> Option<usize> {
    let mut width = 0;
    let mut starred = false;
    while width == 0 || input.adjoins(width) {
        match input.kind(width) {
            Some(TokenKind::Word | TokenKind::Long) => {}
            Some(TokenKind::Operator) if input.text(width) == "*" => starred = true,
            _ => break,
        }
        width += 1;
    }
    starred.then_some(width)
}

/// `Device*`, `*Id`, `*`
pub(super) fn wildcard(input: Input<'_>) -> Parse<'_, Wildcard> {
    let Some(width) = wildcard_width(input) else { return input.miss("a name with `*`") };
    let rest = input.skip(width);
    let span = rest.since(input.start());
    Ok((rest, Wildcard { pattern: Arc::from(span.text(input.cx.text)), span }))
}

/// A column in `project-away` and its kin.
pub(crate) fn name_or_wildcard(input: Input<'_>) -> Parse<'_, Expr> {
    match wildcard_width(input) {
        Some(1) => Ok((input.skip(1), Expr::Star(input.here()))),
        Some(_) => wildcard.map(Expr::Wildcard).parse(input),
        None => name.map(Expr::Name).parse(input),
    }
}

/// A table where several may be meant: `T`, `Device*`, `database("d").*`, `(T | where …)`.
pub(crate) fn entity(input: Input<'_>) -> Parse<'_, Expr> {
    if wildcard_width(input).is_some() {
        return name_or_wildcard(input);
    }
    operand_with(input, true)
}
