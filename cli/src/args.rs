//! The command line: commands, their arguments, and which shared options each command uses.
//!
//! A shared option may stand before or after the command word. An option that a command does not
//! use is hidden from its help, and is an error when given to it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgGroup, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::choices::Choices;
use crate::general::General;
use picotuf_attest::Spec;
use picotuf_client::mirror::Shard;
use picotuf_client::pypi::{Allowed, Requirement};
use picotuf_client::{attestations, sigstore};

/// A TUF client: downloads metadata and targets, and keeps only what verifies
#[derive(Debug, Parser)]
#[command(name = "picotuf", version, max_term_width = 100, infer_long_args = false)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) general: General,
    #[command(flatten)]
    pub(crate) choices: Choices,
    /// Why the command line is wrong usage, if it gives an option that the command does not use.
    #[arg(skip)]
    pub(crate) unused_option: Option<String>,
}

/// Returns the definition of the command line. The help of each command hides the options that the
/// command does not use.
pub(crate) fn definition() -> clap::Command {
    let program = Arguments::command();
    let shared: Vec<_> = program.get_arguments().filter(|arg| arg.is_global_set()).collect();
    let hidden: Vec<(String, Vec<clap::Arg>)> = program
        .get_subcommands()
        .map(|command| {
            let name = command.get_name();
            let unused = shared.iter().filter(|arg| !uses(name, arg.get_id().as_str()));
            (name.to_owned(), unused.map(|arg| (*arg).clone().hide(true)).collect())
        })
        .collect();
    hidden.into_iter().fold(program, |program, (name, unused)| {
        program.mut_subcommand(name, |command| command.args(unused))
    })
}

/// Reads the command line.
///
/// # Errors
/// Returns clap's error for wrong usage, and clap's text when help or the version is asked for.
pub(crate) fn parse<T: Into<OsString>>(
    line: impl IntoIterator<Item = T>,
) -> Result<Arguments, clap::Error> {
    let line: Vec<OsString> = line.into_iter().map(Into::into).collect();
    let mut definition = definition();
    let matches = definition.try_get_matches_from_mut(&line)?;
    let mut arguments =
        Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    arguments.unused_option = unused_option(&definition, &matches);
    // If an option stands on both sides of the command word, clap keeps the values of one side.
    // Here every value counts.
    arguments.general.target_name = values_of("--target-name", &line);
    for (option, values) in [
        ("--metadata-url", &mut arguments.choices.metadata_url),
        ("--target-base-url", &mut arguments.choices.target_base_url),
    ] {
        *values = Some(values_of(option, &line)).filter(|values| !values.is_empty());
    }
    Ok(arguments)
}

/// The shared options that each command uses, by their ids. A command that is not listed uses all.
const USED: &[(&str, &[&[&str]])] = &[
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
fn uses(command: &str, option: &str) -> bool {
    let listed = USED.iter().find(|(name, _)| *name == command);
    listed.is_none_or(|(_, groups)| groups.iter().any(|group| group.contains(&option)))
}

/// Returns the message about the first option on the command line that the command does not use.
fn unused_option(definition: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let (command, of_command) = matches.subcommand()?;
    let is_given = |id: &str| {
        [matches, of_command]
            .iter()
            .any(|matches| matches.value_source(id) == Some(ValueSource::CommandLine))
    };
    let option = definition.get_arguments().find(|arg| {
        let id = arg.get_id().as_str();
        arg.is_global_set() && !uses(command, id) && is_given(id)
    })?;
    let users: Vec<&str> = definition
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|name| *name != "help" && uses(name, option.get_id().as_str()))
        .collect();
    let option = option.get_long().unwrap_or_default();
    Some(format!("this command does not use --{option}; these do: {}", users.join(", ")))
}

