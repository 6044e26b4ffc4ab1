//! New files of a group, and the proof that they hold what the old ones do.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::Array;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use xxhash_rust::xxh64::xxh64;

use super::cells::{Sums, hash};
use super::encode::{Shape, Target, encode};
use super::plan::{Group, MARK, VERSION};
use super::read::{Selection, Slab};
use super::{Files, order};
use crate::error::{Result, StoreError};
use crate::journal::{Move, Staging, at};

/// Rows of a file at most.
pub(super) const ROWS: u64 = 2 << 20;
/// Bytes of a file, about, at most.
pub(super) const BYTES: u64 = 192 << 20;
/// Bytes of a decoded column of a file, about, at most.
const COLUMN: u64 = 192 << 20;
/// Rows in a row group. Each has dictionaries of its own: with a quarter of the rows files were 7 % larger.
const ROW_GROUP: usize = 524_288;

/// What a group became.
pub(super) struct Written {
    pub(super) moves: Vec<Move>,
    pub(super) files: Files,
}

/// What a decoded column of a group takes at most, in bytes.
fn widest(group: &Group) -> u64 {
    let columns = group.files.first().map_or(0, |it| it.footer.schema.fields().len());
    let mut bytes = vec![16 * group.rows(); columns];
    for file in &group.files {
        let leaves = file.footer.metadata.file_metadata().schema_descr();
        for row_group in file.footer.metadata.row_groups() {
            for (leaf, chunk) in row_group.columns().iter().enumerate() {
                bytes[leaves.get_column_root_idx(leaf)] += chunk.uncompressed_size().unsigned_abs();
            }
        }
    }
    bytes.into_iter().max().unwrap_or_default()
}

/// How many rows become a file.
fn portion(group: &Group) -> u64 {
    let parts = (group.rows() / ROWS).max(group.bytes() / BYTES).max(widest(group) / COLUMN) + 1;
    group.rows().div_ceil(parts)
}

/// About how many bytes are held while a group is rewritten.
pub(super) fn memory(group: &Group) -> u64 {
    let share = |bytes: u64| bytes * portion(group) / group.rows().max(1);
    // The new file in memory; a column as it is read, as it is sorted, and hashes of its cells; keys of all rows.
    share(group.bytes()) + 3 * share(widest(group)) + 32 * portion(group) + 28 * group.rows()
}

/// Writes the files of a group into `staging` and compares what they hold with what the old ones hold.
pub(super) fn write(
    root: &Path,
    group: &Group,
    staging: &Staging,
    shape: &Shape,
    done: &dyn Fn(f64),
) -> Result<Written> {
    let paths: Vec<PathBuf> = group.files.iter().map(|file| root.join(&file.path)).collect();
    let metadata = group.files.iter().map(|file| &file.footer.metadata);
    let slabs = Slab::of(paths.iter().map(PathBuf::as_path).zip(metadata))?;
    let targets = targets(group, &slabs);
    let mut writing = Writing { group, staging, shape, targets, sums: Sums::new(0), open: None, moves: Vec::new() };
    writing.sums = Sums::new(writing.targets.len());
    let (all, mut rows) = (group.rows() as f64, 0.0);
    for slab in &slabs {
        let order = order::order(slab, &group.keys)?;
        let size = order.len().div_ceil(order.len().div_ceil(portion(group) as usize));
        for part in order.chunks(size) {
            let share = part.len() as f64 / all;
            writing.add(slab, part, &|column| done(0.7 * (rows / all + share * column)))?;
            rows += part.len() as f64;
        }
    }
    writing.finish()?;
    let Writing { moves, sums, .. } = writing;
    let staged = |it: &Move| root.join(&it.from);
    let files = compare(&moves.iter().map(staged).collect::<Vec<_>>(), group, &sums)?;
    done(1.0);
    Ok(Written { moves, files })
}

fn targets(group: &Group, slabs: &[Slab]) -> Vec<Target> {
    let arrow = slabs.first().map_or_else(Vec::new, Slab::fields);
    let parquet = group.files[0].footer.metadata.file_metadata().schema_descr().root_schema().get_fields();
    let target = |(index, (arrow, parquet)): (usize, (_, &Arc<_>))| Target {
        arrow,
        parquet: Arc::clone(parquet),
        looked_up: group.keys.looked_up.contains(&index),
        text: group.keys.text.contains(&index),
    };
    arrow.into_iter().zip(parquet).enumerate().map(target).collect()
}

struct Writing<'a> {
    group: &'a Group,
    staging: &'a Staging,
    shape: &'a Shape,
    targets: Vec<Target>,
    sums: Sums,
    open: Option<(PathBuf, SerializedFileWriter<BufWriter<File>>)>,
    moves: Vec<Move>,
}

