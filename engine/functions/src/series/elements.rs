//! Series computed element by element. What is no number makes a null element, as does a place that only one series has.

use std::cmp::Ordering;

use super::{DYNAMIC, Number, Operand, SERIES, numbers, write_series};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, Signature, ex, sig};
use crate::dynamic::write_real;

/// Two series, or a series and a number.
const TWO: &[Signature] = &[sig(&[Param::Any, Param::Any], DYNAMIC)];
const ONE: &[Signature] = &[SERIES];

/// A definition on one line: everything but the names, the example and the computation is the same.
macro_rules! series {
    ($constant:ident, $signatures:ident, $name:literal, $page:literal, $summary:literal,
     $call:literal => $answer:literal, $eval:expr) => {
        pub(super) const $constant: ScalarDef = ScalarDef {
            name: $name,
            signatures: $signatures,
            summary: $summary,
            source: concat!("kusto/query/", $page),
            examples: &[ex($call, $answer)],
            eval: Eval::Kernel($eval),
            ..ScalarDef::BASE
        };
    };
}

series!(SERIES_ADD, TWO, "series_add", "series-add-function",
    "The sums of two series, element by element.",
    "series_add(dynamic([1,2,4]), dynamic([4,2,1]))" => "[5,4,5]",
    |args| arithmetic(args, i64::checked_add, |left, right| left + right));
series!(SERIES_SUBTRACT, TWO, "series_subtract", "series-subtract-function",
    "The differences of two series, element by element.",
    "series_subtract(dynamic([1,2,4]), dynamic([4,2,1]))" => "[-3,0,3]",
    |args| arithmetic(args, i64::checked_sub, |left, right| left - right));
series!(SERIES_MULTIPLY, TWO, "series_multiply", "series-multiply-function",
    "The products of two series, element by element.",
    "series_multiply(dynamic([1,2,4]), 2)" => "[2,4,8]",
    |args| arithmetic(args, i64::checked_mul, |left, right| left * right));
series!(SERIES_DIVIDE, TWO, "series_divide", "series-divide-function",
    "The quotients of two series, element by element, as reals.",
    "series_divide(dynamic([1,2,4]), dynamic([4,2,1]))" => "[0.25,1.0,4.0]",
    |args| arithmetic(args, |_, _| None, |left, right| left / right));
series!(SERIES_POW, TWO, "series_pow", "series-pow-function",
    "The elements of one series to the power of those of another, as reals.",
    "series_pow(dynamic([1,2,3,4]), dynamic([1,2,3,0.5]))" => "[1.0,4.0,27.0,2.0]",
    |args| arithmetic(args, |_, _| None, f64::powf));

series!(SERIES_EQUALS, TWO, "series_equals", "series-equals-function",
    "Whether the elements of two series are equal.",
    "series_equals(dynamic([1,2,4]), dynamic([4,2,1]))" => "[false,true,false]",
    |args| comparison(args, |order| order == Some(Ordering::Equal)));
series!(SERIES_NOT_EQUALS, TWO, "series_not_equals", "series-not-equals-function",
    "Whether the elements of two series differ.",
    "series_not_equals(dynamic([1,2,4]), dynamic([4,2,1]))" => "[true,false,true]",
    |args| comparison(args, |order| order != Some(Ordering::Equal)));
series!(SERIES_GREATER, TWO, "series_greater", "series-greater-function",
    "Whether the elements of one series are greater than those of another.",
    "series_greater(dynamic([1,2,4]), 2)" => "[false,false,true]",
    |args| comparison(args, |order| order == Some(Ordering::Greater)));
series!(SERIES_GREATER_EQUALS, TWO, "series_greater_equals", "series-greater-equals-function",
    "Whether the elements of one series are at least those of another.",
    "series_greater_equals(dynamic([1,2,4]), 2)" => "[false,true,true]",
    |args| comparison(args, |order| order.is_some_and(Ordering::is_ge)));
series!(SERIES_LESS, TWO, "series_less", "series-less-function",
    "Whether the elements of one series are less than those of another.",
    "series_less(dynamic([1,2,4]), 2)" => "[true,false,false]",
    |args| comparison(args, |order| order == Some(Ordering::Less)));
