//! The grammar: nom parsers from tokens to the tree.
//!
//! Parsers shared by everything are here (words, signs, brackets, lists, names); [`expr`] holds expressions,
//! [`query`] statements, pipelines and recovery, [`schema`] types and column lists, [`literal`] constants. Each
//! tabular operator's grammar is beside its shape in `src/ops`. Every parser is linear: which alternative applies is
//! decided by looking a few tokens ahead, never by parsing an expression twice.

pub(crate) mod expr;
pub(crate) mod input;
pub(crate) mod literal;
pub(crate) mod query;
pub(crate) mod schema;
mod wildcard;

use nom::Parser;
use nom::combinator::opt;
use nom::multi::{many0, many1, separated_list0, separated_list1};
use nom::sequence::preceded;

pub(crate) use input::{Context, Input, Miss, Parse};
pub(crate) use wildcard::{entity, name_or_wildcard};

use crate::ast::{Expr, Name, NamedExpr, Parameter};
use crate::span::Span;
use crate::token::TokenKind;

/// A token of this kind, called `expected` in messages.
pub(crate) fn token<'a>(kind: TokenKind, expected: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Span> {
    move |input| if input.at(kind) { Ok((input.skip(1), input.here())) } else { input.miss(expected) }
}

/// This word.
pub(crate) fn word<'a>(word: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Span> {
    move |input| if input.at_word(word) { Ok((input.skip(1), input.here())) } else { input.miss(quoted(word)) }
}

/// Words the grammar asks for, in backticks for messages.
fn quoted(word: &'static str) -> &'static str {
    const QUOTED: &[(&str, &str)] = &[
        ("by", "`by`"),
        ("on", "`on`"),
        ("with", "`with`"),
        ("of", "`of`"),
        ("as", "`as`"),
        ("from", "`from`"),
        ("to", "`to`"),
        ("step", "`step`"),
        ("where", "`where`"),
        ("project", "`project`"),
    ];
    QUOTED.iter().find(|it| it.0 == word).map_or("a keyword", |it| it.1)
}

/// `=`
pub(crate) fn assign(input: Input<'_>) -> Parse<'_, Span> {
    token(TokenKind::Assign, "`=`")(input)
}

/// `,`
pub(crate) fn comma(input: Input<'_>) -> Parse<'_, Span> {
    token(TokenKind::Comma, "`,`")(input)
}

/// `inner` between brackets, `open` being one of `( [ {`.
pub(crate) fn bracketed<'a, T>(
    open: TokenKind,
    mut inner: impl FnMut(Input<'a>) -> Parse<'a, T>,
) -> impl FnMut(Input<'a>) -> Parse<'a, T> {
    move |input| {
        let (expected_open, expected_close) = match open {
            TokenKind::LBracket => ("`[`", "`]`"),
            TokenKind::LBrace => ("`{`", "`}`"),
            _ => ("`(`", "`)`"),
        };
        let (rest, opener) = token(open, expected_open)(input)?;
        rest.deeper(|rest| {
            let (rest, value) = inner(rest)?;
            if rest.kind(0).is_some() && rest.kind(0) == open.closer() {
                Ok((rest.skip(1), value))
            } else {
                rest.miss_closer(expected_close, opener)
            }
        })
    }
}

/// `(inner)`
pub(crate) fn parens<'a, T>(inner: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, T> {
    bracketed(TokenKind::LParen, inner)
}

/// One or more, separated by commas.
pub(crate) fn list1<'a, T>(item: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<T>> {
    let mut list = separated_list1(comma, item);
    move |input| list.parse(input)
}

/// Any number, separated by commas.
pub(crate) fn list0<'a, T>(item: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<T>> {
    let mut list = separated_list0(comma, item);
    move |input| list.parse(input)
}

/// One or more, one after the other.
pub(crate) fn some<'a, T>(item: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<T>> {
    let mut items = many1(item);
    move |input| items.parse(input)
}

/// Any number, one after the other.
pub(crate) fn any<'a, T>(item: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<T>> {
    let mut items = many0(item);
    move |input| items.parse(input)
}

