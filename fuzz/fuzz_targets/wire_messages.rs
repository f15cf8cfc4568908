//! One payload from another process.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::probe::messages(bytes));
