//! Arrays as sets: what elements they share. Elements keep the order in which they are first seen (fact 137).

use std::borrow::Cow;
use std::collections::HashSet;

use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use crate::args::{Args, Text};
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::dynamic::{Elements, Encoder, elements, same, set_key, write_array};

const ARRAYS: Signature = sig(&[Param::Is(T::Dynamic)], DYNAMIC).rest(Param::Is(T::Dynamic));

pub(super) const SET_UNION: ScalarDef = ScalarDef {
    name: "set_union",
    signatures: &[ARRAYS],
    summary: "The distinct elements of all arrays.",
    source: "kusto/query/set-union-function",
    examples: &[ex("set_union(dynamic([1,2,2]), dynamic([2,3]))", "[1,2,3]")],
    eval: Eval::Kernel(set_union),
    ..ScalarDef::BASE
};

pub(super) const SET_INTERSECT: ScalarDef = ScalarDef {
    name: "set_intersect",
    summary: "The distinct elements that are in every array.",
    source: "kusto/query/set-intersect-function",
    examples: &[ex("set_intersect(dynamic([1,2,3]), dynamic([3,2,4]))", "[2,3]")],
    eval: Eval::Kernel(set_intersect),
    ..SET_UNION
};

pub(super) const SET_DIFFERENCE: ScalarDef = ScalarDef {
    name: "set_difference",
    summary: "The distinct elements of the first array that are in no other.",
    source: "kusto/query/set-difference-function",
    examples: &[
        ex("set_difference(dynamic([1,2,1,4]), dynamic([1,2]), dynamic([8]))", "[4]"),
        ex("set_difference(dynamic([1,2,3]), dynamic([1,2,3]))", "[]"),
    ],
    eval: Eval::Kernel(set_difference),
    ..SET_UNION
};

type Keys<'a> = HashSet<Cow<'a, str>>;

fn keys(array: Elements<'_>) -> Keys<'_> {
    array.map(set_key).collect()
}

/// Writes the distinct elements that `wanted` accepts.
fn write_distinct<'a>(items: impl Iterator<Item = &'a str>, wanted: impl Fn(&str) -> bool, out: &mut String) {
    let mut seen = Keys::new();
    write_array(items.filter(|item| wanted(&set_key(item)) && seen.insert(set_key(item))), out);
}

fn arrays<'a>(args: &Args<'a>) -> Vec<Text<'a>> {
    (0..args.len()).map(|index| args.text(index)).collect()
}

fn set_union(args: &Args<'_>) -> KernelResult {
    let arrays = arrays(args);
    Ok(args.texts(|row, out| {
        let mut found = arrays.iter().filter_map(|array| elements(array.get(row)?)).peekable();
        let any = found.peek().is_some();
        write_distinct(found.flatten(), |_| true, out);
        any
    }))
}

fn set_intersect(args: &Args<'_>) -> KernelResult {
    let arrays = arrays(args);
    Ok(args.texts(|row, out| {
        let found: Option<Vec<_>> = arrays.iter().map(|array| elements(array.get(row)?)).collect();
        let Some((first, others)) = found.as_deref().and_then(<[_]>::split_first) else { return false };
        let others: Vec<Keys<'_>> = others.iter().cloned().map(keys).collect();
        write_distinct(first.clone(), |key| others.iter().all(|other| other.contains(key)), out);
        true
    }))
}

fn set_difference(args: &Args<'_>) -> KernelResult {
    let arrays = arrays(args);
    Ok(args.texts(|row, out| {
        let mut found = arrays.iter().map(|array| array.get(row).and_then(elements));
        let Some(first) = found.next().flatten() else { return false };
        let others: Keys<'_> = found.flatten().flatten().map(set_key).collect();
        write_distinct(first, |key| !others.contains(key), out);
        true
    }))
}

pub(super) const SET_HAS_ELEMENT: ScalarDef = ScalarDef {
    name: "set_has_element",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any], Returns::Is(T::Bool))],
    summary: "Whether an array has an element of that value.",
    source: "kusto/query/set-has-element-function",
    examples: &[
        ex(r#"set_has_element(dynamic(["this", "is", "an", "example"]), "example")"#, "True"),
        ex(r#"set_has_element(dynamic([1, 2]), "2")"#, "False"),
    ],
    eval: Eval::Kernel(set_has_element),
    ..ScalarDef::BASE
};

fn set_has_element(args: &Args<'_>) -> KernelResult {
    let (arrays, sought) = (args.text(0), Encoder::new(args.value(1), args.ty(1)));
    let mut value = String::new();
    Ok(args.bools(|row| {
        value.clear();
        sought.write(row, &mut value);
        Some(elements(arrays.get(row)?)?.any(|item| same(item, &value)))
    }))
}

pub(super) const JACCARD_INDEX: ScalarDef = ScalarDef {
    name: "jaccard_index",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], Returns::Is(T::Real))],
    summary: "How alike two sets are: the elements they share, as a part of all their elements.",
    source: "kusto/query/jaccard-index-function",
    examples: &[ex("jaccard_index(dynamic([1,2,3]), dynamic([1,2,3,4]))", "0.75")],
    eval: Eval::Kernel(jaccard_index),
    ..ScalarDef::BASE
};

fn jaccard_index(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.text(0), args.text(1));
    Ok(args.reals(|row| {
        let (left, right) = (keys(elements(left.get(row)?)?), keys(elements(right.get(row)?)?));
        let shared = left.intersection(&right).count();
        Some(shared as f64 / (left.len() + right.len() - shared) as f64)
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn sets() {
        for (name, arrays, expected) in [
            ("set_union", &["[1,2,3]", "[3,4,5]", "[5,6,7]"][..], "[1,2,3,4,5,6,7]"),
            ("set_union", &["[1,1.0]", "null"], "[1]"),
            ("set_union", &["null"], "null"),
            ("set_intersect", &["[1,2,3,2]", "[3.0,2]"], "[2,3]"),
            ("set_intersect", &[r#"["a"]"#, r#"["A"]"#], "[]"),
            ("set_intersect", &["[1]", "null"], "null"),
            ("set_difference", &["[1,2,1,4]", "[1,2]", "[1,2,8]"], "[4]"),
            ("set_difference", &["[null,1,null,2,null]", "[null]"], "[1,2]"),
            ("set_difference", &["[1]", "null"], "[1]"),
            ("set_difference", &["null", "[1]"], "null"),
            ("jaccard_index", &["[1,2,3,3]", "[1,2,3,4]"], "0.75"),
        ] {
            let arrays: Vec<Value> = arrays.iter().map(|it| json(it)).collect();
            assert_eq!(call(name, &arrays), expected, "{name} {arrays:?}");
        }
    }

    #[test]
    fn elements_are_found_by_value() {
        for (value, expected) in [
            (Value::Long(2), "true"),
            (Value::Real(2.0), "true"),
            (Value::Long(9), "false"),
            (Value::String("2".into()), "false"),
        ] {
            assert_eq!(call("set_has_element", &[json("[1,2,3]"), value.clone()]), expected, "{value:?}");
        }
    }
}
