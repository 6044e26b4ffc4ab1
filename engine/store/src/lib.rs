//! Folders of Parquet and NDJSON as tables.

mod cache;
pub mod convert;
mod error;
mod footer;
mod format;
pub mod ingest;
mod json;
pub mod ndjson;
mod place;
mod root;
mod table;
mod text;
pub mod ticks;

pub use error::{OnBroken, Result, StoreError, Warning};
pub use footer::Footer;
pub use format::{Compression, Format};
pub use ingest::{Ingest, IngestOptions, IngestReport};
pub use root::DataRoot;
pub use table::{Column, Contents, DataFile, Source, TableSnapshot};
