//! What `pack_all(true)` and `find` do with a bag that holds empty values.

use vizsla_schema::KqlType as T;

use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, sig};
use crate::dynamic::{entries, write_bag};

/// The bag without entries that are null or empty text (fact 141). For the binder; a query cannot call it by name.
pub const WITHOUT_EMPTY: ScalarDef = ScalarDef {
    name: "without_empty",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Dynamic))],
    summary: "The bag without entries that are null or empty text.",
    source: "pack-all-function",
    eval: Eval::Kernel(without_empty),
    ..ScalarDef::BASE
};

fn without_empty(args: &Args<'_>) -> KernelResult {
    let bags = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(entries) = bags.get(row).and_then(entries) else { return false };
        write_bag(entries.filter(|(_, value)| !matches!(*value, "null" | "\"\"")), out);
        true
    }))
}
