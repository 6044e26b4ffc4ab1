//! Properties: printing a tree and parsing the text gives an equal tree, and no text at all stops the parser.

use kql_parser::fuzzing::{check_parse, check_round_trip};
use kql_parser::parse;
use proptest::prelude::*;

/// Words and signs that queries are made of, so that random texts get past the first token.
const PIECES: &[&str] = &[
    "T",
    "a",
    "b",
    "['c d']",
    "$left",
    "where",
    "project",
    "extend",
    "summarize",
    "by",
    "join",
    "on",
    "kind",
    "=",
    "==",
    "and",
    "or",
    "has",
    "in",
    "!in~",
    "between",
    "..",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    "|",
    ".",
    ":",
    "*",
    "-",
    "+",
    "/",
    "<",
    ">",
    "=>",
    "'s'",
    "@'v'",
    "5",
    "1.5",
    "1d",
    "datetime(2024-01-01)",
    "dynamic(",
    "null",
    "let",
    "f(",
    "count()",
    "union",
    "print",
    "range",
    "search",
    "find",
    "take",
    "top",
    "of",
    "to",
    "step",
    "from",
    "parse",
    "with",
    "as",
    "mv-expand",
    "mv-apply",
    "scan",
    "make-series",
    "partition",
    "fork",
    "facet",
    "graph-match",
    "-[e]->",
    "typeof(long)",
    "datatable(a:long)[1]",
    "evaluate",
    "invoke",
    "render",
    "// x\n",
    "“",
    "\u{a0}",
    "```",
    "\"",
];

/// Expressions that are sound by construction.
fn expr() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "['b c']",
        "5",
        "-1.5",
        "'it\\'s'",
        "@\"c:\\\"",
        "true",
        "1h",
        "datetime(2024-02-29 10:00)",
        "dynamic([1,{'a':null}])",
        "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
        "long(null)",
        "real(nan)",
        "['by']",
        "d.x[0]['y']",
        "-9223372036854775808",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let operators = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "==",
            "!=",
            "<",
            ">=",
            "has",
            "!contains_cs",
            "=~",
            "matches regex",
            "startswith",
            ":",
        ]);
        prop_oneof![
            (inner.clone(), operators, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            (inner.clone(), prop::sample::select(vec!["and", "or"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            inner.clone().prop_map(|it| format!("-({it})")),
            inner.clone().prop_map(|it| format!("({it}).x")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| format!("f({})", it.join(", "))),
            (inner.clone(), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(a, it)| format!("({a}) in~ ({})", it.join(", "))),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) !between (({b}) .. ({c}))")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("toscalar(T | where {a} | project x = {b})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sound_expressions_survive_printing(it in expr()) {
        let text = format!("T | where {it}");
        prop_assert!(!parse(&text).has_errors(), "{text}: {:?}", parse(&text).diagnostics);
        check_round_trip(text.as_bytes());
    }

    #[test]
    fn any_words_parse_somehow(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.join(" ");
        check_parse(text.as_bytes());
        check_round_trip(text.as_bytes());
    }

    #[test]
    fn any_characters_parse_somehow(text in "\\PC{0,80}") {
        check_parse(text.as_bytes());
        check_round_trip(text.as_bytes());
    }
}
