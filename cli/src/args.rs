//! The arguments: every option may stand before or after the command word.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::choices::Choices;
use crate::general::General;
use picotuf_attest::Spec;
use picotuf_client::mirror::Shard;
use picotuf_client::pypi::{Allowed, Requirement};
use picotuf_client::{attestations, sigstore};

/// Verifies what a TUF repository publishes, and keeps nothing that does not hold.
#[derive(Debug, Parser)]
#[command(name = "picotuf", version, max_term_width = 110, infer_long_args = false, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) general: General,
    #[command(flatten)]
    pub(crate) choices: Choices,
}

/// Reads the command line. On wrong usage, and where help is asked for, clap's own answer.
pub(crate) fn parse<T: Into<OsString>>(
    line: impl IntoIterator<Item = T>,
) -> Result<Arguments, clap::Error> {
    let line: Vec<OsString> = line.into_iter().map(Into::into).collect();
    let mut arguments = Arguments::try_parse_from(&line)?;
    // Of an option that stands on both sides of the command word, clap keeps one side's values;
    // here none may get lost.
    arguments.general.target_name = values_of("--target-name", &line);
    for (option, values) in [
        ("--metadata-url", &mut arguments.choices.metadata_url),
        ("--target-base-url", &mut arguments.choices.target_base_url),
    ] {
        *values = Some(values_of(option, &line)).filter(|values| !values.is_empty());
    }
    Ok(arguments)
}

/// The values of a long option in a line that clap has accepted, where no value begins with a
/// hyphen.
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

/// The command words.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take ROOT as the trust anchor; no network. URLs and options given here are remembered.
    Init {
        /// The root metadata that you trust, got by a way that you trust. Where an older root is
        /// trusted, its keys must have signed this one.
        root: PathBuf,
        /// Take another root than the one trusted now, and throw away everything that was trusted
        /// by it.
        #[arg(long)]
        force: bool,
    },
    /// Bring the trusted metadata up to date.
    Refresh,
    /// Refresh, then fetch the targets named by --target-name and verify them.
    Download,
    /// Verify a file that is here against the repository; only metadata is fetched.
    Verify {
        /// The file.
        file: PathBuf,
        /// Use only the metadata that is stored.
        #[arg(long)]
        offline: bool,
    },
    /// Check files of Python projects, and what lock files pin: which target speaks for each, and
    /// who signed that.
    Check(CheckOptions),
    /// Print the METADATA of a wheel in the repository, or of a project's newest one, by the hash
    /// of it that is signed.
    Metadata {
        /// A wheel's file name; a path before it is left out, and nothing need be there. Or a
        /// project's name, where index pages are signed: then of its newest wheel that is not
        /// yanked and no pre-release
        #[arg(value_name = "WHEEL|PROJECT")]
        what: PathBuf,
        /// The project, where the file's name does not say it
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
    },
    /// Say who published a file: verify its attestations (PEP 740) by Sigstore's trusted root.
    Provenance(ProvenanceOptions),
    /// Replicate the repository into a folder that any web server can serve, or audit such a
    /// folder.
    Mirror(MirrorArguments),
    /// Keep the file that says who publishes what a project locks: `check --attestations` holds
    /// files to it.
    #[command(subcommand)]
    Publishers(PublishersCommand),
    /// Show what is trusted now; no network.
    Show {
        /// Only this role, in full.
        role: Option<String>,
    },
    /// Verify a small repository that this program carries, then attacks on it.
    Demo,
    /// Print a script that completes words and options in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one command.
    Man {
        /// A command of picotuf.
        command: Option<String>,
    },
}

impl Command {
    /// The word.
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
            Command::Show { .. } => "show",
            Command::Demo => "demo",
            Command::Completions { .. } => "completions",
            Command::Man { .. } => "man",
        }
    }
}

/// What `check` is asked.
#[derive(Debug, Args)]
#[command(after_help = AFTER_CHECK_HELP)]
pub(crate) struct CheckOptions {
    /// Wheels, sdists and other distributions; lock files (pylock.toml, requirements.txt, uv.lock,
    /// poetry.lock, pdm.lock, Pipfile.lock); folders, with all that are in them; `-` for a list on
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Take all distributions for this project's; old sdists may have names that do not say where
    /// the version begins
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Refuse files that are signed by others, or that have to be built
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = requirement())]
    pub(crate) require: Vec<Requirement>,
    /// Accept entries of lock files that cannot be checked for these reasons, and (`quarantined`)
    /// files of quarantined projects; they are listed all the same
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
    pub(crate) allow: Vec<Allowed>,
    /// Use only the metadata that is stored
    #[arg(long)]
    pub(crate) offline: bool,
    /// Ask the index of each file who published it (PEP 740), and hold that to the publishers that
    /// are pinned; where no TUF repository is set up, by that alone
    #[arg(long)]
    pub(crate) attestations: bool,
    /// Accept publishers of projects that have no pin, and write them down once everything holds;
    /// not in CI
    #[arg(long, requires = "attestations")]
    pub(crate) accept_first_use: bool,
    #[command(flatten)]
    pub(crate) attest: AttestOptions,
}

