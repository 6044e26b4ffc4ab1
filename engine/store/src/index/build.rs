//! Building the indexes of Parquet files, each in one pass over its text columns, and putting them beside the files.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::{DataType, FieldRef, Int64Type, Schema, SchemaRef};
use object_store::ObjectMeta;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use vizsla_schema::{Catalog, KqlType, Role};

use super::file::{Column, Content, Identity, Index, Segment, directory};
use super::keys::Keys;
use super::{BLOCK, SUFFIX, Skipped, postings};
use crate::convert;
use crate::error::{Result, StoreError};
use crate::footer::Footer;
use crate::root::DataRoot;
use crate::table::{Contents, Source, TableSnapshot};

/// Rows of a segment, a whole number of blocks. Memory while building is some dozens of bytes for each key of a segment.
const SEGMENT: u64 = 1 << 19;
/// Rows that are decoded at a time.
const BATCH: usize = 64 * BLOCK as usize;

/// What to index.
#[derive(Debug, Clone, Default)]
pub struct IndexOptions {
    /// Only these tables, by name; all if empty.
    pub tables: Vec<String>,
    /// Only these columns, by name; all that can be indexed if empty.
    pub columns: Vec<String>,
    /// How many files are worked on at the same time; as many as there are cores if none. Memory grows with it, by some
    /// dozens of bytes for each distinct term of half a million rows.
    pub threads: Option<usize>,
}

/// What was done with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indexed {
    /// An index of so many bytes was built.
    Built(u64),
    /// Its index fits already.
    Fresh(u64),
    /// When verifying: there is none to use.
    Unusable(Skipped),
    /// When verifying: it is not what would be built from the file.
    Wrong,
}

/// What was done with all files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexReport {
    /// Each data file in order of its path, its bytes, and what became of its index.
    pub files: Vec<(String, u64, Indexed)>,
    /// Files that could not be read, and why. They have no index.
    pub warnings: Vec<String>,
}

impl IndexReport {
    /// Bytes of the data files and of their indexes.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let index = |it: &Indexed| match it {
            Indexed::Built(bytes) | Indexed::Fresh(bytes) => *bytes,
            Indexed::Unusable(_) | Indexed::Wrong => 0,
        };
        self.files.iter().fold((0, 0), |sum, (_, bytes, it)| (sum.0 + bytes, sum.1 + index(it)))
    }
}

/// A Parquet file, and where its index goes.
#[derive(Debug)]
struct Job {
    object: ObjectMeta,
    footer: Arc<Footer>,
    columns: Vec<Wanted>,
    path: PathBuf,
}

/// A column to index.
#[derive(Debug, Clone)]
struct Wanted {
    /// Its position in the file.
    field: usize,
    ty: KqlType,
    /// Whether whole values are looked for.
    whole: bool,
}

/// Builds the indexes that are missing or do not fit, and tells `progress` after each file.
///
/// Those that were finished stay when it is stopped, so that a second run goes on from there.
///
/// # Errors
/// [`StoreError`] naming the file that could not be read or written; the root must be a local folder.
pub async fn build_all(
    root: &DataRoot,
    catalog: &Catalog,
    options: &IndexOptions,
    progress: impl Fn(&str, u64, usize) + Send + Sync + 'static,
) -> Result<IndexReport> {
    let jobs = jobs(root, catalog, options).await?;
    each(jobs, options.threads, progress, move |job| {
        let identity = Identity::of(&job.object, &job.footer);
        match Index::open(&job.path, &identity) {
            Ok(index) if job.has_all_in(&index) => Ok(Indexed::Fresh(index.bytes())),
            _ => job.write().map(Indexed::Built),
        }
    })
    .await
}

/// Builds every index again and compares it with the one that is there.
///
/// # Errors
/// As [`build_all`].
pub async fn verify_all(
    root: &DataRoot,
    catalog: &Catalog,
    options: &IndexOptions,
    progress: impl Fn(&str, u64, usize) + Send + Sync + 'static,
) -> Result<IndexReport> {
    let jobs = jobs(root, catalog, options).await?;
    each(jobs, options.threads, progress, |job| {
        let identity = Identity::of(&job.object, &job.footer);
        let index = match Index::open(&job.path, &identity) {
            Ok(index) => index,
            Err(skipped) => return Ok(Indexed::Unusable(skipped)),
        };
        let mut right = Vec::new();
        // The index may hold fewer columns than could be built.
        let held = |wanted: &&Wanted| index.columns().any(|held| held == job.name(wanted));
        let columns: Vec<Wanted> = job.columns.iter().filter(held).cloned().collect();
        build(&job.object, &job.footer, &columns, &mut right)?;
        let there = fs::read(&job.path).map_err(|e| StoreError::io(job.path.display().to_string(), e))?;
        Ok(if there == right { Indexed::Fresh(index.bytes()) } else { Indexed::Wrong })
    })
    .await
}

