//! Paths of targets as templates.

use core::fmt::{self, Write};

use heapless::String;

use super::filename::FILE_NAME_LENGTH_MAX;
use super::name::ProjectName;
use crate::hash::{HashAlgorithm, Hashes};
use crate::limits::NAME_LENGTH_MAX;

/// A target path.
pub type TargetPath = String<NAME_LENGTH_MAX>;

/// A path with placeholders in braces, such as `{project}/{filename}`.
///
/// | placeholder | stands for |
/// |---|---|
/// | `{project}` | the project's normalized name |
/// | `{filename}` | the file's name |
/// | `{version}` | the version, as it is spelled in the file's name |
/// | `{sha256}`, `{sha512}`, `{blake2b_256}` | that hash of the file's content, in lowercase hexadecimal digits |
///
/// Behind a placeholder's name, `:START:END` takes a part of its text, in bytes, as a slice in
/// Python does: `{blake2b_256:0:2}` is the first two digits, `{project:0:1}` the first letter.
/// Either number may be left out. All else stands for itself, but for braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template<'t>(&'t str);

/// The reason why a text is not a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// A brace that is opened is not closed, or the other way round.
    Brace,
    /// There is no placeholder of that name.
    Placeholder,
    /// The part of a placeholder is not `:START:END`.
    Part,
    /// Two projects would share the path.
    NoProject,
}

/// The project or file for which a [`Template`] makes a path.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The project.
    pub project: &'s ProjectName,
    /// The file's name, if it is known.
    pub file_name: Option<&'s str>,
    /// The version, if it is known.
    pub version: Option<&'s str>,
    /// The hashes of the file's content that are known.
    pub hashes: &'s Hashes,
}

/// The reason why a template makes no path for a [`Subject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// The path needs the file's name.
    NeedsFileName,
    /// The path needs the version.
    NeedsVersion,
    /// The path needs this hash of the file's content.
    NeedsHash(HashAlgorithm),
    /// A file's name or a version may not hold a slash, a backslash or a control character, nor be
    /// `.` or `..`, nor be longer than [`FILE_NAME_LENGTH_MAX`]; and no part of the path may be `.`
    /// or `..`.
    Part,
    /// The path is longer than [`NAME_LENGTH_MAX`].
    Length,
}

#[derive(Clone, Copy)]
enum Field {
    Project,
    FileName,
    Version,
    Hash(HashAlgorithm),
}

enum Piece<'t> {
    Text(&'t str),
    Field { field: Field, start: usize, end: usize },
}

impl<'t> Template<'t> {
    /// Parses a template.
    ///
    /// # Errors
    /// As [`TemplateError`] says. There must be a `{project}`, a `{filename}` or a hash in it: else
    /// it is one path for all.
    pub fn new(text: &'t str) -> Result<Self, TemplateError> {
        let mut is_fixed = true;
        let mut rest = text;
        while let Some((piece, behind)) = next_piece(rest)? {
            is_fixed &= matches!(piece, Piece::Text(_));
            rest = behind;
        }
        if is_fixed { Err(TemplateError::NoProject) } else { Ok(Template(text)) }
    }

    /// One that is known to be right.
    pub(super) const fn known(text: &'t str) -> Self {
        Template(text)
    }

    /// Returns the text of the template.
    pub const fn as_str(&self) -> &'t str {
        self.0
    }

    /// Returns the path for a subject.
    ///
    /// # Errors
    /// As [`PathError`] says.
    pub fn path(&self, subject: &Subject<'_>) -> Result<TargetPath, PathError> {
        let mut path = TargetPath::new();
        let mut rest = self.0;
        // It was checked when it was made.
        while let Ok(Some((piece, behind))) = next_piece(rest) {
            rest = behind;
            let written = match piece {
                Piece::Text(text) => path.push_str(text).map_err(drop),
                Piece::Field { field, start, end } => {
                    let mut digits = String::<DIGITS_MAX>::new();
                    let text = value(field, subject, &mut digits)?;
                    // A part that is not there is empty.
                    let part = text.get(start..end.min(text.len())).unwrap_or_default();
                    path.push_str(part).map_err(drop)
                }
            };
            written.map_err(|()| PathError::Length)?;
        }
        // `..x` is a name, but its first two bytes are not.
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            Err(PathError::Part)
        } else {
            Ok(path)
        }
    }
}

