//! Rounding down to multiples: `bin` (and `floor`, its other name) and `bin_at`.

use vizsla_schema::KqlType;

use super::{KernelResult, pass};
use crate::args::Args;
use crate::datetime::calendar::in_range;
use crate::def::{Eval, Param, Returns, ScalarDef, Signature, ex, sig};
use KqlType::{DateTime, Decimal, Long, Real, TimeSpan};

const TWO: &[Signature] = &[
    sig(&[Param::Is(Long); 2], Returns::Is(Long)),
    sig(&[Param::Is(Real); 2], Returns::Is(Real)),
    sig(&[Param::Is(Decimal); 2], Returns::Is(Decimal)),
    sig(&[Param::Is(DateTime), Param::Is(TimeSpan)], Returns::Is(DateTime)),
    sig(&[Param::Is(TimeSpan); 2], Returns::Is(TimeSpan)),
];

const THREE: &[Signature] = &[
    sig(&[Param::Is(Long); 3], Returns::Is(Long)),
    sig(&[Param::Is(Real); 3], Returns::Is(Real)),
    sig(&[Param::Is(Decimal); 3], Returns::Is(Decimal)),
    sig(&[Param::Is(DateTime), Param::Is(TimeSpan), Param::Is(DateTime)], Returns::Is(DateTime)),
    sig(&[Param::Is(TimeSpan); 3], Returns::Is(TimeSpan)),
];

pub(super) const BIN: ScalarDef = ScalarDef {
    aliases: &["floor"],
    ..pass(
        "bin",
        TWO,
        bin,
        "The value rounded down to a multiple of the second; datetimes count from 0001-01-01, a Monday.",
        "bin-function",
        &[
            ex("bin(-7, 5)", "-10"),
            ex("bin(4.5, 1)", "4.0"),
            ex("bin(datetime(1970-05-11 13:45:07), 1d)", "1970-05-11T00:00:00.0000000Z"),
            ex("bin(datetime(2007-01-03), 7d)", "2007-01-01T00:00:00.0000000Z"),
            ex("bin(16d, 7d)", "14.00:00:00"),
            ex("bin(5, 0)", "null"),
        ],
    )
};

pub(super) const BIN_AT: ScalarDef = pass(
    "bin_at",
    THREE,
    bin,
    "The value rounded down to a multiple of the second counted from the third, which may lie above.",
    "bin-at-function",
    &[
        ex("bin_at(6.5, 2.5, 7)", "4.5"),
        ex("bin_at(1h, 1d, 12h)", "-12:00:00"),
        ex("bin_at(datetime(2017-05-17 10:20:00), 7d, datetime(2017-06-04 00:00:00))", "2017-05-14T00:00:00.0000000Z"),
    ],
);

pub(super) const BIN_AUTO: ScalarDef = ScalarDef {
    name: "bin_auto",
    signatures: &[sig(&[Param::Any], Returns::Arg(0))],
    summary: "The value rounded down as the request's `query_bin_auto_size` and `query_bin_auto_at` say.",
    source: "bin-auto-function",
    naming: crate::def::Naming::PassThrough,
    eval: Eval::Binder,
    ..ScalarDef::BASE
};

/// With a fixed point as third argument, or without.
fn bin(args: &Args<'_>) -> KernelResult {
    match args.ty(0) {
        Real => {
            let (value, size) = (args.real(0), args.real(1));
            let fixed = (args.len() > 2).then(|| args.real(2));
            Ok(args.reals(|row| {
                let fixed = fixed.map_or(Some(0.0), |it| it.get(row))?;
                bin_real(value.get(row)?, size.get(row)?, fixed)
            }))
        }
        Decimal => {
            let (value, size) = (args.decimal(0), args.decimal(1));
            let fixed = (args.len() > 2).then(|| args.decimal(2));
            Ok(args.decimals(|row| {
                let fixed = fixed.map_or(Some(0), |it| it.get(row))?;
                let size = size.get(row).filter(|size| *size > 0)?;
                let value = value.get(row)?;
                value.checked_sub(value.checked_sub(fixed)?.rem_euclid(size))
            }))
        }
        ty => {
            let (value, size) = (args.long(0), args.long(1));
            let fixed = (args.len() > 2).then(|| args.long(2));
            let fits = if ty == DateTime { in_range } else { Some };
            Ok(args.longs(|row| {
                let fixed = fixed.map_or(Some(0), |it| it.get(row))?;
                bin_long(value.get(row)?, size.get(row)?, fixed).and_then(fits)
            }))
        }
    }
}

/// A size of zero or less has no multiples: null.
fn bin_long(value: i64, size: i64, fixed: i64) -> Option<i64> {
    if size <= 0 {
        return None;
    }
    value.checked_sub(value.checked_sub(fixed)?.rem_euclid(size))
}

/// A size of zero is NaN, a negative one null (fact 46).
fn bin_real(value: f64, size: f64, fixed: f64) -> Option<f64> {
    if size < 0.0 {
        return None;
    }
    Some(((value - fixed) / size).floor() * size + fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_toward_minus_infinity() {
        for (value, size, fixed, expected) in [
            (7, 5, 0, Some(5)),
            (-7, 5, 0, Some(-10)),
            (-10, 5, 0, Some(-10)),
            (1, 24, 12, Some(-12)),
            (7, 0, 0, None),
            (7, -5, 0, None),
            (i64::MIN, 7, 0, None),
            (i64::MAX, 10, -1, None),
        ] {
            assert_eq!(bin_long(value, size, fixed), expected, "{value} by {size} from {fixed}");
        }
    }

    #[test]
    fn reals_round_toward_minus_infinity() {
        for (value, size, fixed, expected) in [
            (4.5, 1.0, 0.0, Some(4.0)),
            (-7.5, 1.0, 0.0, Some(-8.0)),
            (6.5, 2.5, 7.0, Some(4.5)),
            (4.5, -1.0, 0.0, None),
        ] {
            assert_eq!(bin_real(value, size, fixed), expected, "{value} by {size} from {fixed}");
        }
        assert!(bin_real(4.5, 0.0, 0.0).is_some_and(f64::is_nan));
    }
}
