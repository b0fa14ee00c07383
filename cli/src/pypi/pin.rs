//! What a lock file pins, against what is signed.
//!
//! A file that a lock file names has to be of the project and the version that the lock file says it is. A hash without a name has to be
//! that of a signed file of that project and version. Several such hashes of one requirement are files of which an installer takes
//! any one, so each of them has to hold: one that nobody signed would let an unsigned file in.

use picotuf::pypi::{FileName, ProjectName, matches_pin};

use super::checker::{Checker, not_checkable};
use super::claim::{Claim, Finding, Requirement};
use crate::error::CliError;
use crate::lock::{Hash, Pinned, PinnedFile, Reason};

/// Why a pinned file does not hold.
#[derive(Debug)]
pub(crate) enum Unsigned {
    /// What is signed speaks against it, or nothing that is signed speaks for it.
    Refused(CliError),
    /// It could not be compared; the error's code is the reason.
    Unchecked(CliError),
}

/// Checks one file of a pin.
pub(crate) fn check_pin(
    pinned: &Pinned,
    file: &PinnedFile,
    requirement: Option<Requirement>,
    checker: &mut Checker<'_>,
) -> Result<Finding, Unsigned> {
    check(pinned, file, requirement, checker).map_err(|error| match error.detail().code {
        NOT_CHECKABLE | NO_COMMON_HASH => Unsigned::Unchecked(error),
        _ => Unsigned::Refused(error),
    })
}

fn check(
    pinned: &Pinned,
    file: &PinnedFile,
    requirement: Option<Requirement>,
    checker: &mut Checker<'_>,
) -> Result<Finding, CliError> {
    let project = ProjectName::new(&pinned.project)
        .map_err(|error| CliError::new("project-name", "caller", format!("{:?}: {error}", pinned.project)))?;
    // Before anything is asked: a lock file that contradicts itself is wrong whoever signed the file.
    let spelled = match &file.file_name {
        Some(name) => Some(agree(&project, pinned, name)?.to_owned()),
        None => pinned.version.clone(),
    };
    let hashes = file.digests();
    if hashes.is_empty() {
        return Err(not_checkable("its hashes are of kinds that are not signed in repositories"));
    }
    let claim = Claim {
        project: project.clone(),
        version: spelled,
        file_name: file.file_name.clone(),
        hashes,
        length: file.size,
    };
    let finding = checker.check(&claim)?;
    every_hash_was_compared(file, &finding)?;
    if let (None, Some(name)) = (&file.file_name, &finding.file_name) {
        agree(&project, pinned, name).map_err(|error| error.target(&finding.target))?;
    }
    finding.require(requirement)?;
    Ok(finding)
}

/// An installer may go by any one hash that stands with a file, so that each has to be one of what is signed.
fn every_hash_was_compared(file: &PinnedFile, finding: &Finding) -> Result<(), CliError> {
    let compared =
        |hash: &&Hash| hash.digest().is_some_and(|digest| finding.compared.contains(&digest.algorithm().name()));
    match file.hashes.iter().find(|hash| !compared(hash)) {
        None => Ok(()),
        Some(other) => {
            let (compared, other) = (finding.compared.join(", "), other.algorithm.name());
            let message = format!(
                "its {other} hash cannot be compared, only {compared} is signed: an installer may go by either"
            );
            Err(CliError::new(NO_COMMON_HASH, "caller", message).target(&finding.target))
        }
    }
}

/// The version in a file's name, if the file is one of that pin.
fn agree<'n>(project: &ProjectName, pinned: &Pinned, name: &'n str) -> Result<&'n str, CliError> {
    let name = FileName::of(project, name).map_err(|error| {
        CliError::new("file-name", "caller", format!("{name:?} is pinned for {}: {error}", project.as_str()))
    })?;
    match &pinned.version {
        Some(version) if !matches_pin(version, name.version) => {
            let message = format!("{} is pinned for version {version}, and is of version {}", name.text, name.version);
            Err(CliError::new("other-version", "caller", message).values(version.as_str(), name.version))
        }
        _ => Ok(name.version),
    }
}

/// Whether entries of that kind are no part of what is installed from an index.
pub(crate) fn never_counts(why: Reason) -> bool {
    matches!(why, Reason::OwnProject | Reason::Constraint)
}

/// The reasons that `--allow` may name.
pub(crate) const ALLOWABLE: [&str; 12] = [
    "editable",
    NO_COMMON_HASH,
    "no-hash",
    NOT_CHECKABLE,
    NOTHING_PINNED,
    "path",
    super::QUARANTINED,
    "unknown-hash",
    "unpinned",
    "url",
    "vcs",
    "weak-hash",
];

/// Of lock files, and not of one entry: none of them pins anything.
pub(crate) const NOTHING_PINNED: &str = "nothing-pinned";
const NOT_CHECKABLE: &str = "not-checkable";
const NO_COMMON_HASH: &str = "no-common-hash";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Place;

    #[test]
    fn every_reason_that_counts_may_be_allowed() {
        use Reason as R;
        let all = [
            R::Constraint,
            R::Editable,
            R::NoHash,
            R::OwnProject,
            R::Path,
            R::Unpinned,
            R::UnknownHash,
            R::Url,
            R::Vcs,
            R::WeakHash,
        ];
        for why in all {
            assert_eq!(ALLOWABLE.contains(&why.code()), !never_counts(why), "{}", why.code());
        }
    }

    #[test]
    fn a_file_is_of_the_project_and_version_that_pin_it() {
        let place = Place { file: std::path::Path::new("uv.lock").into(), line: 1 };
        let pin = |version: Option<&str>| Pinned {
            project: "Django".to_owned(),
            version: version.map(str::to_owned),
            files: Vec::new(),
            index: None,
            place: place.clone(),
        };
        let django = ProjectName::new("django").unwrap();
        let code = |pin: &Pinned, name| agree(&django, pin, name).map_err(|error| error.detail().code);
        let five = pin(Some("5.1"));
        assert_eq!(code(&five, "django-5.1-py3-none-any.whl"), Ok("5.1"));
        assert_eq!(code(&five, "Django-5.1.0.tar.gz"), Ok("5.1.0"));
        assert_eq!(code(&five, "django-1.0-py3-none-any.whl"), Err("other-version"));
        assert_eq!(code(&five, "django-5.1.post1.tar.gz"), Err("other-version"));
        assert_eq!(code(&five, "django-5.1.exe.txt"), Err("file-name"));
        assert_eq!(code(&five, "numpy-5.1.tar.gz"), Err("file-name"));
        assert_eq!(code(&five, "django-extensions-5.1.tar.gz"), Err("other-version"));
        let cpu = pin(Some("5.1+cpu"));
        assert_eq!(code(&five, "django-5.1+cpu-py3-none-any.whl"), Ok("5.1+cpu"));
        assert_eq!(code(&cpu, "django-5.1+CPU-py3-none-any.whl"), Ok("5.1+CPU"));
        assert_eq!(code(&cpu, "django-5.1-py3-none-any.whl"), Err("other-version"));
        assert_eq!(code(&pin(None), "django-1.0-py3-none-any.whl"), Ok("1.0"));
    }
}
