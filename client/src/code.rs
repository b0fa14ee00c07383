//! The codes of this crate's errors, and who is to blame for each.

use std::fmt;

use serde::{Serialize, Serializer};

/// Who has to act on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The maintainers of the repository or of a mirror; an attacker may have changed its files.
    Repository,
    /// The caller: an argument, an option or a file of the user is wrong.
    Caller,
    /// The caller, who may be able to raise a limit.
    Limit,
    /// Nobody: the metadata is valid but not supported.
    Unsupported,
    /// The operators of the network or of a server.
    Transport,
    /// The user of this machine: its disk, its clock or another process.
    System,
}

impl Blame {
    /// Returns the name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Blame::Repository => "repository",
            Blame::Caller => "caller",
            Blame::Limit => "limit",
            Blame::Unsupported => "unsupported",
            Blame::Transport => "transport",
            Blame::System => "system",
        }
    }
}

impl From<picotuf::Blame> for Blame {
    fn from(blame: picotuf::Blame) -> Self {
        match blame {
            picotuf::Blame::Caller => Blame::Caller,
            picotuf::Blame::Limit => Blame::Limit,
            picotuf::Blame::Unsupported => Blame::Unsupported,
            _ => Blame::Repository,
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Blame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

macro_rules! codes {
    ($($(#[doc = $text:literal])+ $name:ident = $code:literal, $blame:ident;)*) => {
        /// The code of an error that is not a verdict of [`picotuf::Error`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $text])+ $name,)*
        }

        impl Code {
            /// All codes, in alphabetical order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// Returns the stable code in kebab case, as in messages and JSON.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Code::$name => $code,)*
                }
            }

            /// Returns the meaning of the code, in one line.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($text),+).trim_ascii(),)*
                }
            }

            /// Returns who has to act, unless an error sets another blame.
            pub const fn blame(self) -> Blame {
                match self {
                    $(Code::$name => Blame::$blame,)*
                }
            }
        }
    };
}

