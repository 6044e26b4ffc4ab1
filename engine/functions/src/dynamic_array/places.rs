//! Elements by their places: `array_slice`, `array_index_of`, `array_rotate_left` …

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, read};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{Encoder, Kind, elements, kind, number, same, write_array};

pub(super) const ARRAY_LENGTH: ScalarDef = ScalarDef {
    name: "array_length",
    aliases: &["arraylength"],
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Long))],
    summary: "How many elements an array has; null for anything but an array.",
    source: "kusto/query/array-length-function",
    examples: &[ex(r#"array_length(dynamic([1, 2, 3, "four"]))"#, "4"), ex("array_length(dynamic({}))", "null")],
    eval: Eval::Kernel(array_length),
    ..ScalarDef::BASE
};

fn array_length(args: &Args<'_>) -> KernelResult {
    let arrays = args.text(0);
    Ok(args.longs(|row| Some(elements(arrays.get(row)?)?.count() as i64)))
}

pub(super) const ARRAY_SUM: ScalarDef = ScalarDef {
    name: "array_sum",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Real))],
    summary: "The sum of an array's numbers; nulls are skipped, any other element makes it null.",
    source: "kusto/query/array-sum-function",
    examples: &[ex("array_sum(dynamic([1,2,3,4]))", "10.0")],
    eval: Eval::Kernel(array_sum),
    ..ScalarDef::BASE
};

fn array_sum(args: &Args<'_>) -> KernelResult {
    let arrays = args.text(0);
    Ok(args.reals(|row| {
        let numbers = elements(arrays.get(row)?)?.filter(|element| kind(element) != Kind::Null);
        numbers.map(number).try_fold(0.0, |sum, number| Some(sum + number?))
    }))
}

pub(super) const ARRAY_INDEX_OF: ScalarDef = ScalarDef {
    name: "array_index_of",
    signatures: &[sig(
        &[Param::Is(T::Dynamic), Param::Any, Param::Is(T::Long), Param::Is(T::Long), Param::Is(T::Long)],
        Returns::Is(T::Long),
    )
    .optional(3)],
    summary: "The place of a value in an array, or -1: searched from a place on, which counts from the end if negative, for \
              so many elements, for the n-th occurrence.",
    source: "kusto/query/array-index-of-function",
    examples: &[
        ex(r#"array_index_of(dynamic(["this", "is", "an", "example"]), "an")"#, "2"),
        ex(r#"array_index_of(dynamic(["a", "b", "a"]), "a", 0, -1, 2)"#, "2"),
        ex(r#"array_index_of(dynamic(["a"]), "b")"#, "-1"),
    ],
    eval: Eval::Kernel(array_index_of),
    ..ScalarDef::BASE
};

fn array_index_of(args: &Args<'_>) -> KernelResult {
    let (arrays, sought) = (args.text(0), Encoder::new(args.value(1), args.ty(1)));
    let option = |index: usize, row: usize, default: i64| match index < args.len() {
        true => args.long(index).get(row),
        false => Some(default),
    };
    let mut items = Vec::new();
    let mut value = String::new();
    Ok(args.longs(|row| {
        read(&arrays, row, &mut items)?;
        let (start, length, occurrence) = (option(2, row, 0)?, option(3, row, -1)?, option(4, row, 1)?);
        value.clear();
        sought.write(row, &mut value);
        let start = place(start, items.len());
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let nth = usize::try_from(occurrence.checked_sub(1)?).ok()?;
        let mut hits = items.iter().enumerate().skip(start).take(length).filter(|(_, item)| same(item, &value));
        Some(hits.nth(nth).map_or(-1, |(place, _)| place as i64))
    }))
}

/// A place in an array of that length, counted from the end if negative, and moved inside.
fn place(place: i64, len: usize) -> usize {
    let from_start = if place < 0 { place.saturating_add(len as i64) } else { place };
    usize::try_from(from_start).unwrap_or(0).min(len)
}

pub(super) const ARRAY_SLICE: ScalarDef = ScalarDef {
    name: "array_slice",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Long), Param::Is(T::Long)], DYNAMIC)],
    summary: "The elements from one place to another, both included; negative places count from the end.",
    source: "kusto/query/array-slice-function",
    examples: &[
        ex("array_slice(dynamic([1,2,3,4,5]), 1, 2)", "[2,3]"),
        ex("array_slice(dynamic([1,2,3,4,5]), -3, -2)", "[3,4]"),
    ],
    eval: Eval::Kernel(array_slice),
    ..ScalarDef::BASE
};

fn array_slice(args: &Args<'_>) -> KernelResult {
    let (arrays, starts, ends) = (args.text(0), args.long(1), args.long(2));
    let mut items = Vec::new();
    Ok(args.texts(|row, out| {
        let (Some(start), Some(end)) = (starts.get(row), ends.get(row)) else { return false };
        if read(&arrays, row, &mut items).is_none() {
            return false;
        }
        let end = if end == -1 { items.len() } else { place(end.saturating_add(1), items.len()) };
        let start = place(start, items.len());
        write_array(items.get(start..end).unwrap_or_default().iter().copied(), out);
        true
    }))
}

