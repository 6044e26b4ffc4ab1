//! What a prompt or editor needs while a query is being typed: colours, and whether it is finished.

use crate::ast::ScalarType;
use crate::lexer::lex;
use crate::span::Span;
use crate::token::{Token, TokenClass, TokenKind};
use crate::{operator_names, parse};

/// The whole text, piece by piece, with what each piece is.
#[must_use]
pub fn tokens(text: &str) -> Vec<(Span, TokenClass)> {
    let all = lex(text);
    let mut before: Option<Token> = None;
    let mut classes = Vec::with_capacity(all.len());
    for (at, token) in all.iter().enumerate() {
        let after = all[at + 1..].iter().find(|it| !it.kind.is_trivia());
        classes.push((token.span, class(*token, before, after.copied(), text)));
        if !token.kind.is_trivia() {
            before = Some(*token);
        }
    }
    classes
}

fn class(token: Token, before: Option<Token>, after: Option<Token>, text: &str) -> TokenClass {
    match token.kind {
        TokenKind::Blank => TokenClass::Blank,
        TokenKind::Comment | TokenKind::Directive => TokenClass::Comment,
        TokenKind::Word => word_class(token.span.text(text), before, after),
        TokenKind::Long | TokenKind::Real | TokenKind::Timespan | TokenKind::Typed => TokenClass::Literal,
        TokenKind::String => TokenClass::String,
        TokenKind::OpenString | TokenKind::Stray => TokenClass::Error,
        TokenKind::Operator | TokenKind::Assign | TokenKind::Arrow => {
            let joins_words = |it: Option<Token>| it.is_some_and(|it| it.kind == TokenKind::Word);
            let adjoins = before.is_some_and(|it| it.span.end == token.span.start);
            // The hyphen of `project-away`.
            if token.span.text(text) == "-" && adjoins && joins_words(before) && hyphenated(text, token, after) {
                TokenClass::Keyword
            } else {
                TokenClass::Operator
            }
        }
        TokenKind::LParen
        | TokenKind::RParen
        | TokenKind::LBracket
        | TokenKind::RBracket
        | TokenKind::LBrace
        | TokenKind::RBrace
        | TokenKind::Comma
        | TokenKind::Semicolon
        | TokenKind::Colon
        | TokenKind::Dot
        | TokenKind::DotDot
        | TokenKind::Pipe => TokenClass::Punctuation,
    }
}

/// Whether the hyphen `token` lies inside an operator's keyword.
fn hyphenated(text: &str, token: Token, after: Option<Token>) -> bool {
    let Some(after) = after.filter(|it| it.span.start == token.span.end) else { return false };
    let head = &text[..token.span.start as usize];
    let start = head
        .rfind(|it: char| !(it.is_alphanumeric() || "_-".contains(it)))
        .map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
    let so_far = &text[start..after.span.end as usize];
    operator_names().any(|it| it.starts_with(so_far))
}

/// Words that introduce a clause or statement.
const CLAUSES: &[&str] = &[
    "let",
    "set",
    "declare",
    "restrict",
    "alias",
    "by",
    "on",
    "with",
    "from",
    "to",
    "step",
    "of",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "as",
    "kind",
    "datatable",
    "externaldata",
    "view",
    "default",
    "print",
    "range",
    "union",
    "away",
    "keep",
    "rename",
    "reorder",
    "expand",
    "apply",
    "series",
];

/// Operators that are written as words.
const WORD_OPERATORS: &[&str] = &["and", "or", "between", "!between", "matches", "regex"];

fn word_class(word: &str, before: Option<Token>, after: Option<Token>) -> TokenClass {
    let comes_after = |kind| before.is_some_and(|it| it.kind == kind);
    let followed_by = |kind| after.is_some_and(|it| it.kind == kind);
    let is_operator = || {
        let spellings = crate::ast::BinaryOp::SPELLINGS.iter().map(|it| it.0);
        spellings.chain(crate::ast::InOp::SPELLINGS.iter().map(|it| it.0)).any(|it| it == word)
    };
    if comes_after(TokenKind::Dot) {
        return if followed_by(TokenKind::LParen) { TokenClass::Function } else { TokenClass::Name };
    }
    if comes_after(TokenKind::Pipe) || before.is_none() && operator_names().any(|it| it == word) {
        return TokenClass::Keyword;
    }
    match word {
        _ if comes_after(TokenKind::Colon) && ScalarType::from_name(word).is_some() => TokenClass::Type,
        _ if WORD_OPERATORS.contains(&word) || is_operator() => TokenClass::Operator,
        "true" | "false" | "null" => TokenClass::Literal,
        _ if CLAUSES.contains(&word) => TokenClass::Keyword,
        _ if followed_by(TokenKind::LParen) => TokenClass::Function,
        _ => TokenClass::Name,
    }
}

/// Whether a prompt should run `text` when the line ends, rather than ask for another line.
///
/// It should once every bracket and string is closed and more text could only change a sound query, or once the text
/// ends with `;` or a blank line. A text that is wrong in a way that more lines cannot mend is complete as well.
#[must_use]
pub fn is_complete(text: &str) -> bool {
    let significant: Vec<_> = lex(text).into_iter().filter(|it| !it.kind.is_trivia()).collect();
    let Some(last) = significant.last() else { return true };
    if text.ends_with("\n\n") {
        return true;
    }
    let open_fence = last.kind == TokenKind::OpenString && last.span.text(text).contains(['`', '~']);
    let depth = significant
        .iter()
        .fold(0_i64, |depth, it| depth + i64::from(it.kind.closer().is_some()) - i64::from(it.kind.is_closer()));
    if open_fence || depth > 0 {
        return false;
    }
    last.kind == TokenKind::Semicolon || !fails_at_end(text, last.span)
}

/// Whether what is wrong is only that the text stops too early.
fn fails_at_end(text: &str, last: Span) -> bool {
    let parsed = parse(text);
    parsed.diagnostics.len() == 1 && parsed.diagnostics.iter().all(|it| it.span.start >= last.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_coloured_by_their_place() {
        let text = "T | where x has 'a' and f(y) | project-away z";
        let classes: Vec<_> = tokens(text)
            .into_iter()
            .filter(|it| it.1 != TokenClass::Blank)
            .map(|(span, class)| (span.text(text), class))
            .collect();
        for (word, class) in [
            ("T", TokenClass::Name),
            ("where", TokenClass::Keyword),
            ("has", TokenClass::Operator),
            ("'a'", TokenClass::String),
            ("and", TokenClass::Operator),
            ("f", TokenClass::Function),
            ("project", TokenClass::Keyword),
            ("-", TokenClass::Keyword),
            ("away", TokenClass::Keyword),
            ("z", TokenClass::Name),
        ] {
            assert!(classes.contains(&(word, class)), "{word}: {classes:?}");
        }
    }

    #[test]
    fn a_prompt_asks_for_more_only_when_more_is_needed() {
        for (text, expected) in [
            ("", true),
            ("T", true),
            ("T | take 5", true),
            ("T |", false),
            ("T | where", false),
            ("T | where x ==", false),
            ("T | where (x", false),
            ("print ```a", false),
            ("T | where (x;", false),
            ("T | where x ==\n\n", true),
            ("T | wehre x", true), // no further line mends that
            ("let x = 1;", true),
        ] {
            assert_eq!(is_complete(text), expected, "{text:?}");
        }
    }
}