codes! {
    /// The metadata folder trusts another root.
    AnotherRootTrusted = "already-initialized", Caller;
    /// A file that has to be attested is not, or is no longer.
    AttestationGone = "attestation-gone", Repository;
    /// A stored file changed while it was in use.
    ChangedMeanwhile = "changed-meanwhile", System;
    /// The system clock cannot be read.
    Clock = "clock", System;
    /// Another process has stored newer metadata in the same folder.
    ConcurrentUpdate = "concurrent-update", System;
    /// The connection failed or was closed early.
    Connection = "connection", Transport;
    /// The server sent a compressed body without a request for one.
    ContentEncoding = "content-encoding", Transport;
    /// A known member of a target's `custom` is malformed.
    CustomField = "custom-field", Repository;
    /// `picotuf demo` failed, which is a bug.
    DemoFailed = "demo-failed", Caller;
    /// A file name does not tell the project and version of the file.
    FileName = "file-name", Caller;
    /// Some of the checked files do not verify.
    FilesRefused = "files-refused", Caller;
    /// Some of the entries cannot be checked, and their reasons are not allowed.
    FilesUnchecked = "files-unchecked", Caller;
    /// The server answered with an unexpected status.
    HttpStatus = "http-status", Transport;
    /// The page of an index is not JSON as PEP 691 describes it.
    IndexPage = "index-page", Repository;
    /// What installers left in an environment is malformed.
    InvalidEnvironment = "invalid-environment", System;
    /// A lock file is malformed.
    InvalidLockFile = "invalid-lock-file", Caller;
    /// The file of publishers is malformed.
    InvalidPublishers = "invalid-publishers", Caller;
    /// The operating system refused to read or write a file.
    Io = "io", System;
    /// A layout file is malformed.
    Layout = "layout", Caller;
    /// A list of file names is too long.
    ListLength = "list-length", Limit;
    /// A lock file is longer or more deeply nested than is allowed.
    LockFileLimit = "lock-file-limit", Limit;
    /// A command wrote the address of its proxy into a lock file, which was put back.
    LockNamesProxy = "lock-names-proxy", Caller;
    /// Another process writes to the mirror.
    MirrorBusy = "mirror-busy", System;
    /// Some roles or targets could not be mirrored.
    MirrorIncomplete = "mirror-incomplete", Repository;
    /// The audited mirror has faults.
    MirrorNotWhole = "mirror-not-whole", Repository;
    /// A required setting is missing.
    MissingSetting = "missing-setting", Caller;
    /// A listed target has no file.
    MissingTarget = "missing-target", Repository;
    /// A report of `picotuf mirror --check` has no result.
    NoAudit = "no-audit", Repository;
    /// The file has no known hash with an algorithm that is signed.
    NoCommonHash = "no-common-hash", Caller;
    /// The repository signs no hash of the METADATA of the wheel.
    NoCoreMetadata = "no-core-metadata", Repository;
    /// The folder is no Python environment.
    NoEnvironment = "no-environment", Caller;
    /// The folder of a repository does not exist.
    NoRepository = "no-repository", Transport;
    /// The index has no attestations of the file.
    NotAttested = "not-attested", Repository;
    /// The layout needs a file name or a hash that is not known.
    NotCheckable = "not-checkable", Caller;
    /// The index does not list the project or the file.
    NotInIndex = "not-in-index", Caller;
    /// The signed index page does not name the file.
    NotInPage = "not-in-page", Repository;
    /// The metadata folder has no trusted root.
    NotInitialized = "not-initialized", Caller;
    /// A file may have to be built from source, and wheels are required.
    NotOnlyWheels = "not-only-wheels", Caller;
    /// Nobody has accepted the publisher of an attested file.
    NotPinned = "not-pinned", Caller;
    /// The metadata folder has no such role.
    NotStored = "not-stored", System;
    /// A stored role does not verify.
    NotVerified = "not-verified", System;
    /// The answer of an index is needed, and is not stored.
    NothingStored = "nothing-stored", System;
    /// The named files contain nothing to check.
    NothingToCheck = "nothing-to-check", Caller;
    /// The reports are of different audits.
    OtherAudit = "other-audit", Caller;
    /// The publishers of a project are pinned for another index than the locked one.
    OtherIndexPinned = "other-index-pinned", Caller;
    /// The signer of the file does not meet the requirements.
    OtherSigner = "other-signer", Repository;
    /// A file name has another version than the pin.
    OtherVersion = "other-version", Caller;
    /// A link of an index page leads to a forbidden place.
    PageLink = "page-link", Repository;
    /// A part of an audit is missing.
    PartMissing = "part-missing", Caller;
    /// A part of an audit occurs twice.
    PartTwice = "part-twice", Caller;
    /// A project name is malformed.
    ProjectName = "project-name", Caller;
    /// The repository lists no target of the project.
    ProjectNotFound = "project-not-found", Repository;
    /// A file is attested by another publisher than the pinned one.
    PublisherChanged = "publisher-changed", Repository;
    /// The pinned publisher's repository has another name now.
    PublisherRenamed = "publisher-renamed", Caller;
    /// The signed index page says that the project is quarantined (PEP 792).
    QuarantinedProject = "quarantined-project", Repository;
    /// An installed file is not the one that its RECORD lists.
    RecordMismatch = "record-mismatch", System;
    /// A redirect leads to a forbidden URL.
    Redirect = "redirect", Transport;
    /// A symbolic link is in the place of a file or a folder.
    SymbolicLink = "symbolic-link", System;
    /// A request took too long.
    Timeout = "timeout", Transport;
    /// The TLS handshake with the server failed.
    Tls = "tls", Transport;
    /// A transfer is slower than the minimum rate.
    TooSlow = "too-slow", Transport;
    /// A file of a mirror cannot be read.
    Unreadable = "unreadable", System;
    /// A mirror cannot store the file of the role.
    UnsafeRoleName = "unsafe-role-name", Repository;
    /// A target path cannot be used as a local path or in a URL.
    UnsafeTargetPath = "unsafe-target-path", Repository;
    /// The format or version of a lock file is not supported.
    UnsupportedLockFile = "unsupported-lock-file", Caller;
    /// The arguments of the program or the library are wrong.
    Usage = "usage", Caller;
    /// A mirror's root differs from the trusted one.
    WrongRoot = "wrong-root", Repository;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_the_same_as_in_the_core() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.code()).collect();
        assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
        assert_eq!(Code::AnotherRootTrusted.code(), picotuf::anchor::Refusal::CODE);
        assert_eq!(Code::UnsafeTargetPath.code(), picotuf::target_path::UnsafePath::CODE);
        assert!(Code::ALL.iter().all(|code| code.meaning().ends_with('.')));
    }
}
