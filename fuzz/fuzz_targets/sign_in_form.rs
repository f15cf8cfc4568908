//! A form of a sign-in page, and what its fields can be.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sign_in::probe::form(bytes));
