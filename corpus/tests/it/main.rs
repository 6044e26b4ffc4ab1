//! Tests of the corpus crate that need files or other programs.

mod agreement;
mod cases;
