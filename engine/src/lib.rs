//! The advanced-hunting engine: KQL over tables of events that you hold yourself.
//!
//! ```no_run
//! # async fn example() -> Result<(), vizsla_engine::EngineError> {
//! use vizsla_engine::{Engine, QueryOptions};
//!
//! let engine = Engine::open("exports/")?;
//! let answer = engine.query("DeviceProcessEvents | summarize count() by FileName", &QueryOptions::default()).await?;
//! for table in answer.collect().await? {
//!     println!("{:?}: {} rows", table.columns, table.rows());
//! }
//! # Ok(()) }
//! ```
//!
//! A query goes through stages, each with a type of its own, and every stage can print itself ([`Engine::explain`]):
//!
//! ```text
//! text → tokens → ast → bound (bind, ops) → logical plan (lower) → physical plan → batches (exec) → Answer
//! ```
//!
//! What lives here is everything that knows DataFusion. The parser, the schema, scalar functions and the files are crates
//! of their own; nothing here knows of terminals or HTTP.

mod answer;
mod bind;
mod bound;
mod catalog;
mod engine;
pub mod error;
mod exec;
mod explain;
mod functions;
#[doc(hidden)]
pub mod fuzzing;
mod lower;
mod ops;
mod options;
mod texts;

pub use answer::{Answer, Noticed, ResultColumn, ResultTable, Statistics, TableStream};
pub use bound::Render;
pub use engine::{Checked, Engine, EngineBuilder};
pub use error::{EngineError, LimitError};
pub use explain::Stage;
pub use functions::agg::{AggregateDef, EXAMPLE_ROWS as AGGREGATE_EXAMPLE_ROWS, aggregate, aggregates};
pub use functions::window::{EXAMPLE_ROWS as WINDOW_EXAMPLE_ROWS, WindowDef, window, windows};
pub use functions::{scalar, scalars};
pub use kql_parser::{Code, Diagnostic, Severity};
pub use options::{IndexUse, Limits, QueryOptions, RowFilter};
pub use vizsla_functions::{ScalarDef, Value};
pub use vizsla_schema::KqlType;
pub use vizsla_store::{DataRoot, OnBroken, StoreError};
