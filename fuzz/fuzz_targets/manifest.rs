//! A manifest that somebody deploys.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| manifest::probe::manifest(bytes));
