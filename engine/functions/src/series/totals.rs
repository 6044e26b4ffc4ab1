//! One answer per series, or per pair of series.

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, Number, Operand, numbers, reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::write_real;
use crate::format;

const REAL: Returns = Returns::Is(T::Real);

pub(super) const SERIES_SUM: ScalarDef = ScalarDef {
    name: "series_sum",
    signatures: &[sig(&[Param::Is(T::Dynamic)], REAL)],
    summary: "The sum of a series' numbers.",
    source: "kusto/query/series-sum-function",
    examples: &[ex("series_sum(dynamic([1,2,3,4]))", "10.0")],
    eval: Eval::Kernel(|args| fold(args, 0.0, |sum, value| sum + value)),
    ..ScalarDef::BASE
};

pub(super) const SERIES_PRODUCT: ScalarDef = ScalarDef {
    name: "series_product",
    summary: "The product of a series' numbers.",
    source: "kusto/query/series-product-function",
    examples: &[ex("series_product(dynamic([1,2,3,4]))", "24.0")],
    eval: Eval::Kernel(|args| fold(args, 1.0, |product, value| product * value)),
    ..SERIES_SUM
};

fn fold(args: &Args<'_>, start: f64, f: fn(f64, f64) -> f64) -> KernelResult {
    let series = args.text(0);
    Ok(args.reals(|row| Some(numbers(series.get(row)?)?.flatten().map(Number::real).fold(start, f))))
}

pub(super) const SERIES_MAGNITUDE: ScalarDef = ScalarDef {
    name: "series_magnitude",
    summary: "The length of a series as a vector: the root of the sum of squares.",
    source: "kusto/query/series-magnitude-function",
    examples: &[ex("series_magnitude(dynamic([1,2,3,4]))", "5.477225575051661")],
    eval: Eval::Kernel(magnitude),
    ..SERIES_SUM
};

fn magnitude(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    Ok(args.reals(|row| Some(dot(pairs(series.get(row)?, series.get(row)?)?).sqrt())))
}

pub(super) const SERIES_DOT_PRODUCT: ScalarDef = ScalarDef {
    name: "series_dot_product",
    signatures: &[sig(&[Param::Any, Param::Any], REAL)],
    summary: "The sum of the products of two series' elements, up to the end of the shorter one; either may be a number.",
    source: "kusto/query/series-dot-product-function",
    examples: &[
        ex("series_dot_product(dynamic([1,2,4]), dynamic([4,2,1]))", "12.0"),
        ex("series_dot_product(dynamic([1,2,4]), 10)", "70.0"),
    ],
    eval: Eval::Kernel(dot_product),
    ..ScalarDef::BASE
};

fn dot_product(args: &Args<'_>) -> KernelResult {
    let (mut left, mut right) = (Operand::new(args, 0), Operand::new(args, 1));
    Ok(args.reals(|row| {
        let pairs = pairs(left.at(row), right.at(row))?;
        (!pairs.is_empty()).then(|| dot(pairs))
    }))
}

pub(super) const SERIES_COSINE_SIMILARITY: ScalarDef = ScalarDef {
    name: "series_cosine_similarity",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], REAL)],
    summary: "The cosine of the angle between two series as vectors, up to the end of the shorter one.",
    source: "kusto/query/series-cosine-similarity-function",
    examples: &[ex("series_cosine_similarity(dynamic([1,0]), dynamic([3,4]))", "0.6")],
    eval: Eval::Kernel(cosine_similarity),
    ..ScalarDef::BASE
};

fn cosine_similarity(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.text(0), args.text(1));
    Ok(args.reals(|row| {
        let pairs = pairs(left.get(row)?, right.get(row)?)?;
        let square =
            |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).map(|value| value * value).sum::<f64>().sqrt();
        let lengths = square(|pair| pair.0) * square(|pair| pair.1);
        (!pairs.is_empty()).then(|| dot(pairs) / lengths)
    }))
}

