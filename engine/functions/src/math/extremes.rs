//! The greatest and the least of several arguments.

use KqlType::{Bool, Decimal, Guid, Long, Real, String as Text, TimeSpan};
use vizsla_schema::KqlType;

use super::function;
use crate::args::Args;
use crate::def::{KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::dynamic;

/// All arguments have one type, which is the binder's doing.
const SAME: &[Signature] = &[sig(&[Param::Any], Returns::Arg(0)).rest(Param::Any)];

pub(super) const MAX_OF: ScalarDef = function(
    "max_of",
    SAME,
    |args| extreme(args, true),
    "The greatest argument; nulls do not count unless there is nothing else.",
    "max-of-function",
    &[ex("max_of(10, 1, -3, 17)", "17"), ex("max_of(1, long(null), 3)", "3")],
);

pub(super) const MIN_OF: ScalarDef = function(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::tests::answer;
    use crate::value::Value;

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
