//! What Tab offers: names that fit where the cursor is.
//!
//! | Cursor | Offered |
//! |---|---|
//! | `.mo█` | commands, then what they take |
//! | `Dev█`, `join (Dev█` | tables and functions that answer tables |
//! | `T \| wh█` | operators |
//! | `T \| where Fi█` | columns that the rows have there, functions, word operators |
//! | `T \| where ActionType == "Pro█` | values of `ActionType` known for the tables of the query |
//!
//! The columns are those that the checker finds for the query up to the last pipe, so they know of `project` and `extend`.

use std::collections::BTreeMap;
use std::sync::Arc;

use kql_parser::lexer::lex;
use kql_parser::token::{Token, TokenKind};
use reedline::{Completer, Span, Suggestion};
use vizsla_engine::{Engine, QueryOptions, ResultColumn, aggregates, scalars, windows};
use vizsla_schema::action_types;

use super::commands::{COMMANDS, Offers};

/// Words between operands.
const WORD_OPERATORS: &[&str] = &[
    "and",
    "asc",
    "between",
    "by",
    "contains",
    "contains_cs",
    "desc",
    "endswith",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hassuffix",
    "in",
    "in~",
    "matches regex",
    "on",
    "or",
    "startswith",
    "!contains",
    "!has",
    "!in",
];

/// Knows the schema and what is being typed.
pub(super) struct Completion {
    engine: Engine,
    options: QueryOptions,
    /// Tables of the data that no schema declares, with their columns.
    found: BTreeMap<String, Vec<ResultColumn>>,
}

/// A name with what it is.
type Offer = (String, String);

impl Completion {
    /// `found` are the tables that have data; those of the catalog are known anyway.
    pub(super) fn new(engine: Engine, options: QueryOptions, found: BTreeMap<String, Vec<ResultColumn>>) -> Completion {
        Completion { engine, options, found }
    }

    /// What fits before byte `at` of the line, and where the word begins that it replaces.
    fn offers(&self, line: &str, at: usize) -> (usize, Vec<Offer>) {
        let head = &line[..line.floor_char_boundary(at)];
        let skipped = command_length(head);
        if head.starts_with('.') && skipped == head.len() {
            return self.command(head);
        }
        let (start, offers) = self.query(&head[skipped..]);
        (skipped + start, offers)
    }

    /// A command's name or its first argument.
    fn command(&self, head: &str) -> (usize, Vec<Offer>) {
        let Some((name, argument)) = head.split_once(char::is_whitespace) else {
            return (0, COMMANDS.iter().map(|it| (it.name.to_owned(), "command".to_owned())).collect());
        };
        let start = head.len() - argument.trim_start().len();
        let offers = match COMMANDS.iter().find(|it| it.name == name).map(|it| it.offers) {
            Some(Offers::Tables) => self.tables(),
            Some(Offers::Words(words)) => words().into_iter().map(|it| (it.to_owned(), String::new())).collect(),
            Some(Offers::Nothing) | None => Vec::new(),
        };
        (start, offers)
    }

    fn query(&self, head: &str) -> (usize, Vec<Offer>) {
        let tokens: Vec<Token> = lex(head).into_iter().filter(|it| !it.kind.is_trivia()).collect();
        let (before, word) = match tokens.split_last() {
            Some((last, before)) if last.kind == TokenKind::OpenString => {
                let start = last.span.start as usize + 1;
                return (start, if asks_for_action(before, head) { self.actions(head) } else { Vec::new() });
            }
            Some((last, before)) if last.kind == TokenKind::Word && last.span.end as usize == head.len() => {
                (before, Some(last))
            }
            _ => (&tokens[..], None),
        };
        // The hyphen of `project-away` is a token of its own.
        let start = word.map_or(head.len(), |it| operator_start(before, it, head));
        let before = &tokens[..tokens.partition_point(|it| (it.span.start as usize) < start)];
        (start, self.at_word(head, before))
    }

    fn at_word(&self, head: &str, before: &[Token]) -> Vec<Offer> {
        let columns = self.columns_before(head, before);
        let mut offers = Vec::new();
        match before.last().map(|it| (it.kind, it.span.text(head))) {
            Some((TokenKind::Pipe, _)) => return operators(),
            None | Some((TokenKind::Semicolon, _)) => {
                offers.extend(
                    ["let", "print", "union", "datatable", "declare", "range", "search", "find"].map(statement),
                );
            }
            Some(_) => {
                offers.extend(columns.into_iter().map(|it| (it.name.to_string(), it.ty.name().to_owned())));
                offers.extend(functions());
                offers.extend(WORD_OPERATORS.iter().map(|it| ((*it).to_owned(), "operator".to_owned())));
            }
        }
        offers.extend(self.tables());
        offers
    }

