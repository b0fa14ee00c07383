//! A local index that hands out only what verifies, and the proxy that `picotuf run` puts in front
//! of a command.
//!
//! Decisions are those of [`picotuf_client::proxy`]. The server runs on one thread; what blocks
//! (the upstream, the disk, hashing) runs on a bounded number of others, through the same transport
//! as all other commands.

mod attesting;
mod body;
mod cache;
mod connections;
mod front;
mod impatient;
mod metrics;
mod repository;
mod server;
mod service;
mod tls;
mod upstream;
mod watched;

pub(crate) use attesting::{Attesting, Root};
pub(crate) use cache::Cache;
pub(crate) use front::{Forwarding, Front};
pub(crate) use repository::{Repository, policy};
pub(crate) use server::{Listening, allow_open_files, told_to_stop};
pub(crate) use service::Service;
pub(crate) use tls::Tls;
pub(crate) use upstream::Upstream;
pub(crate) use watched::{Say, Watched};
