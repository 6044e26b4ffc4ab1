//! The functions over ordered rows (facts 286–290), each one constant, found by name through [`window`].
//!
//! They see all rows of the relation at once, in its order, and every argument as a column, constants too. A `restart`
//! argument is what partitions are elsewhere: the count or sum begins anew on each row where it is true. That the input
//! is serialised at all (fact 225) is for the binder to check.
//!
//! ```ignore
//! // sort by DeviceId asc, Timestamp asc | extend n = row_number(1, DeviceId != prev(DeviceId))
//! let number = (window("row_number").expect("listed").udwf)(&[Long, Bool], Long);
//! number.call(vec![lit(1_i64), starts_anew]).order_by(order_of_the_input).build()?
//! ```

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    PartitionEvaluator, Signature as PlanSignature, TypeSignature, Volatility, WindowUDF, WindowUDFImpl,
};
use vizsla_functions::def::{Example, Naming, Signature};
use vizsla_schema::KqlType;

mod components;
mod neighbors;
mod running;

pub(crate) use self::components::{STRONG_COMPONENT, WEAK_COMPONENT};
pub(crate) use self::neighbors::NEAR;

/// A function over ordered rows.
#[derive(Debug)]
pub struct WindowDef {
    /// Name as written in a query.
    pub name: &'static str,
    /// Overloads, the most specific first.
    pub signatures: &'static [Signature],
    /// One sentence on what it answers.
    pub summary: &'static str,
    /// The reference page the behaviour comes from, below `kusto/query/`.
    pub source: &'static str,
    /// Calls over the rows of [`EXAMPLE_ROWS`], each with the answers of all rows as an array.
    pub examples: &'static [Example],
    /// How an unnamed call is called in the output.
    pub naming: Naming,
    /// The function for arguments of these types, answering that type.
    pub udwf: fn(&[KqlType], KqlType) -> Arc<WindowUDF>,
}

/// The serialised table that examples are about, as the body of a `datatable`.
pub const EXAMPLE_ROWS: &str = r#"(g:string, x:long, t:datetime) [
    "a", 1, datetime(2024-01-01 10:00),
    "a", 2, datetime(2024-01-01 10:05),
    "b", 2, datetime(2024-01-01 12:00),
    "b", 5, datetime(2024-01-01 12:30),
]"#;

/// Every family's table.
const FAMILIES: &[&[WindowDef]] = &[neighbors::ALL, running::ALL];

static BY_NAME: LazyLock<HashMap<&'static str, &'static WindowDef>> =
    LazyLock::new(|| windows().map(|def| (def.name, def)).collect());

/// The window function of this name; names are case-sensitive.
pub fn window(name: &str) -> Option<&'static WindowDef> {
    BY_NAME.get(name).copied()
}

/// All window functions, family by family.
pub fn windows() -> impl Iterator<Item = &'static WindowDef> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// All rows at once: arguments, their number, the type of the answer.
type OverRows = fn(&[ArrayRef], usize, KqlType) -> Result<ArrayRef>;

/// The window function `name` over arguments of `types`.
///
/// It is monomorphic: the name holds the types, `prev(datetime,long)`, so it is the identity.
fn window_udf(name: &str, types: &[KqlType], returns: KqlType, over_rows: OverRows) -> Arc<WindowUDF> {
    let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    let signature = match types.is_empty() {
        true => PlanSignature::nullary(Volatility::Immutable),
        false => {
            let types = types.iter().map(|ty| ty.plan_type()).collect();
            PlanSignature::new(TypeSignature::Exact(types), Volatility::Immutable)
        }
    };
    Arc::new(WindowUDF::new_from_impl(KqlWindow {
        name: format!("{name}({})", names.join(",")),
        signature,
        returns,
        over_rows,
    }))
}

#[derive(Debug, Clone)]
struct KqlWindow {
    name: String,
    signature: PlanSignature,
    returns: KqlType,
    over_rows: OverRows,
}

impl PartialEq for KqlWindow {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.returns == other.returns
    }
}
impl Eq for KqlWindow {}
impl Hash for KqlWindow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for KqlWindow {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &PlanSignature {
        &self.signature
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator { over_rows: self.over_rows, returns: self.returns }))
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.returns.plan_type(), self.returns.is_nullable())))
    }
}

#[derive(Debug)]
struct Evaluator {
    over_rows: OverRows,
    returns: KqlType,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        (self.over_rows)(values, num_rows, self.returns)
    }
}

#[cfg(test)]
mod testing {
    use arrow::array::new_empty_array;
    use arrow::compute::concat;
    use vizsla_functions::{Value, dynamic};

    use super::*;

    /// The answers of `name` over these argument columns as a JSON array.
    pub(super) fn answers(name: &str, columns: &[(KqlType, Vec<Value>)], rows: usize, returns: KqlType) -> String {
        let types: Vec<KqlType> = columns.iter().map(|(ty, _)| *ty).collect();
        let array = |(ty, values): &(KqlType, Vec<Value>)| {
            let values: Vec<ArrayRef> = values.iter().map(Value::to_array).collect();
            let values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
            if values.is_empty() { new_empty_array(&ty.plan_type()) } else { concat(&values).expect("one type") }
        };
        let arrays: Vec<ArrayRef> = columns.iter().map(array).collect();
        let udwf = (window(name).expect("a known function").udwf)(&types, returns);
        let mut evaluator = udwf.partition_evaluator_factory(PartitionEvaluatorArgs::default()).expect("an evaluator");
        let answers = evaluator.evaluate_all(&arrays, rows).expect("answers");
        assert_eq!((answers.len(), answers.data_type()), (rows, &returns.plan_type()));
        assert!(returns.is_nullable() || answers.null_count() == 0);
        let json = |row: usize| {
            let mut text = String::new();
            dynamic::encode(&answers, row, returns, &mut text);
            text
        };
        format!("[{}]", (0..rows).map(json).collect::<Vec<_>>().join(","))
    }

    pub(super) fn longs(values: impl IntoIterator<Item = i64>) -> (KqlType, Vec<Value>) {
        (KqlType::Long, values.into_iter().map(Value::Long).collect())
    }

    pub(super) fn bools(values: impl IntoIterator<Item = bool>) -> (KqlType, Vec<Value>) {
        (KqlType::Bool, values.into_iter().map(Value::Bool).collect())
    }

    pub(super) fn strings<'a>(values: impl IntoIterator<Item = &'a str>) -> (KqlType, Vec<Value>) {
        (KqlType::String, values.into_iter().map(|text| Value::String(text.into())).collect())
    }
}
