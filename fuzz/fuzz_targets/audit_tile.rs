//! An entry bundle, and a piece of the append file.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| audit::probe::tile(bytes));
