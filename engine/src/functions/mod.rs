//! What is computed over many rows at once: aggregates ([`agg`]) and functions over ordered rows ([`window`]). Scalar
//! functions are a crate of their own, `vizsla-functions`, which knows no DataFusion.

pub mod agg;
pub(crate) mod defender;
pub(crate) mod not_built;
pub mod window;
