//! Missing values of a series filled in. Missing are nulls, or elements equal to a placeholder if one is given.

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, Number, Operand};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::{elements, same, write_array};

pub(super) const SERIES_FILL_CONST: ScalarDef = ScalarDef {
    name: "series_fill_const",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any, Param::Any], DYNAMIC).optional(1)],
    summary: "A series with a constant for each missing value: each null, or each value equal to the third argument.",
    source: "kusto/query/series-fill-const-function",
    examples: &[
        ex("series_fill_const(dynamic([111,null,36]), 0.0)", "[111,0.0,36]"),
        ex("series_fill_const(dynamic([1,-1,3]), 2, -1)", "[1,2,3]"),
    ],
    eval: Eval::Kernel(fill_const),
    ..ScalarDef::BASE
};

fn fill_const(args: &Args<'_>) -> KernelResult {
    let mut constant = Operand::new(args, 1);
    fill(args, 2, |items, missing, row, out| {
        let constant = constant.at(row);
        write_array(items.iter().map(|item| if missing(item) { constant } else { item }), out);
    })
}

pub(super) const SERIES_FILL_FORWARD: ScalarDef = ScalarDef {
    name: "series_fill_forward",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any], DYNAMIC).optional(1)],
    summary: "A series with the nearest value on the left for each missing one; missing values at the start stay.",
    source: "kusto/query/series-fill-forward-function",
    examples: &[ex("series_fill_forward(dynamic([null,36,41,null,null,16,null]))", "[null,36,41,41,41,16,16]")],
    eval: Eval::Kernel(fill_forward),
    ..ScalarDef::BASE
};

fn fill_forward(args: &Args<'_>) -> KernelResult {
    fill(args, 1, |items, missing, _, out| {
        carry(items.iter_mut(), missing);
        write_array(items.iter().copied(), out);
    })
}

pub(super) const SERIES_FILL_BACKWARD: ScalarDef = ScalarDef {
    name: "series_fill_backward",
    summary: "A series with the nearest value on the right for each missing one; missing values at the end stay.",
    source: "kusto/query/series-fill-backward-function",
    examples: &[ex(
        "series_fill_backward(dynamic([111,null,36,41,null,null,16,null]))",
        "[111,36,36,41,16,16,16,null]",
    )],
    eval: Eval::Kernel(fill_backward),
    ..SERIES_FILL_FORWARD
};

fn fill_backward(args: &Args<'_>) -> KernelResult {
    fill(args, 1, |items, missing, _, out| {
        carry(items.iter_mut().rev(), missing);
        write_array(items.iter().copied(), out);
    })
}

/// Puts the last value seen where one is missing.
fn carry<'i, 'a: 'i>(items: impl Iterator<Item = &'i mut &'a str>, missing: &dyn Fn(&str) -> bool) {
    let mut last = None;
    for item in items {
        match last {
            Some(value) if missing(item) => *item = value,
            _ if !missing(item) => last = Some(*item),
            _ => {}
        }
    }
}

pub(super) const SERIES_FILL_LINEAR: ScalarDef = ScalarDef {
    name: "series_fill_linear",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any, Param::Is(T::Bool), Param::Any], DYNAMIC).optional(3)],
    summary: "A series with missing values on a line between their neighbours, whole ones if the series is whole. At the \
              ends the nearest value is repeated, unless the third argument is false; a series with no value at all gets \
              the fourth argument, or 0.",
    source: "kusto/query/series-fill-linear-function",
    examples: &[
        ex("series_fill_linear(dynamic([null,111.0,null,36.0]))", "[111.0,111.0,73.5,36.0]"),
        ex("series_fill_linear(dynamic([null,111,null,36]), real(null), false)", "[null,111,73,36]"),
        ex("series_fill_linear(dynamic([null,null]))", "[0.0,0.0]"),
    ],
    eval: Eval::Kernel(fill_linear),
    ..ScalarDef::BASE
};

