//! Statements and pipelines, and how parsing goes on after a mistake.
//!
//! A mistake in an operator costs that operator: the text up to the next `|` or `;` outside its brackets is skipped
//! and becomes [`Operator::Error`]. A mistake elsewhere costs the statement, up to its `;`.

use std::sync::Arc;

use nom::{Err, Parser};

use super::expr::{expr, starts_operand};
use super::input::Miss;
use super::schema::{column, column_with_default, default, schema, type_name};
use super::{
    Input, Parse, assign, at_quoted_name, bracketed, entity, list0, list1, literal, name, parens, some, token, word,
};
use crate::ast::{
    Alias, Command, EntityGroup, Expr, Function, FunctionBody, FunctionParameter, Let, LetValue, Operator,
    ParameterKind, Pattern, PatternDefinition, PatternRule, Pipeline, Query, QueryParameters, Restrict, SetOption,
    Statement, Subquery,
};
use crate::diagnostic::{self as codes, Diagnostic};
use crate::ops;
use crate::span::Span;
use crate::token::TokenKind;

/// A whole text.
pub(crate) fn query(input: Input<'_>) -> Query {
    let cx = input.cx;
    let span = Span::new(0, u32::try_from(cx.text.len()).unwrap_or(u32::MAX));
    if input.is_empty() {
        cx.report(Diagnostic::error(codes::EMPTY_QUERY, Span::at(0)).message("the text holds no query"));
    }
    if input.at(TokenKind::Dot) {
        let text = cx.text[input.start() as usize..].trim_end();
        let span = Span::new(input.start(), input.start() + u32::try_from(text.len()).unwrap_or_default());
        return Query { statements: vec![Statement::Command(Command { text: Arc::from(text), span })], span };
    }
    let mut statements = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let Ok((after, more)) = statements_until(rest, None) else { break };
        statements.extend(more);
        // Only a bracket that closes nothing stops the statements before the end.
        rest = if after.is_empty() { after } else { stray_closer(after) };
    }
    Query { statements, span }
}

