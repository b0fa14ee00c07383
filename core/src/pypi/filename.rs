//! Names of distribution files: which project and which version a file says it is.
//!
//! | kind | recognised | with the project known, also |
//! |---|---|---|
//! | wheel | `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl` (PEP 427), as packaging reads it | names and versions from before the rules |
//! | sdist | `NAME-VERSION` and the extension of an archive that pip or uv takes; what stands behind the last dash must be a version (PEP 440), and behind no dash before it | versions of any form; `bdist_dumb` archives, which look like it |
//! | egg | `NAME-VERSION-pyX.Y[-PLATFORM].egg` | |
//! | installer | `NAME-VERSION.PLATFORM[-pyX.Y].exe` and `.msi`, where the platform begins with `win` | versions of any form |
//! | RPM | `NAME-VERSION-RELEASE.ARCHITECTURE.rpm` | versions of any form |
//!
//! `foo-bar-1.0.tar.gz` says by itself only where its version may begin, so an sdist's project is
//! what stands before the last dash; who knows the project has [`FileName::of`] look for it in
//! front, which is never ambiguous. `foo-1-2.tar.gz` may be version 2 of `foo-1`, and installers
//! take it as version 1.post2 of `foo` too: by itself it is nobody's. Not recognised: `.deb` and
//! `.dmg`, signatures, and whatever is not printable ASCII. Extensions are case-sensitive, as
//! installers take them.

use core::fmt;

use super::name::ProjectName;
use super::version::{is_same_version, is_version};

/// The maximum length of a file name, in bytes. File systems allow no more.
pub const FILE_NAME_LENGTH_MAX: usize = 255;

/// The kind of a distribution file, according to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A built distribution (PEP 427).
    Wheel,
    /// A source distribution (PEP 625), or an archive with an older name.
    Sdist,
    /// An egg of setuptools.
    Egg,
    /// An installer for Windows, `.exe` or `.msi`.
    Installer,
    /// A package for RPM.
    Rpm,
}

/// The parsed name of a distribution file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName<'n> {
    /// The whole name.
    pub text: &'n str,
    /// What it says the file is.
    pub kind: FileKind,
    /// The project, normalized.
    pub project: ProjectName,
    /// The version as it is spelled in the name.
    pub version: &'n str,
    /// A wheel's build tag.
    pub build: Option<&'n str>,
    /// What a wheel is for: `PYTHON-ABI-PLATFORM`.
    pub tags: Option<&'n str>,
}

/// The reason why a text is not the name of a distribution file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileNameError {
    /// It can be taken apart in two ways, so that only who knows the project can tell.
    Ambiguous,
    /// It holds what is not printable ASCII, or a slash or backslash.
    Characters,
    /// It has none of the extensions.
    Extension,
    /// It has not the parts that its extension asks for.
    Form,
    /// It is longer than [`FILE_NAME_LENGTH_MAX`].
    Length,
    /// The name in it is not a project's.
    Name,
    /// It is a file of another project than the one that was given.
    Project,
    /// No version stands where one belongs.
    Version,
}

impl<'n> FileName<'n> {
    /// Parses the name of a file whose project is not known.
    ///
    /// # Errors
    /// As [`FileNameError`] says.
    pub fn parse(text: &'n str) -> Result<Self, FileNameError> {
        let (stem, kind) = split_extension(text)?;
        let mut parts = Parts::default();
        match kind {
            FileKind::Wheel => parse_wheel(stem, &mut parts)?,
            FileKind::Sdist => split_last_dash(stem, &mut parts)?,
            FileKind::Egg => {
                let (name, rest) = stem.split_once('-').ok_or(FileNameError::Form)?;
                let (version, python) = rest.split_once('-').ok_or(FileNameError::Form)?;
                if !python.starts_with("py") {
                    return Err(FileNameError::Form);
                }
                (parts.name, parts.version) = (name, version);
            }
            FileKind::Installer => {
                split_last_dash(before_platform(stem).ok_or(FileNameError::Form)?, &mut parts)?
            }
            FileKind::Rpm => {
                split_last_dash(before_release(stem).ok_or(FileNameError::Form)?, &mut parts)?
            }
        }
        let project = ProjectName::new(parts.name).map_err(|_| FileNameError::Name)?;
        if !is_version(parts.version) {
            return Err(FileNameError::Version);
        }
        let mut behind_dashes = parts
            .name
            .match_indices('-')
            .filter_map(|(place, _)| stem.get(place.saturating_add(1)..));
        if kind == FileKind::Sdist && behind_dashes.any(is_version) {
            return Err(FileNameError::Ambiguous);
        }
        Ok(FileName {
            text,
            kind,
            project,
            version: parts.version,
            build: parts.build,
            tags: parts.tags,
        })
    }

