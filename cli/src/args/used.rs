//! Which shared options each command uses.

/// The shared options that each command uses, by their ids. A command that is not listed uses all.
pub(super) const USED: &[(&str, &[&[&str]])] = &[
    (
        "init",
        &[
            OUTPUT,
            &["metadata_dir", "at", "max_delegations", "layout", "target_dir", "identity_root"],
            SERVER,
            NETWORK,
            TARGETS,
            LENGTHS,
            ROTATIONS,
        ],
    ),
    ("refresh", &[OUTPUT, TRUST, SERVER, NETWORK, LENGTHS, ROTATIONS]),
    (
        "download",
        &[
            OUTPUT,
            TRUST,
            SERVER,
            NETWORK,
            TARGETS,
            LENGTHS,
            ROTATIONS,
            SEARCH,
            TARGET_NAME,
            &["target_dir"],
        ],
    ),
    ("verify", &[OUTPUT, TRUST, SERVER, NETWORK, LENGTHS, ROTATIONS, SEARCH, TARGET_NAME]),
    ("check", &[OUTPUT, TRUST, SERVER, NETWORK, TARGETS, LENGTHS, ROTATIONS, SEARCH, &["layout"]]),
    (
        "metadata",
        &[OUTPUT, TRUST, SERVER, NETWORK, TARGETS, LENGTHS, ROTATIONS, SEARCH, &["layout"]],
    ),
    ("provenance", &[OUTPUT, SIGSTORE, NETWORK, LENGTHS, ROTATIONS]),
    ("mirror", &[OUTPUT, TRUST, SERVER, NETWORK, TARGETS, LENGTHS, ROTATIONS, TARGET_NAME]),
    ("publishers", &[OUTPUT, SIGSTORE, NETWORK, LENGTHS, ROTATIONS]),
    ("proxy", &[OUTPUT, TRUST, SERVER, NETWORK, TARGETS, LENGTHS, ROTATIONS, SEARCH, &["layout"]]),
    ("run", &[OUTPUT, TRUST, SERVER, NETWORK, TARGETS, LENGTHS, ROTATIONS, SEARCH, &["layout"]]),
    ("show", &[OUTPUT, TRUST, LENGTHS, SEARCH]),
    ("demo", &[OUTPUT]),
    ("completions", &[&["json"]]),
    ("man", &[&["json"]]),
];
const OUTPUT: &[&str] = &["json", "quiet", "verbose"];
const TRUST: &[&str] = &["metadata_dir", "anchor", "at", "identity_root"];
const SERVER: &[&str] = &["metadata_url", "user"];
const NETWORK: &[&str] = &["ca_file", "timeout", "connect_timeout", "min_rate", "jobs"];
/// The options of commands that use Sigstore's repository and an index, not a TUF repository of
/// packages.
const SIGSTORE: &[&str] = &["metadata_dir", "at"];
const TARGETS: &[&str] = &["target_base_url", "no_hash_prefix"];
const TARGET_NAME: &[&str] = &["target_name"];
const LENGTHS: &[&str] =
    &["root_max_length", "timestamp_max_length", "snapshot_max_length", "targets_max_length"];
const ROTATIONS: &[&str] = &["max_root_rotations"];
const SEARCH: &[&str] = &["max_delegations"];

/// Returns whether the command uses the shared option with this id.
pub(super) fn uses(command: &str, option: &str) -> bool {
    let listed = USED.iter().find(|(name, _)| *name == command);
    listed.is_none_or(|(_, groups)| groups.iter().any(|group| group.contains(&option)))
}

/// Returns whether the shared option with this id says which TUF repository to ask, or how.
pub(super) fn is_of_repository(option: &str) -> bool {
    ["anchor", "identity_root", "layout"].contains(&option)
        || [SERVER, TARGETS].iter().any(|group| group.contains(&option))
}
