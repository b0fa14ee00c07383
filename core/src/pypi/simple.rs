//! Index pages of a project: what a page that was verified as a target states of a file.

mod html;
#[cfg(feature = "alloc")]
mod index;
mod json;
mod status;

use core::fmt;

use heapless::String;

#[cfg(feature = "alloc")]
pub use index::PageIndex;
pub use status::{PROJECT_STATUS_LENGTH_MAX, ProjectStatus, StatusMarker};

use super::filename::FILE_NAME_LENGTH_MAX;
use super::name::ProjectName;
use crate::error::Error;
use crate::hash::{Digest, HashAlgorithm, Hashes};
use crate::json::Scratch;
use crate::show::{OneLine, Show, display};

/// The maximum length of a page, in bytes. PyPI's longest JSON page has about 10 MB.
pub const PAGE_LENGTH_MAX: u64 = 32 * 1024 * 1024;

/// The maximum length of a text that is kept from a page, except file names, in bytes:
/// `requires-python`, or the reason for a yank. Longer texts are cut.
pub const PAGE_TEXT_LENGTH_MAX: usize = 512;

/// A project's index page: JSON (PEP 691) or HTML (PEP 503).
///
/// Every entry of the page is checked whatever is asked. A page that names the file twice is
/// refused, as two readers may take different ones.
///
/// ```
/// use picotuf::pypi::{IndexPage, PageSpace, ProjectName};
///
/// # fn main() -> Result<(), picotuf::pypi::PageError> {
/// # let bytes = br##"<a href="../six-1.0.zip#sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad">six-1.0.zip</a>"##;
/// // The bytes of a target that has been verified.
/// let project = ProjectName::new("six").expect("a valid name");
/// let page = IndexPage::new(bytes, &project)?;
/// if let Some(file) = page.file("six-1.0.zip", &mut PageSpace::new())? {
///     println!("{:?} {}", file.hashes, file.yanked.is_some());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct IndexPage<'p> {
    bytes: &'p [u8],
    project: &'p ProjectName,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Html,
    Json,
}

/// The maximum length of the text that [`PageError::about`] returns, in bytes.
pub const PAGE_ABOUT_LENGTH_MAX: usize = 64;

/// The longest link of a page, in bytes.
const LINK_LENGTH_MAX: usize = 2048;

/// What an index page states about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFile {
    /// Its name.
    pub name: String<FILE_NAME_LENGTH_MAX>,
    /// Its hashes of the kinds that are supported. A page in HTML states one at most.
    pub hashes: Hashes,
    /// Its length in bytes (PEP 700).
    pub size: Option<u64>,
    /// That it was yanked (PEP 592), and why: the text may be empty.
    pub yanked: Option<String<PAGE_TEXT_LENGTH_MAX>>,
    /// The versions of Python that it is for.
    pub requires_python: Option<String<PAGE_TEXT_LENGTH_MAX>>,
    /// Whether its metadata stands beside it (PEP 658, PEP 714).
    pub core_metadata: CoreMetadata,
}

/// What an index page states about a wheel's `METADATA`, which can be downloaded as a file of its
/// own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CoreMetadata {
    /// There is none.
    #[default]
    Absent,
    /// There is one, and nothing is stated of it.
    Present,
    /// There is one with these hashes.
    Hashed(Hashes),
}

/// The reason why a page was refused. A `position` counts bytes from the start of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageError {
    /// The page lists the file twice.
    FileTwice {
        /// Where the second entry ends.
        position: u64,
    },
    /// The page is neither HTML nor JSON.
    Form,
    /// The page's HTML is not of the strict form that the reader accepts.
    Html {
        /// Where.
        position: u64,
        /// What is wrong there.
        why: &'static str,
        /// Where the page names what it is about, as [`PageError::about`] gives it.
        about: Option<PageSpan>,
    },
    /// The page's JSON is not right.
    Json(Error),
    /// The page is longer than [`PAGE_LENGTH_MAX`].
    Length,
    /// The page is about another project.
    Project,
    /// The page has an unsupported major version of the API (PEP 629).
    Version,
}

/// A range of bytes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSpan {
    /// How many bytes stand before it.
    pub start: u64,
    /// How many bytes it has.
    pub length: u64,
}

/// The memory for reading a page, about 6 KB.
pub struct PageSpace(Scratch);

