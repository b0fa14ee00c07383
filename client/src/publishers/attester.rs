//! Asks indexes for the attestations of files, and holds the files to what is pinned.

mod decide;
mod index;
mod subject;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use picotuf::Time;
use picotuf::pypi::ProjectName;
use picotuf_attest::{Decision, FileFacts, Identity, Rules, StatedPublisher, TrustedRoot};

use super::Publishers;
use super::attested::{Attested, Verdict};
use crate::attestations::{Listed, Page};
use crate::error::Error;
use crate::fetch::Fetch;
use crate::location::Base;
use crate::lock::{Entry, Format, Pinned};
use crate::log::Log;
use crate::pypi::Allowed;

pub use subject::Subject;
use subject::sha256_of;

/// What a caller asks of attestations.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// The index of files for which nothing else names one. It may have credentials, which then
    /// count for the same index in lock files.
    pub index: Option<Base>,
    /// Servers that may have provenance documents beside the index's own.
    pub provenance_from: Vec<Base>,
    /// What is accepted though it cannot be checked.
    pub allow: Vec<Allowed>,
    /// What is asked of files.
    pub rules: Rules,
    /// Where it is told, in detail, why an attestation does not hold.
    pub log: Log,
}

/// Asks for attestations, and says what becomes of the files.
pub struct Attester<'a> {
    fetch: &'a dyn Fetch,
    root: &'a TrustedRoot,
    now: Time,
    asking: Asking,
    publishers: Publishers,
    /// By index and project; nothing for a project that the index does not list.
    pages: HashMap<(String, String), Fetched>,
    seen: Vec<Seen>,
    /// Projects that may come from another index than the one where they are pinned.
    moved: BTreeSet<String>,
}

type Fetched = Result<Option<Arc<Page>>, Arc<Error>>;

/// A file that was judged by what its index says.
#[derive(Clone, Debug)]
struct Seen {
    index: String,
    project: ProjectName,
    version: String,
    upload_time: Option<Time>,
    name: String,
    sha256: [u8; 32],
    publisher: Option<Identity>,
    /// What its pins say of it.
    decision: Decision,
    /// Whether it is refused by a pin alone, which somebody can replace.
    is_replaceable: bool,
}

impl Seen {
    fn facts(&self) -> FileFacts<'_> {
        FileFacts { version: &self.version, upload_time: self.upload_time }
    }
}

/// What is known of a subject on the way to its verdict.
#[derive(Default)]
struct State {
    index: Option<String>,
    listed: Option<(Arc<Page>, usize)>,
    attested: Option<Attested>,
}

impl<'a> Attester<'a> {
    /// Begins with what is pinned.
    pub fn new(
        fetch: &'a dyn Fetch,
        root: &'a TrustedRoot,
        now: Time,
        asking: Asking,
        publishers: Publishers,
    ) -> Self {
        let (pages, seen, moved) = (HashMap::new(), Vec::new(), BTreeSet::new());
        Attester { fetch, root, now, asking, publishers, pages, seen, moved }
    }

    /// What is asked of files.
    pub fn rules(&self) -> &Rules {
        &self.asking.rules
    }

    /// The pins that it began with.
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Returns whether a publisher of the project is pinned, for whichever index.
    pub fn has_pins_of(&self, project: &ProjectName) -> bool {
        self.publishers.all().iter().any(|known| known.project == project.as_str())
    }

    /// The pins, and with them the publishers of all files that were judged and hold. A file
    /// without attestations is accepted by its hash where that is needed.
    pub fn learned(&self) -> Publishers {
        let mut publishers = self.publishers.clone();
        let held = || self.seen.iter().filter(|seen| !seen.is_replaceable);
        for seen in held() {
            if let Some(publisher) = &seen.publisher {
                publishers.learn(&seen.index, &seen.project, publisher, &seen.facts());
            }
        }
        for seen in held().filter(|seen| seen.publisher.is_none()) {
            let Seen { index, project, name, sha256, .. } = seen;
            publishers.accept_unattested(index, project, &seen.facts(), name, sha256);
        }
        publishers
    }

    /// Returns the publishers of a pinned version if every one of its files was judged, is attested
    /// and may be used; otherwise the number of its files that are.
    ///
    /// # Errors
    /// The number of attested files.
    pub fn publishers_of(&self, pinned: &Pinned) -> Result<Vec<StatedPublisher>, usize> {
        let mut publishers: Vec<StatedPublisher> = Vec::new();
        let mut attested: usize = 0;
        for file in &pinned.files {
            let sha256 = sha256_of(&file.digests());
            let seen = self.seen.iter().find(|seen| {
                Some(seen.sha256) == sha256
                    && !seen.is_replaceable
                    && seen.project.names(&pinned.project)
            });
            let Some(identity) = seen.and_then(|seen| seen.publisher.as_ref()) else { continue };
            attested = attested.saturating_add(1);
            let environment = identity.claims.environment.as_deref();
            let publisher = StatedPublisher::new(identity.publisher.clone(), environment);
            if !publishers.contains(&publisher) {
                publishers.push(publisher);
            }
        }
        if attested == pinned.files.len() { Ok(publishers) } else { Err(attested) }
    }

