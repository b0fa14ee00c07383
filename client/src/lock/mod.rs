//! Lock files: what they pin, entry by entry.
//!
//! Each format has a file of its own, and all give the same entries. Every entry of a lock file
//! comes out, either as a pin that can be compared with what is signed or as one that cannot, with
//! the reason; a file that is not wholly understood is refused. Markers are not evaluated: what is
//! pinned for another system counts too.

mod hash;
mod identities;
mod installed;
mod marker;
mod package;
mod pdm;
mod pipfile;
mod poetry;
mod pylock;
mod reason;
mod requirements;
mod schema;
mod text;
mod tree;
mod uv;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

#[cfg(test)]
pub use hash::Algorithm;
pub use hash::Hash;
pub use identities::write_identities;
pub use installed::{Environment, Records, Refused, is_environment, read as read_environment};
use picotuf_attest::StatedPublisher;
pub use reason::Reason;
pub(crate) use requirements::HIDDEN;
use schema::Oddity;
use text::{Budget, Text};

use crate::code::Code;
use crate::error::Error;

/// A parsed lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockFile {
    /// How it was read.
    pub format: Format,
    /// All of its entries, in the file's order; those of included files at the place of the
    /// inclusion.
    pub entries: Vec<Entry>,
}

/// One entry of a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It can be compared with what is signed.
    Pinned(Pinned),
    /// It cannot.
    Unchecked(Unchecked),
}

/// A pinned version of a project, with the hashes of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The project's name as the file has it, valid but not normalized.
    pub project: String,
    /// The version; `pylock.toml` may leave it out.
    pub version: Option<String>,
    /// Its files, at least one. An installer takes any one of them.
    pub files: Vec<PinnedFile>,
    /// The indexes that it may be from, without credentials, where the file says so: one, but in
    /// lists of requirements.
    pub indexes: Vec<String>,
    /// The index whose server has all of its files, by their URLs. It counts where the entry names
    /// no index: an installer fetches from that server, so it learns the project's name anyway.
    pub hosted_by: Option<&'static str>,
    /// Who must have attested its files, where a `pylock.toml` says so.
    pub identities: Option<Identities>,
    /// Why no index need have the file: it was installed by its path or URL.
    pub direct: Option<Reason>,
    /// Where the entry stands.
    pub place: Place,
}

/// The `attestation-identities` of a PEP 751 entry. Each file of the entry must be attested by one
/// of these publishers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identities {
    /// At least one.
    pub any_of: Vec<StatedPublisher>,
    /// Where they stand: that of the entry's [`Reason::AttestationIdentities`], which holds as long
    /// as nobody compares them.
    pub place: Place,
}

/// One file of a pinned version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedFile {
    /// Its name, a single path component; `requirements.txt` and `Pipfile.lock` have hashes only.
    pub file_name: Option<String>,
    /// Another spelling of it, under which it may be signed as well.
    pub other_name: Option<String>,
    /// At least one, no weak ones; all are of this file, and an installer may go by any one of
    /// them.
    pub hashes: Vec<Hash>,
    /// Its length in bytes, where the file says so.
    pub size: Option<u64>,
}

impl Pinned {
    /// Returns the project and its version, for a person. It is not safe for a terminal as it is.
    pub fn for_people(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.project),
            None => self.project.clone(),
        }
    }

    /// Returns one of the files for messages. The text is not safe for a terminal.
    pub fn file_for_people(&self, file: &PinnedFile) -> String {
        match &file.file_name {
            Some(name) => name.clone(),
            None => {
                let hash = file.hashes.first();
                let digits: String =
                    hash.iter().flat_map(|hash| hash.hex.chars().take(HEX_SHOWN)).collect();
                let version = self.version.as_deref().unwrap_or_default();
                format!("{} {version} {digits}…", self.project)
            }
        }
    }
}

impl PinnedFile {
    /// Returns the hashes that the verifier can compare; there may be none.
    pub fn digests(&self) -> picotuf::Hashes {
        let mut digests = picotuf::Hashes::new();
        for hash in &self.hashes {
            if let Some(digest) = hash.digest() {
                digests.insert(digest);
            }
        }
        digests
    }
}

/// An entry, or one of its files, that cannot be compared with signed metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// What it is, for a person: a project with its version or file name, or the text of a line.
    /// Not safe for a terminal as it is.
    pub what: String,
    /// Why not.
    pub why: Reason,
    /// Where it stands.
    pub place: Place,
}

/// A position in a lock file, shown as `FILE:LINE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, which may be an included one.
    pub file: Arc<Path>,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file.display(), self.line)
    }
}

