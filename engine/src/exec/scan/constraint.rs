//! What a filter over a table says about its texts and times, in the terms of an index.
//!
//! A superset always: what is not understood is "any row".

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, InListExpr, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;
use vizsla_schema::{KqlType, Ticks};
use vizsla_store::TableSnapshot;
use vizsla_store::index::{Constraint, Match};

use super::pattern;

/// What the rows of `table` that the filter keeps have in common.
pub(super) fn constraint(table: &TableSnapshot, filter: &Arc<dyn PhysicalExpr>) -> Constraint {
    // Filters that grow while a query runs, as they are now.
    match snapshot_physical_expr(filter.clone()) {
        Ok(filter) => Columns(table).of(&filter),
        Err(_) => Constraint::Any,
    }
}

/// The columns of a table.
struct Columns<'t>(&'t TableSnapshot);

impl Columns<'_> {
    fn of(&self, expr: &Arc<dyn PhysicalExpr>) -> Constraint {
        if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
            let (left, right) = (binary.left(), binary.right());
            return match binary.op() {
                Operator::And => Constraint::all([self.of(left), self.of(right)]),
                Operator::Or => Constraint::one([self.of(left), self.of(right)]),
                op => match (right.downcast_ref::<Literal>(), left.downcast_ref::<Literal>(), op.swap()) {
                    (Some(constant), _, _) => self.compared(left, *op, constant.value()),
                    (None, Some(constant), Some(op)) => self.compared(right, op, constant.value()),
                    _ => Constraint::Any,
                },
            };
        }
        if let Some(list) = expr.downcast_ref::<InListExpr>().filter(|it| !it.negated()) {
            let Some(column) = self.text(list.expr()) else { return Constraint::Any };
            return Constraint::one(list.list().iter().map(|it| text(column, Match::Whole, string(it))));
        }
        match expr.downcast_ref::<ScalarFunctionExpr>() {
            Some(call) => self.call(call),
            None => Constraint::Any,
        }
    }

    fn compared(&self, side: &Arc<dyn PhysicalExpr>, op: Operator, constant: &ScalarValue) -> Constraint {
        if let ScalarValue::Int64(Some(at)) = constant {
            return match self.time(side) {
                Some((column, width)) => within(column, op, *at, width),
                None => Constraint::Any,
            };
        }
        match (self.text(side), op) {
            (Some(column), Operator::Eq | Operator::IsNotDistinctFrom) => {
                text(column, Match::Whole, constant.try_as_str().flatten())
            }
            _ => Constraint::Any,
        }
    }

    /// A string operator over a column and a constant. Case never counts: what differs only in case is kept.
    fn call(&self, call: &ScalarFunctionExpr) -> Constraint {
        let [column, needle] = call.args() else { return Constraint::Any };
        let (Some(column), Some(needle)) = (self.text(column), string(needle)) else { return Constraint::Any };
        let one = |at| text(column, at, Some(needle));
        let list = |at| {
            let values: Option<Vec<String>> = serde_json::from_str(needle).ok();
            values.map(|values| values.into_iter().map(move |it| text(column, at, Some(&it))).collect::<Vec<_>>())
        };
        match call.fun().name() {
            "has(string,string)" | "has_cs(string,string)" => one(Match::Terms),
            "hasprefix(string,string)"
            | "hasprefix_cs(string,string)"
            | "startswith(string,string)"
            | "startswith_cs(string,string)" => one(Match::Begin),
            "hassuffix(string,string)"
            | "hassuffix_cs(string,string)"
            | "endswith(string,string)"
            | "endswith_cs(string,string)" => one(Match::End),
            "contains(string,string)" | "contains_cs(string,string)" => one(Match::Inside),
            "=~(string,string)" => one(Match::Whole),
            "in(string,dynamic)" | "in~(string,dynamic)" => list(Match::Whole).map_or(Constraint::Any, Constraint::one),
            "has_any(string,dynamic)" => list(Match::Terms).map_or(Constraint::Any, Constraint::one),
            "has_all(string,dynamic)" => list(Match::Terms).map_or(Constraint::Any, Constraint::all),
            "matches regex(string,string)" => pattern::required(column, needle),
            _ => Constraint::Any,
        }
    }

    /// The name of a column of texts, which may be in another case: an index finds a value in all its cases.
    fn text(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<&str> {
        if let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() {
            return match (call.fun().name(), call.args()) {
                ("tolower(string)" | "toupper(string)" | "tostring(string)", [column]) => self.text(column),
                _ => None,
            };
        }
        self.column(expr, KqlType::String)
    }

    /// The name of a column of times, and how many ticks later than the expression its value can be.
    fn time(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<(&str, i64)> {
        let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() else {
            return self.column(expr, KqlType::DateTime).map(|column| (column, 0));
        };
        let days = |days| Ticks::PER_DAY * days - 1;
        let (column, width) = match (call.fun().name(), call.args()) {
            ("startofday(datetime)", [column]) => (column, days(1)),
            ("startofweek(datetime)", [column]) => (column, days(7)),
            ("startofmonth(datetime)", [column]) => (column, days(31)),
            ("startofyear(datetime)", [column]) => (column, days(366)),
            ("bin(datetime,timespan)", [column, size]) => match size.downcast_ref::<Literal>()?.value() {
                ScalarValue::Int64(Some(size)) if *size > 0 => (column, size - 1),
                _ => return None,
            },
            _ => return None,
        };
        self.column(column, KqlType::DateTime).map(|column| (column, width))
    }

    fn column(&self, expr: &Arc<dyn PhysicalExpr>, ty: KqlType) -> Option<&str> {
        let name = expr.downcast_ref::<Column>()?.name();
        self.0.columns.iter().find(|it| it.name == name && it.ty == ty).map(|it| it.name.as_str())
    }
}

/// That what is at most `width` ticks before a time compares like this with `at`.
fn within(column: &str, op: Operator, at: i64, width: i64) -> Constraint {
    let (least, most) = match op {
        Operator::Eq => (at, at.saturating_add(width)),
        Operator::Gt | Operator::GtEq => (at, i64::MAX),
        Operator::Lt | Operator::LtEq => (i64::MIN, at.saturating_add(width)),
        _ => return Constraint::Any,
    };
    Constraint::Ticks { column: column.to_owned(), least, most }
}

/// That a column holds a text there; nothing if the text is not known or empty, which every value holds.
pub(super) fn text(column: &str, at: Match, text: Option<&str>) -> Constraint {
    match text {
        Some(text) if !text.is_empty() => Constraint::Text { column: column.to_owned(), at, text: text.to_owned() },
        _ => Constraint::Any,
    }
}

fn string(expr: &Arc<dyn PhysicalExpr>) -> Option<&str> {
    expr.downcast_ref::<Literal>()?.value().try_as_str().flatten()
}
