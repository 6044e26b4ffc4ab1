//! `+ - * / %`, comparisons, `between` and `in`, each an overload per combination of types.
//!
//! Names are the operators' spelling; the unary minus is `neg`. `and` and `or` are not here: they are the same in SQL. The
//! string operators (`has`, `contains`, `=~` …) live in [`crate::search`] and [`crate::regex`].
//!
//! ```text
//! operator("/")   7 / 2 is 3 (long), 7 / 2.0 is 3.5, 1d / 1h is 24.0 (real), 1h / 2 is 30m
//! ```

mod arithmetic;
mod compare;
mod membership;

use vizsla_schema::KqlType;

use self::arithmetic as math;
pub use self::membership::InList;
use crate::args::Args;
use crate::def::{Eval, Example, Kernel, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use KqlType::{Bool, DateTime, Decimal, Dynamic, Guid, Long, Real, String as Text, TimeSpan};

/// The operator spelled `name`, or `neg` for the unary minus.
pub fn operator(name: &str) -> Option<&'static ScalarDef> {
    OPERATORS.iter().find(|it| it.name == name)
}

const fn op(
    name: &'static str,
    signatures: &'static [Signature],
    kernel: Kernel,
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef { name, signatures, summary, source, examples, eval: Eval::Kernel(kernel), ..ScalarDef::BASE }
}

/// An overload for two operands.
const fn two(params: &'static [Param; 2], returns: KqlType) -> Signature {
    sig(params, Returns::Is(returns))
}

const LONGS: Signature = two(&[Param::Is(Long), Param::Is(Long)], Long);
const REALS: Signature = two(&[Param::Is(Real), Param::Is(Real)], Real);
const DECIMALS: Signature = two(&[Param::Is(Decimal), Param::Is(Decimal)], Decimal);
const TIMESPANS: Signature = two(&[Param::Is(TimeSpan), Param::Is(TimeSpan)], TimeSpan);
const DATETIME_TIMESPAN: Signature = two(&[Param::Is(DateTime), Param::Is(TimeSpan)], DateTime);

const ADD: ScalarDef = op(
    "+",
    &[LONGS, REALS, DECIMALS, TIMESPANS, DATETIME_TIMESPAN, two(&[Param::Is(TimeSpan), Param::Is(DateTime)], DateTime)],
    add,
    "The sum; a datetime and a timespan make a later datetime.",
    "numerical-operators",
    &[
        ex("int(2147483647) + int(1)", "2147483648"),
        ex("1 + 0.5", "1.5"),
        ex("datetime(2020-01-01) + 1d", "2020-01-02T00:00:00.0000000Z"),
    ],
);

fn add(args: &Args<'_>) -> KernelResult {
    match (args.returns(), args.ty(0)) {
        (DateTime, _) => math::move_datetime(args),
        (TimeSpan, _) => math::add_timespans(args),
        (Decimal, _) => math::add_decimals(args),
        _ => math::add(args),
    }
}

const SUBTRACT: ScalarDef = op(
    "-",
    &[LONGS, REALS, DECIMALS, TIMESPANS, two(&[Param::Is(DateTime), Param::Is(DateTime)], TimeSpan), DATETIME_TIMESPAN],
    subtract,
    "The difference; two datetimes are a timespan apart.",
    "numerical-operators",
    &[
        ex("5 - 7", "-2"),
        ex("datetime(2020-06-15) - datetime(2020-06-14)", "1.00:00:00"),
        ex("datetime(2020-06-15) - 12h", "2020-06-14T12:00:00.0000000Z"),
    ],
);

fn subtract(args: &Args<'_>) -> KernelResult {
    match (args.returns(), args.ty(0)) {
        (DateTime, _) => math::move_datetime_back(args),
        (TimeSpan, _) => math::subtract_timespans(args),
        (Decimal, _) => math::subtract_decimals(args),
        _ => math::subtract(args),
    }
}

const MULTIPLY: ScalarDef = op(
    "*",
    &[
        LONGS,
        REALS,
        DECIMALS,
        two(&[Param::Is(TimeSpan), Param::Is(Long)], TimeSpan),
        two(&[Param::Is(Long), Param::Is(TimeSpan)], TimeSpan),
        two(&[Param::Is(TimeSpan), Param::Is(Real)], TimeSpan),
        two(&[Param::Is(Real), Param::Is(TimeSpan)], TimeSpan),
    ],
    multiply,
    "The product; a timespan times a number is a timespan.",
    "numerical-operators",
    &[ex("6 * 7", "42"), ex("1d * 2.5", "2.12:00:00"), ex("2 * 1h", "02:00:00")],
);

