//! What tells whether rows are still the same.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use xxhash_rust::xxh64::xxh64;

/// The hash of a cell that holds nothing.
pub(super) const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// A checksum of rows that does not depend on their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) rows: u64,
    /// For each column the sum of the hashes of its cells.
    pub(super) columns: Vec<u64>,
    /// The sum of the hashes of rows, so that cells are told from cells of other rows.
    pub(super) whole: u64,
}

impl Sums {
    pub(super) fn new(columns: usize) -> Self {
        Self { rows: 0, columns: vec![0; columns], whole: 0 }
    }

    /// Adds a column of rows; `so_far` are the hashes of their cells before it.
    pub(super) fn add_column(&mut self, column: usize, hashes: &[u64], so_far: &mut [u64]) {
        let sum = &mut self.columns[column];
        for (hash, row) in hashes.iter().zip(so_far) {
            *sum = sum.wrapping_add(*hash);
            *row = (row.rotate_left(23) ^ hash).wrapping_mul(0x9fb2_1c65_1e98_df25);
        }
    }

    /// Adds rows whose cells have all been added.
    pub(super) fn add_rows(&mut self, hashes: &[u64]) {
        self.rows += hashes.len() as u64;
        self.whole = hashes.iter().fold(self.whole, |sum, hash| sum.wrapping_add(hash ^ (hash >> 29)));
    }
}

/// Appends the hash of each cell.
///
/// # Errors
/// If arrow knows no order of such values.
pub(super) fn hash(array: &ArrayRef, hashes: &mut Vec<u64>) -> Result<(), ArrowError> {
    hashes.reserve(array.len());
    let of = |bytes: Option<&[u8]>| bytes.map_or(NULL, |bytes| xxh64(bytes, 0));
    match array.data_type() {
        DataType::Null => hashes.extend(std::iter::repeat_n(NULL, array.len())),
        DataType::Utf8View => hashes.extend(array.as_string_view().iter().map(|it| of(it.map(str::as_bytes)))),
        DataType::BinaryView => hashes.extend(array.as_binary_view().iter().map(of)),
        DataType::Boolean => {
            hashes.extend(array.as_boolean().iter().map(|it| it.map_or(NULL, |it| xxh64(&[it.into()], 0))));
        }
        ty => match ty.primitive_width() {
            Some(width) => {
                let data = array.to_data();
                let cells = data.buffers()[0][data.offset() * width..].chunks_exact(width).take(array.len());
                hashes.extend(cells.enumerate().map(|(row, cell)| of(array.is_valid(row).then_some(cell))));
            }
            None => {
                let rows = RowConverter::new(vec![SortField::new(ty.clone())])?
                    .convert_columns(std::slice::from_ref(array))?;
                hashes.extend((0..array.len()).map(|row| of(array.is_valid(row).then(|| rows.row(row).data()))));
            }
        },
    }
    Ok(())
}
