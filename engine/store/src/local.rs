//! Listing local folders.
//!
//! [`object_store`]'s own listing hands every folder to another thread and asks for each file twice; a query lists anew
//! what it reads, so for a thousand files that was most of the time until the first row. Names, symbolic links and places
//! are taken as `object_store` takes them, since it reads the files.

use std::fs::Metadata;
use std::io;
use std::path::Path as Folder;
use std::time::UNIX_EPOCH;

use object_store::ObjectMeta;
use object_store::path::Path;
use walkdir::{DirEntry, WalkDir};

/// What lies in a folder: sub-folders, and files.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) folders: Vec<Path>,
    pub(crate) files: Vec<ObjectMeta>,
}

/// Lists the folder that `path` names in the store of the local file system, `depth` levels deep.
///
/// # Errors
/// If a folder cannot be read, or a name in it is not UTF-8. What disappears meanwhile and links to nothing are passed over.
pub(crate) fn list(path: &Path, depth: usize) -> io::Result<Listing> {
    let folder = format!("/{path}");
    let mut listing = Listing::default();
    for entry in WalkDir::new(&folder).min_depth(1).max_depth(depth).follow_links(true) {
        let Some(entry) = there(entry)? else { continue };
        let Some(metadata) = there(entry.metadata())? else { continue };
        let location = location(path, Folder::new(&folder), &entry)?;
        match metadata.is_dir() {
            true => listing.folders.push(location),
            false => listing.files.push(object(location, &metadata)?),
        }
    }
    Ok(listing)
}

/// None if the entry is gone or a link leads nowhere.
fn there<T>(found: walkdir::Result<T>) -> io::Result<Option<T>> {
    match found.map_err(io::Error::from) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn location(root: &Path, folder: &Folder, entry: &DirEntry) -> io::Result<Path> {
    let inside = entry.path().strip_prefix(folder).map_err(io::Error::other)?;
    let Some(inside) = inside.to_str() else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is not UTF-8", entry.path().display())));
    };
    Path::parse(format!("{root}/{inside}")).map_err(io::Error::other)
}

/// The file at that location, if it is there.
pub(crate) fn find(location: Path) -> io::Result<Option<ObjectMeta>> {
    match std::fs::metadata(format!("/{location}")) {
        Ok(metadata) => object(location, &metadata).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn object(location: Path, metadata: &Metadata) -> io::Result<ObjectMeta> {
    let modified = metadata.modified()?;
    let e_tag = modified.duration_since(UNIX_EPOCH).ok().map(|at| format!("{:x}-{:x}", inode(metadata), at.as_nanos()));
    Ok(ObjectMeta { location, last_modified: modified.into(), size: metadata.len(), e_tag, version: None })
}

/// Tells a file from another that took its name within the resolution of its time.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use object_store::ObjectStore;
    use object_store::local::LocalFileSystem;

    use super::*;

    #[tokio::test]
    async fn lists_what_the_store_lists() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("day=1/deep er")).unwrap();
        for name in ["a.parquet", "day=1/b%20c.parquet", "day=1/deep er/ü.ndjson"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("a.parquet"), folder.path().join("link.parquet")).unwrap();
            std::os::unix::fs::symlink(folder.path().join("nowhere"), folder.path().join("dangling")).unwrap();
        }
        let root = Path::from_absolute_path(folder.path()).unwrap();
        let mut theirs: Vec<ObjectMeta> = LocalFileSystem::new().list(Some(&root)).try_collect().await.unwrap();
        let mut ours = list(&root, usize::MAX).unwrap().files;
        theirs.sort_by(|a, b| a.location.cmp(&b.location));
        ours.sort_by(|a, b| a.location.cmp(&b.location));
        let shown = |all: &[ObjectMeta]| {
            all.iter().map(|it| (it.location.clone(), it.size, it.last_modified)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&ours), shown(&theirs));
        assert_eq!(list(&root, 1).unwrap().folders.len(), 1);
    }
}
