//! `picotuf mirror`: a repository replicated into a folder, and the audit of such a folder.

mod audit;
mod folder;
mod merge;
mod prune;
mod replicate;
mod roots;
mod selection;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, Args};

use crate::error::CliError;
use crate::report::{Log, Report};
use crate::settings::Settings;

/// What `picotuf mirror` is asked to do.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "check", "merge"]))]
pub(crate) struct MirrorArguments {
    /// Replicate the metadata into DIR/metadata, and the files that are chosen into DIR/targets
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// Audit such a folder, as a new client finds it: complete, not expired, each file as it is signed
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

    /// Remove metadata and files that are no longer listed; never a root
    #[arg(long, conflicts_with_all = ["check", "merge"])]
    prune: bool,

    /// Audit the K-th of N parts of the files; every part verifies the metadata
    #[arg(long, value_name = "K/N", conflicts_with_all = ["to", "merge"])]
    shard: Option<Shard>,
}

/// The K-th of N parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    part: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Shard { part, of }),
            _ => Err("it is not K/N, such as 2/8, with K from 1 to N".to_owned()),
        }
    }
}

pub(super) fn run(
    arguments: &MirrorArguments,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let selection = selection::Selection {
        all: arguments.targets,
        projects: arguments.project.iter().map(|name| super::check::project(name)).collect::<Result<_, _>>()?,
        names: settings.target_names.clone(),
    };
    match (&arguments.to, &arguments.check) {
        (Some(folder), _) => replicate::run(folder, &selection, arguments.prune, settings, report, log),
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
        for text in ["0/8", "9/8", "1/0", "1", "a/b", "-1/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
