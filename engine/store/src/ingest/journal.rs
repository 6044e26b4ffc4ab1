//! All or nothing, once.
//!
//! ```text
//! <root>/_ingest/lock             held by the one ingest that runs; the system lets go of it when a process dies
//! <root>/_ingest/staging/         files in the making, under names that no reader looks at
//! <root>/_ingest/commit.json      written when all of them are complete: which file goes where
//! <root>/_ingest/done/<id>.json   the same afterwards: this input has been ingested
//! ```
//! Whoever finds `commit.json` moves what has not been moved yet; whoever finds only `staging` removes it. So an ingest
//! that was killed has either happened, after the next one has begun, or left no trace. A reader that comes while files
//! are being moved sees some of an input's files; it never sees half a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};

/// A finished file and where it belongs, both relative to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Commit {
    input: String,
    name: String,
    moves: Vec<Move>,
}

/// Where files in the making are.
#[derive(Debug, Clone)]
pub(super) struct Staging {
    folder: PathBuf,
}

/// The right to write into a root; given back when dropped.
#[derive(Debug)]
pub(super) struct Journal {
    root: PathBuf,
    folder: PathBuf,
    staging: Staging,
    _lock: File,
}

const STAGING: &str = "_ingest/staging";

impl Staging {
    /// The path of a file in the making.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A plan to move the file of that name to `to`.
    pub(super) fn moved(&self, name: &str, to: PathBuf) -> Move {
        Move { from: Path::new(STAGING).join(name), to }
    }
}

impl Journal {
    /// Takes the lock and clears up what an ingest left that did not come to its end.
    pub(super) fn open(root: &Path) -> Result<Self> {
        let folder = root.join("_ingest");
        let staging = Staging { folder: root.join(STAGING) };
        at(&folder, fs::create_dir_all(folder.join("done")))?;
        let lock_path = folder.join("lock");
        let lock = at(&lock_path, File::options().create(true).append(true).open(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Busy { root: root.display().to_string() }),
            Err(fs::TryLockError::Error(e)) => return Err(StoreError::io(lock_path.display().to_string(), e)),
        }
        let journal = Self { root: root.to_owned(), folder, staging, _lock: lock };
        journal.recover()?;
        at(&journal.staging.folder, fs::create_dir_all(&journal.staging.folder))?;
        Ok(journal)
    }

    pub(super) fn staging(&self) -> &Staging {
        &self.staging
    }

    /// Whether the input has been ingested.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.done(id).exists()
    }

    /// Makes `moves` happen, all of them even if the process dies meanwhile.
    pub(super) fn commit(&self, id: &str, name: &str, moves: Vec<Move>) -> Result<()> {
        sync(moves.iter().map(|it| self.root.join(&it.from)).collect())?;
        sync(vec![self.staging.folder.clone()])?;
        let commit = Commit { input: id.to_owned(), name: name.to_owned(), moves };
        let text = serde_json::to_vec(&commit).expect("paths made of names are UTF-8");
        let (temporary, path) = (self.staging.path("commit.json"), self.commit_path());
        at(&temporary, write_durably(&temporary, &text))?;
        at(&path, fs::rename(&temporary, &path))?;
        sync(vec![self.folder.clone()])?;
        self.apply(&commit)
    }

    fn recover(&self) -> Result<()> {
        let path = self.commit_path();
        match fs::read(&path) {
            Ok(text) => {
                let name = path.display().to_string();
                let commit = serde_json::from_slice(&text).map_err(|e| StoreError::broken(name, e.to_string()))?;
                self.apply(&commit)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => self.clear(),
            Err(e) => Err(StoreError::io(path.display().to_string(), e)),
        }
    }

    fn apply(&self, commit: &Commit) -> Result<()> {
        let mut folders = Vec::new();
        for Move { from, to } in &commit.moves {
            let (from, to) = (self.root.join(from), self.root.join(to));
            let folder = to.parent().unwrap_or(&self.root);
            at(folder, fs::create_dir_all(folder))?;
            match fs::rename(&from, &to) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {} // moved before
                moved => at(&to, moved)?,
            }
            folders.extend(folder.ancestors().take_while(|it| it.starts_with(&self.root)).map(Path::to_owned));
        }
        folders.sort_unstable();
        folders.dedup();
        sync(folders)?;
        let done = self.done(&commit.input);
        at(&done, fs::rename(self.commit_path(), &done))?;
        sync(vec![self.folder.join("done")])?;
        self.clear()
    }

    /// Removes files in the making.
    fn clear(&self) -> Result<()> {
        match fs::remove_dir_all(&self.staging.folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => at(&self.staging.folder, Err(e)),
            _ => Ok(()),
        }
    }

    fn commit_path(&self) -> PathBuf {
        self.folder.join("commit.json")
    }

    fn done(&self, id: &str) -> PathBuf {
        self.folder.join("done").join(format!("{id}.json"))
    }
}

impl Drop for Journal {
    /// Leaves nothing behind after an error. A commit that stands keeps its files: the next ingest finishes it.
    fn drop(&mut self) {
        if !self.commit_path().exists() {
            let _ = self.clear(); // the next ingest tries again
        }
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
pub(super) fn at<T>(path: &Path, outcome: io::Result<T>) -> Result<T> {
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
            let journal = Journal::open(root.path()).expect("a journal");
            let moves = vec![staged(&journal, "a", "1"), staged(&journal, "b", "2")];
            let commit = Commit { input: "id".into(), name: "x".into(), moves: moves.clone() };
            fs::write(journal.commit_path(), serde_json::to_vec(&commit).expect("JSON")).expect("writable");
            // The process dies after the first of two moves.
            fs::create_dir_all(root.path().join("T")).expect("writable");
            fs::rename(root.path().join(&moves[0].from), root.path().join(&moves[0].to)).expect("movable");
            moves
        };
        let journal = Journal::open(root.path()).expect("a journal");
        assert!(journal.knows("id"));
        for (moved, text) in moves.iter().zip(["1", "2"]) {
            assert_eq!(fs::read_to_string(root.path().join(&moved.to)).expect("moved"), text);
        }
    }

    #[test]
    fn files_in_the_making_are_removed() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join(STAGING)).expect("writable");
        fs::write(root.path().join(STAGING).join("0.parquet"), "half").expect("writable");
        let journal = Journal::open(root.path()).expect("a journal");
        assert!(!journal.staging().path("0.parquet").exists());
    }

    #[test]
    fn one_at_a_time() {
        let root = tempfile::tempdir().expect("a folder");
        let first = Journal::open(root.path()).expect("a journal");
        assert!(matches!(Journal::open(root.path()), Err(StoreError::Busy { .. })));
        drop(first);
        assert!(Journal::open(root.path()).is_ok());
    }
}
