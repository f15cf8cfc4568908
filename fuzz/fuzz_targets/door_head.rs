//! A request head: host, target, fields, origin.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| front_door::probe::head(bytes));
