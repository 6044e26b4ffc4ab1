//! The matrix, cell by cell: each row is a value, a target type and the text of the answer (`null` for a null).

use super::*;
use crate::value::Value;
use KqlType::{Bool, DateTime, Decimal, Dynamic, Guid, Int, Long, Real, String, TimeSpan};

fn text_of(array: &ArrayRef, ty: KqlType) -> std::string::String {
    let mut out = std::string::String::new();
    match array.is_null(0) {
        true => out.push_str("null"),
        false => format::text(array, 0, ty, &mut out),
    }
    out
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

fn dynamic(json: &str) -> Value {
    Value::Dynamic(json.into())
}

#[test]
fn every_type_to_every_other() {
    for (value, to, expected) in [
        (Value::Bool(true), Int, "1"),
        (Value::Bool(true), Decimal, "1"),
        (Value::Bool(true), TimeSpan, "00:00:00.0000001"),
        (Value::Long(9_999_999_999), Int, "1410065407"),
        (Value::Real(1e10), Int, "2147483647"),
        (Value::Real(1e30), Long, "9223372036854775807"),
        (Value::Real(-5.7), Long, "-5"),
        (Value::Real(f64::NAN), Long, "null"),
        (Value::Real(1.5), DateTime, "0001-01-01T00:00:00.0000001Z"),
        (Value::Real(0.1), Decimal, "0.1"),
        (Value::Real(0.5), Bool, "True"),
        (Value::TimeSpan(36_000_000_000), Int, "1640261632"),
        (Value::DateTime(637_134_336_000_000_000), Real, "637134336000000000.0"),
        (Value::Long(-1), DateTime, "null"),
        (Value::Long(1230), TimeSpan, "00:00:00.0001230"),
        (Value::Decimal(9_990_000_000_000_000_000), Int, "9"),
        (Value::Decimal(3_140_000_000_000_000_000), Real, "3.14"),
        (Value::Decimal(3_141_592_653_589_793_238), Real, "3.141592653589793"),
        (string("3.0"), Int, "null"),
        (string("100"), Decimal, "100"),
        (string("x"), Guid, "null"),
        (Value::Null(Long), String, ""),
        (Value::Null(Real), Bool, "null"),
        (Value::Null(Long), Dynamic, "null"),
        (dynamic("2147483648"), Int, "-2147483648"),
        (dynamic("1.9"), Long, "1"),
        (dynamic(r#""42""#), Int, "42"),
        (dynamic(r#""3.14""#), Int, "null"),
        (dynamic(r#""3.14""#), Real, "3.14"),
        (dynamic(r#""3.14""#), Bool, "null"),
        (dynamic(r#""0x10""#), Int, "16"),
        (dynamic(r#""0x10""#), Bool, "True"),
        (dynamic("true"), Real, "1.0"),
        (dynamic("true"), String, "true"),
        (dynamic("[1]"), Int, "null"),
        (dynamic("[1]"), String, "[1]"),
        (dynamic("null"), Long, "null"),
        (string("a\"b\n\u{1}"), Dynamic, "a\"b\n\u{1}"),
    ] {
        let array = convert_array(&value.to_array(), value.ty(), to).expect("converts");
        assert_eq!(array.data_type(), &to.plan_type());
        assert_eq!(text_of(&array, to), expected, "{value:?} to {to:?}");
    }
}

#[test]
fn every_pair_of_types_converts_nulls_and_constants() {
    for from in KqlType::ALL {
        for to in KqlType::ALL {
            let nothing = Arg::Constant(Value::absent(from).to_array());
            let array = convert(&nothing, from, to, 3).expect("converts");
            assert_eq!((array.len(), array.data_type()), (3, &to.plan_type()), "{from:?} to {to:?}");
        }
    }
}
