//! Integration tests of the parser, one binary.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "tests say what they skip, and fail by panicking")]

mod corpus;
mod errors;
mod limits;
mod replay;
mod round_trip;
mod trees;
