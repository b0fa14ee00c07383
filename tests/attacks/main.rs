//! Attacks that earlier verifiers did not survive, a file per attack. `tests/ATTACKS.md` says which
//! test stands for which advisory.
//!
//! Each attack goes at the core, in its four ways of reading, and at the built binary over loopback
//! HTTP. Each test asserts the exact code, what stayed stored, that no file was written outside its
//! folder, and that the honest repository is taken again afterwards.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod changed_cache;
mod delegated_files_unchecked;
mod delegated_rollback;
mod delegation_cycles;
mod delegation_order;
mod empty_hash_lists;
mod equal_timestamp_expired;
mod expired_root;
mod glob_case;
mod key_with_another_algorithm;
mod lock_files;
mod malformed_values;
mod many_signatures;
mod one_key_two_keyids;
mod other_delegator;
mod other_hash_prefix;
mod refused_root_used_later;
mod repeated_keyid;
mod repository_name;
mod role_name_traversal;
mod rollback;
mod rollback_behind_new_root;
mod root_version_skipped;
mod server_misbehaves;
mod table;
mod target_path_traversal;
mod terminating_ignored;
mod timestamp_before_snapshot;
mod unparsable_expiry;
mod unsigned_delegation;
mod victim;
mod wrong_json_types;
mod zero_threshold;

/// What nearly every attack uses.
mod prelude {
    pub(crate) use crate::victim::{Victim, honest, later, top_level};
    pub(crate) use picotuf_tests::delegation::Delegation;
    pub(crate) use picotuf_tests::keys::Key;
    pub(crate) use picotuf_tests::repository::{
        EXPIRED, EXPIRES_LATE, Listing, Repository, hash, set_keys,
    };
    pub(crate) use serde_json::json;
}