fn multiply(args: &Args<'_>) -> KernelResult {
    match (args.ty(0), args.ty(1)) {
        (TimeSpan, Real) => math::scale_by_real(args),
        (Real, TimeSpan) => math::scale_real(args),
        (TimeSpan, _) | (_, TimeSpan) => math::scale_by_long(args),
        (Decimal, _) => math::multiply_decimals(args),
        _ => math::multiply(args),
    }
}

const DIVIDE: ScalarDef = op(
    "/",
    &[
        LONGS,
        REALS,
        DECIMALS,
        two(&[Param::Is(TimeSpan), Param::Is(TimeSpan)], Real),
        two(&[Param::Is(TimeSpan), Param::Is(Long)], TimeSpan),
        two(&[Param::Is(TimeSpan), Param::Is(Real)], TimeSpan),
    ],
    divide,
    "The quotient: of integers cut toward zero and null for a zero divisor, of timespans a real.",
    "numerical-operators",
    &[
        ex("-7 / 2", "-3"),
        ex("1 / 0", "null"),
        ex("1.0 / 0", "inf"),
        ex("1d / 1h", "24.0"),
        ex("(1h + 30m) / 2", "00:45:00"),
    ],
);

fn divide(args: &Args<'_>) -> KernelResult {
    match (args.ty(0), args.ty(1)) {
        (TimeSpan, TimeSpan) => math::divide_timespans(args),
        (TimeSpan, Real) => math::divide_timespan_by_real(args),
        (Decimal, _) => math::divide_decimals(args),
        (Real, _) => math::divide_reals(args),
        _ => math::divide_longs(args),
    }
}

const MODULO: ScalarDef = op(
    "%",
    &[LONGS, REALS, DECIMALS, TIMESPANS],
    modulo,
    "The remainder as mathematics has it, never negative whatever the signs.",
    "numerical-operators",
    &[ex("-14 % 12", "10"), ex("14 % -12", "2"), ex("-14 % -12", "10"), ex("1d % 5h", "04:00:00")],
);

fn modulo(args: &Args<'_>) -> KernelResult {
    match args.ty(0) {
        Real => math::modulo_reals(args),
        Decimal => math::modulo_decimals(args),
        _ => math::modulo_longs(args),
    }
}

const NEGATE: ScalarDef = op(
    "neg",
    &[
        sig(&[Param::Is(Long)], Returns::Is(Long)),
        sig(&[Param::Is(Real)], Returns::Is(Real)),
        sig(&[Param::Is(Decimal)], Returns::Is(Decimal)),
        sig(&[Param::Is(TimeSpan)], Returns::Is(TimeSpan)),
    ],
    negate,
    "The number or timespan with the other sign.",
    "numerical-operators",
    &[ex("-(1 + 2)", "-3"), ex("-(1d + 12h)", "-1.12:00:00")],
);

fn negate(args: &Args<'_>) -> KernelResult {
    match args.ty(0) {
        Real => math::negate_real(args),
        Decimal => math::negate_decimal(args),
        TimeSpan => math::negate_timespan(args),
        _ => math::negate_long(args),
    }
}

/// Operands that have an order and an equality; the binder has brought both to one type. A dynamic compares by value.
const COMPARABLE: &[Signature] = &[
    two(&[Param::Exactly(Dynamic), Param::Any], Bool),
    two(&[Param::Any, Param::Exactly(Dynamic)], Bool),
    two(&[Param::Is(Long), Param::Is(Long)], Bool),
    two(&[Param::Is(Real), Param::Is(Real)], Bool),
    two(&[Param::Is(Decimal), Param::Is(Decimal)], Bool),
    two(&[Param::Is(DateTime), Param::Is(DateTime)], Bool),
    two(&[Param::Is(TimeSpan), Param::Is(TimeSpan)], Bool),
    two(&[Param::Is(Guid), Param::Is(Guid)], Bool),
    two(&[Param::Is(Text), Param::Is(Text)], Bool),
    two(&[Param::Is(Bool), Param::Is(Bool)], Bool),
];

