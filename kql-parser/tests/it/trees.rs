//! Goldens: what a text means, told by how its tree prints, and where its nodes stand.

use kql_parser::ast::{BinaryOp, Expr, Operator, Statement};
use kql_parser::lexer::lex;
use kql_parser::{parse, print, print_expr};

/// The predicate of `T | where <text>`.
fn expr(text: &str) -> Expr {
    let parsed = parse(&format!("T | where {text}"));
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let [Statement::Tabular(Expr::Pipeline(pipeline))] = &parsed.query.statements[..] else { panic!("{parsed:?}") };
    let Operator::Where(filter) = &pipeline.operators[0] else { panic!("{pipeline:?}") };
    filter.predicate.clone()
}

/// The tree with every grouping shown.
fn grouped(expr: &Expr) -> String {
    match expr {
        Expr::Binary(it) => format!("({} {} {})", grouped(&it.left), it.op.spelling(), grouped(&it.right)),
        Expr::And(it) => format!("({})", it.terms.iter().map(grouped).collect::<Vec<_>>().join(" and ")),
        Expr::Or(it) => format!("({})", it.terms.iter().map(grouped).collect::<Vec<_>>().join(" or ")),
        other => print_expr(other),
    }
}

#[test]
fn operators_bind_as_in_the_service() {
    for (text, expected) in [
        ("a or b and c", "(a or (b and c))"),
        ("a or b or c", "(a or b or c)"),
        ("(a or b) or c", "((a or b) or c)"),
        ("a == b and c != d", "((a == b) and (c != d))"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a < b + 1", "(a < (b + 1))"),
        ("a < b == c", "((a < b) == c)"),
        ("a == b < c", "(a == (b < c))"),
        ("a * b has c", "(a * (b has c))"),
        ("a == b has c", "(a == (b has c))"),
        ("a =~ b has c", "((a =~ b) has c)"),
        ("* has 'x' and y", "((* has \"x\") and y)"),
        ("-a + b", "(-a + b)"),
        ("a <> b", "(a != b)"),
        ("a notcontains b", "(a !contains b)"),
        ("a matches regex b", "(a matches regex b)"),
    ] {
        assert_eq!(grouped(&expr(text)), expected, "{text}");
    }
}

#[test]
fn every_binary_operator_is_read() {
    for (spelling, op) in BinaryOp::SPELLINGS {
        assert!(matches!(expr(&format!("a {spelling} b")), Expr::Binary(it) if it.op == *op), "{spelling}");
    }
}

#[test]
fn texts_have_one_canonical_form() {
    for (text, canonical) in [
        ("T|where a==1|limit 5", "T\n| where a == 1\n| take 5"),
        ("(T | where a) | count", "T\n| where a\n| count"),
        ("T | order by a, b asc nulls last", "T\n| sort by a, b asc nulls last"),
        ("T | project ['a b'], [\"by\"] = 1", "T\n| project [\"a b\"], [\"by\"] = 1"),
        (
            "T | join kind = inner (U | take 1) on $left.a == $right.b",
            "T\n| join kind=inner (U | take 1) on $left.a == $right.b",
        ),
        ("T | where a in ('x' 'y', \"z\")", "T\n| where a in (\"xy\", \"z\")"),
        ("T | where t between (ago(1h)..now())", "T\n| where t between (ago(timespan(0.01:00:00.0000000)) .. now())"),
        ("T | mvexpand a to typeof(long) limit 3", "T\n| mv-expand a to typeof(long) limit 3"),
        ("let f=(a:int,T:(*)){T|take a};f(1,U)", "let f = (a: int, T: (*)) { T | take a };\nf(1, U)"),
        ("union withsource = S A*, (B)", "union withsource=S A*, B"),
        ("cluster('c').database('d').T | count", "cluster(\"c\").database(\"d\").T\n| count"),
        ("print d.a['b'].[0]", "print d.a[\"b\"][0]"),
        ("print dynamic({'a':[1,-2.5,null]})", "print dynamic({\"a\": [1, -2.5, null]})"),
        (
            "T | summarize hint.strategy=shuffle a=count(), max(b) by bin(t,1d)",
            "T\n| summarize hint.strategy=shuffle a = count(), max(b) by bin(t, timespan(1.00:00:00.0000000))",
        ),
        (
            "G | graph-match (a)-[e*1..3]->(b)<--(c) where a.x project b",
            "G\n| graph-match (a)-[e*1..3]->(b)<--(c) where a.x project b",
        ),
        (".show tables | count", ".show tables | count"),
    ] {
        let parsed = parse(text);
        assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
        assert_eq!(print(&parsed.query), canonical, "{text}");
    }
}

#[test]
fn keywords_are_names_where_they_can_be() {
    for name in [
        "id", "count", "range", "by", "kind", "step", "from", "to", "type", "title", "limit", "on", "with", "where",
        "as",
    ] {
        for text in [
            format!("T | where {name} == 1"),
            format!("T | project {name}, x"),
            format!("T | extend {name} = 1"),
            format!("T | sort by {name} asc"),
            format!("T | summarize {name} = count() by {name}"),
            format!("T | where f({name}) and {name} has 'x'"),
        ] {
            assert!(parse(&text).diagnostics.is_empty(), "{text}: {:?}", parse(&text).diagnostics);
        }
    }
}

#[test]
fn missing_operands_are_not_taken_for_names() {
    for text in [
        "T | where and x",
        "T | where x == and y",
        "T | top by x",
        "T | join kind=inner on x",
        "T | where x in",
        "T | where has 'x'",
        "T | extend x =",
        "T | project a,",
        "T | where a == b == c",
        "T | sort a",
        "let x 5;",
        "T where x",
        "T | where x y",
    ] {
        assert!(parse(text).has_errors(), "{text}");
    }
}

#[test]
fn spans_cover_what_was_written() {
    let text = "let x = 5; // five\nT | where (a + b) * c == x | project d = f(e)";
    let parsed = parse(text);
    let [Statement::Let(it), Statement::Tabular(Expr::Pipeline(pipeline))] = &parsed.query.statements[..] else {
        panic!("{parsed:?}")
    };
    assert_eq!(it.span.text(text), "let x = 5");
    assert_eq!(pipeline.span.text(text), "T | where (a + b) * c == x | project d = f(e)");
    let [Operator::Where(filter), Operator::Project(project)] = &pipeline.operators[..] else { panic!("{pipeline:?}") };
    assert_eq!(filter.span.text(text), "where (a + b) * c == x");
    let Expr::Binary(equal) = &filter.predicate else { panic!("{filter:?}") };
    assert_eq!(equal.left.span().text(text), "(a + b) * c");
    assert_eq!(project.columns[0].span.text(text), "d = f(e)");
    assert_eq!(project.columns[0].expr.span().text(text), "f(e)");
    assert!(pipeline.operators.iter().all(|it| pipeline.span.contains(it.span())));
}

#[test]
fn tokens_tile_the_text() {
    let text = "let x = 5; // five\nT | where a has_any ('x', @\"\\\") and t > ago(1.5h)";
    let tokens = lex(text);
    assert!(tokens.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
    let joined: String = tokens.iter().map(|it| it.span.text(text)).collect();
    assert_eq!(joined, text);
}
