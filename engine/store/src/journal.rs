//! All or nothing, once: how files come into a root, and go.
//!
//! ```text
//! <root>/_ingest/lock             held by the one ingest that runs; the system lets go of it when a process dies
//! <root>/_ingest/staging/         files in the making, under names that no reader looks at
//! <root>/_ingest/commit.json      written when all of them are complete: which file goes where, which ones go
//! <root>/_ingest/done/<id>.json   the same afterwards: this input has been ingested
//! ```
//! Whoever finds `commit.json` moves what has not been moved yet; whoever finds only `staging` removes it. So an ingest
//! that was killed has either happened, after the next one has begun, or left no trace. A reader that comes while files
//! are being moved sees some of an input's files; it never sees half a file.
//!
//! [`crate::optimize`] has the same in `_optimize`, without `done`, and its commits also name files that go. There a
//! reader must not see some of both: the store reads the commit ([`Pending`]) and takes it as done from the moment at
//! which it is written.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};

/// Whose journal it is: the folder under the root, and whether it is remembered what was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    folder: &'static str,
    remembers: bool,
}

/// Inputs come in, each once.
pub(crate) const INGEST: Kind = Kind { folder: "_ingest", remembers: true };
/// Files are replaced by others with the same rows.
pub(crate) const OPTIMIZE: Kind = Kind { folder: "_optimize", remembers: false };

/// A finished file and where it belongs, both relative to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

/// A file that goes, relative to the root, if it still is what it was: whoever exports may have written it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removal {
    pub(crate) path: PathBuf,
    pub(crate) was: Stamp,
}

/// By what a file is known not to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    size: u64,
    seconds: u64,
    nanos: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Commit {
    input: String,
    name: String,
    moves: Vec<Move>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removals: Vec<Removal>,
}

/// Where files in the making are.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    folder: PathBuf,
    relative: PathBuf,
}

/// The right to write into a root; given back when dropped.
#[derive(Debug)]
pub(crate) struct Journal {
    root: PathBuf,
    kind: Kind,
    folder: PathBuf,
    staging: Staging,
    _lock: File,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self::new(metadata.len(), metadata.modified().unwrap_or(UNIX_EPOCH))
    }

    pub(crate) fn new(size: u64, modified: SystemTime) -> Self {
        let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { size, seconds: since.as_secs(), nanos: since.subsec_nanos() }
    }

    /// Whether the file is there and is what it was.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| Self::of(&metadata) == *self)
    }
}

impl Staging {
    /// The path of a file in the making.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A plan to move the file of that name to `to`.
    pub(crate) fn moved(&self, name: &str, to: PathBuf) -> Move {
        Move { from: self.relative.join(name), to }
    }

    /// A folder in it, for files that come and go together.
    pub(crate) fn inside(&self, name: &str) -> Result<Self> {
        let inside = Self { folder: self.folder.join(name), relative: self.relative.join(name) };
        at(&inside.folder, fs::create_dir_all(&inside.folder))?;
        Ok(inside)
    }

    /// Removes the files in the making.
    pub(crate) fn clear(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => at(&self.folder, Err(e)),
            _ => Ok(()),
        }
    }
}

impl Journal {
    /// Takes the lock and clears up what was left by one that did not come to its end.
    pub(crate) fn open(root: &Path, kind: Kind) -> Result<Self> {
        let relative = Path::new(kind.folder).join("staging");
        let (folder, staging) = (root.join(kind.folder), Staging { folder: root.join(&relative), relative });
        at(&folder, fs::create_dir_all(&folder))?;
        let lock_path = folder.join("lock");
        let lock = at(&lock_path, File::options().create(true).append(true).open(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Busy { root: root.display().to_string() }),
            Err(fs::TryLockError::Error(e)) => return Err(StoreError::io(lock_path.display().to_string(), e)),
        }
        let journal = Self { root: root.to_owned(), kind, folder, staging, _lock: lock };
        journal.recover()?;
        journal.staging.clear()?;
        at(&journal.staging.folder, fs::create_dir_all(&journal.staging.folder))?;
        Ok(journal)
    }

