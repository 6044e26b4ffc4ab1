//! Angles and the functions of them.

use vizsla_schema::KqlType::Real;

use super::{ONE, TWO, function, map, map_some, map_two, pass};
use crate::def::{Returns, ScalarDef, ex, sig};

pub(super) const SIN: ScalarDef = pass(
    "sin",
    ONE,
    |args| map(args, f64::sin),
    "The sine of an angle in radians.",
    "sin-function",
    &[ex("sin(1)", "0.8414709848078965")],
);

pub(super) const COS: ScalarDef = pass(
    "cos",
    ONE,
    |args| map(args, f64::cos),
    "The cosine of an angle in radians.",
    "cos-function",
    &[ex("cos(0)", "1.0")],
);

pub(super) const TAN: ScalarDef = pass(
    "tan",
    ONE,
    |args| map(args, f64::tan),
    "The tangent of an angle in radians.",
    "tan-function",
    &[ex("tan(0)", "0.0")],
);

pub(super) const COT: ScalarDef = function(
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

pub(super) const ASIN: ScalarDef = pass(
    "asin",
    ONE,
    |args| map_some(args, |value| within_one(value, f64::asin)),
    "The angle in radians whose sine this is, null beyond -1 and 1.",
    "asin-function",
    &[ex("asin(0.95)", "1.253235897503375"), ex("asin(2)", "null")],
);

pub(super) const ACOS: ScalarDef = pass(
    "acos",
    ONE,
    |args| map_some(args, |value| within_one(value, f64::acos)),
    "The angle in radians whose cosine this is, null beyond -1 and 1.",
    "acos-function",
    &[ex("acos(1)", "0.0"), ex("acos(-1.5)", "null")],
);

pub(super) const ATAN: ScalarDef = pass(
    "atan",
    ONE,
    |args| map(args, f64::atan),
    "The angle in radians whose tangent this is.",
    "atan-function",
    &[ex("atan(0.5)", "0.4636476090008061")],
);

pub(super) const ATAN2: ScalarDef = pass(
    "atan2",
    TWO,
    |args| map_two(args, f64::atan2),
    "The angle in radians from the x axis to the point (second argument, first argument).",
    "atan2-function",
    &[ex("atan2(1, 1)", "0.7853981633974483"), ex("atan2(0, -1)", "3.141592653589793")],
);

pub(super) const RADIANS: ScalarDef = function(
    "radians",
    ONE,
    |args| map(args, f64::to_radians),
    "The angle in radians of one in degrees.",
    "radians-function",
    &[ex("radians(180)", "3.141592653589793")],
);

pub(super) const DEGREES: ScalarDef = function(
    "degrees",
    ONE,
    |args| map(args, f64::to_degrees),
    "The angle in degrees of one in radians.",
    "degrees-function",
    &[ex("degrees(pi() / 4)", "45.0")],
);

pub(super) const PI: ScalarDef = function(
    "pi",
    &[sig(&[], Returns::Is(Real))],
    |args| Ok(args.reals(|_| Some(std::f64::consts::PI))),
    "The ratio of a circle's circumference to its diameter.",
    "pi-function",
    &[ex("pi()", "3.141592653589793")],
);
