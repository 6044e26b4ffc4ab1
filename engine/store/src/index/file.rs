//! The index file: the postings of segments of half a million rows, a directory that also has the spans of times, and a
//! trailer that says where the directory is.
//!
//! ```text
//! postings …   directory   [start of directory: 8] [its checksum: 8] [version: 4] [magic: 8]
//! ```

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use object_store::ObjectMeta;
use xxhash_rust::xxh64::xxh64;

use super::SEGMENT;
use super::bytes::{Cursor, put, put_bytes, unzigzag, zigzag};
use super::postings::Postings;
use crate::footer::Footer;

const MAGIC: &[u8; 8] = b"VZSLAIDX";
/// Grows with each change of the format or of what a key is.
const VERSION: u32 = 3;
const TRAILER: u64 = 28;
/// A larger directory is no directory of ours.
const LARGEST_DIRECTORY: u64 = 64 << 20;

/// Which data file an index is about, wherever that lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(super) modified: i64,
    /// Its rows.
    pub(super) rows: u64,
    /// A digest of its row groups: their rows, places and sizes.
    pub(super) layout: u64,
}

/// Makes what fuzzing found into an index that passes all checksums of its directory: it is about a file of `rows` rows.
pub(crate) fn forged(postings: &[u8], segments: &[u8], rows: u64) -> (Vec<u8>, Identity) {
    let identity = Identity { size: 0, modified: 0, rows, layout: 0 };
    let mut directory = Vec::new();
    identity.write(&mut directory);
    directory.extend_from_slice(segments);
    let mut bytes = postings.to_vec();
    finish(&mut directory, postings.len() as u64);
    bytes.extend_from_slice(&directory);
    (bytes, identity)
}

/// Appends the trailer to a directory that stands at `start`.
fn finish(directory: &mut Vec<u8>, start: u64) {
    let checksum = xxh64(directory, 0);
    directory.extend_from_slice(&start.to_le_bytes());
    directory.extend_from_slice(&checksum.to_le_bytes());
    directory.extend_from_slice(&VERSION.to_le_bytes());
    directory.extend_from_slice(MAGIC);
}

impl Identity {
    /// The identity of a Parquet file.
    pub(crate) fn of(object: &ObjectMeta, footer: &Footer) -> Self {
        let mut layout = Vec::new();
        for group in footer.metadata.row_groups() {
            put(&mut layout, group.num_rows().unsigned_abs());
            for column in group.columns() {
                let (start, length) = column.byte_range();
                put(&mut layout, start);
                put(&mut layout, length);
            }
        }
        Self {
            size: object.size,
            modified: object.last_modified.timestamp_nanos_opt().unwrap_or(0),
            rows: footer.rows(),
            layout: xxh64(&layout, 0),
        }
    }

    /// The rows of the data file.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.size, zigzag(self.modified), self.rows, self.layout].into_iter().for_each(|it| put(out, it));
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let (size, modified) = (cursor.number()?, unzigzag(cursor.number()?));
        Some(Self { size, modified, rows: cursor.number()?, layout: cursor.number()? })
    }
}

/// Why there is no index to use. A query goes on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skipped {
    /// Nobody has built one.
    #[error("there is no index")]
    Missing,
    /// The data file has changed since.
    #[error("the data file has changed since the index was built")]
    Stale,
    /// Another version of this program wrote it.
    #[error("the index has version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// It is cut off or damaged.
    #[error("the index is damaged")]
    Damaged,
    /// The operating system refused.
    #[error("the index cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// Only files of the local file system can have one.
    #[error("objects of a remote store have no index")]
    Remote,
}

/// Rows of a data file that were indexed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) rows: u64,
    pub(super) columns: Vec<Column>,
}

/// What is kept of a column in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// As the file calls it.
    pub(super) field: String,
    pub(super) kept: Content,
}

/// What is kept of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Keys of texts; whole values too, and whether parts of GUIDs were left out.
    Keys { postings: Postings, whole: bool, left_out: bool },
    /// For each block its least and greatest tick; a block of nulls has none.
    Spans(Vec<Option<(i64, i64)>>),
}

/// An index that fits its data file. The directory is in memory, postings are read when they are looked up.
#[derive(Debug)]
pub struct Index {
    pub(super) segments: Vec<Segment>,
    source: Source,
    bytes: u64,
}

#[derive(Debug)]
enum Source {
    /// Tests and fuzzing look at indexes that no file holds.
    Memory(Vec<u8>),
    File(File),
}

/// Finishes an index file whose postings are in `out`.
pub(super) fn directory(start: u64, identity: &Identity, segments: &[Segment]) -> Vec<u8> {
    let mut out = Vec::new();
    identity.write(&mut out);
    put(&mut out, segments.len() as u64);
    for segment in segments {
        put(&mut out, segment.rows);
        put(&mut out, segment.columns.len() as u64);
        for column in &segment.columns {
            put_bytes(&mut out, column.field.as_bytes());
            match &column.kept {
                Content::Keys { postings, whole, left_out } => {
                    put(&mut out, 1 | u64::from(*whole) << 1 | u64::from(*left_out) << 2);
                    put(&mut out, postings.start);
                    put(&mut out, postings.length);
                    put(&mut out, u64::from(postings.bucket_bits));
                }
                Content::Spans(blocks) => {
                    put(&mut out, 0);
                    put(&mut out, blocks.len() as u64);
                    blocks.iter().for_each(|block| write_span(*block, &mut out));
                }
            }
        }
    }
    finish(&mut out, start);
    out
}

