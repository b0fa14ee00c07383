//! See [`picotuf_fuzz::canonical`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::canonical(data));
