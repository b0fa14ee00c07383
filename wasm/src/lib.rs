//! The core for JavaScript: one class with one call, as everything that is exported takes code of
//! its own on both sides; another one for attestations; and the reader of index pages, in a build
//! of its own. What comes out is JSON, an object with a `code` where it is a refusal; or nothing at
//! all where there is nothing to say. No decision is taken here, and none in the JavaScript around
//! it: `tests/hosts` holds this host and the native one to one table of cases.
//!
//! A panic is a trap: the JavaScript around this makes one error of it, and gives the session up.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(feature = "attest")]
mod attest;
#[cfg(feature = "client")]
mod client;
mod object;
#[cfg(any(feature = "attest", feature = "client"))]
mod parts;
#[cfg(feature = "pypi")]
mod pypi;

#[cfg(feature = "attest")]
pub use attest::Attestations;
#[cfg(feature = "client")]
pub use client::Core;
#[cfg(feature = "pypi")]
pub use pypi::{read_custom_fields, read_index_page, target_paths};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The standard library's would bring all its texts along, which nobody would see.
#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// JavaScript gives text in UTF-8.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
