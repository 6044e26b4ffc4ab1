//! Functions of the bits of integers.

use vizsla_schema::KqlType::Long;

use super::{KernelResult, function, pass};
use crate::args::Args;
use crate::def::{Param, Returns, ScalarDef, Signature, ex, sig};

const ONE: &[Signature] = &[sig(&[Param::Is(Long)], Returns::Is(Long))];
const TWO: &[Signature] = &[sig(&[Param::Is(Long); 2], Returns::Is(Long))];

fn longs(args: &Args<'_>, op: fn(i64, i64) -> i64) -> KernelResult {
    let (left, right) = (args.long(0), args.long(1));
    Ok(args.longs(|row| Some(op(left.get(row)?, right.get(row)?))))
}

pub(super) const BINARY_AND: ScalarDef = pass(
    "binary_and",
    TWO,
    |args| longs(args, |left, right| left & right),
    "The bits set in both.",
    "binary-and-function",
    &[ex("binary_and(6, 3)", "2")],
);

pub(super) const BINARY_OR: ScalarDef = pass(
    "binary_or",
    TWO,
    |args| longs(args, |left, right| left | right),
    "The bits set in either.",
    "binary-or-function",
    &[ex("binary_or(5, 3)", "7")],
);

pub(super) const BINARY_XOR: ScalarDef = pass(
    "binary_xor",
    TWO,
    |args| longs(args, |left, right| left ^ right),
    "The bits set in one but not the other.",
    "binary-xor-function",
    &[ex("binary_xor(1, 2)", "3")],
);

pub(super) const BINARY_NOT: ScalarDef = pass(
    "binary_not",
    ONE,
    |args| {
        let value = args.long(0);
        Ok(args.longs(|row| Some(!value.get(row)?)))
    },
    "Every bit turned over.",
    "binary-not-function",
    &[ex("binary_not(100)", "-101")],
);

// Only the lowest six bits of the count matter (fact 40), which is what `wrapping_shl` does.
pub(super) const BINARY_SHIFT_LEFT: ScalarDef = pass(
    "binary_shift_left",
    TWO,
    |args| longs(args, |value, count| value.wrapping_shl(count as u32)),
    "The bits moved up by a number of places, modulo 64.",
    "binary-shift-left-function",
    &[ex("binary_shift_left(1, 2)", "4"), ex("binary_shift_left(1, 66)", "4")],
);

pub(super) const BINARY_SHIFT_RIGHT: ScalarDef = pass(
    "binary_shift_right",
    TWO,
    |args| longs(args, |value, count| value.wrapping_shr(count as u32)),
    "The bits moved down by a number of places, modulo 64; the sign stays.",
    "binary-shift-right-function",
    &[ex("binary_shift_right(1, 2)", "0"), ex("binary_shift_right(-8, 1)", "-4")],
);

pub(super) const BITSET_COUNT_ONES: ScalarDef = function(
    "bitset_count_ones",
    ONE,
    |args| {
        let value = args.long(0);
        Ok(args.longs(|row| Some(i64::from(value.get(row)?.count_ones()))))
    },
    "How many bits are set.",
    "bitset-count-ones-function",
    &[ex("bitset_count_ones(42)", "3")],
);
