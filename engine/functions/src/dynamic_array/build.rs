//! Arrays made of values: `pack_array`, `array_concat`, `range` …

use vizsla_schema::KqlType as T;

use super::DYNAMIC;
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{Encoder, Kind, elements, kind, number, write_real};
use crate::format;

/// Elements that `range` makes at most; more are left out silently (fact 140).
const MAX_ELEMENTS: i64 = 1 << 20;
const HOUR: i64 = 36_000_000_000;

pub(super) const PACK_ARRAY: ScalarDef = ScalarDef {
    name: "pack_array",
    signatures: &[sig(&[], DYNAMIC).rest(Param::Any)],
    summary: "An array of the arguments.",
    source: "kusto/query/pack-array-function",
    examples: &[ex("pack_array(1, 2.0, 'x', 1d)", r#"[1,2.0,"x","1.00:00:00"]"#)],
    eval: Eval::Kernel(pack_array),
    ..ScalarDef::BASE
};

fn pack_array(args: &Args<'_>) -> KernelResult {
    let items: Vec<Encoder> = encoders(args);
    Ok(args.texts(|row, out| {
        out.push('[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            item.write(row, out);
        }
        out.push(']');
        true
    }))
}

fn encoders(args: &Args<'_>) -> Vec<Encoder> {
    (0..args.len()).map(|index| Encoder::new(args.value(index), args.ty(index))).collect()
}

pub(super) const ARRAY_CONCAT: ScalarDef = ScalarDef {
    name: "array_concat",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC).rest(Param::Is(T::Dynamic))],
    summary: "The elements of all arrays in one; what is no array is left out.",
    source: "kusto/query/array-concat-function",
    examples: &[
        ex("array_concat(dynamic([1,2]), dynamic([3,[4]]))", "[1,2,3,[4]]"),
        ex("array_concat(dynamic({}), dynamic([1]))", "[1]"),
    ],
    eval: Eval::Kernel(array_concat),
    ..ScalarDef::BASE
};

fn array_concat(args: &Args<'_>) -> KernelResult {
    let arrays: Vec<_> = (0..args.len()).map(|index| args.text(index)).collect();
    Ok(args.texts(|row, out| {
        let mut any = false;
        for inner in arrays.iter().filter_map(|it| it.get(row)?.strip_prefix('[')?.strip_suffix(']')) {
            out.push_str(match (any, out.len() > 1 && !inner.is_empty()) {
                (false, _) => "[",
                (true, true) => ",",
                (true, false) => "",
            });
            out.push_str(inner);
            any = true;
        }
        out.push_str(if any { "]" } else { "" });
        any
    }))
}

pub(super) const ARRAY_IFF: ScalarDef = ScalarDef {
    name: "array_iff",
    aliases: &["array_iif"],
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any, Param::Any], DYNAMIC)],
    summary: "For each element of a condition array, the element of the second argument where it holds and of the third \
              where not. Either may be one value for all.",
    source: "kusto/query/array-iff-function",
    examples: &[
        ex("array_iff(dynamic([true,false,true]), dynamic([1,2,3]), dynamic([4,5,6]))", "[1,5,3]"),
        ex("array_iff(dynamic([1,0,50]), 'yes', 'no')", r#"["yes","no","yes"]"#),
        ex("array_iff(dynamic([true,true,true]), dynamic([1,2]), dynamic([3,4]))", "[1,2,null]"),
    ],
    eval: Eval::Kernel(array_iff),
    ..ScalarDef::BASE
};

fn array_iff(args: &Args<'_>) -> KernelResult {
    let conditions = args.text(0);
    let sides = [1, 2].map(|index| Encoder::new(args.value(index), args.ty(index)));
    let mut texts = [String::new(), String::new()];
    Ok(args.texts(|row, out| {
        let Some(conditions) = conditions.get(row).and_then(elements) else { return false };
        for (side, text) in sides.iter().zip(&mut texts) {
            text.clear();
            side.write(row, text);
        }
        let mut values = [&texts[0], &texts[1]].map(|text| (text, elements(text)));
        out.push('[');
        for (place, condition) in conditions.enumerate() {
            // Both sides advance, so that the other one stays at the same place.
            let [if_true, if_false] = &mut values;
            let [if_true, if_false] = [if_true, if_false].map(|(text, items)| match items {
                Some(items) => items.next().unwrap_or("null"),
                None => text.as_str(),
            });
            if place > 0 {
                out.push(',');
            }
            out.push_str(match truth(condition) {
                Some(true) => if_true,
                Some(false) => if_false,
                None => "null",
            });
        }
        out.push(']');
        true
    }))
}

/// A bool, or whether a number is not zero.
fn truth(condition: &str) -> Option<bool> {
    match kind(condition) {
        Kind::Bool => Some(condition == "true"),
        Kind::Long | Kind::Real => Some(number(condition)? != 0.0),
        Kind::Null | Kind::String | Kind::Array | Kind::Bag => None,
    }
}

