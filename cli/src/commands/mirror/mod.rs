//! `picotuf mirror`: a repository replicated into a folder, and the audit of such a folder.

mod audit;
mod folder;
mod merge;
mod places;
mod prune;
mod replicate;
mod roots;
mod selection;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, Args};

use crate::all_roles::Listing;
use crate::error::CliError;
use crate::report::{BAD, Log, Report};
use crate::settings::Settings;

/// What `picotuf mirror` is asked to do.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "check", "merge"]))]
pub(crate) struct MirrorArguments {
    /// Replicate the metadata into DIR/metadata, and the files that are chosen into DIR/targets; a
    /// role or a file that fails is named, and everything else is published
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// Audit such a folder, as a new client finds it: complete, not expired, each file as it is
    /// signed
    #[arg(long, value_name = "DIR")]
    check: Option<PathBuf>,

    /// Put the JSON reports of all parts of an audit together
    #[arg(long, value_name = "REPORT", num_args = 1..)]
    merge: Vec<PathBuf>,

    /// The files of all targets too
    #[arg(long, conflicts_with = "merge")]
    targets: bool,

    /// The files of this project too; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "merge")]
    project: Vec<String>,

    /// Remove metadata and files that are no longer listed; never a root, and nothing that may
    /// belong to a role that failed
    #[arg(long, conflicts_with_all = ["check", "merge"])]
    prune: bool,

    /// Audit the K-th of N parts of the files, 4096 at the most; every part verifies the metadata
    #[arg(long, value_name = "K/N", conflicts_with_all = ["to", "merge"])]
    shard: Option<Shard>,
}

/// The K-th of N parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    /// The K-th of N parts, where that can be.
    fn new(part: u64, of: u64) -> Option<Shard> {
        (of <= SHARDS_MAX && (1..=of).contains(&part)).then_some(Shard { part, of })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(part, of)| Shard::new(part.parse().ok()?, of.parse().ok()?));
        parsed.ok_or_else(|| {
            format!("it is not K/N, such as 2/8, with K from 1 to N and N up to {SHARDS_MAX}")
        })
    }
}

/// Says what is wrong, one thing a line.
fn show_failures(report: &mut Report, lines: &[String]) {
    for line in lines.iter().take(SHOWN) {
        report.say(format_args!("{BAD}wrong{BAD:#}  {line}"));
    }
    if lines.len() > SHOWN {
        report.say(format_args!("… {} more", lines.len() - SHOWN));
    }
}

/// Roles that were delegated to and do not exist yet are nobody's fault.
fn note_unlisted(roles: u64, log: &Log) {
    if roles > 0 {
        log.notice(&format!("{roles} roles are delegated to, but the snapshot does not list them"));
    }
}

fn note_not_delegated(listings: &[Listing], log: &Log) {
    if let Some(Listing { role, path, .. }) = listings.first() {
        let count = listings.len();
        log.notice(&format!(
            "{count} listed targets do not count, since their roles were not delegated these \
             paths, such as {path} of {role}"
        ));
    }
}

/// The most parts of an audit: more than there are machines to share it.
const SHARDS_MAX: u64 = 4096;
/// How many failures are printed; the JSON has all.
const SHOWN: usize = 20;

pub(super) fn run(
    arguments: &MirrorArguments,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let selection = selection::Selection {
        all: arguments.targets,
        projects: arguments
            .project
            .iter()
            .map(|name| super::check::project(name))
            .collect::<Result<_, _>>()?,
        names: settings.target_names.clone(),
    };
    match (&arguments.to, &arguments.check) {
        (Some(folder), _) => {
            replicate::run(folder, &selection, arguments.prune, settings, report, log)
        }
        (_, Some(folder)) => {
            let shard = arguments.shard.unwrap_or(Shard { part: 1, of: 1 });
            audit::run(folder, &selection, shard, settings, report, log)
        }
        _ => merge::run(&arguments.merge, report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard { part: 2, of: 8 }));
        assert!("4096/4096".parse::<Shard>().is_ok());
        for text in [
            "0/8",
            "9/8",
            "1/0",
            "0/0",
            "1",
            "a/b",
            "-1/2",
            "1/2/3",
            "1/4097",
            "1/18446744073709551616",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
