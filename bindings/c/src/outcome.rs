//! What a function returns, and the place where a panic ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use picotuf_bindings::{Refusal, Verdict};

use crate::verdict::{VerdictHandle, give};

/// All that was asked for is verified.
pub const PICOTUF_OK: i32 = 0;
/// Something was refused: the verdict says what and why.
pub const PICOTUF_REFUSED: i32 = 1;
/// The arguments are wrong, or the call comes at the wrong time. Nothing was verified.
pub const PICOTUF_USAGE: i32 = 2;
/// A bug of the library. Nothing was verified, and the handle can only be closed.
pub const PICOTUF_PANIC: i32 = 3;

/// Returns the status of a refusal.
fn status_of(verdict: &Verdict, usage: bool) -> i32 {
    match verdict.is_ok() {
        true => PICOTUF_OK,
        false if usage => PICOTUF_USAGE,
        false => PICOTUF_REFUSED,
    }
}

/// Wrong usage, as an error.
pub(crate) struct Wrong(pub(crate) Box<Refusal>);

impl Wrong {
    /// Returns the error with this text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Wrong(Box::new(Refusal::usage(text)))
    }
}

/// Runs `work`. A panic becomes [`PICOTUF_PANIC`].
pub(crate) fn guard(work: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(PICOTUF_PANIC)
}

/// Runs `work`, and gives the verdict to the caller who wants it.
///
/// # Safety
/// `out` is null or points to a pointer that can be written.
pub(crate) unsafe fn with_verdict(
    out: *mut *mut VerdictHandle,
    work: impl FnOnce() -> Result<Verdict, Wrong>,
) -> i32 {
    let (verdict, status) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(verdict)) => {
            let status = status_of(&verdict, false);
            (verdict, status)
        }
        Ok(Err(Wrong(refusal))) => {
            let verdict = Verdict::from(*refusal);
            let status = status_of(&verdict, true);
            (verdict, status)
        }
        Err(_) => (Verdict::from(bug()), PICOTUF_PANIC),
    };
    // SAFETY: the caller's.
    guard_give(status, || unsafe { give(verdict, out) })
}

fn guard_give(status: i32, give: impl FnOnce()) -> i32 {
    guard(|| {
        give();
        status
    })
}

/// Returns the refusal that stands for a panic.
pub(crate) fn bug() -> Refusal {
    let message = "a bug in picotuf: nothing was verified; please report it with what it printed";
    Refusal::new("internal", message, "caller")
}
