//! Who published a file: recorded attestations, what becomes of changed and of forged ones, and
//! what other verifiers say of them.

mod bundles;
mod forged;
mod messages;
mod mutations;
mod recorded;
