//! The METADATA of a wheel, verified by the hash that the wheel's target or the project's index
//! page has.

use std::cmp::Ordering;

use picotuf::Hashes;
use picotuf::pypi::{
    CoreMetadata, FileKind, FileName, IndexPage, PageError, PageSpace, ProjectName, Subject,
    TargetKind, compare_versions, is_prerelease, is_version,
};

use super::{Checker, not_checkable};
use crate::code::{Blame, Code};
use crate::error::Error;
use crate::pypi::custom;
use crate::pypi::page::Wheel;
use crate::session::FoundTarget;

/// The METADATA of a wheel.
pub struct WheelMetadata {
    /// The path of the signed target: the wheel or the index page.
    pub target: String,
    /// The file name of the wheel.
    pub wheel: String,
    /// The bytes of the METADATA file.
    pub bytes: Vec<u8>,
}

impl Checker<'_> {
    /// Returns the METADATA of a wheel, or without `wheel`, of the project's newest wheel that has
    /// a signed hash of it.
    pub fn metadata(
        &mut self,
        project: &ProjectName,
        wheel: Option<&FileName<'_>>,
    ) -> Result<WheelMetadata, Error> {
        let subject = Subject {
            project,
            file_name: wheel.map(|wheel| wheel.text),
            version: wheel.map(|wheel| wheel.version),
            hashes: &Hashes::new(),
        };
        let (names, path, found) = match self.search(&subject) {
            Err(error) if wheel.is_none() && error.is(Code::NotCheckable) => {
                return Err(error.hint(
                    "give the file name of a wheel; only an index page lists the files of a \
                         project",
                ));
            }
            found => found?,
        };
        let of = match (names, wheel) {
            (TargetKind::File, Some(wheel)) => self.of_target(&path, &found, wheel),
            (TargetKind::File, None) => {
                Err(not_checkable("the target with the project's name is not an index page"))
            }
            (TargetKind::IndexPage, _) => self.of_page(&path, &found, project, wheel),
        };
        let (wheel, bytes) =
            of.map_err(|error| error.target(&path).delegation_path(found.delegation_path.clone()))?;
        Ok(WheelMetadata { target: path.as_str().to_owned(), wheel, bytes })
    }

    /// Downloads the METADATA of a wheel whose target has the hashes in `custom`.
    fn of_target(
        &mut self,
        path: &str,
        found: &FoundTarget,
        wheel: &FileName<'_>,
    ) -> Result<(String, Vec<u8>), Error> {
        let custom = found.custom.as_deref().and_then(|custom| std::str::from_utf8(custom).ok());
        let metadata = match custom.and_then(custom::read).and_then(|fields| fields.core_metadata) {
            Some(Ok(metadata)) => metadata,
            Some(Err(error)) => {
                let message = format!("the signed core-metadata is {error}");
                return Err(Error::new(Code::CustomField, message));
            }
            None => CoreMetadata::Absent,
        };
        let hashes = hashes(&metadata)?;
        let consistent = self.session()?.consistent_snapshot();
        let bytes = self.pages.metadata(path, found, &Wheel::Target, &hashes, consistent)?;
        Ok((wheel.text.to_owned(), bytes))
    }

    /// Downloads the METADATA of a wheel whose entry in an index page has the hashes and the link.
    fn of_page(
        &mut self,
        path: &str,
        found: &FoundTarget,
        project: &ProjectName,
        wheel: Option<&FileName<'_>>,
    ) -> Result<(String, Vec<u8>), Error> {
        let consistent = self.session()?.consistent_snapshot();
        let index = self.pages.get(path, found, project, consistent, &mut self.space)?;
        let refuse = |error: PageError| Error::page(error, error.to_string());
        let page = index.page();
        let name = match wheel {
            Some(wheel) => wheel.text.to_owned(),
            None => newest(&page, project, &mut self.space).map_err(refuse)?.ok_or_else(|| {
                let message = "the index page lists no wheel with a hash of its metadata";
                Error::new(Code::NoCoreMetadata, message)
            })?,
        };
        // This lookup checks that the page has the file only once.
        let Some(entry) = index.file(&name, &mut self.space).map_err(refuse)? else {
            let message = "the signed index page does not name the file";
            return Err(Error::new(Code::NotInPage, message));
        };
        let mut link = String::new();
        let found_link = page.each_file(&mut self.space, |file, to| {
            if file.name.as_str() == name {
                to.clone_into(&mut link);
            }
        });
        found_link.map_err(refuse)?;
        let hashes = hashes(&entry.core_metadata)?;
        let bytes = self.pages.metadata(path, found, &Wheel::Linked(&link), &hashes, consistent)?;
        Ok((name, bytes))
    }
}

/// Returns the hashes of a METADATA file.
fn hashes(metadata: &CoreMetadata) -> Result<Hashes, Error> {
    let (code, message) = match metadata {
        CoreMetadata::Hashed(hashes) if !hashes.is_empty() => return Ok(*hashes),
        CoreMetadata::Hashed(_) | CoreMetadata::Present => {
            (Code::NoCommonHash, "no hash of the file's metadata that can be compared is signed")
        }
        CoreMetadata::Absent => (Code::NoCoreMetadata, "no hash of the file's metadata is signed"),
    };
    Err(Error::new(code, message).blame(Blame::Repository))
}

/// Returns the name of the newest wheel with a hash of its METADATA. As in installers, a yanked
/// wheel counts only if all are yanked, and a pre-release only if there is nothing else. The first
/// of several wheels of one version counts.
fn newest(
    page: &IndexPage<'_>,
    project: &ProjectName,
    space: &mut PageSpace,
) -> Result<Option<String>, PageError> {
    let mut newest: Option<(String, String, (bool, bool))> = None;
    page.each_file(space, |file, _| {
        let Ok(name) = FileName::of(project, &file.name) else { return };
        if name.kind != FileKind::Wheel
            || !is_version(name.version)
            || hashes(&file.core_metadata).is_err()
        {
            return;
        }
        let state = (file.yanked.is_none(), !is_prerelease(name.version));
        let is_newer = newest.as_ref().is_none_or(|(_, version, other)| {
            let order = compare_versions(name.version, version).unwrap_or(Ordering::Equal);
            state.cmp(other).then(order) == Ordering::Greater
        });
        if is_newer {
            newest = Some((file.name.as_str().to_owned(), name.version.to_owned(), state));
        }
    })?;
    Ok(newest.map(|(name, _, _)| name))
}