    /// The columns of the rows that an operator at the end of `head` sees.
    fn columns_before(&self, head: &str, before: &[Token]) -> Vec<ResultColumn> {
        let Some((statements, input)) = input_of(head, before) else { return Vec::new() };
        let text = format!("{statements}{input}");
        let checked = self.engine.check(&text, &self.options);
        match checked.results.into_iter().next_back().filter(|it| !it.is_empty()) {
            Some(columns) => columns,
            // Not yet sound, or a table that only the data knows: all columns of the tables that are named.
            None => self.columns_of_named(&text),
        }
    }

    fn columns_of_named(&self, text: &str) -> Vec<ResultColumn> {
        let mut columns: BTreeMap<Arc<str>, ResultColumn> = BTreeMap::new();
        for word in words(text) {
            if let Some(table) = self.engine.catalog().table(word) {
                let declared = table.columns.iter().map(|it| ResultColumn { name: it.name.as_str().into(), ty: it.ty });
                columns.extend(declared.map(|it| (it.name.clone(), it)));
            }
            let found = self.found.get(word).into_iter().flatten();
            columns.extend(found.map(|it| (it.name.clone(), it.clone())));
        }
        columns.into_values().collect()
    }

    fn tables(&self) -> Vec<Offer> {
        let declared = self.engine.catalog().tables().map(|it| (it.name.clone(), it.summary.clone()));
        let mut tables: BTreeMap<String, String> = declared.collect();
        for name in self.found.keys() {
            tables.entry(name.clone()).or_insert_with(|| "table".to_owned());
        }
        tables.into_iter().collect()
    }

    fn actions(&self, head: &str) -> Vec<Offer> {
        let mut known: Vec<&String> = words(head).flat_map(action_types).collect();
        known.sort();
        known.dedup();
        known.into_iter().map(|it| (it.clone(), "ActionType".to_owned())).collect()
    }
}

impl Completer for Completion {
    fn complete(&mut self, line: &str, pos: usize) -> Vec<Suggestion> {
        let (start, offers) = self.offers(line, pos);
        let typed = line[start..line.floor_char_boundary(pos)].to_lowercase();
        let fits = |it: &Offer| it.0.to_lowercase().starts_with(&typed);
        let suggest = |(value, about): Offer| Suggestion {
            value,
            description: Some(about).filter(|it| !it.is_empty()),
            span: Span::new(start, pos.max(start)),
            ..Suggestion::default()
        };
        offers.into_iter().filter(fits).map(suggest).collect()
    }
}

/// Bytes at the start of a line that are a command and not a query: all of them, but for `.explain STAGE QUERY`.
pub(super) fn command_length(line: &str) -> usize {
    if !line.starts_with('.') {
        return 0;
    }
    let Some(rest) = line.strip_prefix(".explain ") else { return line.len() };
    let stage = rest.trim_start();
    stage.find(char::is_whitespace).map_or(line.len(), |at| line.len() - stage.len() + at)
}

/// The statements before the one at the end of `head`, and the pipeline up to the last pipe around its end.
fn input_of<'h>(head: &'h str, before: &[Token]) -> Option<(&'h str, &'h str)> {
    let mut statement = 0;
    // Where each open bracket's text starts, and its last pipe.
    let mut open: Vec<(usize, Option<usize>)> = vec![(0, None)];
    for token in before {
        match token.kind {
            TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => open.push((token.span.end as usize, None)),
            TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace if open.len() > 1 => drop(open.pop()),
            TokenKind::Semicolon if open.len() == 1 => {
                statement = token.span.end as usize;
                open = vec![(statement, None)];
            }
            // `let x = T | …`: the pipeline begins behind the sign.
            TokenKind::Assign if open.len() == 1 && open[0].1.is_none() && starts_let(&head[statement..]) => {
                open[0].0 = token.span.end as usize;
            }
            TokenKind::Pipe => {
                if let Some(innermost) = open.last_mut() {
                    innermost.1 = Some(token.span.start as usize);
                }
            }
            _ => {}
        }
    }
    let (start, pipe) = open.into_iter().rev().find_map(|it| Some((it.0, it.1?)))?;
    Some((&head[..statement], &head[start..pipe]))
}

fn starts_let(statement: &str) -> bool {
    statement.trim_start().starts_with("let ")
}

