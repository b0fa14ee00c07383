//! See [`picotuf_fuzz::index_page`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| picotuf_fuzz::index_page(data));
