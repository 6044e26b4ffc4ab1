//! Bags made of keys and values.

use std::collections::HashSet;

use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use crate::args::{Arg, Args};
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{Encoder, Kind, elements, kind, write_string};
use crate::format;

pub(super) const BAG_PACK: ScalarDef = ScalarDef {
    name: "bag_pack",
    aliases: &["pack", "pack_dictionary"],
    signatures: &[sig(&[Param::Any, Param::Any], DYNAMIC).rest(Param::Any)],
    summary: "A bag of keys and values that take turns. Of a repeated key the first counts.",
    source: "kusto/query/pack-function",
    examples: &[ex(
        "bag_pack('Level', 'Information', 'ProcessID', 1234)",
        r#"{"Level":"Information","ProcessID":1234}"#,
    )],
    eval: Eval::Kernel(bag_pack),
    ..ScalarDef::BASE
};

/// One key of a bag: its JSON, colon included, if it is the same for all rows, else how to write it.
enum Key<'a> {
    Constant(String),
    Column(&'a Arg, T),
}

impl Key<'_> {
    fn new(arg: &Arg, ty: T) -> Key<'_> {
        match arg {
            Arg::Column(_) => Key::Column(arg, ty),
            Arg::Constant(one) => {
                let (mut text, mut json) = (String::new(), String::new());
                format::text(one, 0, ty, &mut text);
                write_string(&text, &mut json);
                json.push(':');
                Key::Constant(json)
            }
        }
    }

    fn write(&self, row: usize, out: &mut String) {
        match self {
            Key::Constant(json) => out.push_str(json),
            Key::Column(Arg::Column(array) | Arg::Constant(array), ty) => {
                let mut text = String::new();
                format::text(array, row, *ty, &mut text);
                write_string(&text, out);
                out.push(':');
            }
        }
    }
}

fn bag_pack(args: &Args<'_>) -> KernelResult {
    let entries: Vec<(Key<'_>, Encoder)> = (0..args.len() / 2)
        .map(|place| 2 * place)
        .map(|at| (Key::new(args.value(at), args.ty(at)), Encoder::new(args.value(at + 1), args.ty(at + 1))))
        .collect();
    let mut key = String::new();
    let mut seen = HashSet::new();
    Ok(args.texts(|row, out| {
        seen.clear();
        out.push('{');
        for (name, value) in &entries {
            key.clear();
            name.write(row, &mut key);
            if entries.len() > 1 && !seen.insert(key.clone()) {
                continue;
            }
            out.push_str(if out.len() > 1 { "," } else { "" });
            out.push_str(&key);
            value.write(row, out);
        }
        out.push('}');
        true
    }))
}

pub(super) const BAG_PACK_COLUMNS: ScalarDef = ScalarDef {
    name: "bag_pack_columns",
    signatures: &[sig(&[Param::Any], DYNAMIC).rest(Param::Any)],
    summary: "A bag of columns, under their names.",
    source: "kusto/query/bag-pack-columns-function",
    eval: Eval::Binder,
    ..ScalarDef::BASE
};

pub(super) const PACK_ALL: ScalarDef = ScalarDef {
    name: "pack_all",
    signatures: &[sig(&[Param::Const(T::Bool)], DYNAMIC).optional(1)],
    summary: "A bag of all columns, under their names; with `true` without those that are null or empty.",
    source: "kusto/query/pack-all-function",
    eval: Eval::Binder,
    ..ScalarDef::BASE
};

pub(super) const BAG_ZIP: ScalarDef = ScalarDef {
    name: "bag_zip",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "A bag of an array of keys and an array of values. Keys that are no strings are left out with their values, \
              missing values are null.",
    source: "kusto/query/bag-zip",
    examples: &[
        ex("bag_zip(dynamic(['a', 8, 'b']), dynamic([1, '2', 2.5]))", r#"{"a":1,"b":2.5}"#),
        ex("bag_zip(dynamic('a'), dynamic([1]))", "null"),
    ],
    eval: Eval::Kernel(bag_zip),
    ..ScalarDef::BASE
};

fn bag_zip(args: &Args<'_>) -> KernelResult {
    let (keys, values) = (args.text(0), args.text(1));
    Ok(args.texts(|row, out| {
        let Some(keys) = keys.get(row).and_then(elements) else { return false };
        let values = values.get(row).and_then(elements).into_iter().flatten().chain(std::iter::repeat("null"));
        out.push('{');
        for (key, value) in keys.zip(values).filter(|(key, _)| kind(key) == Kind::String) {
            out.extend([if out.len() > 1 { "," } else { "" }, key, ":", value]);
        }
        out.push('}');
        true
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn bags_of_values() {
        let text = |text: &str| Value::String(text.into());
        let values = [
            text("a\"b"),
            Value::Long(1),
            Value::Long(7),
            Value::TimeSpan(0),
            text("c"),
            json("{}"),
            text("c"),
            json("2"),
        ];
        assert_eq!(call("bag_pack", &values), r#"{"a\"b":1,"7":"00:00:00","c":{}}"#);
        assert_eq!(call("pack", &[text("k"), json("null")]), r#"{"k":null}"#);
    }

    #[test]
    fn bags_of_arrays() {
        for (keys, values, expected) in [
            (r#"["a","b","c"]"#, r#"[1,"2"]"#, r#"{"a":1,"b":"2","c":null}"#),
            (r#"["a","b"]"#, r#"[1,"2",2.5]"#, r#"{"a":1,"b":"2"}"#),
            (r#"["a",8,"b"]"#, r#"[1,"2",2.5]"#, r#"{"a":1,"b":2.5}"#),
            (r#"["a",8,"b"]"#, "1", r#"{"a":null,"b":null}"#),
            (r#""a""#, "[1]", "null"),
        ] {
            assert_eq!(call("bag_zip", &[json(keys), json(values)]), expected);
        }
    }
}
