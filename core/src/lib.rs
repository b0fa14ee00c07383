//! A verifier for The Update Framework (TUF 1.0.34) that runs everywhere: it is `no_std`, and uses
//! no allocator, clock, file or socket.
//!
//! [`verify`] checks one target file by metadata that is stored. An [`Offline`] session takes the
//! same steps one by one, for any number of targets. An [`Update`] is a session with a repository:
//! its [`Step`]s say what to load, fetch and store, and the host answers each with bytes from a
//! [`Source`] (a [`Slice`] in memory, or a [`Window`] over a stream). Every decision is taken by
//! the session, none by the host: the same bytes get the same verdict on every host.
//!
//! What comes out is who signed each role, as [`Verified`], and what is signed of a [`Target`]; or
//! an [`Error`] that says what is wrong and who has to act.
//!
//! ```
//! use picotuf::{Limits, Slice, Workspace, check_root};
//!
//! # fn main() -> Result<(), picotuf::Error> {
//! # let bytes = include_bytes!("../testdata/root.json");
//! // A trust anchor must be signed by the keys that it gives the root role.
//! let mut workspace = Box::new(Workspace::new());
//! let root = check_root(&mut workspace, &Limits::default(), &mut Slice::new(bytes))?;
//! assert_eq!((root.version, root.threshold, root.signers().count()), (1, 2, 2));
//! # Ok(())
//! # }
//! ```
//!
//! The folder `examples` has whole programs: one file offline, a device with a stream, an async
//! host, and a service that looks up many targets.
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | none | Ed25519; no allocator |
//! | `pypi` (default) | the module `pypi`: names, layouts of repositories, index pages |
//! | `serde` (default) | `Custom::parse`, by `serde-json-core`; no allocator |
//! | `ecdsa` | P-256 and P-384; no allocator |
//! | `ecdsa-p521` | P-521 besides; no allocator |
//! | `small` | nothing: less code, and more time |
//! | `rsa` | RSA-PSS with SHA-256, -384 and -512, and PKCS #1 v1.5; brings `alloc` |
//! | `ml-dsa` | ML-DSA-44, -65 and -87 (TAP 21); brings `alloc`, and takes up to 92 KB of stack |
//! | `identities` | keys that are identities of Sigstore, which the host verifies; brings `alloc` |
//! | `alloc` | unsorted objects of any size are put in order; `Store` |
//! | `std` | `IoStream`, which makes a stream of a file; brings `alloc` |
//! | `embedded-io` | `EmbeddedStream`, which makes a stream of an `embedded-io` reader |
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
mod delegation_matches;
mod delegations;
mod digits;
mod envelope;
mod error;
mod excerpt;
mod failure;
mod file_identity;
mod glob;
mod hash;
mod hex;
mod identities;
mod json;
mod kept;
mod key;
mod key_use;
mod keys;
pub mod limits;
mod measured;
#[cfg(feature = "alloc")]
pub mod mirrors;
mod multi_hasher;
mod names;
mod offline;
mod pass_space;
mod path_hash;
#[cfg(feature = "pypi")]
pub mod pypi;
mod role;
pub mod role_name;
mod roles;
mod root;
mod scan;
mod search;
mod session;
mod show;
mod signed;
mod sink;
mod sizes;
mod snapshot;
mod sort;
mod source;
#[cfg(feature = "alloc")]
mod store;
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
#[cfg(feature = "identities")]
pub use identities::{Identity, IdentityVerifier};
pub use json::{JsonPart, JsonText, read_json};
pub use kept::{Keep, Kept};
pub use key::{KeyId, KeyScheme};
pub use key_use::KeyUse;
pub use limits::{Limit, Limits};
pub use offline::{Offline, verify};
pub use role::Role;
pub use roles::{Delegation, Roles, TargetsFile};
pub use session::{FileRequest, Session};
pub use show::{OneLine, Show};
#[cfg(feature = "embedded-io")]
pub use source::EmbeddedStream;
#[cfg(feature = "std")]
pub use source::IoStream;
pub use source::{Slice, Source, Stream, Window};
#[cfg(feature = "alloc")]
pub use store::Store;
pub use target::{Custom, Target, TargetVerifier};
pub use threshold::Verified;
pub use time::Time;
pub use trusted::check_root;
pub use update::{Step, Update};
#[cfg(feature = "work")]
pub use work::{Work, take_work};
pub use workspace::Workspace;

/// Whether small code is preferred to speed.
const SMALL: bool = cfg!(feature = "small");

/// Compiles the example in the README.
#[cfg(all(doctest, feature = "alloc"))]
#[doc = include_str!("../README.md")]
struct Readme;
