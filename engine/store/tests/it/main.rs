//! The store against real files: exports, streams, and everything that can be wrong with them.

mod broken;
mod formats;
mod ingest;
mod optimize;
mod real;
mod support;
