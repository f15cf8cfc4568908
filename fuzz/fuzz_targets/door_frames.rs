//! The bytes of an HTTP/2 connection, before the parser.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| front_door::probe::frames(bytes));
