//! A query of the control API, and values of its paths.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| control::probe::query(bytes));
