//! The reasons for which `--allow` accepts unchecked entries.

use url::Url;

use crate::code::Code;

/// An accepted reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// The entry is locked from this index, and the repository does not list it.
    OtherIndex(String),
    /// Any other reason, by its code.
    Reason(String),
}

impl Allowed {
    /// Parses one reason.
    ///
    /// # Errors
    /// Returns a message for an unknown reason, and for one without its member or URL.
    pub fn parse(text: &str) -> Result<Allowed, String> {
        match text.split_once(':') {
            None if ALLOWABLE.contains(&text) => Ok(Allowed::Reason(text.to_owned())),
            Some((UNKNOWN_MEMBER, member)) if !member.is_empty() => {
                Ok(Allowed::Reason(text.to_owned()))
            }
            Some((OTHER_INDEX, index)) if !index.is_empty() => {
                Ok(Allowed::OtherIndex(index_key(index)))
            }
            _ => Err(match text.split(':').next().unwrap_or_default() {
                UNKNOWN_MEMBER => {
                    format!(
                        "{UNKNOWN_MEMBER} needs the name of a member: \
                             {UNKNOWN_MEMBER}:TABLE.MEMBER"
                    )
                }
                OTHER_INDEX => {
                    format!("{OTHER_INDEX} needs the URL of an index: {OTHER_INDEX}:URL")
                }
                _ => format!(
                    "expected one of {}, {UNKNOWN_MEMBER}:TABLE.MEMBER, {OTHER_INDEX}:URL",
                    ALLOWABLE.join(", ")
                ),
            }),
        }
    }
}

/// Returns whether the reason with this code is accepted.
pub fn allows(allowed: &[Allowed], code: &str) -> bool {
    allowed.iter().any(|allowed| matches!(allowed, Allowed::Reason(reason) if reason == code))
}

/// Returns the first of the indexes that is accepted as another index.
pub(crate) fn allowed_index<'i>(allowed: &[Allowed], indexes: &'i [String]) -> Option<&'i str> {
    let is_allowed = |index: &&String| allowed.contains(&Allowed::OtherIndex(index_key(index)));
    indexes.iter().find(is_allowed).map(String::as_str)
}

/// Returns the reason that accepts an index.
pub(crate) fn other_index(index: &str) -> String {
    format!("{OTHER_INDEX}:{index}")
}

/// Returns the URL of an index without credentials and trailing slashes, for comparison.
pub(crate) fn index_key(index: &str) -> String {
    let Ok(mut url) = Url::parse(index) else { return index.trim_end_matches('/').to_owned() };
    // A URL without a host has no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// The reasons without a member or URL.
pub(crate) const ALLOWABLE: [&str; 26] = [
    "build-options",
    "builds-from-source",
    "editable",
    "hash-not-recorded",
    "hashes-in-constraints",
    "hashes-not-required",
    "identities-not-checked",
    Code::IndexPage.code(),
    INDEX_UNKNOWN,
    Code::NoCommonHash.code(),
    "no-hash",
    "no-record",
    "no-sha256",
    Code::NotCheckable.code(),
    "not-in-record",
    NOTHING_PINNED,
    "path",
    super::QUARANTINED,
    "system-packages",
    "unknown-hash",
    "unpinned",
    Code::UnsupportedLockFile.code(),
    "url",
    "vcs",
    "weak-hash",
    "zstd",
];

/// The reason for files with an unknown index, which cannot be asked for attestations.
pub(crate) const INDEX_UNKNOWN: &str = "index-unknown";
/// The reason for lock files that pin nothing. It is about all files, not about one entry.
pub const NOTHING_PINNED: &str = "nothing-pinned";
const OTHER_INDEX: &str = "other-index";
const UNKNOWN_MEMBER: &str = "unknown-member";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Reason;
    use crate::pypi::never_counts;

    #[test]
    fn every_reason_that_counts_may_be_allowed() {
        use Reason as R;
        let all = [
            R::AttestationIdentities,
            R::BuildOptions,
            R::BuildsFromSource,
            R::Constraint,
            R::Editable,
            R::HashNotRecorded,
            R::HashesInConstraints,
            R::HashesNotRequired,
            R::NoHash,
            R::NoRecord,
            R::NotInRecord,
            R::NoSha256,
            R::OwnProject,
            R::Path,
            R::SystemPackages,
            R::Unpinned,
            R::UnknownHash,
            R::UnknownMember("packages.x".to_owned()),
            R::Url,
            R::Vcs,
            R::WeakHash,
            R::Zstd,
        ];
        for why in all {
            let code = why.code();
            let allowed = Allowed::parse(&code).is_ok_and(|allowed| allows(&[allowed], &code));
            assert_eq!(allowed, !never_counts(&why), "{code}");
        }
    }

    #[test]
    fn members_and_indexes_are_allowed_one_by_one() {
        for wrong in [
            "unknown-member",
            "unknown-member:",
            "other-index",
            "other-index:",
            "everything",
            "no-hash:x",
            "",
        ] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong}");
        }
        let allowed = [Allowed::parse("unknown-member:packages.x").unwrap()];
        assert!(allows(&allowed, "unknown-member:packages.x"));
        assert!(
            !allows(&allowed, "unknown-member:packages.x.y") && !allows(&allowed, "unknown-member")
        );
        let allowed =
            [Allowed::parse("other-index:https://User:secret@Example.org/simple").unwrap()];
        let indexes = |index: &str| [index.to_owned()];
        for (index, is) in [
            ("https://example.org/simple/", true),
            ("https://example.org:443/simple", true),
            ("https://example.org/simple/x", false),
            ("http://example.org/simple", false),
        ] {
            assert_eq!(allowed_index(&allowed, &indexes(index)).is_some(), is, "{index}");
        }
    }
}
