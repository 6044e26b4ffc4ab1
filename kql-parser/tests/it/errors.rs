//! What mistakes read like: query, and the diagnostics as a terminal shows them.

use kql_parser::ast::{Expr, Operator, Statement};
use kql_parser::parse;

fn shown(text: &str) -> String {
    parse(text).diagnostics.iter().map(|it| it.render(text)).collect()
}

#[test]
fn mistakes_read_well() {
    for (text, expected) in [
        (
            "T | wehre x == 1",
            "error[KQL0002]: no operator named `wehre`\n  1 | T | wehre x == 1\n    |     ^^^^^ did you mean `where`?\n",
        ),
        (
            "T | where x ==",
            "error[KQL0001]: expected an expression, found the end of the text\n  1 | T | where x ==\n    |               ^\n",
        ),
        (
            "T | where x and | take 5",
            "error[KQL0001]: expected an expression, found `|`\n  1 | T | where x and | take 5\n    |                 ^\n",
        ),
        (
            "T | where x || y",
            "error[KQL0004]: `||` means nothing in KQL\n  1 | T | where x || y\n    |             ^^ write `or`\n",
        ),
        (
            "T | summarize count() by | take 5",
            "error[KQL0001]: expected an expression, found `|`\n  1 | T | summarize count() by | take 5\n    |                          ^\n",
        ),
        (
            "T | extend a = f(1, (2 + 3)",
            "error[KQL0011]: this `(` is not closed\n  1 | T | extend a = f(1, (2 + 3)\n    |                 ^\n",
        ),
        ("T | take 5)", "error[KQL0001]: this `)` closes nothing\n  1 | T | take 5)\n    |           ^\n"),
        (
            "T | where x == 'abc",
            "error[KQL0003]: this string is not closed\n  1 | T | where x == 'abc\n    |                ^^^^ close it on the same line, or write ``` around text of several lines\n",
        ),
        (
            "print “x”",
            "error[KQL0004]: `“` means nothing in KQL\n  1 | print “x”\n    |       ^ write straight quotes\nerror[KQL0004]: `”` means nothing in KQL\n  1 | print “x”\n    |         ^ write straight quotes\n",
        ),
        (
            "T | where a has 'b\\d'",
            "error[KQL0006]: `\\d` is no escape\n  1 | T | where a has 'b\\d'\n    |                   ^^ write `\\\\d`, or put `@` before the quote\n",
        ),
        (
            "let f = (x: lnog) { x }; f(1)",
            "error[KQL0007]: no type `lnog`\n  1 | let f = (x: lnog) { x }; f(1)\n    |             ^^^^ did you mean `long`?\n",
        ),
        (
            "T | where x = 5",
            "warning[KQL0013]: `=` gives the predicate a name and compares nothing\n  1 | T | where x = 5\n    |           ^^^^^ to compare, write `==`\n",
        ),
        (
            "T | extend x = int(abc)",
            "error[KQL0005]: `int(abc)` has no value of its type\n  1 | T | extend x = int(abc)\n    |                ^^^^^^^^\n",
        ),
        ("  // nothing", "error[KQL0010]: the text holds no query\n  1 |   // nothing\n    | ^\n"),
    ] {
        assert_eq!(shown(text), expected, "\n{}", shown(text));
    }
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let text = "T | wehre x\n| extend a = \n| where (b == ) and c\n| take 5;\nlet = 3;\nU | tke 5";
    let lines: Vec<_> =
        parse(text).diagnostics.iter().map(|it| kql_parser::LineColumn::of(text, it.span.start).line).collect();
    assert_eq!(lines, [1, 3, 3, 5, 6], "{}", shown(text));
}

#[test]
fn a_broken_operator_leaves_a_hole_and_the_rest() {
    let parsed = parse("T | where (b == ) | take 5");
    let [Statement::Tabular(Expr::Pipeline(pipeline))] = &parsed.query.statements[..] else { panic!("{parsed:?}") };
    assert!(matches!(pipeline.operators[..], [Operator::Error(_), Operator::Take(_)]), "{pipeline:?}");
}
