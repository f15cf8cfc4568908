//! The operator's file. It belongs to an executable, so the file itself is taken in.
#![no_main]
#[path = "../../crates/serviceful/src/config.rs"]
#[expect(dead_code, reason = "the fuzzer calls one function of it")]
mod operators_file;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| operators_file::probe(bytes));
