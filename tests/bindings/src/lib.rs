//! Tests of the C library and the plain WebAssembly module.
