//! The reasons for which an entry of a lock file cannot be checked.

use std::fmt::{self, Write as _};

/// The reason why an entry cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The entry pins attestation identities, which are not checked.
    AttestationIdentities,
    /// The line changes how packages are built, or makes pip build them.
    BuildOptions,
    /// Only sdists are pinned: installing one runs code that is not pinned.
    BuildsFromSource,
    /// The entry is a constraint without a hash. It installs nothing by itself.
    Constraint,
    /// The entry is an editable source tree.
    Editable,
    /// No hash of the installed distribution was recorded.
    HashNotRecorded,
    /// Only a constraint has hashes: pip uses them, uv does not.
    HashesInConstraints,
    /// Unpinned files may be installed too.
    HashesNotRequired,
    /// The entry has no hash.
    NoHash,
    /// Nothing lists the installed files.
    NoRecord,
    /// A file lies among the installed ones, and no list has it.
    NotInRecord,
    /// The entry has no SHA-256, and some installers read no other hash.
    NoSha256,
    /// The entry is the project of the lock file or a member of its workspace, which is not
    /// downloaded.
    OwnProject,
    /// The entry is a file or folder of this machine.
    Path,
    /// The environment also uses the packages of the system.
    SystemPackages,
    /// The entry has no single version.
    Unpinned,
    /// The entry has a hash with an unknown algorithm, or in a place that no known installer reads.
    UnknownHash,
    /// The entry has an unknown member, with this dotted path.
    UnknownMember(String),
    /// The entry is a URL, not a project of an index.
    Url,
    /// The entry is a checkout from version control.
    Vcs,
    /// The entry has a hash with a weak algorithm: MD5, SHA-1 or SHA-224.
    WeakHash,
    /// The entry also pins a compressed form of the wheel, which some releases of uv install
    /// instead.
    Zstd,
}

impl Reason {
    /// Returns the stable code for JSON and `--allow`, in kebab case; `unknown-member:` is followed
    /// by the member.
    pub fn code(&self) -> String {
        match self {
            Reason::UnknownMember(member) => format!("{UNKNOWN_MEMBER}:{member}"),
            other => other.kind().to_owned(),
        }
    }

    /// Returns the code without the member.
    pub fn kind(&self) -> &'static str {
        match self {
            Reason::AttestationIdentities => "identities-not-checked",
            Reason::BuildOptions => "build-options",
            Reason::BuildsFromSource => "builds-from-source",
            Reason::Constraint => "constraint",
            Reason::Editable => "editable",
            Reason::HashNotRecorded => "hash-not-recorded",
            Reason::HashesInConstraints => "hashes-in-constraints",
            Reason::HashesNotRequired => "hashes-not-required",
            Reason::NoHash => "no-hash",
            Reason::NoRecord => "no-record",
            Reason::NotInRecord => "not-in-record",
            Reason::NoSha256 => "no-sha256",
            Reason::OwnProject => "own-project",
            Reason::Path => "path",
            Reason::SystemPackages => "system-packages",
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
            Reason::HashNotRecorded => "the installer recorded no hash of its distribution",
            Reason::HashesInConstraints => {
                "only a constraint has hashes: pip uses them, `uv pip sync` does not"
            }
            Reason::HashesNotRequired => {
                "with this line, pip installs dependencies that have no \
                hash"
            }
            Reason::NoHash => "no hash is pinned",
            Reason::NoRecord => "it has no RECORD, so nothing lists its files",
            Reason::NotInRecord => "no RECORD lists it, and Python may run it",
            Reason::NoSha256 => {
                "no SHA-256 is pinned, and pipenv reads no other hash of a pylock.toml"
            }
            Reason::OwnProject => "the project that the lock file belongs to",
            Reason::Path => "a file or folder of this machine",
            Reason::SystemPackages => "the environment uses them too, and they are not looked at",
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

/// Returns the name of a member for `--allow`: everything except letters, digits, `-` and `_` is
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
