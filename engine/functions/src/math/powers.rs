//! Powers, logarithms, and the functions that extend the factorial and the normal distribution.

use std::sync::Arc;

use arrow::datatypes::Float64Type;

use super::{ONE, TWO, function, map, map_two, pass, reals};
use crate::args::Args;
use crate::def::{KernelResult, ScalarDef, ex};

pub(super) const SQRT: ScalarDef = pass(
    "sqrt",
    ONE,
    |args| map(args, f64::sqrt),
    "The square root, NaN of a negative number.",
    "sqrt-function",
    &[ex("sqrt(256)", "16.0"), ex("sqrt(-1.0)", "NaN")],
);

pub(super) const POW: ScalarDef = function(
    "pow",
    TWO,
    |args| map_two(args, f64::powf),
    "The first number to the power of the second.",
    "pow-function",
    &[ex("pow(2, 3)", "8.0"), ex("pow(2, -1)", "0.5")],
);

pub(super) const EXP: ScalarDef = pass(
    "exp",
    ONE,
    |args| map(args, f64::exp),
    "e to the power of the number.",
    "exp-function",
    &[ex("exp(2)", "7.38905609893065")],
);

pub(super) const EXP2: ScalarDef = pass(
    "exp2",
    ONE,
    |args| map(args, f64::exp2),
    "2 to the power of the number.",
    "exp2-function",
    &[ex("exp2(3)", "8.0")],
);

pub(super) const EXP10: ScalarDef = function(
    "exp10",
    ONE,
    |args| map(args, |value| 10f64.powf(value)),
    "10 to the power of the number.",
    "exp10-function",
    &[ex("exp10(2)", "100.0")],
);

/// A logarithm of what has one. That of a negative number is null, not NaN.
fn logarithm(args: &Args<'_>, of: fn(f64) -> f64) -> KernelResult {
    Ok(Arc::new(
        reals(args, 0)?.unary_opt::<_, Float64Type>(|value| (value.is_nan() || value >= 0.0).then(|| of(value))),
    ))
}

pub(super) const LOG: ScalarDef = pass(
    "log",
    ONE,
    |args| logarithm(args, f64::ln),
    "The natural logarithm, null of a negative number.",
    "log-function",
    &[ex("log(1)", "0.0"), ex("log(0.0)", "-inf"), ex("log(-1.0)", "null")],
);

pub(super) const LOG2: ScalarDef = pass(
    "log2",
    ONE,
    |args| logarithm(args, f64::log2),
    "The logarithm to base 2, null of a negative number.",
    "log2-function",
    &[ex("log2(8)", "3.0")],
);

pub(super) const LOG10: ScalarDef = pass(
    "log10",
    ONE,
    |args| logarithm(args, f64::log10),
    "The logarithm to base 10, null of a negative number.",
    "log10-function",
    &[ex("log10(5)", "0.6989700043360189")],
);

pub(super) const GAMMA: ScalarDef = pass(
    "gamma",
    ONE,
    |args| map(args, libm::tgamma),
    "The gamma function: for a whole number the factorial of the one below.",
    "gamma-function",
    &[ex("gamma(5)", "24.0")],
);

pub(super) const LOGGAMMA: ScalarDef = function(
    "loggamma",
    ONE,
    |args| map(args, libm::lgamma),
    "The logarithm of the absolute value of the gamma function.",
    "loggamma-function",
    &[ex("round(loggamma(5), 10)", "3.1780538303")],
);

pub(super) const ERF: ScalarDef = function(
    "erf",
    ONE,
    |args| map(args, libm::erf),
    "The error function.",
    "erf-function",
    &[ex("erf(1)", "0.8427007929497149"), ex("erf(0)", "0.0")],
);

pub(super) const ERFC: ScalarDef = function(
    "erfc",
    ONE,
    |args| map(args, libm::erfc),
    "One minus the error function.",
    "erfc-function",
    &[ex("erfc(0)", "1.0")],
);
