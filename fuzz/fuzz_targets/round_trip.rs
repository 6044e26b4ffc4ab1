//! A sound text: printing its tree and parsing that again gives an equal tree.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kql_parser::fuzzing::check_round_trip(bytes));
