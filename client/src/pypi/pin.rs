//! What a lock file pins, against what is signed.
//!
//! A file that a lock file names has to be of the project and the version that the lock file says
//! it is. A hash without a name has to be that of a signed file of that project and version.
//! Several such hashes of one requirement are files of which an installer takes any one, so each of
//! them has to hold: one that nobody signed would let an unsigned file in.

use picotuf::pypi::{FileKind, FileName, ProjectName, matches_pin};

use super::allow::{Allowed, allowed_index, allows, other_index};
use super::checker::{Checker, not_checkable};
use super::claim::{Claim, Finding, Requirement};
use crate::code::Code;
use crate::error::{Error, Kind};
use crate::lock::{Hash, Pinned, PinnedFile, Reason};

/// Why a pinned file does not hold.
#[derive(Debug)]
pub enum Unsigned {
    /// What is signed speaks against it, or nothing that is signed speaks for it.
    Refused(Error),
    /// It could not be compared, for this reason; the message says more. Perhaps that is allowed.
    Unchecked(UncheckedReason),
}

/// Why something cannot be checked.
#[derive(Clone, Debug)]
pub struct UncheckedReason {
    /// The stable reason, as `--allow` takes it.
    pub code: String,
    /// The reason in words.
    pub why: String,
    /// Whether the caller accepts that.
    pub allowed: bool,
}

/// Checks one file of a pin.
pub fn check_pin(
    pinned: &Pinned,
    file: &PinnedFile,
    required: &[Requirement],
    allowed: &[Allowed],
    checker: &mut Checker<'_>,
) -> Result<Finding, Unsigned> {
    let mut checked = check(pinned, file, file.file_name.as_deref(), required, checker);
    // One file name in two spellings: the hash decides.
    if let (Err(error), Some(other)) = (&checked, &file.other_name)
        && (is_unlisted(error) || matches!(error.core(), Some(picotuf::Error::HashMismatch { .. })))
        && let Ok(finding) = check(pinned, file, Some(other), required, checker)
    {
        checked = Ok(finding);
    }
    checked.map_err(|error| match error.kind() {
        kind if is_unlisted(&error) => {
            match (allowed_index(allowed, &pinned.indexes), &pinned.indexes[..]) {
                (Some(index), _) => {
                    let why = format!(
                        "the repository does not list the file, which may come from \
                             {index}"
                    );
                    Unsigned::Unchecked(UncheckedReason {
                        code: other_index(index),
                        why,
                        allowed: true,
                    })
                }
                (None, _) if kind == Kind::Client(Code::NotCheckable) => unchecked(&error, allowed),
                (None, []) => Unsigned::Refused(error),
                (None, indexes) => Unsigned::Refused(locked_from(error, indexes)),
            }
        }
        Kind::Client(Code::NotCheckable | Code::NoCommonHash) => unchecked(&error, allowed),
        _ => Unsigned::Refused(error),
    })
}

fn unchecked(error: &Error, allowed: &[Allowed]) -> Unsigned {
    let code = error.code();
    Unsigned::Unchecked(UncheckedReason {
        code: code.to_owned(),
        why: error.detail().message.clone(),
        allowed: allows(allowed, code),
    })
}

/// Whether the repository knows nothing of the file: neither it nor a page that could state it. Of
/// a page that is there and cannot answer, the error has the roles that led to it.
fn is_unlisted(error: &Error) -> bool {
    let detail = error.detail();
    match error.kind() {
        Kind::Client(Code::NotCheckable) => {
            detail.target.is_some() && detail.delegation_path.is_empty()
        }
        Kind::Client(Code::NotInPage) => true,
        _ => error.is_target_not_found(),
    }
}

/// Names the indexes that the file may be from.
fn locked_from(error: Error, indexes: &[String]) -> Error {
    let others: Vec<_> = indexes.iter().filter(|index| !index.starts_with(PYPI)).collect();
    let error = error.also(format!("locked from {}", indexes.join(", ")));
    match others.first() {
        None => error,
        Some(index) => error.hint(format!(
            "if the repository does not sign the files of {index}, use --allow {} to accept \
                 unlisted files",
            other_index(index)
        )),
    }
}

fn check(
    pinned: &Pinned,
    file: &PinnedFile,
    file_name: Option<&str>,
    required: &[Requirement],
    checker: &mut Checker<'_>,
) -> Result<Finding, Error> {
    let claim = claim(pinned, file, file_name)?;
    let finding = checker.check(&claim)?;
    every_hash_was_compared(file, &finding)?;
    if file_name.is_none() && finding.file_name.is_none() {
        let what = "the layout's path names neither file nor project: the hash may belong to \
             another project";
        return Err(not_checkable(what));
    }
    if let (None, Some(name)) = (file_name, &finding.file_name) {
        agree(&claim.project, pinned, name).map_err(|error| error.target(&finding.target))?;
    }
    finding.require(required)?;
    Ok(finding)
}

