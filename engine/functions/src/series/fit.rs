//! Lines through series, by least squares over the places 1, 2, 3 …

use vizsla_schema::KqlType as T;

use super::{SERIES, reals, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex};
use crate::dynamic::write_real;

pub(super) const SERIES_FIT_LINE_DYNAMIC: ScalarDef = ScalarDef {
    name: "series_fit_line_dynamic",
    signatures: &[SERIES],
    summary: "The line that fits a series best, as a bag: how well (`rsquare`, 0 to 1), `slope`, `variance` of the series, \
              `rvariance` of what the line leaves over, `interception`, and the line's values.",
    source: "kusto/query/series-fit-line-dynamic-function",
    examples: &[ex("series_fit_line_dynamic(dynamic([2,5,6,8,11,15,17,18,25,26,30,30])).slope", "2.7307692307692313")],
    eval: Eval::Kernel(fit_line),
    ..ScalarDef::BASE
};

/// As six columns, which the binder takes out of the bag.
pub(super) const SERIES_FIT_LINE: ScalarDef = ScalarDef {
    name: "series_fit_line",
    summary: "The line that fits a series best, as columns: rsquare, slope, variance, rvariance, interception, line_fit.",
    source: "kusto/query/series-fit-line-function",
    examples: &[],
    columns: &[
        ("rsquare", T::Real),
        ("slope", T::Real),
        ("variance", T::Real),
        ("rvariance", T::Real),
        ("interception", T::Real),
        ("line_fit", T::Dynamic),
    ],
    ..SERIES_FIT_LINE_DYNAMIC
};

fn fit_line(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(values) = reals(&series, row).filter(|values| values.len() > 1) else { return false };
        let fit = Fit::of(&values);
        out.push('{');
        fit.write("", out);
        out.push_str(",\"line_fit\":");
        write_reals(&fit.fitted, out);
        out.push('}');
        true
    }))
}

/// A line through values and how well it fits them.
pub(super) struct Fit {
    line: Line,
    variance: f64,
    rvariance: f64,
    pub(super) fitted: Vec<f64>,
}

impl Fit {
    pub(super) fn of(values: &[f64]) -> Fit {
        let line = Line::through(values);
        let fitted = line.values(values.len());
        Fit { variance: variance(values), rvariance: left_over(values, &fitted), line, fitted }
    }

    /// The numbers of a bag, under keys with this prefix.
    pub(super) fn write(&self, prefix: &str, out: &mut String) {
        for (key, value) in [
            ("rsquare", rsquare(self.variance, self.rvariance)),
            ("slope", self.line.slope),
            ("variance", self.variance),
            ("rvariance", self.rvariance),
            ("interception", self.line.interception),
        ] {
            out.extend([if out.ends_with('{') { "\"" } else { ",\"" }, prefix, key, "\":"]);
            write_real(value, out);
        }
    }
}

/// The part of the variance that a fit explains, 0 to 1.
pub(super) fn rsquare(variance: f64, rvariance: f64) -> f64 {
    if variance == 0.0 { 1.0 } else { (1.0 - rvariance / variance).max(0.0) }
}

/// The variance of what a fit leaves over.
pub(super) fn left_over(values: &[f64], fitted: &[f64]) -> f64 {
    variance(&values.iter().zip(fitted).map(|(value, fitted)| value - fitted).collect::<Vec<_>>())
}

pub(super) struct Line {
    slope: f64,
    interception: f64,
}

impl Line {
    /// The best line through two values or more.
    pub(super) fn through(values: &[f64]) -> Line {
        let count = values.len() as f64;
        let middle = (count + 1.0) / 2.0;
        let mean = values.iter().sum::<f64>() / count;
        let (mut shared, mut square) = (0.0, 0.0);
        for (at, value) in values.iter().enumerate() {
            let offset = (at + 1) as f64 - middle;
            shared += offset * (value - mean);
            square += offset * offset;
        }
        let slope = shared / square;
        Line { slope, interception: mean - slope * middle }
    }

    /// The first `count` values of the line.
    pub(super) fn values(&self, count: usize) -> Vec<f64> {
        (1..=count).map(|place| self.interception + self.slope * place as f64).collect()
    }
}

/// Sample variance.
pub(super) fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::{get_key, number};
    use crate::testing::{call, json};

    #[test]
    fn the_line_of_the_reference() {
        let bag = call("series_fit_line_dynamic", &[json("[2,5,6,8,11,15,17,18,25,26,30,30]")]);
        for (key, expected) in
            [("rsquare", 0.982), ("slope", 2.730), ("variance", 98.628), ("rvariance", 1.686), ("interception", -1.666)]
        {
            let value = get_key(&bag, key).and_then(number).expect("a number");
            assert!((value - expected).abs() < 0.001, "{key} is {value}");
        }
        let keys: Vec<&str> = crate::dynamic::entries(&bag).expect("a bag").map(|(key, _)| key).collect();
        assert_eq!(keys, SERIES_FIT_LINE.columns.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    }

    #[test]
    fn degenerate_series() {
        for series in ["[]", "[1]", "[1,null]", "5", "null"] {
            assert_eq!(call("series_fit_line_dynamic", &[json(series)]), "null", "{series}");
        }
        let flat = call("series_fit_line_dynamic", &[json("[3,3]")]);
        assert_eq!(
            flat,
            r#"{"rsquare":1.0,"slope":0.0,"variance":0.0,"rvariance":0.0,"interception":3.0,"line_fit":[3.0,3.0]}"#
        );
    }
}
