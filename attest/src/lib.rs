//! A verifier for PyPI's attestations (PEP 740): who published a file, as Sigstore's certificates
//! and logs say it. `no_std` with `alloc`, without a clock, a file or a socket of its own.
//!
//! A host brings three things: the file's name and SHA-256 as a [`Distribution`], the
//! [`Provenance`] document that the index serves beside it, and Sigstore's [`TrustedRoot`], which
//! it has verified as a target of Sigstore's TUF repository with the crate `picotuf`. What comes
//! out is a [`Report`]: each attestation with what was [`Verified`] of it, and the [`Identity`] of
//! who published the file; or an [`Error`] with a code, one line of text and who is to blame.
//!
//! ```no_run
//! use picotuf_attest::{Distribution, Limits, Provenance, Spec, TrustedRoot};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limits = Limits::default();
//! let root = TrustedRoot::parse(&std::fs::read("trusted_root.json")?, &limits)?;
//! let provenance = Provenance::parse(&std::fs::read("six-1.17.0.whl.provenance")?, &limits)?;
//! let sha256 = picotuf::sha256(&std::fs::read("six-1.17.0.whl")?);
//! let file = Distribution::new("six-1.17.0-py2.py3-none-any.whl", sha256)?;
//! let asked = Spec::parse("github:benjaminp/six:*")?;
//! let report = provenance.check(&root, &file, Some(&asked), None);
//! println!("published by {}", report.outcome?.publisher);
//! # Ok(())
//! # }
//! ```
//!
//! # What it proves
//! That the identity which the certificate names signed a statement about this very file, that
//! Sigstore's logs saw the certificate and the signature, and when. It does not prove that this is
//! the right publisher: anybody can attest what he publishes. Ask for one with a [`Spec`], or keep
//! a [`Pin`]. Nor does it prove that the file is new, was not withdrawn, or is harmless.
//!
//! What PyPI states of the publisher beside the attestations is compared with the certificate and
//! never believed. The deployment environment of GitHub and GitLab is bound by the certificate only
//! where that has the claim, as those have since 2026.
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | none | PyPI's attestation objects, Rekor v1 |
//! | `bundle` | Sigstore bundles by themselves: `Attestation::parse_bundle`, `MessageSignature` |
//! | `identities` | `Identities`, which verifies roles of TUF that identities sign |
//! | `policy` | [`Pin`], and what follows from pins |
//! | `timestamp` | timestamps of RFC 3161, without which no entry of Rekor v2 holds |
//! | `small` | nothing: less code, and more time |
//!
//! `bundle`, `policy` and `timestamp` are on by default.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "policy"), allow(rustdoc::broken_intra_doc_links))]
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

extern crate alloc;
#[cfg(test)]
extern crate std;

mod attestation;
mod certificate;
mod checkpoint;
mod claims;
mod der;
mod error;
mod hash;
#[cfg(feature = "identities")]
mod identities;
mod json;
mod key;
pub mod limits;
mod merkle;
#[cfg(feature = "bundle")]
mod message;
#[cfg(feature = "policy")]
mod policy;
mod provenance;
mod publisher;
mod rekor;
mod sct;
mod statement;
#[cfg(feature = "timestamp")]
mod timestamp;
mod trusted_root;
mod verify;

pub use attestation::Attestation;
pub use checkpoint::Checkpoint;
pub use claims::Claims;
pub use error::{Document, Error, LogKind, Problem, Unsupported};
#[cfg(feature = "identities")]
pub use identities::Identities;
pub use limits::{Limit, Limits};
#[cfg(feature = "bundle")]
pub use message::{MessageSignature, Signer};
#[cfg(feature = "policy")]
pub use policy::{
    Change, Decision, Duty, FileFacts, Pin, PinVerdict, Published, RefKind, Rules, compare, decide,
    decide_among, duty, history,
};
pub use provenance::{Checked, Provenance, Report};
pub use publisher::{Identity, Publisher, Spec, SpecError, Stated, StatedPublisher};
pub use rekor::Logged;
pub use statement::{Distribution, Predicate, Statement};
pub use trusted_root::{PassedOver, TrustedRoot};
pub use verify::Verified;
