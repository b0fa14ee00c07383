//! Functions that panic, for the tests: a host must get an error.

use crate::outcome::with_verdict;
use crate::session::{SessionHandle, with_session};
use crate::verdict::VerdictHandle;

/// Panics.
///
/// cbindgen:ignore
///
/// # Safety
/// `verdict` is null or points to a variable.
#[unsafe(no_mangle)]
#[allow(clippy::panic, reason = "that is what it is for")]
pub unsafe extern "C" fn picotuf_test_panic(verdict: *mut *mut VerdictHandle) -> i32 {
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, || panic!("a test")) }
}

/// Panics while a session is used.
///
/// cbindgen:ignore
///
/// # Safety
/// `session` is null or a session that was not closed.
#[unsafe(no_mangle)]
#[allow(clippy::panic, reason = "that is what it is for")]
pub unsafe extern "C" fn picotuf_test_session_panic(session: *mut SessionHandle) -> i32 {
    // SAFETY: the caller's.
    unsafe { with_session(session, |_| panic!("a test")) }
}
