//! How a column is written, decided for each row group from what is in it.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::cells::NULL;

/// What files are made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Bytes of a page before compression. A row found by an index costs the pages it lies in.
    page: usize,
    /// Bytes of a dictionary. Its page is decoded whole for one row.
    dictionary: usize,
    /// Level of zstd.
    level: i32,
}

/// For look-ups; then for size, where the one before would make files grow.
///
/// Measured on 2M process events (25 MB a day as exported, half of it command lines with a GUID): pages of 8, 16 and 32 KB
/// make 104.5, 101.0 and 99.8 MB, and times differ by less than the noise; dictionaries of at most 64 KB make 184 MB (5,975 hashes in half
/// a million rows no longer have one).
pub(super) const SHAPES: [Shape; 3] = [
    Shape { page: 16 << 10, dictionary: 1 << 20, level: 3 },
    Shape { page: 64 << 10, dictionary: 1 << 20, level: 9 },
    Shape { page: 1 << 20, dictionary: 1 << 20, level: 9 },
];

/// Bytes of a dictionary of numbers: beyond that, differences between neighbours are smaller.
const NUMBERS: usize = 16 << 10;

/// Rows in a page, however small they are: their levels are decoded even if the values are skipped.
const PAGE_ROWS: usize = 8192;
/// A bloom filter says wrongly "perhaps" that often.
const FALSE_POSITIVES: f64 = 0.02;
/// Text longer than this in the middle is not looked up by its smallest and largest value.
const LONG: usize = 96;

/// A column as it is to be written.
pub(super) struct Target {
    pub(super) arrow: FieldRef,
    pub(super) parquet: TypePtr,
    /// Looked up by value.
    pub(super) looked_up: bool,
    /// Long text.
    pub(super) text: bool,
}

/// The chunks of a column's leaves for a row group; `hashes` are those of the cells.
pub(super) fn encode(target: &Target, rows: &ArrayRef, hashes: &[u64], shape: &Shape) -> Result<Vec<ArrowColumnChunk>> {
    let root = Type::group_type_builder("schema").with_fields(vec![Arc::clone(&target.parquet)]).build()?;
    let properties = Arc::new(properties(target, rows, hashes, shape)?);
    // The writers of chunks come from a file's writer. This one's file is never written.
    let nowhere = SerializedFileWriter::new(io::sink(), Arc::new(root), properties)?;
    let schema = Arc::new(Schema::new(vec![Arc::clone(&target.arrow)]));
    let writers = ArrowRowGroupWriterFactory::new(&nowhere, schema).create_column_writers(0)?;
    let leaves = compute_leaves(&target.arrow, rows)?;
    let write = |(mut writer, leaf): (parquet::arrow::arrow_writer::ArrowColumnWriter, _)| {
        writer.write(&leaf)?;
        writer.close()
    };
    writers.into_iter().zip(leaves).map(write).collect()
}

fn properties(target: &Target, rows: &ArrayRef, hashes: &[u64], shape: &Shape) -> Result<WriterProperties> {
    let limit = if target.looked_up { usize::MAX } else { shape.dictionary };
    let seen = distinct(rows, hashes, limit);
    let encoding = encoding(rows.data_type());
    let most = if encoding.is_some() { NUMBERS } else { shape.dictionary };
    let pays = seen.bytes <= most && seen.values * 2 <= rows.len() - rows.null_count();
    let is_nested = rows.data_type().is_nested();
    let is_long = target.text || seen.bytes / seen.values.max(1) > LONG;
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(shape.level)?))
        .set_data_page_size_limit(shape.page)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(512)
        .set_dictionary_enabled(pays || is_nested)
        .set_dictionary_page_size_limit(shape.dictionary)
        .set_statistics_enabled(if is_long { EnabledStatistics::Chunk } else { EnabledStatistics::Page })
        .set_column_index_truncate_length(Some(32));
    let builder = match encoding {
        Some(encoding) => builder.set_encoding(encoding),
        None => builder,
    };
    let builder = match target.looked_up && !is_nested && seen.values > 0 {
        true => builder
            .set_bloom_filter_enabled(true)
            .set_bloom_filter_fpp(FALSE_POSITIVES)
            .set_bloom_filter_max_ndv(seen.values as u64),
        false => builder,
    };
    Ok(builder.build())
}

/// How values are written that have no dictionary, if not plainly. Neighbours in time are close to each other, so are
/// counters. Lengths before texts (`DELTA_LENGTH_BYTE_ARRAY`) made no difference in size, and prefixes made files larger.
fn encoding(ty: &DataType) -> Option<Encoding> {
    match ty {
        DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64 | DataType::Timestamp(..) => {
            Some(Encoding::DELTA_BINARY_PACKED)
        }
        _ => None,
    }
}

/// Distinct values, and what a dictionary of them takes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Distinct {
    values: usize,
    bytes: usize,
}

/// Counts distinct values until their dictionary exceeds `limit` bytes.
fn distinct(rows: &ArrayRef, hashes: &[u64], limit: usize) -> Distinct {
    let mut seen = HashSet::<u64, BuildHasherDefault<Hashed>>::default();
    let mut bytes = 0;
    let length: Box<dyn Fn(usize) -> usize> = match rows.data_type() {
        DataType::Utf8View => {
            let text = rows.as_string_view();
            Box::new(|row| 4 + text.views()[row] as u32 as usize)
        }
        DataType::BinaryView => {
            let text = rows.as_binary_view();
            Box::new(|row| 4 + text.views()[row] as u32 as usize)
        }
        ty => {
            let width = ty.primitive_width().unwrap_or(16);
            Box::new(move |_| width)
        }
    };
    for (row, hash) in hashes.iter().enumerate() {
        if *hash != NULL && seen.insert(*hash) {
            bytes += length(row);
            if bytes > limit {
                break;
            }
        }
    }
    Distinct { values: seen.len(), bytes }
}

/// Passes on what is a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
