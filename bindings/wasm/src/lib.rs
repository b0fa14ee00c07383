//! `picotuf.wasm`: picotuf for WebAssembly runtimes without JavaScript. The module imports nothing.
//! docs/wasm-protocol.md describes its exports, each of which is a function of [`Module`].
//!
//! It takes no decision: all verdicts are those of [`picotuf_bindings`].

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(target_family = "wasm")]
mod exports;
mod module;

pub use module::{
    ABI_VERSION, Answer, BUFFER_MAX, BUFFERS_MAX, HANDLES_MAX, Kind, Module, OK, REFUSED, USAGE,
};
