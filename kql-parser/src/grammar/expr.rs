//! Expressions.
//!
//! Precedence, loosest first: `or`; `and`; `== != in between`; `< <= > >=`; `+ -`; `* / %`; string operators; sign;
//! path. Equality and comparison do not chain (`a == b == c` is a mistake), the other levels associate to the left.

use nom::Parser;

use super::query::pipeline;
use super::schema::typeof_;
use super::wildcard::wildcard;
use super::{Input, Parse, at_quoted_name, bracketed, list0, list1, literal, name, named, parens, token};
use crate::ast::{
    Between, Binary, BinaryOp, Call, Expr, In, InOp, NamedExpr, Path, Step, Terms, Unary, UnaryOp, Value,
};
use crate::token::TokenKind;

/// A scalar expression, or a tabular one in parentheses.
pub(crate) fn expr(input: Input<'_>) -> Parse<'_, Expr> {
    terms(input, "or", Expr::Or, |input| terms(input, "and", Expr::And, |input| binary(input, EQUALITY)))
}

/// `term keyword term …`, flat; a single term stays itself.
fn terms<'a>(
    input: Input<'a>,
    keyword: &'static str,
    join: fn(Terms) -> Expr,
    term: fn(Input<'a>) -> Parse<'a, Expr>,
) -> Parse<'a, Expr> {
    let start = input.start();
    let (mut rest, first) = term(input)?;
    if !rest.at_word(keyword) {
        return Ok((rest, first));
    }
    let mut terms = vec![first];
    while rest.at_word(keyword) {
        let (after, next) = term(rest.skip(1))?;
        terms.push(next);
        rest = after;
    }
    rest.grow()?;
    Ok((rest, join(Terms { terms, span: rest.since(start) })))
}

const EQUALITY: u8 = 1;
const RELATION: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 4;
const STRING: u8 = 5;

/// What can stand between two operands.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    List(InOp),
    Between { negated: bool },
}

impl Infix {
    fn level(self) -> u8 {
        match self {
            Self::Binary(op) => level(op),
            Self::List(_) | Self::Between { .. } => EQUALITY,
        }
    }
}

fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual => EQUALITY,
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => RELATION,
        BinaryOp::Add | BinaryOp::Subtract => SUM,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => PRODUCT,
        _ => STRING,
    }
}

/// The operator that comes next, and how many tokens it takes.
fn infix(input: Input<'_>) -> Option<(Infix, usize)> {
    match input.kind(0)? {
        TokenKind::Operator | TokenKind::Colon => binary_op(input.text(0)).map(|op| (Infix::Binary(op), 1)),
        TokenKind::Word => match input.text(0) {
            "between" => Some((Infix::Between { negated: false }, 1)),
            "!between" => Some((Infix::Between { negated: true }, 1)),
            // `make-series … on t in range(…)`
            "in" if input.at_word_ahead(1, "range") => None,
            "matches" if input.at_word_ahead(1, "regex") => Some((Infix::Binary(BinaryOp::MatchesRegex), 2)),
            word => list_op(word).map(Infix::List).or_else(|| binary_op(word).map(Infix::Binary)).map(|it| (it, 1)),
        },
        _ => None,
    }
}

fn binary_op(text: &str) -> Option<BinaryOp> {
    BinaryOp::SPELLINGS.iter().find(|it| it.0 == text).map(|it| it.1)
}

fn list_op(text: &str) -> Option<InOp> {
    InOp::SPELLINGS.iter().find(|it| it.0 == text).map(|it| it.1)
}

