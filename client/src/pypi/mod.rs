//! Checks of Python distributions: which target lists a file, and who signed it.

mod allow;
mod checker;
mod claim;
mod custom;
mod inputs;
mod layout_file;
mod page;
mod pin;

pub use allow::{Allowed, NOTHING_PINNED, allows};
pub(crate) use allow::{INDEX_UNKNOWN, index_key};
pub use checker::{Begin, Checker, QUARANTINED, SignedPage, WheelMetadata};
pub use claim::{Claim, Finding, Requirement};
pub use custom::{KnownFields, shorten};
pub use inputs::{Inputs, collect};
pub use layout_file::{absolute, resolve};
pub use page::Pages;
pub use pin::{Builds, UncheckedReason, Unsigned, check_pin, never_counts};
pub(crate) use pin::{agree, claim};
