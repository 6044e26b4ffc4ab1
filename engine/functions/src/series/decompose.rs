//! Series as the sum of a season, a trend and a rest.
//!
//! The steps are the reference's: the season is the median of the points at the same place of the period; the trend is
//! found in what is left without it; the baseline is both. Which period there is, if none is given, `periods` says.

use vizsla_schema::KqlType as T;

use super::fit::Line;
use super::outliers::{Ranges, Test};
use super::{DYNAMIC, Number, periods, reals, write_reals, write_series};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};

const SERIES: Param = Param::Is(T::Dynamic);
const REAL: Param = Param::Is(T::Real);
const LONG: Param = Param::Is(T::Long);
const STRING: Param = Param::Is(T::String);

/// The default threshold for a period's score.
const THRESHOLD: f64 = 0.6;
/// As a period: find one.
const DETECT: i64 = -1;

pub(super) const SERIES_SEASONAL: ScalarDef = ScalarDef {
    name: "series_seasonal",
    signatures: &[sig(&[SERIES, LONG], DYNAMIC).optional(1)],
    summary: "The seasonal part of a series: for each place of the period the median of the elements there. Without \
              a period one is looked for; if there is none, zeros.",
    source: "kusto/query/series-seasonal-function",
    examples: &[ex("series_seasonal(dynamic([1,3,5,1,3,5,2,4,6]), 3)", "[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]")],
    eval: Eval::Kernel(seasonal),
    ..ScalarDef::BASE
};

fn seasonal(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    let period = (args.len() > 1).then(|| args.long(1));
    Ok(args.texts(|row, out| {
        let Some(values) = reals(&series, row) else { return false };
        let period = period.map_or(Some(DETECT), |period| period.get(row)).unwrap_or(DETECT);
        write_reals(&season(&values, values.len(), period, 0.7), out);
        true
    }))
}

pub(super) const SERIES_DECOMPOSE: ScalarDef = ScalarDef {
    name: "series_decompose",
    signatures: &[sig(&[SERIES, LONG, STRING, LONG, REAL], DYNAMIC).optional(4)],
    summary: "A series as columns: `baseline` (season and trend), `seasonal`, `trend`, `residual`. Further arguments: the \
              period (-1 looks for one, 0 is none), the trend (`avg`, `linefit`, `none`), how many last points not to learn \
              from, and the least score of a period that is looked for (0.6).",
    source: "kusto/query/series-decompose-function",
    columns: &[("baseline", T::Dynamic), ("seasonal", T::Dynamic), ("trend", T::Dynamic), ("residual", T::Dynamic)],
    eval: Eval::Kernel(decompose),
    ..ScalarDef::BASE
};

fn decompose(args: &Args<'_>) -> KernelResult {
    let how = How { args, period: 1, trend: 2, test_points: 3, threshold: 4 };
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let parts = reals(&series, row).and_then(|values| how.decompose(values, row));
        let Some(parts) = parts else { return false };
        parts.write("{\"baseline\":", out);
        true
    }))
}

pub(super) const SERIES_DECOMPOSE_FORECAST: ScalarDef = ScalarDef {
    name: "series_decompose_forecast",
    signatures: &[sig(&[SERIES, LONG, LONG, STRING, REAL], DYNAMIC).optional(3)],
    summary: "A series as season and trend say it should be, where the last points, as many as the second argument, are \
              foretold from those before. As columns: `forecast`, and the parts as of `series_decompose`.",
    source: "kusto/query/series-decompose-forecast-function",
    columns: &[("forecast", T::Dynamic), ("seasonal", T::Dynamic), ("trend", T::Dynamic), ("residual", T::Dynamic)],
    eval: Eval::Kernel(forecast),
    ..ScalarDef::BASE
};

fn forecast(args: &Args<'_>) -> KernelResult {
    let how = How { args, period: 2, trend: 3, test_points: 1, threshold: 4 };
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        // The points to come are often null: no matter, they are not learnt from.
        let values = series.get(row).and_then(super::numbers);
        let Some(mut values) = values.map(|it| it.map(|it| it.map(Number::real)).collect::<Vec<_>>()) else {
            return false;
        };
        let Some(learned) = how.learned(values.len(), row) else { return false };
        values[learned..].iter_mut().for_each(|value| *value = Some(value.unwrap_or(0.0)));
        let parts = values.into_iter().collect::<Option<Vec<f64>>>().and_then(|values| how.decompose(values, row));
        let Some(parts) = parts else { return false };
        parts.write("{\"forecast\":", out);
        true
    }))
}

