//! The core for JavaScript: [`Session`] is the core's `Update`, [`Verifier`] its `TargetVerifier`. What comes out is JSON: an
//! object, with a `code` where it is a refusal, or no text at all where there is nothing to say. No decision is taken here, and none in the JavaScript around it.
//!
//! A panic is a trap: the JavaScript around this makes one error of it, and gives the session up.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod plain;
mod session;
mod verifier;

use alloc::string::{String, ToString as _};

use picotuf::{HashAlgorithm, Hasher, Slice, Time, role_name};
use wasm_bindgen::prelude::wasm_bindgen;

pub use session::Session;
pub use verifier::Verifier;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The standard library's would bring all its texts along, which nobody would see.
#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Checks a root as `init` does: form and its own signatures, not its expiry.
#[wasm_bindgen(js_name = checkRoot)]
pub fn check_root(bytes: &[u8], limits: &[f64]) -> String {
    session::with_workspace(|workspace| {
        match picotuf::check_root(workspace, &session::limits(limits), &mut Slice::new(bytes)) {
            Ok(verified) => plain::verified("root", &verified),
            Err(error) => plain::error(&error, "root", None),
        }
    })
}

/// The seconds since 1970 of a time of RFC 3339, if it is one.
#[wasm_bindgen(js_name = parseTime)]
pub fn parse_time(text: &str) -> Option<f64> {
    Time::parse(text).map(plain::seconds)
}

/// The time of so many seconds since 1970, as the core writes it.
#[wasm_bindgen(js_name = formatTime)]
pub fn format_time(seconds: f64) -> String {
    plain::time(seconds).to_string()
}

/// The name of the file in which a role is kept, a plain name on every system.
#[wasm_bindgen(js_name = fileName)]
pub fn file_name(role: &str) -> String {
    let mut name = String::new();
    // A String takes whatever is written to it.
    let _ = role_name::file_name(role, &mut name);
    name
}

/// The SHA-256 of some bytes, in hexadecimal digits.
#[wasm_bindgen]
pub fn sha256(bytes: &[u8]) -> String {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(bytes);
    hasher.finish().to_string()
}
