//! A body of the control API.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| control::probe::body(bytes));
