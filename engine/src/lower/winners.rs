//! `arg_max` and `arg_min` of whole rows: first which value wins in each group, then the rows that have it.
//!
//! Finding the values reads two columns. They become a filter of the scan that reads the rest, by which most files, row
//! groups and pages are not read at all.

use datafusion::common::{Column, NullEquality};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{Expr as DfExpr, Join, JoinType, LogicalPlanBuilder};
use vizsla_schema::KqlType;

use super::{Lowering, ProjectAsIs, column};
use crate::bound::{AggregateCall, ColumnId, Expr, ExprKind, Plan};
use crate::catalog::TableShape;

/// Rows of more columns are worth reading twice the few that decide.
const WIDE: usize = 4;
/// What a filter may call if it is to run twice.
const CHEAP: [&str; 9] = ["==", "!=", "<", "<=", ">", ">=", "between", "isempty", "isnotempty"];
/// No column of a query is called so in a plan: they are `c12`.
const BEST: &str = "best";

/// The column by which a row wins, and how.
struct Decides {
    value: ColumnId,
    best: fn(DfExpr) -> DfExpr,
}

/// Whether a join is one of [`Lowering::winners`], whose left side is always the one that filters the other.
pub(crate) fn is_of_winners(join: &Join) -> bool {
    join.on.iter().any(|(left, _)| matches!(left, DfExpr::Column(column) if column.name == BEST))
}

impl Lowering<'_> {
    /// `rows`, the input of a `summarize` over `plan`, without those that cannot win, if that pays.
    pub(super) fn winners(
        &self,
        rows: LogicalPlanBuilder,
        plan: &Plan,
        keys: &[(ColumnId, Expr)],
        used: &[AggregateCall],
    ) -> Result<LogicalPlanBuilder> {
        let Some(Decides { value, best }) = self.decides(plan, keys, used) else { return Ok(rows) };
        let rows = rows.build()?;
        let read = |id: &ColumnId| DfExpr::Column(column(*id));
        let groups = keys.iter().map(|(id, _)| read(id));
        let winning = LogicalPlanBuilder::from(rows.clone()).aggregate(groups, [best(read(&value)).alias(BEST)])?;
        // Both sides have the keys, so one of them calls them otherwise.
        let winning_keys: Vec<Column> = (0..keys.len()).map(|at| Column::new_unqualified(format!("k{at}"))).collect();
        let best = Column::new_unqualified(BEST);
        let renamed = keys.iter().zip(&winning_keys).map(|((id, _), name)| read(id).alias(&name.name));
        let winning = winning.project_as_is(renamed.chain([DfExpr::Column(best.clone())]))?;
        let visible: Vec<DfExpr> = rows.schema().columns().into_iter().map(DfExpr::Column).collect();
        let left = winning_keys.into_iter().chain([best]).collect::<Vec<_>>();
        let right = keys.iter().map(|(id, _)| column(*id)).chain([column(value)]).collect::<Vec<_>>();
        winning
            .join_detailed(rows, JoinType::Inner, (left, right), None, NullEquality::NullEqualsNull)?
            .project_as_is(visible)
    }

    fn decides(&self, plan: &Plan, keys: &[(ColumnId, Expr)], used: &[AggregateCall]) -> Option<Decides> {
        let [call] = used else { return None };
        let best = match call.def.name {
            "arg_max" => max,
            "arg_min" => min,
            _ => return None,
        };
        let by = call.args.first()?;
        let ExprKind::Column(value) = by.kind else { return None };
        let is_whole = matches!(by.ty, KqlType::DateTime | KqlType::TimeSpan | KqlType::Long | KqlType::Int);
        let pays = is_whole
            && call.filter.is_none()
            && call.args.len() > WIDE
            && scanned(plan, value).is_some()
            && keys.iter().all(|(_, key)| self.repeats(plan, key));
        pays.then_some(Decides { value, best })
    }

    /// Whether a key is a column of files that has few values. With about as many groups as rows nothing would be saved.
    fn repeats(&self, plan: &Plan, key: &Expr) -> bool {
        let ExprKind::Column(id) = key.kind else { return false };
        scanned(plan, id).is_some_and(|(table, name)| self.source.repeats(table, name))
    }
}

/// The table and its column that a column is, if rows cost no more than reading them.
fn scanned(plan: &Plan, id: ColumnId) -> Option<(&TableShape, &str)> {
    match plan {
        Plan::Scan { table, columns } => {
            let place = columns.iter().position(|it| *it == id)?;
            Some((table, &table.columns[place].0))
        }
        Plan::Filter { input, predicate } if is_cheap(predicate) => scanned(input, id),
        Plan::Extend { input, columns } if columns.iter().all(|(computed, _)| *computed != id) => scanned(input, id),
        Plan::Project { input, columns } => match columns.iter().find(|(it, _)| *it == id)?.1.kind {
            ExprKind::Column(inner) => scanned(input, inner),
            _ => None,
        },
        _ => None,
    }
}

fn is_cheap(predicate: &Expr) -> bool {
    match &predicate.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Step(_) => true,
        ExprKind::Call { def, args } => CHEAP.contains(&def.name) && args.iter().all(is_cheap),
        ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().all(is_cheap),
        ExprKind::Not(inner) => is_cheap(inner),
        ExprKind::InList { needle, .. } => is_cheap(needle),
        ExprKind::Poison | ExprKind::Case { .. } | ExprKind::CallWithList { .. } => false,
    }
}
