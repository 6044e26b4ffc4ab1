//! What can go wrong in a data root, said so that its owner knows what to do next.
//!
//! Every error names the file (and the line, where there is one). Errors of `object_store`, `parquet` and the operating
//! system become [`StoreError`] here and nowhere else, with the cause kept.

use std::io;

/// Short for a result of this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a data root, a table or a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data root does not exist.
    #[error("no such folder: {path}")]
    MissingFolder {
        /// The path as it was given.
        path: String,
    },
    /// The data root exists and is not a folder.
    #[error("{path} is not a folder: give the folder that holds the tables")]
    NotAFolder {
        /// The path as it was given.
        path: String,
    },
    /// An address whose kind of store is not built in.
    #[error(
        "cannot open {url}: only folders and file:// addresses are built in; pass other object stores to DataRoot::over"
    )]
    UnsupportedAddress {
        /// The address as it was given.
        url: String,
    },
    /// A file that is not what its name says, or is cut off.
    #[error("{file} is broken: {reason}; {remedy}")]
    BrokenFile {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
        /// What its owner can do.
        remedy: &'static str,
    },
    /// A line of an NDJSON or CSV file that cannot be understood.
    #[error("{file}, line {line}: {reason}")]
    BrokenLine {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file in a table's folder that has another table's columns.
    #[error("{file} does not belong to {table}: {reason}")]
    WrongTable {
        /// The file.
        file: String,
        /// The table in whose place it lies.
        table: String,
        /// How that was recognised.
        reason: String,
    },
    /// A compression that this build cannot undo.
    #[error(
        "{file} is compressed with {compression}, which this build cannot read; rewrite it with zstd, snappy, gzip, lz4 or brotli"
    )]
    UnsupportedCompression {
        /// The file.
        file: String,
        /// The name of the compression.
        compression: String,
    },
    /// No room left where a file was being written. Nothing incomplete is left under a final name.
    #[error("no space left while writing {file}: free some space and run again, what was written so far is discarded")]
    DiskFull {
        /// The file that was being written.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// Another process is writing to the same data root.
    #[error("another process is writing into {root}: wait for it to end")]
    Busy {
        /// The data root.
        root: String,
    },
    /// No table that was chosen has a column of that name that can be indexed.
    #[error("no string or time column named {column} to index in {root}")]
    NoColumn {
        /// The name as it was given.
        column: String,
        /// The data root.
        root: String,
    },
    /// Neither the catalog nor the data root knows a table of that name.
    #[error("no table named {table} in {root}")]
    NoTable {
        /// The name as it was given.
        table: String,
        /// The data root.
        root: String,
    },
    /// A file that was being rewritten is another one by now; it stays as it is.
    #[error("{file} changed while it was being rewritten: run again when nothing writes to it")]
    Changed {
        /// The file.
        file: String,
    },
    /// What was written and read back is not what the files held that it was made from; they stay as they are.
    #[error("{place}: {new} was written and reads back differently; this is a bug, please report it")]
    NotTheSame {
        /// The old file, or the folder of several.
        place: String,
        /// A new file; it is removed.
        new: String,
    },
    /// The operating system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// The object store refused.
    #[error("{file}: {source}")]
    Object {
        /// The object.
        file: String,
        /// The cause.
        source: Box<object_store::Error>,
    },
    /// Arrow refused to build or convert an array.
    #[error("{place}: {source}")]
    Arrow {
        /// The file or the step.
        place: String,
        /// The cause.
        source: arrow::error::ArrowError,
    },
}

const REWRITE: &str = "copy or export it again, or move it away";

