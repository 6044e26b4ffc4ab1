//! Scalar expressions as DataFusion's.
//!
//! Comparisons follow KQL's nulls (facts 2–5): `==` with one null is false. Where only "true or not" matters, as in a
//! filter, SQL's own operators say the same and prune by statistics; elsewhere the null-exact form is written out.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{BinaryExpr, Case, Expr as DfExpr, Operator, expr::InList, expr::ScalarFunction, lit};
use datafusion::physical_expr::create_physical_expr;
use vizsla_functions::{ScalarDef, Value};
use vizsla_schema::KqlType;

use super::{Lowering, StepValue, column, udf};
use crate::bound::{Expr, ExprKind, StepId};

/// Whether null and false must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Null {
    /// Only true matters.
    IsFalse,
    /// Null is an answer of its own.
    Exact,
}

/// The most values that are written into a plan as a list; a longer one goes through a kernel's set.
const MAX_IN_LIST: usize = 1000;

impl Lowering<'_> {
    /// An expression whose value is used.
    pub(super) fn expr(&self, expr: &Expr) -> Result<DfExpr> {
        self.lower(expr, Null::Exact)
    }

    /// A condition of which only "true" counts.
    pub(super) fn predicate(&self, expr: &Expr) -> Result<DfExpr> {
        self.lower(expr, Null::IsFalse)
    }

    fn lower(&self, expr: &Expr, null: Null) -> Result<DfExpr> {
        Ok(match &expr.kind {
            ExprKind::Poison => return Err(internal("a query with errors was planned")),
            ExprKind::Literal(value) => literal(value)?,
            ExprKind::Column(id) => DfExpr::Column(column(*id)),
            ExprKind::Call { def, args } => self.call(def, args, expr.ty, null)?,
            ExprKind::And(terms) => balanced(self.all(terms, null)?, Operator::And),
            ExprKind::Or(terms) => balanced(self.all(terms, null)?, Operator::Or),
            // Under `not`, null and false differ.
            ExprKind::Not(inner) => DfExpr::Not(Box::new(self.lower(inner, Null::Exact)?)),
            ExprKind::Case { arms, otherwise } => self.case(arms, otherwise)?,
            ExprKind::InList { needle, list, negated } => self.in_list(needle, list, *negated, null)?,
            ExprKind::Step(step) => literal(&self.scalar(*step)?)?,
            ExprKind::CallWithList { def, needle, list } => self.call_with_list(def, needle, *list, expr, null)?,
        })
    }

    fn all(&self, terms: &[Expr], null: Null) -> Result<Vec<DfExpr>> {
        terms.iter().map(|term| self.lower(term, null)).collect()
    }

    fn case(&self, arms: &[(Expr, Expr)], otherwise: &Expr) -> Result<DfExpr> {
        let mut when_then = Vec::with_capacity(arms.len());
        for (when, then) in arms {
            when_then.push((Box::new(self.predicate(when)?), Box::new(self.expr(then)?)));
        }
        Ok(DfExpr::Case(Case::new(None, when_then, Some(Box::new(self.expr(otherwise)?)))))
    }

    fn scalar(&self, step: StepId) -> Result<Value> {
        match self.values.get(step.0) {
            Some(StepValue::Scalar(value)) => Ok(value.clone()),
            _ => Err(internal("a scalar was used before its step ran")),
        }
    }

    fn call(&self, def: &'static ScalarDef, args: &[Expr], ty: KqlType, null: Null) -> Result<DfExpr> {
        match (def.name, args) {
            ("==" | "!=" | "<" | "<=" | ">" | ">=", [left, right]) if plain_comparison(left.ty) => {
                self.compare(def.name, left, right, null)
            }
            ("between", [value, low, high])
                if plain_comparison(value.ty) && (null == Null::IsFalse || bounded(low, high)) =>
            {
                let above = binary(self.expr(value)?, Operator::GtEq, self.expr(low)?);
                let below = binary(self.expr(value)?, Operator::LtEq, self.expr(high)?);
                Ok(binary(above, Operator::And, below))
            }
            ("isnotempty", [text]) if text.ty == KqlType::String => {
                Ok(binary(self.expr(text)?, Operator::NotEq, literal(&Value::String("".into()))?))
            }
            ("isempty", [text]) if text.ty == KqlType::String => {
                Ok(binary(self.expr(text)?, Operator::Eq, literal(&Value::String("".into()))?))
            }
            _ => self.kernel(def, args, ty),
        }
    }

    fn kernel(&self, def: &'static ScalarDef, args: &[Expr], ty: KqlType) -> Result<DfExpr> {
        let types: Vec<KqlType> = args.iter().map(|arg| arg.ty).collect();
        let lowered = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        // Binding folds constants, except those that only a step could find.
        let known = def.stable && !lowered.is_empty() && lowered.iter().all(|arg| matches!(arg, DfExpr::Literal(..)));
        let computed = call(udf::scalar(def, &types, ty), lowered);
        if known { literal(&evaluated(&computed, ty)?) } else { Ok(computed) }
    }

    fn compare(&self, name: &str, left: &Expr, right: &Expr, null: Null) -> Result<DfExpr> {
        let nullable = |side: &Expr| side.ty.is_nullable() && side.as_literal().is_none_or(Value::is_null);
        let both_nullable = nullable(left) && nullable(right);
        let neither = !nullable(left) && !nullable(right);
        let (a, b) = (self.expr(left)?, self.expr(right)?);
        let operator = match name {
            "==" => Operator::Eq,
            "!=" => Operator::NotEq,
            // Null beside anything is null in KQL too (fact 4).
            "<" => return Ok(binary(a, Operator::Lt, b)),
            "<=" => return Ok(binary(a, Operator::LtEq, b)),
            ">" => return Ok(binary(a, Operator::Gt, b)),
            _ => return Ok(binary(a, Operator::GtEq, b)),
        };
        let equal = operator == Operator::Eq;
        if neither || (equal && null == Null::IsFalse) {
            return Ok(binary(a, operator, b));
        }
        let distinct = if equal { Operator::IsNotDistinctFrom } else { Operator::IsDistinctFrom };
        if !both_nullable || null == Null::IsFalse {
            return Ok(binary(a, distinct, b));
        }
        // Both null is null, not true.
        let both_null = binary(is_null(a.clone()), Operator::And, is_null(b.clone()));
        let otherwise = binary(a, distinct, b);
        let when_then = vec![(Box::new(both_null), Box::new(lit(ScalarValue::Boolean(None))))];
        Ok(DfExpr::Case(Case::new(None, when_then, Some(Box::new(otherwise)))))
    }

    /// `in` is an OR of `==`, `!in` an AND of `!=` (fact 5): a null needle is not in any list.
    fn in_list(&self, needle: &Expr, list: &[Value], negated: bool, null: Null) -> Result<DfExpr> {
        let value = self.expr(needle)?;
        if list.is_empty() {
            return Ok(lit(negated));
        }
        let nullable = needle.ty.is_nullable();
        let list = list.iter().map(literal).collect::<Result<Vec<_>>>()?;
        let inside = DfExpr::InList(InList::new(Box::new(value.clone()), list, negated));
        match (nullable, negated) {
            (false, _) => Ok(inside),
            (true, false) if null == Null::IsFalse => Ok(inside),
            (true, false) => Ok(binary(is_not_null(value), Operator::And, inside)),
            (true, true) => Ok(binary(is_null(value), Operator::Or, inside)),
        }
    }

    fn call_with_list(
        &self,
        def: &'static ScalarDef,
        needle: &Expr,
        list: StepId,
        whole: &Expr,
        null: Null,
    ) -> Result<DfExpr> {
        let Some(StepValue::List { values, json }) = self.values.get(list.0) else {
            return Err(internal("a list was used before its step ran"));
        };
        let same_type = values.iter().all(|value| value.ty() == needle.ty);
        if matches!(def.name, "in" | "!in") && same_type && values.len() <= MAX_IN_LIST && plain_comparison(needle.ty) {
            return self.in_list(needle, values, def.name == "!in", null);
        }
        let list = Expr::literal(Value::Dynamic(json.clone()), whole.span);
        self.kernel(def, &[needle.clone(), list], whole.ty)
    }
}

