//! NDJSON files as batches of the plan's types.
//!
//! [`NdjsonReader`] pulls lines from any reader; [`read_ndjson`] does so for a file of a table in the background. Memory
//! is bounded by a block of lines (about a megabyte, at least one line) and the batch being filled. Fields match columns
//! exactly, else but for case; what no column has is passed over, because the columns of a
//! [`TableSnapshot`](crate::TableSnapshot) already include every field that [`INFERENCE_LIMIT`] let it find.
//!
//! A line has one record, an array of records, or `{"records":[…]}`; a record is the row itself or the envelope of raw
//! data streaming around it. JSON documents that spread over several lines are not NDJSON and are refused line by line.

mod infer;
mod lines;
mod reader;
mod records;
mod row;
mod stream;

pub use infer::INFERENCE_LIMIT;
pub(crate) use infer::{Inferred, infer};
pub(crate) use lines::{Block, Blocks, lines, split};
pub(crate) use reader::Target;
pub use reader::{NdjsonOptions, NdjsonReader, RowsOf};
pub(crate) use records::{MAX_EXTRAS, Sink, Unfit, each_record};
pub(crate) use row::{Names, Row};
pub(crate) use stream::open;
pub use stream::{OnWarning, read_ndjson};
