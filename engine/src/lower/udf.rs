//! Kernels as DataFusion functions.
//!
//! Each is monomorphic and known by its name, which holds the argument types (`tostring(datetime)`), because in a plan a
//! datetime and a long are both 64-bit integers.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use vizsla_functions::def::Eval;
use vizsla_functions::dynamic::{self, Reading};
use vizsla_functions::{Arg, Args, ScalarDef};
use vizsla_schema::KqlType;

use crate::bound::Extractor;

/// The DataFusion function for `def` over arguments of `types`.
pub(crate) fn scalar(def: &'static ScalarDef, types: &[KqlType], returns: KqlType) -> Arc<ScalarUDF> {
    let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    Arc::new(ScalarUDF::new_from_impl(Function {
        name: format!("{}({})", def.name, names.join(",")),
        signature: signature(types, def.stable),
        returns: Field::new("", returns.plan_type(), returns.is_nullable()),
        eval: Computation::Kernel { def, types: types.into(), returns },
    }))
}

/// A string column that a join or a struct may have left null: `""` where it is.
pub(crate) fn or_empty() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Function {
        name: "or_empty(string)".to_owned(),
        signature: signature(&[KqlType::String], true),
        returns: Field::new("", DataType::Utf8View, false),
        eval: Computation::OrEmpty,
    }))
}

/// An element of an array as a `ty`, by its JSON type.
pub(crate) fn element_to(ty: KqlType) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Function {
        name: format!("element_to_{}(dynamic)", ty.name()),
        signature: signature(&[KqlType::Dynamic], true),
        returns: Field::new("", ty.plan_type(), ty.is_nullable()),
        eval: Computation::Element(ty),
    }))
}

/// The columns that an extractor finds in a text, as one struct.
pub(crate) fn extract(extractor: Arc<dyn Extractor>, columns: &[KqlType]) -> Arc<ScalarUDF> {
    let mut fields: Vec<Field> = columns
        .iter()
        .enumerate()
        // A struct that DataFusion computes beforehand forgets which of its fields are never null.
        .map(|(index, ty)| Field::new(field_name(index), ty.plan_type(), true))
        .collect();
    fields.push(Field::new(field_name(columns.len()), DataType::Boolean, true));
    Arc::new(ScalarUDF::new_from_impl(Function {
        name: extractor.name(),
        signature: signature(&[KqlType::String], true),
        returns: Field::new("", DataType::Struct(fields.into()), false),
        eval: Computation::Extract(extractor),
    }))
}

/// Name of field `index` of the structs made here and by aggregates.
pub(crate) fn field_name(index: usize) -> String {
    format!("f{index}")
}

fn signature(types: &[KqlType], stable: bool) -> Signature {
    let volatility = if stable { Volatility::Immutable } else { Volatility::Volatile };
    match types.is_empty() {
        true => Signature::nullary(volatility),
        false => Signature::new(TypeSignature::Exact(types.iter().map(|ty| ty.plan_type()).collect()), volatility),
    }
}

#[derive(Debug)]
struct Function {
    name: String,
    signature: Signature,
    returns: Field,
    eval: Computation,
}

#[derive(Debug)]
enum Computation {
    Kernel { def: &'static ScalarDef, types: Box<[KqlType]>, returns: KqlType },
    OrEmpty,
    Element(KqlType),
    Extract(Arc<dyn Extractor>),
}

// The name says what is computed, so it is the identity.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.returns == other.returns
    }
}
impl Eq for Function {}
impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.data_type().clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(self.returns.clone().with_name(&self.name)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let stable = self.signature.volatility == Volatility::Immutable;
        let constant = stable && args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = self.eval.run(&args.args, rows)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}

impl Computation {
    fn run(&self, values: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
        match self {
            Computation::Kernel { def, types, returns } => {
                let Eval::Kernel(kernel) = def.eval else { unreachable!("the binder replaces `{}`", def.name) };
                let args = values.iter().map(argument).collect::<Result<Vec<Arg>>>()?;
                Ok(kernel(&Args::new(&args, types, *returns, rows))?)
            }
            Computation::OrEmpty => Ok(without_nulls(&values[0].to_array(rows)?)),
            Computation::Element(ty) => {
                let elements = values[0].to_array(rows)?;
                Ok(dynamic::to_column(elements.as_string_view(), *ty, Reading::Strict))
            }
            Computation::Extract(extractor) => {
                let text = values[0].to_array(rows)?;
                let columns = extractor.extract(text.as_string_view())?;
                let fields: Fields = columns
                    .iter()
                    .enumerate()
                    .map(|(index, column)| Field::new(field_name(index), column.data_type().clone(), true))
                    .collect();
                Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
            }
        }
    }
}

fn argument(value: &ColumnarValue) -> Result<Arg> {
    Ok(match value {
        ColumnarValue::Array(array) => Arg::Column(array.clone()),
        ColumnarValue::Scalar(scalar) => Arg::Constant(scalar.to_array()?),
    })
}

/// The same text with `""` for null; shares the buffers.
fn without_nulls(array: &ArrayRef) -> ArrayRef {
    let text = array.as_string_view();
    if text.null_count() == 0 {
        return array.clone();
    }
    let views = (0..text.len()).map(|row| if text.is_valid(row) { text.views()[row] } else { 0 });
    let buffers = text.data_buffers().to_vec();
    let views: Vec<u128> = views.collect();
    Arc::new(StringViewArray::new(views.into(), buffers, None))
}
