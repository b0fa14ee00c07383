//! The error type of this crate. It prints as one line, and serializes to JSON.

use std::fmt;
use std::io;
use std::path::Path;

use picotuf::pypi::PageError;
use picotuf::{ErrorValue, KeyScheme, OneLine};
use serde::Serialize;

use crate::code::{Blame, Code};

/// The error of this crate.
///
/// It prints as one line that is safe for a terminal: the subject, the message, the code and a
/// hint. [`Error::detail`] returns the parts. Hints name options of the command line.
#[derive(Debug)]
pub struct Error(Box<Detail>);

/// The kind of an error.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A verdict on attestations, or on the trusted root that they are verified by.
    Attestation(picotuf_attest::Error),
    /// A verdict of the core.
    Core(picotuf::Error),
    /// An index page that cannot be used.
    Page(PageError),
    /// Anything else.
    Client(Code),
}

/// The parts of an error. They serialize to the JSON that the command line prints.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Detail {
    /// The stable code in kebab case, of a [`picotuf::Error`], a [`picotuf_attest::Error`], a
    /// [`PageError`] or a [`Code`].
    pub code: &'static str,
    /// The message, without the role and the file.
    pub message: String,
    /// Who has to act.
    pub blame: Blame,
    /// The role of the metadata file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The file or URL. A URL has no credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The target path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The roles on the path to the role, from `targets` on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegation_path: Vec<String>,
    /// The expected value, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<serde_json::Value>,
    /// The found value, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<serde_json::Value>,
    /// The unsupported key schemes that the role needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<String>,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(skip)]
    kind: Kind,
    #[serde(skip)]
    usage: bool,
}

impl Kind {
    /// Returns the stable code in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Kind::Attestation(error) => error.code(),
            Kind::Core(error) => error.code(),
            Kind::Page(error) => error.code(),
            Kind::Client(code) => code.code(),
        }
    }
}

