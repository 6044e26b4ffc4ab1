//! Diagnostics over the lines they are about, for a person at a terminal.
//!
//! ```text
//! error[KQL0210]: no column named `FileNme` here
//!   |
//! 2 | | where FileNme has "powershell"
//!   |         ^^^^^^^ did you mean `FileName`?
//! ```

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use kql_parser::Diagnostic;

use crate::terminal;

/// Where a diagnostic is shown: a text, the name of its file if it has one, and bytes of that text.
pub(crate) struct Place<'a> {
    pub(crate) text: &'a str,
    pub(crate) file: Option<&'a str>,
    pub(crate) range: Range<usize>,
}

/// Every diagnostic of a query that no file holds.
pub(crate) fn render_all(text: &str, diagnostics: &[Diagnostic]) -> String {
    let renderer = renderer();
    diagnostics.iter().map(|it| render(it, &Place { text, file: None, range: it.span.range() }, &renderer)).collect()
}

/// A renderer for standard error.
pub(crate) fn renderer() -> Renderer {
    if terminal::stderr_has_colour() { Renderer::styled() } else { Renderer::plain() }
}

/// A renderer for standard output.
pub(crate) fn renderer_for_stdout() -> Renderer {
    if terminal::screen().is_some_and(|it| it.colour) { Renderer::styled() } else { Renderer::plain() }
}

/// One diagnostic, ending in a new line.
pub(crate) fn render(diagnostic: &Diagnostic, place: &Place<'_>, renderer: &Renderer) -> String {
    let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
    let mark = AnnotationKind::Primary.span(fit(place.text, &place.range)).label(diagnostic.hint.as_deref());
    let snippet = Snippet::source(place.text).path(place.file).annotation(mark);
    let report = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id).element(snippet);
    format!("{}\n", renderer.render(&[report]))
}

/// `range`, made to lie on characters of `text` and in one line: the message is about its first line.
fn fit(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end).max(start);
    let line = text[start..end].find('\n').map_or(end, |at| start + at);
    start..line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_and_the_hint_stand_under_the_word() {
        let text = "T\n| wehre x";
        let found = kql_parser::parse(text).diagnostics;
        let place = Place { text, file: Some("a.kql"), range: found[0].span.range() };
        let shown = render(&found[0], &place, &Renderer::plain());
        assert!(shown.contains("--> a.kql:2:3"), "{shown}");
        assert!(shown.contains("^^^^^ did you mean `where`?"), "{shown}");
    }

    #[test]
    fn ranges_are_cut_to_the_text() {
        for (text, range, expected) in [
            ("ab", 0..9, 0..2),
            ("ab", 7..9, 2..2),
            ("aé", 0..2, 0..1), // the end is inside of a letter
            ("a\nb", 0..3, 0..1),
        ] {
            assert_eq!(fit(text, &range), expected, "{text:?} {range:?}");
        }
    }
}
