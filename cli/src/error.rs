//! The one error of the command line: what a person reads in one line and a program as JSON.

use std::fmt;
use std::io;
use std::path::Path;

pub(crate) use picotuf::OneLine;
use picotuf::{ErrorValue, KeyScheme};
use serde::Serialize;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CliError(Box<Detail>);

/// What an error carries, as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    /// Stable, kebab case: a code of the core's `Error`, or one of this program's.
    pub(crate) code: &'static str,
    /// What happened, without the role and the file.
    pub(crate) message: String,
    /// `repository`, `caller`, `limit`, `unsupported`, or `transport` and `system`, which the core
    /// knows nothing of.
    pub(crate) blame: &'static str,
    /// The role whose file it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// The file or URL that it is about; a URL is without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// The target that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// The roles that led to the role, from `targets` on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) delegation_path: Vec<String>,
    /// What was expected, where a value was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<serde_json::Value>,
    /// What was found in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<serde_json::Value>,
    /// The key schemes that would be needed and are not supported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) schemes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip)]
    core: Option<picotuf::Error>,
    #[serde(skip)]
    usage: bool,
}

impl CliError {
    /// A failure with a code of this program's own.
    pub(crate) fn new(code: &'static str, blame: &'static str, message: impl Into<String>) -> Self {
        CliError(Box::new(Detail {
            code,
            message: message.into(),
            blame,
            role: None,
            file: None,
            target: None,
            delegation_path: Vec::new(),
            expected: None,
            found: None,
            schemes: Vec::new(),
            hint: None,
            core: None,
            usage: false,
        }))
    }

    /// The program was called wrongly: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        let mut error = CliError::new("usage", "caller", message);
        error.0.usage = true;
        error
    }

    /// As [`CliError::usage`], with a code of its own.
    pub(crate) fn usage_code(code: &'static str, message: impl Into<String>) -> Self {
        let mut error = CliError::usage(message);
        error.0.code = code;
        error
    }

    /// The operating system refused something; `action` continues "cannot".
    pub(crate) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Some("check who may write there, or choose another folder")
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some("make room and run it again; what was trusted before is untouched")
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                Some("a file stands where a folder is needed, or the other way round")
            }
            _ => None,
        };
        let error =
            CliError::new("io", "system", format!("cannot {action}: {error}")).file(path.display());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Names the role.
    pub(crate) fn role(mut self, role: &str) -> Self {
        self.0.role = (!role.is_empty()).then(|| role.to_owned());
        // Only of a role's file is it known which option bounds it.
        if let Some(field) = self.0.core.as_ref().and_then(|error| error.limit_field(role)) {
            self.0.hint = Some(format!(
                "if the repository is known to need more, raise {}",
                option_of(field)
            ));
        }
        self
    }

    /// Names the file or URL.
    pub(crate) fn file(mut self, file: impl fmt::Display) -> Self {
        self.0.file = Some(file.to_string());
        self
    }

    /// Names the target.
    pub(crate) fn target(mut self, path: &str) -> Self {
        self.0.target = Some(path.to_owned());
        self
    }

    /// Names the roles that led there.
    pub(crate) fn delegation_path(mut self, path: Vec<String>) -> Self {
        self.0.delegation_path = path;
        self
    }

    /// States the two values that differ.
    pub(crate) fn values(
        mut self,
        expected: impl Into<serde_json::Value>,
        found: impl Into<serde_json::Value>,
    ) -> Self {
        self.0.expected = Some(expected.into());
        self.0.found = Some(found.into());
        self
    }

    /// Adds to what happened.
    pub(crate) fn also(mut self, more: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {more}", self.0.message);
        self
    }

    /// Names the key schemes that are not supported.
    pub(crate) fn schemes<'s>(mut self, schemes: impl Iterator<Item = &'s KeyScheme>) -> Self {
        if self.0.code == "unsupported-key-scheme" {
            self.0.schemes = schemes.map(ToString::to_string).collect();
            self.0.message.push_str(&format!("; not supported: `{}`", self.0.schemes.join("`, `")));
        }
        self
    }

    /// Says what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What it carries.
    pub(crate) fn detail(&self) -> &Detail {
        &self.0
    }

    /// The process's exit code: 2 for wrong usage, 1 for everything that does not hold.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.0.usage { 2 } else { 1 }
    }
}