/// How attestations are asked for, and which pins they are held to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Attestations")]
pub(crate) struct AttestOptions {
    /// The file of pinned publishers [default: picotuf-publishers.toml beside the first lock file]
    #[arg(long, value_name = "FILE")]
    pub(crate) publishers: Option<PathBuf>,
    /// The index of files for which the lock file names none, and of distributions. No project's
    /// name is told to an index that is neither named in the lock file nor here
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
    /// Write down who attested the files of lock files, for the first time: look at who they are,
    /// and commit the file.
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
    /// Accept the present publishers of lock files, in place of those that are pinned where these
    /// are others: new projects, new names, new publishers, files without attestations.
    Accept {
        /// Lock files
        #[arg(required = true, value_name = "LOCKFILE")]
        files: Vec<PathBuf>,
        /// Let no other project's publisher be replaced; may be given several times
        #[arg(long, value_name = "NAME")]
        project: Vec<String>,
        /// Accept entries that cannot be checked for these reasons, as `check --allow` does
        #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = Allowed::parse)]
        allow: Vec<Allowed>,
        #[command(flatten)]
        attest: AttestOptions,
    },
    /// Say which publishers a new lock file changes; exit code 1 if one is another, or an
    /// attestation is gone.
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
    /// Show the pinned publishers; no network.
    Show {
        /// The file
        #[arg(default_value = picotuf_client::publishers::FILE_NAME)]
        file: PathBuf,
    },
}

/// What `picotuf provenance` is asked.
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

/// Which index is asked for attestations.
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

/// Which trusted root attestations are verified by.
#[derive(Debug, Args)]
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

/// What `picotuf mirror` is asked to do.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "check", "merge"]))]
pub(crate) struct MirrorArguments {
    /// Replicate the metadata into DIR/metadata, and the files that are chosen into DIR/targets; a
    /// role or a file that fails is named, and everything else is published
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,

    /// Audit such a folder, as a new client finds it: complete, not expired, each file as it is
    /// signed
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,

    /// Put the JSON reports of all parts of an audit together
    #[arg(long, value_name = "REPORT", num_args = 1..)]
    pub(crate) merge: Vec<PathBuf>,

    /// The files of all targets too
    #[arg(long, conflicts_with = "merge")]
    pub(crate) targets: bool,

    /// The files of this project too; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "merge")]
    pub(crate) project: Vec<String>,

    /// Remove metadata and files that are no longer listed; never a root, and nothing that may
    /// belong to a role that failed
    #[arg(long, conflicts_with_all = ["check", "merge"])]
    pub(crate) prune: bool,

    /// Audit the K-th of N parts of the files, 4096 at the most; every part verifies the metadata
    #[arg(long, value_name = "K/N", conflicts_with_all = ["to", "merge"])]
    pub(crate) shard: Option<Shard>,
}

/// Reads what `--require` names; the help says what each means.
fn requirement() -> impl TypedValueParser<Value = Requirement> {
    let values = Requirement::ALL.map(|requirement| {
        PossibleValue::new(requirement.name()).help(match requirement {
            Requirement::Attestation => {
                "Attestations of every file, with --attestations; those that are pinned need no \
                 such word"
            }
            Requirement::Developer => {
                "The project's developers, with keys that PyPI vouches for offline"
            }
            Requirement::DeveloperOnline => {
                "The project's developers; PyPI may vouch for their keys online, as for recently \
                 claimed projects"
            }
            Requirement::Pypi => "PyPI itself, and no developer",
            Requirement::Wheels => {
                "Whoever signed: wheels alone, so that no installer builds anything"
            }
        })
    });
    PossibleValuesParser::new(values).try_map(|text| text.parse::<Requirement>())
}