/// Returns the values of a long option in a line that clap has accepted, where no value begins with
/// a hyphen.
fn values_of(option: &str, line: &[OsString]) -> Vec<String> {
    let mut values = Vec::new();
    let mut words = line
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .map(|word| word.to_str().unwrap_or_default());
    while let Some(word) = words.next() {
        if word == option {
            values.extend(words.next().map(str::to_owned));
        } else if let Some(value) =
            word.strip_prefix(option).and_then(|rest| rest.strip_prefix('='))
        {
            values.push(value.to_owned());
        }
    }
    values
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trust a root, and save the settings given here; uses no network
    Init {
        /// The root metadata to trust. Get it from a source that you trust. If an older root of the
        /// same repository is already trusted, its keys must have signed this one
        root: PathBuf,
        /// Trust this root even if another one is trusted now; deletes all metadata that was
        /// trusted before
        #[arg(long)]
        force: bool,
    },
    /// Update the trusted metadata
    Refresh,
    /// Refresh, then download and verify the targets named by --target-name
    Download,
    /// Verify a local file against the repository; downloads metadata only
    Verify {
        /// The file to verify
        file: PathBuf,
        /// Use the stored metadata only, without the network
        #[arg(long)]
        offline: bool,
    },
    /// Check Python distributions and lock files: is each file signed, and by whom
    Check(CheckOptions),
    /// Print the METADATA of a wheel, verified by its signed hash
    Metadata {
        /// The file name of a wheel, or a path that ends in it; the file need not exist. Or the
        /// name of a project, if the repository signs index pages: its newest wheel that is neither
        /// yanked nor a pre-release
        #[arg(value_name = "WHEEL|PROJECT")]
        what: PathBuf,
        /// The project of the wheel, if its file name is ambiguous
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
    },
    /// Verify who published a file: its attestations (PEP 740), with Sigstore's trusted root
    Provenance(ProvenanceOptions),
    /// Replicate the repository into a folder for a web server, or audit such a folder
    Mirror(MirrorArguments),
    /// Manage the file that says who publishes what a project locks
    #[command(subcommand)]
    Publishers(PublishersCommand),
    /// Serve an index for installers that hands out only what verifies
    Proxy(ProxyOptions),
    /// Run an installer so that it gets only what verifies
    Run(RunOptions),
    /// Show the trusted metadata; uses no network
    Show {
        /// Show only this role, in full
        role: Option<String>,
    },
    /// Verify a small repository built into this program, and refuse attacks on it
    Demo,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of one command
    Man {
        /// The command
        command: Option<String>,
    },
}

impl Command {
    /// Returns the command word.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Command::Init { .. } => "init",
            Command::Refresh => "refresh",
            Command::Download => "download",
            Command::Verify { .. } => "verify",
            Command::Check(_) => "check",
            Command::Metadata { .. } => "metadata",
            Command::Provenance(_) => "provenance",
            Command::Mirror(_) => "mirror",
            Command::Publishers(_) => "publishers",
            Command::Proxy(_) => "proxy",
            Command::Run(_) => "run",
            Command::Show { .. } => "show",
            Command::Demo => "demo",
            Command::Completions { .. } => "completions",
            Command::Man { .. } => "man",
        }
    }
}

/// The arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_CHECK_HELP)]
pub(crate) struct CheckOptions {
    /// Wheels, sdists and other distributions; lock files (pylock.toml, requirements.txt, uv.lock,
    /// poetry.lock, pdm.lock, Pipfile.lock); folders that hold any of these; `-` reads a list of
    /// paths from standard input
    #[arg(required_unless_present = "installed", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Check what is installed in a virtual environment or a folder `site-packages` [default: the
    /// active one, else .venv]
    #[arg(long, value_name = "VENV", num_args = 0..=1)]
    pub(crate) installed: Option<Option<PathBuf>>,
    /// Treat all distributions as files of this project; needed for old sdists with ambiguous names
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Require this of every file; a file that does not meet it is refused
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = requirement())]
    pub(crate) require: Vec<Requirement>,
    /// Accept lock file entries that cannot be checked for these reasons, and with `quarantined`
    /// the files of quarantined projects; they are still listed
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
    pub(crate) allow: Vec<Allowed>,
    /// Ask nobody: use what is stored, with --attestations also the answers that indexes gave
    /// before
    #[arg(long)]
    pub(crate) offline: bool,
    /// With --offline and --attestations, accept stored metadata of Sigstore's repository that
    /// expired at most so many days ago
    #[arg(long, value_name = "DAYS", requires = "offline", conflicts_with = "trusted_root")]
    pub(crate) max_age: Option<u32>,
    /// Ask the index of each file who published it (PEP 740), and compare that with the pinned
    /// publishers; works without a TUF repository too
    #[arg(long)]
    pub(crate) attestations: bool,
    /// Accept the publishers of projects without a pin, and pin them if everything verifies; not
    /// in CI
    #[arg(long, requires = "attestations")]
    pub(crate) accept_first_use: bool,
    #[command(flatten)]
    pub(crate) attest: AttestOptions,
}

