//! See [`picotuf_fuzz::time`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::time(data));
