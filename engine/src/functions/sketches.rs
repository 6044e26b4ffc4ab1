//! Scalar functions that read what the aggregates `hll` and `tdigest` answer. They live beside those aggregates, which own
//! the form.

use vizsla_functions::def::{Eval, KernelResult, Param, Returns, sig};
use vizsla_functions::{Args, ScalarDef};
use vizsla_schema::KqlType as T;

use super::agg::{quantiles, sketch};

/// Those functions.
pub(super) const ALL: &[ScalarDef] = &[DCOUNT_HLL, PERCENTILE_TDIGEST];

const DCOUNT_HLL: ScalarDef = ScalarDef {
    name: "dcount_hll",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Long))],
    summary: "The number of distinct values that a result of `hll` stands for.",
    source: "dcount-hll-function",
    eval: Eval::Kernel(dcount_hll),
    ..ScalarDef::BASE
};

const PERCENTILE_TDIGEST: ScalarDef = ScalarDef {
    name: "percentile_tdigest",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Real)], Returns::Is(T::Dynamic))],
    summary: "The value at a percentile of a result of `tdigest`.",
    source: "percentile-tdigest-function",
    eval: Eval::Kernel(percentile_tdigest),
    ..ScalarDef::BASE
};

fn dcount_hll(args: &Args<'_>) -> KernelResult {
    let sketches = args.text(0);
    Ok(args.longs(|row| sketches.get(row).and_then(sketch::dcount_hll)))
}

fn percentile_tdigest(args: &Args<'_>) -> KernelResult {
    let (digests, ranks) = (args.text(0), args.real(1));
    Ok(args.texts(|row, out| {
        let (Some(digest), Some(rank)) = (digests.get(row), ranks.get(row)) else { return false };
        let Some(value) = quantiles::percentile_tdigest(digest, rank) else { return false };
        out.push_str(&value);
        true
    }))
}