/// An entry of a page.
struct ListedFile<'e> {
    file: &'e PageFile,
    /// Empty where no links are wanted.
    link: &'e str,
    /// Whether all of the file's name could be kept: one that is longer is no file's that can be
    /// asked for.
    fits: bool,
    /// Where it begins.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "an index needs it"))]
    start: u64,
    /// Where it ends.
    end: u64,
}

/// Takes the entries of a page, one by one, and what the page says of its project.
struct Reading<'v> {
    visit: &'v mut dyn FnMut(&ListedFile<'_>),
    /// Whether the link of each entry is wanted.
    links: bool,
    status: ProjectStatus,
    problem: Option<PageError>,
}

impl<'p> IndexPage<'p> {
    /// Creates a view of a project's page. The first character decides whether it is read as JSON
    /// or as HTML.
    ///
    /// # Errors
    /// [`PageError::Form`], [`PageError::Length`].
    pub fn new(bytes: &'p [u8], project: &'p ProjectName) -> Result<Self, PageError> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > PAGE_LENGTH_MAX {
            return Err(PageError::Length);
        }
        let form = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Form::Json,
            Some(b'<') => Form::Html,
            _ => return Err(PageError::Form),
        };
        Ok(IndexPage { bytes, project, form })
    }

    /// Returns what the page states about the file with this name, or `None` if the page does not
    /// list it.
    ///
    /// # Errors
    /// As [`PageError`] says, wherever in the page it is.
    pub fn file(&self, name: &str, space: &mut PageSpace) -> Result<Option<PageFile>, PageError> {
        let (mut found, mut twice) = (None, None);
        self.read(false, space, &mut |entry| {
            if entry.fits && entry.file.name == name {
                match found {
                    None => found = Some(entry.file.clone()),
                    Some(_) => {
                        _ = twice.get_or_insert(PageError::FileTwice { position: entry.end })
                    }
                }
            }
        })?;
        twice.map_or(Ok(found), Err)
    }

    /// Returns what the page states about the file with this hash. If several files have the same
    /// content, it is the first.
    ///
    /// # Errors
    /// As [`IndexPage::file`].
    pub fn file_with(
        &self,
        hash: &Digest,
        space: &mut PageSpace,
    ) -> Result<Option<PageFile>, PageError> {
        let mut found = None;
        self.read(false, space, &mut |entry| {
            if found.is_none() && entry.fits && entry.file.has(hash) {
                found = Some(entry.file.name.clone());
            }
        })?;
        match found {
            Some(name) => self.file(&name, space),
            None => Ok(None),
        }
    }

    /// Returns whether the page states a hash of this algorithm for any file. Otherwise no file can
    /// be found by such a hash.
    ///
    /// # Errors
    /// As [`IndexPage::file`].
    pub fn states(
        &self,
        algorithm: HashAlgorithm,
        space: &mut PageSpace,
    ) -> Result<bool, PageError> {
        let mut found = false;
        self.read(false, space, &mut |entry| {
            found |= entry.file.hashes.iter().any(|stated| stated.algorithm() == algorithm);
        })?;
        Ok(found)
    }

    /// Calls `visit` for each file of the page in order, with its link as the page has it, without
    /// the part behind `#`. A file that is listed twice is passed on twice. Returns what the page
    /// states about its project. If the page is refused, discard what was passed on.
    ///
    /// # Errors
    /// As [`IndexPage::file`], but for [`PageError::FileTwice`].
    pub fn each_file(
        &self,
        space: &mut PageSpace,
        mut visit: impl FnMut(&PageFile, &str),
    ) -> Result<ProjectStatus, PageError> {
        self.read(true, space, &mut |entry| {
            if entry.fits {
                visit(entry.file, entry.link);
            }
        })
    }

    /// Reads all of the page, and gives every entry to `visit`.
    fn read(
        &self,
        links: bool,
        space: &mut PageSpace,
        visit: &mut dyn FnMut(&ListedFile<'_>),
    ) -> Result<ProjectStatus, PageError> {
        let mut reading = Reading::new(links, visit);
        match self.form {
            Form::Html => html::read(self.bytes, &mut reading)?,
            Form::Json => json::read(self.bytes, self.project, &mut space.0, &mut reading)?,
        }
        match reading.problem {
            Some(problem) => Err(problem),
            None => Ok(reading.status),
        }
    }
}

impl<'v> Reading<'v> {
    fn new(links: bool, visit: &'v mut dyn FnMut(&ListedFile<'_>)) -> Self {
        Reading { visit, links, status: ProjectStatus::default(), problem: None }
    }

    fn refuse(&mut self, problem: PageError) {
        self.problem.get_or_insert(problem);
    }
}