/// How attestations are asked for, and which pins they are held to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Attestations")]
pub(crate) struct AttestOptions {
    /// The file of pinned publishers [default: picotuf-publishers.toml beside the first lock file]
    #[arg(long, value_name = "FILE")]
    pub(crate) publishers: Option<PathBuf>,
    /// The index of distributions, and of entries for which the lock file names no index; project
    /// names are sent to no other index than the one named here or in the lock file
    #[arg(long, value_name = "URL")]
    pub(crate) index_url: Option<String>,
    /// A server that provenance documents may come from beside the index's own; may be given
    /// several times
    #[arg(long, value_name = "URL")]
    pub(crate) provenance_from: Vec<String>,
    #[command(flatten)]
    pub(crate) sigstore: SigstoreOptions,
}

impl AttestOptions {
    /// Whether anything but a default stands there.
    pub(crate) fn is_given(&self) -> bool {
        self.publishers.is_some()
            || self.index_url.is_some()
            || !self.provenance_from.is_empty()
            || self.sigstore.trusted_root.is_some()
            || self.sigstore.sigstore_root.is_some()
    }
}

/// What `picotuf publishers` is asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum PublishersCommand {
    /// Pin the present publishers of lock files in a new file; review and commit it
    Init {
        /// Lock files
        #[arg(required = true, value_name = "LOCKFILE")]
        files: Vec<PathBuf>,
        /// Accept entries that cannot be checked for these reasons, as `check --allow` does
        #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
        allow: Vec<Allowed>,
        #[command(flatten)]
        attest: AttestOptions,
    },
    /// Pin the present publishers of lock files, and replace pins that are no longer met
    Accept {
        /// Lock files
        #[arg(required = true, value_name = "LOCKFILE")]
        files: Vec<PathBuf>,
        /// Replace pins of this project only; may be given several times
        #[arg(long, value_name = "NAME")]
        project: Vec<String>,
        /// Accept entries that cannot be checked for these reasons, as `check --allow` does
        #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
        allow: Vec<Allowed>,
        #[command(flatten)]
        attest: AttestOptions,
    },
    /// List the publishers that a new lock file changes; the exit code is 1 if there is a change
    /// that needs review
    Diff {
        /// The lock file as it was
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The lock file as it is to be
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Accept files that cannot be checked for these reasons, as `check --allow` does
        #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
        allow: Vec<Allowed>,
        #[command(flatten)]
        attest: AttestOptions,
    },
    /// Write the present publishers of pylock.toml files into them (PEP 751), where all files of a
    /// version are attested; pins have to be met
    Write {
        /// Files in the format of pylock.toml
        #[arg(required = true, value_name = "PYLOCK")]
        files: Vec<PathBuf>,
        /// Accept entries that cannot be checked for these reasons, as `check --allow` does
        #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
        allow: Vec<Allowed>,
        #[command(flatten)]
        attest: AttestOptions,
    },
    /// Show the pinned publishers; uses no network
    Show {
        /// The file
        #[arg(default_value = picotuf_client::publishers::FILE_NAME)]
        file: PathBuf,
    },
}

