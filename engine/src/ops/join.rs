//! `join` and `lookup`: pairs of rows with equal keys, and which columns come out (facts 228–238).

use std::sync::Arc;

use kql_parser::ast::{self, BinaryOp, Join, JoinCondition, Lookup};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_schema::KqlType;

use super::columns::existing;
use super::parameters;
use super::summarize::first_of;
use crate::bind::Binder;
use crate::bind::names::numbered;
use crate::bind::row::{Row, find_column};
use crate::bound::{Column, Expr, ExprKind, JoinKind, Plan, Relation};
use crate::error::{self, unsupported};

/// What a query writes after `kind=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Left rows are made unique by key first.
    InnerUnique,
    /// As the plan node.
    Plain(JoinKind),
}

const KINDS: &[(&str, Kind)] = &[
    ("innerunique", Kind::InnerUnique),
    ("inner", Kind::Plain(JoinKind::Inner)),
    ("leftouter", Kind::Plain(JoinKind::LeftOuter)),
    ("rightouter", Kind::Plain(JoinKind::RightOuter)),
    ("fullouter", Kind::Plain(JoinKind::FullOuter)),
    ("leftsemi", Kind::Plain(JoinKind::LeftSemi)),
    ("rightsemi", Kind::Plain(JoinKind::RightSemi)),
    ("leftanti", Kind::Plain(JoinKind::LeftAnti)),
    ("anti", Kind::Plain(JoinKind::LeftAnti)),
    ("leftantisemi", Kind::Plain(JoinKind::LeftAnti)),
    ("rightanti", Kind::Plain(JoinKind::RightAnti)),
    ("rightantisemi", Kind::Plain(JoinKind::RightAnti)),
];

/// A pair of keys: an expression over each side, and the right column if it is one.
struct Key {
    left: Expr,
    right: Expr,
}

pub(super) fn bind_join<'a>(it: &'a Join, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "join", &["kind", "isfuzzy"], cx);
    let kind = parameters::choice(&it.parameters, "kind", KINDS, Kind::InnerUnique, cx);
    let right = cx.bind_table(&it.right);
    let conditions = match &it.condition {
        Some(JoinCondition::On(conditions)) => conditions.as_slice(),
        Some(JoinCondition::Where(condition)) => {
            cx.report(unsupported("`join … where`", condition.span()));
            return Relation { open: true, ..input.clone() };
        }
        None => {
            let hint = "add `on` and a column of both sides";
            cx.report(Diagnostic::error(error::BAD_JOIN, it.span).message("the join has no condition").hint(hint));
            return Relation { open: true, ..input.clone() };
        }
    };
    let keys = bind_keys(conditions, input, &right, cx);
    let left = if kind == Kind::InnerUnique { unique_by(input, &keys, cx) } else { input.clone() };
    let kind = match kind {
        Kind::InnerUnique => JoinKind::Inner,
        Kind::Plain(kind) => kind,
    };
    joined(&left, &right, kind, keys)
}

/// The dimension's columns beside those of the input; its key columns are the input's own (fact 235).
pub(super) fn bind_lookup<'a>(it: &'a Lookup, input: &Relation, cx: &mut Binder<'a>) -> Relation {
    parameters::check(&it.parameters, "lookup", &["kind"], cx);
    let kinds = [("leftouter", JoinKind::LeftOuter), ("inner", JoinKind::Inner)];
    let kind = parameters::choice(&it.parameters, "kind", &kinds, JoinKind::LeftOuter, cx);
    let right = cx.bind_table(&it.right);
    let keys = bind_keys(&it.on, input, &right, cx);
    let key_ids: Vec<_> = keys.iter().filter_map(|key| column_id(&key.right)).collect();
    let visible = right.columns.iter().filter(|column| !key_ids.contains(&column.id)).cloned().collect();
    joined(input, &Relation { columns: visible, ..right }, kind, keys)
}

fn column_id(expr: &Expr) -> Option<crate::bound::ColumnId> {
    match expr.kind {
        ExprKind::Column(id) => Some(id),
        _ => None,
    }
}

/// Conditions are columns of both sides, or equalities of one side with the other; `and` joins several.
fn bind_keys<'a>(conditions: &'a [ast::Expr], left: &Relation, right: &Relation, cx: &mut Binder<'a>) -> Vec<Key> {
    let mut keys = Vec::new();
    for condition in conditions {
        match condition {
            ast::Expr::And(terms) => terms.terms.iter().for_each(|term| keys.extend(bind_key(term, left, right, cx))),
            other => keys.extend(bind_key(other, left, right, cx)),
        }
    }
    keys
}