/// Removes the index files of a root, also those whose data files are gone; answers how many there were.
///
/// # Errors
/// [`StoreError::Io`] naming the file that could not be removed.
pub fn drop_all(root: &DataRoot) -> Result<usize> {
    let mut dropped = 0;
    let Some(folder) = root.index_folder() else { return Ok(0) };
    for entry in walkdir::WalkDir::new(folder) {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && (name.ends_with(SUFFIX) || is_temporary(&name)) {
            fs::remove_file(entry.path()).map_err(|e| StoreError::io(entry.path().display().to_string(), e))?;
            dropped += 1;
        }
    }
    Ok(dropped)
}

/// What an interrupted build leaves.
fn is_temporary(name: &str) -> bool {
    name.strip_suffix(".tmp").is_some_and(|name| name.contains(&format!("{SUFFIX}.")))
}

/// What there is to do, and which files cannot be read.
async fn jobs(root: &DataRoot, catalog: &Catalog, options: &IndexOptions) -> Result<(Vec<Job>, Vec<String>)> {
    let tables = root.chosen(&options.tables, catalog).await?;
    let known = |column: &&String| {
        tables
            .iter()
            .any(|table| (0..).zip(&table.columns).any(|(at, it)| it.name == **column && kept(table, at).is_some()))
    };
    if let Some(column) = options.columns.iter().find(|column| !known(column)) {
        return Err(StoreError::NoColumn { column: column.clone(), root: root.address().to_owned() });
    }
    let mut jobs = Vec::new();
    let mut warnings = Vec::new();
    for table in tables {
        warnings.extend(table.warnings.iter().map(ToString::to_string));
        for file in &table.files {
            let Contents::Parquet(footer) = &file.contents else { continue };
            let Some(path) = root.index_path(&file.object.location) else { continue };
            let columns = wanted(&table, catalog, &options.columns, |index| match file.source(index) {
                Source::Field(field) => Some(*field),
                Source::Path(_) | Source::Missing => None,
            });
            jobs.push(Job { object: file.object.clone(), footer: Arc::clone(footer), columns, path });
        }
    }
    Ok((jobs, warnings))
}

/// The type in which a column is indexed: texts, and the column that says when.
fn kept(table: &TableSnapshot, index: usize) -> Option<KqlType> {
    match table.columns[index].ty {
        KqlType::DateTime if table.time_column == Some(index) => Some(KqlType::DateTime),
        KqlType::String => Some(KqlType::String),
        _ => None,
    }
}

/// The columns of a table that are indexed.
fn wanted(
    table: &TableSnapshot,
    catalog: &Catalog,
    only: &[String],
    field: impl Fn(usize) -> Option<usize>,
) -> Vec<Wanted> {
    let def = catalog.table(&table.name);
    let mut wanted: Vec<Wanted> = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let Some(ty) = kept(table, index).filter(|_| only.is_empty() || only.contains(&column.name)) else { continue };
        let roles = def.and_then(|def| def.columns.iter().find(|it| it.name == column.name)).map(|it| &it.roles);
        let whole = roles.is_none_or(|roles| !roles.contains(&Role::Text));
        if let Some(field) = field(index).filter(|field| wanted.iter().all(|it| it.field != *field)) {
            wanted.push(Wanted { field, ty, whole });
        }
    }
    wanted.sort_by_key(|it| it.field);
    wanted
}