pub(super) const SERIES_DECOMPOSE_ANOMALIES: ScalarDef = ScalarDef {
    name: "series_decompose_anomalies",
    signatures: &[sig(&[SERIES, REAL, LONG, STRING, LONG, STRING, REAL], DYNAMIC).optional(6)],
    summary: "Which elements of a series are not as season and trend say. As columns: `ad_flag` (1 above, -1 below, 0 neither), \
              `ad_score` (as of `series_outliers`, over what the baseline leaves), and `baseline`. Further arguments: the \
              least score of an anomaly (1.5), then those of `series_decompose`, with the test (`ctukey`, `tukey`) before the \
              last.",
    source: "kusto/query/series-decompose-anomalies-function",
    columns: &[("ad_flag", T::Dynamic), ("ad_score", T::Dynamic), ("baseline", T::Dynamic)],
    eval: Eval::Kernel(anomalies),
    ..ScalarDef::BASE
};

fn anomalies(args: &Args<'_>) -> KernelResult {
    let how = How { args, period: 2, trend: 3, test_points: 4, threshold: 6 };
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let threshold = how.real(1, row).unwrap_or(1.5);
        let test = Test::of(how.text(5, row).unwrap_or("ctukey"), (10.0, 90.0));
        let (Some(test), Some(values)) = (test, reals(&series, row)) else { return false };
        let scale = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let Some(parts) = how.decompose(values, row) else { return false };
        let learned = parts.residual[..parts.learned].to_vec();
        let Some(ranges) = Ranges::of(learned, test, scale) else { return false };
        let scores: Vec<f64> = parts.residual.iter().map(|rest| ranges.score(*rest)).collect();
        let flag = |score: &f64| Some(Number::Long(i64::from(*score > threshold) - i64::from(*score < -threshold)));
        out.push_str("{\"ad_flag\":");
        write_series(scores.iter().map(flag), Number::write, out);
        out.push_str(",\"ad_score\":");
        write_reals(&scores, out);
        out.push_str(",\"baseline\":");
        write_reals(&parts.baseline, out);
        out.push('}');
        true
    }))
}

/// Where the arguments are that say how to decompose.
struct How<'a> {
    args: &'a Args<'a>,
    period: usize,
    trend: usize,
    test_points: usize,
    threshold: usize,
}

impl How<'_> {
    fn long(&self, index: usize, row: usize) -> Option<i64> {
        if index < self.args.len() { self.args.long(index).get(row) } else { None }
    }

    fn real(&self, index: usize, row: usize) -> Option<f64> {
        if index < self.args.len() { self.args.real(index).get(row) } else { None }
    }

    fn text(&self, index: usize, row: usize) -> Option<&str> {
        if index < self.args.len() { Some(self.args.text(index).at(row)) } else { None }
    }

    /// How many of so many points are learnt from; `None` if that is none.
    fn learned(&self, count: usize, row: usize) -> Option<usize> {
        let test_points = usize::try_from(self.long(self.test_points, row).unwrap_or(0)).ok()?;
        count.checked_sub(test_points).filter(|learned| *learned > 0)
    }

    /// `None` if there is nothing to learn from or no such trend.
    fn decompose(&self, values: Vec<f64>, row: usize) -> Option<Parts> {
        let learned = self.learned(values.len(), row)?;
        let period = self.long(self.period, row).unwrap_or(DETECT);
        let threshold = self.real(self.threshold, row).unwrap_or(THRESHOLD);
        let seasonal = season(&values, learned, period, threshold);
        let rest: Vec<f64> = values.iter().zip(&seasonal).map(|(value, season)| value - season).collect();
        let trend = trend(self.text(self.trend, row).unwrap_or("avg"), &rest[..learned], values.len())?;
        let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(season, trend)| season + trend).collect();
        let residual = values.iter().zip(&baseline).map(|(value, baseline)| value - baseline).collect();
        Some(Parts { baseline, seasonal, trend, residual, learned })
    }
}

/// A decomposed series.
struct Parts {
    baseline: Vec<f64>,
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    residual: Vec<f64>,
    learned: usize,
}

impl Parts {
    /// As a bag whose first key is the baseline's.
    fn write(&self, first_key: &str, out: &mut String) {
        for (key, values) in [
            (first_key, &self.baseline),
            (",\"seasonal\":", &self.seasonal),
            (",\"trend\":", &self.trend),
            (",\"residual\":", &self.residual),
        ] {
            out.push_str(key);
            write_reals(values, out);
        }
        out.push('}');
    }
}

/// The season of all `values`, from the first `learned`; zeros if there is none.
fn season(values: &[f64], learned: usize, period: i64, threshold: f64) -> Vec<f64> {
    let learned = &values[..learned];
    let period = match period {
        DETECT => periods::best(learned, threshold),
        given => usize::try_from(given).ok().filter(|period| (1..=learned.len()).contains(period)),
    };
    let Some(period) = period else { return vec![0.0; values.len()] };
    let phase = |start: usize| median(learned[start..].iter().step_by(period).copied().collect());
    let phases: Vec<f64> = (0..period).map(phase).collect();
    phases.iter().copied().cycle().take(values.len()).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}