impl Error {
    /// Creates an error with a code of this crate and the blame [`Code::blame`].
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error::of(Kind::Client(code), code.blame(), message.into())
    }

    /// Creates an error about an index page.
    pub fn page(error: PageError, message: impl Into<String>) -> Self {
        Error::of(Kind::Page(error), Blame::Repository, message.into())
    }

    fn of(kind: Kind, blame: Blame, message: String) -> Self {
        Error(Box::new(Detail {
            code: kind.code(),
            message,
            blame,
            role: None,
            file: None,
            target: None,
            delegation_path: Vec::new(),
            expected: None,
            found: None,
            schemes: Vec::new(),
            hint: None,
            kind,
            usage: false,
        }))
    }

    /// Creates an error for wrong usage: [`Error::is_usage`] returns true.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::usage_code(Code::Usage, message)
    }

    /// Creates an error for wrong usage with another code than [`Code::Usage`].
    pub fn usage_code(code: Code, message: impl Into<String>) -> Self {
        let mut error = Error::new(code, message);
        error.0.usage = true;
        error
    }

    /// Creates an error of the operating system. `action` completes the sentence "cannot …".
    pub fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        // Which of the named files is missing needs no system's words.
        if error.kind() == io::ErrorKind::NotFound && action.starts_with("open ") {
            return Error::new(Code::Io, "no such file")
                .file(path.display())
                .hint("check the path");
        }
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Some("check the permissions, or choose another folder")
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some("free some space and try again; the trusted metadata has not changed")
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                Some("a file is in the place of a folder, or a folder in the place of a file")
            }
            _ => None,
        };
        let error = Error::new(Code::Io, format!("cannot {action}: {error}")).file(path.display());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Sets the role.
    pub fn role(mut self, role: &str) -> Self {
        self.0.role = (!role.is_empty()).then(|| role.to_owned());
        // The role decides which option raises the limit.
        if let Some(field) = self.core().and_then(|error| error.limit_field(role)) {
            self.0.hint = Some(format!(
                "if you know that the repository needs more, raise {}",
                option_of(field)
            ));
        }
        self
    }

    /// Sets the blame.
    pub fn blame(mut self, blame: Blame) -> Self {
        self.0.blame = blame;
        self
    }

    /// Sets the message.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Sets the file or URL.
    pub fn file(mut self, file: impl fmt::Display) -> Self {
        self.0.file = Some(file.to_string());
        self
    }

    /// Sets the target path.
    pub fn target(mut self, path: &str) -> Self {
        self.0.target = Some(path.to_owned());
        self
    }

    /// Sets the roles on the path to the role.
    pub fn delegation_path(mut self, path: Vec<String>) -> Self {
        self.0.delegation_path = path;
        self
    }

    /// Sets the expected and the found value.
    pub fn values(
        mut self,
        expected: impl Into<serde_json::Value>,
        found: impl Into<serde_json::Value>,
    ) -> Self {
        self.0.expected = Some(expected.into());
        self.0.found = Some(found.into());
        self
    }

    /// Appends to the message.
    pub fn also(mut self, more: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {more}", self.0.message);
        self
    }

    /// Sets the unsupported key schemes.
    pub fn schemes<'s>(mut self, schemes: impl Iterator<Item = &'s KeyScheme>) -> Self {
        if matches!(self.0.kind, Kind::Core(picotuf::Error::UnsupportedKeyScheme { .. })) {
            self.0.schemes = schemes.map(ToString::to_string).collect();
            self.0.message.push_str(&format!("; not supported: `{}`", self.0.schemes.join("`, `")));
            if self.0.schemes.iter().any(|scheme| scheme == FULCIO) {
                self = self.hint(
                    "the keys are identities of Sigstore: give --identity-root FILE, Sigstore's \
                     trusted_root.json, to verify their signatures",
                );
            }
        }
        self
    }

    /// Sets the hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Returns the parts of the error.
    pub fn detail(&self) -> &Detail {
        &self.0
    }

    /// Returns the stable code in kebab case.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// Returns the kind of an error.
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// Returns the verdict on attestations, if the error is one.
    pub fn attestation(&self) -> Option<&picotuf_attest::Error> {
        match &self.0.kind {
            Kind::Attestation(error) => Some(error),
            _ => None,
        }
    }

    /// Returns whether the error has this code.
    pub fn is(&self, code: Code) -> bool {
        self.0.kind == Kind::Client(code)
    }

    /// Returns the verdict of the core, if the error is one.
    pub fn core(&self) -> Option<&picotuf::Error> {
        match &self.0.kind {
            Kind::Core(error) => Some(error),
            _ => None,
        }
    }

    /// Returns whether no trusted role lists the target.
    pub fn is_target_not_found(&self) -> bool {
        self.core() == Some(&picotuf::Error::TargetNotFound)
    }

    /// Returns whether a metadata file is missing.
    pub fn is_missing_file(&self) -> bool {
        matches!(self.core(), Some(picotuf::Error::MissingFile { .. }))
    }

    /// Returns whether the error is wrong usage: nothing was verified or refused. The command line
    /// exits with 2.
    pub fn is_usage(&self) -> bool {
        self.0.usage
    }
}

impl std::error::Error for Error {}

impl From<picotuf::Error> for Error {
    fn from(error: picotuf::Error) -> Self {
        let mut wrapped = Error::of(Kind::Core(error), error.blame().into(), error.to_string());
        wrapped.0.expected = error.expected().map(value);
        wrapped.0.found = error.found().map(value);
        match hint(&error) {
            Some(hint) => wrapped.hint(hint),
            None => wrapped,
        }
    }
}

