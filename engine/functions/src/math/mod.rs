//! Functions of numbers: rounding, powers, logarithms, angles, bits, distributions.
//!
//! Most take any number and answer a real. Where the service answers null instead of NaN, so do these: `log` of a negative
//! number, `asin` beyond one; but `sqrt(-1)` was measured to be NaN. Ticks count as numbers only in [`bin`].

mod angles;
mod bin;
mod bits;
mod extremes;
mod powers;
mod statistics;
mod units;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use KqlType::{Bool, Decimal, Long, Real, TimeSpan};
use arrow::array::{Array, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::args::Args;
use crate::convert;
use crate::def::{Eval, Example, Kernel, KernelResult, Naming, Param, Returns, ScalarDef, Signature, ex, sig};

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

pub(crate) const ALL: &[ScalarDef] = &[
    ABS,
    angles::ACOS,
    angles::ASIN,
    angles::ATAN,
    angles::ATAN2,
    statistics::BETA_CDF,
    statistics::BETA_INV,
    statistics::BETA_PDF,
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
    units::CONVERT_ANGLE,
    units::CONVERT_ENERGY,
    units::CONVERT_FORCE,
    units::CONVERT_LENGTH,
    units::CONVERT_MASS,
    units::CONVERT_SPEED,
    units::CONVERT_TEMPERATURE,
    units::CONVERT_VOLUME,
    angles::COS,
    angles::COT,
    angles::DEGREES,
    powers::ERF,
    powers::ERFC,
    powers::EXP,
    powers::EXP10,
    powers::EXP2,
    powers::GAMMA,
    ISFINITE,
    ISINF,
    ISNAN,
    powers::LOG,
    powers::LOG10,
    powers::LOG2,
    powers::LOGGAMMA,
    extremes::MAX_OF,
    extremes::MIN_OF,
    angles::PI,
    powers::POW,
    angles::RADIANS,
    RAND,
    ROUND,
    SIGN,
    angles::SIN,
    powers::SQRT,
    angles::TAN,
    statistics::WELCH_TEST,
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

    /// The answer of a function's first overload.
    pub(super) fn answer(def: &ScalarDef, values: &[Value]) -> Value {
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
            (powers::LOG, Value::Real(-1.0), null.clone()),
            (powers::LOG, Value::Long(0), Value::Real(f64::NEG_INFINITY)),
            (angles::ASIN, Value::Real(1.5), null.clone()),
            (SIGN, null.clone(), Value::Real(0.0)),
            (SIGN, Value::Real(f64::NAN), Value::Real(0.0)),
            (angles::SIN, Value::Bool(false), Value::Real(0.0)), // a bool is a number (fact 38)
            (powers::SQRT, null.clone(), null.clone()),
            (ISNAN, null.clone(), Value::Null(Bool)),
        ] {
            assert_eq!(answer(&def, std::slice::from_ref(&value)), expected, "{}({value:?})", def.name);
        }
        for (def, value) in [(powers::SQRT, -1.0), (angles::ASIN, f64::NAN), (powers::LOG, f64::NAN)] {
            let Value::Real(found) = answer(&def, &[Value::Real(value)]) else { panic!("a real") };
            assert!(found.is_nan(), "{}({value})", def.name);
        }
    }
}
