//! Names of projects (PEP 508, PEP 503).

use core::fmt;

use heapless::String;

/// The maximum length of a project name, in bytes. It is part of file names, which have at most
/// 255.
pub const PROJECT_NAME_LENGTH_MAX: usize = 255;

/// A normalized project name: runs of lowercase ASCII letters and digits, separated by single
/// hyphens.
///
/// ```
/// use picotuf::pypi::ProjectName;
///
/// let name = ProjectName::new("Zope._Interface").expect("a valid name");
/// assert_eq!(name.as_str(), "zope-interface");
/// assert!(name.names("zope.interface") && !name.names("zopeinterface"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String<PROJECT_NAME_LENGTH_MAX>);

/// The reason why a text is not a project name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It is not made of letters and digits of ASCII with `-`, `_` and `.` between them.
    Form,
    /// It is longer than [`PROJECT_NAME_LENGTH_MAX`].
    Length,
}

impl ProjectName {
    /// Validates and normalizes a name.
    ///
    /// # Errors
    /// As [`NameError`] says.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if !is_valid(text) {
            return Err(NameError::Form);
        }
        let mut name = String::new();
        normalized(text)
            .try_for_each(|character| name.push(character))
            .map_err(|_| NameError::Length)?;
        Ok(ProjectName(name))
    }

    /// Returns the normalized name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether `text` is a spelling of this project's name.
    pub fn names(&self, text: &str) -> bool {
        is_valid(text) && normalized(text).eq(self.0.chars())
    }
}

/// Returns whether `text` is a valid project name (PEP 508): ASCII letters and digits, with `-`,
/// `_` and `.` between them.
pub fn is_valid(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_end(bytes.first())
        && is_end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Returns the characters of a valid name, normalized as in PEP 503: each run of `-`, `_` and `.`
/// becomes one `-`, and letters become lowercase.
pub fn normalized(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut after_separator = false;
    text.chars().filter_map(move |character| {
        let separator = matches!(character, '-' | '_' | '.');
        let repeated = separator && after_separator;
        after_separator = separator;
        match separator {
            true if repeated => None,
            true => Some('-'),
            false => Some(character.to_ascii_lowercase()),
        }
    })
}

impl AsRef<str> for ProjectName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for ProjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Form => {
                formatter.write_str("not letters and digits with `-`, `_` and `.` between them")
            }
            NameError::Length => write!(formatter, "longer than {PROJECT_NAME_LENGTH_MAX} bytes"),
        }
    }
}

impl core::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalized_as_pep_503_says() {
        // Names of projects on PyPI as their metadata spells them, and what packaging's
        // `canonicalize_name` makes of them.
        for (name, expected) in [
            ("Django", "django"),
            ("six", "six"),
            ("zope.interface", "zope-interface"),
            ("ruamel.yaml.clib", "ruamel-yaml-clib"),
            ("typing_extensions", "typing-extensions"),
            ("Jinja2", "jinja2"),
            ("A--._b", "a-b"),
            ("a", "a"),
            ("0", "0"),
            ("backports.ssl_match_hostname", "backports-ssl-match-hostname"),
            ("PyYAML", "pyyaml"),
            ("PasteDeploy", "pastedeploy"),
        ] {
            let project = ProjectName::new(name).unwrap();
            assert_eq!(project.as_str(), expected);
            assert!(project.names(name) && project.names(expected), "{name}");
            assert_eq!(ProjectName::new(expected), Ok(project));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "-",
            "-a",
            "a-",
            ".a",
            "a.",
            "_a",
            "a_",
            "a b",
            "a/b",
            "a\\b",
            "é",
            "a\u{212a}",
            "a\n",
            "a\0b",
            "a+b",
        ] {
            assert_eq!(ProjectName::new(text), Err(NameError::Form), "{text:?}");
        }
        let project = ProjectName::new("a-b").unwrap();
        for other in ["a-b-", "-a-b", "ab", "a-bc", "a", "", "a--", "a b"] {
            assert!(!project.names(other), "{other:?}");
        }
    }

    #[test]
    fn a_name_has_a_bound() {
        let longest = "a".repeat(PROJECT_NAME_LENGTH_MAX);
        assert_eq!(ProjectName::new(&longest).unwrap().as_str(), longest);
        assert_eq!(
            ProjectName::new(&"a".repeat(PROJECT_NAME_LENGTH_MAX + 1)),
            Err(NameError::Length)
        );
    }
}
