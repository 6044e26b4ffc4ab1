//! Implicit conversions: which type goes where, at what cost.

use kql_parser::ast::{self, ScalarType};
use vizsla_functions::convert::def_to;
use vizsla_functions::def::Param;
use vizsla_functions::{Value, dynamic};
use vizsla_schema::KqlType;

use super::Binder;
use crate::bound::{Expr, ExprKind};

/// The engine's name for a type that the parser read.
pub(crate) fn kql_type(ty: ScalarType) -> KqlType {
    match ty {
        ScalarType::Bool => KqlType::Bool,
        ScalarType::Int => KqlType::Int,
        ScalarType::Long => KqlType::Long,
        ScalarType::Real => KqlType::Real,
        ScalarType::Decimal => KqlType::Decimal,
        ScalarType::String => KqlType::String,
        ScalarType::Datetime => KqlType::DateTime,
        ScalarType::Timespan => KqlType::TimeSpan,
        ScalarType::Guid => KqlType::Guid,
        ScalarType::Dynamic => KqlType::Dynamic,
    }
}

/// The value of a literal in the query.
pub(crate) fn literal_value(value: &ast::Value) -> Value {
    match value {
        ast::Value::Null(ty) => Value::absent(kql_type(*ty)),
        ast::Value::Bool(it) => Value::Bool(*it),
        ast::Value::Int(it) => Value::Int(*it),
        ast::Value::Long(it) => Value::Long(*it),
        ast::Value::Real(it) => Value::Real(*it),
        ast::Value::Decimal(digits) => {
            vizsla_functions::convert::parse_decimal(digits).map_or(Value::Null(KqlType::Decimal), Value::Decimal)
        }
        ast::Value::String(it) => Value::String(it.clone()),
        ast::Value::Datetime(it) => Value::DateTime(*it),
        ast::Value::Timespan(it) => Value::TimeSpan(*it),
        ast::Value::Guid(it) => Value::Guid(it.clone()),
        ast::Value::Dynamic(it) => {
            let mut json = String::new();
            write_dynamic(it, &mut json);
            Value::Dynamic(json.into())
        }
    }
}

/// A dynamic literal as JSON. Inside one, a timespan is stored as ticks (fact 128), other than in `pack_array`.
fn write_dynamic(value: &ast::Dynamic, out: &mut String) {
    match value {
        ast::Dynamic::Scalar(ast::Value::Timespan(ticks)) => out.push_str(&ticks.to_string()),
        ast::Dynamic::Scalar(scalar) => write_json(&literal_value(scalar), out),
        ast::Dynamic::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_dynamic(item, out);
            }
            out.push(']');
        }
        ast::Dynamic::Bag(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                dynamic::write_string(key, out);
                out.push(':');
                write_dynamic(item, out);
            }
            out.push('}');
        }
    }
}

/// A value as an element of a dynamic.
pub(crate) fn write_json(value: &Value, out: &mut String) {
    dynamic::encode(value.to_array().as_ref(), 0, value.ty(), out);
}

/// A list of constants as the JSON array that `has_any`, `in~` and the like take.
pub(crate) fn json_array<'v>(values: impl IntoIterator<Item = &'v Value>) -> Value {
    let mut json = String::from("[");
    for value in values {
        if json.len() > 1 {
            json.push(',');
        }
        write_json(value, &mut json);
    }
    json.push(']');
    Value::Dynamic(json.into())
}

/// The type that an argument becomes for `param`, with the cost of getting there; `None` if it does not fit.
pub(super) fn fit(arg: &Expr, param: Param) -> Option<(u32, KqlType)> {
    if arg.is_poison() {
        return Some((0, poison_type(param)));
    }
    match param {
        Param::Is(ty) => Some((cost(arg, ty)?, ty)),
        Param::Exactly(ty) => (arg.ty == ty).then_some((0, ty)),
        Param::Const(ty) => Some((cost(arg, ty)?, ty)),
        Param::Number => match arg.ty {
            KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal => Some((0, arg.ty)),
            KqlType::Bool => Some((6, KqlType::Long)),
            KqlType::Dynamic => Some((4, KqlType::Real)),
            _ => None,
        },
        Param::Integer => match arg.ty {
            KqlType::Int | KqlType::Long => Some((0, arg.ty)),
            KqlType::Bool => Some((6, KqlType::Long)),
            KqlType::Dynamic => Some((4, KqlType::Long)),
            _ => None,
        },
        Param::Text => Some((u32::from(arg.ty != KqlType::String), KqlType::String)),
        Param::Any => Some((0, arg.ty)),
    }
}

