//! See [`picotuf_fuzz::attest_certificate`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::attest_certificate(data));