/// The trend of `count` points from the first of them; `None` if there is no trend of this name.
fn trend(name: &str, learned: &[f64], count: usize) -> Option<Vec<f64>> {
    let mean = learned.iter().sum::<f64>() / learned.len() as f64;
    Some(match name {
        "none" => vec![0.0; count],
        "linefit" if learned.len() > 1 => Line::through(learned).values(count),
        "avg" | "linefit" => vec![mean; count],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, constant, json};
    use crate::value::Value;

    #[test]
    fn seasons_of_the_reference() {
        for (series, period, expected) in [
            (
                "[2,5,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1]",
                None,
                "[1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0]",
            ),
            (
                "[8,12,14,12,10,10,12,14,12,10,10,12,14,12,10,10,12,14,12,10]",
                None,
                "[10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0]",
            ),
            ("[1,3,5,2,4,6,1,3,5,2,4,6]", None, "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"),
            ("[1,3,5,1,3,5,2,4,6]", Some(3), "[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]"),
            ("[1,3,5,2,4,6,1,3,5,2,4,6]", Some(3), "[1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5]"),
            ("[1,2]", Some(0), "[0.0,0.0]"),
            ("[1,2]", Some(-7), "[0.0,0.0]"),
            ("[1,2]", Some(i64::MAX), "[0.0,0.0]"),
            ("[]", None, "[]"),
            ("5", None, "null"),
        ] {
            let arguments: Vec<Value> = std::iter::once(json(series)).chain(period.map(Value::Long)).collect();
            assert_eq!(call("series_seasonal", &arguments), expected, "{arguments:?}");
        }
    }

    #[test]
    fn parts_add_up() {
        let how = [Value::Long(2), constant("linefit"), Value::Long(2)];
        let arguments: Vec<Value> = std::iter::once(json("[0,5,0,5,0,5,9,9]")).chain(how).collect();
        assert_eq!(
            call("series_decompose", &arguments),
            "{\"baseline\":[0.0,5.0,0.0,5.0,0.0,5.0,0.0,5.0],\"seasonal\":[0.0,5.0,0.0,5.0,0.0,5.0,0.0,5.0],\
             \"trend\":[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0],\"residual\":[0.0,0.0,0.0,0.0,0.0,0.0,9.0,4.0]}"
        );
        for (trend, points, expected) in [
            (
                "avg",
                0,
                r#"{"baseline":[2.0,2.0,2.0],"seasonal":[0.0,0.0,0.0],"trend":[2.0,2.0,2.0],"residual":[-1.0,0.0,1.0]}"#,
            ),
            (
                "none",
                0,
                r#"{"baseline":[0.0,0.0,0.0],"seasonal":[0.0,0.0,0.0],"trend":[0.0,0.0,0.0],"residual":[1.0,2.0,3.0]}"#,
            ),
            (
                "linefit",
                1,
                r#"{"baseline":[1.0,2.0,3.0],"seasonal":[0.0,0.0,0.0],"trend":[1.0,2.0,3.0],"residual":[0.0,0.0,0.0]}"#,
            ),
            ("steep", 0, "null"),
            ("avg", 3, "null"),
            ("avg", -1, "null"),
        ] {
            let arguments = [json("[1,2,3]"), Value::Long(0), constant(trend), Value::Long(points)];
            assert_eq!(call("series_decompose", &arguments), expected, "{arguments:?}");
        }
    }

    #[test]
    fn spikes_dips_and_what_is_to_come() {
        let season = [1, 4, 9, 4];
        let mut values: Vec<i64> = (0..80).map(|at| season[at % 4]).collect();
        values[13] = 15;
        values[22] = -2;
        let answer = call("series_decompose_anomalies", &[json(&format!("{values:?}").replace(' ', ""))]);
        let flags = crate::dynamic::get_key(&answer, "ad_flag").expect("the flags");
        let flags: Vec<&str> = crate::dynamic::elements(flags).expect("an array").collect();
        for (at, flag) in flags.into_iter().enumerate() {
            let expected = match at {
                13 => "1",
                22 => "-1",
                _ => "0",
            };
            assert_eq!(flag, expected, "at {at}");
        }
        let arguments = [json("[1,2,3,null,null]"), Value::Long(2), Value::Long(0), constant("linefit")];
        let answer = call("series_decompose_forecast", &arguments);
        assert!(answer.starts_with(r#"{"forecast":[1.0,2.0,3.0,4.0,5.0],"#), "{answer}");
    }
}
