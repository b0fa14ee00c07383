//! What callers give: text, bytes, and structs with a size.

use std::ffi::{CStr, c_char};
use std::mem::size_of;

use picotuf::{Limits, Time};

use crate::outcome::Wrong;

/// Reads a text that has to be there.
///
/// # Safety
/// The pointer is null or points to a text that ends with a NUL byte, which lives for `'a`.
pub(crate) unsafe fn text<'a>(what: &str, pointer: *const c_char) -> Result<&'a str, Wrong> {
    // SAFETY: the caller's.
    unsafe { optional_text(what, pointer) }?
        .ok_or_else(|| Wrong::new(format!("{what} is missing: the pointer is null")))
}

/// Reads a text, if there is one.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(
    what: &str,
    pointer: *const c_char,
) -> Result<Option<&'a str>, Wrong> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let text = unsafe { CStr::from_ptr(pointer) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(Wrong::new(format!("{what} is not UTF-8: {error}"))),
    }
}

/// Reads bytes. Null stands for none, where the length is 0.
///
/// # Safety
/// The pointer is null or points to `length` bytes, which live for `'a`.
pub(crate) unsafe fn bytes<'a>(
    what: &str,
    pointer: *const u8,
    length: usize,
) -> Result<&'a [u8], Wrong> {
    if pointer.is_null() {
        return match length {
            0 => Ok(&[]),
            _ => Err(Wrong::new(format!("{what} is missing: the pointer is null"))),
        };
    }
    if isize::try_from(length).is_err() {
        return Err(Wrong::new(format!("{what} cannot have {length} bytes")));
    }
    // SAFETY: the caller's, and the length is one that a slice can have.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// Reads a struct whose first member is its size, as the caller's header has it. Members that this
/// library does not know have to be 0, and those that the caller does not know are refused: there
/// is no older version.
///
/// # Safety
/// The pointer is null, or points to so many bytes as the first member says.
pub(crate) unsafe fn sized<T: Copy>(what: &str, pointer: *const T) -> Result<T, Wrong> {
    if pointer.is_null() {
        return Err(Wrong::new(format!("{what} are missing: the pointer is null")));
    }
    // SAFETY: the caller's: the struct begins with its size.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    check_size::<T>(what, size)?;
    // SAFETY: the caller's, and `size` is not longer than what the pointer is said to point to.
    let all = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), size) };
    if all.iter().skip(size_of::<T>()).any(|byte| *byte != 0) {
        return Err(Wrong::new(format!(
            "{what} have members that this version of the library does not know"
        )));
    }
    // SAFETY: all of it is there.
    Ok(unsafe { pointer.read_unaligned() })
}

/// Checks the size that a caller states of a struct.
pub(crate) fn check_size<T>(what: &str, size: usize) -> Result<(), Wrong> {
    if (size_of::<T>()..=SIZE_MAX).contains(&size) {
        return Ok(());
    }
    let known = size_of::<T>();
    Err(Wrong::new(format!(
        "{what}: the member size is {size} and should be {known}: set it to sizeof"
    )))
}

/// The longest struct of any version: what is longer was not set.
const SIZE_MAX: usize = 4096;

/// Returns the time: so many seconds since 1970, or that of the system's clock for 0.
pub(crate) fn time(seconds: i64) -> Result<Time, Wrong> {
    match seconds {
        0 => picotuf_client::now().map_err(|error| Wrong::new(error.to_string())),
        seconds => Ok(Time::from_unix(seconds)),
    }
}

/// Returns the limits. 0 stands for the default.
pub(crate) fn limits(lengths: [u64; 4], counts: [u32; 2]) -> Limits {
    let mut limits = Limits::default();
    let fields = [
        &mut limits.root_length,
        &mut limits.timestamp_length,
        &mut limits.snapshot_length,
        &mut limits.targets_length,
    ];
    for (field, length) in fields.into_iter().zip(lengths) {
        if length != 0 {
            *field = length;
        }
    }
    let fields = [&mut limits.root_rotations, &mut limits.delegations];
    for (field, count) in fields.into_iter().zip(counts) {
        if count != 0 {
            *field = count;
        }
    }
    limits
}
