//! A data root: the folder or object-store prefix under which the tables lie.
//!
//! ```text
//! <root>/DeviceInfo.parquet                                   one file
//! <root>/DeviceEvents/**/*.parquet                            a folder; `k=v` folders become columns
//! <root>/DeviceEvents/**/*.{ndjson,jsonl,json}[.gz|.zst]      the same as NDJSON, plain or in envelopes
//! <root>/insights-logs-advancedhunting-deviceevents/**        a storage account that raw data streaming writes to
//! <root>/anything.ndjson                                      envelopes of several tables
//! ```
//! Names that begin with `_` or `.` are passed over. Nothing is watched: each query lists anew what it needs, and what is
//! inside of files is cached by path, size and time.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use tokio::runtime::Handle;
use vizsla_schema::Catalog;

use crate::cache::FileCache;
use crate::error::{OnBroken, Result, StoreError, Warning};
use crate::footer::Footer;
use crate::format::{self, Format, Named};
use crate::index::{Identity, Index, SUFFIX, Skipped};
use crate::journal::{Pending, Stamp};
use crate::local::{self, Listing};
use crate::ndjson::{self, INFERENCE_LIMIT, Inferred, RowsOf};
use crate::place::{Place, partitions, place_of};
use crate::reader::ParquetReader;
use crate::table::{Candidate, Contents, TableSnapshot, assemble};

/// How often a table is looked at anew because files were replaced meanwhile.
const LOOKS: usize = 8;
/// Files whose insides are looked at at the same time.
const PARALLEL: usize = 16;
/// Memory for footers.
const FOOTERS: usize = 512 << 20;
/// Of a file outside of any table's place one block of lines is read to see whether it holds envelopes.
const PEEK: u64 = 1;

/// The place where tables lie. Cheap to clone; clones share their caches.
#[derive(Debug, Clone)]
pub struct DataRoot {
    inner: Arc<Inner>,
    /// Where indexes are, if not beside their files.
    index_folder: Option<Arc<std::path::Path>>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    address: String,
    /// Whether the store is the local file system.
    local: bool,
    footers: FileCache<Footer>,
    peeked: FileCache<Inferred>,
    inferred: FileCache<Inferred>,
    indexes: FileCache<Result<Index, Skipped>>,
}

/// A file that may have rows of a table.
struct Listed {
    object: ObjectMeta,
    format: Format,
    /// Whether it lies in the table's place, so that records without an envelope are the table's.
    own: bool,
    partitions: Vec<(String, String)>,
}