/// Types whose order in arrow is KQL's. Reals are not: NaN equals itself in arrow and is larger than any number.
fn plain_comparison(ty: KqlType) -> bool {
    !matches!(ty, KqlType::Real | KqlType::Dynamic)
}

fn bounded(low: &Expr, high: &Expr) -> bool {
    let known = |bound: &Expr| bound.as_literal().is_some_and(|value| !value.is_null());
    known(low) && known(high)
}

/// The value of an expression without columns.
pub(super) fn evaluated(expr: &DfExpr, ty: KqlType) -> Result<Value> {
    let physical = create_physical_expr(expr, &DFSchema::empty(), &Default::default(), &Default::default())?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let one_row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options)?;
    Ok(Value::from_array(&physical.evaluate(&one_row)?.to_array(1)?, 0, ty))
}

/// A constant in a plan.
pub(super) fn literal(value: &Value) -> Result<DfExpr> {
    Ok(DfExpr::Literal(ScalarValue::try_from_array(&value.to_array(), 0)?, None))
}

pub(super) fn call(function: Arc<datafusion::logical_expr::ScalarUDF>, args: Vec<DfExpr>) -> DfExpr {
    DfExpr::ScalarFunction(ScalarFunction::new_udf(function, args))
}

fn binary(left: DfExpr, op: Operator, right: DfExpr) -> DfExpr {
    DfExpr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn is_null(expr: DfExpr) -> DfExpr {
    DfExpr::IsNull(Box::new(expr))
}

fn is_not_null(expr: DfExpr) -> DfExpr {
    DfExpr::IsNotNull(Box::new(expr))
}

/// Joins terms as a tree of logarithmic depth, so that ten thousand of them are no recursion.
fn balanced(mut terms: Vec<DfExpr>, op: Operator) -> DfExpr {
    while terms.len() > 1 {
        let mut joined = Vec::with_capacity(terms.len().div_ceil(2));
        let mut rest = terms.into_iter();
        while let Some(left) = rest.next() {
            joined.push(match rest.next() {
                Some(right) => binary(left, op, right),
                None => left,
            });
        }
        terms = joined;
    }
    terms.pop().unwrap_or_else(|| lit(op == Operator::And))
}

pub(super) fn internal(what: &str) -> DataFusionError {
    DataFusionError::Internal(what.to_owned())
}
