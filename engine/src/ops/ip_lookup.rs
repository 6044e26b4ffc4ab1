//! `evaluate ipv4_lookup` and `ipv6_lookup`: rows with the networks that an address of theirs lies in (fact 307).
//!
//! The lookup table is kept and a step lists its networks. One function then finds for each row those that its address
//! matches, without looking at the others; they are expanded and joined with the lookup table by their text. Further keys
//! travel with the network, packed into that text.

use kql_parser::ast::{self, Evaluate, NamedExpr};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{NETWORKS_OF_IPV4, NETWORKS_OF_IPV6, ScalarDef, Value, scalar};
use vizsla_schema::KqlType;

use super::columns::existing;
use super::join::both_sides;
use crate::bind::Binder;
use crate::bind::convert::key_type;
use crate::bind::row::find_column;
use crate::bound::{Column, ColumnId, Expanded, Expr, ExprKind, JoinKind, Plan, Relation, StepKind};
use crate::error::{self, unsupported};

/// What the two plugins differ in.
#[derive(Debug)]
pub(super) struct Family {
    matches: &'static ScalarDef,
    /// The service puts the lookup table's columns first for IPv6 (fact 307).
    table_first: bool,
}

pub(super) const IPV4: Family = Family { matches: &NETWORKS_OF_IPV4, table_first: false };
pub(super) const IPV6: Family = Family { matches: &NETWORKS_OF_IPV6, table_first: true };

/// `evaluate ipv4_lookup(table, address, network [, key …] [, return_unmatched])`
pub(super) fn bind<'a>(it: &'a Evaluate, input: Relation, family: &Family, cx: &mut Binder<'a>) -> Relation {
    if let Some(schema) = &it.schema {
        cx.report(unsupported(format_args!("`{}` with a schema", it.call.name.text), schema.span));
    }
    let (named, positional): (Vec<_>, Vec<_>) = it.call.arguments.iter().partition(|it| !it.names.is_empty());
    let [table, address, network, further @ ..] = positional.as_slice() else {
        let message =
            format!("`{}` takes a table, a column with addresses and the table's networks", it.call.name.text);
        cx.report(Diagnostic::error(error::ARITY, it.call.span).message(message));
        return Relation { open: true, ..input };
    };
    let table = cx.bind_table(&table.expr);
    let table = cx.spooled(table);
    let (further, outer) = options(it, &named, further, &input, cx);
    let left = text_column(address, &input, cx);
    let right = text_column(network, &table, cx);
    let further: Option<Vec<(Expr, Expr)>> = further.iter().map(|key| key_of_both(key, &input, &table, cx)).collect();
    let (Some(left), Some(right), Some(further)) = (left, right, further) else {
        return Relation { open: true, ..input };
    };
    let (left_keys, right_keys): (Vec<Expr>, Vec<Expr>) = further.into_iter().unzip();
    let dropped: Vec<ColumnId> = right_keys.iter().filter_map(column_read).collect();
    let (left, right) = (with_keys(left, left_keys, it.span, cx), with_keys(right, right_keys, it.span, cx));
    let kind = if outer { JoinKind::LeftOuter } else { JoinKind::Inner };
    let plan = looked_up(&input, left, &table, right, family.matches, kind, cx);
    let beside: Vec<Column> = table.columns.iter().filter(|column| !dropped.contains(&column.id)).cloned().collect();
    let columns = match family.table_first {
        true => both_sides(&beside, &input.columns),
        false => both_sides(&input.columns, &beside),
    };
    Relation { open: input.open || table.open, ..Relation::new(plan, columns) }
}

/// The further keys, and whether rows without a network stay.
fn options<'a, 'n>(
    it: &Evaluate,
    named: &[&'a NamedExpr],
    further: &'n [&'a NamedExpr],
    input: &Relation,
    cx: &mut Binder<'a>,
) -> (&'n [&'a NamedExpr], bool) {
    let (keys, mut flag) = match further {
        [keys @ .., last] if !is_column(&last.expr, input) => (keys, Some(*last)),
        keys => (keys, None),
    };
    for argument in named {
        match &*argument.names[0].text {
            "return_unmatched" => flag = Some(argument),
            other => {
                let message = format!("`{}` has no parameter `{other}`", it.call.name.text);
                cx.report(Diagnostic::error(error::BAD_PARAMETER, argument.span).message(message));
            }
        }
    }
    let outer = flag.and_then(|flag| cx.constant(&flag.expr, KqlType::Bool, "`return_unmatched`"));
    (keys, outer == Some(Value::Bool(true)))
}