fn value<'v>(
    field: Field,
    subject: &Subject<'v>,
    digits: &'v mut String<DIGITS_MAX>,
) -> Result<&'v str, PathError> {
    match field {
        Field::Project => Ok(subject.project.as_str()),
        Field::FileName => part(subject.file_name.ok_or(PathError::NeedsFileName)?),
        Field::Version => part(subject.version.ok_or(PathError::NeedsVersion)?),
        Field::Hash(algorithm) => {
            let digest = subject.hashes.iter().find(|digest| digest.algorithm() == algorithm);
            let digest = digest.ok_or(PathError::NeedsHash(algorithm))?;
            // There is room for the digits of the longest.
            let _ = write!(digits, "{digest}");
            Ok(digits)
        }
    }
}

/// Returns a text that stays within its part of a path.
fn part(text: &str) -> Result<&str, PathError> {
    let is_plain =
        !text.contains(|character: char| matches!(character, '/' | '\\') || character.is_control());
    let fits = !matches!(text, "" | "." | "..") && text.len() <= FILE_NAME_LENGTH_MAX;
    if is_plain && fits { Ok(text) } else { Err(PathError::Part) }
}

/// Returns the piece at the front, and what stands behind it.
fn next_piece(text: &str) -> Result<Option<(Piece<'_>, &str)>, TemplateError> {
    if text.is_empty() {
        return Ok(None);
    }
    let Some(inside) = text.strip_prefix('{') else {
        let end = text.find(['{', '}']).unwrap_or(text.len());
        let (front, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return if front.is_empty() {
            Err(TemplateError::Brace)
        } else {
            Ok(Some((Piece::Text(front), rest)))
        };
    };
    let (inside, rest) = inside.split_once('}').ok_or(TemplateError::Brace)?;
    let (name, part) =
        inside.split_once(':').map_or((inside, None), |(name, part)| (name, Some(part)));
    let field = match name {
        "project" => Field::Project,
        "filename" => Field::FileName,
        "version" => Field::Version,
        "sha256" => Field::Hash(HashAlgorithm::Sha256),
        "sha512" => Field::Hash(HashAlgorithm::Sha512),
        "blake2b_256" => Field::Hash(HashAlgorithm::Blake2b256),
        _ => return Err(TemplateError::Placeholder),
    };
    let (start, end) = match part {
        None => (0, usize::MAX),
        Some(part) => {
            let (start, end) = part.split_once(':').ok_or(TemplateError::Part)?;
            (number(start, 0)?, number(end, usize::MAX)?)
        }
    };
    Ok(Some((Piece::Field { field, start, end }, rest)))
}

fn number(text: &str, absent: usize) -> Result<usize, TemplateError> {
    match text {
        "" => Ok(absent),
        // `parse` takes a sign too.
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map_err(|_| TemplateError::Part)
        }
        _ => Err(TemplateError::Part),
    }
}

/// Of the longest hash.
const DIGITS_MAX: usize = 128;

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TemplateError::Brace => "an unmatched brace",
            TemplateError::Placeholder => {
                "a placeholder that is not {project}, {filename}, {version}, {sha256}, {sha512} \
                 or {blake2b_256}"
            }
            TemplateError::Part => "a part of a placeholder that is not :START:END",
            TemplateError::NoProject => "no placeholder: it would be one path for all projects",
        })
    }
}

impl core::error::Error for TemplateError {}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::NeedsFileName => formatter.write_str("the path needs the file's name"),
            PathError::NeedsHash(algorithm) => {
                write!(formatter, "the path needs the file's {algorithm}")
            }
            PathError::NeedsVersion => formatter.write_str("the path needs the version"),
            PathError::Part => {
                formatter.write_str("the file name or the version cannot be used in a path")
            }
            PathError::Length => {
                write!(formatter, "the path is longer than {NAME_LENGTH_MAX} bytes")
            }
        }
    }
}

