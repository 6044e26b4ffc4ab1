//! What a filter over a table says about the texts and times of a file, in the terms of its index.
//!
//! A superset always: what is not understood is "any row".

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, InListExpr, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;
use vizsla_schema::KqlType;
use vizsla_store::index::{Constraint, Match};
use vizsla_store::{Contents, DataFile, Source, TableSnapshot};

/// The columns of a table in one of its files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'t> {
    pub(super) table: &'t TableSnapshot,
    pub(super) file: &'t DataFile,
}

impl Columns<'_> {
    /// What the rows that the filter keeps have in common.
    pub(super) fn constraint(&self, filter: &Arc<dyn PhysicalExpr>) -> Constraint {
        // Filters that grow while a query runs, as they are now.
        match snapshot_physical_expr(filter.clone()) {
            Ok(filter) => self.of(&filter),
            Err(_) => Constraint::Any,
        }
    }

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
            let Some((field, KqlType::String)) = self.field(list.expr()) else { return Constraint::Any };
            return Constraint::one(list.list().iter().map(|it| text(field, Match::Whole, string(it))));
        }
        match expr.downcast_ref::<ScalarFunctionExpr>() {
            Some(call) => self.call(call),
            None => Constraint::Any,
        }
    }

    fn compared(&self, side: &Arc<dyn PhysicalExpr>, op: Operator, constant: &ScalarValue) -> Constraint {
        let Some((field, ty)) = self.field(side) else { return Constraint::Any };
        match (ty, constant) {
            (KqlType::String, _) if matches!(op, Operator::Eq | Operator::IsNotDistinctFrom) => {
                text(field, Match::Whole, constant.try_as_str().flatten())
            }
            (KqlType::DateTime, ScalarValue::Int64(Some(at))) => {
                let (least, most) = match op {
                    Operator::Eq => (*at, *at),
                    Operator::Gt | Operator::GtEq => (*at, i64::MAX),
                    Operator::Lt | Operator::LtEq => (i64::MIN, *at),
                    _ => return Constraint::Any,
                };
                Constraint::Ticks { field: field.to_owned(), least, most }
            }
            _ => Constraint::Any,
        }
    }

    /// A string operator over a column and a constant. Case never counts: what differs only in case is kept.
    fn call(&self, call: &ScalarFunctionExpr) -> Constraint {
        let [column, needle] = call.args() else { return Constraint::Any };
        let Some((field, KqlType::String)) = self.field(column) else { return Constraint::Any };
        let Some(needle) = string(needle) else { return Constraint::Any };
        let one = |at| text(field, at, Some(needle));
        let list = |at| {
            let values: Option<Vec<String>> = serde_json::from_str(needle).ok();
            values.map(|values| values.into_iter().map(move |it| text(field, at, Some(&it))).collect::<Vec<_>>())
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
            _ => Constraint::Any,
        }
    }

    /// The file's name for a column, and the table's type of it.
    fn field(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<(&str, KqlType)> {
        let name = expr.downcast_ref::<Column>()?.name();
        let index = self.table.columns.iter().position(|it| it.name == name)?;
        let (Source::Field(field), Contents::Parquet(footer)) = (self.file.source(index), &self.file.contents) else {
            return None;
        };
        Some((footer.schema.field(*field).name(), self.table.columns[index].ty))
    }
}

/// That a column holds a text there; nothing if the text is not known or empty, which every value holds.
fn text(field: &str, at: Match, text: Option<&str>) -> Constraint {
    match text {
        Some(text) if !text.is_empty() => Constraint::Text { field: field.to_owned(), at, text: text.to_owned() },
        _ => Constraint::Any,
    }
}

fn string(expr: &Arc<dyn PhysicalExpr>) -> Option<&str> {
    expr.downcast_ref::<Literal>()?.value().try_as_str().flatten()
}
