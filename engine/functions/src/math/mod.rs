//! Functions of numbers: rounding, powers, logarithms, angles, bits, distributions.
//!
//! Most take any number and answer a real. Where the service answers null instead of NaN, so do these: `log` of a negative
//! number, `asin` beyond one; but `sqrt(-1)` was measured to be NaN. Ticks count as numbers only in [`bin`].

mod bin;
mod bits;
mod statistics;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use KqlType::{Bool, Decimal, Guid, Long, Real, String as Text, TimeSpan};
use arrow::array::{Array, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::args::Args;
use crate::convert;
use crate::def::{Eval, Example, Kernel, KernelResult, Naming, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::dynamic;

/// A function with the usual settings.
const fn function(
    name: &'static str,
    signatures: &'static [Signature],
    kernel: Kernel,
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef { name, signatures, summary, source, examples, eval: Eval::Kernel(kernel), ..ScalarDef::BASE }
}

/// A function whose column keeps its argument's name.
const fn pass(
    name: &'static str,
    signatures: &'static [Signature],
    kernel: Kernel,
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    let naming = Naming::PassThrough;
    ScalarDef { naming, ..function(name, signatures, kernel, summary, source, examples) }
}

const ONE: &[Signature] = &[sig(&[Param::Number], Returns::Is(Real))];
const TWO: &[Signature] = &[sig(&[Param::Number; 2], Returns::Is(Real))];
const THREE: &[Signature] = &[sig(&[Param::Number; 3], Returns::Is(Real))];

/// Argument `index`, whatever number it is, as reals.
fn reals(args: &Args<'_>, index: usize) -> Result<Float64Array, ArrowError> {
    let array = convert::convert(args.value(index), args.ty(index), Real, args.rows())?;
    Ok(array.as_primitive::<Float64Type>().clone())
}

/// A real for each number; null stays null.
fn map(args: &Args<'_>, of: fn(f64) -> f64) -> KernelResult {
    Ok(Arc::new(reals(args, 0)?.unary::<_, Float64Type>(of)))
}

/// A real for each number that has one.
fn map_some(args: &Args<'_>, of: fn(f64) -> Option<f64>) -> KernelResult {
    Ok(Arc::new(reals(args, 0)?.unary_opt::<_, Float64Type>(of)))
}

fn map_two(args: &Args<'_>, of: fn(f64, f64) -> f64) -> KernelResult {
    Ok(Arc::new(arrow::compute::binary::<_, _, _, Float64Type>(&reals(args, 0)?, &reals(args, 1)?, of)?))
}

fn map_three(args: &Args<'_>, of: fn(f64, f64, f64) -> Option<f64>) -> KernelResult {
    let columns = [reals(args, 0)?, reals(args, 1)?, reals(args, 2)?];
    let get = |index: usize, row| columns[index].is_valid(row).then(|| columns[index].value(row));
    Ok(args.reals(|row| of(get(0, row)?, get(1, row)?, get(2, row)?)))
}

fn test(args: &Args<'_>, holds: fn(f64) -> bool) -> KernelResult {
    let value = reals(args, 0)?;
    Ok(args.bools(|row| value.is_valid(row).then(|| holds(value.value(row)))))
}

const ABS: ScalarDef = pass(
    "abs",
    &[
        sig(&[Param::Is(Long)], Returns::Is(Long)),
        sig(&[Param::Is(Real)], Returns::Is(Real)),
        sig(&[Param::Is(Decimal)], Returns::Is(Decimal)),
        sig(&[Param::Is(TimeSpan)], Returns::Is(TimeSpan)),
    ],
    |args| match args.ty(0) {
        Real => map(args, f64::abs),
        Decimal => {
            let value = args.decimal(0);
            Ok(args.decimals(|row| Some(value.get(row)?.abs())))
        }
        _ => {
            let value = args.long(0);
            Ok(args.longs(|row| Some(value.get(row)?.wrapping_abs())))
        }
    },
    "The number or timespan without its sign.",
    "abs-function",
    &[ex("abs(-5)", "5"), ex("abs(-1h)", "01:00:00")],
);

const CEILING: ScalarDef = pass(
    "ceiling",
    ONE,
    |args| map(args, f64::ceil),
    "The least whole number that is not below, as a real.",
    "ceiling-function",
    &[ex("ceiling(-1.1)", "-1.0"), ex("ceiling(0.9)", "1.0")],
);

const ROUND: ScalarDef = pass(
    "round",
    &[sig(&[Param::Number, Param::Is(Long)], Returns::Is(Real)).optional(1)],
    |args| {
        let value = reals(args, 0)?;
        let digits = (args.len() > 1).then(|| args.long(1));
        Ok(args.reals(|row| {
            let digits = digits.map_or(Some(0), |it| it.get(row))?;
            value.is_valid(row).then(|| round(value.value(row), digits))
        }))
    },
    "The number rounded to so many digits after the point, halves away from zero; negative counts digits before it.",
    "round-function",
    &[
        ex("round(2.98765, 3)", "2.988"),
        ex("round(2.15, 1)", "2.2"),
        ex("round(1.005, 2)", "1.0"),
        ex("round(21.5, -1)", "20.0"),
    ],
);

fn round(value: f64, digits: i64) -> f64 {
    let scale = 10f64.powi(digits.unsigned_abs().min(400) as i32);
    let rounded = match digits {
        0 => value.round(),
        1.. => (value * scale).round() / scale,
        _ => (value / scale).round() * scale,
    };
    // Beyond the range of reals there is nothing to round off.
    if rounded.is_finite() || digits < 0 { rounded } else { value }
}

const SIGN: ScalarDef = function(
    "sign",
    ONE,
    |args| {
        let value = reals(args, 0)?;
        let of = |value: f64| {
            if value > 0.0 {
                1.0
            } else if value < 0.0 {
                -1.0
            } else {
                0.0
            }
        };
        Ok(args.reals(|row| Some(if value.is_valid(row) { of(value.value(row)) } else { 0.0 })))
    },
    "1, 0 or -1 as the number is above, at or below zero; 0 also for null.",
    "sign-function",
    &[ex("sign(-42)", "-1.0"), ex("sign(11.2)", "1.0"), ex("sign(real(null))", "0.0")],
);

const SQRT: ScalarDef = pass(
    "sqrt",
    ONE,
    |args| map(args, f64::sqrt),
    "The square root, NaN of a negative number.",
    "sqrt-function",
    &[ex("sqrt(256)", "16.0"), ex("sqrt(-1.0)", "NaN")],
);

const POW: ScalarDef = function(
    "pow",
    TWO,
    |args| map_two(args, f64::powf),
    "The first number to the power of the second.",
    "pow-function",
    &[ex("pow(2, 3)", "8.0"), ex("pow(2, -1)", "0.5")],
);

const EXP: ScalarDef = pass(
    "exp",
    ONE,
    |args| map(args, f64::exp),
    "e to the power of the number.",
    "exp-function",
    &[ex("exp(2)", "7.38905609893065")],
);

const EXP2: ScalarDef = pass(
    "exp2",
    ONE,
    |args| map(args, f64::exp2),
    "2 to the power of the number.",
    "exp2-function",
    &[ex("exp2(3)", "8.0")],
);

const EXP10: ScalarDef = function(
    "exp10",
    ONE,
    |args| map(args, |value| 10f64.powf(value)),
    "10 to the power of the number.",
    "exp10-function",
    &[ex("exp10(2)", "100.0")],
);

/// A logarithm of what has one. That of a negative number is null, not NaN.
fn logarithm(args: &Args<'_>, of: fn(f64) -> f64) -> KernelResult {
    Ok(Arc::new(reals(args, 0)?.unary_opt::<_, Float64Type>(|value| (value.is_nan() || value >= 0.0).then(|| of(value)))))
}

const LOG: ScalarDef = pass(
    "log",
    ONE,
    |args| logarithm(args, f64::ln),
    "The natural logarithm, null of a negative number.",
    "log-function",
    &[ex("log(1)", "0.0"), ex("log(0.0)", "-inf"), ex("log(-1.0)", "null")],
);

const LOG2: ScalarDef = pass(
    "log2",
    ONE,
    |args| logarithm(args, f64::log2),
    "The logarithm to base 2, null of a negative number.",
    "log2-function",
    &[ex("log2(8)", "3.0")],
);

const LOG10: ScalarDef = pass(
    "log10",
    ONE,
    |args| logarithm(args, f64::log10),
    "The logarithm to base 10, null of a negative number.",
    "log10-function",
    &[ex("log10(5)", "0.6989700043360189")],
);

const SIN: ScalarDef = pass(
    "sin",
    ONE,
    |args| map(args, f64::sin),
    "The sine of an angle in radians.",
    "sin-function",
    &[ex("sin(1)", "0.8414709848078965")],
);

const COS: ScalarDef = pass(
    "cos",
    ONE,
    |args| map(args, f64::cos),
    "The cosine of an angle in radians.",
    "cos-function",
    &[ex("cos(0)", "1.0")],
);

const TAN: ScalarDef = pass(
    "tan",
    ONE,
    |args| map(args, f64::tan),
    "The tangent of an angle in radians.",
    "tan-function",
    &[ex("tan(0)", "0.0")],
);

const COT: ScalarDef = function(
    "cot",
    ONE,
    |args| map(args, |value| 1.0 / value.tan()),
    "The cotangent of an angle in radians.",
    "cot-function",
    &[ex("round(cot(1), 10)", "0.6420926159")],
);

/// The inverse of a function that stays within -1 and 1: null beyond, though NaN stays NaN (fact 37).
fn within_one(value: f64, of: fn(f64) -> f64) -> Option<f64> {
    (value.is_nan() || value.abs() <= 1.0).then(|| of(value))
}

const ASIN: ScalarDef = pass(
    "asin",
    ONE,
    |args| map_some(args, |value| within_one(value, f64::asin)),
    "The angle in radians whose sine this is, null beyond -1 and 1.",
    "asin-function",
    &[ex("asin(0.95)", "1.2532358975033751"), ex("asin(2)", "null")],
);

const ACOS: ScalarDef = pass(
    "acos",
    ONE,
    |args| map_some(args, |value| within_one(value, f64::acos)),
    "The angle in radians whose cosine this is, null beyond -1 and 1.",
    "acos-function",
    &[ex("acos(1)", "0.0"), ex("acos(-1.5)", "null")],
);

const ATAN: ScalarDef = pass(
    "atan",
    ONE,
    |args| map(args, f64::atan),
    "The angle in radians whose tangent this is.",
    "atan-function",
    &[ex("atan(0.5)", "0.4636476090008061")],
);

const ATAN2: ScalarDef = pass(
    "atan2",
    TWO,
    |args| map_two(args, f64::atan2),
    "The angle in radians from the x axis to the point (second argument, first argument).",
    "atan2-function",
    &[ex("atan2(1, 1)", "0.7853981633974483"), ex("atan2(0, -1)", "3.141592653589793")],
);

const RADIANS: ScalarDef = function(
    "radians",
    ONE,
    |args| map(args, f64::to_radians),
    "The angle in radians of one in degrees.",
    "radians-function",
    &[ex("radians(180)", "3.141592653589793")],
);

const DEGREES: ScalarDef = function(
    "degrees",
    ONE,
    |args| map(args, f64::to_degrees),
    "The angle in degrees of one in radians.",
    "degrees-function",
    &[ex("degrees(pi() / 4)", "45.0")],
);

const PI: ScalarDef = function(
    "pi",
    &[sig(&[], Returns::Is(Real))],
    |args| Ok(args.reals(|_| Some(std::f64::consts::PI))),
    "The ratio of a circle's circumference to its diameter.",
    "pi-function",
    &[ex("pi()", "3.141592653589793")],
);

const GAMMA: ScalarDef = pass(
    "gamma",
    ONE,
    |args| map(args, libm::tgamma),
    "The gamma function: for a whole number the factorial of the one below.",
    "gamma-function",
    &[ex("gamma(5)", "24.0")],
);

const LOGGAMMA: ScalarDef = function(
    "loggamma",
    ONE,
    |args| map(args, libm::lgamma),
    "The logarithm of the absolute value of the gamma function.",
    "loggamma-function",
    &[ex("round(loggamma(5), 10)", "3.1780538303")],
);

const ERF: ScalarDef = function(
    "erf",
    ONE,
    |args| map(args, libm::erf),
    "The error function.",
    "erf-function",
    &[ex("erf(1)", "0.8427007929497149"), ex("erf(0)", "0.0")],
);

const ERFC: ScalarDef = function(
    "erfc",
    ONE,
    |args| map(args, libm::erfc),
    "One minus the error function.",
    "erfc-function",
    &[ex("erfc(0)", "1.0")],
);

const TESTS: &[Signature] = &[sig(&[Param::Number], Returns::Is(Bool))];

const ISNAN: ScalarDef = function(
    "isnan",
    TESTS,
    |args| test(args, f64::is_nan),
    "Whether the number is NaN; null for null.",
    "isnan-function",
    &[ex("isnan(0.0 / 0.0)", "True"), ex("isnan(real(null))", "null")],
);

const ISINF: ScalarDef = function(
    "isinf",
    TESTS,
    |args| test(args, f64::is_infinite),
    "Whether the number is infinite.",
    "isinf-function",
    &[ex("isinf(-1.0 / 0.0)", "True")],
);

const ISFINITE: ScalarDef = function(
    "isfinite",
    TESTS,
    |args| test(args, f64::is_finite),
    "Whether the number is neither infinite nor NaN.",
    "isfinite-function",
    &[ex("isfinite(0.0)", "True"), ex("isfinite(1.0 / 0.0)", "False")],
);

/// All arguments have one type, which is the binder's doing.
const SAME: &[Signature] = &[sig(&[Param::Any], Returns::Arg(0)).rest(Param::Any)];

const MAX_OF: ScalarDef = function(
    "max_of",
    SAME,
    |args| extreme(args, true),
    "The greatest argument; nulls do not count unless there is nothing else.",
    "max-of-function",
    &[ex("max_of(10, 1, -3, 17)", "17"), ex("max_of(1, long(null), 3)", "3")],
);

const MIN_OF: ScalarDef = function(
    "min_of",
    SAME,
    |args| extreme(args, false),
    "The least argument; nulls do not count unless there is nothing else.",
    "min-of-function",
    &[ex("min_of(10, 1, -3, 17)", "-3"), ex("min_of(int(null), 5)", "5")],
);

fn extreme(args: &Args<'_>, greatest: bool) -> KernelResult {
    fn pick<T>(left: T, right: T, greatest: bool, less: bool) -> T {
        if less == greatest { right } else { left }
    }
    let all = 0..args.len();
    Ok(match args.ty(0) {
        Real => {
            let columns: Vec<_> = all.map(|index| args.real(index)).collect();
            // NaN beats every number both ways (measured).
            let better = |left: f64, right: f64| match (left.is_nan(), right.is_nan()) {
                (true, _) => left,
                (_, true) => right,
                _ => pick(left, right, greatest, left < right),
            };
            args.reals(|row| columns.iter().filter_map(|it| it.get(row)).reduce(better))
        }
        Decimal => {
            let columns: Vec<_> = all.map(|index| args.decimal(index)).collect();
            args.decimals(|row| columns.iter().filter_map(|it| it.get(row)).reduce(|l, r| pick(l, r, greatest, l < r)))
        }
        Bool => {
            let columns: Vec<_> = all.map(|index| args.bool(index)).collect();
            args.bools(|row| columns.iter().filter_map(|it| it.get(row)).reduce(|l, r| pick(l, r, greatest, !l & r)))
        }
        KqlType::Int | Long | KqlType::DateTime | TimeSpan => {
            let columns: Vec<_> = all.map(|index| args.long(index)).collect();
            args.longs(|row| columns.iter().filter_map(|it| it.get(row)).reduce(|l, r| pick(l, r, greatest, l < r)))
        }
        Text | Guid => {
            let columns: Vec<_> = all.map(|index| args.text(index)).collect();
            args.strs(|row| columns.iter().filter_map(|it| it.get(row)).reduce(|l, r| pick(l, r, greatest, l < r)))
        }
        KqlType::Dynamic => {
            let columns: Vec<_> = all.map(|index| args.text(index)).collect();
            let better = |l, r| pick(l, r, greatest, dynamic::order(l, r).is_lt());
            args.strs(|row| columns.iter().filter_map(|it| it.get(row)).reduce(better))
        }
    })
}

const RAND: ScalarDef = ScalarDef {
    stable: false,
    ..function(
        "rand",
        &[sig(&[], Returns::Is(Real)), sig(&[Param::Is(Long)], Returns::Is(Long))],
        rand,
        "A random real from 0 up to 1, or a random whole number below the argument.",
        "rand-function",
        &[ex("rand() < 1.0", "True"), ex("rand(1)", "0")],
    )
};

fn rand(args: &Args<'_>) -> KernelResult {
    // SplitMix64 from a seed that the standard library takes from the system: evenly spread, of no use for secrets.
    let mut state = RandomState::new().hash_one(args.rows());
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    if args.is_empty() {
        return Ok(args.reals(|_| Some((next() >> 11) as f64 / (1u64 << 53) as f64)));
    }
    let limit = args.long(0);
    Ok(args.longs(|row| {
        let limit = u64::try_from(limit.get(row)?).ok().filter(|limit| *limit > 0)?;
        Some((next() % limit) as i64)
    }))
}

const BETA_CDF: ScalarDef = function(
    "beta_cdf",
    THREE,
    |args| map_three(args, |x, alpha, beta| Some(statistics::beta_cdf(x, alpha, beta))),
    "The chance of a value up to the first argument in the beta distribution.",
    "beta-cdf-function",
    &[ex("round(beta_cdf(0.9, 10.0, 20.0), 10)", "1.0"), ex("beta_cdf(1.5, 10.0, 20.0)", "NaN")],
);

const BETA_INV: ScalarDef = function(
    "beta_inv",
    THREE,
    |args| map_three(args, statistics::beta_inverse),
    "The value up to which the chance is the first argument in the beta distribution.",
    "beta-inv-function",
    &[ex("round(beta_inv(0.1, 10.0, 20.0), 10)", "0.2264150224"), ex("beta_inv(1.5, 10.0, 20.0)", "null")],
);

const BETA_PDF: ScalarDef = function(
    "beta_pdf",
    THREE,
    |args| map_three(args, |x, alpha, beta| Some(statistics::beta_pdf(x, alpha, beta))),
    "The density of the beta distribution.",
    "beta-pdf-function",
    &[ex("round(beta_pdf(0.5, 10.0, 20.0), 10)", "0.7460175753")],
);

const WELCH_TEST: ScalarDef = function(
    "welch_test",
    &[sig(&[Param::Number; 6], Returns::Is(Real))],
    |args| {
        let columns = (0..6).map(|index| reals(args, index)).collect::<Result<Vec<_>, _>>()?;
        let get = |index: usize, row| columns[index].is_valid(row).then(|| columns[index].value(row));
        let sample = |first, row| Some([get(first, row)?, get(first + 1, row)?, get(first + 2, row)?]);
        Ok(args.reals(|row| Some(statistics::welch_test(sample(0, row)?, sample(3, row)?))))
    },
    "The p-value of Welch's t-test of two samples, each given as mean, variance and count.",
    "welch-test-function",
    &[ex("round(welch_test(20.82, 7.8674285714, 15, 22.9866666667, 3.8126666667, 15), 6)", "0.021378")],
);

pub(crate) const ALL: &[ScalarDef] = &[
    ABS,
    ACOS,
    ASIN,
    ATAN,
    ATAN2,
    BETA_CDF,
    BETA_INV,
    BETA_PDF,
    bin::BIN,
    bin::BIN_AT,
    bin::BIN_AUTO,
    bits::BINARY_AND,
    bits::BINARY_NOT,
    bits::BINARY_OR,
    bits::BINARY_SHIFT_LEFT,
    bits::BINARY_SHIFT_RIGHT,
    bits::BINARY_XOR,
    bits::BITSET_COUNT_ONES,
    CEILING,
    COS,
    COT,
    DEGREES,
    ERF,
    ERFC,
    EXP,
    EXP10,
    EXP2,
    GAMMA,
    ISFINITE,
    ISINF,
    ISNAN,
    LOG,
    LOG10,
    LOG2,
    LOGGAMMA,
    MAX_OF,
    MIN_OF,
    PI,
    POW,
    RADIANS,
    RAND,
    ROUND,
    SIGN,
    SIN,
    SQRT,
    TAN,
    WELCH_TEST,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arg;
    use crate::value::Value;

    #[test]
    fn halves_round_away_from_zero() {
        for (value, digits, expected) in [
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (0.5, 0, 1.0),
            (2.49999999, 0, 2.0),
            (2.15, 1, 2.2),
            (1.005, 2, 1.0),
            (3.25, 1, 3.3),
            (21.5, -1, 20.0),
            (1e300, 300, 1e300),
        ] {
            assert_eq!(round(value, digits), expected, "{value} to {digits}");
        }
    }

    fn answer(def: &ScalarDef, values: &[Value]) -> Value {
        let args: Vec<Arg> = values.iter().map(|value| Arg::Constant(value.to_array())).collect();
        let types: Vec<KqlType> = values.iter().map(Value::ty).collect();
        let returns = def.signatures[0].returns.of(&types);
        let Eval::Kernel(kernel) = def.eval else { panic!("a kernel") };
        Value::from_array(&kernel(&Args::new(&args, &types, returns, 1)).expect("answers"), 0, returns)
    }

    #[test]
    fn where_functions_have_no_value() {
        let null = Value::Null(Real);
        for (def, value, expected) in [
            (LOG, Value::Real(-1.0), null.clone()),
            (LOG, Value::Long(0), Value::Real(f64::NEG_INFINITY)),
            (ASIN, Value::Real(1.5), null.clone()),
            (SIGN, null.clone(), Value::Real(0.0)),
            (SIGN, Value::Real(f64::NAN), Value::Real(0.0)),
            (SIN, Value::Bool(false), Value::Real(0.0)), // a bool is a number (fact 38)
            (SQRT, null.clone(), null.clone()),
            (ISNAN, null.clone(), Value::Null(Bool)),
        ] {
            assert_eq!(answer(&def, std::slice::from_ref(&value)), expected, "{}({value:?})", def.name);
        }
        for (def, value) in [(SQRT, -1.0), (ASIN, f64::NAN), (LOG, f64::NAN)] {
            let Value::Real(found) = answer(&def, &[Value::Real(value)]) else { panic!("a real") };
            assert!(found.is_nan(), "{}({value})", def.name);
        }
    }

    #[test]
    fn extremes_skip_nulls() {
        let null = || Value::Null(KqlType::Int);
        for (values, greatest, least) in [
            (vec![Value::Int(8), Value::Int(1)], Value::Int(8), Value::Int(1)),
            (vec![null(), Value::Int(2)], Value::Int(2), Value::Int(2)),
            (vec![null(), null()], null(), null()),
            (vec![Value::TimeSpan(5), Value::TimeSpan(-5)], Value::TimeSpan(5), Value::TimeSpan(-5)),
            (
                vec![Value::String("a".into()), Value::String("B".into())],
                Value::String("a".into()),
                Value::String("B".into()),
            ),
        ] {
            assert_eq!((answer(&MAX_OF, &values), answer(&MIN_OF, &values)), (greatest, least), "{values:?}");
        }
        for def in [MAX_OF, MIN_OF] {
            let Value::Real(found) = answer(&def, &[Value::Real(f64::NAN), Value::Real(1.0)]) else { panic!("a real") };
            assert!(found.is_nan());
        }
    }
}