/// What a lock file says of a file.
///
/// # Errors
/// Where the lock file contradicts itself, whoever signed the file; where nothing of it can be
/// compared.
pub(crate) fn claim(
    pinned: &Pinned,
    file: &PinnedFile,
    file_name: Option<&str>,
) -> Result<Claim, Error> {
    let project = ProjectName::new(&pinned.project)
        .map_err(|error| Error::new(Code::ProjectName, format!("{:?}: {error}", pinned.project)))?;
    let spelled = match file_name {
        Some(name) => Some(agree(&project, pinned, name)?.to_owned()),
        None => pinned.version.clone(),
    };
    let hashes = file.digests();
    if hashes.is_empty() {
        return Err(not_checkable("its hashes have algorithms that repositories do not sign"));
    }
    Ok(Claim {
        project,
        version: spelled,
        file_name: file_name.map(str::to_owned),
        hashes,
        length: file.size,
    })
}

/// What an installer may build to install a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builds {
    /// Nothing: all of its files are wheels.
    Nothing,
    /// An sdist, where it takes none of the wheels.
    Perhaps,
    /// Whatever it takes.
    Always,
}

impl Builds {
    /// What follows from the names of the files. All but wheels have to be built, by code and build
    /// requirements that no hash pins.
    pub fn of<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Builds {
        let is_wheel = |name: &str| FileKind::of_extension(name) == Some(FileKind::Wheel);
        match (names.clone().any(is_wheel), names.clone().all(is_wheel)) {
            (_, true) => Builds::Nothing,
            (true, false) => Builds::Perhaps,
            (false, false) => Builds::Always,
        }
    }

    /// Refuses what may have to be built, where wheels are required.
    pub fn require(self, required: &[Requirement]) -> Result<(), Error> {
        let message = match self {
            Builds::Nothing => return Ok(()),
            Builds::Perhaps => {
                "the pin has an sdist beside its wheels, and --require wheels refuses sdists"
            }
            Builds::Always => {
                "the file must be built from source, and --require wheels refuses \
                 sdists"
            }
        };
        if !required.contains(&Requirement::Wheels) {
            return Ok(());
        }
        Err(Error::new(Code::NotOnlyWheels, message).hint(
            "use wheels; `uv pip compile --no-build --format pylock.toml` locks without sdists",
        ))
    }
}

/// An installer may go by any one hash that stands with a file, so that each has to be one of what
/// is signed.
fn every_hash_was_compared(file: &PinnedFile, finding: &Finding) -> Result<(), Error> {
    let compared = |hash: &&Hash| {
        hash.digest().is_some_and(|digest| finding.compared.contains(&digest.algorithm().name()))
    };
    match file.hashes.iter().find(|hash| !compared(hash)) {
        None => Ok(()),
        Some(other) => {
            let (compared, other) = (finding.compared.join(", "), other.algorithm.name());
            let message = format!(
                "its {other} hash cannot be compared, because only {compared} is signed: an \
                     installer may use either"
            );
            Err(Error::new(Code::NoCommonHash, message).target(&finding.target))
        }
    }
}

/// The version in a file's name, if the file is one of that pin.
fn agree<'n>(project: &ProjectName, pinned: &Pinned, name: &'n str) -> Result<&'n str, Error> {
    let name = FileName::of(project, name).map_err(|error| {
        Error::new(Code::FileName, format!("{name:?} is pinned for {}: {error}", project.as_str()))
    })?;
    match &pinned.version {
        Some(version) if !matches_pin(version, name.version) => {
            let message = format!(
                "{} is pinned for version {version}, but its name has version {}",
                name.text, name.version
            );
            Err(Error::new(Code::OtherVersion, message).values(version.as_str(), name.version))
        }
        _ => Ok(name.version),
    }
}

/// Whether entries of that kind are no part of what is installed from an index.
pub fn never_counts(why: &Reason) -> bool {
    matches!(why, Reason::OwnProject | Reason::Constraint)
}

/// The index that repositories of packages are about: nobody needs to be told to pass it over.
const PYPI: &str = "https://pypi.org/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Place;

    #[test]
    fn a_file_is_of_the_project_and_version_that_pin_it() {
        let place = Place { file: std::path::Path::new("uv.lock").into(), line: 1 };
        let pin = |version: Option<&str>| Pinned {
            project: "Django".to_owned(),
            version: version.map(str::to_owned),
            files: Vec::new(),
            indexes: Vec::new(),
            place: place.clone(),
        };
        let django = ProjectName::new("django").unwrap();
        let code = |pin: &Pinned, name| agree(&django, pin, name).map_err(|error| error.code());
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
