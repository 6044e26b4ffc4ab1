//! How far the values of a series lie outside of where most of them are: Tukey's test.
//!
//! A score is the distance to the nearer quartile in units of the distance between the quartiles; values between the
//! quartiles score 0. `ctukey` does not let the outliers on a value's own side take part: for a high value it takes the
//! quartiles of the values below the 90th percentile, for a low one of those from the 10th. The reference does not say so;
//! it is inferred from the example of its older editions (`series_outliers([30,28,5,…])`), which it reproduces.

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, Number, numbers, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};

pub(super) const SERIES_OUTLIERS: ScalarDef = ScalarDef {
    name: "series_outliers",
    signatures: &[sig(
        &[Param::Is(T::Dynamic), Param::Is(T::String), Param::Is(T::Real), Param::Is(T::Real), Param::Is(T::Real)],
        DYNAMIC,
    )
    .optional(4)],
    summary: "How far each element lies outside of the normal range: above 1.5 it is a rise, below -1.5 a decline. The kind \
              of test is `ctukey` (the default) or `tukey`; then a value that counts as missing, and `ctukey`'s percentiles \
              (10 and 90). Missing values score 0.",
    source: "kusto/query/series-outliers-function",
    examples: &[ex("series_outliers(dynamic([1,2,3,4,13]), 'tukey')", "[-0.5,0.0,0.0,0.0,4.5]")],
    eval: Eval::Kernel(outliers),
    ..ScalarDef::BASE
};

fn outliers(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    let kind = (args.len() > 1).then(|| args.text(1));
    let given = |index: usize, row: usize| if index < args.len() { args.real(index).get(row) } else { None };
    Ok(args.texts(|row, out| {
        let percentiles = (given(3, row).unwrap_or(10.0), given(4, row).unwrap_or(90.0));
        let test = Test::of(kind.as_ref().map_or("ctukey", |kind| kind.at(row)), percentiles);
        let (Some(test), Some(numbers)) = (test, series.get(row).and_then(numbers)) else { return false };
        let ignored = given(2, row);
        let values = numbers.map(|number| number.map(Number::real).filter(|it| it.is_finite() && Some(*it) != ignored));
        let values: Vec<Option<f64>> = values.collect();
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let Some(ranges) = Ranges::of(known, test, 0.0) else { return false };
        write_reals(
            &values.iter().map(|value| value.map_or(0.0, |value| ranges.score(value))).collect::<Vec<_>>(),
            out,
        );
        true
    }))
}

/// Which values take part, as percentiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    low: f64,
    high: f64,
}

impl Test {
    /// `None` for an unknown name, or percentiles outside of what the reference allows.
    pub(super) fn of(name: &str, (low, high): (f64, f64)) -> Option<Test> {
        let allowed = 2.0 <= low && low < high && high <= 98.0;
        match name {
            "tukey" => Some(Test { low: 0.0, high: 100.0 }),
            "ctukey" => Some(Test { low, high }).filter(|_| allowed),
            _ => None,
        }
    }
}

/// The normal ranges of a series: between quartiles.
#[derive(Debug)]
pub(super) struct Ranges {
    all: (f64, f64),
    for_low: (f64, f64),
    for_high: (f64, f64),
    /// Differences up to this are rounding.
    rounding: f64,
}

impl Ranges {
    /// `scale` is the size of the values that these were computed from, if larger. `None` if there are no values.
    pub(super) fn of(mut values: Vec<f64>, test: Test, scale: f64) -> Option<Ranges> {
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let place = |percent: f64| ((count as f64 * percent / 100.0) as usize).min(count);
        let largest = values.first()?.abs().max(values.last()?.abs()).max(scale);
        let all = quartiles(&values)?;
        Some(Ranges {
            all,
            for_low: quartiles(&values[place(test.low)..]).unwrap_or(all),
            for_high: quartiles(&values[..place(test.high)]).unwrap_or(all),
            rounding: largest * 1e-12,
        })
    }

    /// Infinite where most values are the same and this is another.
    pub(super) fn score(&self, value: f64) -> f64 {
        let (over, (low, high)) = if value > self.all.1 {
            ((value - self.for_high.1).max(0.0), self.for_high)
        } else if value < self.all.0 {
            ((value - self.for_low.0).min(0.0), self.for_low)
        } else {
            return 0.0;
        };
        if over.abs() <= self.rounding {
            0.0
        } else if high - low <= self.rounding {
            f64::INFINITY.copysign(over)
        } else {
            over / (high - low)
        }
    }
}

fn quartiles(sorted: &[f64]) -> Option<(f64, f64)> {
    let last = sorted.len().checked_sub(1)?;
    let at = |part: f64| {
        let place = part * last as f64;
        let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    Some((at(0.25), at(0.75)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, constant, json};
    use crate::value::Value;

    #[test]
    fn the_example_of_the_older_reference() {
        let series = json("[30,28,5,27,31,38,29,80,25,37,30]");
        let scores = "[0.0,0.0,-3.206896551724138,-0.1724137931034483,0.0,2.6666666666666665,0.0,16.666666666666668,\
                      -0.4482758620689655,2.3333333333333335,0.0]";
        assert_eq!(call("series_outliers", std::slice::from_ref(&series)), scores);
        let percentiles = [Value::Real(10.0), Value::Real(90.0)].into_iter();
        let mut all = vec![series, constant("ctukey"), Value::Null(vizsla_schema::KqlType::Real)];
        all.extend(percentiles);
        assert_eq!(call("series_outliers", &all), scores);
    }

    #[test]
    fn other_tests_and_missing_values() {
        for (series, kind, ignored, expected) in [
            ("[1,2,3,4,13]", "tukey", -1.0, "[-0.5,0.0,0.0,0.0,4.5]"),
            ("[1,2,3,null,4,13,-1]", "tukey", -1.0, "[-0.5,0.0,0.0,0.0,0.0,4.5,0.0]"),
            ("[5,5,5,5,9]", "tukey", -1.0, r#"[0.0,0.0,0.0,0.0,"Infinity"]"#),
            ("[5,5,5,5]", "ctukey", -1.0, "[0.0,0.0,0.0,0.0]"),
            ("[1]", "ctukey", -1.0, "[0.0]"),
            ("[]", "ctukey", -1.0, "null"),
            ("[1,2]", "grubbs", -1.0, "null"),
        ] {
            let arguments = [json(series), constant(kind), Value::Real(ignored)];
            assert_eq!(call("series_outliers", &arguments), expected, "{arguments:?}");
        }
    }
}
