//! Parquet footers: what a file says of itself.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::async_reader::MetadataFetch;
use parquet::arrow::{parquet_column, parquet_to_arrow_schema};
use parquet::basic::{Encoding, LogicalType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::statistics::Statistics;
use vizsla_schema::KqlType;

use crate::convert;
use crate::error::{Result, StoreError};

/// Enough for the footer and page indexes of most files in one read.
const PREFETCH: usize = 128 << 10;

/// A dictionary of so many bytes is small however few rows there are.
const SMALL_DICTIONARY: i64 = 16 << 10;

/// The metadata of a Parquet file, with its page indexes where it has them.
#[derive(Debug)]
pub struct Footer {
    /// Row groups, statistics, page indexes.
    pub metadata: Arc<ParquetMetaData>,
    /// The file's columns as arrow reads them.
    pub schema: SchemaRef,
    /// Of each column, whether its values repeat; found when it is first asked for.
    repeating: OnceLock<Vec<bool>>,
}

impl Footer {
    /// Reads the footer of `object`.
    ///
    /// # Errors
    /// [`StoreError::BrokenFile`] if it is not a whole Parquet file; otherwise what the store said.
    pub async fn read(store: &Arc<dyn ObjectStore>, object: &ObjectMeta) -> Result<Self> {
        let failed = |e| StoreError::parquet(object.location.to_string(), e);
        let fetch = Fetch { store, object };
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_prefetch_hint(Some(PREFETCH))
            .load_and_finish(fetch, object.size)
            .await
            .map_err(failed)?;
        let file = metadata.file_metadata();
        let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()).map_err(failed)?;
        Ok(Self { metadata: Arc::new(metadata), schema: Arc::new(schema), repeating: OnceLock::new() })
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.metadata.file_metadata().num_rows().unsigned_abs()
    }

    /// The smallest and the largest number that a column of whole numbers holds, by the statistics of all row groups; its
    /// times are numbers too. None if a row group with values says nothing about them.
    #[must_use]
    pub fn range(&self, field: usize) -> Option<(i64, i64)> {
        let file = self.metadata.file_metadata();
        let name = self.schema.field(field).name();
        let (leaf, _) = parquet_column(file.schema_descr(), &self.schema, name)?;
        let mut range = (i64::MAX, i64::MIN);
        for group in self.metadata.row_groups() {
            let statistics = group.column(leaf).statistics()?;
            let (least, most) = match statistics {
                Statistics::Int64(it) => (it.min_opt().copied(), it.max_opt().copied()),
                Statistics::Int32(it) => (it.min_opt().copied().map(i64::from), it.max_opt().copied().map(i64::from)),
                _ => return None,
            };
            match (least, most) {
                (Some(least), Some(most)) => range = (range.0.min(least), range.1.max(most)),
                _ if statistics.null_count_opt() == Some(group.num_rows().unsigned_abs()) => {}
                _ => return None,
            }
        }
        Some(range)
    }

    /// Whether a column is known to have few values beside its rows: all are written by dictionaries, and those are small.
    #[must_use]
    pub fn repeats(&self, field: usize) -> bool {
        let all = || self.schema.fields().iter().map(|it| self.column_repeats(it.name())).collect();
        self.repeating.get_or_init(all).get(field).copied().unwrap_or(false)
    }

    fn column_repeats(&self, column: &str) -> bool {
        let Some((leaf, _)) = parquet_column(self.metadata.file_metadata().schema_descr(), &self.schema, column) else {
            return false;
        };
        self.metadata.row_groups().iter().all(|group| {
            let chunk = group.column(leaf);
            let is_dictionary = chunk
                .page_encoding_stats_mask()
                .is_some_and(|it| it.is_only(Encoding::RLE_DICTIONARY) || it.is_only(Encoding::PLAIN_DICTIONARY));
            let size = chunk.dictionary_page_offset().map(|start| chunk.data_page_offset() - start);
            is_dictionary && size.is_some_and(|size| size <= group.num_rows() / 2 + SMALL_DICTIONARY)
        })
    }

    /// The file's columns and the types they have where nothing declares them.
    pub(crate) fn fields(&self) -> Vec<(String, KqlType)> {
        let parquet = self.metadata.file_metadata().schema_descr().root_schema().get_fields();
        let ty = |(index, field): (usize, &Arc<arrow::datatypes::Field>)| {
            let logical = parquet.get(index).and_then(|p| p.get_basic_info().logical_type_ref().cloned());
            let ty = match logical {
                Some(LogicalType::Json) => KqlType::Dynamic,
                _ => convert::kql_type(field.data_type()),
            };
            (field.name().clone(), ty)
        };
        self.schema.fields().iter().enumerate().map(ty).collect()
    }
}

struct Fetch<'a> {
    store: &'a Arc<dyn ObjectStore>,
    object: &'a ObjectMeta,
}

impl MetadataFetch for Fetch<'_> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        let read = self.store.get_range(&self.object.location, range);
        read.map(|bytes| bytes.map_err(|e| ParquetError::External(Box::new(e)))).boxed()
    }
}
