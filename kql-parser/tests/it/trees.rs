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

/// Sound texts that are easily refused, one for each form the reference allows.
const SOUND: &[&str] = &[
    "T | where a!in('x') and b!has 'y' and c=~\"z\" and d !between(1 .. 2)",
    "T | where * contains 'x' or * == 5",
    "T | where not (a) and not(b)",
    "T | where a has_any (dynamic(['x'])) and b in (U | project b) and c in~ (list)",
    "T | where t between(datetime(2020-01-01)..7d)",
    "T | summarize by a",
    "T | summarize",
    "T | summarize arg_max(t, *), (a, b) = arg_min(x, y) by c, bin(d, 1h)",
    "T | distinct *",
    "T | order by a asc nulls last, b",
    "T | top 5 by a asc nulls first",
    "T | join hint.strategy = broadcast kind=inner (U) on a, $left.b == $right.c",
    "T | join kind=leftouter U on a",
    "T | lookup kind=leftouter (U | take 1) on $left.a==$right.b, c",
    "union kind=outer isfuzzy=true withsource=S A, B*, (C | take 1), database('d').E*",
    "union (A | where x), (B) | count",
    "search 'x'",
    "search in (A, B*) 'x' and (c: 'y*' or d > 5)",
    "search kind=case_sensitive * | count",
    "T | search 'x' or 'y'",
    "find withsource=S in (A, B) where c has 'x' project d, e: long, pack_all()",
    "find 'x' project-smart",
    "range x from 1 to 10 step 1",
    "print x=1, 'y', -1, dynamic({})",
    "print (1)",
    "['My Table'] | project ['a b'], [\"c\"]",
    "set notruncation; set query_now = datetime(2020-01-01); T",
    "declare query_parameters(x: long = 1, y: dynamic = dynamic([])); T | where a == x",
    "let f = view () { T }; f",
    "let f = (a: string, T: (x: long), b: long = 5) { let c = a; T | where x == b }; f('a', U)",
    "let f = () { }; print f()",
    "T | as hint.materialized=true X | join (X) on a",
    "T | mv-expand bagexpansion=array with_itemindex=i a, b = c to typeof(long) limit 5",
    "T | mv-apply a = b to typeof(string) limit 5 on (where a has 'x' | summarize count())",
    "T | parse kind = regex flags = Ui a with * 'x' b: long 'y' *",
    "T | parse-where a with 'x' b",
    "T | parse-kv a as (b: string, c: long) with (pair_delimiter=',', kv_delimiter='=', greedy=true)",
    "T | partition hint.concurrency=2 by a (top 1 by b)",
    "T | partition by a { U | where b == 1 }",
    "T | reduce by a with threshold=0.5, characters='-'",
    "T | make-series kind=nonempty a = avg(x) default=double(null), count() on t from ago(1d) to now() step 1h by k",
    "T | make-series count() on t step 1h",
    "T | make-series count() on t in range(ago(1d), now(), 1h) by k",
    "T | scan with_match_id=m declare (x: long = 0) with (step s1 output=all: a == 1 => x = 1; step s2: true;)",
    "T | top-nested 2 of a with others='rest' by sum(x) desc, top-nested of b by max(y)",
    "T | top-hitters 5 of a by b",
    "T | sample-distinct 5 of a",
    "T | facet by a, b with (take 5)",
    "T | fork A = (take 5) (count)",
    "T | render timechart with (title='x', ycolumns=a, b, kind=stacked)",
    "T | render timechart title='x' kind=stacked",
    "T | render piechart",
    "T | evaluate hint.distribution=per_node bag_unpack(a) : (*, b: long)",
    "T | evaluate python(typeof(*, x: real), ```a\nb```, bag_pack('k', 1))",
    "T | invoke f(1)",
    "T | project-reorder a, b* asc, * granny-desc",
    "T | project-away *Id, a*b",
    "T | project-keep a",
    "T | project-rename a = b",
    "T | project-by-names 'a*', names",
    "T | getschema",
    "T | serialize a = row_number(), b = prev(a)",
    "T | assert-schema (a: long, b: string)",
    "T | count as c",
    "T | consume",
    "T | extend a = b[0].c['d'].e[-1], f = g.['h']",
    "T | extend x = case(a, 1, b, 2, 3), y = iff(a, b, c)",
    "T | extend t = 1microsecond + 2ticks + 3nanoseconds + 1.5d",
    "T | where a == 0x1F or b == 1e3 or d == 1.",
    "E | make-graph a --> b with N on id | graph-match cycles=none (x)-[e*1..3]->(y)<-[f]-(z), (x)--(w) where x.a project x.a",
    "E | make-graph a --> b with_node_id=id partitioned-by k (graph-match (x)-->(y) project x)",
    "G | graph-to-table nodes as N with_node_id=id, edges as E2",
    "cluster('c').database('d').f(1) | take 5",
    "cluster(\"c\").database(\"d\").T",
    "toscalar(T | count)",
    "let x = toscalar(T | summarize max(a)); let y = materialize(T | where b); y | count",
    "restrict access to (A, b*, database('d').*); A",
    "alias database d = cluster('c').database('d'); database('d').T",
    "macro-expand entity_group [database('a'), database('b')] as X (X.T | count)",
    "let g = entity_group [cluster('a'), cluster('b')]; macro-expand isfuzzy=true g as X (X.database('d').T)",
    "externaldata(a: string, b: long) [h@'https://x'] with (format='csv', ignoreFirstRecord=true)",
    "datatable(a: string, b: datetime) ['x', datetime(2020-01-01), 'y', datetime(null),]",
    "T // comment without an end",
    "T\r\n| where a\u{a0}== 1\u{200b}\r\n// note\r\n| count;",
    "let a=1;\n\nlet b=2;\n\nT | take a + b;\nU | take 1",
    "#connect cluster('x')\nT | count",
    "(T | where a) | union (U) | join (V | take 1) on b",
    "T | where (a - b) > 1h and -a < 5 and +b > 1",
    "T | where Fields.['a b'].c == 'x' and Fields['d'] has 'y'",
];

#[test]
fn sound_forms_are_not_refused() {
    let refused: Vec<String> =
        SOUND.iter().filter_map(|text| parse(text).diagnostics.first().map(|it| it.render(text))).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    for text in SOUND {
        kql_parser::fuzzing::check_round_trip(text.as_bytes());
    }
}
