//! The scalar functions and operators of the language, over arrow arrays. No DataFusion, no parser: tests start in seconds.
//!
//! A function is one constant in its family's file ([`text`], [`datetime`], …), found by name through [`scalar`].
//! Kernels see arrays in plan types (`KqlType::plan_type`) through [`args::Args`] and know nothing of queries, names or
//! plans. Aggregates and functions over ordered rows live in the engine, since they are DataFusion's traits. What only the
//! binder can do (`iff`, `now`, `column_ifexists`) is listed with [`def::Eval::Binder`] so that help and completion know it.

pub mod args;
pub mod def;
pub mod dynamic;
pub mod format;
pub mod value;

mod cache;
mod control;
pub mod convert;
mod datetime;
mod dynamic_array;
mod dynamic_bag;
mod geo;
pub mod lay_out;
mod math;
mod network;
pub mod operators;
pub mod packing;
pub mod regex;
pub mod search;
pub mod series;
#[cfg(test)]
mod testing;
mod text;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use args::{Arg, Args};
pub use def::{KernelResult, ScalarDef};
pub use network::{NETWORKS_OF_IPV4, NETWORKS_OF_IPV6};
pub use value::Value;

/// Every family's table.
const FAMILIES: &[&[ScalarDef]] = &[
    control::ALL,
    convert::ALL,
    datetime::ALL,
    dynamic_array::ALL,
    dynamic_bag::ALL,
    geo::ALL,
    math::ALL,
    network::ALL,
    operators::ALL,
    regex::ALL,
    search::ALL,
    series::ALL,
    text::ALL,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static ScalarDef>> = LazyLock::new(|| {
    let names = |def: &'static ScalarDef| std::iter::once(def.name).chain(def.aliases.iter().copied());
    scalars().flat_map(|def| names(def).map(move |name| (name, def))).collect()
});

/// The scalar function of this name or alias; names are case-sensitive.
pub fn scalar(name: &str) -> Option<&'static ScalarDef> {
    BY_NAME.get(name).copied()
}

/// All scalar functions, family by family.
pub fn scalars() -> impl Iterator<Item = &'static ScalarDef> {
    FAMILIES.iter().flat_map(|family| family.iter())
}