/// Operands joined by operators of `lowest` level or tighter.
fn binary(input: Input<'_>, lowest: u8) -> Parse<'_, Expr> {
    let outer = input.measure();
    let start = input.start();
    let (mut rest, mut left) = leftmost(input, lowest)?;
    let mut ceiling = STRING;
    while let Some((infix, width)) = infix(rest) {
        let level = infix.level();
        if level < lowest || level > ceiling {
            break;
        }
        let (after, combined) = combine(rest.skip(width), left, infix, start)?;
        after.grow()?;
        (rest, left) = (after, combined);
        // What has been joined loosely cannot be an operand of something tight, and comparisons do not chain.
        ceiling = if level <= RELATION { level - 1 } else { level };
    }
    rest.measured(outer);
    Ok((rest, left))
}

/// The first operand; `*` where any column may be compared, as in `* has "x"`.
fn leftmost(input: Input<'_>, lowest: u8) -> Parse<'_, Expr> {
    let any_column = lowest == EQUALITY && input.at_sign(0, "*") && infix(input.skip(1)).is_some();
    if any_column { Ok((input.skip(1), Expr::Star(input.here()))) } else { unary(input) }
}

/// `left`, the operator just read, and what comes after it.
fn combine(input: Input<'_>, left: Expr, infix: Infix, start: u32) -> Parse<'_, Expr> {
    let left = Box::new(left);
    match infix {
        Infix::Binary(op) => {
            let (rest, right) = binary(input, level(op) + 1)?;
            Ok((rest, Expr::Binary(Binary { op, left, right: Box::new(right), span: rest.since(start) })))
        }
        Infix::List(op) => {
            let (rest, list) = parens(list1(argument_value))(input)?;
            Ok((rest, Expr::In(In { op, left, list, span: rest.since(start) })))
        }
        Infix::Between { negated } => {
            let (rest, (low, high)) = parens(bounds)(input)?;
            let [low, high] = [low, high].map(Box::new);
            Ok((rest, Expr::Between(Between { negated, value: left, low, high, span: rest.since(start) })))
        }
    }
}

/// `low .. high`
fn bounds(input: Input<'_>) -> Parse<'_, (Expr, Expr)> {
    let bound = |input| binary(input, SUM);
    nom::sequence::separated_pair(bound, token(TokenKind::DotDot, "`..`"), bound).parse(input)
}

/// An operand, perhaps with a sign.
pub(crate) fn unary(input: Input<'_>) -> Parse<'_, Expr> {
    if input.at_sign(0, "-") || input.at_sign(0, "+") { signed(input, operand) } else { operand(input) }
}

/// A sign and what it applies to.
pub(crate) fn signed<'a>(input: Input<'a>, inner: fn(Input<'a>) -> Parse<'a, Expr>) -> Parse<'a, Expr> {
    let op = if input.at_sign(0, "-") { UnaryOp::Minus } else { UnaryOp::Plus };
    // The most negative long has no positive twin that could be negated.
    if op == UnaryOp::Minus && input.kind(1) == Some(TokenKind::Long) && input.text(1) == "9223372036854775808" {
        let rest = input.skip(2);
        let literal = crate::ast::Literal { value: Value::Long(i64::MIN), span: rest.since(input.start()) };
        return Ok((rest, Expr::Literal(literal)));
    }
    let (rest, operand) = inner(input.skip(1))?;
    Ok((rest, Expr::Unary(Unary { op, operand: Box::new(operand), span: rest.since(input.start()) })))
}

/// A primary expression with its path.
pub(crate) fn operand(input: Input<'_>) -> Parse<'_, Expr> {
    operand_with(input, false)
}

/// An operand; with `wild`, its path may end in a wildcard.
pub(crate) fn operand_with(input: Input<'_>, wild: bool) -> Parse<'_, Expr> {
    let (rest, root) = primary(input)?;
    path_from(rest, root, input.start(), wild)
}

/// Path steps after `root`; with `wild`, the last may be a wildcard.
pub(crate) fn path_from(mut rest: Input<'_>, root: Expr, start: u32, wild: bool) -> Parse<'_, Expr> {
    let mut steps = Vec::new();
    loop {
        match rest.kind(0) {
            Some(TokenKind::Dot) => {
                let (after, it) = dot_step(rest.skip(1), wild)?;
                steps.push(it);
                rest = after;
            }
            Some(TokenKind::LBracket) if takes_index(&root) => {
                let (after, it) = index(rest)?;
                steps.push(it);
                rest = after;
            }
            _ if steps.is_empty() => return Ok((rest, root)),
            _ => {
                let (root, steps) = joined_path(root, steps);
                return Ok((rest, Expr::Path(Path { root: Box::new(root), steps, span: rest.since(start) })));
            }
        }
    }
}

/// A path of a path is one path.
fn joined_path(root: Expr, steps: Vec<Step>) -> (Expr, Vec<Step>) {
    match root {
        Expr::Path(mut inner) => {
            inner.steps.extend(steps);
            (*inner.root, inner.steps)
        }
        root => (root, steps),
    }
}

fn takes_index(root: &Expr) -> bool {
    match root {
        Expr::Literal(it) => matches!(it.value, Value::Dynamic(_) | Value::Null(_)),
        Expr::Datatable(_) | Expr::Externaldata(_) | Expr::Typeof(_) => false,
        _ => true,
    }
}

/// What follows a dot.
fn dot_step(input: Input<'_>, wild: bool) -> Parse<'_, Step> {
    if wild && super::wildcard::wildcard_width(input).is_some() {
        return wildcard.map(Step::Wildcard).parse(input);
    }
    match (input.kind(0), input.kind(1)) {
        (Some(TokenKind::LBracket), _) => index(input),
        (Some(TokenKind::Word), Some(TokenKind::LParen)) => call.map(Step::Call).parse(input),
        _ => name.map(Step::Name).parse(input),
    }
}

fn index(input: Input<'_>) -> Parse<'_, Step> {
    bracketed(TokenKind::LBracket, expr).map(|it| Step::Index(Box::new(it))).parse(input)
}

fn primary(input: Input<'_>) -> Parse<'_, Expr> {
    match input.kind(0) {
        Some(TokenKind::LParen) => parens(pipeline)(input),
        Some(TokenKind::LBracket) if at_quoted_name(input) => name.map(Expr::Name).parse(input),
        _ if literal::at_literal(input) => literal::literal_expr(input),
        Some(TokenKind::Word) if is_operand_word(input) => word_operand(input),
        _ => input.miss("an expression"),
    }
}

/// Something that begins with a word: a call, a table literal or a name.
fn word_operand(input: Input<'_>) -> Parse<'_, Expr> {
    let called = input.kind(1) == Some(TokenKind::LParen);
    match input.text(0) {
        "typeof" if called => typeof_.map(Expr::Typeof).parse(input),
        "datatable" | "externaldata" | "external_data" | "inline_external_table"
            if called || input.kind(1) == Some(TokenKind::Word) =>
        {
            crate::ops::table_literal(input)
        }
        "entity_group" if input.kind(1) == Some(TokenKind::LBracket) => {
            super::query::entity_group.map(|it| Expr::EntityGroup(Box::new(it))).parse(input)
        }
        "toscalar" | "totable" if input.at_word_ahead(1, "kind") => optimized_call(input),
        _ if called => call.map(Expr::Call).parse(input),
        "dynamic" => input.miss("an expression"),
        // `T datascope=hotcache` says where the service keeps the data; there is nothing to keep of it.
        _ if input.at_word_ahead(1, "datascope") && input.kind(2) == Some(TokenKind::Assign) => {
            let (_, name) = name(input)?;
            Ok((input.skip(4), Expr::Name(name)))
        }
        _ => name.map(Expr::Name).parse(input),
    }
}

/// Whether the word that comes next can be a name or call here, not the operator or clause that an operand is missing
/// before. Most keywords are fine as names; `by` in `sort by by asc` is, in `summarize x = by y` it is not.
fn is_operand_word(input: Input<'_>) -> bool {
    let word = input.text(0);
    match word {
        "and" | "or" => false,
        _ if word.starts_with('!') || word.ends_with('~') => false,
        "in" | "between" | "matches" => false,
        _ if binary_op(word).is_some() || list_op(word).is_some() => !starts_operand(input.skip(1)),
        "by" | "on" | "with" | "of" | "to" | "from" | "step" | "where" | "asc" | "desc" | "as" | "default" => {
            !starts_operand(input.skip(1)) || matches!(input.word(1), "asc" | "desc" | "nulls" | "and" | "or")
        }
        _ => true,
    }
}

/// Whether a word, literal or parenthesis comes next that only an operand begins with.
pub(crate) fn starts_operand(input: Input<'_>) -> bool {
    match input.kind(0) {
        Some(TokenKind::LParen) => true,
        Some(TokenKind::Word) => infix(input).is_none() && !matches!(input.text(0), "and" | "or"),
        _ => literal::at_literal(input),
    }
}

/// `name(arguments)`
pub(crate) fn call(input: Input<'_>) -> Parse<'_, Call> {
    let (rest, name) = name(input)?;
    let (rest, arguments) = parens(list0(argument))(rest)?;
    Ok((rest, Call { name, arguments, span: rest.since(input.start()) }))
}

/// `toscalar kind=nooptimization (…)`: the hint has no meaning here and is dropped.
fn optimized_call(input: Input<'_>) -> Parse<'_, Expr> {
    let (_, name) = name(input)?;
    let (rest, arguments) = parens(list0(argument))(input.skip(4))?;
    Ok((rest, Expr::Call(Call { name, arguments, span: rest.since(input.start()) })))
}

fn argument(input: Input<'_>) -> Parse<'_, NamedExpr> {
    named(argument_value)(input)
}

/// An argument or list item: scalar, tabular, or `*`.
pub(crate) fn argument_value(input: Input<'_>) -> Parse<'_, Expr> {
    if input.at_sign(0, "*") && matches!(input.kind(1), Some(TokenKind::Comma | TokenKind::RParen)) {
        return Ok((input.skip(1), Expr::Star(input.here())));
    }
    pipeline(input)
}

impl Input<'_> {
    fn at_word_ahead(&self, ahead: usize, word: &str) -> bool {
        self.word(ahead) == word
    }
}
