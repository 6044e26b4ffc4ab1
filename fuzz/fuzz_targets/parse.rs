//! Any bytes: parsing ends, tokens tile the text, diagnostics lie inside it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kql_parser::fuzzing::check_parse(bytes));
