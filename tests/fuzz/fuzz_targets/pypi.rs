//! See [`picotuf_fuzz::pypi`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::pypi(data));
