//! Kusto Query Language: text to syntax tree, diagnostics and printer.
//!
//! What lives here: the [lexer](lexer::lex), the grammar behind [`parse`], the [tree](ast), what is wrong with a text
//! ([`Diagnostic`]), the [printer](print()) and what editors need ([`editor`]). What does not: tables, columns, types of
//! expressions, functions. Those need a catalog and are the binder's.
//!
//! ```
//! let parsed = kql_parser::parse("DeviceEvents | wehre x | take 5");
//! assert_eq!(parsed.diagnostics[0].hint.as_deref(), Some("did you mean `where`?"));
//! assert_eq!(parsed.query.statements.len(), 1); // the rest of the query is in the tree all the same
//! ```

pub mod ast;
pub mod diagnostic;
pub mod editor;
#[doc(hidden)]
pub mod fuzzing;
mod grammar;
pub mod lexer;
mod literal;
mod ops;
mod print;
pub mod span;
pub mod token;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use ops::operator_names;
pub use print::{print, print_expr, print_operator};
pub use span::{LineColumn, Span};

use crate::diagnostic as codes;
use crate::grammar::{Context, Input};
use crate::token::{Token, TokenKind};

/// A tree, perhaps with holes, and what is wrong with the text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What could be understood.
    pub query: ast::Query,
    /// In the order of the text; empty for a sound query.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the query cannot run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Longest text that is parsed, in bytes. Our choice; the service stops at about 2 MB.
pub const MAX_TEXT: usize = 4 << 20;

/// Parses a query text. Never fails: mistakes are diagnostics, several at once, and holes in the tree.
///
/// Takes time linear in the text. Nesting is bounded, so trees can be walked by recursion.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    if text.len() > MAX_TEXT {
        let query = ast::Query { statements: Vec::new(), span: Span::default() };
        let message = format!("the query has {} bytes, more than {MAX_TEXT}", text.len());
        return Parsed {
            query,
            diagnostics: vec![Diagnostic::error(codes::TOO_LONG, Span::default()).message(message)],
        };
    }
    let cx = Context::new(text);
    let mut tokens = lexer::lex(text);
    for token in &tokens {
        report_token(*token, &cx);
    }
    tokens.retain(|it| !it.kind.is_trivia());
    let query = grammar::query::query(Input::new(&tokens, &cx));
    Parsed { query, diagnostics: cx.into_diagnostics() }
}

/// Reports a token that cannot be right wherever it stands.
fn report_token(token: Token, cx: &Context<'_>) {
    let shown = token.span.text(cx.text);
    match token.kind {
        TokenKind::OpenString => cx.report(
            Diagnostic::error(codes::UNTERMINATED, token.span)
                .message("this string is not closed")
                .hint("close it on the same line, or write ``` around text of several lines"),
        ),
        TokenKind::Stray => cx.report(
            Diagnostic::error(codes::STRAY_CHARACTER, token.span)
                .message(format!("`{shown}` means nothing in KQL"))
                .hint(stray_hint(shown)),
        ),
        _ => {}
    }
}

fn stray_hint(shown: &str) -> Option<&'static str> {
    match shown {
        "&&" | "&" => Some("write `and`"),
        "||" => Some("write `or`"),
        "!" => Some("write `not(…)`"),
        _ if shown.starts_with(['“', '”', '‘', '’', '„']) => Some("write straight quotes"),
        _ => None,
    }
}
