//! What the C library and the plain WebAssembly module share: a [`Session`] that a host drives step
//! by step, the verification of attestations (`attestation::verify`, feature `attest`), and the
//! [`Verdict`] of both as JSON. It takes no decision: all verdicts are those of [`picotuf`] and
//! `picotuf_attest`.

#![no_std]

extern crate alloc;

#[cfg(feature = "attest")]
pub mod attestation;
mod json;
mod session;
mod verdict;

pub use session::{Answer, Options, Refused, Request, Session, Step};
pub use verdict::{Refusal, Role, TargetFound, Value, Verdict};