pub(super) const ARRAY_SPLIT: ScalarDef = ScalarDef {
    name: "array_split",
    signatures: &[
        sig(&[Param::Is(T::Dynamic), Param::Exactly(T::Dynamic)], DYNAMIC),
        sig(&[Param::Is(T::Dynamic), Param::Is(T::Long)], DYNAMIC),
    ],
    summary: "An array cut into several before each of the given places, which count from the end if negative.",
    source: "kusto/query/array-split-function",
    examples: &[
        ex("array_split(dynamic([1,2,3,4,5]), 2)", "[[1,2],[3,4,5]]"),
        ex("array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))", "[[1],[2,3],[4,5]]"),
    ],
    eval: Eval::Kernel(array_split),
    ..ScalarDef::BASE
};

fn array_split(args: &Args<'_>) -> KernelResult {
    let (arrays, cuts) = (args.text(0), Encoder::new(args.value(1), args.ty(1)));
    let mut items = Vec::new();
    let mut cut_text = String::new();
    Ok(args.texts(|row, out| {
        cut_text.clear();
        cuts.write(row, &mut cut_text);
        let cuts: Option<Vec<i64>> = match elements(&cut_text) {
            Some(cuts) => cuts.map(|cut| cut.parse().ok()).collect(),
            None => cut_text.parse().ok().map(|cut| vec![cut]),
        };
        let (Some(cuts), Some(())) = (cuts, read(&arrays, row, &mut items)) else { return false };
        let mut start = 0;
        out.push('[');
        for cut in cuts.into_iter().map(|cut| place(cut, items.len())).chain([items.len()]) {
            out.push_str(if out.len() > 1 { "," } else { "" });
            write_array(items.get(start..cut).unwrap_or_default().iter().copied(), out);
            start = cut;
        }
        out.push(']');
        true
    }))
}

pub(super) const ARRAY_REVERSE: ScalarDef = ScalarDef {
    name: "array_reverse",
    signatures: &[sig(&[Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "The elements in the opposite order.",
    source: "kusto/query/array-reverse-function",
    examples: &[ex(r#"array_reverse(dynamic(["this", "is"]))"#, r#"["is","this"]"#)],
    eval: Eval::Kernel(array_reverse),
    ..ScalarDef::BASE
};

fn array_reverse(args: &Args<'_>) -> KernelResult {
    let arrays = args.text(0);
    let mut items = Vec::new();
    Ok(args.texts(|row, out| {
        let is_array = read(&arrays, row, &mut items).is_some();
        write_array(items.iter().rev().copied(), out);
        is_array
    }))
}

pub(super) const ARRAY_ROTATE_LEFT: ScalarDef = ScalarDef {
    name: "array_rotate_left",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Long)], DYNAMIC)],
    summary: "The elements moved that many places to the left, those that fall out coming back on the right.",
    source: "kusto/query/array-rotate-left-function",
    examples: &[ex("array_rotate_left(dynamic([1,2,3,4,5]), 2)", "[3,4,5,1,2]")],
    eval: Eval::Kernel(|args| rotate(args, 1)),
    ..ScalarDef::BASE
};

pub(super) const ARRAY_ROTATE_RIGHT: ScalarDef = ScalarDef {
    name: "array_rotate_right",
    summary: "The elements moved that many places to the right, those that fall out coming back on the left.",
    source: "kusto/query/array-rotate-right-function",
    examples: &[ex("array_rotate_right(dynamic([1,2,3,4,5]), 2)", "[4,5,1,2,3]")],
    eval: Eval::Kernel(|args| rotate(args, -1)),
    ..ARRAY_ROTATE_LEFT
};

fn rotate(args: &Args<'_>, direction: i64) -> KernelResult {
    let (arrays, counts) = (args.text(0), args.long(1));
    let mut items = Vec::new();
    Ok(args.texts(|row, out| {
        let (Some(count), Some(())) = (counts.get(row), read(&arrays, row, &mut items)) else { return false };
        if !items.is_empty() {
            let len = items.len() as i64;
            items.rotate_left(((count % len) * direction).rem_euclid(len) as usize);
        }
        write_array(items.iter().copied(), out);
        true
    }))
}

pub(super) const ARRAY_SHIFT_LEFT: ScalarDef = ScalarDef {
    name: "array_shift_left",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Long), Param::Any], DYNAMIC).optional(1)],
    summary: "The elements moved that many places to the left; free places get null or the third argument.",
    source: "kusto/query/array-shift-left-function",
    examples: &[
        ex("array_shift_left(dynamic([1,2,3,4,5]), 2)", "[3,4,5,null,null]"),
        ex("array_shift_left(dynamic([1,2,3,4,5]), -2, -1)", "[-1,-1,1,2,3]"),
    ],
    eval: Eval::Kernel(|args| shift(args, 1)),
    ..ScalarDef::BASE
};