const EQUAL: ScalarDef = op(
    "==",
    COMPARABLE,
    compare::equal,
    "Whether both are equal, strings letter by letter; false if one is null, null if both are.",
    "datatypes-string-operators",
    &[ex(r#""a" == "A""#, "False"), ex("long(null) == 1", "False"), ex("long(null) == long(null)", "null")],
);

const NOT_EQUAL: ScalarDef = op(
    "!=",
    COMPARABLE,
    compare::not_equal,
    "Whether the two differ; true if one is null, null if both are.",
    "datatypes-string-operators",
    &[ex("1 != 2", "True"), ex("long(null) != 1", "True"), ex("real(nan) != real(nan)", "True")],
);

const LESS: ScalarDef = op(
    "<",
    COMPARABLE,
    compare::less,
    "Whether the left comes before the right; null if either is null.",
    "numerical-operators",
    &[ex("1 < 2", "True"), ex(r#""ABC" < "abc""#, "True"), ex("long(null) < 1", "null")],
);

const LESS_OR_EQUAL: ScalarDef = op(
    "<=",
    COMPARABLE,
    compare::less_or_equal,
    "Whether the left does not come after the right; null if either is null.",
    "numerical-operators",
    &[ex("2 <= 2", "True"), ex("1h <= 30m", "False")],
);

const GREATER: ScalarDef = op(
    ">",
    COMPARABLE,
    compare::greater,
    "Whether the left comes after the right; null if either is null.",
    "numerical-operators",
    &[ex("2 > 1", "True"), ex("real(nan) > 1.0", "False")],
);

const GREATER_OR_EQUAL: ScalarDef = op(
    ">=",
    COMPARABLE,
    compare::greater_or_equal,
    "Whether the left does not come before the right; null if either is null.",
    "numerical-operators",
    &[ex("datetime(2020-01-02) >= datetime(2020-01-01)", "True")],
);

const RANGES: &[Signature] = &[
    sig(&[Param::Is(Long); 3], Returns::Is(Bool)),
    sig(&[Param::Is(Real); 3], Returns::Is(Bool)),
    sig(&[Param::Is(Decimal); 3], Returns::Is(Bool)),
    sig(&[Param::Is(DateTime); 3], Returns::Is(Bool)),
    sig(&[Param::Is(DateTime), Param::Is(DateTime), Param::Is(TimeSpan)], Returns::Is(Bool)),
    sig(&[Param::Is(TimeSpan); 3], Returns::Is(Bool)),
    sig(&[Param::Is(Bool); 3], Returns::Is(Bool)),
];

const BETWEEN: ScalarDef = op(
    "between",
    RANGES,
    compare::between,
    "Whether a value lies between two bounds, both included; a timespan as the upper bound of a datetime counts from the lower.",
    "between-operator",
    &[
        ex("5 between (1 .. 5)", "True"),
        ex("5 between (7 .. 1)", "False"),
        ex("datetime(2020-01-03) between (datetime(2020-01-01) .. 3d)", "True"),
        ex("long(null) between (1 .. 5)", "null"),
    ],
);

const NOT_BETWEEN: ScalarDef = op(
    "!between",
    RANGES,
    compare::not_between,
    "Whether a value lies outside two bounds; null if any of the three is.",
    "not-between-operator",
    &[ex("5 !between (1 .. 5)", "False"), ex("6 !between (1 .. 5)", "True")],
);

const LISTS: &[Signature] = &[sig(&[Param::Any], Returns::Is(Bool)).rest(Param::Any)];

const IN: ScalarDef = op(
    "in",
    LISTS,
    membership::is_in,
    "Whether a value equals one of a list; a dynamic array counts as its elements.",
    "in-cs-operator",
    &[
        ex(r#""a" in ("b", "a")"#, "True"),
        ex("2 in (2.0)", "True"),
        ex("2 in (dynamic([1, 2]))", "True"),
        ex("long(null) in (5)", "False"),
    ],
);

const NOT_IN: ScalarDef = op(
    "!in",
    LISTS,
    membership::is_not_in,
    "Whether a value differs from all of a list.",
    "not-in-cs-operator",
    &[ex(r#""a" !in ("b", "A")"#, "True"), ex("long(null) !in (5)", "True")],
);

/// Every operator of this module.
pub const OPERATORS: &[ScalarDef] = &[
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MODULO,
    NEGATE,
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    BETWEEN,
    NOT_BETWEEN,
    IN,
    NOT_IN,
];

pub(crate) const ALL: &[ScalarDef] = OPERATORS;

#[cfg(test)]
mod tests;
