//! What is wrong with a query: [`Diagnostic`], and the table of [`Code`]s the parser reports.
//!
//! Later stages report with the same types and codes of their own (`KQL02xx` and up). Text to show is made where it
//! is shown; a diagnostic only knows its span, message and hint.

use std::fmt;

use crate::span::{LineColumn, Span};

/// A kind of mistake. Codes are data: each crate has one table of them, and reference pages are made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// Ours, `KQL0001`.
    pub id: &'static str,
    /// The service's code for the same mistake, `SYN0002`, where it has one.
    pub service: Option<&'static str>,
    /// What it means, in one line.
    pub summary: &'static str,
}

const fn code(id: &'static str, service: Option<&'static str>, summary: &'static str) -> Code {
    Code { id, service, summary }
}

/// Something else was expected here.
pub const SYNTAX: Code = code("KQL0001", Some("SYN0002"), "the text does not fit the grammar here");
/// The name after `|` is no operator.
pub const UNKNOWN_OPERATOR: Code = code("KQL0002", Some("SYN0002"), "no tabular operator has this name");
/// A string or fence is not closed.
pub const UNTERMINATED: Code = code("KQL0003", Some("SYN0001"), "a string literal is not closed");
/// A character that starts no token.
pub const STRAY_CHARACTER: Code = code("KQL0004", Some("SYN0001"), "a character that means nothing in KQL");
/// A literal whose text has no value of its type.
pub const BAD_LITERAL: Code = code("KQL0005", Some("SYN0002"), "a literal that its type cannot hold");
/// A backslash sequence that strings do not know.
pub const BAD_ESCAPE: Code = code("KQL0006", Some("SYN0001"), "an unknown escape in a string literal");
/// A type name that is none.
pub const UNKNOWN_TYPE: Code = code("KQL0007", Some("SYN0002"), "no scalar type has this name");
/// Brackets or operators nested beyond the limit.
pub const TOO_DEEP: Code = code("KQL0008", None, "the query is nested too deeply");
/// The text is longer than spans can address.
pub const TOO_LONG: Code = code("KQL0009", None, "the query text is too long");
/// Nothing but blanks and comments.
pub const EMPTY_QUERY: Code = code("KQL0010", Some("SYN0002"), "the text holds no statement");
/// A bracket that nothing closes.
pub const UNCLOSED: Code = code("KQL0011", Some("SYN0002"), "a bracket is not closed");

/// A date that cannot be read, which is null.
pub const UNREADABLE_DATE: Code = code("KQL0012", None, "a `datetime` literal that cannot be read is null");
/// `where a = b`, which filters by `b` alone.
pub const NAMED_PREDICATE: Code = code("KQL0013", None, "a predicate with a name where a comparison was meant");

/// Every code the parser reports.
pub const CODES: &[Code] = &[
    SYNTAX,
    UNKNOWN_OPERATOR,
    UNTERMINATED,
    STRAY_CHARACTER,
    BAD_LITERAL,
    BAD_ESCAPE,
    UNKNOWN_TYPE,
    TOO_DEEP,
    TOO_LONG,
    EMPTY_QUERY,
    UNCLOSED,
    UNREADABLE_DATE,
    NAMED_PREDICATE,
];

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The query runs.
    Warning,
    /// The query does not run.
    Error,
}

/// One mistake at one place.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which mistake.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// The smallest text that, edited, fixes it.
    pub span: Span,
    /// Lower case, no full stop, the writer's words in backticks.
    pub message: String,
    /// One thing to do next.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error whose message is the code's summary until [`Self::message`] gives a better one.
    #[must_use]
    pub fn error(code: Code, span: Span) -> Self {
        Self { code, severity: Severity::Error, span, message: code.summary.to_owned(), hint: None }
    }

    /// A warning, otherwise like [`Self::error`].
    #[must_use]
    pub fn warning(code: Code, span: Span) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span) }
    }

    /// Replaces the message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds a hint: text, or an `Option` that may hold none.
    #[must_use]
    pub fn hint(mut self, hint: impl IntoHint) -> Self {
        self.hint = hint.into_hint();
        self
    }

    /// Whether the query cannot run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The message over the line it is about, as a terminal shows it without colour.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let place = LineColumn::of(text, self.span.start);
        let line = text.lines().nth(place.line - 1).unwrap_or_default();
        let gutter = place.line.to_string();
        let covered = self.span.text(text).lines().next().unwrap_or_default().chars().count().max(1);
        let under = format!("{}{}", " ".repeat(place.column - 1), "^".repeat(covered));
        let hint = self.hint.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{self}\n  {gutter} | {line}\n  {} | {under}{hint}\n", " ".repeat(gutter.len()))
    }
}

/// What [`Diagnostic::hint`] takes.
pub trait IntoHint {
    /// The hint, if there is one.
    fn into_hint(self) -> Option<String>;
}

impl IntoHint for &str {
    fn into_hint(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoHint for String {
    fn into_hint(self) -> Option<String> {
        Some(self)
    }
}

impl<T: IntoHint> IntoHint for Option<T> {
    fn into_hint(self) -> Option<String> {
        self.and_then(IntoHint::into_hint)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        write!(f, "{severity}[{}]: {}", self.code.id, self.message)
    }
}

/// The candidate nearest to `word` in spelling, if one is near enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|it| (edits(word, it), it))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, it)| it)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, ignoring case.
fn edits(a: &str, b: &str) -> usize {
    let [a, b] = [a, b].map(|it| it.chars().flat_map(char::to_lowercase).collect::<Vec<_>>());
    if a.len().abs_diff(b.len()) > 3 || a.len() > 64 {
        return usize::MAX;
    }
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(CODES.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn nearest_finds_slips_and_nothing_else() {
        for (word, expected) in [
            ("wehre", Some("where")),
            ("Where", Some("where")),
            ("summarise", Some("summarize")),
            ("projct", Some("project")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(word, ["where", "summarize", "project", "take"]), expected, "{word}");
        }
    }

    #[test]
    fn rendering_points_at_the_text() {
        let text = "T\n| wehre x";
        let shown = Diagnostic::error(UNKNOWN_OPERATOR, Span::new(4, 9))
            .message("no operator `wehre`")
            .hint("did you mean `where`?")
            .render(text);
        assert_eq!(
            shown,
            "error[KQL0002]: no operator `wehre`\n  2 | | wehre x\n    |   ^^^^^ did you mean `where`?\n"
        );
    }
}
