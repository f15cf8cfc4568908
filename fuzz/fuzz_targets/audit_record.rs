//! One record of the audit log.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| audit::probe::record(bytes));
