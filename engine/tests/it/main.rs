//! The engine's answers, from outside: the corpus' cases, the examples of every function, real telemetry.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says so by stopping")]

mod data;
mod examples;
mod fuzz;
mod library;
mod units;

use library::Library;

/// Cases about what is not built, which are refused by name. This number only goes down.
const NOT_BUILT: usize = 3;

#[test]
fn cases_have_their_answers() {
    vizsla_corpus::case::check_cases(&mut [&mut Library::new()], NOT_BUILT);
}
