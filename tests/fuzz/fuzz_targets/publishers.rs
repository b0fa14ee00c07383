//! See [`picotuf_fuzz::publishers`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::publishers(data));
