//! `summarize` and what is made of it.

use std::collections::BTreeSet;

use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder, lit};

use super::{Lowering, Needed, ProjectAsIs, column, column_name, never_null, sort_exprs, udf, with_columns_of};
use crate::bound::{AggregateCall, ColumnId, Expr, Plan, SortKey};
use crate::functions::agg::Outputs;

impl Lowering<'_> {
    pub(super) fn aggregate(
        &self,
        input: &Plan,
        keys: &[(ColumnId, Expr)],
        aggregates: &[AggregateCall],
        order: &[SortKey],
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let used: Vec<AggregateCall> = aggregates.iter().filter_map(|it| pruned(it, needed)).collect();
        // Without keys there is one row however few columns are read, so one aggregate stays.
        let used = match (used.is_empty(), keys.is_empty(), aggregates.first()) {
            (true, true, Some(first)) => vec![first.clone()],
            _ => used,
        };
        let ordered = used.iter().any(|it| it.def.order_sensitive);
        let rows = self.aggregate_input(input, keys, &used, order, ordered)?;
        let input = self.winners(rows, input, keys, &used)?;
        let group = keys.iter().map(|(id, _)| DfExpr::Column(column(*id))).collect::<Vec<_>>();
        let order_by = if ordered { sort_exprs(order) } else { Vec::new() };
        // DataFusion cannot plan the same aggregate twice: `any(x), any(x)` is computed once.
        let mut calls: Vec<DfExpr> = Vec::new();
        let mut places = Vec::with_capacity(used.len());
        for it in &used {
            let call = self.aggregate_expr(it, &order_by)?;
            let place = calls.iter().position(|other| *other == call).unwrap_or(calls.len());
            if place == calls.len() {
                calls.push(call);
            }
            places.push(place);
        }
        let named = calls.into_iter().enumerate().map(|(place, call)| call.alias(call_name(place)));
        let grouped = input.aggregate(group, named)?;
        grouped.project_as_is(outputs(keys, &used, &places, needed))
    }

    /// The columns that keys, arguments, filters and the order read, with the keys computed.
    fn aggregate_input(
        &self,
        input: &Plan,
        keys: &[(ColumnId, Expr)],
        used: &[AggregateCall],
        order: &[SortKey],
        ordered: bool,
    ) -> Result<LogicalPlanBuilder> {
        let reads = used.iter().flat_map(|it| it.args.iter().chain(&it.filter));
        let mut arguments = with_columns_of(&Needed::new(), reads);
        if ordered {
            arguments.extend(order.iter().map(|key| key.column));
        }
        let below = with_columns_of(&arguments, keys.iter().map(|(_, key)| key));
        let input = self.plan(input, &below)?;
        let computed: BTreeSet<ColumnId> = keys.iter().map(|(id, _)| *id).collect();
        let mut exprs: Vec<DfExpr> = arguments.difference(&computed).map(|id| DfExpr::Column(column(*id))).collect();
        for (id, key) in keys {
            exprs.push(self.expr(key)?.alias(column_name(*id)));
        }
        input.project_as_is(exprs)
    }

    fn aggregate_expr(&self, it: &AggregateCall, order_by: &[datafusion::logical_expr::expr::Sort]) -> Result<DfExpr> {
        let args = if it.def.counts_rows {
            vec![lit(1_i64)]
        } else {
            it.args.iter().map(|arg| self.expr(arg)).collect::<Result<_>>()?
        };
        let filter = it.filter.as_ref().map(|filter| self.predicate(filter)).transpose()?.map(Box::new);
        let order_by = if it.def.order_sensitive { order_by.to_vec() } else { Vec::new() };
        let function = (it.def.udaf)(&it.call);
        Ok(DfExpr::AggregateFunction(AggregateFunction::new_udf(function, args, false, filter, order_by, None)))
    }
}

fn call_name(index: usize) -> String {
    format!("a{index}")
}

/// The call without answers that nobody reads: `arg_max(Timestamp, *) | project DeviceName` keeps two columns.
fn pruned(it: &AggregateCall, needed: &Needed) -> Option<AggregateCall> {
    if !it.outputs.iter().any(|(id, _)| needed.contains(id)) {
        return None;
    }
    if it.def.outputs != Outputs::EachArgument || it.args.len() != it.outputs.len() {
        return Some(it.clone());
    }
    // The first argument of `arg_max` decides which row wins; of `take_any` one column is as good as another.
    let kept: Vec<usize> =
        (0..it.args.len()).filter(|index| *index == 0 || needed.contains(&it.outputs[*index].0)).collect();
    let mut call = it.clone();
    call.args = kept.iter().map(|index| it.args[*index].clone()).collect();
    call.outputs = kept.iter().map(|index| it.outputs[*index]).collect();
    call.call.types = kept.iter().map(|index| it.call.types[*index]).collect();
    call.call.constants = kept.iter().map(|index| it.call.constants[*index].clone()).collect();
    Some(call)
}

/// Keys and answers under their ids; several answers come as a struct.
fn outputs(keys: &[(ColumnId, Expr)], used: &[AggregateCall], places: &[usize], needed: &Needed) -> Vec<DfExpr> {
    let mut exprs: Vec<DfExpr> =
        keys.iter().filter(|(id, _)| needed.contains(id)).map(|(id, _)| DfExpr::Column(column(*id))).collect();
    for (it, place) in used.iter().zip(places) {
        let answer = || DfExpr::Column(Column::new_unqualified(call_name(*place)));
        for (position, (id, ty)) in it.outputs.iter().enumerate() {
            let value = match it.def.outputs {
                Outputs::One => answer(),
                Outputs::EachArgument | Outputs::EachConstant => {
                    never_null(get_field(answer(), udf::field_name(position)), *ty)
                }
            };
            if needed.contains(id) {
                exprs.push(value.alias(column_name(*id)));
            }
        }
    }
    exprs
}
