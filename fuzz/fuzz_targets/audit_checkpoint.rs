//! A signed checkpoint.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| audit::probe::checkpoint(bytes));
