//! See [`picotuf_fuzz::roles`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::roles(data));
