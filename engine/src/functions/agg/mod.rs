//! The aggregates of `summarize`, each one constant in its family's file, found by name through [`aggregate`].
//!
//! An [`AggregateDef`] says what the binder needs: overloads, naming, which argument is a predicate. Its `udaf` turns a
//! bound call into a DataFusion aggregate that gives KQL's answer for no rows too (fact 197), also when a FILTER
//! removed them all. The families share two shapes of accumulator: [`per_group`] for a small value per group, and
//! tables over all groups for what collects ([`set`], [`members`], [`rows`]). Where DataFusion's own accumulator has the right
//! semantics, [`wrapped`] takes that.
//!
//! What is not here: names of output columns and the expansion of `arg_max(x, *)`, which are the binder's.
//!
//! ```ignore
//! // make_list_if(Account, Success, 10) by DeviceId
//! let def = aggregate("make_list_if").expect("listed");
//! // The predicate is no part of the call, and a constant no column.
//! let call = AggCall { types: vec![String, Long], constants: vec![None, Some(Long(10))], returns: Dynamic };
//! let list = (def.udaf)(&call).call(vec![account]);
//! list.filter(success).order_by(order_of_the_input).build()?
//! ```

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::Value;
use vizsla_functions::def::{Example, Param, Signature};
use vizsla_schema::KqlType;

mod average;
mod bag;
mod covariance;
mod distinct;
mod list;
mod members;
mod numbered;
mod numeric;
mod per_group;
mod percentile;
pub(crate) mod quantiles;
mod rows;
mod schema;
mod set;
pub(crate) mod sketch;
#[cfg(test)]
mod testing;
mod udaf;
mod wrapped;

/// An aggregate, one constant in its family's file.
#[derive(Debug)]
pub struct AggregateDef {
    /// Name as written in a query.
    pub name: &'static str,
    /// Other spellings that mean the same and name their column alike: `makelist` for `make_list`.
    pub aliases: &'static [&'static str],
    /// Overloads, the most specific first, with the predicate where the call has it.
    pub signatures: &'static [Signature],
    /// One sentence on what it answers.
    pub summary: &'static str,
    /// The reference page the behaviour comes from, below `kusto/query/`.
    pub source: &'static str,
    /// Calls over the table of [`EXAMPLE_ROWS`] with their answers.
    pub examples: &'static [Example],
    /// How an unnamed call is called in the output.
    pub naming: AggNaming,
    /// Which argument is a bool predicate that chooses rows: the binder makes it the FILTER and takes it out of the
    /// call.
    pub predicate: Option<usize>,
    /// Whether the order of rows shows in the answer: the binder adds ORDER BY when the input has an order.
    pub order_sensitive: bool,
    /// Whether the arguments only lend their name, as in `count(x)`: the DataFusion call is given the literal `1`
    /// instead.
    pub counts_rows: bool,
    /// Which columns it yields.
    pub outputs: Outputs,
    /// The aggregate for chosen types. Its arguments are those of the call that are neither predicate nor constant.
    pub udaf: fn(&AggCall) -> Arc<AggregateUDF>,
}

impl AggregateDef {
    /// The usual values, for `..AggregateDef::BASE`.
    const BASE: AggregateDef = AggregateDef {
        name: "",
        aliases: &[],
        signatures: &[],
        summary: "",
        source: "",
        examples: &[],
        naming: AggNaming::PassThrough,
        predicate: None,
        order_sensitive: false,
        counts_rows: false,
        outputs: Outputs::One,
        udaf: |_| unreachable!("a definition without a computation is not listed"),
    };
}

/// The table that examples are about, as the body of a `datatable`.
pub const EXAMPLE_ROWS: &str = r#"(x:long, y:real, s:string, b:bool, d:dynamic) [
    1, 2.0, "a", true, dynamic({"k":1}),
    2, 4.5, "b", false, dynamic({"l":2}),
    3, real(null), "a", true, dynamic([1, 2]),
    long(null), 4.0, "", false, dynamic(null),
]"#;

/// A call with its types chosen, the predicate taken out.
#[derive(Debug, Clone)]
pub struct AggCall {
    /// Types of all arguments after conversion, constants included.
    pub types: Vec<KqlType>,
    /// The value of each argument that is constant, in the type of `types`.
    pub constants: Vec<Option<Value>>,
    /// Type of the answer; of each answer for `percentiles`; ignored where every argument is answered (`arg_max`).
    pub returns: KqlType,
}

/// How the column of an unnamed call is called (facts 192–194, 203).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggNaming {
    /// A prefix and the name of the first argument, `sum_x`; `sum_` if that has no name.
    Prefix(&'static str),
    /// A prefix and the names of the first two arguments: `covariance_x_y`.
    PrefixBoth(&'static str),
    /// One for each rank: `percentile_x_50`, `percentile_x_99_9`.
    Percentile,
    /// The name of the argument itself, of each where there are several: `take_any(x)`, `arg_max(x, y)`.
    PassThrough,
    /// With a prefix on all: the old `argmax(x, y)` yields `max_x` and `max_x_y`.
    ArgPrefix(&'static str),
}

/// Which columns an aggregate yields. Several come as one struct with fields `f0`, `f1`, … that the binder projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// One value of type [`AggCall::returns`], no struct.
    One,
    /// A struct with a field for each argument, of that argument's type, even if there is only one.
    EachArgument,
    /// A struct with a field of type [`AggCall::returns`] for each constant argument, even if there is only one.
    EachConstant,
}

/// Whether argument `index` of a call by `signature` is a constant that is passed in [`AggCall::constants`] only.
pub(crate) fn is_constant(signature: &Signature, index: usize) -> bool {
    let param = signature.params.get(index).copied().or(signature.rest);
    matches!(param, Some(Param::Const(_)))
}

/// Every family's table.
const FAMILIES: &[&[AggregateDef]] = &[
    numeric::ALL,
    average::ALL,
    covariance::ALL,
    distinct::ALL,
    list::ALL,
    set::ALL,
    bag::ALL,
    rows::ALL,
    percentile::ALL,
    schema::ALL,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static AggregateDef>> = LazyLock::new(|| {
    let names = |def: &'static AggregateDef| std::iter::once(def.name).chain(def.aliases.iter().copied());
    aggregates().flat_map(|def| names(def).map(move |name| (name, def))).collect()
});

/// The aggregate of this name or alias; names are case-sensitive.
pub fn aggregate(name: &str) -> Option<&'static AggregateDef> {
    BY_NAME.get(name).copied()
}

/// All aggregates, family by family.
pub fn aggregates() -> impl Iterator<Item = &'static AggregateDef> {
    FAMILIES.iter().flat_map(|family| family.iter())
}