async fn each(
    (jobs, warnings): (Vec<Job>, Vec<String>),
    threads: Option<usize>,
    progress: impl Fn(&str, u64, usize) + Send + Sync + 'static,
    work: impl Fn(&Job) -> Result<Indexed> + Send + Sync + 'static,
) -> Result<IndexReport> {
    let run = move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
        let pool = pool.map_err(|e| StoreError::io("threads", io::Error::other(e)))?;
        let in_all = jobs.len();
        let one = |job: Job| {
            let done = work(&job)?;
            progress(job.object.location.as_ref(), job.object.size, in_all);
            Ok((job.object.location.to_string(), job.object.size, done))
        };
        let files = pool.install(|| jobs.into_par_iter().map(one).collect::<Result<Vec<_>>>())?;
        Ok(IndexReport { files, warnings })
    };
    let joined = tokio::task::spawn_blocking(run).await;
    joined.unwrap_or_else(|e| Err(StoreError::io("index", io::Error::other(e))))
}

impl Job {
    /// The file's name for a column.
    fn name(&self, wanted: &Wanted) -> &str {
        self.footer.schema.field(wanted.field).name()
    }

    /// Whether the index holds exactly the columns that are wanted; that of a file without rows holds none.
    fn has_all_in(&self, index: &Index) -> bool {
        self.footer.rows() == 0 || index.columns().eq(self.columns.iter().map(|it| self.name(it)))
    }

    /// Puts the index in its place: whole, or not at all.
    fn write(&self) -> Result<u64> {
        let failed = |e| StoreError::io(self.path.display().to_string(), e);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = Path::new(&name);
        let written = (|| {
            let file = File::create(temporary).map_err(failed)?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            let bytes = build(&self.object, &self.footer, &self.columns, &mut out)?;
            let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
            file.sync_all().map_err(failed)?;
            fs::rename(temporary, &self.path).map_err(failed)?;
            Ok(bytes)
        })();
        if written.is_err() {
            let _ = fs::remove_file(temporary); // it may not be there
        }
        written
    }
}

/// Writes the index of a local Parquet file to `out`; answers its bytes. The same file makes the same bytes.
fn build(object: &ObjectMeta, footer: &Footer, columns: &[Wanted], out: &mut dyn Write) -> Result<u64> {
    let path = format!("/{}", object.location);
    let broken = |e| StoreError::parquet(path.clone(), e);
    let failed = |e| StoreError::io(path.clone(), e);
    let file = File::open(&path).map_err(failed)?;
    let as_views = ArrowReaderOptions::new().with_schema(as_views(&footer.schema));
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(&footer.metadata), as_views);
    let descriptor = footer.metadata.file_metadata().schema_descr();
    let mask = ProjectionMask::roots(descriptor, columns.iter().map(|it| it.field));
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.map_err(broken)?)
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build()
        .map_err(broken)?;

    let mut written = 0;
    let mut segments = Vec::new();
    let mut rows = 0;
    let fresh = || columns.iter().map(|it| Collector::new(it.ty, it.whole)).collect::<Vec<_>>();
    let mut collectors = fresh();
    let mut flush = |collectors: Vec<Collector>, rows: u64, segments: &mut Vec<Segment>| {
        let mut kept = Vec::with_capacity(collectors.len());
        for (collector, wanted) in collectors.into_iter().zip(columns) {
            let (content, bytes) = collector.finish(rows, written);
            out.write_all(&bytes).map_err(failed)?;
            written += bytes.len() as u64;
            kept.push(Column { field: footer.schema.field(wanted.field).name().clone(), kept: content });
        }
        segments.push(Segment { rows, columns: kept });
        Ok::<u64, StoreError>(written)
    };
    if columns.is_empty() {
        // Nothing to read; the segments still say how many rows there are.
        let mut left = footer.rows();
        while left > 0 {
            flush(Vec::new(), left.min(SEGMENT), &mut segments)?;
            left -= left.min(SEGMENT);
        }
    } else {
        for batch in reader {
            let batch = batch.map_err(|e| StoreError::arrow(path.clone(), e))?;
            let mut done = 0;
            while done < batch.num_rows() {
                let take = (batch.num_rows() - done).min((SEGMENT - rows) as usize);
                for ((collector, wanted), array) in collectors.iter_mut().zip(columns).zip(batch.columns()) {
                    collector.add(&convert::to_plan(&array.slice(done, take), wanted.ty)?, rows);
                }
                rows += take as u64;
                done += take;
                if rows == SEGMENT {
                    flush(std::mem::replace(&mut collectors, fresh()), rows, &mut segments)?;
                    rows = 0;
                }
            }
        }
        if rows > 0 {
            flush(collectors, rows, &mut segments)?;
        }
    }
    let start = segments.iter().flat_map(|it| &it.columns).map(Column::end).max().unwrap_or(0);
    let directory = directory(start, &Identity::of(object, footer), &segments);
    out.write_all(&directory).map_err(failed)?;
    out.flush().map_err(failed)?;
    Ok(start + directory.len() as u64)
}