impl StoreError {
    /// An error of the operating system at `file`; a full disk is told apart.
    #[must_use]
    pub fn io(file: impl Into<String>, source: io::Error) -> Self {
        let file = file.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { file, source },
            _ => Self::Io { file, source },
        }
    }

    /// An error of the object store at `file`.
    #[must_use]
    pub fn object(file: impl Into<String>, source: object_store::Error) -> Self {
        Self::Object { file: file.into(), source: Box::new(source) }
    }

    /// An error of the Parquet reader or writer at `file`.
    #[must_use]
    pub fn parquet(file: impl Into<String>, source: parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError as P;
        let file = file.into();
        let source = match unwrap_io(source) {
            Ok(source) => return Self::io(file, source),
            Err(source) => source,
        };
        if let P::External(cause) = source {
            return match cause.downcast::<object_store::Error>() {
                Ok(cause) => Self::Object { file, source: cause },
                Err(cause) => Self::BrokenFile { file, reason: cause.to_string(), remedy: REWRITE },
            };
        }
        let text = source.to_string();
        if let P::NYI(_) = source {
            return Self::UnsupportedCompression { file, compression: text };
        }
        let cut = matches!(source, P::EOF(_) | P::NeedMoreData(_) | P::NeedMoreDataRange(_) | P::IndexOutOfBound(..))
            || text.contains("Corrupt footer")
            || text.contains("too small");
        let reason = match cut {
            true => format!("it is not a complete Parquet file ({text})"),
            false => text,
        };
        Self::BrokenFile { file, reason, remedy: REWRITE }
    }

    /// An error of arrow at `place`.
    #[must_use]
    pub fn arrow(place: impl Into<String>, source: arrow::error::ArrowError) -> Self {
        Self::Arrow { place: place.into(), source }
    }

    /// A file that is broken for `reason`.
    pub(crate) fn broken(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::BrokenFile { file: file.into(), reason: reason.into(), remedy: REWRITE }
    }

    /// The file that the error is about, if it is about one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::BrokenFile { file, .. }
            | Self::BrokenLine { file, .. }
            | Self::WrongTable { file, .. }
            | Self::UnsupportedCompression { file, .. }
            | Self::DiskFull { file, .. }
            | Self::Changed { file }
            | Self::Io { file, .. }
            | Self::Object { file, .. } => Some(file),
            Self::MissingFolder { .. }
            | Self::NotAFolder { .. }
            | Self::UnsupportedAddress { .. }
            | Self::Busy { .. }
            | Self::NoTable { .. }
            | Self::NoColumn { .. }
            | Self::NotTheSame { .. }
            | Self::Arrow { .. } => None,
        }
    }

    /// Whether the fault is one file's own, so that [`OnBroken::Skip`] may answer without that file.
    ///
    /// A refused connection or a full disk is not: skipping it would silently answer from half of the data.
    #[must_use]
    pub fn is_broken_data(&self) -> bool {
        match self {
            Self::BrokenFile { .. }
            | Self::BrokenLine { .. }
            | Self::WrongTable { .. }
            | Self::UnsupportedCompression { .. } => true,
            Self::MissingFolder { .. }
            | Self::NotAFolder { .. }
            | Self::UnsupportedAddress { .. }
            | Self::DiskFull { .. }
            | Self::Busy { .. }
            | Self::NoTable { .. }
            | Self::NoColumn { .. }
            | Self::Changed { .. }
            | Self::NotTheSame { .. }
            | Self::Io { .. }
            | Self::Object { .. }
            | Self::Arrow { .. } => false,
        }
    }
}

/// The error of the operating system inside `error`, if that is what it is.
fn unwrap_io(error: parquet::errors::ParquetError) -> Result<io::Error, parquet::errors::ParquetError> {
    use parquet::errors::ParquetError as P;
    match error {
        P::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => Ok(*cause),
            Err(cause) => Err(P::External(cause)),
        },
        other => Err(other),
    }
}

/// What to do with a file or a line that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBroken {
    /// Fail, naming it.
    #[default]
    Fail,
    /// Go on without it and add a [`Warning`].
    Skip,
}

/// Something the asker should know about an answer: a file or lines that it does without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// What was left out and why, a sentence without a full stop.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(StoreError::io("f", full()), StoreError::DiskFull { .. }));
        let wrapped = parquet::errors::ParquetError::External(Box::new(full()));
        assert!(matches!(StoreError::parquet("f", wrapped), StoreError::DiskFull { .. }));
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(StoreError::io("f", other), StoreError::Io { .. }));
    }
}
