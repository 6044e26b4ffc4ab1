//! Kusto Query Language: text to syntax tree, diagnostics and printer.

pub mod ast;
pub mod diagnostic;
mod ops;
pub mod span;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use span::{LineColumn, Span};

/// A tree, perhaps with holes, and what is wrong with the text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What could be understood.
    pub query: ast::Query,
    /// In the order of the text; empty for a sound query.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a query text. Never fails: mistakes are diagnostics.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let span = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    Parsed { query: ast::Query { statements: Vec::new(), span }, diagnostics: Vec::new() }
}

pub mod lexer;
mod literal;
pub mod token;