/// `keyword inner`, or nothing.
pub(crate) fn clause<'a, T>(
    keyword: &'static str,
    mut inner: impl FnMut(Input<'a>) -> Parse<'a, T>,
) -> impl FnMut(Input<'a>) -> Parse<'a, Option<T>> {
    move |input| {
        if !input.at_word(keyword) {
            input.cx_note(quoted(keyword));
            return Ok((input, None));
        }
        preceded(word(keyword), &mut inner).map(Some).parse(input)
    }
}

/// A name: any word, or `['quoted']`.
pub(crate) fn name(input: Input<'_>) -> Parse<'_, Name> {
    match input.kind(0) {
        Some(TokenKind::Word) if !input.text(0).starts_with('!') && !input.text(0).ends_with('~') => {
            Ok((input.skip(1), Name::new(input.text(0), input.here())))
        }
        Some(TokenKind::LBracket) if at_quoted_name(input) => {
            let start = input.start();
            let (text, _) = literal::decode(input.skip(1), false);
            let rest = input.skip(3);
            Ok((rest, Name::new(text, rest.since(start))))
        }
        _ => input.miss("a name"),
    }
}

/// Whether `['…']` comes next.
pub(crate) fn at_quoted_name(input: Input<'_>) -> bool {
    input.kind(1) == Some(TokenKind::String) && input.kind(2) == Some(TokenKind::RBracket)
}

/// Tokens of the name that comes next, 0 if none does.
fn name_width(input: Input<'_>, ahead: usize) -> usize {
    match input.kind(ahead) {
        Some(TokenKind::Word) => 1,
        Some(TokenKind::LBracket) if at_quoted_name(input.skip(ahead)) => 3,
        _ => 0,
    }
}

/// `expr`, `name = expr` or `(a, b) = expr`, the expression being `inner`.
pub(crate) fn named<'a>(
    mut inner: impl FnMut(Input<'a>) -> Parse<'a, Expr>,
) -> impl FnMut(Input<'a>) -> Parse<'a, NamedExpr> {
    move |input| {
        let start = input.start();
        let (rest, names) = names(input)?;
        let (rest, expr) = inner(rest)?;
        Ok((rest, NamedExpr { names, expr, span: rest.since(start) }))
    }
}

/// What stands before `=`, if anything does.
fn names(input: Input<'_>) -> Parse<'_, Vec<Name>> {
    let width = name_width(input, 0);
    if width > 0 && input.kind(width) == Some(TokenKind::Assign) {
        let (rest, only) = name(input)?;
        return Ok((rest.skip(1), vec![only]));
    }
    if !at_name_tuple(input) {
        return Ok((input, Vec::new()));
    }
    let (rest, names) = parens(list1(name))(input)?;
    Ok((rest.skip(1), names))
}

/// Whether `(a, b) =` comes next.
fn at_name_tuple(input: Input<'_>) -> bool {
    let mut at = 0;
    loop {
        let opener = if at == 0 { TokenKind::LParen } else { TokenKind::Comma };
        if input.kind(at) != Some(opener) {
            break;
        }
        let width = name_width(input, at + 1);
        if width == 0 {
            return false;
        }
        at += 1 + width;
    }
    at > 0 && input.kind(at) == Some(TokenKind::RParen) && input.kind(at + 1) == Some(TokenKind::Assign)
}

/// `name = expr`, the usual item of a column list.
pub(crate) fn named_expr(input: Input<'_>) -> Parse<'_, NamedExpr> {
    named(expr::expr)(input)
}

/// Which parameters an operator takes right after its keyword, besides `hint.…`.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// Any `name = value`: nothing else of that form can follow.
    Any,
    /// Only these; other `name = value` are column definitions.
    Only(&'static [&'static str]),
}

/// Parameters right after an operator's keyword.
pub(crate) fn parameters<'a>(takes: Takes) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<Parameter>> {
    move |mut input| {
        let mut all = Vec::new();
        while let Some(width) = parameter_width(input, takes) {
            let start = input.start();
            let name = Name::new(joined(input, width), Span::new(start, input.skip(width).since(start).end));
            let (rest, value) = parameter_value(input.skip(width + 1))?;
            all.push(Parameter { name, value, span: rest.since(start) });
            // Commas between parameters are tolerated by the service.
            input = opt(comma_before_parameter(takes)).parse(rest)?.0;
        }
        Ok((input, all))
    }
}

fn comma_before_parameter<'a>(takes: Takes) -> impl Fn(Input<'a>) -> Parse<'a, Span> {
    move |input| {
        let (rest, span) = comma(input)?;
        if parameter_width(rest, takes).is_some() { Ok((rest, span)) } else { Err(nom::Err::Error(Miss)) }
    }
}

/// Tokens of the parameter name that comes next.
fn parameter_width(input: Input<'_>, takes: Takes) -> Option<usize> {
    let dotted = input.kind(1) == Some(TokenKind::Dot) && input.kind(2) == Some(TokenKind::Word);
    let width = if dotted { 3 } else { 1 };
    let is_parameter = input.kind(0) == Some(TokenKind::Word)
        && input.kind(width) == Some(TokenKind::Assign)
        && match takes {
            _ if dotted => input.word(0) == "hint",
            Takes::Any => true,
            Takes::Only(known) => known.contains(&input.word(0)) && at_plain_value(input.skip(width + 1)),
        };
    is_parameter.then_some(width)
}

/// Whether a value comes next that is no part of a larger expression.
fn at_plain_value(input: Input<'_>) -> bool {
    !matches!(
        input.kind(1),
        None | Some(
            TokenKind::LParen
                | TokenKind::LBracket
                | TokenKind::Dot
                | TokenKind::Operator
                | TokenKind::Pipe
                | TokenKind::Comma
        )
    )
}

fn joined(input: Input<'_>, width: usize) -> String {
    (0..width).map(|it| input.text(it)).collect()
}

/// A bare word or a literal.
pub(crate) fn parameter_value(input: Input<'_>) -> Parse<'_, Expr> {
    match input.kind(0) {
        Some(TokenKind::Word) if !literal::at_literal(input) => name.map(Expr::Name).parse(input),
        Some(TokenKind::LBracket) => name.map(Expr::Name).parse(input),
        _ => literal::signed_literal(input),
    }
}

impl<'a> Input<'a> {
    /// Leaves a note that `expected` would have been fine here as well.
    pub(crate) fn cx_note(self, expected: &'static str) {
        let _ = self.miss::<()>(expected);
    }
}
