//! `array_sort_asc` and `array_sort_desc`, which order other arrays along with the first.

use std::cmp::Ordering;

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, read};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{order, write_array};

pub(super) const ARRAY_SORT_ASC: ScalarDef = ScalarDef {
    name: "array_sort_asc",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC).rest(Param::Any)],
    summary: "An array with its elements in ascending order, numbers before strings, nulls at the end (at the start if the \
              last argument is false). Further arrays are put in the order of the first; then the answer is an array of the \
              sorted arrays, with null for one of another length.",
    source: "kusto/query/array-sort-asc-function",
    examples: &[
        ex("array_sort_asc(dynamic([3,1,null,2]))", "[1,2,3,null]"),
        ex("array_sort_asc(dynamic([3,1,null,2]), false)", "[null,1,2,3]"),
        ex(r#"array_sort_asc(dynamic([2,1]), dynamic(["b","a"]))[1]"#, r#"["a","b"]"#),
    ],
    eval: Eval::Kernel(|args| sort(args, order)),
    ..ScalarDef::BASE
};

pub(super) const ARRAY_SORT_DESC: ScalarDef = ScalarDef {
    name: "array_sort_desc",
    summary: "An array with its elements in descending order, nulls at the end (at the start if the last argument is \
              false). Further arrays are put in the order of the first; then the answer is an array of the sorted arrays, \
              with null for one of another length.",
    source: "kusto/query/array-sort-desc-function",
    examples: &[ex("array_sort_desc(dynamic([3,1,null,2]))", "[3,2,1,null]")],
    eval: Eval::Kernel(|args| sort(args, |left, right| order(right, left))),
    ..ARRAY_SORT_ASC
};

fn sort(args: &Args<'_>, compare: fn(&str, &str) -> Ordering) -> KernelResult {
    let last_is_flag = args.len() > 1 && args.ty(args.len() - 1) == T::Bool;
    let flag = last_is_flag.then(|| args.bool(args.len() - 1));
    let arrays: Vec<_> = (0..args.len() - usize::from(last_is_flag)).map(|index| args.text(index)).collect();
    let (mut first, mut other, mut permutation) = (Vec::new(), Vec::new(), Vec::new());
    Ok(args.texts(|row, out| {
        if read(&arrays[0], row, &mut first).is_none() {
            return false;
        }
        let nulls_last = flag.is_none_or(|flag| flag.get(row) != Some(false));
        permutation.clear();
        permutation.extend(0..first.len());
        permutation.sort_by(|left, right| match (first[*left], first[*right]) {
            ("null", "null") => Ordering::Equal,
            ("null", _) if nulls_last => Ordering::Greater,
            (_, "null") if nulls_last => Ordering::Less,
            ("null", _) => Ordering::Less,
            (_, "null") => Ordering::Greater,
            (left, right) => compare(left, right),
        });
        if arrays.len() == 1 {
            write_array(permutation.iter().map(|place| first[*place]), out);
            return true;
        }
        out.push('[');
        for array in &arrays {
            out.push_str(if out.len() > 1 { "," } else { "" });
            match read(array, row, &mut other) {
                Some(()) if other.len() == first.len() => {
                    write_array(permutation.iter().map(|place| other[*place]), out);
                }
                _ => out.push_str("null"),
            }
        }
        out.push(']');
        true
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn sorted() {
        let nulls_first = Value::Bool(false);
        for (name, arguments, expected) in [
            ("array_sort_asc", vec![json("[3,1,2.5]")], "[1,2.5,3]"),
            ("array_sort_asc", vec![json(r#"["b",10,null,true,9,"B"]"#)], r#"[9,10,"B","b",true,null]"#),
            ("array_sort_desc", vec![json(r#"[null,"blue","yellow",null]"#)], r#"["yellow","blue",null,null]"#),
            ("array_sort_desc", vec![json(r#"[null,"a","b"]"#), nulls_first], r#"[null,"b","a"]"#),
            (
                "array_sort_asc",
                vec![json("[1,3,4,5,2]"), json(r#"["a","b","c","d","e"]"#), json("[1]")],
                r#"[[1,2,3,4,5],["a","e","b","c","d"],null]"#,
            ),
            ("array_sort_asc", vec![json("{}")], "null"),
            ("array_sort_asc", vec![json("[]")], "[]"),
        ] {
            assert_eq!(call(name, &arguments), expected, "{name} {arguments:?}");
        }
    }
}
