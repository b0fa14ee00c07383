//! Checks of pinned files against the signed targets.
//!
//! A file that a lock file names must belong to the pinned project and version. A hash without a
//! file name must be that of a signed file of the pinned project and version. If a requirement has
//! several such hashes, an installer may choose any of the files, so each hash must verify: one
//! that nobody signed would admit an unsigned file.

use picotuf::pypi::{FileKind, FileName, ProjectName, matches_pin};

use super::allow::{Allowed, allowed_index, allows, other_index};
use super::checker::{Checker, not_checkable};
use super::claim::{Claim, Finding, Requirement};
use crate::code::Code;
use crate::error::{Error, Kind};
use crate::lock::{Hash, Pinned, PinnedFile, Reason};

/// Why a pinned file does not verify.
#[derive(Debug)]
pub enum Unsigned {
    /// The signed target differs, or no trusted role lists the file.
    Refused(Error),
    /// The file cannot be compared, for this reason, which may be allowed.
    Unchecked(UncheckedReason),
}

/// Why something cannot be checked.
#[derive(Clone, Debug)]
pub struct UncheckedReason {
    /// The stable code of the reason, as `--allow` takes it.
    pub code: String,
    /// The message.
    pub why: String,
    /// Whether the caller accepts the reason.
    pub allowed: bool,
    /// Whether the caller may accept the reason: not where the publisher of the project is pinned.
    pub may_be_allowed: bool,
}

impl UncheckedReason {
    /// A reason that the caller may accept, and does if it is `allowed`.
    pub fn new(code: impl Into<String>, why: String, allowed: bool) -> Self {
        UncheckedReason { code: code.into(), why, allowed, may_be_allowed: true }
    }

    /// A reason that the caller cannot accept.
    pub(crate) fn of_pinned(code: impl Into<String>, why: String) -> Self {
        UncheckedReason { code: code.into(), why, allowed: false, may_be_allowed: false }
    }
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
    // The file name has two spellings: the hash decides.
    if let (Err(error), Some(other)) = (&checked, &file.other_name)
        && (is_unlisted(error) || matches!(error.core(), Some(picotuf::Error::HashMismatch { .. })))
        && let Ok(finding) = check(pinned, file, Some(other), required, checker)
    {
        checked = Ok(finding);
    }
    checked.map_err(|error| match error.kind() {
        _ if is_unlisted(&error) => {
            let indexes = &pinned.indexes[..];
            match (allowed_index(allowed, indexes), &pinned.direct) {
                (Some(index), _) => {
                    let why = format!(
                        "the repository does not list the file, which may come from \
                             {index}"
                    );
                    Unsigned::Unchecked(UncheckedReason::new(other_index(index), why, true))
                }
                (None, Some(why)) => {
                    let why_not = format!("the repository does not list the file; it is {why}");
                    let code = why.code();
                    let allowed = allows(allowed, &code);
                    Unsigned::Unchecked(UncheckedReason::new(code, why_not, allowed))
                }
                (None, None) if error.is(Code::NotCheckable) => unchecked(&error, allowed),
                (None, None) if indexes.is_empty() => Unsigned::Refused(error),
                (None, None) => Unsigned::Refused(locked_from(error, indexes)),
            }
        }
        Kind::Client(Code::NotCheckable | Code::NoCommonHash) => unchecked(&error, allowed),
        _ => Unsigned::Refused(error),
    })
}

fn unchecked(error: &Error, allowed: &[Allowed]) -> Unsigned {
    let code = error.code();
    let why = error.detail().message.clone();
    Unsigned::Unchecked(UncheckedReason::new(code, why, allows(allowed, code)))
}

/// Returns whether the repository lists neither the file nor an index page for it. If a listed page
/// cannot answer, the error has a delegation path.
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

/// Adds the indexes of the lock file to an error.
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
        agree(&claim.project, pinned.version.as_deref(), name)
            .map_err(|error| error.target(&finding.target))?;
    }
    finding.require(required)?;
    Ok(finding)
}

/// Returns the claim that a lock file makes about a file.
///
/// # Errors
/// Returns an error if the lock file contradicts itself, or nothing in it can be compared.
pub(crate) fn claim(
    pinned: &Pinned,
    file: &PinnedFile,
    file_name: Option<&str>,
) -> Result<Claim, Error> {
    let project = ProjectName::new(&pinned.project)
        .map_err(|error| Error::new(Code::ProjectName, format!("{:?}: {error}", pinned.project)))?;
    let spelled = match file_name {
        Some(name) => Some(agree(&project, pinned.version.as_deref(), name)?.to_owned()),
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

/// What an installer may build from source for a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builds {
    /// Nothing: all files are wheels.
    Nothing,
    /// An sdist, if the installer cannot use any of the wheels.
    Perhaps,
    /// An sdist, always: the pin has no wheels.
    Always,
}

impl Builds {
    /// Returns what the file names imply. Everything except wheels must be built, with code and
    /// build requirements that no hash pins.
    pub fn of<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Builds {
        let is_wheel = |name: &str| FileKind::of_extension(name) == Some(FileKind::Wheel);
        match (names.clone().any(is_wheel), names.clone().all(is_wheel)) {
            (_, true) => Builds::Nothing,
            (true, false) => Builds::Perhaps,
            (false, false) => Builds::Always,
        }
    }

    /// Fails if wheels are required and the pin has another distribution.
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

/// Checks that every pinned hash was compared, because an installer may use any of them.
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

/// Returns the version in a file name, if it agrees with the pinned project and version.
pub(crate) fn agree<'n>(
    project: &ProjectName,
    version: Option<&str>,
    name: &'n str,
) -> Result<&'n str, Error> {
    let name = FileName::of(project, name).map_err(|error| {
        Error::new(Code::FileName, format!("{name:?} is pinned for {}: {error}", project.as_str()))
    })?;
    match version {
        Some(version) if !matches_pin(version, name.version) => {
            let message = format!(
                "{} is pinned for version {version}, but its name has version {}",
                name.text, name.version
            );
            Err(Error::new(Code::OtherVersion, message).values(version, name.version))
        }
        _ => Ok(name.version),
    }
}

/// Returns whether entries with this reason are not installed from an index.
pub fn never_counts(why: &Reason) -> bool {
    matches!(why, Reason::OwnProject | Reason::Constraint)
}

/// The index whose files the repository signs. Errors do not suggest to allow it as another index.
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
            hosted_by: None,
            identities: None,
            direct: None,
            place: place.clone(),
        };
        let django = ProjectName::new("django").unwrap();
        let code = |pin: &Pinned, name| {
            agree(&django, pin.version.as_deref(), name).map_err(|error| error.code())
        };
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
