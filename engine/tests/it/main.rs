//! The engine's answers, from outside: the corpus' cases, the examples of every function, real telemetry.

mod data;
mod examples;
mod library;

use library::Library;

#[test]
fn cases_have_their_answers() {
    vizsla_corpus::check_cases(&mut [&mut Library::new()]);
}
