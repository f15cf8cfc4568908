//! A proof of possession that came with a token.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| identity::probe::proof(bytes));
