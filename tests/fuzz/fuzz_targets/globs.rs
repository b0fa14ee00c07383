//! See [`picotuf_fuzz::globs`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: picotuf_fuzz::Globs| picotuf_fuzz::globs(&data));