fn poison_type(param: Param) -> KqlType {
    match param {
        Param::Is(ty) | Param::Exactly(ty) | Param::Const(ty) => ty,
        Param::Number => KqlType::Real,
        Param::Integer => KqlType::Long,
        Param::Text => KqlType::String,
        Param::Any => KqlType::Dynamic,
    }
}

/// What it costs to turn `arg` into a `ty` without being asked to; `None` if that takes an explicit conversion.
fn cost(arg: &Expr, ty: KqlType) -> Option<u32> {
    use KqlType::{Bool, DateTime, Decimal, Dynamic, Guid, Int, Long, Real, String, TimeSpan};
    let literal = arg.as_literal().is_some();
    match (arg.ty, ty) {
        (from, to) if from == to => Some(0),
        (Int, Long) => Some(1),
        (Int | Long, Real) => Some(2),
        (Int | Long | Real, Decimal) => Some(3),
        // `int(5)` is rarely written out: a literal that fits is one.
        (Long, Int) if literal => Some(2),
        (Dynamic, _) => Some(4),
        (String, DateTime | TimeSpan | Guid) if literal => Some(5),
        (Bool, Int | Long | Real) | (Int | Long | Real, Bool) => Some(6),
        (_, Dynamic) if literal => Some(7),
        (Guid, String) => Some(8),
        _ => None,
    }
}

/// The type two operands meet in, if they do: numbers widen, a dynamic takes the other's type.
pub(super) fn common_type(left: KqlType, right: KqlType) -> Option<KqlType> {
    use KqlType::{Bool, Decimal, Dynamic, Int, Long, Real};
    let rank = |ty| match ty {
        Bool => Some(0),
        Int => Some(1),
        Long => Some(2),
        Real => Some(3),
        Decimal => Some(4),
        _ => None,
    };
    match (left, right) {
        (a, b) if a == b => Some(a),
        (Dynamic, other) | (other, Dynamic) => Some(other),
        // A bool beside a number counts as a long.
        (Bool, Int) | (Int, Bool) => Some(Long),
        (a, b) => Some(if rank(a)? > rank(b)? { a } else { b }),
    }
}

/// The type two join keys meet in: numbers widen, a dynamic beside another type is that type's text or value.
pub(crate) fn key_type(left: KqlType, right: KqlType) -> Option<KqlType> {
    match common_type(left, right)? {
        KqlType::Dynamic => Some(KqlType::String),
        ty => Some(ty),
    }
}

impl<'a> Binder<'a> {
    /// `expr` as a `ty`, by the conversion function of that type; constants are converted here and now.
    pub(crate) fn convert_to(&mut self, expr: Expr, ty: KqlType) -> Expr {
        if expr.ty == ty || expr.is_poison() {
            return expr;
        }
        let span = expr.span;
        if let Some(Value::Null(_)) = expr.as_literal() {
            return Expr::literal(Value::absent(ty), span);
        }
        self.fold(Expr { kind: ExprKind::Call { def: def_to(ty), args: vec![expr] }, ty, span })
    }

    /// A call of constants becomes a constant, unless it answers differently each time.
    pub(crate) fn fold(&mut self, expr: Expr) -> Expr {
        let ExprKind::Call { def, args } = &expr.kind else { return expr };
        if !def.stable {
            return expr;
        }
        let Some(values) = args.iter().map(Expr::as_literal).collect::<Option<Vec<_>>>() else { return expr };
        match evaluate(def, &values, expr.ty) {
            Some(value) => Expr::literal(value, expr.span),
            // Such as a failed `assert`: left to run time, which says so.
            None => expr,
        }
    }
}

/// Runs a kernel on constants.
fn evaluate(def: &'static vizsla_functions::ScalarDef, values: &[&Value], returns: KqlType) -> Option<Value> {
    use vizsla_functions::def::Eval;
    use vizsla_functions::{Arg, Args};
    let Eval::Kernel(kernel) = def.eval else { return None };
    let arguments: Vec<Arg> = values.iter().map(|value| Arg::Constant(value.to_array())).collect();
    let types: Vec<KqlType> = values.iter().map(|value| value.ty()).collect();
    let array = kernel(&Args::new(&arguments, &types, returns, 1)).ok()?;
    Some(Value::from_array(&array, 0, returns))
}