/// The schema with texts as views: a page with a dictionary then becomes views of the same few texts, which are looked at
/// once in a block.
fn as_views(schema: &SchemaRef) -> SchemaRef {
    let view = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    let fields: Vec<FieldRef> = schema.fields().iter().map(view).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Gathers what is kept of a column in a segment.
#[derive(Debug)]
pub(super) enum Collector {
    Texts(Box<Texts>),
    Times(Vec<Option<(i64, i64)>>),
}

#[derive(Debug)]
pub(super) struct Texts {
    keys: Keys,
    pairs: Vec<u64>,
    /// Pairs that were added lately, each in the place that its key says. What is forgotten is added twice, which costs
    /// memory until the segment is written.
    seen: Vec<u64>,
    /// The keys of texts that were seen lately, as arrow points to them: dictionary pages point to the same text many times.
    texts: Vec<Text>,
    /// The keys that `texts` remember.
    remembered: Vec<u64>,
    /// Grows with each array, since views of another point into other buffers.
    array: u64,
}

/// A text whose keys are known.
#[derive(Debug, Clone, Default)]
struct Text {
    view: u128,
    /// In which array that view means it.
    array: u64,
    /// The last block that it was added to.
    block: u16,
    /// Its keys, among those that are remembered.
    keys: Range<usize>,
}

/// Places for pairs and for texts that were seen lately.
const SEEN: usize = 1 << 13;
const TEXTS: usize = 1 << 12;

impl Collector {
    pub(super) fn new(ty: KqlType, whole: bool) -> Collector {
        match ty {
            KqlType::DateTime => Collector::Times(Vec::new()),
            _ => Collector::Texts(Box::new(Texts {
                keys: Keys::new(whole),
                pairs: Vec::new(),
                seen: vec![u64::MAX; SEEN],
                texts: vec![Text::default(); TEXTS],
                remembered: Vec::new(),
                array: 0,
            })),
        }
    }

    /// Adds rows from `row` of the segment on, in the plan's type.
    pub(super) fn add(&mut self, array: &ArrayRef, row: u64) {
        match self {
            Collector::Texts(texts) => texts.add(array.as_string_view(), row),
            Collector::Times(spans) => {
                for (row, cell) in (row..).zip(array.as_primitive::<Int64Type>()) {
                    if row % BLOCK == 0 {
                        spans.push(None);
                    }
                    let (Some(span), Some(at)) = (spans.last_mut(), cell) else { continue };
                    *span = Some(span.map_or((at, at), |(least, most)| (least.min(at), most.max(at))));
                }
            }
        }
    }

    /// What is kept, and its bytes, which will stand at `base` in the index file.
    pub(super) fn finish(self, rows: u64, base: u64) -> (Content, Vec<u8>) {
        match self {
            Collector::Texts(texts) => {
                let mut bytes = Vec::new();
                let postings = postings::write(texts.pairs, rows.div_ceil(BLOCK), base, &mut bytes);
                (Content::Keys { postings, whole: texts.keys.whole, left_out: texts.keys.left_out }, bytes)
            }
            Collector::Times(spans) => (Content::Spans(spans), Vec::new()),
        }
    }
}

impl Texts {
    fn add(&mut self, array: &StringViewArray, first: u64) {
        self.array += 1;
        self.remembered.clear();
        for (row, view) in (first..).zip(array.views()) {
            let block = (row / BLOCK) as u16;
            let place = (*view as u64 ^ (*view >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let text = &mut self.texts[(place >> (64 - TEXTS.ilog2())) as usize];
            if text.view == *view && text.array == self.array {
                if text.block == block {
                    continue;
                }
            } else {
                let start = self.remembered.len();
                self.keys.each(array.value((row - first) as usize), |key| self.remembered.push(key));
                *text = Text { view: *view, array: self.array, block, keys: start..self.remembered.len() };
            }
            text.block = block;
            for key in &self.remembered[text.keys.clone()] {
                let pair = postings::pair(*key, block);
                let place = &mut self.seen[(key >> (64 - SEEN.ilog2())) as usize];
                if *place != pair {
                    *place = pair;
                    self.pairs.push(pair);
                }
            }
        }
    }
}