fn write_span(span: Option<(i64, i64)>, out: &mut Vec<u8>) {
    match span {
        None => put(out, 0),
        Some((least, most)) => {
            put(out, 1);
            put(out, zigzag(least));
            put(out, most.abs_diff(least));
        }
    }
}

fn read_span(cursor: &mut Cursor<'_>) -> Option<Option<(i64, i64)>> {
    if cursor.number()? == 0 {
        return Some(None);
    }
    let least = unzigzag(cursor.number()?);
    Some(Some((least, least.checked_add_unsigned(cursor.number()?)?)))
}

fn read_segment(cursor: &mut Cursor<'_>) -> Option<Segment> {
    let (rows, columns) = (cursor.number()?, cursor.size()?);
    let column = |cursor: &mut Cursor<'_>| {
        let field = cursor.text()?;
        let kind = cursor.number()?;
        let kept = if kind == 0 {
            let blocks = cursor.size()?;
            Content::Spans((0..blocks).map(|_| read_span(cursor)).collect::<Option<_>>()?)
        } else {
            let (start, length) = (cursor.number()?, cursor.number()?);
            let bucket_bits = u32::try_from(cursor.number()?).ok().filter(|bits| *bits < 32)?;
            let postings = Postings { start, length, bucket_bits };
            Content::Keys { postings, whole: kind & 2 != 0, left_out: kind & 4 != 0 }
        };
        Some(Column { field, kept })
    };
    Some(Segment { rows, columns: (0..columns).map(|_| column(cursor)).collect::<Option<_>>()? })
}

impl Index {
    /// Opens the index at `path` of a data file with this identity.
    pub(crate) fn open(path: &Path, identity: &Identity) -> Result<Index, Skipped> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Skipped::Missing,
            kind => Skipped::Unreadable(kind),
        };
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Self::read(Source::File(file), length, identity)
    }

    /// The same of an index in memory.
    pub(crate) fn from_bytes(bytes: Vec<u8>, identity: &Identity) -> Result<Index, Skipped> {
        let length = bytes.len() as u64;
        Self::read(Source::Memory(bytes), length, identity)
    }

    fn read(source: Source, length: u64, identity: &Identity) -> Result<Index, Skipped> {
        let end = length.checked_sub(TRAILER).ok_or(Skipped::Damaged)?;
        let trailer = source.read(end..length)?;
        let number = |at: usize| trailer.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let version = trailer.get(16..20).and_then(|it| it.try_into().ok()).map(u32::from_le_bytes);
        if trailer.get(20..) != Some(MAGIC.as_slice()) {
            return Err(Skipped::Damaged);
        }
        match version {
            Some(VERSION) => {}
            other => return Err(Skipped::Version(other.unwrap_or(0))),
        }
        let (start, checksum) = number(0).zip(number(8)).ok_or(Skipped::Damaged)?;
        if start > end || end - start > LARGEST_DIRECTORY {
            return Err(Skipped::Damaged);
        }
        let directory = source.read(start..end)?;
        if xxh64(&directory, 0) != checksum {
            return Err(Skipped::Damaged);
        }
        let mut cursor = Cursor(&directory);
        let built_for = Identity::read(&mut cursor).ok_or(Skipped::Damaged)?;
        if built_for != *identity {
            return Err(Skipped::Stale);
        }
        let count = cursor.size().ok_or(Skipped::Damaged)?;
        let segments: Option<Vec<Segment>> = (0..count).map(|_| read_segment(&mut cursor)).collect();
        let segments = segments.filter(|_| cursor.is_empty()).ok_or(Skipped::Damaged)?;
        // No segment without rows and none too large: a look-up makes room for all its blocks.
        let sound = segments.iter().all(|segment| (1..=SEGMENT).contains(&segment.rows));
        if !sound || segments.iter().map(|segment| segment.rows).sum::<u64>() != identity.rows {
            return Err(Skipped::Damaged);
        }
        Ok(Index { segments, source, bytes: length })
    }

    /// Bytes of the index file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// About how many bytes it holds in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        let column = |column: &Column| match &column.kept {
            Content::Keys { .. } => 0,
            Content::Spans(blocks) => blocks.len() * size_of::<Option<(i64, i64)>>(),
        };
        let columns = self.segments.iter().flat_map(|segment| &segment.columns);
        columns.map(|it| size_of::<Column>() + it.field.len() + column(it)).sum()
    }

    /// The columns that it holds something about, as the file calls them; every segment has the same.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.segments.first().into_iter().flat_map(|segment| &segment.columns).map(|column| column.field.as_str())
    }

    /// A range of the file; none if it cannot be read.
    pub(super) fn bytes_at(&self, range: Range<u64>) -> Option<Vec<u8>> {
        // Before room is made for it: a damaged index may point anywhere.
        if range.end > self.bytes {
            return None;
        }
        self.source.read(range).ok()
    }
}

impl Source {
    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Skipped> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| Skipped::Damaged)?;
        match self {
            Source::Memory(bytes) => {
                let start = usize::try_from(range.start).map_err(|_| Skipped::Damaged)?;
                let found = start.checked_add(length).and_then(|end| bytes.get(start..end));
                found.map(<[u8]>::to_vec).ok_or(Skipped::Damaged)
            }
            Source::File(file) => read_exact_at(file, range.start, length).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Skipped::Damaged,
                kind => Skipped::Unreadable(kind),
            }),
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, start: u64, length: usize) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

#[cfg(not(unix))]
fn read_exact_at(_: &File, _: u64, _: usize) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}
