//! See [`picotuf_fuzz::attest_root`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::attest_root(data));