pub(super) const RANGE: ScalarDef = ScalarDef {
    name: "range",
    signatures: &[
        sig(&[Param::Exactly(T::DateTime), Param::Is(T::DateTime), Param::Is(T::TimeSpan)], DYNAMIC).optional(1),
        sig(&[Param::Exactly(T::TimeSpan), Param::Is(T::TimeSpan), Param::Is(T::TimeSpan)], DYNAMIC).optional(1),
        sig(&[Param::Number, Param::Number, Param::Number], DYNAMIC).optional(1),
    ],
    summary: "An array from a first to at most a last value in equal steps: of 1, or of an hour for times. Ends after \
              1,048,576 elements.",
    source: "kusto/query/range-function",
    examples: &[
        ex("range(1, 8, 3)", "[1,4,7]"),
        ex("range(1, 3)", "[1,2,3]"),
        ex("range(1h, 3h)", r#"["01:00:00","02:00:00","03:00:00"]"#),
    ],
    eval: Eval::Kernel(range),
    ..ScalarDef::BASE
};

fn range(args: &Args<'_>) -> KernelResult {
    let types: Vec<T> = (0..args.len()).map(|index| args.ty(index)).collect();
    if types.iter().any(|ty| matches!(ty, T::Real | T::Decimal)) {
        return range_of_reals(args);
    }
    let (first, last) = (args.long(0), args.long(1));
    let step = (args.len() > 2).then(|| args.long(2));
    let (default_step, write): (i64, fn(i64, &mut String)) = match types[0] {
        T::DateTime => (HOUR, |ticks, out| quoted(out, |out| format::write_datetime(ticks, out))),
        T::TimeSpan => (HOUR, |ticks, out| quoted(out, |out| format::write_timespan(ticks, out))),
        _ => (1, format::write_long),
    };
    Ok(args.texts(|row, out| {
        let step = match step {
            Some(step) => step.get(row),
            None => Some(default_step),
        };
        let (Some(first), Some(last), Some(step)) = (first.get(row), last.get(row), step) else { return false };
        let Some(count) = count(i128::from(last) - i128::from(first), i128::from(step)) else { return false };
        // A step may be too long for 64 bits where its end is not.
        write_numbered(count, out, |place, out| write(first.wrapping_add(place.wrapping_mul(step)), out));
        true
    }))
}

/// How many steps it takes to pass `distance`; none for a step of 0.
fn count(distance: i128, step: i128) -> Option<i64> {
    let steps = distance.checked_div(step)?;
    let same_direction = distance.signum() * step.signum() >= 0;
    Some(if same_direction { (steps + 1).min(i128::from(MAX_ELEMENTS)) as i64 } else { 0 })
}

fn range_of_reals(args: &Args<'_>) -> KernelResult {
    let number = |index: usize, row: usize| match args.ty(index) {
        T::Real => args.real(index).get(row),
        T::Decimal => args.decimal(index).get(row).map(|units| units as f64 / 1e18),
        _ => args.long(index).get(row).map(|value| value as f64),
    };
    Ok(args.texts(|row, out| {
        let step = if args.len() > 2 { number(2, row) } else { Some(1.0) };
        let (Some(first), Some(last), Some(step)) = (number(0, row), number(1, row), step) else { return false };
        let steps = (last - first) / step;
        if !steps.is_finite() {
            return false;
        }
        let count = if steps < 0.0 { 0 } else { (steps as i64).saturating_add(1).min(MAX_ELEMENTS) };
        write_numbered(count, out, |place, out| write_real(first + place as f64 * step, out));
        true
    }))
}

fn write_numbered(count: i64, out: &mut String, mut write: impl FnMut(i64, &mut String)) {
    out.push('[');
    for place in 0..count {
        if place > 0 {
            out.push(',');
        }
        write(place, out);
    }
    out.push(']');
}

fn quoted(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push('"');
    write(out);
    out.push('"');
}

pub(super) const REPEAT: ScalarDef = ScalarDef {
    name: "repeat",
    signatures: &[sig(&[Param::Any, Param::Is(T::Long)], DYNAMIC)],
    summary: "An array of one value that many times; null for a negative count.",
    source: "kusto/query/repeat-function",
    examples: &[ex("repeat(1, 3)", "[1,1,1]"), ex("repeat('x', 0)", "[]"), ex("repeat(1, -1)", "null")],
    eval: Eval::Kernel(repeat),
    ..ScalarDef::BASE
};

fn repeat(args: &Args<'_>) -> KernelResult {
    let (value, counts) = (Encoder::new(args.value(0), args.ty(0)), args.long(1));
    Ok(args.texts(|row, out| {
        let Some(count) = counts.get(row).filter(|count| *count >= 0) else { return false };
        write_numbered(count.min(MAX_ELEMENTS), out, |_, out| value.write(row, out));
        true
    }))
}

pub(super) const ZIP: ScalarDef = ScalarDef {
    name: "zip",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], DYNAMIC).rest(Param::Is(T::Dynamic))],
    summary: "An array of arrays, each with the elements that the arguments have at one place; a shorter argument is filled \
              up with nulls, and what is no array counts as one of one element.",
    source: "kusto/query/zip-function",
    examples: &[
        ex("zip(dynamic([1,3,5]), dynamic([2,4,6]))", "[[1,2],[3,4],[5,6]]"),
        ex(r#"zip(dynamic(["A",1,1.5]), dynamic([{},"B"]))"#, r#"[["A",{}],[1,"B"],[1.5,null]]"#),
    ],
    eval: Eval::Kernel(zip),
    ..ScalarDef::BASE
};

