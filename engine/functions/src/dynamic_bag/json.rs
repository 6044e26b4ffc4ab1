//! Dynamics from text and back: `parse_json`, `extract_json`, `dynamic_to_json`, and what they hold: `gettype`.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewBuilder};
use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use crate::args::{Arg, Args};
use crate::def::{Eval, KernelResult, Naming, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{
    Encoder, Json, Kind, OwnedStep, Reading, Step, compact, get_path, kind, parse_column, parse_jsonpath, to_column,
};

pub(super) const PARSE_JSON: ScalarDef = ScalarDef {
    name: "parse_json",
    aliases: &["todynamic", "parsejson", "toobject"],
    signatures: &[sig(&[Param::Any], DYNAMIC)],
    summary: "The value that JSON text describes. Text that is not JSON becomes a string, other values stay what they are.",
    source: "kusto/query/parse-json-function",
    examples: &[
        ex(r#"parse_json('{"a": [1, 2.50]}')"#, r#"{"a":[1,2.5]}"#),
        ex("parse_json('not JSON')", "not JSON"),
        ex("parse_json('')", "null"),
    ],
    naming: Naming::PassThrough,
    eval: Eval::Kernel(parse_json),
    ..ScalarDef::BASE
};

fn parse_json(args: &Args<'_>) -> KernelResult {
    match args.ty(0) {
        T::Dynamic => args.array(0),
        T::String => {
            let (Arg::Column(text) | Arg::Constant(text)) = args.value(0);
            let parsed = Arc::new(parse_column(text.as_string_view()));
            let parsed = if args.is_constant(0) { Arg::Constant(parsed) } else { Arg::Column(parsed) };
            Args::new(&[parsed], &[T::Dynamic], T::Dynamic, args.rows()).array(0)
        }
        _ => {
            let value = Encoder::new(args.value(0), args.ty(0));
            Ok(args.texts(|row, out| {
                value.write(row, out);
                out != "null"
            }))
        }
    }
}

pub(super) const EXTRACT_JSON: ScalarDef = ScalarDef {
    name: "extract_json",
    aliases: &["extractjson"],
    // With a third argument `typeof(T)` the binder asks the same kernel for an answer of that type.
    signatures: &[sig(&[Param::Is(T::String), Param::Is(T::String)], Returns::Is(T::String))],
    summary: "The value at a path such as `$.a[0]['b']` of text that is JSON.",
    source: "kusto/query/extract-json-function",
    examples: &[ex(r#"extract_json("$.name", '{"name": "John", "age": 30}')"#, "John")],
    eval: Eval::Kernel(extract_json),
    ..ScalarDef::BASE
};

fn extract_json(args: &Args<'_>) -> KernelResult {
    let (paths, texts) = (args.text(0), args.text(1));
    let constant = args.is_constant(0).then(|| parse_jsonpath(paths.at(0)));
    let mut found = StringViewBuilder::with_capacity(args.rows());
    let mut buffer = String::new();
    for row in 0..args.rows() {
        let of_row;
        let path = match &constant {
            Some(path) => path,
            None => {
                of_row = parse_jsonpath(paths.at(row));
                &of_row
            }
        };
        let path: Option<Vec<Step<'_>>> = path.as_ref().map(|path| path.iter().map(OwnedStep::as_step).collect());
        let json = path.and_then(|path| get_path(compact(texts.at(row), &mut buffer)?, &path));
        found.append_option(json);
    }
    Ok(to_column(&found.finish(), args.returns(), Reading::Loose))
}

pub(super) const DYNAMIC_TO_JSON: ScalarDef = ScalarDef {
    name: "dynamic_to_json",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::String))],
    summary: "JSON text that is the same for equal values: the keys of bags are sorted.",
    source: "kusto/query/dynamic-to-json-function",
    examples: &[ex("dynamic_to_json(dynamic({'b': 1, 'a': [2, 1]}))", r#"{"a":[2,1],"b":1}"#)],
    eval: Eval::Kernel(dynamic_to_json),
    ..ScalarDef::BASE
};

fn dynamic_to_json(args: &Args<'_>) -> KernelResult {
    let values = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(json) = values.get(row) else { return false };
        let mut tree = Json::of(json);
        sort_keys(&mut tree);
        tree.write(out);
        true
    }))
}

fn sort_keys(tree: &mut Json) {
    match tree {
        Json::Array(items) => items.iter_mut().for_each(sort_keys),
        Json::Object(entries) => {
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            entries.iter_mut().for_each(|(_, value)| sort_keys(value));
        }
        Json::Null | Json::Bool(_) | Json::Long(_) | Json::Wide(_) | Json::Real(_) | Json::String(_) => {}
    }
}

pub(super) const GETTYPE: ScalarDef = ScalarDef {
    name: "gettype",
    signatures: &[sig(&[Param::Any], Returns::Is(T::String))],
    summary: "The name of a value's type; for a dynamic, of what it holds.",
    source: "kusto/query/gettype-function",
    examples: &[
        ex("gettype(1.5)", "real"),
        ex("gettype(long(null))", "long"),
        ex("gettype(dynamic(1.5))", "double"),
        ex("gettype(dynamic({}))", "dictionary"),
    ],
    naming: Naming::Prefix("type_"),
    eval: Eval::Kernel(gettype),
    ..ScalarDef::BASE
};

fn gettype(args: &Args<'_>) -> KernelResult {
    let ty = args.ty(0);
    if ty != T::Dynamic {
        return Ok(args.strs(|_| Some(ty.name())));
    }
    let values = args.text(0);
    Ok(args.strs(|row| Some(values.get(row).map_or(Kind::Null, kind).gettype())))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;
    use vizsla_schema::KqlType as T;

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn json_from_values() {
        for (value, expected) in [
            (text("[1, 2.0 ]"), "[1,2.0]"),
            (text("not JSON"), r#""not JSON""#),
            (text(r#""quoted""#), r#""quoted""#),
            (text("null"), "null"),
            (text("  "), "null"),
            (json(r#""123""#), r#""123""#),
            (Value::Long(5), "5"),
            (Value::Real(5.0), "5.0"),
            (Value::Null(T::Long), "null"),
        ] {
            assert_eq!(call("parse_json", std::slice::from_ref(&value)), expected, "{value:?}");
        }
    }

    #[test]
    fn values_at_paths_of_text() {
        let document = r#"{"name": "John", "ages": [30, {"k y": 1.50}]}"#;
        for (path, expected) in [
            ("$.name", r#""John""#),
            ("$.ages[0]", r#""30""#),
            ("$.ages[1]['k y']", r#""1.5""#),
            ("$.ages[1]", r#""{\"k y\":1.5}""#),
            ("$.none", r#""""#),
            ("name", r#""""#),
        ] {
            assert_eq!(call("extract_json", &[text(path), text(document)]), expected, "{path}");
        }
    }

    #[test]
    fn canonical_text_and_types() {
        assert_eq!(
            call("dynamic_to_json", &[json(r#"{"b":{"d":1,"c":2},"a":[3]}"#)]),
            r#""{\"a\":[3],\"b\":{\"c\":2,\"d\":1}}""#
        );
        for (value, expected) in [
            (json("null"), "null"),
            (json("1"), "long"),
            (json("1.0"), "double"),
            (json("[]"), "array"),
            (Value::Real(1.0), "real"),
            (Value::Null(T::Long), "long"),
            (Value::TimeSpan(1), "timespan"),
        ] {
            assert_eq!(call("gettype", std::slice::from_ref(&value)), format!("\"{expected}\""), "{value:?}");
        }
    }
}
