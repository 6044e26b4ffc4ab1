//! One KQL scalar: what a literal, a `toscalar` or a folded constant holds.
//!
//! The arrow side of each type is fixed in [`KqlType::plan_type`]; the two conversions here are the only
//! place where single values cross between the two.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringViewArray,
    new_null_array,
};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

/// A scalar of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The null of a type. Never of `string`, whose absent value is `""`.
    Null(KqlType),
    /// `true`, `false`.
    Bool(bool),
    /// 32-bit integer.
    Int(i32),
    /// 64-bit integer.
    Long(i64),
    /// 64-bit float, NaN and infinities included.
    Real(f64),
    /// Units of 10^-18.
    Decimal(i128),
    /// Text.
    String(Arc<str>),
    /// Canonical text: lower case with hyphens.
    Guid(Arc<str>),
    /// Ticks of 100 ns since 0001-01-01.
    DateTime(i64),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    /// JSON text, in the form that [`crate::dynamic`] writes.
    Dynamic(Arc<str>),
}

/// Digits after the point of a `decimal`, as stored in `Decimal128(38, 18)`.
pub const DECIMAL_SCALE: i8 = 18;
/// Digits in all of a `decimal`, as stored in `Decimal128(38, 18)`.
pub const DECIMAL_PRECISION: u8 = 38;

impl Value {
    /// The type of this value; a null keeps its type.
    pub fn ty(&self) -> KqlType {
        match self {
            Value::Null(ty) => *ty,
            Value::Bool(_) => KqlType::Bool,
            Value::Int(_) => KqlType::Int,
            Value::Long(_) => KqlType::Long,
            Value::Real(_) => KqlType::Real,
            Value::Decimal(_) => KqlType::Decimal,
            Value::String(_) => KqlType::String,
            Value::Guid(_) => KqlType::Guid,
            Value::DateTime(_) => KqlType::DateTime,
            Value::TimeSpan(_) => KqlType::TimeSpan,
            Value::Dynamic(_) => KqlType::Dynamic,
        }
    }

    /// The value of `ty` that stands for "nothing": `""` for strings, null for all others.
    pub fn absent(ty: KqlType) -> Value {
        match ty {
            KqlType::String => Value::String("".into()),
            other => Value::Null(other),
        }
    }

    /// Whether this is a null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null(_))
    }

    /// The text of a string or guid.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) | Value::Guid(text) => Some(text),
            _ => None,
        }
    }

    /// An integer (`int` or `long`), widened.
    pub fn as_long(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(i64::from(*value)),
            Value::Long(value) => Some(*value),
            _ => None,
        }
    }

    /// The value as an array of one row in the plan type of its KQL type.
    pub fn to_array(&self) -> ArrayRef {
        match self {
            Value::Null(KqlType::String) => Arc::new(StringViewArray::from(vec![""])),
            Value::Null(ty) => new_null_array(&ty.plan_type(), 1),
            Value::Bool(value) => Arc::new(BooleanArray::from(vec![*value])),
            Value::Int(value) => Arc::new(Int32Array::from(vec![*value])),
            Value::Long(value) | Value::DateTime(value) | Value::TimeSpan(value) => {
                Arc::new(Int64Array::from(vec![*value]))
            }
            Value::Real(value) => Arc::new(Float64Array::from(vec![*value])),
            Value::Decimal(value) => Arc::new(
                Decimal128Array::from(vec![*value])
                    .with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)
                    .expect("precision 38 and scale 18 are valid"),
            ),
            Value::String(text) | Value::Guid(text) | Value::Dynamic(text) => {
                Arc::new(StringViewArray::from(vec![text.as_ref()]))
            }
        }
    }

    /// Row `row` of an array in the plan type of `ty`.
    pub fn from_array(array: &dyn Array, row: usize, ty: KqlType) -> Value {
        if array.is_null(row) {
            return Value::absent(ty);
        }
        let text = || Arc::from(array.as_string_view().value(row));
        let long = || array.as_primitive::<Int64Type>().value(row);
        match ty {
            KqlType::Bool => Value::Bool(array.as_boolean().value(row)),
            KqlType::Int => Value::Int(array.as_primitive::<Int32Type>().value(row)),
            KqlType::Long => Value::Long(long()),
            KqlType::DateTime => Value::DateTime(long()),
            KqlType::TimeSpan => Value::TimeSpan(long()),
            KqlType::Real => Value::Real(array.as_primitive::<Float64Type>().value(row)),
            KqlType::Decimal => Value::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
            KqlType::String => Value::String(text()),
            KqlType::Guid => Value::Guid(text()),
            KqlType::Dynamic => Value::Dynamic(text()),
        }
    }
}
