//! picotuf for C: the library `libpicotuf` with its header `picotuf.h`, which cbindgen writes from
//! this crate.
//!
//! It takes no decision: it turns pointers into values, calls [`picotuf_bindings`] or
//! [`picotuf_client`], and turns the verdict into a handle. No panic leaves it. It has no global
//! state.
//!
//! # The contract of every function
//! - A pointer is null or points to memory of the stated type and length, which is not written to
//!   during the call. Null is an error where it is not said to be allowed.
//! - A handle comes from this library and was not closed. A closed one can be told by its first
//!   bytes as long as its memory was not used again, and a caller should not rely on that: the
//!   functions that close set the caller's variable to null.
//! - A handle may move to another thread. It may not be used by two threads at the same time: such
//!   a call is refused.
//! - A callback returns. It does not throw and does not jump out.

mod arguments;
mod attestation;
mod client;
mod fetch;
mod handle;
mod outcome;
#[cfg(feature = "panics")]
mod panics;
mod session;
mod verdict;

pub use attestation::{AttestationOptions, picotuf_verify_attestation};
pub use client::{
    ClientOptions, picotuf_download, picotuf_find, picotuf_refresh, picotuf_verify_file,
};
pub use fetch::{
    FetchFunction, PICOTUF_FETCH_ABSENT, PICOTUF_FETCH_FAILED, PICOTUF_FETCH_FOUND, SinkHandle,
    picotuf_sink_write,
};
pub use outcome::{PICOTUF_OK, PICOTUF_PANIC, PICOTUF_REFUSED, PICOTUF_USAGE};
#[cfg(feature = "panics")]
pub use panics::{picotuf_test_panic, picotuf_test_session_panic};
pub use session::{
    PICOTUF_ANSWER_ABSENT, PICOTUF_ANSWER_DONE, PICOTUF_ANSWER_FILE, PICOTUF_STEP_DELETE,
    PICOTUF_STEP_DONE, PICOTUF_STEP_FETCH, PICOTUF_STEP_LOAD, PICOTUF_STEP_STORE, SessionHandle,
    SessionOptions, Step, picotuf_session_answer, picotuf_session_check, picotuf_session_close,
    picotuf_session_find, picotuf_session_finish, picotuf_session_open, picotuf_session_step,
    picotuf_session_verdict,
};
pub use verdict::{
    VerdictHandle, picotuf_verdict_close, picotuf_verdict_code, picotuf_verdict_json,
    picotuf_verdict_message,
};

/// The version of the ABI that this header describes. It changes where a program has to be built
/// again.
pub const PICOTUF_ABI_VERSION: u32 = 1;

/// Returns the version of the ABI of the library, which is to be compared with
/// PICOTUF_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn picotuf_abi_version() -> u32 {
    PICOTUF_ABI_VERSION
}
