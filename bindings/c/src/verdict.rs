//! The handle of a verdict.

use std::ffi::{CString, c_char};

use picotuf_bindings::Verdict;

use crate::handle::{Handle, Kind};
use crate::outcome::{PICOTUF_OK, guard};

/// A verdict. It does not change.
pub struct VerdictHandle {
    _opaque: [u8; 0],
}

pub(crate) struct Texts {
    json: CString,
    code: CString,
    message: CString,
}

impl Kind for Texts {
    const MAGIC: u64 = 0x7065_7264_6963_7431;
}

/// Makes a handle of a verdict, for a caller who wants one.
///
/// # Safety
/// `out` is null or points to a pointer that can be written.
pub(crate) unsafe fn give(verdict: Verdict, out: *mut *mut VerdictHandle) {
    if out.is_null() || !out.is_aligned() {
        return;
    }
    // JSON has no NUL. A code and a message have none either: what comes from a repository is
    // escaped there.
    let text = |text: String| CString::new(text.replace('\0', "\\0")).unwrap_or_default();
    let error = verdict.error();
    let (code, message) = error.map_or(("", String::new()), |error| (error.code, error.message));
    let texts =
        Texts { json: text(verdict.json()), code: text(code.into()), message: text(message) };
    let handle = Box::into_raw(Box::new(Handle::new(texts))).cast::<VerdictHandle>();
    // SAFETY: the caller's.
    unsafe { out.write(handle) };
}

/// Returns one of the texts, or null where there is no verdict.
///
/// # Safety
/// As [`Handle::at`].
unsafe fn text_of(
    verdict: *const VerdictHandle,
    text: impl FnOnce(&Texts) -> *const c_char,
) -> *const c_char {
    let mut pointer = std::ptr::null();
    // SAFETY: the caller's; what the struct stands for is a handle of this kind.
    if let Some(handle) = unsafe { Handle::at(verdict.cast::<Handle<Texts>>()) } {
        handle.with(|texts| {
            pointer = text(texts);
            PICOTUF_OK
        });
    }
    pointer
}

/// Returns the verdict as JSON in one line, as docs/embedding.md describes it. The text lives as
/// long as the verdict. Null for no verdict.
///
/// # Safety
/// `verdict` is null or a verdict that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verdict_json(verdict: *const VerdictHandle) -> *const c_char {
    // SAFETY: the caller's.
    unsafe { text_of(verdict, |texts| texts.json.as_ptr()) }
}

/// Returns the stable code of the error, and an empty text where there is none. The text lives as
/// long as the verdict. Null for no verdict.
///
/// # Safety
/// `verdict` is null or a verdict that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verdict_code(verdict: *const VerdictHandle) -> *const c_char {
    // SAFETY: the caller's.
    unsafe { text_of(verdict, |texts| texts.code.as_ptr()) }
}

/// Returns what the error says, in one line, and an empty text where there is none. The text lives
/// as long as the verdict. Null for no verdict.
///
/// # Safety
/// `verdict` is null or a verdict that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verdict_message(verdict: *const VerdictHandle) -> *const c_char {
    // SAFETY: the caller's.
    unsafe { text_of(verdict, |texts| texts.message.as_ptr()) }
}

/// Closes the verdict that a variable points to, and sets the variable to null.
///
/// # Safety
/// `verdict` is null or points to a variable, which is null or has a verdict that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verdict_close(verdict: *mut *mut VerdictHandle) -> i32 {
    // SAFETY: the caller's; what the struct stands for is a handle of this kind.
    guard(|| unsafe { Handle::<Texts>::close(verdict.cast()) })
}
