//! A lock file's text, and where in it something stands.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Place, invalid, limit};
use crate::error::Error;

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
    path: PathBuf,
    /// As messages name it: without the values of variables.
    shown: Arc<Path>,
    text: String,
    /// Where each line but the first starts.
    starts: Vec<usize>,
}

impl Text {
    /// Reads a file in UTF-8 without a byte order mark: pipenv passes over a lock file that has
    /// one.
    pub(super) fn read(path: &Path, budget: &mut Budget) -> Result<Text, Error> {
        Text::decoded(path, path, read_bytes(path, path, budget)?, |bytes| {
            match bytes.starts_with(b"\xef\xbb\xbf") {
                true => Err((
                    1,
                    "the file begins with a byte order mark, which some installers do not read: \
                         save it without one",
                )),
                false => utf8(bytes),
            }
        })
    }

    /// Reads a list of requirements, which messages call `shown`, in the encodings that pip takes.
    pub(super) fn read_list(path: &Path, shown: &Path, budget: &mut Budget) -> Result<Text, Error> {
        Text::decoded(path, shown, read_bytes(path, shown, budget)?, by_mark)
    }

    fn decoded(
        path: &Path,
        shown: &Path,
        bytes: Vec<u8>,
        decode: impl FnOnce(Vec<u8>) -> Result<String, (usize, &'static str)>,
    ) -> Result<Text, Error> {
        match decode(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                Ok(Text { path: path.to_owned(), shown: shown.into(), ..Text::new(path, text) })
            }
            Err((line, wrong)) => Err(invalid(wrong).file(Place { file: shown.into(), line })),
        }
    }

    /// Returns a text that is said to be from a file.
    pub(super) fn new(path: &Path, text: String) -> Text {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Text { path: path.to_owned(), shown: path.into(), text, starts }
    }

    /// Returns the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file as messages name it.
    pub(super) fn shown(&self) -> &Path {
        &self.shown
    }

    /// All of it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the place of the byte at an offset.
    pub(super) fn place(&self, at: usize) -> Place {
        self.line(1 + self.starts.partition_point(|start| *start <= at))
    }

    /// Returns the place of a line, counted from 1.
    pub(super) fn line(&self, line: usize) -> Place {
        Place { file: self.shown.clone(), line }
    }

    /// Returns the offset at which a slice of this text starts.
    pub(super) fn offset_of(&self, slice: &str) -> usize {
        slice.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }
}

fn read_bytes(path: &Path, shown: &Path, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    if budget.files == 0 {
        return Err(
            limit(format!("more than {MAX_FILES} files include each other")).file(shown.display())
        );
    }
    budget.files -= 1;
    let file = File::open(path).map_err(|error| Error::io("open the file", shown, &error))?;
    let mut bytes = Vec::new();
    file.take(budget.bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io("read the file", shown, &error))?;
    budget.bytes = (budget.bytes.checked_sub(bytes.len() as u64)).ok_or_else(|| {
        limit(format!("the file and its includes are longer than {MAX_BYTES} bytes"))
            .file(shown.display())
    })?;
    Ok(bytes)
}

/// UTF-8 alone. An error is a line and what is wrong with it.
fn utf8(bytes: Vec<u8>) -> Result<String, (usize, &'static str)> {
    let marked = BYTE_ORDER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark));
    if let Some((_, wrong)) = marked {
        return Err((1, wrong));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        (1 + before.filter(|byte| **byte == b'\n').count(), "the file is not UTF-8")
    })
}

/// UTF-8, or what a byte order mark says: as pip decodes a list (`pip._internal.req.req_file`).
fn by_mark(bytes: Vec<u8>) -> Result<String, (usize, &'static str)> {
    match bytes.as_slice() {
        // The mark of UTF-32 begins with that of UTF-16.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => utf8(bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, (usize, &'static str)> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text =
        char::decode_utf16(units.iter().map(|bytes| unit(*bytes))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err((1, "the file has the byte order mark of UTF-16 and is not UTF-16")),
    }
}

/// Returns a text without the `user:password@` of the addresses in it: it is going to be shown.
pub(super) fn without_credentials(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end =
            after.find(|character: char| "/?#".contains(character) || character.is_whitespace());
        let authority = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
        rest = match authority.rfind('@') {
            Some(at) => after.get(at + 1..).unwrap_or_default(),
            None => after,
        };
    }
    shown + rest
}

/// Returns the last path component of a URL, decoded.
pub(super) fn last_of_url(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let last = path.rsplit('/').next()?;
    percent_encoding::percent_decode_str(last).decode_utf8().ok().map(String::from)
}

/// Returns whether a URL is one of a file on PyPI's server of files. Whoever fetches it tells PyPI
/// the project's name. The host has to be that one as it is written, by https, without credentials
/// and port: what a URL parser would only make of it could be another host for an installer.
pub(super) fn is_on_pypi(url: &str) -> bool {
    url.starts_with("https://files.pythonhosted.org/")
}

/// Returns whether an installer could take this for a file's name: one component, no more.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.chars().any(|character| {
            character.is_control() || character.is_whitespace() || "/\\:".contains(character)
        })
}

/// A version as far as it is compared and shown: the characters of PEP 440, in any order.
pub(super) fn is_version(version: &str) -> bool {
    !version.is_empty()
        && version
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".!+_-".contains(character))
}

/// Encodings that installers do not read in this format, by their marks.
const BYTE_ORDER_MARKS: [(&[u8], &str); 4] = [
    (&[0xff, 0xfe, 0, 0], "the file is UTF-32: save it as UTF-8"),
    (&[0, 0, 0xfe, 0xff], "the file is UTF-32: save it as UTF-8"),
    (&[0xff, 0xfe], "the file is UTF-16: save it as UTF-8"),
    (&[0xfe, 0xff], "the file is UTF-16: save it as UTF-8"),
];
/// The largest lock files are a few megabytes.
const MAX_BYTES: u64 = 32 << 20;
/// Requirements are split into some ten files at most.
const MAX_FILES: usize = 100;