impl core::error::Error for PathError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Digest, Hasher};

    fn digest(algorithm: HashAlgorithm) -> Digest {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(b"abc");
        hasher.finish()
    }

    #[test]
    fn placeholders_and_their_parts_are_filled_in() {
        let project = ProjectName::new("Zope.Interface").unwrap();
        let mut hashes = Hashes::new();
        hashes.insert(digest(HashAlgorithm::Blake2b256));
        let subject = Subject {
            project: &project,
            file_name: Some("zope.interface-1.zip"),
            version: Some("1"),
            hashes: &hashes,
        };
        for (template, expected) in [
            ("{project}", "zope-interface"),
            ("simple/{project}/index.html", "simple/zope-interface/index.html"),
            ("{project:0:1}/{project}/{filename}", "z/zope-interface/zope.interface-1.zip"),
            (
                "{blake2b_256:0:2}/{blake2b_256:2:4}/{blake2b_256:4:}/{filename}",
                "bd/dd/813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319/zope.interface-1.zip",
            ),
            ("{project::4}{project:90:}{project:4:99}", "zope-interface"),
            ("{project:3:1}x", "x"),
            ("{project}/{version}/{filename:0:4}", "zope-interface/1/zope"),
        ] {
            assert_eq!(
                Template::new(template).unwrap().path(&subject).unwrap().as_str(),
                expected,
                "{template}"
            );
        }
        let needs =
            |template: &'static str| Template::new(template).unwrap().path(&subject).unwrap_err();
        assert_eq!(needs("{sha256}"), PathError::NeedsHash(HashAlgorithm::Sha256));
        assert_eq!(needs("{sha512:0:1}"), PathError::NeedsHash(HashAlgorithm::Sha512));
        let hash_only = Subject { file_name: None, version: None, ..subject };
        assert_eq!(
            Template::new("a/{version}").unwrap().path(&hash_only),
            Err(PathError::NeedsVersion)
        );
        assert_eq!(
            Template::new("a/{filename}").unwrap().path(&hash_only),
            Err(PathError::NeedsFileName)
        );
    }

    #[test]
    fn no_file_name_leaves_its_place_in_the_path() {
        let project = ProjectName::new("numpy").unwrap();
        let template = Template::new("{project}/{filename}").unwrap();
        let hashes = Hashes::new();
        for name in
            ["../django/x.whl", "a/b", "a\\b", "", ".", "..", "a\nb", "a\0", &"a".repeat(256)]
        {
            let subject = Subject {
                project: &project,
                file_name: Some(name),
                version: Some(name),
                hashes: &hashes,
            };
            assert_eq!(template.path(&subject), Err(PathError::Part), "{name:?}");
            assert_eq!(
                Template::new("{version}").unwrap().path(&subject),
                Err(PathError::Part),
                "{name:?}"
            );
        }
        // A piece of a name can be what a whole name may not.
        for (text, name) in [
            ("{filename:0:2}/{filename}", "..x.whl"),
            ("a/.{filename:0:1}", ".x"),
            ("{filename:0:1}", ".x"),
        ] {
            let subject = Subject {
                project: &project,
                file_name: Some(name),
                version: None,
                hashes: &hashes,
            };
            assert_eq!(Template::new(text).unwrap().path(&subject), Err(PathError::Part), "{text}");
        }
        let long = std::format!("{}{{filename}}", "a".repeat(NAME_LENGTH_MAX));
        let subject =
            Subject { project: &project, file_name: Some("x"), version: None, hashes: &hashes };
        assert_eq!(Template::new(&long).unwrap().path(&subject), Err(PathError::Length));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, error) in [
            ("", TemplateError::NoProject),
            ("simple/index.html", TemplateError::NoProject),
            ("{project", TemplateError::Brace),
            ("project}", TemplateError::Brace),
            ("{project}}", TemplateError::Brace),
            ("{{project}}", TemplateError::Placeholder),
            ("{}", TemplateError::Placeholder),
            ("{Project}", TemplateError::Placeholder),
            ("{blake2b-256}", TemplateError::Placeholder),
            ("{project:1}", TemplateError::Part),
            ("{project:a:b}", TemplateError::Part),
            ("{project:-1:}", TemplateError::Part),
            ("{project:+1:}", TemplateError::Part),
            ("{project:0:1:2}", TemplateError::Part),
            ("{project:0:99999999999999999999999}", TemplateError::Part),
        ] {
            assert_eq!(Template::new(text), Err(error), "{text:?}");
        }
    }
}
