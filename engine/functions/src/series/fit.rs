//! Lines through series, by least squares over the places 1, 2, 3 …

use vizsla_schema::KqlType as T;

use super::{SERIES, reals, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex};
use crate::dynamic::write_real;

/// The columns of `series_fit_line`, in order; they are keys of the bag that its kernel answers.
pub const FIT_LINE_COLUMNS: &[(&str, T)] = &[
    ("rsquare", T::Real),
    ("slope", T::Real),
    ("variance", T::Real),
    ("rvariance", T::Real),
    ("interception", T::Real),
    ("line_fit", T::Dynamic),
];

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

/// As six columns ([`FIT_LINE_COLUMNS`]), which the binder takes out of the bag.
pub(super) const SERIES_FIT_LINE: ScalarDef = ScalarDef {
    name: "series_fit_line",
    summary: "The line that fits a series best, as columns: rsquare, slope, variance, rvariance, interception, line_fit.",
    source: "kusto/query/series-fit-line-function",
    examples: &[],
    ..SERIES_FIT_LINE_DYNAMIC
};

fn fit_line(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(values) = reals(&series, row).filter(|values| values.len() > 1) else { return false };
        let line = Line::through(&values);
        let fitted: Vec<f64> = (1..=values.len()).map(|place| line.interception + line.slope * place as f64).collect();
        let left_over: Vec<f64> = values.iter().zip(&fitted).map(|(value, fitted)| value - fitted).collect();
        let (variance, rvariance) = (variance(&values), variance(&left_over));
        let rsquare = if variance == 0.0 { 1.0 } else { (1.0 - rvariance / variance).max(0.0) };
        for (key, value) in [
            ("{\"rsquare\":", rsquare),
            (",\"slope\":", line.slope),
            (",\"variance\":", variance),
            (",\"rvariance\":", rvariance),
            (",\"interception\":", line.interception),
        ] {
            out.push_str(key);
            write_real(value, out);
        }
        out.push_str(",\"line_fit\":");
        write_reals(&fitted, out);
        out.push('}');
        true
    }))
}

struct Line {
    slope: f64,
    interception: f64,
}

impl Line {
    fn through(values: &[f64]) -> Line {
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
}

/// Sample variance.
fn variance(values: &[f64]) -> f64 {
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
        assert_eq!(keys, FIT_LINE_COLUMNS.iter().map(|(key, _)| *key).collect::<Vec<_>>());
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
