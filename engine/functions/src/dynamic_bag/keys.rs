//! What keys and paths a bag has.

use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{OwnedStep, Step, elements, entries, get_path, parse_jsonpath, unescape, write_string};

pub(super) const BAG_KEYS: ScalarDef = ScalarDef {
    name: "bag_keys",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "The keys of a bag at its first level, as an array.",
    source: "kusto/query/bag-keys-function",
    examples: &[
        ex("bag_keys(dynamic({'a': 'b', 'c': {'d': 123}}))", r#"["a","c"]"#),
        ex("bag_keys(dynamic([]))", "null"),
    ],
    eval: Eval::Kernel(bag_keys),
    ..ScalarDef::BASE
};

fn bag_keys(args: &Args<'_>) -> KernelResult {
    let bags = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(entries) = bags.get(row).and_then(entries) else { return false };
        out.push('[');
        for (key, _) in entries {
            out.push_str(if out.len() > 1 { ",\"" } else { "\"" });
            out.push_str(key);
            out.push('"');
        }
        out.push(']');
        true
    }))
}

pub(super) const BAG_HAS_KEY: ScalarDef = ScalarDef {
    name: "bag_has_key",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::String)], Returns::Is(T::Bool))],
    summary: "Whether a bag has a key, or the last key of a path such as `$.a.b`.",
    source: "kusto/query/bag-has-key-function",
    examples: &[
        ex("bag_has_key(dynamic({'key1': 123, 'key2': null}), 'key2')", "True"),
        ex("bag_has_key(dynamic({'key1': {'prop1': 'abc'}}), '$.key1.prop1')", "True"),
    ],
    eval: Eval::Kernel(bag_has_key),
    ..ScalarDef::BASE
};

fn bag_has_key(args: &Args<'_>) -> KernelResult {
    let (bags, keys) = (args.text(0), args.text(1));
    Ok(args.bools(|row| {
        let bag = bags.get(row).filter(|json| json.starts_with('{'))?;
        let path = key_path(keys.at(row));
        let (last, parents) = path.split_last()?;
        let parents: Vec<Step<'_>> = parents.iter().map(OwnedStep::as_step).collect();
        Some(get_path(bag, &parents).is_some_and(|parent| has_step(parent, last)))
    }))
}

/// A key as the `bag_…` functions take it: a path if it starts with `$`, otherwise a name.
pub(super) fn key_path(key: &str) -> Vec<OwnedStep> {
    let path = if key.starts_with("$.") || key.starts_with("$[") { parse_jsonpath(key) } else { None };
    path.unwrap_or_else(|| vec![OwnedStep::Key(key.to_owned())])
}

fn has_step(parent: &str, step: &OwnedStep) -> bool {
    match step {
        OwnedStep::Key(key) => entries(parent).is_some_and(|mut it| it.any(|(raw, _)| unescape(raw) == key.as_str())),
        OwnedStep::Index(index) => match usize::try_from(*index) {
            Ok(place) => elements(parent).is_some_and(|mut it| it.nth(place).is_some()),
            Err(_) => false,
        },
    }
}

pub(super) const TREEPATH: ScalarDef = ScalarDef {
    name: "treepath",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "Every path in a value, as an array of texts. The elements of an array share the path `[0]`.",
    source: "kusto/query/treepath-function",
    examples: &[
        ex(r#"treepath(parse_json('{"a":"b", "c":123}'))"#, r#"["['a']","['c']"]"#),
        ex(
            r#"treepath(parse_json('{"prop1":[1,2,3,4], "prop2":"value2"}'))"#,
            r#"["['prop1']","['prop1'][0]","['prop2']"]"#,
        ),
    ],
    eval: Eval::Kernel(treepath),
    ..ScalarDef::BASE
};

fn treepath(args: &Args<'_>) -> KernelResult {
    let values = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(json) = values.get(row).filter(|json| json.starts_with(['{', '['])) else { return false };
        let mut paths = Vec::new();
        add_paths(json, &mut String::new(), &mut paths);
        out.push('[');
        for path in &paths {
            out.push_str(if out.len() > 1 { "," } else { "" });
            write_string(path, out);
        }
        out.push(']');
        true
    }))
}

/// Adds the paths below `json`, which is itself at `path`, each once.
fn add_paths(json: &str, path: &mut String, found: &mut Vec<String>) {
    let here = path.len();
    let mut visit = |value: &str, path: &mut String| {
        if !found.contains(path) {
            found.push(path.clone());
        }
        add_paths(value, path, found);
        path.truncate(here);
    };
    for (key, value) in entries(json).into_iter().flatten() {
        path.extend(["['", &unescape(key), "']"]);
        visit(value, path);
    }
    for element in elements(json).into_iter().flatten() {
        path.push_str("[0]");
        visit(element, path);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn keys_of_bags() {
        for (bag, expected) in [
            (r#"{"a":"b","c":[{"d":123}]}"#, r#"["a","c"]"#),
            ("{}", "[]"),
            ("null", "null"),
            (r#""a""#, "null"),
            ("[]", "null"),
        ] {
            assert_eq!(call("bag_keys", &[json(bag)]), expected, "{bag}");
        }
    }

    #[test]
    fn keys_and_paths_of_keys() {
        let bag = r#"{"key1":null,"key2":{"prop1":"abc"},"key3":[100],"$x":1}"#;
        for (key, expected) in [
            ("key1", "true"),
            ("key4", "false"),
            ("$.key2.prop1", "true"),
            ("$['key2']['prop2']", "false"),
            ("$.key1.prop1", "false"),
            ("$.key3[0]", "true"),
            ("$x", "true"),
        ] {
            assert_eq!(call("bag_has_key", &[json(bag), Value::String(key.into())]), expected, "{key}");
        }
        assert_eq!(call("bag_has_key", &[json("[]"), Value::String("a".into())]), "null");
    }

    #[test]
    fn paths() {
        for (value, expected) in [
            (r#"{"a":{"b":{"c":1}},"x":{"y":2}}"#, r#"["['a']","['a']['b']","['a']['b']['c']","['x']","['x']['y']"]"#),
            (r#"{"l":[100,"abcde",{"x":"y"}]}"#, r#"["['l']","['l'][0]","['l'][0]['x']"]"#),
            ("1", "null"),
        ] {
            assert_eq!(call("treepath", &[json(value)]), expected);
        }
    }
}
