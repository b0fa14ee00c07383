//! What picotuf's tests stand on.
//!
//! [`Repository`](repository::Repository) is a TUF repository in memory that signs what a test
//! changes; [`Client`](host::Client) refreshes from it through the core, reading in three ways at
//! once; [`Server`](server::Server) serves it on the loopback interface, and [`Cli`](cli::Cli) runs
//! the built binary against that.
//!
//! All keys are test keys: they are made from labels, and are not secret.

pub mod cli;
pub mod delegation;
pub mod host;
pub mod json;
pub mod keys;
pub mod proxy;
pub mod repository;
pub mod server;

/// Compiles and runs the Rust examples in the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
struct Guides;
