//! Bags made of other bags: keys merged, removed, set.

use std::collections::HashSet;

use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use super::keys::key_path;
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{Encoder, Json, OwnedStep, elements, entries, text_of, write_bag};

pub(super) const BAG_MERGE: ScalarDef = ScalarDef {
    name: "bag_merge",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC).rest(Param::Is(T::Dynamic))],
    summary: "All entries of several bags; where they share a key, the leftmost bag wins. What is no bag is left out.",
    source: "kusto/query/bag-merge-function",
    examples: &[ex("bag_merge(dynamic({'A': 1, 'B': 2}), dynamic({'C': 3, 'A': 9}))", r#"{"A":1,"B":2,"C":3}"#)],
    eval: Eval::Kernel(bag_merge),
    ..ScalarDef::BASE
};

fn bag_merge(args: &Args<'_>) -> KernelResult {
    let bags: Vec<_> = (0..args.len()).map(|index| args.text(index)).collect();
    Ok(args.texts(|row, out| {
        let mut found = bags.iter().filter_map(|bag| entries(bag.get(row)?)).peekable();
        let any = found.peek().is_some();
        // Canonical text writes equal keys alike, so they can be compared as they stand.
        let mut seen = HashSet::new();
        write_bag(found.flatten().filter(|(key, _)| seen.insert(*key)), out);
        any
    }))
}

pub(super) const BAG_REMOVE_KEYS: ScalarDef = ScalarDef {
    name: "bag_remove_keys",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "A bag without the keys in an array; a key may be a path such as `$.a.b`.",
    source: "kusto/query/bag-remove-keys-function",
    examples: &[
        ex("bag_remove_keys(dynamic({'key1': 123, 'key2': 'abc'}), dynamic(['key2', 'key4']))", r#"{"key1":123}"#),
        ex("bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}}), dynamic(['$.a.b']))", r#"{"a":{"c":2}}"#),
    ],
    eval: Eval::Kernel(bag_remove_keys),
    ..ScalarDef::BASE
};

fn bag_remove_keys(args: &Args<'_>) -> KernelResult {
    let (bags, keys) = (args.text(0), args.text(1));
    Ok(args.texts(|row, out| {
        let Some(bag) = bags.get(row).filter(|json| json.starts_with('{')) else { return false };
        let keys = keys.get(row).and_then(elements).into_iter().flatten();
        let mut tree = Json::of(bag);
        keys.for_each(|key| remove(&mut tree, &key_path(&text_of(key))));
        tree.write(out);
        true
    }))
}

fn remove(tree: &mut Json, path: &[OwnedStep]) {
    let (Json::Object(entries), Some((OwnedStep::Key(key), rest))) = (tree, path.split_first()) else { return };
    match rest {
        [] => entries.retain(|(name, _)| name != key),
        rest => entries.iter_mut().filter(|(name, _)| name == key).for_each(|(_, value)| remove(value, rest)),
    }
}

pub(super) const BAG_SET_KEY: ScalarDef = ScalarDef {
    name: "bag_set_key",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::String), Param::Any], DYNAMIC)],
    summary: "A bag with a key, or the end of a path such as `$.a.b`, set to a value; it comes last in its bag.",
    source: "kusto/query/bag-set-key-function",
    examples: &[
        ex("bag_set_key(dynamic({'key1': 1, 'key2': 2}), 'key3', 3)", r#"{"key1":1,"key2":2,"key3":3}"#),
        ex("bag_set_key(dynamic({'key1': 1}), '$.key2.prop1', 'abc')", r#"{"key1":1,"key2":{"prop1":"abc"}}"#),
    ],
    eval: Eval::Kernel(bag_set_key),
    ..ScalarDef::BASE
};

fn bag_set_key(args: &Args<'_>) -> KernelResult {
    let (bags, keys, value) = (args.text(0), args.text(1), Encoder::new(args.value(2), args.ty(2)));
    let mut text = String::new();
    Ok(args.texts(|row, out| {
        let Some(bag) = bags.get(row).filter(|json| json.starts_with('{')) else { return false };
        text.clear();
        value.write(row, &mut text);
        let mut tree = Json::of(bag);
        set(&mut tree, &key_path(keys.at(row)), Json::of(&text));
        tree.write(out);
        true
    }))
}

/// Sets the end of the path, making bags on the way. A path that meets anything but a bag, or has an index, is left alone:
/// our choice, the reference only says that it is not supported.
fn set(tree: &mut Json, path: &[OwnedStep], value: Json) {
    let (Json::Object(entries), Some((OwnedStep::Key(key), rest))) = (tree, path.split_first()) else { return };
    if rest.is_empty() {
        entries.retain(|(name, _)| name != key);
        entries.push((key.clone(), value));
        return;
    }
    let place = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        entries.push((key.clone(), Json::Object(Vec::new())));
        entries.len() - 1
    });
    set(&mut entries[place].1, rest, value);
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn merged() {
        for (bags, expected) in [
            (&[r#"{"A1":12,"B1":2}"#, r#"{"A2":81,"A1":1}"#][..], r#"{"A1":12,"B1":2,"A2":81}"#),
            (&["null", r#"{"a":1}"#, "[]"], r#"{"a":1}"#),
            (&["null", "5"], "null"),
            (&["{}", "{}"], "{}"),
        ] {
            let bags: Vec<Value> = bags.iter().map(|it| json(it)).collect();
            assert_eq!(call("bag_merge", &bags), expected);
        }
    }

    #[test]
    fn removed() {
        let bag = r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"},"key3":[100,200]}"#;
        for (keys, expected) in [
            (r#"["key2","key4"]"#, r#"{"key1":123,"key3":[100,200]}"#),
            (r#"["$.key2.prop1","key3"]"#, r#"{"key1":123,"key2":{"prop2":"xyz"}}"#),
            ("[]", bag),
        ] {
            assert_eq!(call("bag_remove_keys", &[json(bag), json(keys)]), expected);
        }
        assert_eq!(call("bag_remove_keys", &[json("null"), json("[]")]), "null");
    }

    #[test]
    fn set() {
        for (bag, key, value, expected) in [
            (r#"{"key1":1,"key2":2}"#, "key3", Value::Long(3), r#"{"key1":1,"key2":2,"key3":3}"#),
            (r#"{"key1":1,"key3":"abc"}"#, "key3", Value::Long(3), r#"{"key1":1,"key3":3}"#),
            (
                r#"{"key1":123,"key2":{"prop1":123,"prop2":"xyz"}}"#,
                "$.key2.prop1",
                Value::String("abc".into()),
                r#"{"key1":123,"key2":{"prop2":"xyz","prop1":"abc"}}"#,
            ),
            (r#"{"key1":123}"#, "$.key2.prop1", json("[1]"), r#"{"key1":123,"key2":{"prop1":[1]}}"#),
            ("[]", "a", Value::Long(1), "null"),
        ] {
            assert_eq!(call("bag_set_key", &[json(bag), Value::String(key.into()), value]), expected);
        }
    }
}
