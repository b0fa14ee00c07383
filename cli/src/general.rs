//! The shared options that `init` does not save.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::choices::REPOSITORY;

/// The shared options that apply to one run.
#[derive(Debug, Default, Args)]
pub(crate) struct General {
    /// Folder of the trusted metadata [default: one per user; with --root, one per user and root]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) metadata_dir: Option<PathBuf>,

    /// Root metadata to trust, as an alternative to `picotuf init`. It is refused if the folder
    /// trusts another root whose keys have not signed this one
    #[arg(long = "root", value_name = "FILE", global = true, help_heading = REPOSITORY)]
    pub(crate) anchor: Option<PathBuf>,

    /// Target path, as the repository lists it; may be given several times
    #[arg(long, value_name = "PATH", global = true, action = ArgAction::Append)]
    pub(crate) target_name: Vec<String>,

    /// Use this time (RFC 3339) instead of the system clock's
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) at: Option<String>,

    /// Print one JSON object on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Log each request and each newly trusted file on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}