fn bind_key<'a>(condition: &'a ast::Expr, left: &Relation, right: &Relation, cx: &mut Binder<'a>) -> Option<Key> {
    match condition {
        ast::Expr::Name(name) => {
            let (a, b) = (existing(name, left, cx), existing(name, right, cx));
            let (a, b) = (a?, b?);
            meet(Expr::column(&a, name.span), Expr::column(&b, name.span), name.span, cx)
        }
        ast::Expr::Binary(it) if it.op == BinaryOp::Equal => {
            let (a, b) = (bind_side(&it.left, left, right, cx)?, bind_side(&it.right, left, right, cx)?);
            match (a, b) {
                ((a, Side::Left), (b, Side::Right)) | ((b, Side::Right), (a, Side::Left)) => meet(a, b, it.span, cx),
                _ => {
                    let message = "each side of `==` has to come from a different side of the join";
                    cx.report(Diagnostic::error(error::BAD_JOIN, it.span).message(message));
                    None
                }
            }
        }
        other => {
            let message = "a join condition is a column of both sides, or `$left.a == $right.b`";
            cx.report(Diagnostic::error(error::BAD_JOIN, other.span()).message(message));
            None
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// One operand of a condition with the side it reads.
fn bind_side<'a>(
    operand: &'a ast::Expr,
    left: &Relation,
    right: &Relation,
    cx: &mut Binder<'a>,
) -> Option<(Expr, Side)> {
    let mut row = Row::join(left, right);
    // A bare name may be a column of the right side only.
    if let ast::Expr::Name(name) = operand
        && find_column(&left.columns, &name.text).is_none()
    {
        let found = find_column(&right.columns, &name.text)?;
        return Some((Expr::column(found, name.span), Side::Right));
    }
    let bound = cx.bind_scalar(operand, &mut row);
    if bound.is_poison() {
        return None;
    }
    let (mut reads_left, mut reads_right) = (false, false);
    bound.visit_columns(&mut |id| {
        reads_left |= left.columns.iter().any(|column| column.id == id);
        reads_right |= right.columns.iter().any(|column| column.id == id);
    });
    match (reads_left, reads_right) {
        (true, false) => Some((bound, Side::Left)),
        (false, true) => Some((bound, Side::Right)),
        _ => {
            let message = "an operand of a join condition reads columns of one side";
            cx.report(Diagnostic::error(error::BAD_JOIN, operand.span()).message(message));
            None
        }
    }
}

/// Both keys in one type.
fn meet(left: Expr, right: Expr, span: Span, cx: &mut Binder<'_>) -> Option<Key> {
    if left.ty == right.ty && left.ty != KqlType::Dynamic {
        return Some(Key { left, right });
    }
    let (from, to) = (left.ty.name(), right.ty.name());
    match crate::bind::convert::key_type(left.ty, right.ty) {
        Some(ty) => Some(Key { left: cx.convert_to(left, ty), right: cx.convert_to(right, ty) }),
        None => {
            let message = format!("the join's keys have different types: {from} and {to}");
            let hint = "convert one of them before the join, such as by `tostring(…)`";
            cx.report(Diagnostic::error(error::BAD_JOIN, span).message(message).hint(hint));
            None
        }
    }
}

/// Any one left row for each key (fact 228).
fn unique_by(input: &Relation, keys: &[Key], cx: &mut Binder<'_>) -> Relation {
    let key_ids: Vec<_> = keys.iter().filter_map(|key| column_id(&key.left)).collect();
    let computed = keys.iter().filter(|key| column_id(&key.left).is_none()).map(|key| (cx.new_id(), key.left.clone()));
    let computed: Vec<_> = computed.collect();
    let mut carried: Vec<(crate::bound::ColumnId, KqlType)> = Vec::new();
    for column in &input.columns {
        if !key_ids.contains(&column.id) && !carried.iter().any(|(id, _)| *id == column.id) {
            carried.push((column.id, column.ty));
        }
    }
    let kept = keys.iter().filter(|key| column_id(&key.left).is_some());
    let mut group: Vec<_> = Vec::new();
    for key in kept {
        let id = column_id(&key.left).expect("filtered for columns");
        if !group.iter().any(|(other, _)| *other == id) {
            group.push((id, key.left.clone()));
        }
    }
    group.extend(computed);
    let aggregates = first_of(&carried, cx);
    let order = input.order.clone();
    input.then(|plan| Plan::Aggregate { input: plan, keys: group, aggregates, order })
}

fn joined(left: &Relation, right: &Relation, kind: JoinKind, keys: Vec<Key>) -> Relation {
    let on = keys.into_iter().map(|key| (key.left, key.right)).collect();
    let plan = Plan::Join { left: left.plan.clone(), right: right.plan.clone(), kind, on };
    let columns = match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => left.columns.clone(),
        JoinKind::RightSemi | JoinKind::RightAnti => right.columns.clone(),
        JoinKind::Inner | JoinKind::LeftOuter | JoinKind::RightOuter | JoinKind::FullOuter => {
            both_sides(&left.columns, &right.columns)
        }
    };
    Relation { open: left.open || right.open, ..Relation::new(plan, columns) }
}

/// All left columns, then all right ones; a right name that is taken gets the next free number (facts 229, 230).
pub(super) fn both_sides(left: &[Column], right: &[Column]) -> Vec<Column> {
    let mut columns = left.to_vec();
    for column in right {
        let taken = |name: &str| columns.iter().any(|it| &*it.name == name);
        let name: Arc<str> = if taken(&column.name) {
            let own = |name: &str| right.iter().any(|it| &*it.name == name);
            numbered(&column.name, |name| taken(name) || own(name))
        } else {
            column.name.clone()
        };
        columns.push(Column { name, ..column.clone() });
    }
    columns
}