const AFTER_HELP: &str = "\
Every option may stand before or after the command. What an option does not say, its environment variable does \
(PICOTUF_METADATA_URL for --metadata-url, and so on), then what `init` remembered. Credentials: PICOTUF_TOKEN (bearer) \
or PICOTUF_PASSWORD with --user for the server of the first --metadata-url; for others, in the URL or in ~/.netrc.

Mirrors: --metadata-url and --target-base-url may be given several times (in the environment, with white space between \
URLs). Each file is asked of the mirrors in their order until one gives the right one; one that does not is named.

Exit code: 0 everything asked for holds, 1 something does not, 2 wrong usage.";

const AFTER_CHECK_HELP: &str = "\
Lock files: pylock.toml, requirements.txt with hashes, uv.lock, poetry.lock, pdm.lock, Pipfile.lock. Every file that a lock \
file pins must be signed, whatever system it is for. Where a requirement has several hashes and no file names \
(requirements.txt, Pipfile.lock), each hash must be that of a signed file of that project and version, because an installer \
may take any of them. An entry that cannot be checked is listed with its reason. It makes the exit code 1 unless --allow \
names the reason:

  editable, path, url, vcs      the entry is not a project of an index
  unpinned, no-hash             no single version, or no hash, is pinned
  weak-hash, unknown-hash       a hash is MD5, SHA-1 or SHA-224, or of an unknown kind
  no-sha256                     a file of a pylock.toml has no SHA-256, and pipenv reads no other hash
  zstd                          uv 0.8 to 0.12.6 may install the compressed file that is pinned beside the wheel
  builds-from-source            only sdists are pinned, and what builds them is not
  build-options                 an option changes what is built
  hashes-in-constraints         hashes stand in a constraint alone: pip goes by them, `uv pip sync` does not
  hashes-not-required           the line --no-require-hashes
  identities-not-checked        attestation identities are pinned, and without --attestations nobody compares them
  unknown-member:TABLE.MEMBER   the lock file has a member that picotuf does not know; allowed one by one
  unsupported-lock-file         one of several lock files is of a format that picotuf does not read
  not-checkable                 the layout needs a file name or a kind of hash that the lock file does not have
  no-common-hash                the repository signs other kinds of hashes
  other-index:URL               the repository does not list what is locked from this index; allowed index by index
  quarantined                   the index page says that the project is quarantined (PEP 792): of any file, in a lock file or not
  nothing-pinned                there is no entry that could be checked
  index-unknown                 with --attestations: nothing says which one index the file is from
  index-page                    with --attestations: the index has no pages in JSON (PEP 691), and so no attestations

The project itself (own-project) and constraints without a hash (constraint) never count.

With --attestations, the index that a lock file names for an entry is asked who published each file. `not pinned` means that \
nobody has accepted that publisher yet, and the exit code is 1: `picotuf publishers init LOCKFILE` writes all of them down, and \
`accept` what changed later. A file that has no attestation is listed and accepted, unless its project has a pin and it is not \
older than the first attested file, or --require attestation is given.

`check` does not judge whether a list is complete: a dependency that a lock file leaves out may be installed unchecked. pip \
requires hashes of all packages once a list has one; with uv, give --require-hashes on the command line. Sdists that are pinned beside wheels \
are counted. To build nothing, install with --only-binary :all: (pip) or --no-build (uv); --require wheels refuses sdists.

A layout in a file of your own:

  name = \"example\"
  # Asked for in this order, the next where one is not listed. The target is the file itself:
  [[path]]
  file = \"{project}/{filename}\"
  # The target is an index page, HTML or JSON, that states the file's sha256:
  [[path]]
  page = \"simple/{project}/index.html\"
  # Below targets; a role that is not named is PyPI's, signed online:
  [roles]
  pypi-offline = [\"targets\", \"claimed\"]
  pypi-online = [\"recently-claimed\"]
  developer = [\"claimed > {project}\", \"recently-claimed > {project}\"]

Placeholders are {project}, {filename}, {version}, {sha256}, {sha512} and {blake2b_256}; {blake2b_256:0:2} is a part of one. Where \
developers sign, there must be one path alone.";

const AFTER_PROVENANCE_HELP: &str = "\
An attestation says which Trusted Publisher built and published a file. Anybody can attest what he \
publishes himself: without --publisher the verdict says `(not pinned)`, and it is for you to know \
whether that is the right publisher. The project's name is sent to the index of --index-url alone.

Sigstore's trusted root is kept in the folder `sigstore` of the user's data folder, or of \
--metadata-dir. Credentials for --index-url stand in the URL or in ~/.netrc.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
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
