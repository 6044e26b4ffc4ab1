//! Building the indexes of a root's Parquet files, and putting them beside the files.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectMeta;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use vizsla_schema::{Catalog, KqlType, Role};

use super::file::{Identity, Index};
use super::make::{Wanted, make};
use super::{SUFFIX, Skipped};
use crate::error::{Result, StoreError};
use crate::footer::Footer;
use crate::root::DataRoot;
use crate::table::{Contents, Source, TableSnapshot};

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
        make(&job.object, &job.footer, &columns, &mut right)?;
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
            let bytes = make(&self.object, &self.footer, &self.columns, &mut out)?;
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
