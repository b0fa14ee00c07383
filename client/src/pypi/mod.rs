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
pub use checker::{Begin, Checker, QUARANTINED, WheelMetadata};
pub use claim::{Claim, Finding, Requirement};
pub use custom::{KnownFields, shorten};
pub use inputs::{Inputs, collect};
pub use layout_file::{absolute, resolve};
pub use page::Pages;
pub(crate) use pin::claim;
pub use pin::{Builds, UncheckedReason, Unsigned, check_pin, never_counts};