    pub(crate) fn staging(&self) -> &Staging {
        &self.staging
    }

    /// Whether the input has been ingested.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.done(id).exists()
    }

    /// Makes `moves` and then `removals` happen, all of them even if the process dies meanwhile.
    ///
    /// # Errors
    /// Whatever the system says. Once the commit stands it will happen, if not now then when the journal is next opened.
    pub(crate) fn commit(&self, id: &str, name: &str, moves: Vec<Move>, removals: Vec<Removal>) -> Result<()> {
        // A commit that stands after an error must not be lost under this one.
        self.recover()?;
        sync(moves.iter().map(|it| self.root.join(&it.from)).collect())?;
        let mut folders: Vec<_> =
            moves.iter().filter_map(|it| self.root.join(&it.from).parent().map(Path::to_owned)).collect();
        folders.push(self.staging.folder.clone());
        folders.dedup();
        sync(folders)?;
        let commit = Commit { input: id.to_owned(), name: name.to_owned(), moves, removals };
        let text = serde_json::to_vec(&commit).expect("paths made of names are UTF-8");
        let (temporary, path) = (self.staging.path("commit.json"), self.commit_path());
        at(&temporary, write_durably(&temporary, &text))?;
        at(&path, fs::rename(&temporary, &path))?;
        sync(vec![self.folder.clone()])?;
        self.apply(&commit)
    }

    /// Finishes a commit that stands.
    fn recover(&self) -> Result<()> {
        match read_commit(&self.commit_path())? {
            Some(commit) => self.apply(&commit),
            None => Ok(()),
        }
    }

    fn apply(&self, commit: &Commit) -> Result<()> {
        let mut folders = Vec::new();
        for Move { from, to } in &commit.moves {
            let (from, to) = (self.root.join(from), self.root.join(to));
            let folder = to.parent().unwrap_or(&self.root);
            at(folder, fs::create_dir_all(folder))?;
            if let Some(replaced) = commit.removals.iter().find(|it| self.root.join(&it.path) == to)
                && from.exists()
            {
                if to.exists() && !replaced.was.is_of(&to) {
                    remove(&from)?; // written anew since, and what is newer stays
                    continue;
                }
                remove(&sidecar(&to))?;
            }
            match fs::rename(&from, &to) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {} // moved before
                moved => at(&to, moved)?,
            }
            folders.extend(folder.ancestors().take_while(|it| it.starts_with(&self.root)).map(Path::to_owned));
        }
        for Removal { path, was } in &commit.removals {
            let path = self.root.join(path);
            if was.is_of(&path) {
                remove(&sidecar(&path))?;
                remove(&path)?;
                folders.extend(path.parent().map(Path::to_owned));
            }
        }
        folders.sort_unstable();
        folders.dedup();
        sync(folders)?;
        if self.kind.remembers {
            let done = self.done(&commit.input);
            at(&self.folder, fs::create_dir_all(self.folder.join("done")))?;
            at(&done, fs::rename(self.commit_path(), &done))?;
            return sync(vec![self.folder.join("done")]);
        }
        remove(&self.commit_path())?;
        sync(vec![self.folder.clone()])
    }

    fn commit_path(&self) -> PathBuf {
        self.folder.join(COMMIT)
    }

    fn done(&self, id: &str) -> PathBuf {
        self.folder.join("done").join(format!("{id}.json"))
    }
}

impl Drop for Journal {
    /// Leaves nothing behind. A commit that stands keeps its files: the next one finishes it.
    fn drop(&mut self) {
        if !self.commit_path().exists() {
            let _ = self.staging.clear(); // the next one tries again
        }
    }
}

const COMMIT: &str = "commit.json";

