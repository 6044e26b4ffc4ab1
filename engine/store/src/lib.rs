//! Folders of Parquet and NDJSON as tables.
//!
//! A [`DataRoot`] is a folder or object-store prefix. Asked for a table it lists that table's files as they are now,
//! matches their columns with those that the catalog declares, and answers with a [`TableSnapshot`]: columns in KQL types,
//! and for each [`DataFile`] where it has them. Whoever scans turns a file's arrays into the plan's types with
//! [`convert`], or reads NDJSON with [`ndjson`]. [`Ingest`] writes event streams into a root as Parquet, and
//! [`Optimize`] rewrites what lies there so that queries read less.
//!
//! Neither queries nor DataFusion are known here. Predicates are none of this crate's business either, but
//! [`convert::fidelity`] says how they can be pushed into a file's own types.
//!
//! ```no_run
//! use vizsla_schema::Catalog;
//! use vizsla_store::{DataRoot, OnBroken};
//!
//! # async fn example() -> vizsla_store::Result<()> {
//! let root = DataRoot::open("./exports")?;
//! if let Some(table) = root.table("DeviceProcessEvents", &Catalog::defender(), OnBroken::Fail).await? {
//!     assert_eq!(table.schema().fields().len(), table.columns.len());
//!     for file in &table.files {
//!         assert!(file.object.size <= table.bytes());
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod cache;
pub mod convert;
mod error;
mod footer;
mod format;
pub mod fuzzing;
pub mod index;
pub mod ingest;
mod journal;
mod json;
mod local;
pub mod ndjson;
pub mod optimize;
mod place;
mod reader;
mod root;
mod table;
mod text;
pub mod ticks;

pub use error::{OnBroken, Result, StoreError, Warning};
pub use footer::Footer;
pub use format::{Compression, Format};
pub use ingest::{Ingest, IngestOptions, IngestReport};
pub use optimize::{Optimize, OptimizeOptions, OptimizeReport};
pub use reader::ParquetReader;
pub use root::DataRoot;
pub use table::{Column, Contents, DataFile, Source, TableSnapshot};
