//! `parse`, `parse-where`, `parse-kv`: columns found in a text by a pattern.

use std::sync::Arc;

use arrow::array::Array;
use kql_parser::ast::{Parse, ParseKv, ParsePiece, Property};
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::Value;
use vizsla_functions::regex::parse::{Kind, ParsePattern, Part, problem};
use vizsla_functions::regex::parse_kv::{Delimiters, KeyValues, Quotes, Rules};
use vizsla_functions::regex::pattern;
use vizsla_schema::KqlType;

use super::parameters;
use crate::bind::Binder;
use crate::bind::convert::kql_type;
use crate::bind::row::Row;
use crate::bound::{Expr, ExprKind, Extractor, Plan, Relation};
use crate::error;

pub(super) fn bind_parse<'a>(it: &'a Parse, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "parse", &["kind", "flags"], cx);
    let kinds = [("simple", Kind::Simple), ("relaxed", Kind::Relaxed), ("regex", Kind::Regex)];
    let kind = parameters::choice(&it.parameters, "kind", &kinds, Kind::Simple, cx);
    let flags = parameters::word(&it.parameters, "flags").map_or(String::new(), |(flags, _)| flags.into_owned());
    let text = cx.bind_scalar(&it.source, &mut Row::plain(input));
    let text = cx.convert_to(text, KqlType::String);
    let mut parts = Vec::new();
    let mut found: Vec<(Arc<str>, KqlType)> = Vec::new();
    for piece in &it.pattern {
        parts.push(match piece {
            ParsePiece::Star(_) => Part::Skip,
            ParsePiece::Text { text, .. } => Part::Literal(text.to_string()),
            ParsePiece::Column { name, ty } => {
                let ty = ty.as_ref().map_or(KqlType::String, |ty| kql_type(ty.ty));
                found.push((name.text.clone(), ty));
                Part::Column(ty)
            }
        });
    }
    if let Some((service, reason)) = refused(it.filter, kind, &flags, &parts) {
        let code = error::with_service(error::BAD_ARGUMENT, service);
        cx.report(Diagnostic::error(code, it.span).message(reason));
        return Relation { open: true, ..input.clone() };
    }
    let name = format!("parse {kind:?} {flags:?} {parts:?}");
    match ParsePattern::new(kind, &flags, &parts) {
        Ok(pattern) => extract(input, text, Arc::new(ByPattern { name, pattern }), found, it.filter, cx),
        Err(reason) => {
            let message = format!("the pattern is not well formed: {reason}");
            cx.report(Diagnostic::error(error::BAD_ARGUMENT, it.span).message(message));
            input.clone()
        }
    }
}

/// Why the language refuses a pattern, with the service's code.
fn refused(filter: bool, kind: Kind, flags: &str, parts: &[Part]) -> Option<(&'static str, &'static str)> {
    if filter && kind == Kind::Relaxed {
        return Some(("SEM0477", "`parse-where` cannot be relaxed: it drops rows that do not match"));
    }
    problem(kind, flags, parts)
}

/// Adds the columns that an extractor finds; a column of an existing name is replaced in place (fact 267).
fn extract(
    input: &Relation,
    text: Expr,
    extractor: Arc<dyn Extractor>,
    found: Vec<(Arc<str>, KqlType)>,
    filter: bool,
    cx: &mut Binder<'_>,
) -> Relation {
    let mut columns = input.columns.clone();
    let mut ids = Vec::new();
    for (name, ty) in found {
        let column = cx.new_column(name, ty);
        ids.push((column.id, ty));
        match columns.iter_mut().find(|old| old.name == column.name) {
            Some(old) => *old = column,
            None => columns.push(column),
        }
    }
    let matched = cx.new_id();
    let span = text.span;
    let relation = input.then(|plan| Plan::Extract { input: plan, text, extractor, columns: ids, matched });
    let relation = Relation { columns, ..relation };
    if !filter {
        return relation;
    }
    let predicate = Expr { kind: ExprKind::Column(matched), ty: KqlType::Bool, span };
    relation.then(|plan| Plan::Filter { input: plan, predicate })
}

/// The pattern of `parse`.
#[derive(Debug)]
struct ByPattern {
    name: String,
    pattern: ParsePattern,
}