series!(SERIES_LESS_EQUALS, TWO, "series_less_equals", "series-less-equals-function",
    "Whether the elements of one series are at most those of another.",
    "series_less_equals(dynamic([1,2,4]), 2)" => "[true,true,false]",
    |args| comparison(args, |order| order.is_some_and(Ordering::is_le)));

series!(SERIES_ABS, ONE, "series_abs", "series-abs-function",
    "The elements without their signs, as reals.",
    "series_abs(dynamic([-6.5,0,8.2]))" => "[6.5,0.0,8.2]", |args| map(args, f64::abs));
series!(SERIES_CEILING, ONE, "series_ceiling", "series-ceiling-function",
    "The elements rounded up, as reals.",
    "series_ceiling(dynamic([-1.5,1,2.5]))" => "[-1.0,1.0,3.0]", |args| map(args, f64::ceil));
series!(SERIES_FLOOR, ONE, "series_floor", "series-floor-function",
    "The elements rounded down, as reals.",
    "series_floor(dynamic([-1.5,1,2.5]))" => "[-2.0,1.0,2.0]", |args| map(args, f64::floor));
series!(SERIES_EXP, ONE, "series_exp", "series-exp-function",
    "The number e to the power of each element.",
    "series_exp(dynamic([0,1]))" => "[1.0,2.718281828459045]", |args| map(args, f64::exp));
series!(SERIES_LOG, ONE, "series_log", "series-log-function",
    "The natural logarithm of each element; null for a negative one.",
    "series_log(dynamic([1,-1]))" => "[0.0,null]", |args| map(args, f64::ln));
series!(SERIES_SIN, ONE, "series_sin", "series-sin-function",
    "The sine of each element.", "series_sin(dynamic([0]))" => "[0.0]", |args| map(args, f64::sin));
series!(SERIES_COS, ONE, "series_cos", "series-cos-function",
    "The cosine of each element.", "series_cos(dynamic([0]))" => "[1.0]", |args| map(args, f64::cos));
series!(SERIES_TAN, ONE, "series_tan", "series-tan-function",
    "The tangent of each element.", "series_tan(dynamic([0]))" => "[0.0]", |args| map(args, f64::tan));
series!(SERIES_ASIN, ONE, "series_asin", "series-asin-function",
    "The angle whose sine each element is; null outside -1 to 1.",
    "series_asin(dynamic([-1,0,2]))" => "[-1.5707963267948966,0.0,null]", |args| map(args, f64::asin));
series!(SERIES_ACOS, ONE, "series_acos", "series-acos-function",
    "The angle whose cosine each element is; null outside -1 to 1.",
    "series_acos(dynamic([1,2]))" => "[0.0,null]", |args| map(args, f64::acos));
series!(SERIES_ATAN, ONE, "series_atan", "series-atan-function",
    "The angle whose tangent each element is.",
    "series_atan(dynamic([0]))" => "[0.0]", |args| map(args, f64::atan));
series!(SERIES_SIGN, ONE, "series_sign", "series-sign-function",
    "The sign of each element: -1, 0 or 1.",
    "series_sign(dynamic([-6,0,8]))" => "[-1,0,1]", sign);

/// Longs stay longs while `of_longs` can; everything else is computed in reals.
fn arithmetic(args: &Args<'_>, of_longs: fn(i64, i64) -> Option<i64>, of_reals: fn(f64, f64) -> f64) -> KernelResult {
    let combine = |left: Number, right: Number| {
        if let (Number::Long(left), Number::Long(right)) = (left, right)
            && let Some(value) = of_longs(left, right)
        {
            return Number::Long(value);
        }
        Number::Real(of_reals(left.real(), right.real()))
    };
    zip(args, combine, Number::write)
}

/// `holds` sees no order where one of the two is NaN.
fn comparison(args: &Args<'_>, holds: fn(Option<Ordering>) -> bool) -> KernelResult {
    let compare = |left: Number, right: Number| match (left, right) {
        (Number::Long(left), Number::Long(right)) => holds(Some(left.cmp(&right))),
        (left, right) => holds(left.real().partial_cmp(&right.real())),
    };
    zip(args, compare, |value, out| out.push_str(if value { "true" } else { "false" }))
}

