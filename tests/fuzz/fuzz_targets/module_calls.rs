//! See [`picotuf_fuzz::module_calls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: Vec<picotuf_fuzz::ModuleCall>| picotuf_fuzz::module_calls(
    &data
));
