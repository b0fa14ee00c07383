//! Who publishes which project: pins in a file that is committed beside a lock file, and what the
//! attestations of files (PEP 740) come to by them.
//!
//! Every comparison is one of [`picotuf_attest`]'s. This module keeps the file, and says which of
//! its pins are a file's.

mod attested;
mod attester;
mod file;

use std::fmt;
use std::path::Path;

pub use attested::{Attested, Verdict};
pub use attester::{Asking, Attester, Subject};
pub use file::FILE_NAME;
use picotuf::Time;
use picotuf::pypi::ProjectName;
use picotuf_attest::{Decision, FileFacts, Identity, Pin, decide_among};

use crate::code::Code;
use crate::error::Error;
use crate::pypi::index_key;

/// The pinned publishers of projects, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers(Vec<Known>);

/// A pinned publisher of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known {
    /// The index's URL, without credentials and without a slash at the end.
    pub index: String,
    /// The project's name, normalized.
    pub project: String,
    /// The publisher.
    pub pin: Pin,
    /// Since when files are attested by it; nothing where all of the project's files have to be.
    pub first: Option<First>,
    /// Files that somebody accepted without attestations, though others that are no newer have
    /// them: as `NAME#sha256=HEX`.
    pub unattested: Vec<String>,
}

/// The first attested file of a project: the lowest version and the earliest upload time that were
/// attested. Every file that is not older must be attested too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// The lowest version.
    pub version: String,
    /// The earliest time of an upload (PEP 700), where the index says so.
    pub upload_time: Option<Time>,
}

impl First {
    fn facts(&self) -> FileFacts<'_> {
        FileFacts { version: &self.version, upload_time: self.upload_time }
    }

    /// The lower version and the earlier time of both.
    fn lower(&mut self, other: &FileFacts<'_>) {
        *self = First::from(&self.facts().lower(*other));
    }
}

impl From<&FileFacts<'_>> for First {
    fn from(file: &FileFacts<'_>) -> Self {
        First { version: file.version.to_owned(), upload_time: file.upload_time }
    }
}