impl DataRoot {
    /// Opens a folder, given as a path or a `file://` address.
    ///
    /// # Errors
    /// [`StoreError::MissingFolder`], [`StoreError::NotAFolder`], or [`StoreError::UnsupportedAddress`] for other kinds of
    /// store, which are opened with [`DataRoot::over`].
    pub fn open(address: &str) -> Result<Self> {
        let path = match address.split_once("://") {
            None => address,
            Some(("file", path)) => path,
            Some(_) => return Err(StoreError::UnsupportedAddress { url: address.to_owned() }),
        };
        let full = std::fs::canonicalize(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => StoreError::MissingFolder { path: address.to_owned() },
            _ => StoreError::io(address, e),
        })?;
        if !full.is_dir() {
            return Err(StoreError::NotAFolder { path: address.to_owned() });
        }
        let failed = |e| StoreError::object(address, e);
        let prefix = Path::from_absolute_path(&full).map_err(|e| failed(e.into()))?;
        Ok(Self::with(Arc::new(LocalFileSystem::new()), prefix, address.to_owned(), true))
    }

    /// The objects under `prefix` of `store`; `address` is what messages call the root.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>, prefix: Path, address: impl Into<String>) -> Self {
        Self::with(store, prefix, address.into(), false)
    }

    fn with(store: Arc<dyn ObjectStore>, prefix: Path, address: String, local: bool) -> Self {
        let inner = Inner {
            store,
            prefix,
            address,
            local,
            footers: FileCache::new(FOOTERS),
            peeked: FileCache::new(FOOTERS / 16),
            inferred: FileCache::new(FOOTERS / 16),
            indexes: FileCache::new(FOOTERS / 8),
        };
        Self { inner: Arc::new(inner), index_folder: None }
    }

    /// The same root with its indexes under another folder, for exports that may not be written to.
    #[must_use]
    pub fn with_index_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.index_folder = Some(folder.into().into());
        self
    }

    /// The folder under which indexes lie; none for a root that is not local.
    pub(crate) fn index_folder(&self) -> Option<PathBuf> {
        match &self.index_folder {
            _ if !self.inner.local => None,
            Some(folder) => Some(folder.to_path_buf()),
            None => Some(PathBuf::from(format!("/{}", self.prefix()))),
        }
    }

    /// Where the index of a data file is; none if the root is not local.
    pub(crate) fn index_path(&self, file: &Path) -> Option<PathBuf> {
        let folder = self.index_folder()?;
        let below = file.prefix_match(self.prefix())?;
        let mut path = below.fold(folder, |path, part| path.join(part.as_ref())).into_os_string();
        path.push(SUFFIX);
        Some(path.into())
    }

    /// The index of a Parquet file, opened once for as long as neither it nor the file changes.
    ///
    /// # Errors
    /// Why there is none to use. Queries do without.
    pub fn index(&self, object: &ObjectMeta, footer: &Footer) -> Result<Arc<Result<Index, Skipped>>, Skipped> {
        let path = self.index_path(&object.location).ok_or(Skipped::Remote)?;
        let there = std::fs::metadata(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Skipped::Missing,
            kind => Skipped::Unreadable(kind),
        })?;
        // Of both files, so that a change of either is noticed.
        let changed = there.modified().map_err(|error| Skipped::Unreadable(error.kind()))?;
        let tag = format!("{}-{changed:?}-{:?}", there.len(), object.last_modified);
        let key = ObjectMeta { e_tag: Some(tag), ..object.clone() };
        if let Some(index) = self.inner.indexes.get(&key) {
            return Ok(index);
        }
        let index = Arc::new(Index::open(&path, &Identity::of(object, footer)));
        let weight = index.as_ref().as_ref().map_or(64, Index::memory);
        self.inner.indexes.put(&key, Arc::clone(&index), weight);
        Ok(index)
    }

    /// The store that holds the objects. For a folder it is the whole local file system, and paths are absolute.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.store
    }

    /// Where in the store the root is.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        &self.inner.prefix
    }

    /// What messages call the root.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// The tables that have files here, by name. Reads the beginning of files that no table's place explains.
    ///
    /// # Errors
    /// If the root cannot be listed. Files that cannot be read are passed over.
    pub async fn table_names(&self, catalog: &Catalog) -> Result<Vec<String>> {
        self.names(catalog, true).await
    }

    /// The tables with files here that the catalog does not declare, by name. A table's place is not looked into.
    ///
    /// # Errors
    /// If the root cannot be listed. Files that cannot be read are passed over.
    pub async fn undeclared_names(&self, catalog: &Catalog) -> Result<Vec<String>> {
        let mut names = self.names(catalog, false).await?;
        names.retain(|name| catalog.table(name).is_none());
        Ok(names)
    }

    async fn names(&self, catalog: &Catalog, declared: bool) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        for entry in self.entries().await? {
            match place_of(entry.name(), entry.is_folder(), catalog) {
                Some(Place::Table(name)) if declared && self.has_data(&entry).await? => drop(names.insert(name)),
                Some(Place::Unknown(name)) => names.extend(self.names_in(&entry, &name, catalog).await?),
                Some(Place::Table(_)) | None => {}
            }
        }
        Ok(names.into_iter().collect())
    }

    /// The files and columns of a table as they are now, or none if neither catalog nor root know the name.
    ///
    /// A table that the catalog declares and that has no files is there, and empty.
    ///
    /// # Errors
    /// If the root cannot be listed; and if a file is broken or another table's, unless `on_broken` says to answer without
    /// it, which is then among the snapshot's warnings.
    pub async fn table(&self, name: &str, catalog: &Catalog, on_broken: OnBroken) -> Result<Option<TableSnapshot>> {
        for _ in 1..LOOKS {
            let pending = self.pending()?;
            let seen = self.table_under(&pending, name, catalog, on_broken).await;
            if self.pending()? == pending {
                return seen;
            }
        }
        self.table_under(&self.pending()?, name, catalog, on_broken).await
    }

    /// The named tables as they are now, without broken files; all that have files if none is named.
    ///
    /// # Errors
    /// [`StoreError::NoTable`] for a name that neither catalog nor root know; if the root cannot be listed.
    pub(crate) async fn chosen(&self, named: &[String], catalog: &Catalog) -> Result<Vec<TableSnapshot>> {
        let names = match named {
            [] => self.table_names(catalog).await?,
            named => named.to_vec(),
        };
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            let table = self.table(&name, catalog, OnBroken::Skip).await?;
            tables.push(table.ok_or_else(|| StoreError::NoTable { table: name, root: self.address().to_owned() })?);
        }
        Ok(tables)
    }

    async fn table_under(
        &self,
        pending: &Pending,
        name: &str,
        catalog: &Catalog,
        on_broken: OnBroken,
    ) -> Result<Option<TableSnapshot>> {
        let def = catalog.table(name);
        let wanted = def.map_or(name, |def| def.name.as_str());
        let mut warnings = Vec::new();
        let listed = self.listed(pending, wanted, catalog, on_broken, &mut warnings).await?;
        let looked_at: Vec<_> =
            futures::stream::iter(listed).map(|file| self.candidate(file, wanted)).buffered(PARALLEL).collect().await;
        let mut candidates = Vec::new();
        for outcome in looked_at {
            match outcome {
                Ok(candidate) => candidates.extend(candidate),
                Err(error) => leave_out(error, on_broken, &mut warnings)?,
            }
        }
        // Files of which only the beginning is known may or may not hold rows of any table.
        if def.is_none() && warnings.is_empty() && candidates.iter().all(|it| it.fields.is_empty()) {
            return Ok(None);
        }
        let (mut table, strangers) = assemble(wanted, def, candidates, catalog);
        for error in strangers {
            leave_out(error, on_broken, &mut warnings)?;
        }
        table.warnings = warnings;
        Ok(Some(table))
    }

    /// All files that may have rows of the table, by path.
    async fn listed(
        &self,
        pending: &Pending,
        table: &str,
        catalog: &Catalog,
        on_broken: OnBroken,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in self.entries().await? {
            let own = match place_of(entry.name(), entry.is_folder(), catalog) {
                Some(Place::Table(name)) if name == table => true,
                Some(Place::Unknown(name)) => name == table,
                Some(Place::Table(_)) | None => continue,
            };
            for Found { object, place } in self.objects(&entry, pending).await? {
                match named(&place) {
                    Named::Data { format: Format::Parquet, .. } if !own => {}
                    Named::Data { format, .. } => {
                        let partitions = if own { partitions(&entry.path, &place) } else { Vec::new() };
                        listed.push(Listed { object, format, own, partitions });
                    }
                    Named::Packed { compression, .. } if own => {
                        let (file, compression) = (object.location.to_string(), compression.to_owned());
                        leave_out(StoreError::UnsupportedCompression { file, compression }, on_broken, warnings)?;
                    }
                    Named::Packed { .. } | Named::Other => {}
                }
            }
        }
        listed.sort_by(|a, b| a.object.location.cmp(&b.object.location));
        Ok(listed)
    }

    /// Looks inside a file; none if it has no rows of the table.
    async fn candidate(&self, file: Listed, table: &str) -> Result<Option<Candidate>> {
        let Listed { object, format, own, partitions } = file;
        let (contents, fields) = match format {
            Format::Parquet => {
                let footer = self.footer(&object).await?;
                let fields = footer.fields();
                (Contents::Parquet(footer), fields)
            }
            Format::Ndjson(_) => {
                if !own && self.inferred(&object, format, PEEK).await?.tables.is_empty() {
                    return Ok(None);
                }
                let inferred = self.inferred(&object, format, INFERENCE_LIMIT).await?;
                let fields = inferred.fields(table, own);
                if !own && fields.is_empty() && inferred.complete {
                    return Ok(None);
                }
                let rows = if own { RowsOf::Own } else { RowsOf::Shared };
                (Contents::Ndjson(rows(table.to_owned())), fields)
            }
        };
        Ok(Some(Candidate { object, format, contents, fields, partitions }))
    }

    /// The footer of a Parquet file, from the cache if the file has not changed.
    ///
    /// # Errors
    /// [`StoreError::BrokenFile`] if it is not a whole Parquet file; otherwise what the store said.
    pub async fn footer(&self, object: &ObjectMeta) -> Result<Arc<Footer>> {
        if let Some(footer) = self.inner.footers.get(object) {
            return Ok(footer);
        }
        let footer = Arc::new(Footer::read(self.store(), object).await?);
        self.inner.footers.put(object, Arc::clone(&footer), footer.metadata.memory_size());
        Ok(footer)
    }

    /// Reads ranges of a Parquet file whose footer was read before.
    #[must_use]
    pub fn parquet_reader(&self, object: &ObjectMeta, footer: &Arc<Footer>) -> ParquetReader {
        ParquetReader::new(Arc::clone(self.store()), object.clone(), Arc::clone(footer), self.inner.local)
    }

    /// The tables and fields at the beginning of an NDJSON file.
    async fn inferred(&self, object: &ObjectMeta, format: Format, limit: u64) -> Result<Arc<Inferred>> {
        let cache = if limit == PEEK { &self.inner.peeked } else { &self.inner.inferred };
        if let Some(inferred) = cache.get(object) {
            return Ok(inferred);
        }
        let (store, file, handle) = (Arc::clone(self.store()), object.clone(), Handle::current());
        let read = tokio::task::spawn_blocking(move || {
            let reader = ndjson::open(&store, &file, format, &handle)?;
            ndjson::infer(reader, file.location.as_ref(), limit)
        });
        let inferred = read.await.map_err(|e| StoreError::object(object.location.to_string(), e.into()))??;
        let inferred = Arc::new(inferred);
        cache.put(object, Arc::clone(&inferred), 4096);
        Ok(inferred)
    }

    /// What lies directly under the root.
    async fn entries(&self) -> Result<Vec<Entry>> {
        let Listing { folders, files } = if self.inner.local {
            local::list(self.prefix(), 1).map_err(|e| StoreError::io(self.address(), e))?
        } else {
            let found = self.store().list_with_delimiter(Some(self.prefix())).await;
            let found = found.map_err(|e| StoreError::object(self.address(), e))?;
            Listing { folders: found.common_prefixes, files: found.objects }
        };
        let folders = folders.into_iter().map(|path| Entry { path, object: None });
        let files = files.into_iter().map(|it| Entry { path: it.location.clone(), object: Some(it) });
        let mut entries: Vec<_> = folders.chain(files).filter(|it| !format::is_hidden(it.name())).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// What is being replaced. Elsewhere than in the local file system nothing is.
    fn pending(&self) -> Result<Pending> {
        match self.inner.local {
            true => Pending::read(format!("/{}", self.prefix()).as_ref()),
            false => Ok(Pending::default()),
        }
    }

    /// The files of an entry: itself, or all in its folder that are not hidden; with those that are being replaced as
    /// they will be.
    async fn objects(&self, entry: &Entry, pending: &Pending) -> Result<Vec<Found>> {
        let listed = self.listed_objects(entry).await?;
        let mut found: Vec<_> =
            listed.into_iter().map(|object| Found { place: object.location.clone(), object }).collect();
        let at = |path: &std::path::Path| Path::parse(format!("{}/{}", self.prefix(), path.display()));
        for removal in &pending.removals {
            let place = at(&removal.path).map_err(|e| StoreError::object(self.address(), e.into()))?;
            let is_it = |it: &Found| {
                it.place == place && Stamp::new(it.object.size, it.object.last_modified.into()) == removal.was
            };
            found.retain(|it| !is_it(it));
        }
        for moved in &pending.moves {
            let failed = |e: object_store::path::Error| StoreError::object(self.address(), e.into());
            let (from, place) = (at(&moved.from).map_err(failed)?, at(&moved.to).map_err(failed)?);
            if place.prefix_matches(&entry.path) && !found.iter().any(|it| it.place == place) {
                let object = local::find(from.clone()).map_err(|e| StoreError::io(from.to_string(), e))?;
                found.extend(object.map(|object| Found { object, place }));
            }
        }
        Ok(found)
    }

    async fn listed_objects(&self, entry: &Entry) -> Result<Vec<ObjectMeta>> {
        if let Some(object) = &entry.object {
            return Ok(vec![object.clone()]);
        }
        let all: Vec<ObjectMeta> = if self.inner.local {
            local::list(&entry.path, usize::MAX).map_err(|e| StoreError::io(format!("/{}", entry.path), e))?.files
        } else {
            let failed = |e| StoreError::object(entry.path.to_string(), e);
            self.store().list(Some(&entry.path)).try_collect().await.map_err(failed)?
        };
        let hidden = |object: &ObjectMeta| {
            let inside = object.location.prefix_match(&entry.path).into_iter().flatten();
            inside.into_iter().any(|part| format::is_hidden(part.as_ref()))
        };
        Ok(all.into_iter().filter(|object| !hidden(object)).collect())
    }

    async fn has_data(&self, entry: &Entry) -> Result<bool> {
        Ok(self.objects(entry, &self.pending()?).await?.iter().any(|it| matches!(named(&it.place), Named::Data { .. })))
    }

    /// The tables in files that lie in no declared table's place: `name` itself, and those that envelopes name.
    async fn names_in(&self, entry: &Entry, name: &str, catalog: &Catalog) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for Found { object, place } in self.objects(entry, &self.pending()?).await? {
            match named(&place) {
                Named::Data { format: Format::Parquet, .. } => names.push(name.to_owned()),
                Named::Data { format, .. } => {
                    let Ok(peeked) = self.inferred(&object, format, PEEK).await else { continue };
                    if peeked.plain.is_some() {
                        names.push(name.to_owned());
                    }
                    if peeked.tables.is_empty() {
                        continue;
                    }
                    let Ok(inferred) = self.inferred(&object, format, INFERENCE_LIMIT).await else { continue };
                    names.extend(inferred.tables.keys().map(|table| crate::place::canonical(table, catalog)));
                }
                Named::Packed { .. } | Named::Other => {}
            }
        }
        Ok(names)
    }
}

/// A file or folder directly under the root.
struct Entry {
    path: Path,
    object: Option<ObjectMeta>,
}

impl Entry {
    fn name(&self) -> &str {
        self.path.filename().unwrap_or_default()
    }

    fn is_folder(&self) -> bool {
        self.object.is_none()
    }
}

/// A file, and where it belongs: elsewhere than it lies while it replaces others.
struct Found {
    object: ObjectMeta,
    place: Path,
}

fn named(place: &Path) -> Named<'_> {
    format::of_name(place.filename().unwrap_or_default())
}

/// Turns a broken file into a warning where that is allowed.
fn leave_out(error: StoreError, on_broken: OnBroken, warnings: &mut Vec<Warning>) -> Result<()> {
    if on_broken == OnBroken::Fail || !error.is_broken_data() {
        return Err(error);
    }
    let file = error.file().unwrap_or_default().to_owned();
    warnings.push(Warning { file, message: format!("left out: {error}") });
    Ok(())
}