fn zip(args: &Args<'_>) -> KernelResult {
    let arrays: Vec<_> = (0..args.len()).map(|index| args.text(index)).collect();
    let mut columns: Vec<Vec<&str>> = vec![Vec::new(); arrays.len()];
    Ok(args.texts(|row, out| {
        for (column, array) in columns.iter_mut().zip(&arrays) {
            column.clear();
            match array.get(row) {
                Some(json) if json.starts_with('[') => column.extend(elements(json).into_iter().flatten()),
                scalar => column.extend(scalar),
            }
        }
        let len = columns.iter().map(Vec::len).max().unwrap_or(0);
        write_numbered(len as i64, out, |place, out| {
            let row = columns.iter().map(|column| *column.get(place as usize).unwrap_or(&"null"));
            crate::dynamic::write_array(row, out);
        });
        true
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn concatenation_skips_what_is_no_array() {
        for (arrays, expected) in [
            (&["[1,2]", "[3,[4]]"][..], "[1,2,3,[4]]"),
            (&["[]", "[1]", "[]", "[2]"], "[1,2]"),
            (&["[]", "[]"], "[]"),
            (&["null", r#"{"a":1}"#, "[99]"], "[99]"),
            (&["null"], "null"),
        ] {
            let arrays: Vec<Value> = arrays.iter().map(|it| json(it)).collect();
            assert_eq!(call("array_concat", &arrays), expected);
        }
    }

    #[test]
    fn conditions_choose() {
        let cases = [
            ("[true,false,true]", json("[1,2,3]"), json("[4,5,6]"), "[1,5,3]"),
            ("[1,0,50]", Value::String("yes".into()), Value::String("no".into()), r#"["yes","no","yes"]"#),
            (r#"["text",null,[]]"#, Value::Long(1), Value::Long(0), "[null,null,null]"),
            ("[true,true,true]", json("[1,2]"), json("[3,4]"), "[1,2,null]"),
            ("5", json("[1]"), json("[2]"), "null"),
        ];
        for (condition, if_true, if_false, expected) in cases {
            assert_eq!(call("array_iff", &[json(condition), if_true, if_false]), expected, "{condition}");
        }
    }

    #[test]
    fn ranges() {
        let long = Value::Long;
        let real = Value::Real;
        for (arguments, expected) in [
            (vec![long(1), long(8), long(3)], "[1,4,7]"),
            (vec![long(1), long(3)], "[1,2,3]"),
            (vec![long(3), long(1)], "[]"),
            (vec![long(3), long(1), long(-1)], "[3,2,1]"),
            (vec![long(1), long(3), long(0)], "null"),
            (vec![Value::Int(1), long(2)], "[1,2]"),
            (vec![long(i64::MIN), long(i64::MAX), long(i64::MAX)], "[-9223372036854775808,-1,9223372036854775806]"),
            (vec![long(1), Value::Null(T::Long)], "null"),
            (vec![real(1.0), long(3), real(0.5)], "[1.0,1.5,2.0,2.5,3.0]"),
            (vec![Value::TimeSpan(HOUR), Value::TimeSpan(2 * HOUR)], r#"["01:00:00","02:00:00"]"#),
            (vec![Value::DateTime(0), Value::DateTime(HOUR - 1)], r#"["0001-01-01T00:00:00.0000000Z"]"#),
        ] {
            assert_eq!(call("range", &arguments), expected, "{arguments:?}");
        }
        assert_eq!(count(1_000_000_000, 1), Some(MAX_ELEMENTS));
    }

    #[test]
    fn arrays_of_values() {
        let values = [Value::Long(1), Value::Real(2.0), Value::String("x".into()), Value::Null(T::Long), json("[1]")];
        assert_eq!(call("pack_array", &values), r#"[1,2.0,"x",null,[1]]"#);
        assert_eq!(call("repeat", &[Value::String("a".into()), Value::Long(2)]), r#"["a","a"]"#);
        assert_eq!(call("repeat", &[Value::Long(1), Value::Long(-1)]), "null");
        assert_eq!(call("zip", &[json(r#"["A",1,1.5]"#), json(r#"[{},"B"]"#)]), r#"[["A",{}],[1,"B"],[1.5,null]]"#);
    }
}