/// The arguments of `provenance`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_PROVENANCE_HELP)]
pub(crate) struct ProvenanceOptions {
    /// A wheel or an sdist, under the name that the index has for it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The file's provenance document, in place of asking the index for it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["index_url", "provenance_from"])]
    pub(crate) provenance: Option<PathBuf>,
    /// Who must have published the file: github:OWNER/REPO:WORKFLOW, gitlab:GROUP/PROJECT:FILE,
    /// google:EMAIL or circleci:PROJECT_ID:PIPELINE_DEFINITION_ID; `*` is any WORKFLOW or FILE
    #[arg(long, value_name = "SPEC", value_parser = Spec::parse)]
    pub(crate) publisher: Option<Spec>,
    #[command(flatten)]
    pub(crate) index: IndexOptions,
    #[command(flatten)]
    pub(crate) sigstore: SigstoreOptions,
    /// Ask nobody: use the trusted root that is stored, and the document of --provenance
    #[arg(long)]
    pub(crate) offline: bool,
    /// With --offline, accept stored metadata of Sigstore's repository that expired at most so many
    /// days ago
    #[arg(long, value_name = "DAYS", requires = "offline", conflicts_with = "trusted_root")]
    pub(crate) max_age: Option<u32>,
}

/// The index that is asked for attestations.
#[derive(Debug, Args)]
pub(crate) struct IndexOptions {
    /// The simple index that serves the file, with the file's attestations
    #[arg(long, value_name = "URL", default_value = attestations::PYPI)]
    pub(crate) index_url: String,
    /// A server that provenance documents may come from beside the index's own; may be given
    /// several times
    #[arg(long, value_name = "URL")]
    pub(crate) provenance_from: Vec<String>,
}

/// The trusted root for attestations.
#[derive(Clone, Debug, Args)]
pub(crate) struct SigstoreOptions {
    /// Use this trusted_root.json, which you trust; no TUF repository vouches for it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sigstore_url", "sigstore_root"])]
    pub(crate) trusted_root: Option<PathBuf>,
    /// Where Sigstore's TUF repository is, or another of its shape: a URL or a folder
    #[arg(long, value_name = "URL", default_value = sigstore::URL)]
    pub(crate) sigstore_url: String,
    /// The root metadata of that repository that you trust, in place of the one that picotuf
    /// carries
    #[arg(long, value_name = "FILE")]
    pub(crate) sigstore_root: Option<PathBuf>,
}

/// What `proxy` and `run` hand out.
#[derive(Debug, Args)]
pub(crate) struct GuardOptions {
    /// Require this of every file; a file that does not meet it is refused
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = requirement())]
    pub(crate) require: Vec<Requirement>,
    /// Accept files that cannot be checked for these reasons, as `check --allow` does
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
    pub(crate) allow: Vec<Allowed>,
    /// Refuse nothing, and report what would be refused
    #[arg(long)]
    pub(crate) observe: bool,
    /// Leave the URLs of files as the index has them: files are then not verified. For commands
    /// that write a lock file
    #[arg(long)]
    pub(crate) keep_urls: bool,
    /// A server that pages of --index-url may link to beside the index's own; may be given several
    /// times [default for PyPI: https://files.pythonhosted.org/]
    #[arg(long, value_name = "URL")]
    pub(crate) files_from: Vec<String>,
    /// The folder of verified files, which several processes may share
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// The maximum size of that folder, in bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", default_value = "10G", value_parser = size)]
    pub(crate) cache_size: u64,
    #[command(flatten)]
    pub(crate) attest: AttestOptions,
}

