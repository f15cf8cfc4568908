//! An `Authorization` field, a claim code, a name.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| identity::probe::credential(bytes));
