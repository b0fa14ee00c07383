//! See [`picotuf_fuzz::reader`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::reader(data));