impl From<picotuf_attest::Error> for Error {
    fn from(error: picotuf_attest::Error) -> Self {
        let hint = attestation_hint(&error);
        let (blame, message) = (error.blame().into(), error.to_string());
        let wrapped = Error::of(Kind::Attestation(error), blame, message);
        match hint {
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

/// Prints one line: target, role and file, then the message, the code and the hint.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Brief(self))?;
        if let Some(hint) = &self.0.hint {
            write!(formatter, " — {}", OneLine(hint))?;
        }
        Ok(())
    }
}

/// Prints an error without its hint.
pub struct Brief<'e>(pub &'e Error);

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
        if detail.kind != Kind::Client(Code::Usage) {
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

/// The scheme of keys that are identities.
const FULCIO: &str = "Fulcio";

/// Returns the command-line option for a field of the core's limits.
fn option_of(field: &str) -> String {
    match field.strip_suffix("_length") {
        Some(role) => format!("--{role}-max-length"),
        None => format!("--max-{}", field.replace('_', "-")),
    }
}

/// Returns what a user can do about a verdict of the core.
fn hint(error: &picotuf::Error) -> Option<&'static str> {
    use picotuf::Error as E;
    Some(match error {
        E::Expired { .. } => {
            "check the clock; if it is right, the repository is out of date, or somebody \
                 withholds updates: try again later, or tell its maintainers"
        }
        E::HashMismatch { role: None, .. } | E::LengthMismatch { role: None, .. } => {
            "do not use the file; download it again, or from another mirror"
        }
        E::LimitReached { .. } => {
            "no option raises this limit, which bounds the work that a repository can cause: tell \
                 its maintainers"
        }
        E::MissingFile { .. } => {
            "check the URL; the repository may be incomplete or in the middle of an update"
        }
        E::Rollback { .. } | E::RemovedFromSnapshot { .. } => {
            "the server or an attacker offers an older state: try again later, or use another \
                 mirror"
        }
        E::TargetNotFound => "check the spelling of the target path",
        E::ThresholdNotMet { .. } => "do not trust this update; ask the repository's maintainers",
        E::UnexpectedCall | E::SourceFailed => {
            "this is an error on this machine: try again, with -v for details"
        }
        E::UnsupportedKeyScheme { .. } => {
            "this is not a sign of an attack: a newer version of picotuf may support the scheme"
        }
        E::UnsupportedSpecVersion { .. } => "a newer version of picotuf may support it",
        E::WrongRole { .. } if error.is_before_tuf_1() => {
            "ask the repository's maintainers for TUF 1.0 metadata; only an older TUF client can \
                 read this file"
        }
        E::WrongRole { .. } => "check the URL: this is not the file of that role",
        _ => return None,
    })
}

/// What a person can do about a verdict on attestations.
fn attestation_hint(error: &picotuf_attest::Error) -> Option<&'static str> {
    use picotuf_attest::Error as E;
    Some(match error {
        E::OtherPublisher { .. } => {
            "do not install the file before you know why another publisher made it"
        }
        E::SubjectDigest { .. } | E::SubjectName { .. } => {
            "do not use the file; get it and its provenance again from the index"
        }
        E::FileName { .. } => "attestations are of wheels and of sdists (.tar.gz, .zip)",
        E::NoAttestations | E::NoPublishAttestation => {
            "nothing says who published the file: ask its project for attestations"
        }
        E::NotYet { .. } | E::LimitReached { .. } | E::UnknownLog { .. } => return None,
        E::LogEnded { .. } | E::AuthorityEnded { .. } => {
            "the signature was logged after Sigstore had ended that key: do not trust it"
        }
        _ if error.is_unsupported() => {
            "this is no sign of an attack: a newer version of picotuf may know it"
        }
        E::Json { .. } | E::Member { .. } => {
            "check that it is the right file, and get it again from where it is published"
        }
        _ => "do not trust this attestation; get the provenance again from the index",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_the_repository_says() {
        let error = Error::new(Code::Io, "a\nb").role("x\u{1b}[31m").file("f\r").hint("h\u{2028}");
        let text = error.to_string();
        assert_eq!(text, "x\\u{1b}[31m (f\\u{d}): a\\u{a}b [io] — h\\u{2028}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn only_wrong_usage_is_usage() {
        assert!(Error::usage("x").is_usage());
        assert!(Error::usage_code(Code::MissingSetting, "x").is_usage());
        assert!(!Error::new(Code::NotInitialized, "x").is_usage());
        assert!(!Error::from(picotuf::Error::TargetNotFound).is_usage());
    }
}
