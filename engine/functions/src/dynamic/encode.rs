//! Values of any type written into a dynamic: what `pack_array`, `bag_pack`, `todynamic` and `make_list` do.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

use super::string::write_string;
use super::write_real;
use crate::args::Arg;
use crate::format;

/// Appends row `row` of `array`, which holds values of `ty`, as JSON.
///
/// Numbers and bools stay what they are; a timespan becomes its text and a datetime ISO text with seven digits
/// (fact 129); a decimal becomes its text too, which is our choice: a JSON number would not keep its digits.
pub fn encode(array: &dyn Array, row: usize, ty: KqlType, out: &mut String) {
    if array.is_null(row) {
        return out.push_str("null");
    }
    let ticks = || array.as_primitive::<Int64Type>().value(row);
    match ty {
        KqlType::Bool => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        KqlType::Int => format::write_long(i64::from(array.as_primitive::<Int32Type>().value(row)), out),
        KqlType::Long => format::write_long(ticks(), out),
        KqlType::Real => write_real(array.as_primitive::<Float64Type>().value(row), out),
        KqlType::Decimal => {
            quoted(out, |out| format::write_decimal(array.as_primitive::<Decimal128Type>().value(row), out));
        }
        KqlType::DateTime => quoted(out, |out| format::write_datetime(ticks(), out)),
        KqlType::TimeSpan => quoted(out, |out| format::write_timespan(ticks(), out)),
        KqlType::String | KqlType::Guid => write_string(array.as_string_view().value(row), out),
        KqlType::Dynamic => out.push_str(array.as_string_view().value(row)),
    }
}

fn quoted(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push('"');
    write(out);
    out.push('"');
}

/// One argument ready to be written row by row; a constant is written once.
#[derive(Debug)]
pub struct Encoder {
    array: ArrayRef,
    ty: KqlType,
    constant: Option<String>,
}

impl Encoder {
    /// For an argument of this type.
    pub fn new(arg: &Arg, ty: KqlType) -> Encoder {
        let (array, constant) = match arg {
            Arg::Column(array) => (array.clone(), None),
            Arg::Constant(one) => {
                let mut text = String::new();
                encode(one, 0, ty, &mut text);
                (one.clone(), Some(text))
            }
        };
        Encoder { array, ty, constant }
    }

    /// Appends the value of that row as JSON.
    #[inline]
    pub fn write(&self, row: usize, out: &mut String) {
        match &self.constant {
            Some(text) => out.push_str(text),
            None => encode(&self.array, row, self.ty, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn values_become_json() {
        for (value, expected) in [
            (Value::Null(KqlType::Long), "null"),
            (Value::Bool(true), "true"),
            (Value::Int(-3), "-3"),
            (Value::Long(1 << 60), "1152921504606846976"),
            (Value::Real(5.0), "5.0"),
            (Value::Real(f64::NAN), r#""NaN""#),
            (Value::Decimal(1_500_000_000_000_000_000), r#""1.5""#),
            (Value::String("a\"b".into()), r#""a\"b""#),
            (Value::TimeSpan(864_000_000_000), r#""1.00:00:00""#),
            (Value::DateTime(0), r#""0001-01-01T00:00:00.0000000Z""#),
            (Value::Dynamic("[1,{}]".into()), "[1,{}]"),
        ] {
            let mut out = String::new();
            encode(&value.to_array(), 0, value.ty(), &mut out);
            assert_eq!(out, expected, "{value:?}");
        }
    }
}
