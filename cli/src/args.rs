//! The command line: commands, their arguments, and which shared options each command uses.
//!
//! A shared option may stand before or after the command word. An option that a command does not
//! use is hidden from its help, and is an error when given to it.

mod help;
mod used;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::choices::Choices;
use crate::general::General;
use picotuf_attest::Spec;
use picotuf_client::mirror::Shard;
use picotuf_client::pypi::{Allowed, Requirement};
use picotuf_client::{attestations, sigstore};

use help::{AFTER_CHECK_HELP, AFTER_HELP, AFTER_PROVENANCE_HELP, AFTER_PROXY_HELP, AFTER_RUN_HELP};
use used::{needless_repository, unused_option, uses};

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
    if let (None, Command::Check(CheckOptions { record_only: true, .. })) =
        (&arguments.unused_option, &arguments.command)
    {
        arguments.unused_option = needless_repository(&definition, &matches);
    }
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
    /// With --installed, compare files with RECORD alone, which whoever changes a file can change
    /// too; no repository and no index is asked
    #[arg(long, requires = "installed", conflicts_with_all = ["files", "attestations"])]
    pub(crate) record_only: bool,
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
    /// Returns the first option that has another value than its default.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let SigstoreOptions { trusted_root, sigstore_url, sigstore_root } = &self.sigstore;
        let all = [
            (self.publishers.is_some(), "--publishers"),
            (self.index_url.is_some(), "--index-url"),
            (!self.provenance_from.is_empty(), "--provenance-from"),
            (trusted_root.is_some(), "--trusted-root"),
            (sigstore_url != sigstore::URL, "--sigstore-url"),
            (sigstore_root.is_some(), "--sigstore-root"),
        ];
        all.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
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
    #[arg(long, value_name = "SPEC", value_parser = publisher)]
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
#[command(next_help_heading = "What is handed out")]
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
    /// The folder of verified files, which several processes may share [default: the folder `files`
    /// in picotuf's data folder]
    #[arg(long, value_name = "DIR", help_heading = CACHE)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// The maximum size of that folder, in bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", default_value = "10G", value_parser = size)]
    #[arg(help_heading = CACHE)]
    pub(crate) cache_size: u64,
    #[command(flatten)]
    pub(crate) attest: AttestOptions,
}

/// The arguments of `proxy`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_PROXY_HELP, next_help_heading = "Server")]
pub(crate) struct ProxyOptions {
    /// The address to listen on; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8014")]
    #[arg(value_parser = socket_address)]
    pub(crate) listen: std::net::SocketAddr,
    /// A name under which clients ask for the server beside its address; may be given several
    /// times
    #[arg(long, value_name = "NAME")]
    pub(crate) host_name: Vec<String>,
    /// The file of a token that stands before every path; an address that is not a loopback one
    /// needs it, or TLS
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Speak TLS with this certificate, a PEM file with those that lead to its authority behind it;
    /// it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Use credentials for the upstream on an address that is not a loopback one, so that all who
    /// have the token have them too
    #[arg(long)]
    pub(crate) forward_credentials: bool,
    #[command(flatten)]
    pub(crate) guard: GuardOptions,
}

/// The arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_RUN_HELP, next_help_heading = "Command")]
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

/// Parses the address of a server.
fn socket_address(text: &str) -> Result<std::net::SocketAddr, String> {
    let wrong = "expected an IP address and a port, such as 127.0.0.1:8014 or [::1]:8014";
    text.parse().map_err(|_| wrong.to_owned())
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

/// Parses a publisher. A file of pins is easily given in its place.
fn publisher(text: &str) -> Result<Spec, String> {
    Spec::parse(text).map_err(|error| {
        let is_path = !text.contains(':')
            && (text.contains(['/', '\\']) || text.ends_with(".toml") || Path::new(text).exists());
        match is_path {
            true => format!(
                "this is a path, and {error}; a file of pins is for \
                 `picotuf check FILE --attestations --publishers PINS`"
            ),
            false => error.to_string(),
        }
    })
}

const CACHE: &str = "Cache";

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

#[cfg(test)]
mod tests {
    use super::used::USED;
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
