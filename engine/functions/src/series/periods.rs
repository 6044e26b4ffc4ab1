//! Which periods a series has.
//!
//! The reference says what is searched (periods of at least 4 places, at most half of the series) and that a score lies
//! between 0 and 1, not how a score is computed. Here it is inferred so that the reference's examples come out as they are
//! there, to the digits it shows: the autocorrelation of the series without its linear trend, as the height of its peak at
//! the period over the lowest point before, where 1 is the height of the peak at lag 0. That is 0.842 where the service
//! answers 0.841. A lag is a period if no lag within a quarter of it, or 2 places, is correlated more; in a search
//! a multiple of a better period is no period of its own.

use vizsla_schema::KqlType as T;

use super::fit::Line;
use super::fourier::autocorrelation;
use super::{DYNAMIC, reals, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, sig};

const SHORTEST: usize = 4;
/// Longer lists are refused: an answer is as long as its list.
const MOST_PERIODS: i64 = 10_000;

/// As two columns, which the binder takes out of the bag that the kernel answers.
pub(super) const SERIES_PERIODS_DETECT: ScalarDef = ScalarDef {
    name: "series_periods_detect",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Real), Param::Is(T::Real), Param::Is(T::Long)], DYNAMIC)],
    summary: "The most significant periods of a series between a shortest and a longest, as many as the last argument says \
              (0 where there are no more), best first, and their scores from 0 to 1. Scores follow a method inferred from \
              the reference's examples and differ from the service's in the third digit.",
    source: "kusto/query/series-periods-detect-function",
    columns: &[("periods", T::Dynamic), ("scores", T::Dynamic)],
    eval: Eval::Kernel(detect_all),
    ..ScalarDef::BASE
};

fn detect_all(args: &Args<'_>) -> KernelResult {
    let (series, least, most, count) = (args.text(0), args.real(1), args.real(2), args.long(3));
    Ok(args.texts(|row, out| {
        let values = reals(&series, row);
        let (Some(values), Some(least), Some(most)) = (values, least.get(row), most.get(row)) else { return false };
        let count = count.get(row).filter(|count| (1..=MOST_PERIODS).contains(count));
        let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else { return false };
        let mut found = detect(&values, least, most, count);
        found.resize(count, (0, 0.0));
        let periods: Vec<f64> = found.iter().map(|(period, _)| *period as f64).collect();
        write_columns(&periods, &found.iter().map(|(_, score)| *score).collect::<Vec<_>>(), out);
        true
    }))
}

/// As two columns, which the binder takes out of the bag that the kernel answers.
pub(super) const SERIES_PERIODS_VALIDATE: ScalarDef = ScalarDef {
    name: "series_periods_validate",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Real)], DYNAMIC).rest(Param::Is(T::Real))],
    summary: "Up to 16 periods and how well a series follows each, from 0 to 1; 0 for a period shorter than 4 places or \
              longer than half of the series. Scores are those of `series_periods_detect`.",
    source: "kusto/query/series-periods-validate-function",
    columns: SERIES_PERIODS_DETECT.columns,
    eval: Eval::Kernel(validate),
    ..ScalarDef::BASE
};

fn validate(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    let periods: Vec<_> = (1..args.len()).map(|index| args.real(index)).collect();
    Ok(args.texts(|row, out| {
        let periods: Option<Vec<f64>> = periods.iter().map(|period| period.get(row)).collect();
        let (Some(values), Some(periods)) = (reals(&series, row), periods.filter(|it| it.len() <= 16)) else {
            return false;
        };
        let scores = Scores::of(&values);
        let score = |period: &f64| {
            let within = (SHORTEST as f64..=(values.len() / 2) as f64).contains(&period.round());
            scores.as_ref().filter(|_| within).map_or(0.0, |scores| scores.at(period.round() as usize))
        };
        write_columns(&periods, &periods.iter().map(score).collect::<Vec<_>>(), out);
        true
    }))
}

fn write_columns(periods: &[f64], scores: &[f64], out: &mut String) {
    out.push_str("{\"periods\":");
    write_reals(periods, out);
    out.push_str(",\"scores\":");
    write_reals(scores, out);
    out.push('}');
}

/// The best period of a series if it scores that much.
pub(super) fn best(values: &[f64], threshold: f64) -> Option<usize> {
    let best = detect(values, 0.0, f64::INFINITY, 1);
    best.first().filter(|(_, score)| *score >= threshold).map(|(period, _)| *period)
}