fn stray_closer(input: Input<'_>) -> Input<'_> {
    let message = format!("this `{}` closes nothing", input.text(0));
    input.cx.report(Diagnostic::error(codes::SYNTAX, input.here()).message(message));
    let rest = skip_broken(input.skip(1));
    if rest.at(TokenKind::Semicolon) { rest.skip(1) } else { rest }
}

/// Statements separated by `;`, up to `closer` or the end.
fn statements_until(mut rest: Input<'_>, closer: Option<TokenKind>) -> Parse<'_, Vec<Statement>> {
    let mut statements = Vec::new();
    while rest.kind(0).is_some_and(|it| Some(it) != closer && !it.is_closer()) {
        let (after, it) = recovered_statement(rest)?;
        statements.extend(it);
        rest = if after.at(TokenKind::Semicolon) { after.skip(1) } else { after };
    }
    Ok((rest, statements))
}

/// A statement; a broken one is reported and skipped.
fn recovered_statement(input: Input<'_>) -> Parse<'_, Option<Statement>> {
    let (rest, it) = match statement(input) {
        Ok((rest, it)) if ends_statement(rest) => return Ok((rest, Some(it))),
        Ok((rest, it)) => {
            rest.cx_note("`|`");
            rest.cx_note("`;`");
            (rest, Some(it))
        }
        Err(Err::Failure(it)) => return Err(Err::Failure(it)),
        Err(_) => (input, None),
    };
    input.cx.report_furthest();
    let broken = Statement::Tabular(Expr::Error(skip_broken(input).since(input.start())));
    let mut rest = skip_broken(rest);
    if rest.at(TokenKind::Pipe) {
        let (after, _) = operators(rest)?;
        rest = skip_statement(after);
    }
    Ok((rest, Some(it.unwrap_or(broken))))
}

fn ends_statement(rest: Input<'_>) -> bool {
    rest.kind(0).is_none_or(|it| it == TokenKind::Semicolon || it.is_closer())
}

/// Skips to the next `|`, `;` or unmatched bracket.
fn skip_broken(input: Input<'_>) -> Input<'_> {
    skip_until(input, |it| matches!(it, TokenKind::Pipe | TokenKind::Semicolon))
}

fn skip_statement(input: Input<'_>) -> Input<'_> {
    skip_until(input, |it| it == TokenKind::Semicolon)
}

/// Skips balanced tokens; a `;` outside braces ends a bracket that was left open.
fn skip_until(mut input: Input<'_>, stop: fn(TokenKind) -> bool) -> Input<'_> {
    let (mut depth, mut braces) = (0_u32, 0_u32);
    while let Some(kind) = input.kind(0) {
        if depth == 0 && (stop(kind) || kind.is_closer()) || braces == 0 && kind == TokenKind::Semicolon {
            break;
        }
        match kind {
            TokenKind::LBrace => (depth, braces) = (depth + 1, braces + 1),
            TokenKind::RBrace => (depth, braces) = (depth - 1, braces.saturating_sub(1)),
            _ if kind.closer().is_some() => depth += 1,
            _ if kind.is_closer() => depth -= 1,
            _ => {}
        }
        input = input.skip(1);
    }
    input
}

fn statement(input: Input<'_>) -> Parse<'_, Statement> {
    match input.word(0) {
        "let" if is_name_at(input.skip(1)) => let_.map(Statement::Let).parse(input),
        "set" if input.kind(1) == Some(TokenKind::Word) => set.map(Statement::Set).parse(input),
        "declare" if input.word(1) == "query_parameters" => query_parameters(input),
        "declare" if input.word(1) == "pattern" => pattern.map(Statement::Pattern).parse(input),
        "alias" if input.word(1) == "database" => alias.map(Statement::Alias).parse(input),
        "restrict" if input.word(1) == "access" => restrict.map(Statement::Restrict).parse(input),
        _ => pipeline.map(Statement::Tabular).parse(input),
    }
}

fn is_name_at(input: Input<'_>) -> bool {
    input.at(TokenKind::Word) || input.at(TokenKind::LBracket)
}

fn let_(input: Input<'_>) -> Parse<'_, Let> {
    let (rest, name) = name(input.skip(1))?;
    let (rest, _) = assign(rest)?;
    let (rest, value) = let_value(rest)?;
    Ok((rest, Let { name, value, span: rest.since(input.start()) }))
}

fn let_value(input: Input<'_>) -> Parse<'_, LetValue> {
    if input.at_word("view") && input.kind(1) == Some(TokenKind::LParen) || at_parameters(input) {
        return function.map(|it| LetValue::Function(Box::new(it))).parse(input);
    }
    if input.at_word("entity_group") && input.kind(1) == Some(TokenKind::LBracket) {
        return entity_group.map(LetValue::EntityGroup).parse(input);
    }
    pipeline.map(LetValue::Expr).parse(input)
}

/// Whether `()`, or `(name:`, comes next.
fn at_parameters(input: Input<'_>) -> bool {
    if !input.at(TokenKind::LParen) {
        return false;
    }
    let width = if at_quoted_name(input.skip(1)) { 3 } else { 1 };
    input.kind(1) == Some(TokenKind::RParen) || input.kind(1 + width) == Some(TokenKind::Colon)
}

/// `entity_group [a, b]`
pub(crate) fn entity_group(input: Input<'_>) -> Parse<'_, EntityGroup> {
    let (rest, entities) = bracketed(TokenKind::LBracket, list1(entity))(input.skip(1))?;
    Ok((rest, EntityGroup { entities, span: rest.since(input.start()) }))
}

fn function(input: Input<'_>) -> Parse<'_, Function> {
    let view = input.at_word("view");
    let (rest, parameters) = parens(list0(parameter))(input.skip(usize::from(view)))?;
    let (rest, body) = body(rest)?;
    Ok((rest, Function { view, parameters, body, span: rest.since(input.start()) }))
}

fn parameter(input: Input<'_>) -> Parse<'_, FunctionParameter> {
    let (rest, name) = name(input)?;
    let (rest, _) = token(TokenKind::Colon, "`:`")(rest)?;
    let (rest, kind) = if rest.at(TokenKind::LParen) {
        schema.map(ParameterKind::Tabular).parse(rest)?
    } else {
        type_name.map(ParameterKind::Scalar).parse(rest)?
    };
    let (rest, default) = default(rest)?;
    Ok((rest, FunctionParameter { name, kind, default, span: rest.since(input.start()) }))
}

/// `{ statements; result }`
fn body(input: Input<'_>) -> Parse<'_, FunctionBody> {
    let (rest, mut statements) =
        bracketed(TokenKind::LBrace, |it| statements_until(it, Some(TokenKind::RBrace)))(input)?;
    let result = match statements.pop() {
        Some(Statement::Tabular(it)) => Some(it),
        other => {
            statements.extend(other);
            None
        }
    };
    Ok((rest, FunctionBody { statements, result, span: rest.since(input.start()) }))
}

fn set(input: Input<'_>) -> Parse<'_, SetOption> {
    let (mut rest, name) = name(input.skip(1))?;
    let mut value = None;
    if rest.at(TokenKind::Assign) {
        let (after, it) = super::parameter_value(rest.skip(1))?;
        (rest, value) = (after, Some(it));
    }
    Ok((rest, SetOption { name, value, span: rest.since(input.start()) }))
}

fn query_parameters(input: Input<'_>) -> Parse<'_, Statement> {
    let (rest, parameters) = parens(list1(column_with_default))(input.skip(2))?;
    Ok((rest, Statement::QueryParameters(QueryParameters { parameters, span: rest.since(input.start()) })))
}

fn alias(input: Input<'_>) -> Parse<'_, Alias> {
    let (rest, name) = name(input.skip(2))?;
    let (rest, _) = assign(rest)?;
    let (rest, value) = expr(rest)?;
    Ok((rest, Alias { name, value, span: rest.since(input.start()) }))
}

fn restrict(input: Input<'_>) -> Parse<'_, Restrict> {
    let (rest, _) = word("to")(input.skip(2))?;
    let (rest, entities) = parens(list1(entity))(rest)?;
    Ok((rest, Restrict { entities, span: rest.since(input.start()) }))
}

fn pattern(input: Input<'_>) -> Parse<'_, Pattern> {
    let (mut rest, name) = name(input.skip(2))?;
    let mut definition = None;
    if rest.at(TokenKind::Assign) {
        let (after, it) = pattern_definition(rest.skip(1))?;
        (rest, definition) = (after, Some(it));
    }
    Ok((rest, Pattern { name, definition, span: rest.since(input.start()) }))
}

fn pattern_definition(input: Input<'_>) -> Parse<'_, PatternDefinition> {
    let (mut rest, parameters) = parens(list1(column))(input)?;
    let mut path = None;
    if rest.at(TokenKind::LBracket) {
        let (after, it) = bracketed(TokenKind::LBracket, column)(rest)?;
        (rest, path) = (after, Some(it));
    }
    let (rest, rules) = bracketed(TokenKind::LBrace, some(pattern_rule))(rest)?;
    Ok((rest, PatternDefinition { parameters, path, rules }))
}

fn pattern_rule(input: Input<'_>) -> Parse<'_, PatternRule> {
    let (mut rest, arguments) = parens(list1(literal::literal_expr))(input)?;
    let mut path = None;
    if rest.at(TokenKind::Dot) {
        let (after, it) = bracketed(TokenKind::LBracket, literal::literal_expr)(rest.skip(1))?;
        (rest, path) = (after, Some(it));
    }
    let (rest, _) = assign(rest)?;
    let (rest, body) = body(rest)?;
    let rest = if rest.at(TokenKind::Semicolon) { rest.skip(1) } else { rest };
    Ok((rest, PatternRule { arguments, path, body, span: rest.since(input.start()) }))
}

/// An expression, and the operators its rows go through if there are any.
pub(crate) fn pipeline(input: Input<'_>) -> Parse<'_, Expr> {
    let start = input.start();
    let (rest, source) = source(input)?;
    if !rest.at(TokenKind::Pipe) {
        return Ok((rest, source));
    }
    let (rest, more) = operators(rest)?;
    let (source, mut operators) = match source {
        // `(T | a) | b` is `T | a | b`.
        Expr::Pipeline(inner) => (inner.source, inner.operators),
        source => (Box::new(source), Vec::new()),
    };
    operators.extend(more);
    Ok((rest, Expr::Pipeline(Pipeline { source, operators, span: rest.since(start) })))
}

/// What a pipeline begins with.
fn source(input: Input<'_>) -> Parse<'_, Expr> {
    if begins_with_operator(input) {
        return ops::operator.map(|it| Expr::Operator(Box::new(it))).parse(input);
    }
    expr(input)
}

/// Whether an operator that needs no input comes next, rather than a table or column of that name.
fn begins_with_operator(input: Input<'_>) -> bool {
    let next = input.skip(1);
    match input.word(0) {
        "print" => starts_operand(next) || next.at_sign(0, "-") || next.at_sign(0, "+") || next.at(TokenKind::LBracket),
        "evaluate" | "find" => starts_operand(next) || next.at_word("in") || next.at_sign(0, "*"),
        "range" => next.kind(0) == Some(TokenKind::Word) || next.at(TokenKind::LBracket),
        "union" => starts_operand(next) || next.at_sign(0, "*") || next.at(TokenKind::LBracket),
        "search" => starts_operand(next) || next.at_sign(0, "*") || next.at_word("in"),
        "macro" => next.at_sign(0, "-") && next.word(1) == "expand",
        _ => false,
    }
}

/// `| operator | operator …`
fn operators(mut rest: Input<'_>) -> Parse<'_, Vec<Operator>> {
    let mut operators = Vec::new();
    while rest.at(TokenKind::Pipe) {
        let (after, it) = recovered_operator(rest.skip(1))?;
        operators.push(it);
        rest = after;
    }
    Ok((rest, operators))
}

/// An operator; a broken one is reported and skipped.
fn recovered_operator(input: Input<'_>) -> Parse<'_, Operator> {
    // What was missed before the `|` explains nothing: the operators before this one are whole.
    input.cx.forget_before(input.start());
    match ops::operator(input) {
        Ok((rest, it)) if ends_operator(rest) => return Ok((rest, it)),
        Ok((rest, _)) => {
            rest.cx_note("`|`");
            rest.cx_note("`;`");
        }
        Err(Err::Failure(it)) => return Err(Err::Failure(it)),
        Err(_) => {}
    }
    input.cx.report_furthest();
    let rest = skip_broken(input);
    Ok((rest, Operator::Error(rest.since(input.start()))))
}

fn ends_operator(rest: Input<'_>) -> bool {
    rest.kind(0)
        .is_none_or(|it| it.is_closer() || matches!(it, TokenKind::Pipe | TokenKind::Semicolon | TokenKind::Comma))
}

/// Operators inside another operator's parentheses, which hands them its rows.
pub(crate) fn subquery(input: Input<'_>) -> Parse<'_, Subquery> {
    let start = input.start();
    let (rest, first) = recovered_operator(input)?;
    let (rest, more) = operators(rest)?;
    let mut operators = vec![first];
    operators.extend(more);
    Ok((rest, Subquery { operators, span: rest.since(start) }))
}

/// Statements inside an operator's parentheses.
pub(crate) fn inner_statements(input: Input<'_>) -> Parse<'_, Vec<Statement>> {
    let (rest, statements) = statements_until(input, Some(TokenKind::RParen))?;
    if statements.is_empty() {
        return Err(Err::Error(Miss));
    }
    Ok((rest, statements))
}
