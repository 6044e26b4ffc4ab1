//! Scalar functions that read what the aggregates `hll` and `tdigest` answer. They live beside those aggregates, which own
//! the form.

use vizsla_functions::def::{Eval, KernelResult, Naming, Param, Returns, sig};
use vizsla_functions::{Args, ScalarDef};
use vizsla_schema::KqlType as T;

use super::agg::{quantiles, sketch};

/// Those functions.
pub(super) const ALL: &[ScalarDef] = &[DCOUNT_HLL, HLL_MERGE, PERCENTILE_TDIGEST];

const DCOUNT_HLL: ScalarDef = ScalarDef {
    name: "dcount_hll",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Long))],
    summary: "The number of distinct values that a result of `hll` stands for.",
    source: "dcount-hll-function",
    naming: Naming::Prefix("dcount_hll_"),
    eval: Eval::Kernel(dcount_hll),
    ..ScalarDef::BASE
};

const HLL_MERGE: ScalarDef = ScalarDef {
    name: "hll_merge",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Dynamic)).rest(Param::Is(T::Dynamic))],
    summary: "One sketch for several results of `hll`; they have to be of one accuracy, that of the first.",
    source: "hll-merge-function",
    eval: Eval::Kernel(hll_merge),
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

fn hll_merge(args: &Args<'_>) -> KernelResult {
    let sketches: Vec<_> = (0..args.len()).map(|index| args.text(index)).collect();
    Ok(args.texts(|row, out| sketch::merge_hll(sketches.iter().filter_map(|sketch| sketch.get(row)), out)))
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
