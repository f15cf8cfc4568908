//! A signed access token.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| identity::probe::signed(bytes));
