//! What a correct TUF client does, a file per behaviour.
//!
//! Each test states a repository, lets clients at it, and asserts the exact code of the verdict and
//! what stayed stored. Those in `cli_*` do so through the built binary, over HTTP.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod all_roles;
mod canonical_form;
mod cli_check;
mod cli_check_attestations;
mod cli_check_formats;
mod cli_check_installed;
mod cli_check_locks;
mod cli_check_pages;
mod cli_custom;
mod cli_download;
mod cli_generated;
mod cli_init;
mod cli_jobs;
mod cli_limits;
mod cli_metadata;
mod cli_mirror;
mod cli_mirrors;
mod cli_netrc;
mod cli_options;
mod cli_provenance;
mod cli_proxies;
mod cli_refresh;
mod cli_root;
mod cli_run;
mod cli_terminal;
mod cli_verify;
mod delegation_search;
mod duplicate_keys;
mod ecdsa_keys;
mod ed25519_keys;
mod equal_timestamp;
mod expiry;
mod fast_forward;
mod globs;
mod hash_prefixes;
mod hashes_and_lengths;
mod identities;
mod json_text;
mod keyids;
mod limits;
mod ml_dsa_keys;
mod not_there;
mod numbers;
mod pep_480_compromises;
mod pep_480_developers;
mod pep_480_forgeries;
mod pep_480_repository;
mod persistence;
mod role_names;
mod rollback;
mod root_rotation;
mod rsa_keys;
mod schema;
mod signatures;
mod spec_version;
mod succinct;
mod target_files;
mod thresholds;
mod trust_anchor;
mod unknown_members;
mod unsupported_keys;

/// What nearly every test uses.
mod prelude {
    pub(crate) use picotuf::{Error, Role};
    pub(crate) use picotuf_tests::delegation::Delegation;
    pub(crate) use picotuf_tests::host::{Client, Event, expect_failure, time};
    pub(crate) use picotuf_tests::json::Style;
    pub(crate) use picotuf_tests::keys::Key;
    pub(crate) use picotuf_tests::repository::{EXPIRED, Listing, NOW, Repository, hash, set_keys};
    pub(crate) use serde_json::{Value, json};

    /// The versions of the top-level roles, as `Client::versions` gives them.
    pub(crate) fn top_level(
        root: u64,
        snapshot: u64,
        targets: u64,
        timestamp: u64,
    ) -> Vec<(&'static str, u64)> {
        vec![("root", root), ("snapshot", snapshot), ("targets", targets), ("timestamp", timestamp)]
    }
}
