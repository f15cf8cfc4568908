//! A file of a breach list, and the downloaded list that one is made of.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sign_in::probe::breach_list(bytes));
