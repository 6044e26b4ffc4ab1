//! Access by path and by index as kernels. The binder uses them for `d.a[0]`, `parse_json(x).a.b` and `d[column]`; a query
//! cannot call them by name.

use std::sync::Arc;

use arrow::array::StringViewBuilder;
use vizsla_schema::KqlType as T;

use super::{Kind, OwnedStep, Step, compact, get_index, get_key, get_path, kind, steps, text_of};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, sig};

/// `path(d, ["a",0,"b"])`: what `d.a[0].b` answers, or `parse_json(d).a[0].b` when `d` is text. The steps are a constant.
pub const PATH: ScalarDef = ScalarDef {
    name: "path",
    signatures: &[
        sig(&[Param::Exactly(T::Dynamic), Param::Const(T::Dynamic)], Returns::Is(T::Dynamic)),
        sig(&[Param::Exactly(T::String), Param::Const(T::Dynamic)], Returns::Is(T::Dynamic)),
    ],
    summary: "The value at a constant path of a dynamic, or of text that is JSON.",
    source: "kusto/query/scalar-data-types/dynamic",
    eval: Eval::Kernel(path),
    ..ScalarDef::BASE
};

/// `index(d, i)`: what `d[i]` answers when `i` is an expression: a key if it is text, else a place.
pub const INDEX: ScalarDef = ScalarDef {
    name: "index",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Any], Returns::Is(T::Dynamic))],
    summary: "The value of a key or at a place that an expression gives.",
    source: "kusto/query/scalar-data-types/dynamic",
    eval: Eval::Kernel(index),
    ..ScalarDef::BASE
};

fn path(args: &Args<'_>) -> KernelResult {
    let owned = args.constant_text(1).and_then(steps).unwrap_or_default();
    let path: Vec<Step<'_>> = owned.iter().map(OwnedStep::as_step).collect();
    let values = args.text(0);
    if args.ty(0) == T::Dynamic {
        return Ok(args.strs(|row| get_path(values.get(row)?, &path)));
    }
    let mut out = StringViewBuilder::with_capacity(args.rows());
    let mut buffer = String::new();
    for row in 0..args.rows() {
        out.append_option(compact(values.at(row), &mut buffer).and_then(|json| get_path(json, &path)));
    }
    Ok(Arc::new(out.finish()))
}

fn index(args: &Args<'_>) -> KernelResult {
    let values = args.text(0);
    match args.ty(1) {
        T::Int | T::Long => {
            let places = args.long(1);
            Ok(args.strs(|row| get_index(values.get(row)?, places.get(row)?)))
        }
        T::String | T::Guid => {
            let keys = args.text(1);
            Ok(args.strs(|row| get_key(values.get(row)?, keys.get(row)?)))
        }
        T::Dynamic => {
            let keys = args.text(1);
            Ok(args.strs(|row| index_by_dynamic(values.get(row)?, keys.get(row)?)))
        }
        T::Bool | T::Real | T::Decimal | T::DateTime | T::TimeSpan => Ok(args.strs(|_| None)),
    }
}

fn index_by_dynamic<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    match kind(key) {
        Kind::Long => get_index(json, key.parse().ok()?),
        Kind::String => get_key(json, &text_of(key)),
        Kind::Null | Kind::Bool | Kind::Real | Kind::Array | Kind::Bag => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arg;
    use crate::value::Value;
    use arrow::array::{AsArray, StringViewArray};

    fn run(def: &ScalarDef, column: &[Option<&str>], ty: T, key: &Value) -> Vec<Option<String>> {
        let values = [Arg::Column(Arc::new(StringViewArray::from(column.to_vec()))), Arg::Constant(key.to_array())];
        let types = [ty, key.ty()];
        let Eval::Kernel(kernel) = def.eval else { unreachable!("both are kernels") };
        let out = kernel(&Args::new(&values, &types, T::Dynamic, column.len())).expect("no error");
        out.as_string_view().iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    #[test]
    fn paths_of_text_and_of_dynamics() {
        let path = Value::Dynamic(r#"["a",-1]"#.into());
        let rows = [Some(r#"{"a":[1,"x"]}"#), Some(r#"{"a":[]}"#), Some(r#"{"a":[null]}"#)];
        let expected = [Some(r#""x""#.to_owned()), None, None];
        assert_eq!(run(&PATH, &rows, T::String, &path), expected);
        assert_eq!(run(&PATH, &rows, T::Dynamic, &path), expected);
        let text = [Some(r#" {"a" : [ 1e1 ]}"#), Some(r#"{"a":[1]"#), Some("")];
        assert_eq!(run(&PATH, &text, T::String, &path), [Some("10.0".to_owned()), None, None], "the second is cut off");
    }

    #[test]
    fn indexes_of_any_type() {
        let rows = [Some(r#"{"a":1}"#), Some("[2,3]"), None];
        let one = |place: usize, json: &str| {
            let mut cells = vec![None; 3];
            cells[place] = Some(json.to_owned());
            cells
        };
        assert_eq!(run(&INDEX, &rows, T::Dynamic, &Value::String("a".into())), one(0, "1"));
        assert_eq!(run(&INDEX, &rows, T::Dynamic, &Value::Dynamic(r#""a""#.into())), one(0, "1"));
        assert_eq!(run(&INDEX, &rows, T::Dynamic, &Value::Long(-1)), one(1, "3"));
        assert_eq!(run(&INDEX, &rows, T::Dynamic, &Value::Real(1.0)), [None, None, None]);
    }
}
