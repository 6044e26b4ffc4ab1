//! Integration tests of the parser, one binary.

mod corpus;
mod errors;
mod limits;
mod replay;
mod round_trip;
mod trees;
