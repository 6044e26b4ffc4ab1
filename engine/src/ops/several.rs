//! Scalar functions that give several columns: those whose definition names `columns`, and `array_sort_asc` of several
//! arrays (facts 134, 189, 302). Their kernels answer one dynamic, from which the columns are read.
//!
//! Without names there are all columns, called after function and argument; with one name there is the first column. With
//! a tuple `extend` gives the columns that it names, `project` and `print` give the others too, under their own names
//! (`series-fit-2lines-function` of the reference).

use std::sync::Arc;

use kql_parser::ast::{self, NamedExpr};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, dynamic};
use vizsla_schema::KqlType;

use crate::bind::Binder;
use crate::bind::convert::json_array;
use crate::bind::names::NameSource;
use crate::bind::row::Row;
use crate::bound::Expr;
use crate::error;
use crate::functions;

/// One column of a clause before it has its final name.
pub(super) struct Item {
    pub(super) name: NameSource,
    pub(super) span: Span,
    pub(super) expr: Expr,
}

/// What becomes of columns that a tuple of names leaves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOver {
    /// They are not there: `extend`.
    Dropped,
    /// They come last, under names of their own: `project`, `print`.
    Kept,
}

/// The columns of a clause: one for each expression, or several.
pub(super) fn items<'a>(
    named: &'a [NamedExpr],
    left_over: LeftOver,
    row: &mut Row<'_>,
    cx: &mut Binder<'a>,
) -> Vec<Item> {
    let mut items = Vec::with_capacity(named.len());
    for it in named {
        let parts = parts(&it.expr, cx);
        let columns = parts.as_ref().map_or(1, Vec::len);
        if let Some(extra) = it.names.get(columns) {
            let message = format!("`{}` names no column: the expression gives only {columns}", extra.text);
            cx.report(Diagnostic::error(error::ARITY, extra.span).message(message));
        }
        match parts {
            Some(parts) => items.extend(split(it, &parts, left_over, row, cx)),
            None => {
                let expr = cx.bind_scalar(&it.expr, row);
                items.push(Item { name: cx.name_source(it), span: it.span, expr });
            }
        }
        // Names without a column are there all the same, so that later uses of them are not reported too.
        items.extend(it.names.iter().skip(columns).map(|name| Item {
            name: NameSource::Written(name.text.clone()),
            span: it.span,
            expr: Expr::poison(it.span),
        }));
    }
    items
}

/// A part of a function's answer: where it is, its type, and what its column is called.
struct Part {
    step: Value,
    ty: KqlType,
    name: String,
}

fn parts(expr: &ast::Expr, cx: &Binder<'_>) -> Option<Vec<Part>> {
    let ast::Expr::Call(call) = expr else { return None };
    if cx.env.get(&call.name.text).is_some() {
        return None;
    }
    let argument = |index: usize| call.arguments.get(index).and_then(|it| cx.derived_name(&it.expr));
    let of_bag = |columns: &[(&str, KqlType)]| {
        let prefix = format!("{}_{}", call.name.text, argument(0).unwrap_or_default());
        let part = |(key, ty): &(&str, KqlType)| Part {
            step: Value::String((*key).into()),
            ty: *ty,
            name: format!("{prefix}_{key}"),
        };
        columns.iter().map(part).collect::<Vec<_>>()
    };
    match &*call.name.text {
        "array_sort_asc" | "array_sort_desc" => {
            let flags = usize::from(matches!(call.arguments.last().map(|it| &it.expr), Some(ast::Expr::Literal(_))));
            let arrays = call.arguments.len() - flags.min(call.arguments.len());
            let name = |index: usize| argument(index).unwrap_or_else(|| format!("array{index}"));
            let part = |index: usize| Part {
                step: Value::Long(i64::try_from(index).unwrap_or(i64::MAX)),
                ty: KqlType::Dynamic,
                name: format!("{}_sorted", name(index)),
            };
            (arrays > 1).then(|| (0..arrays).map(part).collect())
        }
        name => functions::scalar(name).filter(|def| !def.columns.is_empty()).map(|def| of_bag(def.columns)),
    }
}

fn split<'a>(
    it: &'a NamedExpr,
    parts: &[Part],
    left_over: LeftOver,
    row: &mut Row<'_>,
    cx: &mut Binder<'a>,
) -> Vec<Item> {
    let whole = cx.bind_scalar(&it.expr, row);
    let count = match it.names.len() {
        0 => parts.len(),
        1 => 1,
        _ if left_over == LeftOver::Kept => parts.len(),
        named => named.min(parts.len()),
    };
    let mut items = Vec::with_capacity(count);
    for (index, part) in parts.iter().take(count).enumerate() {
        let name = match it.names.get(index) {
            Some(name) => NameSource::Written(Arc::clone(&name.text)),
            None => NameSource::Derived(part.name.clone()),
        };
        let expr = if whole.is_poison() { Expr::poison(it.span) } else { read(&whole, part, it.span, cx) };
        items.push(Item { name, span: it.span, expr });
    }
    items
}

fn read(whole: &Expr, part: &Part, span: Span, cx: &mut Binder<'_>) -> Expr {
    let path = Expr::literal(json_array([&part.step]), span);
    let value = cx.apply(&dynamic::PATH, vec![whole.clone(), path], span);
    cx.convert_to(value, part.ty)
}
