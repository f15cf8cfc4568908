//! A `Cookie` field.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gateway::probe::cookies(bytes));
