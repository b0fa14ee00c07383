//! Handles: what a caller holds a pointer to and cannot look into.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::outcome::{PICOTUF_PANIC, PICOTUF_USAGE};

/// A kind of handle.
pub(crate) trait Kind {
    /// The first eight bytes of a handle of this kind.
    const MAGIC: u64;
}

/// A value behind a pointer. The first bytes tell its kind, and that it was not closed.
#[repr(C)]
pub(crate) struct Handle<T> {
    magic: AtomicU64,
    state: AtomicU8,
    value: UnsafeCell<T>,
}

const FREE: u8 = 0;
const IN_USE: u8 = 1;
const PANICKED: u8 = 2;

impl<T: Kind> Handle<T> {
    /// Creates a handle.
    pub(crate) fn new(value: T) -> Self {
        Handle {
            magic: AtomicU64::new(T::MAGIC),
            state: AtomicU8::new(FREE),
            value: UnsafeCell::new(value),
        }
    }

    /// Returns the handle at a pointer, unless it is null, or is seen to be none of this kind.
    ///
    /// # Safety
    /// The pointer is null, or points to a handle of this library that was not closed.
    pub(crate) unsafe fn at<'h>(pointer: *const Self) -> Option<&'h Self> {
        if pointer.is_null() || !pointer.is_aligned() {
            return None;
        }
        // SAFETY: the caller's; the magic stands first in handles of all kinds, see below.
        let magic = unsafe { &*pointer.cast::<AtomicU64>() };
        if magic.load(Ordering::Acquire) != T::MAGIC {
            return None;
        }
        // SAFETY: it is of this kind.
        Some(unsafe { &*pointer })
    }

    /// Runs `work` on the value, unless another call does so now or one panicked. A panic becomes
    /// [`PICOTUF_PANIC`].
    pub(crate) fn with(&self, work: impl FnOnce(&mut T) -> i32) -> i32 {
        if self.state.compare_exchange(FREE, IN_USE, Ordering::Acquire, Ordering::Relaxed).is_err()
        {
            return match self.state.load(Ordering::Relaxed) {
                PANICKED => PICOTUF_PANIC,
                _ => PICOTUF_USAGE,
            };
        }
        let worked = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: the state is taken, so no other reference to the value exists.
            work(unsafe { &mut *self.value.get() })
        }));
        let after = if worked.is_ok() { FREE } else { PANICKED };
        self.state.store(after, Ordering::Release);
        worked.unwrap_or(PICOTUF_PANIC)
    }

    /// Closes the handle that a variable points to, and sets the variable to null. Null is nothing
    /// to close.
    ///
    /// # Safety
    /// `variable` is null or points to a pointer that can be written, which is null or points to a
    /// handle that [`Box::into_raw`] gave out.
    pub(crate) unsafe fn close(variable: *mut *mut Self) -> i32 {
        if variable.is_null() || !variable.is_aligned() {
            return PICOTUF_USAGE;
        }
        // SAFETY: the caller's.
        let pointer = unsafe { variable.read() };
        if pointer.is_null() {
            return crate::PICOTUF_OK;
        }
        // SAFETY: the caller's.
        let Some(handle) = (unsafe { Handle::at(pointer) }) else { return PICOTUF_USAGE };
        // Taken in one step: a call that begins now finds it in use, also if the last one panicked.
        let taken = handle.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, |state| {
            (state != IN_USE).then_some(IN_USE)
        });
        if taken.is_err() {
            return PICOTUF_USAGE;
        }
        handle.magic.store(0, Ordering::Release);
        // SAFETY: the caller's.
        unsafe { variable.write(std::ptr::null_mut()) };
        // SAFETY: `Box::into_raw` gave it out, and no call uses it.
        let handle = unsafe { Box::from_raw(pointer) };
        crate::outcome::guard(|| {
            drop(handle);
            crate::PICOTUF_OK
        })
    }
}