/// The arguments of `proxy`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_PROXY_HELP)]
pub(crate) struct ProxyOptions {
    /// The address to listen on; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8014")]
    pub(crate) listen: std::net::SocketAddr,
    /// A name under which clients ask for the server beside its address; may be given several
    /// times
    #[arg(long, value_name = "NAME")]
    pub(crate) host_name: Vec<String>,
    /// The file of a token that stands before every path; needed for an address that is not a
    /// loopback one
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Use credentials for the upstream on an address that is not a loopback one, so that all who
    /// have the token have them too
    #[arg(long)]
    pub(crate) forward_credentials: bool,
    #[command(flatten)]
    pub(crate) guard: GuardOptions,
}

/// The arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_RUN_HELP)]
pub(crate) struct RunOptions {
    /// A lock file that the command uses, to check beside those that are found; may be given
    /// several times
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Vec<PathBuf>,
    /// A host that the command may connect to, such as that of a source tree; what it gets there
    /// is not verified; may be given several times
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
    #[command(flatten)]
    pub(crate) guard: GuardOptions,
    /// The command, behind `--`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Parses a number of bytes with an optional K, M or G.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a number of bytes, such as 500M or 10G");
    let (digits, unit) = match text.chars().last() {
        Some('K') => (text.trim_end_matches('K'), 1 << 10),
        Some('M') => (text.trim_end_matches('M'), 1 << 20),
        Some('G') => (text.trim_end_matches('G'), 1 << 30),
        _ => (text, 1),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    count.checked_mul(unit).ok_or_else(wrong)
}

/// The arguments of `mirror`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "check", "merge"]))]
pub(crate) struct MirrorArguments {
    /// Replicate the metadata into DIR/metadata and the selected files into DIR/targets; a role or
    /// file that fails is reported, and the rest is published
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,

    /// Audit such a folder as a new client would see it: nothing missing, nothing expired, every
    /// file as signed
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,

    /// Merge the JSON reports of all parts of an audit
    #[arg(long, value_name = "REPORT", num_args = 1..)]
    pub(crate) merge: Vec<PathBuf>,

    /// Include the files of all targets
    #[arg(long, conflicts_with = "merge")]
    pub(crate) targets: bool,

    /// Include the files of this project; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "merge")]
    pub(crate) project: Vec<String>,

    /// Remove metadata and files that are no longer listed; keeps all roots, and everything that
    /// may belong to a role that failed
    #[arg(long, conflicts_with_all = ["check", "merge"])]
    pub(crate) prune: bool,

    /// Audit the K-th of N parts of the files, N at most 4096; each part verifies all metadata
    #[arg(long, value_name = "K/N", conflicts_with_all = ["to", "merge"])]
    pub(crate) shard: Option<Shard>,
}

/// Returns the parser of `--require`, with a help text for each value.
fn requirement() -> impl TypedValueParser<Value = Requirement> {
    let values = Requirement::ALL.map(|requirement| {
        PossibleValue::new(requirement.name()).help(match requirement {
            Requirement::Attestation => "Attested, whoever published it; needs --attestations",
            Requirement::Developer => {
                "Signed by the project's developers, whose keys PyPI delegates to with offline keys"
            }
            Requirement::DeveloperOnline => {
                "Signed by the project's developers; PyPI may delegate to their keys with online \
                 keys, as it does for recently claimed projects"
            }
            Requirement::Pypi => "Signed by PyPI itself, not by a developer",
            Requirement::Wheels => {
                "A wheel, whoever signed it: installers then build nothing from source"
            }
        })
    });
    PossibleValuesParser::new(values).try_map(|text| text.parse::<Requirement>())
}

const AFTER_HELP: &str = "\
Options may stand before or after the command. Options override environment variables \
(PICOTUF_METADATA_URL for --metadata-url, and so on), which override the settings saved by \
`picotuf init`. `picotuf help COMMAND` lists the options that a command uses.

Credentials: PICOTUF_TOKEN (a bearer token), or --user with PICOTUF_PASSWORD, for the server of \
the first --metadata-url. For other servers: in the URL, or in ~/.netrc.

Mirrors: --metadata-url and --target-base-url may be given several times. In environment \
variables, separate the URLs with spaces. picotuf tries the mirrors in this order until one serves \
the right file, and reports each mirror that does not.

Exit code: 0 if everything verifies, 1 if something does not, 2 for wrong usage.";

const AFTER_CHECK_HELP: &str = "\
Lock files: every file that a lock file pins must be signed, for any system. If an entry has \
several hashes and no file names (requirements.txt, Pipfile.lock), each hash must belong to a \
signed file of that project and version, because an installer may choose any of them. An entry \
that cannot be checked is listed with its reason, and makes the exit code 1 unless --allow names \
the reason:

