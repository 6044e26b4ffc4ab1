//! The corpus' cases, asked of the binary: one process answers them all.

use std::path::PathBuf;
use std::time::Duration;

use vizsla_corpus::scoreboard::Batch;

#[test]
fn the_binary_answers_as_the_cases_say() {
    let command = concat!(env!("CARGO_BIN_EXE_vizsla"), " batch");
    let mut batch = Batch::new(command, PathBuf::new(), Duration::from_secs(60));
    vizsla_corpus::case::check_cases_again(&mut [&mut batch]);
}
