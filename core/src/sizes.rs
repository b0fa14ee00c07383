//! What the main types take, in bytes: bounds that the compiler checks on every target, by which a
//! device can plan its memory.
//!
//! They are close, so that growth is a decision. A build with fewer features takes no more.

use crate::limits::{KEY_LENGTH_MAX, STRING_LENGTH_MAX};
use crate::{Error, KeyId, Target, Update, Verified, Workspace};

macro_rules! at_most {
    ($($type:ty: $bytes:expr,)*) => {
        $(const _: () = assert!(size_of::<$type>() <= $bytes);)*
    };
}

at_most! {
    // It goes to the caller with every call that can fail.
    Error: 32,
    KeyId: 66,
    Target: 264,
    Update<&'static mut Workspace>: 5_200,
    Verified<'_>: 64,
    Workspace: WORKSPACE,
}

// The keys of two roles are in it, the signing one's and the next one's: the largest key is a point
// on P-384, or on P-521. Targets of one width differ by some alignment, hence the round numbers.
const WORKSPACE: usize = if cfg!(feature = "ecdsa-p521") {
    52_000
} else if cfg!(feature = "ecdsa") {
    48_800
} else {
    44_000
} + MORE_CHECKS
    + LONG_KEYS;

// With an allocator, sixteen more signatures of one file are checked.
const MORE_CHECKS: usize = if cfg!(feature = "alloc") { 9_600 } else { 0 };

// Two texts in it have room for a signature.
const LONG_KEYS: usize = 2 * (KEY_LENGTH_MAX - STRING_LENGTH_MAX);