  editable, path, url, vcs      the entry is not a project from an index
  unpinned, no-hash             no single version or no hash is pinned
  weak-hash                     a hash is MD5, SHA-1 or SHA-224
  unknown-hash                  a hash is of an unknown kind
  no-sha256                     a file in a pylock.toml has no SHA-256, and
                                pipenv reads no other hash
  zstd                          uv 0.8 to 0.12.6 may install the compressed file
                                that is pinned beside the wheel
  builds-from-source            only sdists are pinned, and their build
                                requirements are not
  build-options                 an option changes what is built
  hashes-in-constraints         only a constraint has hashes: pip uses them,
                                `uv pip sync` does not
  hashes-not-required           the file has the line --no-require-hashes
  identities-not-checked        the entry pins attestation identities, and
                                --attestations is not given
  unknown-member:TABLE.MEMBER   the lock file has a member unknown to picotuf;
                                allow each member by name
  unsupported-lock-file         one of several lock files has an unsupported
                                format
  not-checkable                 the layout needs a file name or a kind of hash
                                that the lock file does not have
  no-common-hash                the repository signs only other kinds of hashes
  other-index:URL               the entry is locked from this index, and the
                                repository does not list it; allow each index
  quarantined                   the index page says that the project is
                                quarantined (PEP 792)
  nothing-pinned                the file has no entry that can be checked
  index-unknown                 with --attestations: nothing says which one
                                index the file is from
  index-page                    with --attestations: the index has no JSON pages
                                (PEP 691), and so no attestations
  hash-not-recorded             with --installed: no hash of the distribution
                                was recorded; pip and uv record none of what
                                they take from an index
  no-record                     with --installed: nothing lists the files
  not-in-record                 with --installed: no RECORD lists the file, and
                                Python may run it
  system-packages               with --installed: the packages of the system are
                                used too

The project itself (own-project) and constraints without a hash (constraint) are listed, and never \
change the exit code.

With --attestations, picotuf asks the index that a lock file names for an entry who published \
each file. `not pinned` means that nobody has accepted that publisher yet, and the exit code is \
1: `picotuf publishers init LOCKFILE` writes all of them down, and `accept` what changed later. A \
file without an attestation is listed and accepted, unless its project has a pin and the file is \
not older than the first attested file, or --require attestation is given.

`check` does not detect missing dependencies: an installer may install a dependency that the lock \
file does not list, unchecked. pip requires hashes of all packages if one has a hash; for uv, pass \
--require-hashes. Sdists that are pinned beside wheels are counted. To build nothing from source, \
install with --only-binary :all: (pip) or --no-build (uv); --require wheels refuses sdists.

With --installed, the files of every installed project are compared with its RECORD, which shows \
damage and no attacker: nothing in an environment is signed. If the installer recorded the hash of \
the distribution (direct_url.json of pip, provenance_url.json of PEP 710), that is checked like a \
pinned file. To know what an index installs, check the lock file before.

A layout is a TOML file:

  name = \"example\"

  # The target is the file itself.
  [[path]]
  file = \"{project}/{filename}\"

  # The target is an index page (HTML or JSON) that states the file's sha256.
  # picotuf looks at this path if the first one is not listed.
  [[path]]
  page = \"simple/{project}/index.html\"