/// What an optimisation that is being applied, or was cut short, means for readers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pending {
    /// New files, and where they lie until they are moved; relative to the root.
    pub(crate) moves: Vec<Move>,
    /// Files that are not there any more for readers.
    pub(crate) removals: Vec<Removal>,
    /// Changes with every commit that begins or ends, within what the clock of the file system tells apart.
    version: Option<Stamp>,
}

impl Pending {
    /// What stands in the root's journal of optimisations.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let folder = root.join(OPTIMIZE.folder);
        let Ok(metadata) = fs::metadata(&folder) else { return Ok(Self::default()) };
        let version = Some(Stamp::of(&metadata));
        Ok(match read_commit(&folder.join(COMMIT))? {
            Some(commit) => Self { moves: commit.moves, removals: commit.removals, version },
            None => Self { version, ..Self::default() },
        })
    }
}

fn read_commit(path: &Path) -> Result<Option<Commit>> {
    let name = || path.display().to_string();
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|e| StoreError::broken(name(), e.to_string())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io(name(), e)),
    }
}

/// The index that may lie beside a data file; it means nothing without it.
fn sidecar(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".vzx");
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => at(path, Err(e)),
        _ => Ok(()),
    }
}

/// Writes a file and waits until it is on disk.
fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until files, and the lists of names in folders, are on disk.
///
/// Many at a time: file systems write them together then, and hundreds of days take as long as a few.
fn sync(paths: Vec<PathBuf>) -> Result<()> {
    let queue = Mutex::new(paths.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> Result<()> {
        while let Some(path) = next() {
            // Only Unix can open a folder; elsewhere a rename is as durable as it gets.
            let is_file = path.is_file();
            if cfg!(unix) || is_file {
                at(&path, File::options().read(true).write(is_file).open(&path).and_then(|it| it.sync_all()))?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..16).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("syncing does not panic"))
    })
}

/// Names the path in an error of the operating system.
pub(crate) fn at<T>(path: &Path, outcome: io::Result<T>) -> Result<T> {
    outcome.map_err(|e| StoreError::io(path.display().to_string(), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(journal: &Journal, name: &str, text: &str) -> Move {
        fs::write(journal.staging().path(name), text).expect("writable");
        journal.staging().moved(name, PathBuf::from(format!("T/{name}")))
    }

    #[test]
    fn a_commit_that_was_cut_short_is_finished() {
        let root = tempfile::tempdir().expect("a folder");
        let moves = {
            let journal = Journal::open(root.path(), INGEST).expect("a journal");
            let moves = vec![staged(&journal, "a", "1"), staged(&journal, "b", "2")];
            let commit = Commit { input: "id".into(), name: "x".into(), moves: moves.clone(), removals: Vec::new() };
            fs::write(journal.commit_path(), serde_json::to_vec(&commit).expect("JSON")).expect("writable");
            // The process dies after the first of two moves.
            fs::create_dir_all(root.path().join("T")).expect("writable");
            fs::rename(root.path().join(&moves[0].from), root.path().join(&moves[0].to)).expect("movable");
            moves
        };
        let journal = Journal::open(root.path(), INGEST).expect("a journal");
        assert!(journal.knows("id"));
        for (moved, text) in moves.iter().zip(["1", "2"]) {
            assert_eq!(fs::read_to_string(root.path().join(&moved.to)).expect("moved"), text);
        }
    }

    #[test]
    fn files_in_the_making_are_removed() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("_ingest/staging")).expect("writable");
        fs::write(root.path().join("_ingest/staging").join("0.parquet"), "half").expect("writable");
        let journal = Journal::open(root.path(), INGEST).expect("a journal");
        assert!(!journal.staging().path("0.parquet").exists());
    }

    #[test]
    fn one_at_a_time() {
        let root = tempfile::tempdir().expect("a folder");
        let first = Journal::open(root.path(), INGEST).expect("a journal");
        assert!(matches!(Journal::open(root.path(), INGEST), Err(StoreError::Busy { .. })));
        drop(first);
        assert!(Journal::open(root.path(), INGEST).is_ok());
    }
}