/// The numbers at the places where both have one; `None` unless one is an array and the other an array or a number.
fn pairs(left: &str, right: &str) -> Option<Vec<(f64, f64)>> {
    let pair = |(left, right): (Option<Number>, Option<Number>)| Some((left?.real(), right?.real()));
    Some(match (numbers(left), numbers(right)) {
        (Some(left), Some(right)) => left.zip(right).filter_map(pair).collect(),
        (Some(left), None) => left.zip(std::iter::repeat(Some(Number::of(right)?))).filter_map(pair).collect(),
        (None, Some(right)) => std::iter::repeat(Some(Number::of(left)?)).zip(right).filter_map(pair).collect(),
        (None, None) => return None,
    })
}

fn dot(pairs: Vec<(f64, f64)>) -> f64 {
    pairs.into_iter().fold(0.0, |sum, (left, right)| sum + left * right)
}

pub(super) const SERIES_PEARSON_CORRELATION: ScalarDef = ScalarDef {
    name: "series_pearson_correlation",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], REAL)],
    summary: "How far two series of one length lie on a line: 1 rising, -1 falling, 0 not at all.",
    source: "kusto/query/series-pearson-correlation-function",
    examples: &[ex("series_pearson_correlation(dynamic([1,2,3,4,5]), dynamic([2,4,6,8,10]))", "0.9999999999999998")],
    eval: Eval::Kernel(pearson_correlation),
    ..ScalarDef::BASE
};

fn pearson_correlation(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.text(0), args.text(1));
    Ok(args.reals(|row| {
        let (left, right) = (reals(&left, row)?, reals(&right, row)?);
        if left.len() != right.len() || left.is_empty() {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (left_mean, right_mean) = (mean(&left), mean(&right));
        let (mut shared, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
        for (left, right) in left.iter().zip(&right) {
            let (left, right) = (left - left_mean, right - right_mean);
            shared += left * right;
            left_square += left * left;
            right_square += right * right;
        }
        // Two roots, not the root of the product: the service's answers differ from 1 in just this way.
        Some(shared / (left_square.sqrt() * right_square.sqrt()))
    }))
}

pub(super) const SERIES_STATS_DYNAMIC: ScalarDef = ScalarDef {
    name: "series_stats_dynamic",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Bool)], DYNAMIC).optional(1)],
    summary: "Least and greatest element with their first places, average, deviation, variance, sum and length of a series, \
              as a bag. Null if an element is no finite number, unless the second argument says to ignore those.",
    source: "kusto/query/series-stats-dynamic-function",
    examples: &[ex(
        "series_stats_dynamic(dynamic([10,20]))",
        r#"{"min":10.0,"min_idx":0,"max":20.0,"max_idx":1,"avg":15.0,"stdev":7.0710678118654755,"variance":50.0,"sum":30.0,"len":2}"#,
    )],
    eval: Eval::Kernel(stats),
    ..ScalarDef::BASE
};

/// As seven columns, which the binder takes out of the bag.
pub(super) const SERIES_STATS: ScalarDef = ScalarDef {
    name: "series_stats",
    summary: "Least and greatest element with their first places, average, deviation and variance of a series, as columns.",
    source: "kusto/query/series-stats-function",
    examples: &[],
    columns: &[
        ("min", T::Real),
        ("min_idx", T::Long),
        ("max", T::Real),
        ("max_idx", T::Long),
        ("avg", T::Real),
        ("stdev", T::Real),
        ("variance", T::Real),
    ],
    ..SERIES_STATS_DYNAMIC
};

fn stats(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    let ignore = (args.len() > 1).then(|| args.bool(1));
    Ok(args.texts(|row, out| {
        let Some(numbers) = series.get(row).and_then(numbers) else { return false };
        let ignore = ignore.is_some_and(|flag| flag.get(row) == Some(true));
        let all: Vec<Option<f64>> =
            numbers.map(|number| number.map(Number::real).filter(|value| value.is_finite())).collect();
        let values: Vec<(usize, f64)> =
            all.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).collect();
        if values.is_empty() || (values.len() < all.len() && !ignore) {
            return false;
        }
        write_stats(&values, out);
        true
    }))
}