impl Publishers {
    /// Reads the file. Returns an empty list if there is none.
    ///
    /// # Errors
    /// [`Code::InvalidPublishers`] with the line of what is not understood; [`Code::Io`].
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        file::read(path)
    }

    /// Reads the text of such a file, of which errors say that it is at `path`.
    ///
    /// # Errors
    /// [`Code::InvalidPublishers`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        file::parse(text, path)
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        file::write(self, path)
    }

    /// Returns all pinned publishers, sorted by index, project and publisher.
    pub fn all(&self) -> &[Known] {
        &self.0
    }

    /// Returns these publishers, but those of `other` for the projects that are selected.
    #[must_use]
    pub fn with_projects_of(&self, other: &Publishers, select: impl Fn(&str) -> bool) -> Self {
        let own = self.0.iter().filter(|known| !select(&known.project));
        let others = other.0.iter().filter(|known| select(&known.project));
        let mut all: Vec<Known> = own.chain(others).cloned().collect();
        all.sort_by(|one, next| (&one.index, &one.project).cmp(&(&next.index, &next.project)));
        Publishers(all)
    }

    /// Returns whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the publishers of a project in an index. There are several if several workflows
    /// publish it.
    pub fn of<'p>(
        &'p self,
        index: &str,
        project: &'p ProjectName,
    ) -> impl Iterator<Item = &'p Known> + use<'p> {
        let index = index_key(index);
        self.0.iter().filter(move |known| known.index == index && known.project == project.as_str())
    }

    /// Returns another index in which the project has publishers if it has none in this one. A
    /// change of the index would otherwise drop the pins unnoticed.
    pub fn elsewhere(&self, index: &str, project: &ProjectName) -> Option<&str> {
        if self.of(index, project).next().is_some() {
            return None;
        }
        let elsewhere = self.0.iter().find(|known| known.project == project.as_str());
        elsewhere.map(|known| known.index.as_str())
    }

    /// Decides about a file of a project whose attestations, if any, verify. `publisher` is the
    /// publisher of the file. If the project has several publishers, one that matches is enough.
    pub fn decide(
        &self,
        index: &str,
        project: &ProjectName,
        publisher: Option<&Identity>,
        file: &FileFacts<'_>,
        sha256: &[u8; 32],
    ) -> Decision {
        match self.decide_by_pins(index, project, publisher, file) {
            Decision::Gone if self.is_accepted_unattested(index, project, sha256) => {
                Decision::NotAttested
            }
            decision => decision,
        }
    }

    fn decide_by_pins(
        &self,
        index: &str,
        project: &ProjectName,
        publisher: Option<&Identity>,
        file: &FileFacts<'_>,
    ) -> Decision {
        let first = self.first(index, project);
        let first = first.as_ref().map(First::facts);
        let pins = self.of(index, project).map(|known| &known.pin);
        decide_among(publisher, pins, first.as_ref(), file, false)
    }

    fn is_accepted_unattested(
        &self,
        index: &str,
        project: &ProjectName,
        sha256: &[u8; 32],
    ) -> bool {
        let end = file::hash_text(sha256);
        self.of(index, project)
            .any(|known| known.unattested.iter().any(|text| text.ends_with(&end)))
    }

    /// Accepts a file without attestations although the pins of the project require one.
    pub fn accept_unattested(
        &mut self,
        index: &str,
        project: &ProjectName,
        file: &FileFacts<'_>,
        name: &str,
        sha256: &[u8; 32],
    ) {
        if self.decide(index, project, None, file, sha256) != Decision::Gone {
            return;
        }
        let index = index_key(index);
        let of = |known: &&mut Known| known.index == index && known.project == project.as_str();
        if let Some(known) = self.0.iter_mut().find(of) {
            known.unattested.push(format!("{name}{}", file::hash_text(sha256)));
            known.unattested.sort();
        }
    }

    /// Since when files of a project are attested, by whomever.
    fn first(&self, index: &str, project: &ProjectName) -> Option<First> {
        let mut all = self.of(index, project).map(|known| known.first.as_ref());
        // One publisher whose files all have to be attested is enough.
        let mut first = all.next()??.clone();
        for other in all {
            first.lower(&other?.facts());
        }
        Some(first)
    }

    /// Records an attested file: pins its publisher under its present name unless it is pinned
    /// already, and updates the first attested file.
    ///
    /// Returns whether that changed anything.
    pub fn learn(
        &mut self,
        index: &str,
        project: &ProjectName,
        identity: &Identity,
        file: &FileFacts<'_>,
    ) -> bool {
        let before = self.clone();
        let index = index_key(index);
        let pin = Pin::of(identity);
        let met = |known: &&mut Known| {
            known.index == index
                && known.project == project.as_str()
                && match picotuf_attest::compare(&known.pin, identity) {
                    picotuf_attest::PinVerdict::Renamed => true,
                    verdict => verdict.is_met(),
                }
        };
        match self.0.iter_mut().find(met) {
            Some(known) => {
                if !picotuf_attest::compare(&known.pin, identity).is_met() {
                    known.pin.publisher = pin.publisher;
                }
                if let Some(first) = &mut known.first {
                    first.lower(file);
                }
            }
            None => {
                let project = project.as_str().to_owned();
                let (first, unattested) = (Some(First::from(file)), Vec::new());
                self.0.push(Known { index, project, pin, first, unattested });
                self.sort();
            }
        }
        *self != before
    }

    /// Pins a publisher that the pins of the project do not meet. It takes the place of a pin that
    /// has only another name for it, or of the only pin if that is not in use any more. Since when
    /// files are attested stays, as does what was accepted without attestations.
    pub fn accept(
        &mut self,
        index: &str,
        project: &ProjectName,
        identity: &Identity,
        file: &FileFacts<'_>,
        is_in_use: bool,
    ) {
        let key = index_key(index);
        let of = |known: &&mut Known| known.index == key && known.project == project.as_str();
        let is_known = self.of(index, project).any(|known| {
            let verdict = picotuf_attest::compare(&known.pin, identity);
            verdict.is_met() || verdict == picotuf_attest::PinVerdict::Renamed
        });
        let is_alone = self.of(index, project).count() == 1;
        if !is_known
            && is_alone
            && !is_in_use
            && let Some(known) = self.0.iter_mut().find(of)
        {
            known.pin = Pin::of(identity);
            self.sort();
        }
        self.learn(index, project, identity, file);
    }

    /// The order of the file, by which a change of one project is a change of few lines.
    fn sort(&mut self) {
        self.0.sort_by_cached_key(|known| {
            (known.index.clone(), known.project.clone(), known.pin.publisher.to_string())
        });
    }
}

/// The text of the file.
impl fmt::Display for Publishers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&file::text(self))
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidPublishers, message)
}

#[cfg(test)]
mod tests;
