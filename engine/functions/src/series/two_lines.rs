//! Two lines through one series: where does its trend change?

use vizsla_schema::KqlType as T;

use super::fit::{Fit, left_over, rsquare, variance};
use super::{SERIES, reals, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex};
use crate::dynamic::write_real;
use crate::format;

pub(super) const SERIES_FIT_2LINES_DYNAMIC: ScalarDef = ScalarDef {
    name: "series_fit_2lines_dynamic",
    signatures: &[SERIES],
    summary: "The two lines that fit the parts of a series best, as a bag: `rsquare`, `split_idx` (the place, from 0, where the \
              right part starts), `variance`, `rvariance`, `line_fit`, and the lines of the parts as `right` and `left`, \
              whose places count from 1 in each. The reference does not say which part the point of the split belongs to: \
              to the right one here. A series of fewer than 4 elements gives null.",
    source: "kusto/query/series-fit-2lines-dynamic-function",
    examples: &[ex("series_fit_2lines_dynamic(dynamic([1,2,3,4,3,2,1])).split_idx", "3")],
    eval: Eval::Kernel(|args| fit_two_lines(args, Shape::Nested)),
    ..ScalarDef::BASE
};

/// As columns, which the binder takes out of the bag.
pub(super) const SERIES_FIT_2LINES: ScalarDef = ScalarDef {
    name: "series_fit_2lines",
    summary: "The two lines that fit the parts of a series best, as columns: what `series_fit_2lines_dynamic` has in its bag.",
    source: "kusto/query/series-fit-2lines-function",
    examples: &[],
    columns: &[
        ("rsquare", T::Real),
        ("split_idx", T::Long),
        ("variance", T::Real),
        ("rvariance", T::Real),
        ("line_fit", T::Dynamic),
        ("right_rsquare", T::Real),
        ("right_slope", T::Real),
        ("right_interception", T::Real),
        ("right_variance", T::Real),
        ("right_rvariance", T::Real),
        ("left_rsquare", T::Real),
        ("left_slope", T::Real),
        ("left_interception", T::Real),
        ("left_variance", T::Real),
        ("left_rvariance", T::Real),
    ],
    eval: Eval::Kernel(|args| fit_two_lines(args, Shape::Flat)),
    ..SERIES_FIT_2LINES_DYNAMIC
};

/// Where the numbers of a part are: under `right` and `left`, or under keys with these as prefixes.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Nested,
    Flat,
}

fn fit_two_lines(args: &Args<'_>, shape: Shape) -> KernelResult {
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(values) = reals(&series, row) else { return false };
        let Some(split) = best_split(&values) else { return false };
        let (left, right) = (Fit::of(&values[..split]), Fit::of(&values[split..]));
        let fitted: Vec<f64> = left.fitted.iter().chain(&right.fitted).copied().collect();
        let (variance, rvariance) = (variance(&values), left_over(&values, &fitted));
        out.push_str("{\"rsquare\":");
        write_real(rsquare(variance, rvariance), out);
        out.push_str(",\"split_idx\":");
        format::write_long(split as i64, out);
        for (key, value) in [(",\"variance\":", variance), (",\"rvariance\":", rvariance)] {
            out.push_str(key);
            write_real(value, out);
        }
        out.push_str(",\"line_fit\":");
        write_reals(&fitted, out);
        for (name, prefix, fit) in [("right", "right_", &right), ("left", "left_", &left)] {
            if shape == Shape::Flat {
                fit.write(prefix, out);
            } else {
                out.extend([",\"", name, "\":{"]);
                fit.write("", out);
                out.push('}');
            }
        }
        out.push('}');
        true
    }))
}

/// Where the right part starts if the two lines are to leave least over; both parts have two points or more.
fn best_split(values: &[f64]) -> Option<usize> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let from_left = errors(centred.iter().copied());
    let mut from_right = errors(centred.iter().rev().copied());
    from_right.reverse();
    let total = |split: usize| from_left[split - 1] + from_right[split];
    let splits = 2..values.len().saturating_sub(1);
    splits.min_by(|left, right| total(*left).total_cmp(&total(*right)))
}

/// What the best line through the first 1, 2, … values leaves over, as a sum of squares, in one pass.
fn errors(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let (mut count, mut mean, mut mean_place) = (0.0, 0.0, 0.0);
    let (mut squares, mut shared, mut place_squares) = (0.0, 0.0, 0.0);
    values
        .map(|value| {
            let place: f64 = count;
            count += 1.0;
            let (offset, place_offset) = (value - mean, place - mean_place);
            mean += offset / count;
            mean_place += place_offset / count;
            squares += offset * (value - mean);
            place_squares += place_offset * (place - mean_place);
            shared += place_offset * (value - mean);
            if place_squares > 0.0 { (squares - shared * shared / place_squares).max(0.0) } else { 0.0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{call, json};

    #[test]
    fn splits() {
        for (values, expected) in [
            (&[1.0, 2.2, 2.5, 4.7, 5.0, 12.0, 10.3, 10.3, 9.0, 8.3, 6.2][..], Some(5)), // the reference's
            (&[0.0, 1.0, 2.0, 9.0, 8.0, 7.0, 6.0], Some(3)),
            (&[1.0, 1.0, 1.0], None),
            (&[], None),
        ] {
            assert_eq!(best_split(values), expected, "{values:?}");
        }
    }

    #[test]
    fn nested_and_flat() {
        let series = json("[0,1,2,9,8,7,6]");
        let nested = call("series_fit_2lines_dynamic", std::slice::from_ref(&series));
        assert!(nested.contains(r#""split_idx":3"#), "{nested}");
        assert!(nested.contains(r#""right":{"rsquare":1.0,"slope":-1.0,"#), "{nested}");
        let flat = call("series_fit_2lines", &[series]);
        for (key, _) in SERIES_FIT_2LINES.columns {
            assert!(crate::dynamic::get_key(&flat, key).is_some(), "{key} in {flat}");
        }
    }
}
