//! See [`picotuf_fuzz::c_calls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: Vec<picotuf_fuzz::CCall>| picotuf_fuzz::c_calls(&data));