    /// Parses the name of a file of a known project. The name must start with that project's name,
    /// in any spelling. The version may have a form from before PEP 440.
    ///
    /// # Errors
    /// [`FileNameError::Project`] if it is a file of another project; others as [`FileNameError`]
    /// says.
    pub fn of(project: &ProjectName, text: &'n str) -> Result<Self, FileNameError> {
        let (stem, kind) = split_extension(text)?;
        let rest = behind(project, stem).ok_or(FileNameError::Project)?;
        let mut parts = Parts { version: rest, ..Parts::default() };
        match kind {
            FileKind::Wheel => split_wheel(rest, &mut parts)?,
            FileKind::Sdist => {}
            FileKind::Egg => {
                let (version, python) = rest.split_once('-').ok_or(FileNameError::Form)?;
                if !python.starts_with("py") {
                    return Err(FileNameError::Form);
                }
                parts.version = version;
            }
            FileKind::Installer => {
                parts.version = before_platform(rest).ok_or(FileNameError::Form)?
            }
            FileKind::Rpm => parts.version = before_release(rest).ok_or(FileNameError::Form)?,
        }
        if !parts.version.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(FileNameError::Version);
        }
        Ok(FileName {
            text,
            kind,
            project: project.clone(),
            version: parts.version,
            build: parts.build,
            tags: parts.tags,
        })
    }

    /// Returns whether two names are spellings of one name: same project, version, build tag,
    /// extension and set of tags. A `.zip` and a `.tar.gz` are different files.
    ///
    /// ```
    /// use picotuf::pypi::FileName;
    ///
    /// let name = FileName::parse("PyYAML-6.0.0-cp313-cp313-win32.whl")?;
    /// assert!(name.is_spelling_of(&FileName::parse("pyyaml-6.0-cp313-cp313-win32.whl")?));
    /// assert!(!name.is_spelling_of(&FileName::parse("pyyaml-6.0-1-cp313-cp313-win32.whl")?));
    /// # Ok::<(), picotuf::pypi::FileNameError>(())
    /// ```
    pub fn is_spelling_of(&self, other: &FileName<'_>) -> bool {
        let same = |one: Option<&str>, other: Option<&str>| match (one, other) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        let tags = match (self.tags, other.tags) {
            (Some(one), Some(other)) => are_same_tags(one, other),
            (one, other) => one == other,
        };
        self.kind == other.kind
            && self.project == other.project
            && is_same_version(self.version, other.version)
            && same(self.build, other.build)
            && same(extension(self.text), extension(other.text))
            && tags
    }
}

/// Returns whether two sets of tags, as `PYTHON.PYTHON-ABI-PLATFORM.PLATFORM`, are the same.
fn are_same_tags(one: &str, other: &str) -> bool {
    let all_in = |one: &str, other: &str| {
        one.split('.').all(|tag| other.split('.').any(|known| known.eq_ignore_ascii_case(tag)))
    };
    one.split('-').count() == other.split('-').count()
        && one
            .split('-')
            .zip(other.split('-'))
            .all(|(one, other)| all_in(one, other) && all_in(other, one))
}

fn extension(text: &str) -> Option<&'static str> {
    let ends_with = |extension: &str| {
        let end = text.len().checked_sub(extension.len()).and_then(|start| text.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    EXTENSIONS.iter().find(|(extension, _)| ends_with(extension)).map(|(extension, _)| *extension)
}

impl FileKind {
    /// Returns the name of the kind, for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            FileKind::Wheel => "wheel",
            FileKind::Sdist => "sdist",
            FileKind::Egg => "egg",
            FileKind::Installer => "installer",
            FileKind::Rpm => "rpm",
        }
    }

    /// Returns the kind that the extension of a file name indicates. The case does not matter.
    pub fn of_extension(text: &str) -> Option<Self> {
        let own = extension(text)?;
        EXTENSIONS.iter().find(|(extension, _)| *extension == own).map(|(_, kind)| *kind)
    }
}

/// The pieces of a name.
#[derive(Default)]
struct Parts<'n> {
    name: &'n str,
    version: &'n str,
    build: Option<&'n str>,
    tags: Option<&'n str>,
}

fn split_extension(text: &str) -> Result<(&str, FileKind), FileNameError> {
    if text.len() > FILE_NAME_LENGTH_MAX {
        return Err(FileNameError::Length);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\')) {
        return Err(FileNameError::Characters);
    }
    let known = EXTENSIONS
        .iter()
        .find_map(|(extension, kind)| Some((text.strip_suffix(extension)?, *kind)));
    known.ok_or(FileNameError::Extension)
}

