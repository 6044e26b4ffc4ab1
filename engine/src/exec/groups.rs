//! Groups by texts that repeat, as groups by their numbers.
//!
//! A column that its files write by small dictionaries has few texts beside its rows. Each is numbered as it is met
//! ([`crate::texts`]); partial groups, their exchange between threads and final groups are made of integers, and texts come
//! back once for each group.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ExprSchema};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::{Aggregate, Expr, Join, JoinType, LogicalPlan, Projection, TableScan};

use super::scan::DataTable;
use crate::lower::is_of_winners;
use crate::texts::Dictionary;

/// An optimized plan with numbers for the texts of its groups where those repeat.
pub(crate) fn numbered(plan: LogicalPlan, pool: &Arc<dyn MemoryPool>) -> Result<LogicalPlan> {
    plan.transform_down(|plan| match plan {
        LogicalPlan::Aggregate(aggregate) => numbered_groups(aggregate, pool),
        LogicalPlan::Join(join) => numbered_sides(join, pool),
        other => Ok(Transformed::no(other)),
    })
    .data()
}

/// The keys of one side of a join become a filter of the other's files, through its groups, but not through numbers.
fn numbered_sides(mut join: Join, pool: &Arc<dyn MemoryPool>) -> Result<Transformed<LogicalPlan>> {
    let filters_none = matches!(join.join_type, JoinType::LeftAnti | JoinType::RightAnti);
    if filters_none {
        return Ok(Transformed::no(LogicalPlan::Join(join)));
    }
    if is_of_winners(&join) {
        join.left = Arc::new(numbered(Arc::unwrap_or_clone(join.left), pool)?);
    }
    Ok(Transformed::new(LogicalPlan::Join(join), true, TreeNodeRecursion::Jump))
}

fn numbered_groups(aggregate: Aggregate, pool: &Arc<dyn MemoryPool>) -> Result<Transformed<LogicalPlan>> {
    let dictionary = |key: &Expr| key_repeats(&aggregate.input, key).then(|| Dictionary::new(pool));
    let dictionaries: Vec<Option<Arc<Dictionary>>> = aggregate.group_expr.iter().map(dictionary).collect();
    if dictionaries.iter().all(Option::is_none) {
        return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
    }
    let mut outputs: Vec<Expr> = aggregate.schema.columns().into_iter().map(Expr::Column).collect();
    let mut keys = aggregate.group_expr;
    for (at, dictionary) in dictionaries.iter().enumerate() {
        let Some(dictionary) = dictionary else { continue };
        let name = aggregate.schema.field(at).name();
        // A name of its own: DataFusion takes a filter on a group to be one on the input's column of that name.
        let number = format!("number of {name}");
        keys[at] = dictionary.numbers(keys[at].clone()).alias(&number);
        outputs[at] = dictionary.texts(Expr::Column(Column::new_unqualified(number))).alias(name);
    }
    let groups = Arc::new(LogicalPlan::Aggregate(Aggregate::try_new(aggregate.input, keys, aggregate.aggr_expr)?));
    let texts = Projection::try_new_with_schema(outputs, groups, aggregate.schema)?;
    Ok(Transformed::yes(LogicalPlan::Projection(texts)))
}

fn key_repeats(input: &LogicalPlan, key: &Expr) -> bool {
    let Expr::Column(column) = key else { return false };
    let text = |column: &Column| {
        let field = input.schema().field_from_column(column).ok()?;
        Some(field.data_type() == &DataType::Utf8View && !field.is_nullable())
    };
    text(column).unwrap_or(false) && repeats(input, column)
}

/// Whether a column is one of a table's files, and has few values in each.
fn repeats(plan: &LogicalPlan, column: &Column) -> bool {
    match plan {
        LogicalPlan::Filter(filter) => repeats(&filter.input, column),
        LogicalPlan::Projection(projection) => {
            let place = projection.schema.index_of_column(column).ok();
            match place.map(|place| projection.expr[place].clone().unalias()) {
                Some(Expr::Column(inner)) => repeats(&projection.input, &inner),
                _ => false,
            }
        }
        LogicalPlan::Union(union) => {
            let Ok(place) = union.schema.index_of_column(column) else { return false };
            union.inputs.iter().all(|input| repeats(input, &input.schema().columns()[place]))
        }
        LogicalPlan::TableScan(scan) => repeats_in_files(scan, column),
        _ => false,
    }
}

fn repeats_in_files(scan: &TableScan, column: &Column) -> bool {
    let Ok(provider) = source_as_provider(&scan.source) else { return false };
    provider.downcast_ref::<DataTable>().is_some_and(|table| table.repeats(column.name()))
}
