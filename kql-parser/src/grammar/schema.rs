//! Types, column lists and `with (…)` properties.

use nom::Parser;
use nom::combinator::opt;

use super::{Input, Parse, assign, comma, list0, name, parens, token};
use crate::ast::{ColumnDeclaration, Expr, Property, ScalarType, Schema, TypeName, Typeof, TypeofKind, Value};
use crate::diagnostic::{self as codes, Diagnostic, nearest};
use crate::token::TokenKind;

/// A type name.
pub(crate) fn type_name(input: Input<'_>) -> Parse<'_, TypeName> {
    if !input.at(TokenKind::Word) {
        return input.miss("a type");
    }
    let (word, span) = (input.text(0), input.here());
    let ty = ScalarType::from_name(word).unwrap_or_else(|| {
        let known = ScalarType::SPELLINGS.iter().map(|it| it.0);
        input.cx.report(
            Diagnostic::error(codes::UNKNOWN_TYPE, span)
                .message(format!("no type `{word}`"))
                .hint(nearest(word, known).map(|it| format!("did you mean `{it}`?"))),
        );
        ScalarType::Dynamic
    });
    Ok((input.skip(1), TypeName { ty, span }))
}

/// `: type`
pub(crate) fn colon_type(input: Input<'_>) -> Parse<'_, TypeName> {
    let (rest, _) = token(TokenKind::Colon, "`:`")(input)?;
    type_name(rest)
}

/// `name: type`
pub(crate) fn column(input: Input<'_>) -> Parse<'_, ColumnDeclaration> {
    let (rest, name) = name(input)?;
    let (rest, ty) = colon_type(rest)?;
    Ok((rest, ColumnDeclaration { name, ty, default: None, span: rest.since(input.start()) }))
}

/// `name: type = default`
pub(crate) fn column_with_default(input: Input<'_>) -> Parse<'_, ColumnDeclaration> {
    let (rest, column) = column(input)?;
    let (rest, default) = default(rest)?;
    Ok((rest, ColumnDeclaration { default, span: rest.since(input.start()), ..column }))
}

/// `= value`, or nothing.
pub(crate) fn default(input: Input<'_>) -> Parse<'_, Option<Expr>> {
    if !input.at(TokenKind::Assign) {
        return Ok((input, None));
    }
    super::expr::unary.map(Some).parse(input.skip(1))
}

/// `(*, a: long, b: string)`
pub(crate) fn schema(input: Input<'_>) -> Parse<'_, Schema> {
    let (rest, (open, columns)) = parens(columns)(input)?;
    Ok((rest, Schema { columns, open, span: rest.since(input.start()) }))
}

/// Columns, perhaps after `*`; stray commas at either end are tolerated.
fn columns(input: Input<'_>) -> Parse<'_, (bool, Vec<ColumnDeclaration>)> {
    let open = input.at_sign(0, "*");
    let input = if open { input.skip(1) } else { input };
    let (rest, leading) = opt(comma).parse(input)?;
    if open && leading.is_none() {
        return Ok((rest, (open, Vec::new())));
    }
    let (rest, columns) = list0(column)(rest)?;
    Ok((opt(comma).parse(rest)?.0, (open, columns)))
}

/// `typeof(long)`, `typeof(*, a: long)`
pub(crate) fn typeof_(input: Input<'_>) -> Parse<'_, Typeof> {
    let (rest, kind) = parens(typeof_kind)(input.skip(1))?;
    Ok((rest, Typeof { kind, span: rest.since(input.start()) }))
}

fn typeof_kind(input: Input<'_>) -> Parse<'_, TypeofKind> {
    if input.kind(0) == Some(TokenKind::Word) && input.kind(1) == Some(TokenKind::RParen) {
        return type_name.map(TypeofKind::Scalar).parse(input);
    }
    columns.map(|(open, columns)| TypeofKind::Columns { open, columns }).parse(input)
}

/// `typeof(long)` where only a type will do.
pub(crate) fn typeof_scalar(input: Input<'_>) -> Parse<'_, TypeName> {
    if !input.at_word("typeof") {
        return input.miss("`typeof`");
    }
    parens(type_name)(input.skip(1))
}

/// `with (name = value, …)`, or nothing.
pub(crate) fn with_properties(input: Input<'_>) -> Parse<'_, Vec<Property>> {
    if !input.at_word("with") {
        return Ok((input, Vec::new()));
    }
    parens(|input| {
        let (rest, properties) = list0(property)(input)?;
        Ok((opt(comma).parse(rest)?.0, properties))
    })(input.skip(1))
}

/// `name = value`; a word alone is a switch that is on.
fn property(input: Input<'_>) -> Parse<'_, Property> {
    let (rest, name) = name(input)?;
    if !rest.at(TokenKind::Assign) {
        let value = Expr::Literal(crate::ast::Literal { value: Value::Bool(true), span: name.span });
        return Ok((rest, Property { span: name.span, name, value }));
    }
    let (rest, _) = assign(rest)?;
    let (rest, value) = super::parameter_value(rest)?;
    Ok((rest, Property { name, value, span: rest.since(input.start()) }))
}
