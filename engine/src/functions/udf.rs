//! A [`ScalarDef`] with chosen types as a DataFusion function.
//!
//! Each is monomorphic: its name holds the argument types (`tostring(datetime)`), because in a plan a datetime and a long
//! are both 64-bit integers.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use vizsla_schema::KqlType;

use super::args::Args;
use super::def::{Eval, ScalarDef};

/// The DataFusion function for `def` over arguments of `types`.
pub fn scalar_udf(def: &'static ScalarDef, types: &[KqlType], returns: KqlType) -> Arc<ScalarUDF> {
    let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    let plan_types = types.iter().map(|ty| ty.plan_type()).collect();
    let volatility = if def.stable { Volatility::Immutable } else { Volatility::Volatile };
    let signature = match types.is_empty() {
        true => Signature::nullary(volatility),
        false => Signature::new(TypeSignature::Exact(plan_types), volatility),
    };
    Arc::new(ScalarUDF::new_from_impl(KqlFunction {
        name: format!("{}({})", def.name, names.join(",")),
        def,
        types: types.into(),
        returns,
        signature,
    }))
}

#[derive(Debug)]
struct KqlFunction {
    name: String,
    def: &'static ScalarDef,
    types: Box<[KqlType]>,
    returns: KqlType,
    signature: Signature,
}

// The name holds the function and its argument types, so it is the identity.
impl PartialEq for KqlFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.returns == other.returns
    }
}
impl Eq for KqlFunction {}
impl Hash for KqlFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for KqlFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.plan_type())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(&self.name, self.returns.plan_type(), self.returns != KqlType::String)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Eval::Kernel(kernel) = self.def.eval else {
            unreachable!("the binder replaces `{}`", self.def.name);
        };
        let constant = self.def.stable && args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = kernel(&Args::new(&args.args, &self.types, self.returns, rows))?;
        if constant { Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)) } else { Ok(ColumnarValue::Array(array)) }
    }
}
