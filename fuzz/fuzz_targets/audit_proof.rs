//! A consistency proof, as the key holder checks it.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| audit::probe::proof(bytes));
