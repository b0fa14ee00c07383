//! A verifier for The Update Framework (TUF 1.0.34), made to go everywhere: `no_std`, without an
//! allocator, a clock, a file or a socket of its own.
//!
//! A host drives an [`Update`]: it brings a [`Workspace`], a time and [`Limits`], answers each
//! [`Step`] with bytes from a [`Source`] (a [`Slice`] in memory, or a [`Window`] over a stream),
//! and keeps what it is told to keep. What comes out is a verdict: who signed each role, as
//! [`Verified`], and what is signed of a [`Target`]; or an [`Error`] that says what is wrong and
//! who is to blame. The same bytes get the same verdict on every host.
//!
//! ```
//! use picotuf::{Limits, Slice, Workspace, check_root};
//!
//! # fn main() -> Result<(), picotuf::Error> {
//! # let bytes = include_bytes!("../../cli/demo/root.json");
//! // A trust anchor must be signed by the keys that it gives the root role.
//! let mut workspace = Box::new(Workspace::new());
//! let root = check_root(&mut workspace, &Limits::default(), &mut Slice::new(bytes))?;
//! assert_eq!((root.version, root.threshold, root.signers().count()), (1, 2, 2));
//! # Ok(())
//! # }
//! ```
//!
//! [`pypi`] knows what is particular to Python packages: names, layouts of repositories, index
//! pages.
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | none | Ed25519; no allocator |
//! | `ecdsa` | P-256 and P-384; no allocator |
//! | `small` | nothing: less code, and more time |
//! | `rsa` | RSA-PSS with SHA-256; brings `alloc` |
//! | `alloc` | unsorted objects of any size are put in order; [`Host`] |
//! | `std` | [`IoStream`], which makes a stream of a file |
//! | `work` | counts what a verification costs, for tests; brings `std` |

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod anchor;
mod canonical;
mod canonical_form;
mod common;
mod delegations;
mod digits;
mod envelope;
mod error;
mod excerpt;
mod failure;
mod glob;
mod hash;
mod held;
mod hex;
#[cfg(feature = "alloc")]
mod host;
mod json;
mod key;
mod key_use;
mod keys;
pub mod limits;
mod measured;
#[cfg(feature = "alloc")]
pub mod mirrors;
mod names;
mod path_hash;
pub mod pypi;
mod role;
pub mod role_name;
mod roles;
mod root;
mod scan;
mod search;
mod show;
mod sizes;
mod snapshot;
mod sort;
mod source;
mod target;
pub mod target_path;
mod targets;
mod threshold;
mod time;
mod timestamp;
mod trusted;
mod update;
mod work;
mod workspace;

pub use canonical_form::canonical_form;
pub use error::{Blame, DigestStart, Error, ErrorValue, JsonType};
pub use excerpt::Excerpt;
pub use hash::{Digest, HashAlgorithm, Hasher, Hashes, sha256};
pub use held::{Files, Held, NotHeld};
#[cfg(feature = "alloc")]
pub use host::Host;
pub use json::{JsonPart, JsonText, read_json};
pub use key::{KeyId, KeyScheme};
pub use key_use::KeyUse;
pub use limits::{Limit, Limits};
pub use role::Role;
pub use roles::{Delegation, Roles, TargetsFile};
pub use show::{OneLine, Show};
#[cfg(feature = "std")]
pub use source::IoStream;
pub use source::{Slice, Source, Stream, Window};
pub use target::{Custom, Target, TargetVerifier};
pub use threshold::Verified;
pub use time::Time;
pub use update::{FileRequest, Step, Update, check_root};
#[cfg(feature = "work")]
pub use work::{Work, take_work};
pub use workspace::Workspace;

/// Whether what code takes matters more than time.
const SMALL: bool = cfg!(feature = "small");

/// The README's example, compiled.
#[cfg(all(doctest, feature = "alloc"))]
#[doc = include_str!("../../README.md")]
struct Readme;
