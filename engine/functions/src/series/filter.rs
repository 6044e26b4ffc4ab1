//! Filters over a series. A series with anything but numbers gives null.

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, Number, numbers, reals, write_reals, write_series};
use crate::args::{Args, Text};
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::format;

pub(super) const SERIES_FIR: ScalarDef = ScalarDef {
    name: "series_fir",
    signatures: &[sig(
        &[Param::Is(T::Dynamic), Param::Is(T::Dynamic), Param::Is(T::Bool), Param::Is(T::Bool)],
        DYNAMIC,
    )
    .optional(2)],
    summary: "Each element as the sum of itself and those before it, times the filter's coefficients. The third argument \
              divides them by their sum (the default unless one is negative), the fourth centers them on the element.",
    source: "kusto/query/series-fir-function",
    examples: &[
        ex("series_fir(dynamic([5,15,10,20]), dynamic([1,-1]), false, false)", "[5,10,-5,10]"),
        ex("series_fir(dynamic([0,10,0,0]), dynamic([1,1]))", "[0.0,5.0,5.0,0.0]"),
    ],
    eval: Eval::Kernel(fir),
    ..ScalarDef::BASE
};

fn fir(args: &Args<'_>) -> KernelResult {
    let (series, filters) = (args.text(0), args.text(1));
    let flag = |index: usize, row: usize| if index < args.len() { args.bool(index).get(row) } else { None };
    Ok(args.texts(|row, out| {
        let (Some(values), Some(mut filter)) = (reals(&series, row), reals(&filters, row)) else { return false };
        let negative = filter.iter().any(|coefficient| *coefficient < 0.0);
        let normalize = flag(2, row).unwrap_or(!negative);
        if normalize && negative {
            return false;
        }
        if normalize {
            let sum: f64 = filter.iter().sum();
            filter.iter_mut().for_each(|coefficient| *coefficient /= sum);
        }
        let ahead = if flag(3, row) == Some(true) { filter.len() / 2 } else { 0 };
        let filtered = convolve(&values, &filter, ahead);
        if !normalize && is_whole(&series, row) && is_whole(&filters, row) {
            write_series(filtered.into_iter().map(|value| Some(value as i64)), format::write_long, out);
        } else {
            write_reals(&filtered, out);
        }
        true
    }))
}

/// The sums of `filter[i] * values[at + ahead - i]`; what lies outside counts as 0.
fn convolve(values: &[f64], filter: &[f64], ahead: usize) -> Vec<f64> {
    let value = |at: usize, back: usize| (at + ahead).checked_sub(back).and_then(|place| values.get(place));
    let sum = |at| filter.iter().enumerate().filter_map(|(back, it)| Some(it * value(at, back)?)).sum::<f64>() + 0.0;
    (0..values.len()).map(sum).collect()
}

fn is_whole(series: &Text<'_>, row: usize) -> bool {
    let mut numbers = series.get(row).and_then(numbers).into_iter().flatten();
    numbers.all(|number| matches!(number, Some(Number::Long(_))))
}

pub(super) const SERIES_IIR: ScalarDef = ScalarDef {
    name: "series_iir",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic), Param::Is(T::Dynamic)], DYNAMIC)],
    summary: "Each element as the sum of itself and those before it times the second argument's coefficients, less the \
              answers before it times the third's. `[1]` and `[1,-1]` make running sums.",
    source: "kusto/query/series-iir-function",
    examples: &[ex("series_iir(dynamic([1,2,3,4]), dynamic([1]), dynamic([1,-1]))", "[1.0,3.0,6.0,10.0]")],
    eval: Eval::Kernel(iir),
    ..ScalarDef::BASE
};

fn iir(args: &Args<'_>) -> KernelResult {
    let [series, numerators, denominators] = [0, 1, 2].map(|index| args.text(index));
    Ok(args.texts(|row, out| {
        let read = |text: &Text<'_>| reals(text, row);
        let (Some(values), Some(forward), Some(back)) = (read(&series), read(&numerators), read(&denominators)) else {
            return false;
        };
        let Some((first, back)) = back.split_first().filter(|(first, _)| **first != 0.0) else { return false };
        let mut answers: Vec<f64> = Vec::with_capacity(values.len());
        for input in convolve(&values, &forward, 0) {
            let known = back.iter().zip(answers.iter().rev()).map(|(coefficient, answer)| coefficient * answer);
            answers.push((input - known.sum::<f64>()) / first);
        }
        write_reals(&answers, out);
        true
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn finite() {
        for (series, filter, flags, expected) in [
            ("[5,15,10,20]", "[1,-1]", &[false, false][..], "[5,10,-5,10]"),
            ("[5,15,10,20]", "[1,-1]", &[], "[5,10,-5,10]"),
            ("[5,15,10,20]", "[1,-1]", &[true], "null"),
            ("[0,0,10,0,0,0]", "[1,1,1,1,1]", &[], "[0.0,0.0,2.0,2.0,2.0,2.0]"),
            ("[0,0,10,0,0,0]", "[1,1,1,1,1]", &[true, true], "[2.0,2.0,2.0,2.0,2.0,0.0]"),
            ("[1,2.5]", "[2]", &[false], "[2.0,5.0]"),
            ("[1,null]", "[1]", &[], "null"),
        ] {
            let mut arguments = vec![json(series), json(filter)];
            arguments.extend(flags.iter().copied().map(Value::Bool));
            assert_eq!(call("series_fir", &arguments), expected, "{arguments:?}");
        }
    }

    #[test]
    fn infinite() {
        for (series, numerators, denominators, expected) in [
            ("[1.0,2.0,3.0,4.0]", "[1]", "[1,-1]", "[1.0,3.0,6.0,10.0]"),
            ("[1,2,0]", "[1]", "[1,-1]", "[1.0,3.0,3.0]"),
            ("[4,4]", "[1,1]", "[2]", "[2.0,4.0]"),
            ("[1]", "[1]", "[0,1]", "null"),
        ] {
            assert_eq!(call("series_iir", &[json(series), json(numerators), json(denominators)]), expected);
        }
    }
}
