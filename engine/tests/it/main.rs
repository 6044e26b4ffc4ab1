//! The engine's answers, from outside: the corpus' cases, the examples of every function, real telemetry.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says so by stopping")]

mod data;
mod examples;
mod files;
mod fuzz;
mod groups;
mod index;
mod library;
mod load;
mod prune;
mod units;

use files::{Files, Shape};
use library::Library;

/// Cases about what is not built, which are refused by name. This number only goes down.
const NOT_BUILT: usize = 3;

#[test]
fn cases_have_their_answers() {
    vizsla_corpus::case::check_cases(&mut [&mut Library::new()], NOT_BUILT);
}

#[test]
fn rows_from_files_give_the_same_answers() {
    let [mut nulls, mut missing, mut dictionaries] =
        [Shape::Nulls, Shape::Missing, Shape::Dictionaries].map(Files::new);
    vizsla_corpus::case::check_cases_again(&mut [&mut nulls, &mut missing, &mut dictionaries]);
}

#[test]
fn rows_of_several_partitions_give_the_same_answers() {
    vizsla_corpus::case::check_cases_again(&mut [&mut Files::new(Shape::Scattered)]);
}
