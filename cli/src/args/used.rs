//! Which shared options each command uses.

use clap::ArgMatches;
use clap::parser::ValueSource;

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
fn is_of_repository(option: &str) -> bool {
    ["anchor", "identity_root", "layout"].contains(&option)
        || [SERVER, TARGETS].iter().any(|group| group.contains(&option))
}

/// Returns the message about the first option on the command line that the command does not use.
pub(super) fn unused_option(definition: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let (command, _) = matches.subcommand()?;
    let option = given(definition, matches, |id| !uses(command, id))?;
    let users: Vec<&str> = definition
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|name| *name != "help" && uses(name, option.get_id().as_str()))
        .collect();
    let option = option.get_long().unwrap_or_default();
    Some(format!("this command does not use --{option}; these do: {}", users.join(", ")))
}

/// Returns the message about the first option on the command line that is about a repository, for
/// `check --record-only`, which asks none.
pub(super) fn needless_repository(
    definition: &clap::Command,
    matches: &ArgMatches,
) -> Option<String> {
    let option = given(definition, matches, is_of_repository)?.get_long().unwrap_or_default();
    Some(format!("--record-only asks no repository, and --{option} is about one; leave one out"))
}

/// Returns the first shared option on the command line, on either side of the command word, whose
/// id is one of these.
fn given<'a>(
    definition: &'a clap::Command,
    matches: &ArgMatches,
    is_one: impl Fn(&str) -> bool,
) -> Option<&'a clap::Arg> {
    let (_, of_command) = matches.subcommand()?;
    let is_given = |id: &str| {
        [matches, of_command]
            .iter()
            .any(|matches| matches.value_source(id) == Some(ValueSource::CommandLine))
    };
    definition.get_arguments().find(|arg| {
        let id = arg.get_id().as_str();
        arg.is_global_set() && is_one(id) && is_given(id)
    })
}
