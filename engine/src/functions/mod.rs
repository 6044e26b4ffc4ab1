//! What is computed over many rows at once: aggregates ([`agg`]) and functions over ordered rows ([`window`]). Scalar
//! functions are a crate of their own, `vizsla-functions`, which knows no DataFusion.

pub(crate) mod agg;
pub(crate) mod defender;
pub(crate) mod not_built;
pub(crate) mod plugins;
pub(crate) mod window;

mod sketches;

use vizsla_functions::ScalarDef;

/// The scalar function of this name or alias: one of `vizsla-functions`, or one that reads an aggregate's answer.
pub fn scalar(name: &str) -> Option<&'static ScalarDef> {
    vizsla_functions::scalar(name).or_else(|| sketches::ALL.iter().find(|def| def.name == name))
}

/// All scalar functions.
pub fn scalars() -> impl Iterator<Item = &'static ScalarDef> {
    vizsla_functions::scalars().chain(sketches::ALL)
}