/// Returns what stands behind the project's name and a dash. There is at most one place where it
/// can begin, as a name ends in a letter or digit.
fn behind<'n>(project: &ProjectName, stem: &'n str) -> Option<&'n str> {
    stem.match_indices('-')
        .find(|(place, _)| stem.get(..*place).is_some_and(|front| project.names(front)))
        .and_then(|(place, dash)| stem.get(place.saturating_add(dash.len())..))
}

/// PEP 427, as packaging reads it.
fn parse_wheel<'n>(stem: &'n str, parts: &mut Parts<'n>) -> Result<(), FileNameError> {
    let (name, rest) = stem.split_once('-').ok_or(FileNameError::Form)?;
    // A search for text would bring more code to the web than one for bytes, as below.
    if name.as_bytes().windows(2).any(|two| two == b"__") {
        return Err(FileNameError::Name);
    }
    parts.name = name;
    split_wheel(rest, parts)?;
    let Some((python, others)) = parts.tags.and_then(|tags| tags.split_once('-')) else {
        return Err(FileNameError::Form);
    };
    let whole = |tag: &str| tag.split('.').all(|one| !one.is_empty());
    if python.split('.').all(is_identifier) && others.split('-').all(whole) {
        Ok(())
    } else {
        Err(FileNameError::Form)
    }
}

/// `VERSION[-BUILD]-PYTHON-ABI-PLATFORM`
fn split_wheel<'n>(rest: &'n str, parts: &mut Parts<'n>) -> Result<(), FileNameError> {
    let (version, rest) = rest.split_once('-').ok_or(FileNameError::Form)?;
    let (build, tags) = match rest.matches('-').count() {
        2 => (None, rest),
        3 => rest
            .split_once('-')
            .map(|(build, tags)| (Some(build), tags))
            .ok_or(FileNameError::Form)?,
        _ => return Err(FileNameError::Form),
    };
    if build.is_some_and(|build| !build.starts_with(|first: char| first.is_ascii_digit())) {
        return Err(FileNameError::Form);
    }
    (parts.version, parts.build, parts.tags) = (version, build, Some(tags));
    Ok(())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A version of PEP 440 has no dash in a file's name, so it is what stands behind the last one.
fn split_last_dash<'n>(stem: &'n str, parts: &mut Parts<'n>) -> Result<(), FileNameError> {
    (parts.name, parts.version) = stem.rsplit_once('-').ok_or(FileNameError::Form)?;
    Ok(())
}

/// Returns what stands before `.win32`, `.win-amd64-py2.7` and the like.
fn before_platform(stem: &str) -> Option<&str> {
    let place = stem.as_bytes().windows(4).rposition(|four| four == b".win")?;
    stem.get(..place)
}

/// Returns what stands before `-1.noarch`.
fn before_release(stem: &str) -> Option<&str> {
    let (rest, _architecture) = stem.rsplit_once('.')?;
    rest.rsplit_once('-').map(|(rest, _release)| rest)
}

impl fmt::Display for FileNameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileNameError::Ambiguous => {
                formatter.write_str("the name is ambiguous without the project's name")
            }
            FileNameError::Characters => {
                formatter.write_str("the name has a slash, or a character outside printable ASCII")
            }
            FileNameError::Extension => formatter.write_str(
                "the name is not that of a wheel, an sdist or an older \
                     distribution",
            ),
            FileNameError::Form => {
                formatter.write_str("the name lacks parts that its extension requires")
            }
            FileNameError::Length => {
                write!(formatter, "the name is longer than {FILE_NAME_LENGTH_MAX} bytes")
            }
            FileNameError::Name => {
                formatter.write_str("the name does not begin with a valid project name")
            }
            FileNameError::Project => formatter.write_str("the file belongs to another project"),
            FileNameError::Version => formatter.write_str("the name has no valid version"),
        }
    }
}

impl core::error::Error for FileNameError {}

const EXTENSIONS: &[(&str, FileKind)] = &[
    (".whl", FileKind::Wheel),
    (".tar.gz", FileKind::Sdist),
    (".zip", FileKind::Sdist),
    (".tgz", FileKind::Sdist),
    (".tar.bz2", FileKind::Sdist),
    (".tar.xz", FileKind::Sdist),
    (".tar.lz", FileKind::Sdist),
    (".tar.lzma", FileKind::Sdist),
    (".tar.zst", FileKind::Sdist),
    (".tar.Z", FileKind::Sdist),
    (".tar", FileKind::Sdist),
    (".tbz", FileKind::Sdist),
    (".txz", FileKind::Sdist),
    (".tlz", FileKind::Sdist),
    (".egg", FileKind::Egg),
    (".exe", FileKind::Installer),
    (".msi", FileKind::Installer),
    (".rpm", FileKind::Rpm),
];

#[cfg(test)]
mod tests;
