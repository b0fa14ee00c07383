//! See [`picotuf_fuzz::keys`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: picotuf_fuzz::Keys| picotuf_fuzz::keys(&data));
