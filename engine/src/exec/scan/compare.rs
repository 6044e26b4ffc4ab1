//! Comparisons of a column with constants, as comparisons of what a file holds.
//!
//! Exact in every place where an expression may stand, not only in a filter: the file's comparison is true, false or null
//! where the plan's is.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, InListExpr, IsNotNullExpr, Literal, in_list};
use vizsla_store::convert::FileTicks;

/// What is asked of a column.
#[derive(Debug)]
pub(super) enum Asked<'e> {
    /// `column op constant`
    Compared(Operator, &'e ScalarValue),
    /// `column in (constants)`
    In(Vec<&'e ScalarValue>),
}

impl<'e> Asked<'e> {
    /// The column of a comparison with constants, and what is asked of it.
    pub(super) fn of(expr: &'e Arc<dyn PhysicalExpr>) -> Option<(&'e Column, Asked<'e>)> {
        if let Some(compared) = expr.downcast_ref::<BinaryExpr>() {
            let (left, right) = (compared.left(), compared.right());
            if let (Some(column), Some(constant)) = (left.downcast_ref::<Column>(), right.downcast_ref::<Literal>()) {
                return Some((column, Asked::Compared(*compared.op(), constant.value())));
            }
            let (constant, column) = (left.downcast_ref::<Literal>()?, right.downcast_ref::<Column>()?);
            return Some((column, Asked::Compared(compared.op().swap()?, constant.value())));
        }
        let list = expr.downcast_ref::<InListExpr>().filter(|it| !it.negated())?;
        let constants = list.list().iter().map(|it| it.downcast_ref::<Literal>().map(Literal::value));
        Some((list.expr().downcast_ref::<Column>()?, Asked::In(constants.collect::<Option<_>>()?)))
    }

    /// Of text, whose nulls are empty strings in the plan: only equality with texts that are not empty.
    pub(super) fn of_text(&self, value: &Arc<dyn PhysicalExpr>, field: &Field) -> Option<Arc<dyn PhysicalExpr>> {
        let file = field.data_type();
        if !matches!(file, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return None;
        }
        let text = |constant: &ScalarValue| {
            let text = constant.try_as_str()??;
            let cast = ScalarValue::Utf8View(Some(text.to_owned())).cast_to(file).ok()?;
            (!text.is_empty()).then(|| Arc::new(Literal::new(cast)) as Arc<dyn PhysicalExpr>)
        };
        let equal: Arc<dyn PhysicalExpr> = match self {
            Asked::Compared(Operator::Eq, constant) => binary(value, Operator::Eq, text(constant)?),
            Asked::Compared(..) => return None,
            Asked::In(constants) => {
                let texts = constants.iter().map(|it| text(it)).collect::<Option<Vec<_>>>()?;
                let schema = arrow::datatypes::Schema::empty();
                in_list(value.clone(), texts, &false, &schema).ok()?
            }
        };
        if !field.is_nullable() {
            return Some(equal);
        }
        let there: Arc<dyn PhysicalExpr> = Arc::new(IsNotNullExpr::new(value.clone()));
        Some(binary(&there, Operator::And, equal))
    }

    /// Of times, counted in another unit; all of the file's values are times that KQL has.
    pub(super) fn of_ticks(
        &self,
        value: &Arc<dyn PhysicalExpr>,
        field: &Field,
        unit: FileTicks,
    ) -> Option<Arc<dyn PhysicalExpr>> {
        let Asked::Compared(operator, ScalarValue::Int64(Some(ticks))) = self else { return None };
        let at = |units: i64| literal(units, field.data_type());
        let since = |ticks: i64| Some(binary(value, Operator::GtEq, at(unit.first_at(ticks)?)?));
        let until = |ticks: i64| Some(binary(value, Operator::LtEq, at(unit.last_at(ticks)?)?));
        match operator {
            Operator::GtEq => since(*ticks),
            Operator::Gt => since(ticks.checked_add(1)?),
            Operator::LtEq => until(*ticks),
            Operator::Lt => until(ticks.checked_sub(1)?),
            Operator::Eq => Some(binary(&since(*ticks)?, Operator::And, until(*ticks)?)),
            _ => None,
        }
    }
}

/// So many units, as a value of the file's type.
fn literal(units: i64, file: &DataType) -> Option<Arc<dyn PhysicalExpr>> {
    let value = match file {
        DataType::Date32 | DataType::Time32(_) => {
            ScalarValue::Int32(Some(i32::try_from(units).ok()?)).cast_to(file).ok()?
        }
        _ => ScalarValue::Int64(Some(units)).cast_to(file).ok()?,
    };
    Some(Arc::new(Literal::new(value)))
}

fn binary(left: &Arc<dyn PhysicalExpr>, op: Operator, right: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    Arc::new(BinaryExpr::new(left.clone(), op, right))
}
