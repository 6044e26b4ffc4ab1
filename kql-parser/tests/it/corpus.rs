//! Public queries from `../shared`, read where they are present: what the official analyser accepts has to parse, and
//! what a mutation breaks has to be refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kql_parser::fuzzing::{check_parse, check_round_trip};
use kql_parser::lexer::lex;
use kql_parser::token::TokenKind;
use kql_parser::{parse, print};
use serde_json::Value;

/// Sets of queries, each with the share that has to parse. Only what the analyser accepted is in them.
const SETS: &[(&str, f64)] = &[
    ("hunting/queries.jsonl", 1.0),
    ("hunting/sigma.jsonl", 1.0),
    ("conformance/docs_run.jsonl", 1.0),
    ("conformance/docs_parse.jsonl", 1.0),
    ("conformance/engine_truth.jsonl", 1.0),
    ("conformance/emulator_docs.jsonl", 1.0),
];

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no corpus at {}", path.display());
    None
}

/// Id and text of each query of a set that the analyser found well-formed.
fn queries(root: &Path, set: &str) -> Vec<(String, String)> {
    let Ok(text) = std::fs::read_to_string(root.join(set)) else {
        println!("skipped: no {set}");
        return Vec::new();
    };
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"))
        .filter(is_well_formed)
        .map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row["query"].as_str().unwrap().to_owned()))
        .collect()
}

/// The analyser's codes up to KS099 and a few others are about syntax, the rest about names and types.
fn is_well_formed(row: &Value) -> bool {
    const SYNTAX: &[&str] = &["KS0"];
    let messages = row["oracle"]["messages"].as_array().into_iter().flatten().filter_map(Value::as_str);
    row["parse_ok"].as_bool() != Some(false)
        && !messages.into_iter().any(|it| SYNTAX.iter().any(|code| it.starts_with(code)))
}

#[test]
fn accepted_queries_parse_and_round_trip() {
    let Some(root) = shared() else { return };
    let mut broken = Vec::new();
    for (set, share) in SETS {
        let queries = queries(&root, set);
        let mut refused = 0;
        for (id, text) in &queries {
            let parsed = parse(text);
            if let Some(first) = parsed.diagnostics.iter().find(|it| it.is_error()) {
                refused += 1;
                println!("{set} {id}\n{}", first.render(text));
            } else if parse(&print(&parsed.query)).query != parsed.query {
                broken.push(id.clone());
                println!("{set} {id} prints as\n{}", print(&parsed.query));
            }
        }
        println!("{set}: {} of {} parse", queries.len() - refused, queries.len());
        assert!(
            queries.is_empty() || refused as f64 <= (1.0 - share) * queries.len() as f64,
            "{set}: {refused} refused"
        );
    }
    assert!(broken.is_empty(), "printing changes {broken:?}");
}

/// Ways to break a sound query, each applied at one place of it.
const MUTATIONS: &[(&str, Mutation)] = &[
    ("closing parenthesis deleted", |text, tokens| without(text, tokens, |it| it == ")")),
    ("opening parenthesis deleted", |text, tokens| without(text, tokens, |it| it == "(")),
    ("comparison deleted", |text, tokens| without(text, tokens, |it| ["==", "has", "contains", ">"].contains(&it))),
    ("quote deleted", unquoted),
    ("comparison doubled", |text, tokens| doubled(text, tokens, |it| ["==", ">", "=~", "<=", "!="].contains(&it))),
    ("comma doubled", |text, tokens| doubled(text, tokens, |it| it == ",")),
    ("pipe doubled", |text, tokens| doubled(text, tokens, |it| it == "|")),
    ("right operand deleted", |text, tokens| cut_after(text, tokens, |it| ["==", ">", "and", "or", "+"].contains(&it))),
    ("operator misspelled", |text, tokens| misspelled(text, tokens)),
    ("stray bracket", |text, tokens| inserted(text, tokens, " ] ")),
    ("stray literal", |text, tokens| after_name(text, tokens, " 42 ")),
    ("pipe at the end", |text, _| Some(format!("{}\n|", text.trim_end().trim_end_matches(';')))),
];

/// The broken text, or nothing where the query has no such place.
type Mutation = fn(&str, &[Place]) -> Option<String>;

/// A significant token: where, and what it says.
type Place = (std::ops::Range<usize>, TokenKind);

fn places(text: &str) -> Vec<Place> {
    lex(text).iter().filter(|it| !it.kind.is_trivia()).map(|it| (it.span.range(), it.kind)).collect()
}