fn zip<V>(args: &Args<'_>, combine: impl Fn(Number, Number) -> V, write: impl Fn(V, &mut String)) -> KernelResult {
    let (mut left, mut right) = (Operand::new(args, 0), Operand::new(args, 1));
    Ok(args.texts(|row, out| {
        let (left, right) = (left.at(row), right.at(row));
        let (mut left_numbers, mut right_numbers) = (numbers(left), numbers(right));
        let len = [left, right].map(|json| numbers(json).map_or(0, Iterator::count)).into_iter().max().unwrap_or(0);
        if left_numbers.is_none() && right_numbers.is_none() {
            return false;
        }
        let (left, right) = (Number::of(left), Number::of(right));
        let values = (0..len).map(|_| {
            // Both are asked each time, so that they stay at the same place.
            let left = left_numbers.as_mut().map_or(left, |numbers| numbers.next().flatten());
            let right = right_numbers.as_mut().map_or(right, |numbers| numbers.next().flatten());
            Some(combine(left?, right?))
        });
        write_series(values, &write, out);
        true
    }))
}

/// Where the function is not defined, the element is null.
fn map(args: &Args<'_>, f: fn(f64) -> f64) -> KernelResult {
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(numbers) = series.get(row).and_then(numbers) else { return false };
        let values = numbers.map(|number| {
            let argument = number?.real();
            Some(f(argument)).filter(|value| !value.is_nan() || argument.is_nan())
        });
        write_series(values, write_real, out);
        true
    }))
}

fn sign(args: &Args<'_>) -> KernelResult {
    let series = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(numbers) = series.get(row).and_then(numbers) else { return false };
        let signs = numbers.map(|number| Some(Number::Long(number?.real().partial_cmp(&0.0)? as i64)));
        write_series(signs, Number::write, out);
        true
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;
    use vizsla_schema::KqlType as T;

    #[test]
    fn two_series() {
        for (name, left, right, expected) in [
            ("series_add", "[1,2,4]", "[4,2,1]", "[5,4,5]"),
            ("series_add", "[1,2.5,null]", r#"[4,2,1,7]"#, "[5,4.5,null,null]"),
            ("series_add", "[9223372036854775807]", "[1]", "[9223372036854776000.0]"),
            ("series_subtract", "[3,6,12]", "[12,6,3]", "[-9,0,9]"),
            ("series_multiply", "[10,20]", "3", "[30,60]"),
            ("series_divide", "[1,2,0]", "[4,0,0]", r#"[0.25,"Infinity","NaN"]"#),
            ("series_pow", "[1,2,3,4]", "[1,2,3,0.5]", "[1.0,4.0,27.0,2.0]"),
            ("series_greater", "[60,0,0]", "15", "[true,false,false]"),
            ("series_less_equals", r#"[1,2,"NaN","x"]"#, "[1.0,1,1,1]", "[true,false,false,null]"),
            ("series_not_equals", "[1,2,4]", "[4,2,1]", "[true,false,true]"),
            ("series_equals", "1", "2", "null"),
            ("series_add", "null", "[1]", "[null]"),
        ] {
            assert_eq!(call(name, &[json(left), json(right)]), expected, "{name} {left} {right}");
        }
        assert_eq!(call("series_greater", &[json("[1,2]"), Value::Long(1)]), "[false,true]");
        assert_eq!(call("series_add", &[json("[1,2]"), Value::Null(T::Real)]), "[null,null]");
    }

    #[test]
    fn one_series() {
        for (name, series, expected) in [
            ("series_abs", "[-6.5,0,8.2]", "[6.5,0.0,8.2]"),
            ("series_asin", "[-1,0,1,2]", "[-1.5707963267948966,0.0,1.5707963267948966,null]"),
            ("series_ceiling", "[-1.5,1,2.5]", "[-1.0,1.0,3.0]"),
            ("series_exp", "[1,2,3]", "[2.718281828459045,7.38905609893065,20.085536923187668]"),
            ("series_sign", "[-6,0,8,null,0.5]", "[-1,0,1,null,1]"),
            ("series_tan", "[-1,0,1]", "[-1.5574077246549023,0.0,1.5574077246549023]"),
            ("series_log", r#"[1,-1,"NaN","x"]"#, r#"[0.0,null,"NaN",null]"#),
            ("series_log", "5", "null"),
        ] {
            assert_eq!(call(name, &[json(series)]), expected, "{name} {series}");
        }
    }
}