impl Writing<'_> {
    /// Writes rows of a slab in that order, as a file or as the next part of the only file.
    fn add(&mut self, slab: &Slab, rows: &[u32], done: &dyn Fn(f64)) -> Result<()> {
        let selection = Selection::new(slab, rows);
        let groups: Vec<Range<usize>> = row_groups(rows.len()).collect();
        let mut chunks: Vec<Vec<_>> = groups.iter().map(|_| Vec::new()).collect();
        let mut of_rows = vec![0; rows.len()];
        let mut hashes = Vec::new();
        for (column, target) in self.targets.iter().enumerate() {
            let cells = slab.read(column, &selection)?;
            hashes.clear();
            hash(&cells, &mut hashes).map_err(|e| StoreError::arrow(format!("column {}", target.arrow.name()), e))?;
            self.sums.add_column(column, &hashes, &mut of_rows);
            for (range, chunks) in groups.iter().zip(&mut chunks) {
                let part = cells.slice(range.start, range.len());
                let encoded = encode(target, &part, &hashes[range.clone()], self.shape);
                chunks.extend(encoded.map_err(|e| self.failed(e))?);
            }
            done((column + 1) as f64 / self.targets.len() as f64);
        }
        self.sums.add_rows(&of_rows);
        let (path, mut writer) = match self.open.take() {
            Some(open) => open,
            None => self.create()?,
        };
        let failed = |e| StoreError::parquet(path.display().to_string(), e);
        for chunks in chunks {
            let mut row_group = writer.next_row_group().map_err(failed)?;
            chunks.into_iter().try_for_each(|it| it.append_to_row_group(&mut row_group)).map_err(failed)?;
            row_group.close().map_err(failed)?;
        }
        self.open = Some((path, writer));
        if self.group.only.is_none() {
            self.finish()?;
        }
        Ok(())
    }

    fn failed(&self, error: ParquetError) -> StoreError {
        StoreError::parquet(self.group.place(), error)
    }

    fn create(&mut self) -> Result<(PathBuf, SerializedFileWriter<BufWriter<File>>)> {
        let name = format!("{}.parquet", self.moves.len());
        let to = match &self.group.only {
            Some(only) => only.clone(),
            None => self.group.folder.join(format!("opt-{}-{name}", id(self.group))),
        };
        let path = self.staging.path(&name);
        self.moves.push(self.staging.moved(&name, to));
        let schema = self.group.files[0].footer.metadata.file_metadata().schema_descr().root_schema_ptr();
        let properties = WriterProperties::builder()
            .set_created_by(format!("vizsla {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(key_values(self.group)))
            .build();
        let file = BufWriter::with_capacity(1 << 20, at(&path, File::create(&path))?);
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties));
        let writer = writer.map_err(|e| StoreError::parquet(path.display().to_string(), e))?;
        Ok((path, writer))
    }

    fn finish(&mut self) -> Result<()> {
        let Some((path, writer)) = self.open.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(|e| StoreError::parquet(path.display().to_string(), e))?;
        at(&path, file.into_inner().map(drop).map_err(std::io::IntoInnerError::into_error))
    }
}

/// Row groups of about the same size.
fn row_groups(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(ROW_GROUP).max(1);
    (0..count).map(move |group| group * rows / count..(group + 1) * rows / count)
}

/// Names the files of a group and the state they are in.
pub(super) fn id(group: &Group) -> String {
    let old: String = group.files.iter().map(|file| format!("{} {:?}\n", file.path.display(), file.stamp)).collect();
    format!("{:016x}", xxh64(old.as_bytes(), 0))
}

/// What all files say of themselves, and that they are optimised.
fn key_values(group: &Group) -> Vec<KeyValue> {
    let of = |file: &super::plan::Old| {
        file.footer.metadata.file_metadata().key_value_metadata().cloned().unwrap_or_default()
    };
    let mut pairs = of(&group.files[0]);
    for file in &group.files[1..] {
        let others = of(file);
        pairs.retain(|pair| others.contains(pair));
    }
    pairs.retain(|pair| pair.key != MARK);
    pairs.push(KeyValue::new(MARK.to_owned(), VERSION.to_owned()));
    pairs
}

/// Reads new files back.
///
/// # Errors
/// If they do not hold what was read from the old ones.
fn compare(paths: &[PathBuf], group: &Group, expected: &Sums) -> Result<Files> {
    let mut found = Sums::new(expected.columns.len());
    let mut files = Files::default();
    let schema = group.files[0].footer.metadata.file_metadata().schema_descr().root_schema();
    let wrong = |path: &Path| StoreError::NotTheSame { place: group.place(), new: path.display().to_string() };
    for path in paths {
        let (metadata, slabs) = Slab::of_file(path)?;
        if metadata.file_metadata().schema_descr().root_schema() != schema {
            return Err(wrong(path));
        }
        for slab in &slabs {
            let mut of_rows = vec![0; slab.rows() as usize];
            let mut hashes = Vec::new();
            for column in 0..expected.columns.len() {
                let mut row = 0;
                slab.each(column, |cells| {
                    hashes.clear();
                    hash(cells, &mut hashes).map_err(|e| StoreError::arrow(path.display().to_string(), e))?;
                    found.add_column(column, &hashes, &mut of_rows[row..row + cells.len()]);
                    row += cells.len();
                    Ok(())
                })?;
            }
            found.add_rows(&of_rows);
        }
        files.count += 1;
        files.bytes += at(path, std::fs::metadata(path))?.len();
    }
    match found == *expected && found.rows == group.rows() {
        true => Ok(files),
        false => Err(wrong(paths.first().map_or(Path::new(""), PathBuf::as_path))),
    }
}
