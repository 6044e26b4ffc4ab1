//! Operators over one row, each operand once as a constant and once as a column.

use super::*;
use crate::args::Arg;
use crate::format;
use crate::value::Value;
use arrow::array::ArrayRef;

fn long(value: i64) -> Value {
    Value::Long(value)
}

fn real(value: f64) -> Value {
    Value::Real(value)
}

fn decimal(text: &str) -> Value {
    Value::Decimal(crate::convert::parse_decimal(text).expect("a decimal"))
}

fn datetime(text: &str) -> Value {
    Value::DateTime(crate::convert::parse_datetime(text).expect("a datetime"))
}

fn span(text: &str) -> Value {
    Value::TimeSpan(crate::convert::parse_timespan(text).expect("a timespan"))
}

fn dynamic(json: &str) -> Value {
    Value::Dynamic(json.into())
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

/// The answer's text, `null` for a null, the same whichever operands are columns.
fn answer(name: &str, operands: &[Value]) -> String {
    let types: Vec<KqlType> = operands.iter().map(Value::ty).collect();
    let def = operator(name).expect("an operator");
    let fits = |param: &Param, ty: KqlType| match param {
        Param::Is(is) | Param::Exactly(is) => *is == ty,
        _ => true,
    };
    let all_fit = |it: &&Signature| {
        it.rest.is_some()
            || it.params.len() == types.len() && it.params.iter().zip(&types).all(|(param, ty)| fits(param, *ty))
    };
    let signature = def.signatures.iter().find(all_fit).expect("an overload");
    let returns = signature.returns.of(&types);
    let Eval::Kernel(kernel) = def.eval else { panic!("{name} has a kernel") };
    let mut answers = Vec::new();
    for columns in 0..1usize << operands.len() {
        let arg = |(index, value): (usize, &Value)| match columns >> index & 1 {
            0 => Arg::Constant(value.to_array()),
            _ => Arg::Column(value.to_array()),
        };
        let args: Vec<Arg> = operands.iter().enumerate().map(arg).collect();
        let array: ArrayRef = kernel(&Args::new(&args, &types, returns, 1)).expect("computes");
        assert_eq!(array.data_type(), &returns.plan_type());
        let mut text = String::new();
        match array.is_null(0) {
            true => text.push_str("null"),
            false => format::text(&array, 0, returns, &mut text),
        }
        answers.push(text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "constants and columns differ: {name} {operands:?} {answers:?}");
    answers.remove(0)
}

#[test]
fn arithmetic() {
    for (left, name, right, expected) in [
        (long(i64::MAX), "+", long(1), "-9223372036854775808"), // measured: it wraps
        (long(i64::MIN), "-", long(1), "9223372036854775807"),
        (long(7), "/", long(2), "3"),
        (long(-7), "/", long(2), "-3"),
        (long(1), "/", long(0), "null"),
        (long(1), "%", long(0), "null"),
        (long(-14), "%", long(12), "10"),
        (long(14), "%", long(-12), "2"),
        (long(-14), "%", long(-12), "10"),
        (long(1), "+", Value::Null(Long), "null"),
        (real(1.0), "/", real(0.0), "inf"),
        (real(0.0), "/", real(0.0), "NaN"),
        (real(-5.5), "%", real(3.0), "0.5"),
        (real(5.5), "%", real(-3.0), "2.5"),
        (decimal("0.1"), "+", decimal("0.2"), "0.3"),
        (decimal("1"), "/", decimal("3"), "0.333333333333333333"),
        (decimal("-2"), "/", decimal("3"), "-0.666666666666666667"),
        (decimal("2147483648"), "*", decimal("2"), "4294967296"),
        (decimal("10"), "%", decimal("3"), "1"),
        (decimal("1"), "/", decimal("0"), "null"),
        (decimal("99999999999999999999"), "+", decimal("1"), "null"),
        (span("1d"), "/", span("1h"), "24.0"),
        (span("1d"), "%", span("5h"), "04:00:00"),
        (span("1d"), "*", real(2.5), "2.12:00:00"),
        (long(2), "*", span("4s"), "00:00:08"),
        (span("01:30:00"), "/", long(2), "00:45:00"),
        (span("1d"), "/", long(0), "null"),
        (datetime("2020-01-01"), "+", span("1d"), "2020-01-02T00:00:00.0000000Z"),
        (datetime("2020-01-01"), "-", span("1tick"), "2019-12-31T23:59:59.9999999Z"),
        (datetime("2020-06-15"), "-", datetime("2020-01-01"), "166.00:00:00"),
        (datetime("9999-12-31"), "+", span("1d"), "null"),
        (datetime("0001-01-01"), "-", span("1tick"), "null"),
        (Value::Null(DateTime), "+", span("1d"), "null"),
    ] {
        assert_eq!(answer(name, &[left.clone(), right.clone()]), expected, "{left:?} {name} {right:?}");
    }
    assert_eq!(answer("neg", &[long(5)]), "-5");
    assert_eq!(answer("neg", &[span("1d")]), "-1.00:00:00");
}

#[test]
fn comparisons() {
    let null = || Value::Null(Long);
    for (left, name, right, expected) in [
        (null(), "==", long(5), "False"),
        (null(), "==", null(), "null"),
        (long(5), "!=", null(), "True"),
        (null(), "!=", null(), "null"),
        (null(), "<", long(5), "null"),
        (long(5), ">=", null(), "null"),
        (long(5), "<=", long(5), "True"),
        (real(f64::NAN), "==", real(f64::NAN), "False"),
        (real(f64::NAN), "!=", real(f64::NAN), "True"),
        (real(f64::NAN), "<", real(1.0), "False"),
        (real(-0.0), "==", real(0.0), "True"),
        (Value::Null(Real), "!=", real(0.0), "True"),
        (string("a"), "==", string("A"), "False"),
        (string("ABC"), "<", string("abc"), "True"),
        (Value::Bool(true), ">", Value::Bool(false), "True"),
        (dynamic("5"), "==", long(5), "True"),
        (dynamic("5.0"), "==", long(5), "True"),
        (dynamic("1.5"), "==", long(1), "False"),
        (dynamic(r#""a""#), "==", string("a"), "True"),
        (string("b"), "!=", dynamic(r#""a""#), "True"),
        (dynamic(r#""5""#), "==", long(5), "False"),
        (long(4), "<", dynamic("5"), "True"),
        (dynamic(r#""2020-01-02""#), ">", datetime("2020-01-01"), "True"),
        (dynamic("null"), "==", long(5), "False"),
    ] {
        assert_eq!(answer(name, &[left.clone(), right.clone()]), expected, "{left:?} {name} {right:?}");
    }
}

#[test]
fn ranges() {
    for (value, low, high, expected) in [
        (long(5), long(1), long(5), "True"),
        (long(5), long(7), long(1), "False"),
        (long(5), Value::Null(Long), long(1), "null"),
        (real(f64::NAN), real(1.0), real(2.0), "False"),
        (datetime("2020-01-04"), datetime("2020-01-01"), span("3d"), "True"),
        (datetime("2020-01-05"), datetime("2020-01-01"), span("3d"), "False"),
        (span("2d"), span("1d"), span("3d"), "True"),
    ] {
        let operands = [value, low, high];
        assert_eq!(answer("between", &operands), expected, "{operands:?}");
        let inverse = match expected {
            "True" => "False",
            "False" => "True",
            null => null,
        };
        assert_eq!(answer("!between", &operands), inverse, "{operands:?}");
    }
}

#[test]
fn lists() {
    let null = || Value::Null(Long);
    for (operands, expected) in [
        (vec![long(2), long(1), long(2)], "True"),
        (vec![long(2), real(2.0)], "True"),
        (vec![long(2), real(2.5)], "False"),
        (vec![real(2.0), long(2)], "True"),
        (vec![null(), long(5)], "False"),
        (vec![null(), null(), long(5)], "null"),
        (vec![long(5), null(), long(5)], "True"),
        (vec![long(3), dynamic("[1,2,3.0]")], "True"),
        (vec![long(3), dynamic("[]")], "False"),
        (vec![string("a"), dynamic(r#"["b","a"]"#)], "True"),
        (vec![string("a"), string("A")], "False"),
        (vec![string("1"), long(1)], "False"),
        (vec![datetime("2020-01-01"), string("2020-01-01")], "True"),
        (vec![dynamic("2.0"), long(2)], "True"),
        (vec![dynamic(r#""a""#), string("a")], "True"),
        (vec![dynamic("null"), string("a")], "False"),
        (vec![Value::Bool(true), Value::Bool(true)], "True"),
        (vec![real(f64::NAN), real(f64::NAN)], "False"),
    ] {
        assert_eq!(answer("in", &operands), expected, "{operands:?}");
    }
}