impl Extractor for ByPattern {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn extract(
        &self,
        text: &arrow::array::StringViewArray,
    ) -> Result<Vec<arrow::array::ArrayRef>, arrow::error::ArrowError> {
        let parsed = self.pattern.parse(text);
        let mut columns = parsed.columns;
        columns.push(Arc::new(parsed.matched));
        Ok(columns)
    }
}

pub(super) fn bind_parse_kv<'a>(it: &'a ParseKv, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    let text = cx.bind_scalar(&it.source, &mut Row::plain(input));
    let text = cx.convert_to(text, KqlType::String);
    let found: Vec<(Arc<str>, KqlType)> =
        it.keys.columns.iter().map(|key| (key.name.text.clone(), kql_type(key.ty.ty))).collect();
    let mut options = KvOptions::default();
    for option in &it.options {
        options.read(option, cx);
    }
    let keys = found.iter().map(|(name, ty)| (name.to_string(), *ty)).collect();
    let name = format!("parse-kv {options:?} {found:?}");
    match options.rules() {
        Ok(rules) => {
            let parser = KeyValues::new(keys, rules, options.quotes());
            extract(input, text, Arc::new(ByKey { name, parser }), found, false, cx)
        }
        Err(reason) => {
            let message = format!("the pattern is not well formed: {reason}");
            cx.report(Diagnostic::error(error::BAD_ARGUMENT, it.span).message(message));
            input.clone()
        }
    }
}

/// What stands after `with` in `parse-kv`.
#[derive(Debug, Default)]
struct KvOptions {
    pair_delimiter: Option<String>,
    kv_delimiter: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    regex: Option<String>,
    greedy: bool,
}

impl KvOptions {
    fn read<'a>(&mut self, option: &'a Property, cx: &mut Binder<'a>) {
        let name = &*option.name.text;
        if name == "greedy" {
            self.greedy = cx.constant(&option.value, KqlType::Bool, "`greedy`") == Some(Value::Bool(true));
            return;
        }
        let Some(Value::String(text)) = cx.constant(&option.value, KqlType::String, "this option") else { return };
        let text = Some(text.to_string());
        match name {
            "pair_delimiter" => self.pair_delimiter = text,
            "kv_delimiter" => self.kv_delimiter = text,
            "quote" => self.quote = text,
            "escape" => self.escape = text,
            "regex" => self.regex = text,
            other => {
                let message = format!("`parse-kv` has no option `{other}`");
                cx.report(Diagnostic::error(error::BAD_PARAMETER, option.span).message(message));
            }
        }
    }

    fn rules(&self) -> Result<Rules, String> {
        if let Some(text) = &self.regex {
            return pattern(text).map(Rules::Regex).map_err(|error| error.to_string());
        }
        Ok(match (&self.pair_delimiter, &self.kv_delimiter) {
            (None, None) => Rules::AnyDelimiter,
            (pair, key_value) => Rules::Delimited(Delimiters {
                pair: pair.clone().unwrap_or_else(|| " ".to_owned()),
                key_value: key_value.clone().unwrap_or_else(|| "=".to_owned()),
                greedy: self.greedy,
            }),
        })
    }

    /// One character quotes on both sides; two are the opening and the closing one.
    fn quotes(&self) -> Quotes {
        let letters: Vec<char> = self.quote.iter().flat_map(|it| it.chars()).collect();
        let pairs = match letters.as_slice() {
            [one] => vec![(*one, *one)],
            [open, close] => vec![(*open, *close)],
            _ => Vec::new(),
        };
        Quotes { pairs, escapes: self.escape.iter().flat_map(|it| it.chars()).collect() }
    }
}

/// The keys of `parse-kv`.
#[derive(Debug)]
struct ByKey {
    name: String,
    parser: KeyValues,
}

impl Extractor for ByKey {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn extract(
        &self,
        text: &arrow::array::StringViewArray,
    ) -> Result<Vec<arrow::array::ArrayRef>, arrow::error::ArrowError> {
        let mut columns = self.parser.parse(text);
        columns.push(Arc::new(arrow::array::BooleanArray::from(vec![true; text.len()])));
        Ok(columns)
    }
}
