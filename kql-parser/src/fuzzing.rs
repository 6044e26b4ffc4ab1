//! What the fuzz targets in `/fuzz` check, here so that saved inputs replay as ordinary tests.

use crate::{lexer, parse, print};

/// Any bytes: parsing ends, tokens tile the text, diagnostics lie inside it and can be shown.
pub fn check_parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut at = 0;
    for token in lexer::lex(&text) {
        assert_eq!(token.span.start, at, "tokens leave no gap");
        at = token.span.end;
    }
    assert_eq!(at as usize, text.len(), "tokens reach the end");
    for diagnostic in parse(&text).diagnostics {
        assert!(diagnostic.span.end as usize <= text.len(), "{diagnostic:?} lies inside the text");
        assert!(!diagnostic.render(&text).is_empty());
    }
}

/// A sound text: printing its tree and parsing that again gives an equal tree.
pub fn check_round_trip(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(&text);
    if parsed.has_errors() {
        return;
    }
    let printed = print(&parsed.query);
    let again = parse(&printed);
    assert!(again.diagnostics.is_empty(), "printed text is sound: {printed}\n{:?}", again.diagnostics);
    assert_eq!(parsed.query, again.query, "printed: {printed}");
}
