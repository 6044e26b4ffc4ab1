//! Size and nesting: large queries take linear time and no deep recursion, hostile ones get a diagnostic.

use std::time::{Duration, Instant};

use kql_parser::diagnostic::{TOO_DEEP, TOO_LONG};
use kql_parser::{Parsed, parse, print};

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed.diagnostics.iter().map(|it| it.code.id).collect()
}

#[test]
fn ten_thousand_terms_are_no_recursion() {
    for joiner in [" or ", " and "] {
        let terms: Vec<_> = (0..10_000).map(|it| format!("x == {it}")).collect();
        let parsed = parse(&format!("T | where {}", terms.join(joiner)));
        assert!(parsed.diagnostics.is_empty());
        assert_eq!(parse(&print(&parsed.query)).query, parsed.query.clone());
    }
}

#[test]
fn hostile_nesting_is_refused_and_nothing_overflows() {
    for text in [
        format!("print {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("print {}", "(".repeat(100_000)),
        format!("print {}", "f(".repeat(100_000)),
        format!("print {}", "a[".repeat(100_000)),
        format!("print dynamic({}", "[".repeat(100_000)),
        format!("print {}1", "a + ".repeat(100_000)),
        format!("print {}1", "a has ".repeat(100_000)),
        format!("{}T", "T | join (".repeat(20_000)),
        format!("T{}", " | mv-apply x on (take 1".repeat(20_000)),
        format!("T | fork {}", "(fork ".repeat(20_000)),
        "let f = () { ".repeat(20_000),
    ] {
        let parsed = parse(&text);
        assert!(codes(&parsed).contains(&TOO_DEEP.id), "{}… gave {:?}", &text[..20], codes(&parsed));
    }
}

#[test]
fn reasonable_nesting_is_fine() {
    for text in [
        format!("print {}1{}", "(".repeat(90), ")".repeat(90)),
        format!("print {}1", "a + ".repeat(400)),
        format!("print x{}", ".a[0]".repeat(2_000)),
        format!("T{}", " | where x | extend y = 1 + 2 + 3".repeat(2_000)),
        format!("union {}", vec!["(T | where a + b > 1)"; 2_000].join(", ")),
        format!("print {}", vec!["a + b * c"; 2_000].join(", ")),
    ] {
        let parsed = parse(&text);
        assert!(parsed.diagnostics.is_empty(), "{}…: {:?}", &text[..30], codes(&parsed));
    }
}

#[test]
fn overlong_texts_are_refused() {
    assert_eq!(codes(&parse(&" ".repeat(kql_parser::MAX_TEXT + 1))), [TOO_LONG.id]);
}

#[test]
fn time_is_linear_whatever_the_text() {
    for unit in [
        "T | where x == 1 and (y has 'a' or z in (1, 2)); ",
        "int( ",
        "'",
        "``` ",
        "( ",
        ") ",
        "| ",
        "a = ",
        "(a, ",
        "x | y ( ",
        "top-nested of a by b, ",
        "[ 'a' ",
        "a-b-",
        "{ ; ",
        "\u{a0}“",
    ] {
        let time = |bytes: usize| {
            let text = unit.repeat(bytes / unit.len());
            let start = Instant::now();
            let _ = parse(&text);
            start.elapsed()
        };
        // Quadratic time would be sixteen seconds and more here, and a busy machine is forgiven a lot.
        let taken = time(200_000);
        assert!(taken < Duration::from_secs(10), "{unit:?} took {taken:?}");
    }
}
