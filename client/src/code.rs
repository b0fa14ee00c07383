//! The codes of this crate's errors, and who is to blame for each.

use std::fmt;

use serde::{Serialize, Serializer};

/// Who has to do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The repository, or whoever changed its files on the way.
    Repository,
    /// The caller: an argument, an option or a file of the user's.
    Caller,
    /// A limit, which the caller may raise for some errors.
    Limit,
    /// Nobody: something valid is not supported.
    Unsupported,
    /// The network or a server.
    Transport,
    /// This machine: its disk, its clock, another process.
    System,
}

impl Blame {
    /// The name in JSON, in kebab case.
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
        /// What went wrong, beside the verdicts of [`picotuf::Error`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $text])+ $name,)*
        }

        impl Code {
            /// All codes, in alphabetical order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The stable code in kebab case, as errors and JSON show it.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Code::$name => $code,)*
                }
            }

            /// The meaning of the code, in one line.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($text),+).trim_ascii(),)*
                }
            }

            /// Who is to blame, unless an error says otherwise.
            pub const fn blame(self) -> Blame {
                match self {
                    $(Code::$name => Blame::$blame,)*
                }
            }
        }
    };
}

codes! {
    /// Another root is trusted than the one that was given.
    AnotherRootTrusted = "already-initialized", Caller;
    /// A file that has to be attested is not, or is no longer.
    AttestationGone = "attestation-gone", Repository;
    /// A stored file changed while it was in use.
    ChangedMeanwhile = "changed-meanwhile", System;
    /// The system clock cannot be read.
    Clock = "clock", System;
    /// Another process stored something newer in the same folder.
    ConcurrentUpdate = "concurrent-update", System;
    /// No connection could be made, or it was cut.
    Connection = "connection", Transport;
    /// The server sent a compressed body that was not asked for.
    ContentEncoding = "content-encoding", Transport;
    /// A known member of a target's `custom` is malformed.
    CustomField = "custom-field", Repository;
    /// The program's own demonstration failed.
    DemoFailed = "demo-failed", Caller;
    /// A file name does not say which project and version the file belongs to.
    FileName = "file-name", Caller;
    /// Some of the checked files do not verify.
    FilesRefused = "files-refused", Caller;
    /// Some of the entries cannot be checked, and their reasons are not allowed.
    FilesUnchecked = "files-unchecked", Caller;
    /// The server answered with an unexpected status.
    HttpStatus = "http-status", Transport;
    /// The page of an index is not JSON as PEP 691 describes it.
    IndexPage = "index-page", Repository;
    /// A lock file is malformed.
    InvalidLockFile = "invalid-lock-file", Caller;
    /// The file of publishers is malformed.
    InvalidPublishers = "invalid-publishers", Caller;
    /// The operating system refused to read or write a file.
    Io = "io", System;
    /// The description of a repository layout cannot be used.
    Layout = "layout", Caller;
    /// A list of file names is too long.
    ListLength = "list-length", Limit;
    /// A lock file is longer or more deeply nested than is allowed.
    LockFileLimit = "lock-file-limit", Limit;
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
    /// A report has no audit.
    NoAudit = "no-audit", Repository;
    /// No hash that is known of the file is signed.
    NoCommonHash = "no-common-hash", Caller;
    /// Nothing is signed of the metadata of a wheel.
    NoCoreMetadata = "no-core-metadata", Repository;
    /// The folder of a repository does not exist.
    NoRepository = "no-repository", Transport;
    /// The index has no attestations of the file.
    NotAttested = "not-attested", Repository;
    /// The layout cannot look the file up with what is known of it.
    NotCheckable = "not-checkable", Caller;
    /// The index does not list the project or the file.
    NotInIndex = "not-in-index", Caller;
    /// The signed index page does not name the file.
    NotInPage = "not-in-page", Repository;
    /// The metadata folder has no trusted root.
    NotInitialized = "not-initialized", Caller;
    /// A file has to be built, or may be, and wheels are required.
    NotOnlyWheels = "not-only-wheels", Caller;
    /// Nobody has accepted the publisher of an attested file.
    NotPinned = "not-pinned", Caller;
    /// The metadata folder has no such role.
    NotStored = "not-stored", System;
    /// A stored role does not verify.
    NotVerified = "not-verified", System;
    /// Nothing was named that can be checked.
    NothingToCheck = "nothing-to-check", Caller;
    /// Reports are of different audits.
    OtherAudit = "other-audit", Caller;
    /// A project's publishers are pinned for another index than the one that it is locked from.
    OtherIndexPinned = "other-index-pinned", Caller;
    /// The file is signed by others than is required.
    OtherSigner = "other-signer", Repository;
    /// A file is pinned for another version than its own.
    OtherVersion = "other-version", Caller;
    /// A link of an index page leads where it may not.
    PageLink = "page-link", Repository;
    /// A part of an audit is missing.
    PartMissing = "part-missing", Caller;
    /// A part of an audit is there twice.
    PartTwice = "part-twice", Caller;
    /// A text is no project name.
    ProjectName = "project-name", Caller;
    /// The repository lists nothing of the project.
    ProjectNotFound = "project-not-found", Repository;
    /// A file is attested by another publisher than the pinned one.
    PublisherChanged = "publisher-changed", Repository;
    /// The pinned publisher's repository has another name now.
    PublisherRenamed = "publisher-renamed", Caller;
    /// The signed index page says that the project is quarantined (PEP 792).
    QuarantinedProject = "quarantined-project", Repository;
    /// A redirect leads where it may not.
    Redirect = "redirect", Transport;
    /// A symbolic link stands where a file or a folder is needed.
    SymbolicLink = "symbolic-link", System;
    /// A request took too long.
    Timeout = "timeout", Transport;
    /// The server could not be authenticated.
    Tls = "tls", Transport;
    /// A transfer is slower than the minimum rate.
    TooSlow = "too-slow", Transport;
    /// A file of a mirror cannot be read.
    Unreadable = "unreadable", System;
    /// The file of a role has no place in a mirror.
    UnsafeRoleName = "unsafe-role-name", Repository;
    /// A target path cannot be used as a local path or in a URL.
    UnsafeTargetPath = "unsafe-target-path", Repository;
    /// A lock file is of a format or version that is not supported.
    UnsupportedLockFile = "unsupported-lock-file", Caller;
    /// The program or the library was called wrongly.
    Usage = "usage", Caller;
    /// A mirror has another root than the trusted one.
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