/// A supported lock file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A Python environment, by what installers leave in it.
    Installed,
    /// `pdm.lock`, lock versions 4.x.
    Pdm,
    /// `Pipfile.lock`, of pipenv.
    Pipfile,
    /// `poetry.lock`, formats 1.x and 2.x.
    Poetry,
    /// `pylock.toml`, PEP 751.
    Pylock,
    /// `requirements.txt`, of pip and of the tools that write it.
    Requirements,
    /// `uv.lock`, format 1.
    Uv,
}

impl Format {
    /// Returns the name for programs and people.
    pub fn name(self) -> &'static str {
        match self {
            Format::Installed => "installed",
            Format::Pdm => "pdm.lock",
            Format::Pipfile => "Pipfile.lock",
            Format::Poetry => "poetry.lock",
            Format::Pylock => "pylock.toml",
            Format::Requirements => "requirements.txt",
            Format::Uv => "uv.lock",
        }
    }

    /// Returns what keeps the format's installers from building sdists.
    pub fn no_build(self) -> &'static [&'static str] {
        match self {
            Format::Installed => &[],
            Format::Pdm => &["PDM_ONLY_BINARY=:all: (PDM)"],
            Format::Pipfile => &["PIP_ONLY_BINARY=:all: (pipenv)"],
            Format::Poetry => &["POETRY_INSTALLER_ONLY_BINARY=:all: (Poetry)"],
            Format::Pylock | Format::Requirements => {
                &["--only-binary :all: (pip)", "--no-build (uv)"]
            }
            Format::Uv => &["--no-build (uv)"],
        }
    }

    /// Returns the index of entries without an index.
    pub fn default_index(self) -> Option<&'static str> {
        match self {
            // Poetry names every source but this one.
            Format::Poetry => Some(PYPI),
            Format::Installed
            | Format::Pdm
            | Format::Pipfile
            | Format::Pylock
            | Format::Requirements
            | Format::Uv => None,
        }
    }

    /// Returns the format that a file of this name has by convention.
    pub fn of_name(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?;
        match name {
            "Pipfile.lock" => Some(Format::Pipfile),
            "pdm.lock" => Some(Format::Pdm),
            "poetry.lock" => Some(Format::Poetry),
            "uv.lock" => Some(Format::Uv),
            // `uv lock --script`.
            _ if name.ends_with(".py.lock") => Some(Format::Uv),
            // PEP 751 has NAME without dots in pylock.NAME.toml; a file with dots is read all the
            // same.
            _ if name == "pylock.toml"
                || (name.starts_with("pylock.") && name.ends_with(".toml")) =>
            {
                Some(Format::Pylock)
            }
            _ if name.ends_with(".txt")
                && (name.contains("requirements") || name.contains("constraints")) =>
            {
                Some(Format::Requirements)
            }
            _ => None,
        }
    }

    /// Returns the format that a text has by its first marks, whatever its file is called. A list
    /// of requirements has none that would be sure: it takes the name `*.txt`, and a line that
    /// pins.
    fn of_content(path: &Path, text: &str) -> Option<Format> {
        let has_line = |wanted: &dyn Fn(&str) -> bool| text.lines().any(wanted);
        if text.trim_start().starts_with('{') {
            return text.contains("\"pipfile-spec\"").then_some(Format::Pipfile);
        }
        if has_line(&|line| line == "[[packages]]")
            && has_line(&|line| line.starts_with("lock-version"))
        {
            return Some(Format::Pylock);
        }
        if has_line(&|line| line == "[[package]]") {
            if has_line(&|line| line.starts_with("lock-version")) {
                return Some(Format::Poetry);
            }
            if has_line(&|line| line.starts_with("lock_version")) {
                return Some(Format::Pdm);
            }
            // Cargo.lock has packages and a version too.
            return has_line(&|line| line.starts_with("requires-python")).then_some(Format::Uv);
        }
        let is_text =
            path.extension().is_some_and(|extension| extension == "txt" || extension == "in");
        (is_text && has_line(&|line| line.contains("==") || line.contains("--hash")))
            .then_some(Format::Requirements)
    }
}