pub(super) const ARRAY_SHIFT_RIGHT: ScalarDef = ScalarDef {
    name: "array_shift_right",
    summary: "The elements moved that many places to the right; free places get null or the third argument.",
    source: "kusto/query/array-shift-right-function",
    examples: &[
        ex("array_shift_right(dynamic([1,2,3,4,5]), 2)", "[null,null,1,2,3]"),
        ex("array_shift_right(dynamic([1,2,3,4,5]), -2, -1)", "[3,4,5,-1,-1]"),
    ],
    eval: Eval::Kernel(|args| shift(args, -1)),
    ..ARRAY_SHIFT_LEFT
};

fn shift(args: &Args<'_>, direction: i64) -> KernelResult {
    let (arrays, counts) = (args.text(0), args.long(1));
    let filler = (args.len() > 2).then(|| Encoder::new(args.value(2), args.ty(2)));
    let mut items = Vec::new();
    let mut fill = String::new();
    Ok(args.texts(|row, out| {
        let (Some(count), Some(())) = (counts.get(row), read(&arrays, row, &mut items)) else { return false };
        fill.clear();
        match &filler {
            Some(filler) => filler.write(row, &mut fill),
            None => fill.push_str("null"),
        }
        let free = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(items.len());
        let fills = std::iter::repeat_n(fill.as_str(), free);
        if count.signum() * direction >= 0 {
            write_array(items[free..].iter().copied().chain(fills), out);
        } else {
            write_array(fills.chain(items[..items.len() - free].iter().copied()), out);
        }
        true
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn lengths_and_sums() {
        for (array, length, sum) in [
            ("[1,2,3,4]", "4", "10.0"),
            ("[1,null,3]", "3", "4.0"),
            (r#"[1,"2"]"#, "2", "null"),
            ("[]", "0", "0.0"),
            ("{}", "null", "null"),
            ("null", "null", "null"),
        ] {
            assert_eq!(call("array_length", &[json(array)]), length, "{array}");
            assert_eq!(call("array_sum", &[json(array)]), sum, "{array}");
        }
    }

    #[test]
    fn places_of_values() {
        let array = r#"["this","is","an","example","an","example"]"#;
        for (value, options, expected) in [
            ("an", &[][..], "2"),
            ("example", &[1, 3], "3"),
            ("example", &[1, 2], "-1"),
            ("is", &[2, 4], "-1"),
            ("example", &[2, -1], "3"),
            ("an", &[1, -1, 2], "4"),
            ("an", &[1, -1, 3], "-1"),
            ("an", &[-3], "4"),
            ("is", &[-4], "-1"),
            ("this", &[-99], "0"),
        ] {
            let mut arguments = vec![json(array), Value::String(value.into())];
            arguments.extend(options.iter().copied().map(Value::Long));
            assert_eq!(call("array_index_of", &arguments), expected, "{value} {options:?}");
        }
        assert_eq!(call("array_index_of", &[json("[5,25.0]"), Value::Long(25)]), "1");
        assert_eq!(call("array_index_of", &[json("[1]"), Value::String("1".into())]), "-1");
    }

    #[test]
    fn slices() {
        for (start, end, expected) in [
            (0, 0, "[1]"),
            (1, 2, "[2,3]"),
            (2, -2, "[3,4,5]"),
            (-3, -1, "[4,5,6]"),
            (0, 100, "[1,2,3,4,5,6]"),
            (-100, 1, "[1,2]"),
            (3, 1, "[]"),
            (2, -7, "[]"),
        ] {
            let arguments = [json("[1,2,3,4,5,6]"), Value::Long(start), Value::Long(end)];
            assert_eq!(call("array_slice", &arguments), expected, "{start} {end}");
        }
    }

    #[test]
    fn cuts_rotations_and_shifts() {
        for (name, argument, expected) in [
            ("array_split", json("[1,3]"), "[[1],[2,3],[4,5]]"),
            ("array_split", Value::Long(2), "[[1,2],[3,4,5]]"),
            ("array_split", Value::Long(-2), "[[1,2,3],[4,5]]"),
            ("array_split", json("[0,9]"), "[[],[1,2,3,4,5],[]]"),
            ("array_rotate_left", Value::Long(2), "[3,4,5,1,2]"),
            ("array_rotate_left", Value::Long(-7), "[4,5,1,2,3]"),
            ("array_rotate_right", Value::Long(2), "[4,5,1,2,3]"),
            ("array_shift_left", Value::Long(2), "[3,4,5,null,null]"),
            ("array_shift_right", Value::Long(2), "[null,null,1,2,3]"),
            ("array_shift_right", Value::Long(9), "[null,null,null,null,null]"),
            ("array_shift_right", Value::Long(0), "[1,2,3,4,5]"),
        ] {
            assert_eq!(call(name, &[json("[1,2,3,4,5]"), argument.clone()]), expected, "{name} {argument:?}");
        }
        let arguments = [json("[1,2,3,4,5]"), Value::Long(-2), Value::Long(-1)];
        assert_eq!(call("array_shift_right", &arguments), "[3,4,5,-1,-1]");
        assert_eq!(call("array_reverse", &[json(r#"[1,[2],"a"]"#)]), r#"["a",[2],1]"#);
        assert_eq!(call("array_reverse", &[json("{}")]), "null");
    }
}
