//! A lock file's text, and where in it something stands.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::{Place, invalid, limit};
use crate::error::CliError;

/// How much may still be read, over all files that include each other.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    files: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { bytes: MAX_BYTES, files: MAX_FILES }
    }
}

/// A file's text.
#[derive(Debug)]
pub(super) struct Text {
    path: Arc<Path>,
    text: String,
    /// Where each line but the first starts.
    starts: Vec<usize>,
}

impl Text {
    /// Reads a file; a byte order mark is left out.
    pub(super) fn read(path: &Path, budget: &mut Budget) -> Result<Text, CliError> {
        if budget.files == 0 {
            return Err(limit(format!("more than {MAX_FILES} files include each other")).file(path.display()));
        }
        budget.files -= 1;
        let file = File::open(path).map_err(|error| CliError::io("open the file", path, &error))?;
        let mut bytes = Vec::new();
        file.take(budget.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| CliError::io("read the file", path, &error))?;
        budget.bytes = (budget.bytes.checked_sub(bytes.len() as u64)).ok_or_else(|| {
            limit(format!("it is longer than {MAX_BYTES} bytes, with all that it includes")).file(path.display())
        })?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
                let line = 1 + before.filter(|byte| **byte == b'\n').count();
                return Err(invalid("it is not UTF-8").file(Place { file: path.into(), line }));
            }
        };
        Ok(Text::new(path, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
    }

    /// A text that is said to be from a file.
    pub(super) fn new(path: &Path, text: String) -> Text {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Text { path: path.into(), text, starts }
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All of it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The place of the byte at an offset.
    pub(super) fn place(&self, at: usize) -> Place {
        self.line(1 + self.starts.partition_point(|start| *start <= at))
    }

    /// The place of a line, counted from 1.
    pub(super) fn line(&self, line: usize) -> Place {
        Place { file: self.path.clone(), line }
    }

    /// The place of a slice of this text.
    pub(super) fn place_of(&self, slice: &str) -> Place {
        self.place(slice.as_ptr().addr().saturating_sub(self.text.as_ptr().addr()))
    }
}

/// A text without the `user:password@` of the addresses in it: it is going to be shown.
pub(super) fn without_credentials(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(|character: char| "/?#".contains(character) || character.is_whitespace());
        let authority = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
        rest = match authority.rfind('@') {
            Some(at) => after.get(at + 1..).unwrap_or_default(),
            None => after,
        };
    }
    shown + rest
}

/// The last path component of a URL, decoded.
pub(super) fn last_of_url(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let last = path.rsplit('/').next()?;
    percent_encoding::percent_decode_str(last).decode_utf8().ok().map(String::from)
}

/// Whether an installer could take this for a file's name: one component, no more.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name
            .chars()
            .any(|character| character.is_control() || character.is_whitespace() || "/\\:".contains(character))
}

/// A version as far as it is compared and shown: the characters of PEP 440, in any order.
pub(super) fn is_version(version: &str) -> bool {
    !version.is_empty()
        && version.chars().all(|character| character.is_ascii_alphanumeric() || ".!+_-".contains(character))
}

/// The largest lock files are a few megabytes.
const MAX_BYTES: u64 = 32 << 20;
/// Requirements are split into some ten files at most.
const MAX_FILES: usize = 100;