/// Reads a lock file. `variables` returns the values of variables that a `requirements.txt` uses as
/// `${NAME}`. Opens only the file itself and the files that it includes.
///
/// # Errors
/// `invalid-lock-file` with its place for anything that is not understood, `unsupported-lock-file`
/// for a format or a version of one that is not known, `lock-file-limit` for one that is too large,
/// and `io`.
pub fn read(path: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Result<LockFile, Error> {
    let mut budget = Budget::default();
    let named = Format::of_name(path);
    let unknown = || match unsupported_name(path) {
        Some(name) => unsupported(format!("{name} is not supported"))
            .file(path.display())
            .hint("export it to a format that is: pylock.toml or a requirements.txt with hashes"),
        None => unsupported(
            "it is neither a distribution nor a lock file that is \
            known",
        )
        .file(path.display())
        .hint(
            "give it the name that its format has: pylock.toml, requirements.txt, uv.lock, \
             poetry.lock, pdm.lock or Pipfile.lock",
        ),
    };
    let text = match named {
        Some(format) if format != Format::Requirements => Text::read(path, &mut budget),
        _ => Text::read_list(path, path, &mut budget),
    };
    let text = text.map_err(|error| {
        let is_unknown = named.is_none() && error.is(Code::InvalidLockFile);
        if is_unknown { unknown() } else { error }
    })?;
    let format = named.or_else(|| Format::of_content(path, text.as_str())).ok_or_else(unknown)?;
    Ok(LockFile { format, entries: entries_of(format, &text, variables, &mut budget)? })
}

/// PyPI's simple index.
const PYPI: &str = "https://pypi.org/simple";
/// How many digits of a hash a person is shown in place of a file's name.
const HEX_SHOWN: usize = 12;

fn entries_of(
    format: Format,
    text: &Text,
    variables: &dyn Fn(&str) -> Option<String>,
    budget: &mut Budget,
) -> Result<Vec<Entry>, Error> {
    let mut entries = Entries::default();
    match format {
        // It is a folder, and no name or text has this format.
        Format::Installed => {}
        Format::Pdm => pdm::read(text, &mut entries)?,
        Format::Pipfile => pipfile::read(text, &mut entries)?,
        Format::Poetry => poetry::read(text, &mut entries)?,
        Format::Pylock => pylock::read(text, &mut entries)?,
        Format::Requirements => requirements::read(text, variables, budget, &mut entries)?,
        Format::Uv => uv::read(text, &mut entries)?,
    }
    Ok(entries.0)
}

/// The entries so far, of which there may not be too many.
#[derive(Debug, Default)]
struct Entries(Vec<Entry>, usize);

impl Entries {
    fn push(&mut self, entry: Entry) -> Result<(), Error> {
        if self.0.len() >= MAX_ENTRIES {
            let (Entry::Pinned(Pinned { place, .. }) | Entry::Unchecked(Unchecked { place, .. })) =
                entry;
            return Err(limit(format!("it has more than {MAX_ENTRIES} entries")).file(place));
        }
        if let Entry::Pinned(pinned) = &entry {
            self.1 = self.1.saturating_add(pinned.files.len());
            if self.1 > MAX_PINNED {
                return Err(
                    limit(format!("it pins more than {MAX_PINNED} files")).file(&pinned.place)
                );
            }
        }
        self.0.push(entry);
        Ok(())
    }

    fn unchecked(&mut self, what: impl AsRef<str>, why: Reason, place: Place) -> Result<(), Error> {
        self.push(Entry::Unchecked(Unchecked {
            what: text::without_credentials(what.as_ref()),
            why,
            place,
        }))
    }

    /// Adds what is odd about the file as a whole.
    fn odd(&mut self, odd: Vec<Oddity>) -> Result<(), Error> {
        odd.into_iter()
            .try_for_each(|Oddity { why, place }| self.unchecked("the whole file", why, place))
    }
}

/// Returns whether a file in a folder is a lock file, or one that cannot be read here: by its name,
/// else, if it is called `*.lock`, `*.txt` or `*.in`, by its content.
pub fn is_lock_file(path: &Path) -> bool {
    let by_name = || Format::of_name(path).is_some() || unsupported_name(path).is_some();
    let by_content = || {
        let extension =
            path.extension().and_then(|extension| extension.to_str())?.to_ascii_lowercase();
        if !matches!(extension.as_str(), "lock" | "txt" | "in") {
            return None;
        }
        let Ok(text) = Text::read_list(path, path, &mut Budget::default()) else {
            // What cannot be read is named as that, if it may be a list with hashes.
            let bytes = std::fs::read(path).unwrap_or_default();
            return bytes.windows(6).any(|part| part == b"--hash").then_some(Format::Requirements);
        };
        match extension.as_str() {
            "lock" => Format::of_content(path, text.as_str()),
            _ => text.as_str().contains("--hash").then_some(Format::Requirements),
        }
    };
    by_name() || by_content().is_some()
}

/// Returns the name of a lock file of Python packages that cannot be read here.
pub fn unsupported_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    UNSUPPORTED.contains(&name).then_some(name)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidLockFile, message)
}

fn unsupported(message: impl Into<String>) -> Error {
    Error::new(Code::UnsupportedLockFile, message)
}

fn limit(message: impl Into<String>) -> Error {
    Error::new(Code::LockFileLimit, message)
}

/// Ten times what the largest applications pin: PyPI has some hundred files of a version.
const MAX_PINNED: usize = 1_000_000;
/// Lock files of other tools for Python packages.
const UNSUPPORTED: [&str; 3] = ["conda-lock.yml", "conda-lock.yaml", "pixi.lock"];
/// Ten times what the largest applications lock.
const MAX_ENTRIES: usize = 50_000;
