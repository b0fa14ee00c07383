//! Files of projects against a repository of packages: which target speaks for a file, and who
//! signed that.

mod allow;
mod checker;
mod claim;
mod custom;
mod inputs;
mod layout_file;
mod page;
mod pin;

pub(crate) use allow::{Allowed, NOTHING_PINNED, UNSUPPORTED_LOCK_FILE, allows};
pub(crate) use checker::{Begin, Checker, QUARANTINED, WheelMetadata};
pub(crate) use claim::{Claim, Finding, Requirement};
pub(crate) use custom::KnownFields;
pub(crate) use inputs::{Inputs, collect};
pub(crate) use layout_file::{absolute, resolve};
pub(crate) use page::Pages;
pub(crate) use pin::{Builds, Unsigned, check_pin, never_counts};
