//! A page that is read once, whatever is then asked of it.

use alloc::vec::Vec;

use super::{Form, IndexPage, PageError, PageFile, PageSpace, ProjectStatus, Reading, html, json};
use crate::hash::{Digest, HashAlgorithm, sha256};
use crate::pypi::ProjectName;

/// A page that was read once as a whole, so that any number of files can be looked up without
/// reading it again. It takes about 16 bytes for each name and hash, which is less than the page
/// itself.
///
/// ```
/// use picotuf::pypi::{PageIndex, PageSpace, ProjectName};
///
/// # fn main() -> Result<(), picotuf::pypi::PageError> {
/// # let bytes = br##"<a href="../six-1.0.zip#sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad">six-1.0.zip</a>"##;
/// let project = ProjectName::new("six").expect("a valid name");
/// let mut space = PageSpace::new();
/// let index = PageIndex::new(bytes, &project, &mut space)?;
/// for name in ["six-1.0.zip", "six-1.1.zip"] {
///     println!("{name}: {}", index.file(name, &mut space)?.is_some());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PageIndex<B> {
    bytes: B,
    project: ProjectName,
    form: Form,
    status: ProjectStatus,
    /// Of the hashes that the page states.
    kinds: Vec<HashAlgorithm>,
    /// In order.
    places: Vec<Place>,
}

/// Where an entry is that has a name or a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Of the name or the hash: entries with another have another key, mostly.
    key: u64,
    start: u32,
    end: u32,
}

impl<B: AsRef<[u8]>> PageIndex<B> {
    /// Reads a project's page.
    ///
    /// # Errors
    /// As [`PageError`] says, wherever in the page it is, but for [`PageError::FileTwice`].
    pub fn new(bytes: B, project: &ProjectName, space: &mut PageSpace) -> Result<Self, PageError> {
        let page = IndexPage::new(bytes.as_ref(), project)?;
        let (mut places, mut kinds) = (Vec::new(), Vec::new());
        // A page is shorter than 4 GB.
        let short = |position: u64| u32::try_from(position).unwrap_or(u32::MAX);
        let status = page.read(false, space, &mut |entry| {
            for algorithm in entry.file.hashes.iter().map(Digest::algorithm) {
                if !kinds.contains(&algorithm) {
                    kinds.push(algorithm);
                }
            }
            if entry.fits {
                let keys =
                    entry.file.hashes.iter().map(hash_key).chain([name_key(&entry.file.name)]);
                places.extend(keys.map(|key| Place {
                    key,
                    start: short(entry.start),
                    end: short(entry.end),
                }));
            }
        })?;
        let form = page.form;
        places.sort_unstable();
        // A file may hold its own name, and so have one key for both.
        places.dedup();
        places.shrink_to_fit();
        Ok(PageIndex { bytes, project: project.clone(), form, status, kinds, places })
    }

    /// Returns the page.
    pub fn page(&self) -> IndexPage<'_> {
        IndexPage { bytes: self.bytes.as_ref(), project: &self.project, form: self.form }
    }

    /// Returns the bytes of the page.
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// Returns the project that the page belongs to.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// Returns what the page states about its project.
    pub fn status(&self) -> &ProjectStatus {
        &self.status
    }

    /// Returns what [`IndexPage::file`] returns.
    ///
    /// # Errors
    /// [`PageError::FileTwice`].
    pub fn file(&self, name: &str, space: &mut PageSpace) -> Result<Option<PageFile>, PageError> {
        let mut found = None;
        for place in self.places(name_key(name)) {
            let Some(file) = self.read(place, space)?.filter(|file| file.name == name) else {
                continue;
            };
            if found.replace(file).is_some() {
                return Err(PageError::FileTwice { position: place.end.into() });
            }
        }
        Ok(found)
    }

    /// Returns what [`IndexPage::file_with`] returns.
    ///
    /// # Errors
    /// [`PageError::FileTwice`].
    pub fn file_with(
        &self,
        hash: &Digest,
        space: &mut PageSpace,
    ) -> Result<Option<PageFile>, PageError> {
        for place in self.places(hash_key(hash)) {
            if let Some(file) = self.read(place, space)?.filter(|file| file.has(hash)) {
                return self.file(&file.name, space);
            }
        }
        Ok(None)
    }

    /// Returns what [`IndexPage::states`] returns.
    pub fn states(&self, algorithm: HashAlgorithm) -> bool {
        self.kinds.contains(&algorithm)
    }

    /// Returns the places of a key, in the page's order.
    fn places(&self, key: u64) -> impl Iterator<Item = &Place> {
        let first = self.places.partition_point(|place| place.key < key);
        self.places.iter().skip(first).take_while(move |place| place.key == key)
    }

    /// Reads an entry again, which was read in its page before.
    fn read(&self, place: &Place, space: &mut PageSpace) -> Result<Option<PageFile>, PageError> {
        let (start, end) = (usize::try_from(place.start), usize::try_from(place.end));
        let span =
            start.ok().zip(end.ok()).and_then(|(start, end)| self.bytes.as_ref().get(start..end));
        let mut found = None;
        let mut visit = |entry: &super::ListedFile<'_>| found = Some(entry.file.clone());
        let mut reading = Reading::new(false, &mut visit);
        match self.form {
            Form::Html => html::read(span.unwrap_or_default(), &mut reading)?,
            Form::Json => {
                json::read_entry(span.unwrap_or_default(), space.scratch(), &mut reading)?
            }
        }
        Ok(found)
    }
}

/// Nobody finds names that have one key, which would make each of them cost as much as all.
fn name_key(name: &str) -> u64 {
    front(&sha256(name.as_bytes()))
}

fn hash_key(hash: &Digest) -> u64 {
    front(hash.as_bytes())
}

fn front(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
