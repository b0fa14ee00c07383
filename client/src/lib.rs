//! A client for The Update Framework (TUF) and for Python packages: it keeps a folder of trusted
//! metadata, finds and verifies targets, and checks files and lock files of Python projects against
//! what a repository signs.
//!
//! All verdicts are those of the crate [`picotuf`]. This crate adds what a program on an operating
//! system needs around them: [`Client`] with its folder, mirrors, target files, [`lock`] files, and
//! the checks of [`pypi`]. It has no network of its own: a program brings a [`Fetch`].
//!
//! ```no_run
//! use picotuf_client::{Base, Client, Config, Folders, Log, now};
//!
//! # fn main() -> Result<(), picotuf_client::Error> {
//! let mut config = Config::new("/var/lib/example/metadata", now()?);
//! config.metadata = vec![Base::parse("/srv/mirror/metadata")?];
//! config.targets = vec![Base::parse("/srv/mirror/targets")?];
//! let client = Client::open(&config, &Folders, &Log::silent())?;
//! let done = client.download("six/six-1.17.0.tar.gz", "downloads".as_ref())?;
//! println!("{} is signed by {:?}", done.file.display(), done.found.delegation_path);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod all_roles;
pub mod anchor;
pub mod attestations;
pub mod check;
mod client;
mod clock;
mod code;
mod config;
pub mod disk;
mod error;
mod fetch;
mod identify;
mod identities;
mod local;
mod location;
pub mod lock;
mod log;
pub mod memory;
pub mod mirror;
mod mirrors;
pub mod proxy;
pub mod publishers;
pub mod pypi;
mod role;
pub mod session;
pub mod sigstore;
pub mod store;
pub mod target_file;
pub mod target_path;

pub use client::{
    Client, Downloaded, must_be_initialized, offline_checker, offline_session, verify_file,
};
pub use clock::now;
pub use code::{Blame, Code};
pub use config::{Config, missing_setting};
pub use error::{Brief, Detail, Error, Kind};
pub use fetch::{
    Fetch, Folders, Found, PROVENANCE_JSON, Received, Request, SIMPLE_JSON, Sink, fetch_all,
    fetch_all_as, fetch_folder, fetch_one, read_folder,
};
pub use identities::Identities;
pub use location::{Base, Location, encode_path, shown};
pub use log::{Events, Log};
pub use mirrors::Mirrors;
pub use role::TrustedRole;