  # Who holds the keys of each role. PyPI signs all other roles online.
  [roles]
  pypi-offline = [\"targets\", \"claimed\"]
  pypi-online = [\"recently-claimed\"]

The placeholders are {project}, {filename}, {version}, {sha256}, {sha512} and {blake2b_256}; \
{blake2b_256:0:2} is the first two characters of one. If [roles] names roles of developers \
(developer = [\"claimed > {project}\"]), the layout must have exactly one [[path]].";

const AFTER_PROXY_HELP: &str = "\
Give installers the printed URL as their index, such as `pip install --index-url URL six`. With a \
TUF repository (--root, --metadata-url), every file must be signed. With --publishers, \
picotuf-publishers.toml in the current folder, or --require attestation, the attestations of the \
files of --index-url (PyPI unless given) are held to the pinned publishers. A file that fails \
stays on its page and is refused with status 403; the reason is on standard error, and under \
_picotuf/why/PROJECT/FILE.

On an address that is not a loopback one, --token-file is required, and the server should stand \
behind one that speaks TLS. The token is the first part of every path.";

const AFTER_RUN_HELP: &str = "\
Checks the lock file that the command uses, starts the proxy with a random token, sets the index \
variables of pip, uv, pdm and pipenv, and runs the command. The command reaches nothing but the \
proxy by HTTP: a URL in a lock file or another index fails in place of passing unverified, unless \
--allow-host names its host. The exit code is the command's, or 1 if picotuf refuses something \
before or after it.";

const AFTER_PROVENANCE_HELP: &str = "\
An attestation says which Trusted Publisher built and published a file. Anybody can attest what he \
publishes himself: without --publisher the verdict says `(not pinned)`, and it is for you to know \
whether that is the right publisher. The project's name is sent to the index of --index-url alone.

Sigstore's trusted root is kept in the folder `sigstore` of the user's data folder, or of \
--metadata-dir. Credentials for --index-url stand in the URL or in ~/.netrc.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        definition().debug_assert();
    }

    #[test]
    fn the_table_of_used_options_lists_every_command_and_known_options_only() {
        let definition = definition();
        let commands: Vec<_> = definition.get_subcommands().map(clap::Command::get_name).collect();
        let listed: Vec<_> = USED.iter().map(|(command, _)| *command).collect();
        assert_eq!(listed, commands);
        let shared: Vec<_> = definition
            .get_arguments()
            .filter(|arg| arg.is_global_set())
            .map(|arg| arg.get_id().as_str())
            .collect();
        for id in USED.iter().flat_map(|(_, groups)| groups.iter().copied().flatten()) {
            assert!(shared.contains(id), "{id}");
        }
        for id in shared {
            assert!(commands.iter().any(|command| uses(command, id)), "no command uses {id}");
        }
    }

    #[test]
    fn options_may_stand_on_both_sides_of_the_command() {
        let arguments = Arguments::try_parse_from([
            "picotuf",
            "--metadata-dir",
            "d",
            "--target-name",
            "a",
            "download",
            "--json",
            "--metadata-url",
            "http://h/",
        ])
        .unwrap();
        assert_eq!(arguments.general.metadata_dir.as_deref(), Some(std::path::Path::new("d")));
        assert_eq!(arguments.general.target_name, ["a"]);
        assert!(arguments.general.json);
        assert_eq!(arguments.choices.metadata_url.unwrap(), ["http://h/"]);
    }

    #[test]
    fn mirrors_on_both_sides_are_all_kept_in_their_order() {
        let line =
            ["picotuf", "--metadata-url=http://a/", "refresh", "--metadata-url", "http://b/"];
        let arguments = parse(line).unwrap();
        assert_eq!(arguments.choices.metadata_url.unwrap(), ["http://a/", "http://b/"]);
        assert_eq!(arguments.choices.target_base_url, None);
    }

    #[test]
    fn targets_on_both_sides_are_all_kept_in_their_order() {
        let arguments = parse([
            "picotuf",
            "--target-name",
            "a",
            "download",
            "--target-name",
            "b",
            "--target-name=c",
        ])
        .unwrap();
        assert_eq!(arguments.general.target_name, ["a", "b", "c"]);
    }
}