fn is_column(expr: &ast::Expr, input: &Relation) -> bool {
    matches!(expr, ast::Expr::Name(name) if find_column(&input.columns, &name.text).is_some())
}

fn column_read(expr: &Expr) -> Option<ColumnId> {
    let mut read = None;
    expr.visit_columns(&mut |id| read = Some(id));
    read
}

/// A column of text that an argument names.
fn text_column(argument: &NamedExpr, rows: &Relation, cx: &mut Binder<'_>) -> Option<Expr> {
    let ast::Expr::Name(name) = &argument.expr else {
        let message = "a column's name is needed here";
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, argument.span).message(message));
        return None;
    };
    let column = existing(name, rows, cx)?;
    if !matches!(column.ty, KqlType::String | KqlType::Dynamic) {
        let message = format!("an address is text, not a {}", column.ty.name());
        cx.report(Diagnostic::error(error::TYPE_MISMATCH, name.span).message(message));
        return None;
    }
    Some(cx.convert_to(Expr::column(&column, name.span), KqlType::String))
}

/// A further key, which is a column of both tables, in one type.
fn key_of_both(argument: &NamedExpr, left: &Relation, right: &Relation, cx: &mut Binder<'_>) -> Option<(Expr, Expr)> {
    let ast::Expr::Name(name) = &argument.expr else {
        let message = "a further key is the name of a column of both tables";
        cx.report(Diagnostic::error(error::UNKNOWN_COLUMN, argument.span).message(message));
        return None;
    };
    let (a, b) = (existing(name, left, cx)?, existing(name, right, cx)?);
    let Some(ty) = key_type(a.ty, b.ty) else {
        let message = format!("the keys have different types: {} and {}", a.ty.name(), b.ty.name());
        cx.report(Diagnostic::error(error::BAD_JOIN, name.span).message(message));
        return None;
    };
    let (a, b) = (Expr::column(&a, name.span), Expr::column(&b, name.span));
    Some((cx.convert_to(a, ty), cx.convert_to(b, ty)))
}

/// The text that is looked up: the address or network alone, or as JSON with further keys.
fn with_keys(text: Expr, keys: Vec<Expr>, span: Span, cx: &mut Binder<'_>) -> Expr {
    if keys.is_empty() {
        return text;
    }
    let pack = scalar("pack_array").expect("the dynamic family has `pack_array`");
    let packed = cx.apply(pack, std::iter::once(text).chain(keys).collect(), span);
    cx.convert_to(packed, KqlType::String)
}

fn looked_up(
    input: &Relation,
    address: Expr,
    table: &Relation,
    network: Expr,
    def: &'static ScalarDef,
    kind: JoinKind,
    cx: &mut Binder<'_>,
) -> Plan {
    let span = address.span;
    let key = cx.new_column("", KqlType::String);
    let not_empty = scalar("isnotempty").expect("the control family has `isnotempty`");
    // An address without a network is given the key "", which no row of the table may have.
    let predicate = cx.apply(not_empty, vec![Expr::column(&key, span)], span);
    let right = table
        .then(|plan| Plan::Extend { input: plan, columns: vec![(key.id, network)] })
        .then(|plan| Plan::Filter { input: plan, predicate });
    let list = Relation { columns: vec![key.clone()], ..right.clone().unordered() };
    let list = cx.step(StepKind::List, list);
    let kind_of_value = ExprKind::CallWithList { def, needle: Box::new(address), list };
    let value = Expr { kind: kind_of_value, ty: KqlType::Dynamic, span };
    let found = cx.new_column("", KqlType::String);
    let arrays = vec![Expanded { output: found.id, ty: KqlType::String, value }];
    let left = Plan::Expand { input: input.plan.clone(), arrays, pairs: false, index: cx.new_id(), limit: None };
    let on = vec![(Expr::column(&found, span), Expr::column(&key, span))];
    Plan::Join { left: left.into(), right: right.plan, kind, on }
}
