//! See [`picotuf_fuzz::update`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: picotuf_fuzz::Scenario| picotuf_fuzz::update(&data));