    /// Changes the pins by which files of these projects were refused, of all projects where none
    /// is named, so that they hold: a file without attestations is accepted by its hash, and
    /// another publisher is pinned. What was attested before has to be attested still.
    ///
    /// Returns the names of these projects.
    pub fn give_way(&mut self, projects: &[ProjectName]) -> BTreeSet<String> {
        let mut given = BTreeSet::new();
        let all_seen = std::mem::take(&mut self.seen);
        for seen in &all_seen {
            let Seen { index, project, name, sha256, .. } = seen;
            if !seen.is_replaceable || !(projects.is_empty() || projects.contains(project)) {
                continue;
            }
            match (seen.decision, &seen.publisher) {
                (Decision::Gone, _) => {
                    self.publishers.accept_unattested(index, project, &seen.facts(), name, sha256);
                }
                (Decision::Changed(_), Some(publisher)) => {
                    let is_in_use = all_seen.iter().any(|other| {
                        matches!(other.decision, Decision::Pinned(_))
                            && (&other.index, &other.project) == (index, project)
                    });
                    self.publishers.accept(index, project, publisher, &seen.facts(), is_in_use);
                }
                _ => {}
            }
            given.insert(project.to_string());
        }
        self.moved.extend(given.iter().cloned());
        given
    }

    /// Says what becomes of all files that a lock file pins, in their order.
    pub fn judge_entries(&mut self, entries: &[Entry], format: Format) -> Vec<Attested> {
        let (mut subjects, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            let Entry::Pinned(pinned) = entry else { continue };
            for file in &pinned.files {
                match Subject::of_pin(pinned, file, format) {
                    Ok(subject) => {
                        subjects.push(subject);
                        failed.push(None);
                    }
                    Err(error) => failed.push(Some(error)),
                }
            }
        }
        let mut judged = self.judge(&subjects).into_iter();
        let refused = |error| Some(Attested::of(None, Verdict::Refused(Arc::new(error))));
        failed
            .into_iter()
            .filter_map(|failed| failed.map_or_else(|| judged.next(), refused))
            .collect()
    }

    /// Says what becomes of files, in their order. Index pages are fetched at the same time, and
    /// then provenance documents are.
    pub fn judge(&mut self, subjects: &[Subject]) -> Vec<Attested> {
        let mut states: Vec<State> = subjects.iter().map(|_| State::default()).collect();
        for (subject, state) in subjects.iter().zip(&mut states) {
            match self.index_of(subject) {
                Ok(index) => state.index = Some(index),
                Err(verdict) => state.attested = Some(Attested::of(None, verdict)),
            }
        }
        let mut by_index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, state) in states.iter().enumerate() {
            if let Some(index) = &state.index {
                by_index.entry(index.clone()).or_default().push(place);
            }
        }
        for (key, places) in by_index {
            let index = match self.open(&key) {
                Ok(index) => index,
                Err(error) => {
                    let error = Arc::new(error);
                    for place in places {
                        let verdict = Verdict::Refused(Arc::clone(&error));
                        states[place].attested = Some(Attested::of(Some(&key), verdict));
                    }
                    continue;
                }
            };
            self.fetch_pages(&key, &index, places.iter().map(|place| &subjects[*place].project));
            let mut wanted = Vec::new();
            for place in places {
                let (subject, state) = (&subjects[place], &mut states[place]);
                match self.look_up(&key, subject) {
                    Ok((page, at)) => {
                        wanted.push((place, Arc::clone(&page), at));
                        state.listed = Some((page, at));
                    }
                    Err(verdict) => state.attested = Some(Attested::of(Some(&key), verdict)),
                }
            }
            let files: Vec<(&Page, &Listed)> =
                wanted.iter().map(|(_, page, at)| (&**page, &page.files[*at])).collect();
            let mut documents: Vec<_> = files.iter().map(|_| Ok(None)).collect();
            index.documents(&files, self.fetch, &mut |number, document| {
                documents[number] = document;
                ControlFlow::Continue(())
            });
            for ((place, page, at), document) in wanted.iter().zip(documents) {
                let listed = &page.files[*at];
                let attested = self.decide(&key, &subjects[*place], listed, document);
                states[*place].attested = Some(attested);
            }
        }
        let nothing = || {
            let error = Arc::new(Error::from(picotuf::Error::SourceFailed));
            Attested::of(None, Verdict::Refused(error))
        };
        states.into_iter().map(|state| state.attested.unwrap_or_else(nothing)).collect()
    }

    /// Whether somebody in particular has to have published the file.
    fn expects(&self, key: &str, subject: &Subject) -> bool {
        self.asking.rules.require_attestation
            || !subject.identities.is_empty()
            || self.publishers.of(key, &subject.project).next().is_some()
            || self.publishers.elsewhere(key, &subject.project).is_some()
    }
}