fn write_stats(values: &[(usize, f64)], out: &mut String) {
    let first = |better: fn(f64, f64) -> bool| {
        values
            .iter()
            .copied()
            .reduce(|best, value| if better(value.1, best.1) { value } else { best })
            .unwrap_or_default()
    };
    let (min_idx, min) = first(|value, best| value < best);
    let (max_idx, max) = first(|value, best| value > best);
    let count = values.len() as f64;
    let sum: f64 = values.iter().map(|(_, value)| value).sum();
    let squares: f64 = values.iter().map(|(_, value)| value * value).sum();
    let variance = if values.len() > 1 { (count * squares - sum * sum) / (count * (count - 1.0)) } else { 0.0 };
    let variance = variance.max(0.0);
    let real = |key: &str, value: f64, out: &mut String| {
        out.extend([if out.is_empty() { "{\"" } else { ",\"" }, key, "\":"]);
        write_real(value, out);
    };
    let long = |key: &str, value: usize, out: &mut String| {
        out.extend([",\"", key, "\":"]);
        format::write_long(value as i64, out);
    };
    real("min", min, out);
    long("min_idx", min_idx, out);
    real("max", max, out);
    long("max_idx", max_idx, out);
    real("avg", sum / count, out);
    real("stdev", variance.sqrt(), out);
    real("variance", variance, out);
    real("sum", sum, out);
    long("len", values.len(), out);
    out.push('}');
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn totals() {
        for (name, series, expected) in [
            ("series_sum", &["[1,2,3,4]"][..], "10.0"),
            ("series_sum", &["[1,null]"], "1.0"),
            ("series_sum", &["{}"], "null"),
            ("series_product", &["[1,2,3,4]"], "24.0"),
            ("series_magnitude", &["[3,4]"], "5.0"),
            ("series_dot_product", &["[1,2,4]", "[4,2,1]"], "12.0"),
            ("series_dot_product", &["[1,2,4]", "1"], "7.0"),
            ("series_dot_product", &["[1,2,4]", "[1,null]"], "1.0"),
            ("series_dot_product", &["[]", "[1]"], "null"),
            ("series_cosine_similarity", &["[0.1,0.2,0.1,0.2]", "[1,2,3,4]"], "0.9237604307034012"),
            ("series_cosine_similarity", &["[0.1,0.2,0.1,0.2]", "[0.11,0.2,0.11,0.21]"], "0.9993534382550399"),
            ("series_pearson_correlation", &["[1,2,3,4,5]", "[2,4,6,8,10]"], "0.9999999999999998"),
            ("series_pearson_correlation", &["[0,0,5]", "[0,0,5]"], "1.0000000000000002"),
            ("series_pearson_correlation", &["[1,2]", "[1]"], "null"),
        ] {
            let series: Vec<Value> = series.iter().map(|it| json(it)).collect();
            assert_eq!(call(name, &series), expected, "{name} {series:?}");
        }
    }

    #[test]
    fn statistics() {
        for (series, expected) in [
            (
                "[23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]",
                r#"{"min":2.0,"min_idx":8,"max":87.0,"max_idx":3,"avg":32.8,"stdev":28.50363385354827,"variance":812.4571428571429,"sum":492.0,"len":15}"#,
            ),
            (
                "[10,20]",
                r#"{"min":10.0,"min_idx":0,"max":20.0,"max_idx":1,"avg":15.0,"stdev":7.0710678118654755,"variance":50.0,"sum":30.0,"len":2}"#,
            ),
            ("[1,null]", "null"),
            ("[]", "null"),
        ] {
            assert_eq!(call("series_stats_dynamic", &[json(series)]), expected);
        }
        let ignoring = call("series_stats_dynamic", &[json("[null,3]"), Value::Bool(true)]);
        assert_eq!(
            ignoring,
            r#"{"min":3.0,"min_idx":1,"max":3.0,"max_idx":1,"avg":3.0,"stdev":0.0,"variance":0.0,"sum":3.0,"len":1}"#
        );
    }
}
