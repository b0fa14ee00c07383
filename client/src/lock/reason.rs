//! Why an entry of a lock file cannot be compared with what is signed.

use std::fmt::{self, Write as _};

/// Why an entry cannot be compared with what is signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It names who must have attested its files, and attestations are not checked.
    AttestationIdentities,
    /// It changes how packages are built, or has them built.
    BuildOptions,
    /// Only sdists are pinned: to install one, an installer runs code that is not pinned.
    BuildsFromSource,
    /// A constraint without a hash. It installs nothing by itself.
    Constraint,
    /// A source tree that is imported from where it is.
    Editable,
    /// Its hashes stand in a constraint alone: pip goes by them, uv does not.
    HashesInConstraints,
    /// Files that are not pinned may be installed too.
    HashesNotRequired,
    /// No hash stands with it.
    NoHash,
    /// It has no SHA-256, by which alone some installers go.
    NoSha256,
    /// The project that the lock file belongs to, or a member of its workspace: it is there, not
    /// fetched.
    OwnProject,
    /// A file or folder of this machine.
    Path,
    /// No single version is named.
    Unpinned,
    /// It has a hash that is of an unknown algorithm, or where no reader is known to look.
    UnknownHash,
    /// It has a member that is not known, under this dotted path.
    UnknownMember(String),
    /// An address, in place of a project in an index.
    Url,
    /// A version control system's checkout.
    Vcs,
    /// Its hashes are of algorithms that no longer bind: MD5, SHA-1, SHA-224.
    WeakHash,
    /// Beside the wheel, a compressed form of it is pinned, which some releases of uv install
    /// instead.
    Zstd,
}

impl Reason {
    /// Stable, for programs and for `--allow`: kebab case, and `unknown-member:` with the member.
    pub fn code(&self) -> String {
        match self {
            Reason::UnknownMember(member) => format!("{UNKNOWN_MEMBER}:{member}"),
            other => other.kind().to_owned(),
        }
    }

    /// The code without the member.
    pub fn kind(&self) -> &'static str {
        match self {
            Reason::AttestationIdentities => "identities-not-checked",
            Reason::BuildOptions => "build-options",
            Reason::BuildsFromSource => "builds-from-source",
            Reason::Constraint => "constraint",
            Reason::Editable => "editable",
            Reason::HashesInConstraints => "hashes-in-constraints",
            Reason::HashesNotRequired => "hashes-not-required",
            Reason::NoHash => "no-hash",
            Reason::NoSha256 => "no-sha256",
            Reason::OwnProject => "own-project",
            Reason::Path => "path",
            Reason::Unpinned => "unpinned",
            Reason::UnknownHash => "unknown-hash",
            Reason::UnknownMember(_) => UNKNOWN_MEMBER,
            Reason::Url => "url",
            Reason::Vcs => "vcs",
            Reason::WeakHash => "weak-hash",
            Reason::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Reason::AttestationIdentities => {
                "the entry pins attestation identities, which are not checked"
            }
            Reason::BuildOptions => {
                "the option changes what is built from source, which no hash \
                 pins"
            }
            Reason::BuildsFromSource => {
                "only sdists are pinned: installing one runs build requirements that no hash pins"
            }
            Reason::Constraint => "a constraint without a hash, which installs nothing by itself",
            Reason::Editable => "an editable source tree",
            Reason::HashesInConstraints => {
                "only a constraint has hashes: pip uses them, `uv pip sync` does not"
            }
            Reason::HashesNotRequired => {
                "with this line, pip installs dependencies that have no \
                hash"
            }
            Reason::NoHash => "no hash is pinned",
            Reason::NoSha256 => {
                "no SHA-256 is pinned, and pipenv reads no other hash of a pylock.toml"
            }
            Reason::OwnProject => "the project that the lock file belongs to",
            Reason::Path => "a file or folder of this machine",
            Reason::Unpinned => "not pinned to one version",
            Reason::UnknownHash => "a pinned hash has an unknown algorithm",
            Reason::UnknownMember(member) => {
                return write!(
                    formatter,
                    "the member `{member}` is unknown: an installer may act on it"
                );
            }
            Reason::Url => "a URL, not a project of an index",
            Reason::Vcs => "a checkout from version control",
            Reason::WeakHash => "a pinned hash has a weak algorithm",
            Reason::Zstd => {
                "uv 0.8 to 0.12.6 may install the file that `zstd` pins, which nobody signs"
            }
        })
    }
}

/// The name of a member as `--allow` takes it: all but letters, digits, `-` and `_` are
/// percent-encoded.
pub(super) fn member_name(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

const UNKNOWN_MEMBER: &str = "unknown-member";
