//! Calling a function in a test: constants in, text out.

use vizsla_schema::KqlType;

use crate::args::{Arg, Args};
use crate::def::{Eval, ScalarDef};
use crate::value::Value;

pub(crate) fn constant(text: &str) -> Value {
    Value::String(text.into())
}

pub(crate) fn dynamic(json: &str) -> Value {
    Value::Dynamic(json.into())
}

pub(crate) fn long(value: i64) -> Value {
    Value::Long(value)
}

/// What a kernel answers for one row, as text; `null` for a null.
pub(crate) fn show(def: &ScalarDef, arguments: &[Value]) -> String {
    let Eval::Kernel(kernel) = def.eval else { panic!("`{}` has no kernel", def.name) };
    let values: Vec<Arg> = arguments.iter().map(|value| Arg::Constant(value.to_array())).collect();
    let types: Vec<KqlType> = arguments.iter().map(Value::ty).collect();
    let arity = arguments.len();
    let takes = |signature: &&crate::def::Signature| {
        arity >= signature.required && (arity <= signature.params.len() || signature.rest.is_some())
    };
    let signature = def.signatures.iter().find(takes).expect("a signature with as many parameters");
    let returns = signature.returns.of(&types);
    let answer = kernel(&Args::new(&values, &types, returns, 1)).expect("an answer");
    assert_eq!((answer.len(), answer.data_type()), (1, &returns.plan_type()), "{}", def.name);
    if answer.is_null(0) {
        return "null".into();
    }
    let mut text = String::new();
    crate::format::text(&answer, 0, returns, &mut text);
    text
}

/// What the function of that name answers for one row, as JSON.
pub(crate) fn call(name: &str, arguments: &[Value]) -> String {
    let def = crate::scalar(name).expect("a function of that name");
    let types: Vec<KqlType> = arguments.iter().map(Value::ty).collect();
    let values: Vec<Arg> = arguments.iter().map(|it| Arg::Constant(it.to_array())).collect();
    let signature = def.signatures.iter().find(|it| it.params.len() >= types.len() || it.rest.is_some());
    let returns = signature.expect("a signature for so many arguments").returns.of(&types);
    let Eval::Kernel(kernel) = def.eval else { panic!("{name} is the binder's") };
    let answer = kernel(&Args::new(&values, &types, returns, 1)).expect("no error");
    assert_eq!((answer.len(), answer.data_type()), (1, &returns.plan_type()), "{name}");
    let mut out = String::new();
    crate::dynamic::encode(&answer, 0, returns, &mut out);
    assert_ne!((returns, answer.is_null(0), out.as_str()), (KqlType::Dynamic, false, "null"), "a null as text");
    out
}

/// A dynamic, given as JSON; `null` is the null.
pub(crate) fn json(text: &str) -> Value {
    match text {
        "null" => Value::Null(KqlType::Dynamic),
        text => Value::Dynamic(text.into()),
    }
}