/// Where the operator keyword starts whose last word is `word`.
fn operator_start(before: &[Token], word: &Token, head: &str) -> usize {
    let mut start = word.span.start;
    for pair in before.rchunks_exact(2) {
        let joined = pair[0].span.end == pair[1].span.start && pair[1].span.end == start;
        if !joined || pair[1].span.text(head) != "-" || pair[0].kind != TokenKind::Word {
            break;
        }
        start = pair[0].span.start;
    }
    let after_pipe = before.iter().rev().find(|it| it.span.end <= start).is_some_and(|it| it.kind == TokenKind::Pipe);
    (if after_pipe { start } else { word.span.start }) as usize
}

/// Whether the string that follows is compared with `ActionType`.
fn asks_for_action(before: &[Token], head: &str) -> bool {
    let mut words = before.iter().rev().map(|it| it.span.text(head));
    // `ActionType == "`, `ActionType in ("a", "`
    let other = |it: &&str| !matches!(*it, "|" | ";" | "and" | "or" | "where");
    words.by_ref().take(40).take_while(other).any(|it| it == "ActionType")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    lex(text).into_iter().filter(|it| it.kind == TokenKind::Word).map(|it| it.span.text(text))
}

fn operators() -> Vec<Offer> {
    let mut names: Vec<&str> = kql_parser::operator_names().collect();
    names.sort_unstable();
    names.into_iter().map(|it| (it.to_owned(), "operator".to_owned())).collect()
}

fn functions() -> impl Iterator<Item = Offer> {
    let all = scalars().map(|it| (it.name, it.summary));
    let all = all.chain(aggregates().map(|it| (it.name, it.summary))).chain(windows().map(|it| (it.name, it.summary)));
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all.dedup_by_key(|it| it.0);
    // Operators are listed as functions of unspeakable names.
    let is_word = |name: &str| name.starts_with(|it: char| it.is_ascii_alphabetic());
    all.into_iter().filter(move |it| is_word(it.0)).map(|(name, about)| (format!("{name}("), about.to_owned()))
}

fn statement(word: &str) -> Offer {
    (word.to_owned(), "statement".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion() -> Completion {
        Completion::new(Engine::without_data(), QueryOptions::default(), BTreeMap::new())
    }

    fn offered(line: &str) -> Vec<String> {
        completion().complete(line, line.len()).into_iter().map(|it| it.value).collect()
    }

    #[test]
    fn names_fit_where_they_are_offered() {
        for (line, expected, other) in [
            ("DevicePro", "DeviceProcessEvents", "where"),
            ("DeviceEvents | wh", "where", "DeviceEvents"),
            ("DeviceEvents | project-a", "project-away", "abs("),
            ("DeviceEvents | where ActionTy", "ActionType", "AccountUpn"),
            ("DeviceEvents | extend Foo = 1 | where F", "Foo", "where"),
            ("DeviceEvents | project Bar = 1 | where B", "Bar", "BytesSent"),
            ("DeviceEvents | where isnotempty(Fil", "FileName", "DeviceEvents"),
            ("DeviceInfo | join (DeviceEvents | project Baz = 1 | where B", "Baz", "DeviceInfo"),
            ("let x = DeviceEvents | extend Foo = 1 | where Fo", "Foo", "DeviceInfo"),
            ("let x = 1; DeviceEvents | extend Foo = x | where Fo", "Foo", "DeviceInfo"),
            ("DeviceEvents | where FileName h", "has", "DeviceInfo"),
            ("DeviceProcessEvents | where ActionType == \"Proc", "ProcessCreated", "FileName"),
            ("DeviceProcessEvents | where ActionType in (\"x\", \"Proc", "ProcessCreated", "FileName"),
            (".sch", ".schema", "DeviceEvents"),
            (".schema DeviceE", "DeviceEvents", ".schema"),
            (".mode ta", "table", ".mode"),
            (".explain log", "logical", ".explain"),
            (".explain logical DeviceEvents | wh", "where", "logical"),
        ] {
            let offered = offered(line);
            assert!(offered.iter().any(|it| it == expected), "{line}: {expected} is missing in {offered:?}");
            assert!(!offered.iter().any(|it| it == other), "{line}: {other} does not fit in {offered:?}");
        }
    }

    #[test]
    fn a_word_is_replaced_from_its_start() {
        for (line, start) in [("DeviceEvents | project-a", 15), ("DeviceEvents | where Fil", 21), (".mode ta", 6)] {
            assert_eq!(completion().offers(line, line.len()).0, start, "{line}");
        }
    }

    #[test]
    fn nothing_typed_breaks_it() {
        let text = "let é = \"“\"; T | join (U | where x in ('a', `` [b]) ) | project-";
        for (at, _) in text.char_indices() {
            let _ = completion().complete(&text[..at], at);
        }
        let _ = completion().complete(text, 9);
    }
}
