#![no_main]
//! Arbitrary bytes as an index file: refused or looked up, never a panic.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vizsla_store::fuzzing::open_index(bytes));
