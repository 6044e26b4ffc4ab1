#![no_main]
//! Arbitrary text over Defender's schema: diagnostics or a plan, never a panic.

libfuzzer_sys::fuzz_target!(|data: &[u8]| vizsla_engine::fuzzing::bind_plan(data));
