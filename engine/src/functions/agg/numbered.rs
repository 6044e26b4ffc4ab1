//! Distinct values of a type, numbered in the order in which they were first seen.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use crate::texts::{Texts, ViewMemo};

/// Values of one type and their numbers.
pub(super) enum Numbered {
    /// Texts, which repeat by their views.
    Texts { texts: Texts, memo: ViewMemo<u32> },
    /// Any other type, by DataFusion's table for GROUP BY; and the rows of a batch in it.
    Others(Box<dyn GroupValues>, Vec<usize>),
}

impl Numbered {
    pub(super) fn new(ty: DataType) -> Result<Self> {
        if ty == DataType::Utf8View {
            return Ok(Numbered::Texts { texts: Texts::default(), memo: ViewMemo::new() });
        }
        let schema = Schema::new(vec![Field::new("value", ty, true)]);
        Ok(Numbered::Others(new_group_values(Arc::new(schema), &GroupOrdering::None)?, Vec::new()))
    }

    /// The number of each row's value; no row is null.
    pub(super) fn number(&mut self, values: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        numbers.clear();
        match self {
            Numbered::Texts { texts, memo } => {
                let mut column = memo.column(values.as_string_view());
                numbers.extend((0..values.len()).map(|row| column.get(row, |text| texts.number(text))));
            }
            Numbered::Others(table, rows) => {
                table.intern(std::slice::from_ref(values), rows)?;
                numbers.extend(rows.iter().map(|row| *row as u32));
            }
        }
        Ok(())
    }

    /// All values in the order of their numbers; none are left.
    pub(super) fn take(&mut self) -> Result<ArrayRef> {
        match self {
            Numbered::Texts { texts, memo } => {
                *memo = ViewMemo::new();
                Ok(Arc::new(std::mem::take(texts).to_array()))
            }
            Numbered::Others(table, _) => {
                let mut columns = table.emit(EmitTo::All)?;
                table.clear_shrink(0);
                Ok(columns.remove(0))
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn size(&self) -> usize {
        match self {
            Numbered::Texts { texts, memo } => texts.size() + memo.size(),
            Numbered::Others(table, rows) => table.size() + rows.capacity() * size_of::<usize>(),
        }
    }
}