impl From<picotuf::Error> for CliError {
    fn from(error: picotuf::Error) -> Self {
        let mut wrapped = CliError::new(error.code(), error.blame().name(), error.to_string());
        wrapped.0.expected = error.expected().map(value);
        wrapped.0.found = error.found().map(value);
        wrapped.0.core = Some(error);
        match hint(&error) {
            Some(hint) => wrapped.hint(hint),
            None => wrapped,
        }
    }
}

fn value(value: ErrorValue<'_>) -> serde_json::Value {
    match value {
        ErrorValue::Number(number) => number.into(),
        other => other.to_string().into(),
    }
}

/// One line: the target, the role and the file it is about, what happened, the code, what to do.
impl fmt::Display for CliError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Brief(self))?;
        if let Some(hint) = &self.0.hint {
            write!(formatter, " — {}", OneLine(hint))?;
        }
        Ok(())
    }
}

/// The same without what to do.
pub(crate) struct Brief<'e>(pub(crate) &'e CliError);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = &*self.0.0;
        if let Some(target) = &detail.target {
            write!(formatter, "{}: ", OneLine(target))?;
        }
        match (&detail.role, &detail.file) {
            (Some(role), Some(file)) => {
                write!(formatter, "{} ({}): ", OneLine(role), OneLine(file))?
            }
            (Some(text), None) | (None, Some(text)) => write!(formatter, "{}: ", OneLine(text))?,
            (None, None) => {}
        }
        write!(formatter, "{}", OneLine(&detail.message))?;
        if detail.code != "usage" {
            write!(formatter, " [{}]", detail.code)?;
        }
        if detail.delegation_path.len() > 1 {
            let path: Vec<_> =
                detail.delegation_path.iter().map(|role| OneLine(role).to_string()).collect();
            write!(formatter, ", reached by {}", path.join(" > "))?;
        }
        Ok(())
    }
}

/// The option that sets a field of the core's limits.
fn option_of(field: &str) -> String {
    match field.strip_suffix("_length") {
        Some(role) => format!("--{role}-max-length"),
        None => format!("--max-{}", field.replace('_', "-")),
    }
}

/// What a person can do about a verdict of the core.
fn hint(error: &picotuf::Error) -> Option<&'static str> {
    use picotuf::Error as E;
    Some(match error {
        E::Expired { .. } => {
            "check the clock; if it is right, the repository is stale or someone withholds its \
             updates: wait, or tell its maintainers"
        }
        E::HashMismatch { role: None, .. } | E::LengthMismatch { role: None, .. } => {
            "do not use the file; get it again, or from another mirror"
        }
        E::LimitReached { .. } => {
            "this limit is fixed, to bound the work that a repository can cause: tell its \
             maintainers"
        }
        E::MissingFile { .. } => {
            "check the URL; the repository may be incomplete or in the middle of an update"
        }
        E::Rollback { .. } | E::RemovedFromSnapshot { .. } => {
            "the server or somebody in between offers an older state: try again later, or from another mirror"
        }
        E::TargetNotFound => "check the spelling of the target path",
        E::ThresholdNotMet { .. } => "do not trust this repository's update; ask its maintainers",
        E::UnexpectedCall | E::SourceFailed => {
            "this is a fault on this side: run it again, with -v for more"
        }
        E::UnsupportedKeyScheme { .. } => {
            "this is no sign of an attack: a newer version of picotuf may support the scheme"
        }
        E::UnsupportedSpecVersion { .. } => "a newer version of this program may know it",
        E::WrongRole { .. } if error.is_before_tuf_1() => {
            "ask the repository's maintainers for metadata of TUF 1.0; until then, only a client \
             of that time can read it"
        }
        E::WrongRole { .. } => "check the URL: this is not the file of that role",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_the_repository_says() {
        let error =
            CliError::new("io", "system", "a\nb").role("x\u{1b}[31m").file("f\r").hint("h\u{2028}");
        let text = error.to_string();
        assert_eq!(text, "x\\u{1b}[31m (f\\u{d}): a\\u{a}b [io] — h\\u{2028}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn only_wrong_usage_exits_with_two() {
        assert_eq!(CliError::usage("x").exit_code(), 2);
        assert_eq!(CliError::usage_code("missing-setting", "x").exit_code(), 2);
        assert_eq!(CliError::new("not-initialized", "caller", "x").exit_code(), 1);
        assert_eq!(CliError::from(picotuf::Error::TargetNotFound).exit_code(), 1);
    }
}
