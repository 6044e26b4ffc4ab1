//! `mv-expand`: several dynamics of a row zipped into one list of structs, which DataFusion unnests.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, StringViewArray, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use vizsla_functions::dynamic;

use super::udf::field_name;

/// Zips `arrays` dynamics: a list of structs with a field for each element and, last, one that counts from 0.
pub(super) fn zip(arrays: usize, pairs: bool, limit: Option<u64>) -> Arc<ScalarUDF> {
    // Not folded when planned, where it is not known for how many rows a constant is repeated.
    let signature = Signature::exact(vec![DataType::Utf8View; arrays], Volatility::Volatile);
    let name = format!("expand({arrays},{pairs},{limit:?})");
    Arc::new(ScalarUDF::new_from_impl(Zip { name, arrays, pairs, limit, signature }))
}

/// The most elements that one batch is expanded to: about two gigabytes, without which the process would be gone before
/// the memory limit is asked.
const MAX_ELEMENTS: usize = 100_000_000;

#[derive(Debug, PartialEq, Eq, Hash)]
struct Zip {
    name: String,
    arrays: usize,
    pairs: bool,
    limit: Option<u64>,
    signature: Signature,
}

impl Zip {
    fn fields(&self) -> Fields {
        let element = |index| Field::new(field_name(index), DataType::Utf8View, true);
        let count = Field::new(field_name(self.arrays), DataType::Int64, false);
        (0..self.arrays).map(element).chain([count]).collect()
    }

    fn item(&self) -> Arc<Field> {
        Arc::new(Field::new_list_field(DataType::Struct(self.fields()), false))
    }
}

impl ScalarUDFImpl for Zip {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(self.item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let lists = args
            .args
            .iter()
            .map(|value| Ok(dynamic::expand_column(value.to_array(rows)?.as_string_view(), self.pairs)))
            .collect::<Result<Vec<ListArray>>>()?;
        // A constant is repeated for each row later on.
        self.bounded(&lists, if constant { args.number_rows.max(1) } else { 1 })?;
        let list: ArrayRef = Arc::new(self.zipped(&lists, rows)?);
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&list, 0)?));
        }
        Ok(ColumnarValue::Array(list))
    }
}

impl Zip {
    fn bounded(&self, lists: &[ListArray], repeated: usize) -> Result<()> {
        let elements = lists.iter().map(|list| list.values().len()).sum::<usize>();
        let most = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        match elements.min(most).saturating_mul(repeated) > MAX_ELEMENTS {
            false => Ok(()),
            true => Err(DataFusionError::ResourcesExhausted(format!(
                "arrays of more than {MAX_ELEMENTS} elements in one batch of rows are to be expanded"
            ))),
        }
    }

    /// The longest list decides; shorter ones give null (fact 251).
    fn zipped(&self, lists: &[ListArray], rows: usize) -> Result<ListArray> {
        let most = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let length = |row: usize| {
            let longest = lists.iter().map(|list| list.value_length(row)).max().unwrap_or(0);
            usize::try_from(longest).unwrap_or(0).min(most)
        };
        let lengths: Vec<usize> = (0..rows).map(length).collect();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(lists.len() + 1);
        for list in lists {
            columns.push(padded(list, &lengths)?);
        }
        columns.push(Arc::new(Int64Array::from_iter_values(lengths.iter().flat_map(|&length| 0..length as i64))));
        let items = StructArray::try_new(self.fields(), columns, None)?;
        Ok(ListArray::try_new(self.item(), OffsetBuffer::from_lengths(lengths), Arc::new(items), None)?)
    }
}

/// The elements of each row's list, cut or padded with nulls to `lengths`.
fn padded(list: &ListArray, lengths: &[usize]) -> Result<ArrayRef> {
    let mut indices: Vec<Option<u32>> = Vec::new();
    for (row, &wanted) in lengths.iter().enumerate() {
        let start = list.value_offsets()[row] as u32;
        let held = list.value_length(row) as usize;
        indices.extend((0..wanted).map(|at| (at < held).then(|| start + at as u32)));
    }
    let elements: &StringViewArray = list.values().as_string_view();
    Ok(arrow::compute::take(elements, &UInt32Array::from(indices), None)?)
}
