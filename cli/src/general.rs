//! The options that concern one run only.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// The options that concern this run only.
#[derive(Debug, Default, Args)]
pub(crate) struct General {
    /// The folder that holds the trusted metadata [default: one per user; with --root, one per user
    /// and root]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) metadata_dir: Option<PathBuf>,

    /// The root metadata that you trust, in place of `init`: taken where nothing is trusted yet, or
    /// only an older one whose keys have signed it; refused where another is
    #[arg(long = "root", value_name = "FILE", global = true)]
    pub(crate) anchor: Option<PathBuf>,

    /// The path of a target as the repository lists it; may be given several times
    #[arg(long, value_name = "PATH", global = true, action = ArgAction::Append)]
    pub(crate) target_name: Vec<String>,

    /// Take this as the present time, in place of the system clock's (RFC 3339)
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) at: Option<String>,

    /// Print one JSON object on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print nothing but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Log each request and each file that became trusted, on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}
