//! `evaluate narrow()`: a row for each cell, as text (fact 306).

use kql_parser::ast::Evaluate;
use kql_parser::diagnostic::Diagnostic;
use vizsla_functions::{Value, scalar};
use vizsla_schema::KqlType;

use crate::bind::Binder;
use crate::bind::convert::json_array;
use crate::bound::{Column, Expanded, Expr, Plan, Relation, SortKey, WindowCall};
use crate::error;
use crate::functions::window;

/// The number of the row from 0, the column's name and its text, row by row.
pub(super) fn bind(it: &Evaluate, input: &Relation, cx: &mut Binder<'_>) -> Relation {
    if let Some(argument) = it.call.arguments.first() {
        let message = "`narrow` takes no arguments";
        cx.report(Diagnostic::error(error::ARITY, argument.span).message(message));
    }
    let row = cx.new_column("Row", KqlType::Long);
    let def = window::window("row_number").expect("the window functions have `row_number`");
    let start = Expr::literal(Value::Long(0), it.span);
    let call = WindowCall { def, args: vec![start], output: (row.id, KqlType::Long) };
    let order = input.order.clone();
    let numbered = input.then(|plan| Plan::Window { input: plan, partition: Vec::new(), order, calls: vec![call] });
    let names: Vec<Value> = input.columns.iter().map(|column| Value::String(column.name.clone())).collect();
    let names = Expr::literal(json_array(&names), it.span);
    let texts = texts(it, input, cx);
    let (column, value) = (cx.new_column("Column", KqlType::String), cx.new_column("Value", KqlType::String));
    let arrays = [(&column, names), (&value, texts)].map(|(column, value): (&Column, Expr)| Expanded {
        output: column.id,
        ty: KqlType::String,
        value,
    });
    let index = cx.new_id();
    let plan = Plan::Expand { input: numbered.plan, arrays: arrays.into(), pairs: false, index, limit: None };
    let key = |column| SortKey { column, ascending: true, nulls_first: false };
    let order = vec![key(row.id), key(index)];
    Relation { order, open: input.open, ..Relation::new(plan, vec![row, column, value]) }
}

/// The text of each cell of a row, as an array.
fn texts(it: &Evaluate, input: &Relation, cx: &mut Binder<'_>) -> Expr {
    if input.columns.is_empty() {
        return Expr::literal(Value::Dynamic("[]".into()), it.span);
    }
    let pack = scalar("pack_array").expect("the dynamic family has `pack_array`");
    let cells = input.columns.iter().map(|column| cx.convert_to(Expr::column(column, it.span), KqlType::String));
    let cells = cells.collect();
    cx.apply(pack, cells, it.span)
}