fn fill_linear(args: &Args<'_>) -> KernelResult {
    let edges = (args.len() > 2).then(|| args.bool(2));
    let mut constant = (args.len() > 3).then(|| Operand::new(args, 3));
    fill(args, 1, |items, missing, row, out| {
        let edges = edges.is_none_or(|flag| flag.get(row) != Some(false));
        let known: Vec<(usize, Number)> = (items.iter().enumerate())
            .filter(|(_, item)| !missing(item))
            .filter_map(|(at, item)| Some((at, Number::of(item)?)))
            .collect();
        let whole = known.iter().all(|(_, number)| matches!(number, Number::Long(_)));
        let mut filled = String::new();
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at > 0 { "," } else { "" });
            if !missing(item) {
                out.push_str(item);
                continue;
            }
            let after = known.partition_point(|(place, _)| *place < at);
            match (after.checked_sub(1).map(|before| known[before]), known.get(after).copied()) {
                (Some(before), Some(after)) => {
                    filled.clear();
                    between(before, after, at, whole).write(&mut filled);
                    out.push_str(&filled);
                }
                (Some((_, edge)), None) | (None, Some((_, edge))) if edges => edge.write(out),
                (None, None) => out.push_str(constant.as_mut().map_or("0.0", |constant| constant.at(row))),
                _ => out.push_str(item),
            }
        }
        out.push(']');
    })
}

/// The value at `at` on the line through two others; in a series of longs it is cut to a long.
fn between((left, from): (usize, Number), (right, to): (usize, Number), at: usize, whole: bool) -> Number {
    let slope = (to.real() - from.real()) / (right - left) as f64;
    let value = to.real() - slope * (right - at) as f64; // from the right: the last digits are the service's
    if whole { Number::Long(value as i64) } else { Number::Real(value) }
}

/// Writes each series with `write`, which gets its elements and which of them are missing; the placeholder for missing
/// values is argument `placeholder`.
fn fill(
    args: &Args<'_>,
    placeholder: usize,
    mut write: impl FnMut(&mut [&str], &dyn Fn(&str) -> bool, usize, &mut String),
) -> KernelResult {
    let series = args.text(0);
    let mut given = (placeholder < args.len()).then(|| Operand::new(args, placeholder));
    Ok(args.texts(|row, out| {
        let Some(items) = series.get(row).and_then(elements) else { return false };
        let mut items: Vec<&str> = items.collect();
        let placeholder = given.as_mut().map_or("null", |given| given.at(row));
        write(&mut items, &|item| same(item, placeholder), row, out);
        true
    }))
}

#[cfg(test)]
mod tests {
    use super::T;
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn constants_and_neighbours() {
        let series = json("[111,null,36,41,null,null,16,61,33,null,null]");
        for (name, arguments, expected) in [
            ("series_fill_const", vec![Value::Real(0.0)], "[111,0.0,36,41,0.0,0.0,16,61,33,0.0,0.0]"),
            (
                "series_fill_const",
                vec![Value::Long(-1), Value::Long(36)],
                "[111,null,-1,41,null,null,16,61,33,null,null]",
            ),
            ("series_fill_backward", vec![], "[111,36,36,41,16,16,16,61,33,null,null]"),
            ("series_fill_forward", vec![], "[111,111,36,41,41,41,16,61,33,33,33]"),
            ("series_fill_forward", vec![Value::Null(T::Real)], "[111,111,36,41,41,41,16,61,33,33,33]"),
        ] {
            let arguments: Vec<Value> = std::iter::once(series.clone()).chain(arguments).collect();
            assert_eq!(call(name, &arguments), expected, "{name} {arguments:?}");
        }
        assert_eq!(call("series_fill_forward", &[json("5")]), "null");
    }

    #[test]
    fn lines() {
        let reals = "[null,111.0,null,36.0,41.0,null,null,16.0,61.0,33.0,null,null]";
        let longs = "[null,111,null,36,41,null,null,16,61,33,null,null]";
        let null = Value::Null(T::Real);
        for (series, options, expected) in [
            (
                reals,
                vec![],
                "[111.0,111.0,73.5,36.0,41.0,32.66666666666667,24.333333333333336,16.0,61.0,33.0,33.0,33.0]",
            ),
            (longs, vec![], "[111,111,73,36,41,32,24,16,61,33,33,33]"),
            (longs, vec![null.clone(), Value::Bool(false)], "[null,111,73,36,41,32,24,16,61,33,null,null]"),
            ("[null,null]", vec![], "[0.0,0.0]"),
            ("[null,null]", vec![null.clone(), Value::Bool(true), Value::Real(3.5)], "[3.5,3.5]"),
            ("[null,null]", vec![null.clone(), Value::Bool(true), null], "[null,null]"),
            ("[10,0,0,40]", vec![], "[10,0,0,40]"),
            ("[10,0,0,40]", vec![Value::Long(0)], "[10,20,30,40]"),
        ] {
            let arguments: Vec<Value> = std::iter::once(json(series)).chain(options).collect();
            assert_eq!(call("series_fill_linear", &arguments), expected, "{arguments:?}");
        }
    }
}