/// The middle one of the tokens that `wanted` picks.
fn pick(text: &str, tokens: &[Place], wanted: impl Fn(&str) -> bool) -> Option<usize> {
    let found: Vec<_> = (0..tokens.len()).filter(|it| wanted(&text[tokens[*it].0.clone()])).collect();
    found.get(found.len() / 2).copied()
}

fn without(text: &str, tokens: &[Place], wanted: fn(&str) -> bool) -> Option<String> {
    let at = tokens[pick(text, tokens, wanted)?].0.clone();
    Some(format!("{} {}", &text[..at.start], &text[at.end..]))
}

fn doubled(text: &str, tokens: &[Place], wanted: fn(&str) -> bool) -> Option<String> {
    let at = tokens[pick(text, tokens, wanted)?].0.clone();
    Some(format!("{} {} {}", &text[..at.end], &text[at.clone()], &text[at.end..]))
}

fn cut_after(text: &str, tokens: &[Place], wanted: fn(&str) -> bool) -> Option<String> {
    let at = pick(text, tokens, wanted)?;
    let operand = tokens.get(at + 1)?.0.clone();
    let ends = tokens.get(at + 2).is_none_or(|it| ["|", ")", ",", "and", "or"].contains(&&text[it.0.clone()]));
    ends.then(|| format!("{}{}", &text[..operand.start], &text[operand.end..]))
}

fn unquoted(text: &str, tokens: &[Place]) -> Option<String> {
    let strings: Vec<_> = tokens.iter().filter(|it| it.1 == TokenKind::String && it.0.len() > 3).collect();
    let at = strings.get(strings.len() / 2)?.0.clone();
    let fenced = text[at.clone()].contains(['`', '~', '\n']);
    (!fenced).then(|| format!("{}{}", &text[..at.end - 1], &text[at.end..]))
}

fn misspelled(text: &str, tokens: &[Place]) -> Option<String> {
    let at = (1..tokens.len()).find(|it| &text[tokens[it - 1].0.clone()] == "|")?;
    let word = tokens[at].0.clone();
    (word.len() > 4).then(|| format!("{}qq{}", &text[..word.start], &text[word.start + 2..]))
}

fn inserted(text: &str, tokens: &[Place], stray: &str) -> Option<String> {
    let at = tokens.get(tokens.len() / 2)?.0.start;
    Some(format!("{}{stray}{}", &text[..at], &text[at..]))
}

fn after_name(text: &str, tokens: &[Place], stray: &str) -> Option<String> {
    let at = pick(text, tokens, |it| it == "==")?;
    let at = tokens[at].0.start;
    Some(format!("{}{stray}{}", &text[..at], &text[at..]))
}

#[test]
fn broken_queries_are_refused() {
    let Some(root) = shared() else { return };
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (set, _) in SETS {
        for (id, text) in queries(&root, set).iter().step_by(3) {
            let tokens = places(text);
            if text.trim_start().starts_with('.') {
                continue; // commands are not parsed
            }
            for (name, mutate) in MUTATIONS {
                let Some(mutant) = mutate(text, &tokens) else { continue };
                let (refused, total) = tally.entry(name).or_default();
                *total += 1;
                let caught = parse(&mutant).has_errors();
                *refused += usize::from(caught);
                if !caught && std::env::var_os("SHOW").is_some() {
                    println!("--- {name}: {id}\n{mutant}");
                }
            }
        }
    }
    for (name, (refused, total)) in &tally {
        println!("{name}: {refused} of {total} refused");
        assert!(*refused as f64 >= 0.95 * *total as f64, "{name}");
    }
}

/// Deletes, doubles or swaps one token, taking turns.
fn scrambled(text: &str, tokens: &[Place], turn: usize) -> String {
    let at = turn * 7919 % tokens.len();
    let token = tokens[at].0.clone();
    let (before, it, after) = (&text[..token.start], &text[token.clone()], &text[token.end..]);
    match (turn % 3, tokens.get(at + 1)) {
        (0, _) => format!("{before} {after}"),
        (1, Some((next, _))) => {
            format!("{before}{}{}{it} {}", &text[next.clone()], &text[token.end..next.start], &text[next.end..])
        }
        _ => format!("{before}{it} {it} {after}"),
    }
}

#[test]
fn scrambled_queries_stop_nothing_and_round_trip_where_sound() {
    let Some(root) = shared() else { return };
    for (set, _) in SETS {
        for (number, (_, text)) in queries(&root, set).iter().enumerate().step_by(4) {
            let tokens = places(text);
            for turn in (0..4).map(|it| number + it) {
                let mutant = scrambled(text, &tokens, turn);
                check_parse(mutant.as_bytes());
                check_round_trip(mutant.as_bytes());
            }
        }
    }
}
