//! What a browser says that a passkey said.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sign_in::probe::credential(bytes));