impl PageFile {
    const fn new() -> Self {
        PageFile {
            name: String::new(),
            hashes: Hashes::new(),
            size: None,
            yanked: None,
            requires_python: None,
            core_metadata: CoreMetadata::Absent,
        }
    }

    fn has(&self, hash: &Digest) -> bool {
        self.hashes.iter().any(|stated| stated == hash)
    }
}

impl PageSpace {
    /// Returns an empty one.
    pub const fn new() -> Self {
        PageSpace(Scratch::new())
    }

    pub(super) fn scratch(&mut self) -> &mut Scratch {
        &mut self.0
    }
}

impl Default for PageSpace {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PageSpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PageSpace").finish_non_exhaustive()
    }
}

impl PageError {
    /// Returns the stable code for programs, in kebab case. For an error in the JSON it is that of
    /// [`Error::code`].
    pub fn code(&self) -> &'static str {
        match self {
            PageError::FileTwice { .. } => "page-names-file-twice",
            PageError::Form => "page-form",
            PageError::Html { .. } => "page-html",
            PageError::Json(error) => error.code(),
            PageError::Length => "page-length",
            PageError::Project => "page-project",
            PageError::Version => "page-version",
        }
    }

    /// Returns the element, attribute or file name in the page's text that the error refers to, or
    /// `None` if it refers to none. The text is cut between characters after at most
    /// [`PAGE_ABOUT_LENGTH_MAX`] bytes. `page` must be the page that was refused.
    ///
    /// The text is the page's: [`OneLine`] shows it so that it steers no terminal.
    pub fn about<'p>(&self, page: &'p [u8]) -> Option<&'p str> {
        let PageError::Html { about: Some(PageSpan { start, length }), .. } = *self else {
            return None;
        };
        let start = usize::try_from(start).ok()?;
        let rest = core::str::from_utf8(page.get(start..)?).ok()?;
        let length = usize::try_from(length).ok()?.min(PAGE_ABOUT_LENGTH_MAX).min(rest.len());
        (0..=length).rev().find_map(|length| rest.get(..length)).filter(|text| !text.is_empty())
    }

    /// Returns the error as a text that names what [`PageError::about`] returns.
    pub fn in_page<'p>(&self, page: &'p [u8]) -> PageErrorText<'p> {
        PageErrorText { error: *self, about: self.about(page) }
    }
}

/// The text of [`PageError::in_page`]: one line without control characters.
#[derive(Clone, Copy, Debug)]
pub struct PageErrorText<'p> {
    error: PageError,
    about: Option<&'p str>,
}

impl Show for PageError {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        PageErrorText { error: *self, about: None }.show(out);
    }
}

impl Show for PageErrorText<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let (text, position) = match &self.error {
            PageError::FileTwice { position } => ("names the file twice", Some(position)),
            PageError::Form => ("is neither HTML nor JSON", None),
            PageError::Html { position, why, .. } => {
                out("the index page has ");
                out(why);
                if let Some(about) = self.about {
                    out(", `");
                    OneLine(about).show(out);
                    out("`");
                }
                return show_position(*position, out);
            }
            PageError::Json(error) => {
                out("the index page is not right: ");
                return error.show(out);
            }
            PageError::Length => {
                out("the index page has more than ");
                PAGE_LENGTH_MAX.show(out);
                return out(" bytes");
            }
            PageError::Project => ("is another project's", None),
            PageError::Version => ("is of a version that is not known", None),
        };
        out("the index page ");
        out(text);
        if let Some(position) = position {
            show_position(*position, out);
        }
    }
}

fn show_position(position: u64, out: &mut dyn FnMut(&str)) {
    out(", at byte ");
    position.show(out);
}

impl fmt::Display for PageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl fmt::Display for PageErrorText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl core::error::Error for PageError {}

/// Keeps as much of a text as there is room for, in whole characters; says whether that is all.
pub(super) fn keep<const N: usize>(text: &mut String<N>, from: impl Iterator<Item = char>) -> bool {
    for character in from {
        if text.push(character).is_err() {
            return false;
        }
    }
    true
}

/// Returns whether a version of the API is one that is known (PEP 629): any minor version of 1.
fn is_known_version(version: &str) -> bool {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    major == "1" && !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the hash functions that pages and TUF both know, by the names that pages have for them.
fn algorithm(name: &str) -> Option<HashAlgorithm> {
    match name {
        "sha256" => Some(HashAlgorithm::Sha256),
        "sha512" => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