/// At most `count` periods with their scores, best first.
fn detect(values: &[f64], least: f64, most: f64, count: usize) -> Vec<(usize, f64)> {
    let Some(scores) = Scores::of(values) else { return Vec::new() };
    // Half of the series is as far as is searched, and a peak is one only if the next lag is within as well.
    let lags = (SHORTEST..values.len() / 2).filter(|lag| (least..=most).contains(&(*lag as f64)));
    let mut peaks: Vec<(usize, f64)> =
        lags.map(|lag| (lag, scores.at(lag))).filter(|(_, score)| *score > 0.0).collect();
    peaks.sort_by(|left, right| right.1.total_cmp(&left.1));
    let mut found: Vec<(usize, f64)> = Vec::new();
    for (lag, score) in peaks {
        if found.len() == count {
            break;
        }
        if !found.iter().any(|(period, _)| is_multiple(lag, *period)) {
            found.push((lag, score));
        }
    }
    found
}

/// Whether `lag` is a multiple of `period`, to within one place: a period is rounded to places.
fn is_multiple(lag: usize, period: usize) -> bool {
    let over = lag % period;
    lag > period && (over <= 1 || over + 1 == period)
}

/// The autocorrelation of a series, and the lowest up to each lag.
struct Scores {
    correlation: Vec<f64>,
    lowest: Vec<f64>,
}

impl Scores {
    fn of(values: &[f64]) -> Option<Scores> {
        let count = values.len();
        if count < 2 * SHORTEST {
            return None;
        }
        let trend = Line::through(values).values(count);
        let rest: Vec<f64> = values.iter().zip(trend).map(|(value, trend)| value - trend).collect();
        let largest = |values: &[f64]| values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        // What rounding leaves of a line is no wave.
        if largest(&rest) <= largest(values) * 1e-12 {
            return None;
        }
        // Peaks are compared with lags up to a quarter above them.
        let correlation = autocorrelation(&rest, count / 2 + count / 8 + 1)?;
        let lowest = correlation.iter().scan(1.0, |least: &mut f64, it| {
            *least = least.min(*it);
            Some(*least)
        });
        Some(Scores { lowest: lowest.collect(), correlation })
    }

    /// The score at a peak, otherwise 0.
    fn at(&self, lag: usize) -> f64 {
        let Some(top) = self.correlation.get(lag).copied() else { return 0.0 };
        let reach = (lag / 4).max(2);
        // Outwards, strictly on one side: a lag that is no peak is refused after few steps, also on a plateau.
        let is_peak = (1..=reach).all(|step| {
            let before = lag.checked_sub(step).and_then(|at| self.correlation.get(at));
            before.is_none_or(|other| *other < top)
                && self.correlation.get(lag + step).is_none_or(|other| *other <= top)
        });
        let low = self.lowest[lag];
        if is_peak && top > 0.0 && low < 1.0 { (top - low) / (1.0 - low) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{call, json};
    use crate::value::Value;

    /// Half-days of a month, from the reference.
    const TRAFFIC: &str = "[80,139,87,110,68,54,50,51,53,133,86,141,97,156,94,149,95,140,77,61,50,54,47,133,72,152,94,148,105,\
                           162,101,160,87,63,53,55,54,151,103,189,108,183,113,175,113,178,90,71,62,62,65,165,109,181,115,182,\
                           121,178,114,170]";

    #[test]
    fn the_week_of_the_reference() {
        let found =
            call("series_periods_detect", &[json(TRAFFIC), Value::Real(0.0), Value::Real(50.0), Value::Long(2)]);
        assert!(found.starts_with(r#"{"periods":[14.0,0.0],"scores":[0.84"#) && found.ends_with(",0.0]}"), "{found}");
        let found = call("series_periods_validate", &[json(TRAFFIC), Value::Real(14.0), Value::Real(10.0)]);
        assert!(found.starts_with(r#"{"periods":[14.0,10.0],"scores":[0.84"#) && found.ends_with(",0.0]}"), "{found}");
    }

    #[test]
    fn two_periods_and_none() {
        let wave = |at: usize, period: usize| (at % period) as f64 / period as f64;
        let both: Vec<f64> = (0..1000).map(|at| wave(at, 12) + 2.0 * wave(at, 84)).collect();
        let found = detect(&both, 0.0, 200.0, 2);
        assert_eq!(found.iter().map(|(period, _)| *period).collect::<Vec<_>>(), [84, 12]);
        for values in [vec![], vec![1.0; 50], vec![1.0, 2.0], (0..50).map(f64::from).collect()] {
            assert_eq!(detect(&values, 0.0, 100.0, 3), [], "{values:?}");
        }
    }

    #[test]
    fn what_cannot_be_asked() {
        for (series, count, expected) in [
            ("[1,null]", 1, "null"),
            ("[1,2]", 0, "null"),
            ("[1,2]", i64::MAX, "null"),
            ("[1,2]", 2, r#"{"periods":[0.0,0.0],"scores":[0.0,0.0]}"#),
        ] {
            let arguments = [json(series), Value::Real(0.0), Value::Real(f64::NAN), Value::Long(count)];
            assert_eq!(call("series_periods_detect", &arguments), expected, "{series} {count}");
        }
    }
}
