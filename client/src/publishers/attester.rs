//! Asks indexes for the attestations of files, and holds the files to what is pinned.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use picotuf::pypi::{FileName, ProjectName};
use picotuf::{HashAlgorithm, Hashes, Time};
use picotuf_attest::{
    Change, Decision, FileFacts, Identity, Pin, PinVerdict, RefKind, Rules, StatedPublisher,
    TrustedRoot,
};

use url::Url;

use super::Publishers;
use super::attested::{Attested, Verdict};
use crate::attestations::{Index, Listed, Page, tell_failures, verify};
use crate::code::Code;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::location::Base;
use crate::lock::{Entry, Format, Pinned, PinnedFile, Reason};
use crate::log::Log;
use crate::pypi::{Allowed, Claim, INDEX_UNKNOWN, UncheckedReason, agree, allows, index_key};

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

/// A file whose attestations are asked for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The indexes that it may be from, as a lock file names them.
    pub indexes: Vec<String>,
    /// The index whose server the lock file's URLs name, where it names no index.
    pub hosted_by: Option<&'static str>,
    /// Its project.
    pub project: ProjectName,
    /// Its version, if that is known.
    pub version: Option<String>,
    /// Its names, in one or two spellings; none where only the hash is known.
    pub names: Vec<String>,
    /// Its SHA-256, if that is known.
    pub sha256: Option<[u8; 32]>,
    /// The publishers of which one must have attested it, as the lock file says; none where it does
    /// not say.
    pub identities: Vec<StatedPublisher>,
    /// Why no index need have it: it was installed by its path or URL.
    pub direct: Option<Reason>,
}

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

impl Subject {
    /// A file that a lock file of that format pins.
    ///
    /// # Errors
    /// [`Code::ProjectName`]; [`Code::FileName`] and [`Code::OtherVersion`] where its name says
    /// that it is of another project or version than the entry.
    pub fn of_pin(pinned: &Pinned, file: &PinnedFile, format: Format) -> Result<Self, Error> {
        let project = ProjectName::new(&pinned.project).map_err(|error| {
            Error::new(Code::ProjectName, format!("{:?}: {error}", pinned.project))
        })?;
        for name in file.file_name.iter().chain(&file.other_name) {
            agree(&project, pinned.version.as_deref(), name)?;
        }
        let mut indexes = pinned.indexes.clone();
        if indexes.is_empty() {
            indexes.extend(format.default_index().map(str::to_owned));
        }
        let identities = pinned.identities.as_ref().map(|identities| identities.any_of.clone());
        Ok(Subject {
            indexes,
            hosted_by: pinned.hosted_by,
            project,
            version: pinned.version.clone(),
            names: file.file_name.iter().chain(&file.other_name).cloned().collect(),
            sha256: sha256_of(&file.digests()),
            identities: identities.unwrap_or_default(),
            direct: pinned.direct.clone(),
        })
    }

    /// A file that is here.
    pub(crate) fn of_claim(claim: &Claim) -> Self {
        Subject {
            indexes: Vec::new(),
            hosted_by: None,
            project: claim.project.clone(),
            version: claim.version.clone(),
            names: claim.file_name.iter().cloned().collect(),
            sha256: sha256_of(&claim.hashes),
            identities: Vec::new(),
            direct: None,
        }
    }
}

fn sha256_of(hashes: &Hashes) -> Option<[u8; 32]> {
    let mut digests = hashes.iter();
    let digest = digests.find(|digest| digest.algorithm() == HashAlgorithm::Sha256)?;
    digest.as_bytes().try_into().ok()
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

    /// The index to ask about a file: the one that is named for it, and no other one. A project's
    /// name is told to nobody else.
    fn index_of(&self, subject: &Subject) -> Result<String, Verdict> {
        let given = self.asking.index.as_ref().map(|base| index_key(&base.without_credentials()));
        let mut named: Vec<_> = subject.indexes.iter().map(|index| index_key(index)).collect();
        named.sort();
        named.dedup();
        let hosted_by = subject.hosted_by.map(index_key);
        let index = match (&named[..], given.or(hosted_by.filter(|_| named.is_empty()))) {
            ([index], _) => Ok(index.clone()),
            ([], Some(given)) => Ok(given),
            (several, Some(given)) if several.contains(&given) => Ok(given),
            ([], None) => Err("nothing says which index it is from, and its name is told to no \
                other one: give --index-url, such as https://pypi.org/simple/"
                .to_owned()),
            (several, _) => Err(format!(
                "the file may be from {}, and picotuf tells its name to one index only: name it \
                 with --index-url",
                several.join(" or ")
            )),
        };
        let (code, why) = match index.map(|index| (cannot_be_asked(&index), index)) {
            Ok((None, index)) => return Ok(index),
            Ok((Some((code, why)), _)) => (code, why.to_owned()),
            Err(why) => (INDEX_UNKNOWN.to_owned(), why),
        };
        Err(self.unchecked(subject, &code, why))
    }

    /// Returns the verdict on a file that cannot be checked. The caller cannot accept that if the
    /// publisher of the project is pinned, for whichever index; and publishers that the lock file
    /// names have to be accepted as not checked too.
    fn unchecked(&self, subject: &Subject, code: &str, why: String) -> Verdict {
        let allow = &self.asking.allow;
        if self.has_pins_of(&subject.project) {
            let why = format!("{why}; its publisher is pinned");
            return Verdict::Unchecked(UncheckedReason::of_pinned(code, why));
        }
        let allowed = allows(allow, code);
        if allowed && !subject.identities.is_empty() {
            let code = Reason::AttestationIdentities.code();
            let allowed = allows(allow, &code);
            let why = format!("{why}; so the publishers that the lock file names are not checked");
            return Verdict::Unchecked(UncheckedReason::new(code, why, allowed));
        }
        Verdict::Unchecked(UncheckedReason::new(code, why, allowed))
    }

    fn open(&self, key: &str) -> Result<Index, Error> {
        let given = self.asking.index.as_ref();
        let given = given.filter(|base| index_key(&base.without_credentials()) == key);
        let base = match given {
            Some(base) => base.clone(),
            None => Base::parse(key)?,
        };
        let index = Index::new(base)?;
        Ok(self.asking.provenance_from.iter().cloned().fold(index, Index::allow))
    }

    fn fetch_pages<'p>(
        &mut self,
        key: &str,
        index: &Index,
        projects: impl Iterator<Item = &'p ProjectName>,
    ) {
        let mut new: Vec<ProjectName> = Vec::new();
        let mut names = HashSet::new();
        for project in projects {
            let place = (key.to_owned(), project.to_string());
            if !self.pages.contains_key(&place) && names.insert(place) {
                new.push(project.clone());
            }
        }
        let pages = &mut self.pages;
        index.pages(&new, self.fetch, &mut |place, page| {
            let page = page.map(|page| page.map(Arc::new)).map_err(Arc::new);
            pages.insert((key.to_owned(), new[place].to_string()), page);
            ControlFlow::Continue(())
        });
    }

    /// The file in its project's page.
    fn look_up(&self, key: &str, subject: &Subject) -> Result<(Arc<Page>, usize), Verdict> {
        let refused = |error: Error| Verdict::Refused(Arc::new(error));
        let Some(sha256) = subject.sha256 else {
            let reason = Reason::NoSha256;
            let why = "attestations are of a SHA-256, and none is known of the file".to_owned();
            return Err(self.unchecked(subject, &reason.code(), why));
        };
        let missing = |what: String| {
            Error::new(Code::NotInIndex, what).file(key).hint(
                "check that the lock file is of this index; a file that was taken away cannot be \
                 installed either",
            )
        };
        let unlisted = |what: String| match &subject.direct {
            Some(why) => self.unchecked(subject, &why.code(), format!("{what}; it is {why}")),
            None => refused(missing(what)),
        };
        let page = match self.pages.get(&(key.to_owned(), subject.project.to_string())) {
            Some(Ok(Some(page))) => Arc::clone(page),
            Some(Ok(None)) => {
                let what = format!("the index does not list the project {}", subject.project);
                return Err(unlisted(what));
            }
            // An index without pages in JSON has no attestations either; yet that is for somebody
            // to say, and not where a publisher is expected.
            Some(Err(error)) if error.is(Code::IndexPage) && !self.expects(key, subject) => {
                let why = error.detail().message.clone();
                return Err(self.unchecked(subject, error.code(), why));
            }
            Some(Err(error)) => {
                return Err(Verdict::Refused(Arc::clone(error)));
            }
            None => return Err(refused(picotuf::Error::SourceFailed.into())),
        };
        let place = |found: &dyn Fn(&Listed) -> bool| page.files.iter().position(found);
        let by_name = subject.names.iter().find_map(|name| {
            let listed = page.file(name)?;
            place(&|other| other.name == listed.name)
        });
        let at = match by_name {
            Some(at) => Some(at),
            // The name of such a file is the index's word. One of another project or version is not
            // the file that is pinned, whoever attested it.
            None if subject.names.is_empty() => {
                let version = subject.version.as_deref();
                let agrees = |name: &str| agree(&subject.project, version, name).map(|_version| ());
                let has_hash = |listed: &Listed| listed.sha256 == Some(sha256);
                let is_it = |listed: &Listed| has_hash(listed) && agrees(&listed.name).is_ok();
                match (place(&is_it), place(&has_hash)) {
                    (None, Some(other)) => {
                        let error = agrees(&page.files[other].name).err();
                        let error = error.unwrap_or_else(|| picotuf::Error::SourceFailed.into());
                        return Err(refused(error.file(&page.url).blame(crate::Blame::Repository)));
                    }
                    (at, _) => at,
                }
            }
            None => None,
        };
        let Some(at) = at else {
            let what = match subject.names.first() {
                Some(name) => format!("the index does not list {name}"),
                None => format!("the index lists no file of {} with that SHA-256", subject.project),
            };
            return Err(unlisted(what));
        };
        match page.files[at].sha256 {
            Some(other) if other != sha256 => {
                let what = format!(
                    "the index lists {} with another SHA-256: it is not the file that is asked for",
                    page.files[at].name
                );
                Err(refused(missing(what).blame(crate::Blame::Repository)))
            }
            _ => Ok((page, at)),
        }
    }

    /// Whether somebody in particular has to have published the file.
    fn expects(&self, key: &str, subject: &Subject) -> bool {
        self.asking.rules.require_attestation
            || !subject.identities.is_empty()
            || self.publishers.of(key, &subject.project).next().is_some()
            || self.publishers.elsewhere(key, &subject.project).is_some()
    }

    fn decide(
        &mut self,
        key: &str,
        subject: &Subject,
        listed: &Listed,
        document: Result<Option<Vec<u8>>, Error>,
    ) -> Attested {
        let mut attested = Attested::of(Some(key), Verdict::Held);
        let name = subject.names.first().unwrap_or(&listed.name);
        let sha256 = subject.sha256.unwrap_or_default();
        let report = document.and_then(|document| match document {
            Some(document) => verify(name, sha256, &document, self.root, None, self.now).map(Some),
            None => Ok(None),
        });
        let outcome = match report {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(report)) => {
                tell_failures(name, &report, &self.asking.log);
                let times =
                    report.attestations.iter().filter_map(|checked| checked.outcome.as_ref().ok());
                attested.signed =
                    times.filter_map(|verified| verified.times.first()).min().copied();
                report.outcome.map(|_| report.identities).map_err(Error::from)
            }
            Err(error) => Err(error),
        };
        let publishers = match outcome {
            Ok(publishers) => publishers,
            // It counts for nothing, and is no worse than none.
            Err(error) if counts_for_nothing(&error) => {
                attested.note = Some(error.detail().message.clone());
                Vec::new()
            }
            Err(error) => {
                attested.verdict = Verdict::Refused(Arc::new(error));
                return attested;
            }
        };
        // What a lock file pins. Of a file that it knows by its hash alone, the name is the index's
        // word, by which a new file must not become an old one.
        let version = subject.version.clone().or_else(|| {
            let name = FileName::of(&subject.project, name).ok()?;
            Some(name.version.to_owned())
        });
        let version = version.unwrap_or_default();
        let facts = FileFacts { version: &version, upload_time: listed.upload_time };
        let judged = |publisher: Option<Identity>| {
            let project = &subject.project;
            let by_pins = self.publishers.decide(key, project, publisher.as_ref(), &facts, &sha256);
            let (decision, refused) = self.weigh(key, subject, publisher.as_ref(), by_pins);
            (publisher, by_pins, decision, refused)
        };
        // One of several publishers that is accepted is enough, wherever it stands.
        let rank = |(_, _, decision, refused): &(_, _, Decision, Option<Error>)| match decision {
            _ if refused.is_some() => 2,
            Decision::Pinned(_) => 0,
            _ => 1,
        };
        let best = publishers.into_iter().map(|publisher| judged(Some(publisher))).min_by_key(rank);
        let (publisher, by_pins, decision, refused) = best.unwrap_or_else(|| judged(None));
        attested.publisher = publisher;
        let is_replaceable =
            refused.is_some() || matches!(decision, Decision::Changed(_) | Decision::Gone);
        self.seen.push(Seen {
            index: key.to_owned(),
            project: subject.project.clone(),
            version: version.clone(),
            upload_time: listed.upload_time,
            name: name.clone(),
            sha256,
            publisher: attested.publisher.clone(),
            decision: by_pins,
            is_replaceable,
        });
        attested.decision = Some(decision);
        if matches!(decision, Decision::Changed(_) | Decision::Gone) {
            let pinned = self.publishers.of(key, &subject.project);
            let names: Vec<_> = pinned.map(|known| known.pin.publisher.to_string()).collect();
            attested.pinned = (!names.is_empty()).then(|| names.join(" or "));
        }
        let pins = self.publishers.of(key, &subject.project).map(|known| &known.pin).collect();
        let refused = refused.or_else(|| self.refusal(decision, &attested, pins, name));
        attested.verdict = match refused {
            Some(error) => Verdict::Refused(Arc::new(error)),
            None if decision == Decision::FirstUse && !self.asking.rules.accept_first_use => {
                Verdict::NotPinned
            }
            None => Verdict::Held,
        };
        attested
    }

    /// What the lock file and pins in other indexes say beside the pins in this one.
    fn weigh(
        &self,
        key: &str,
        subject: &Subject,
        publisher: Option<&Identity>,
        decision: Decision,
    ) -> (Decision, Option<Error>) {
        let is_open = matches!(decision, Decision::FirstUse | Decision::NotAttested);
        let has_moved = self.moved.contains(subject.project.as_str());
        if is_open
            && !has_moved
            && let Some(elsewhere) = self.publishers.elsewhere(key, &subject.project)
        {
            let what = format!(
                "the publishers of {} are pinned in {elsewhere}, and it is locked from {key}",
                subject.project
            );
            let error = Error::new(Code::OtherIndexPinned, what).hint(
                "if it is meant to come from there, accept its publisher with `picotuf publishers \
                 accept`",
            );
            return (decision, Some(error));
        }
        match (&subject.identities[..], publisher) {
            ([], _) => (decision, None),
            (identities, Some(publisher)) => {
                let results: Vec<_> =
                    identities.iter().map(|stated| stated.check(publisher)).collect();
                if results.iter().any(Result::is_ok) {
                    // A pin may ask for more than the lock file.
                    let decision = match decision {
                        Decision::FirstUse => Decision::Pinned(PinVerdict::NameOnly),
                        decision => decision,
                    };
                    return (decision, None);
                }
                let expected: Vec<_> =
                    identities.iter().map(|stated| stated.publisher.to_string()).collect();
                let (expected, found) = (expected.join(" or "), publisher.publisher.to_string());
                let message =
                    format!("it is attested by {found}, and the lock file names {expected}");
                let error = Error::new(Code::PublisherChanged, message)
                    .values(expected, found)
                    .hint("do not install it before you know why");
                (decision, Some(error))
            }
            (identities, None) => {
                let expected: Vec<_> =
                    identities.iter().map(|stated| stated.publisher.to_string()).collect();
                let what = format!(
                    "the lock file says that {} attested it, and the index has no attestation",
                    expected.join(" or ")
                );
                (Decision::Gone, Some(Error::new(Code::AttestationGone, what)))
            }
        }
    }

    fn refusal(
        &self,
        decision: Decision,
        attested: &Attested,
        pins: Vec<&Pin>,
        name: &str,
    ) -> Option<Error> {
        if decision == Decision::FirstUse || decision.is_accepted(&self.asking.rules) {
            return None;
        }
        let found = attested.publisher.as_ref().map(|found| found.publisher.to_string());
        let found = found.unwrap_or_default();
        let pinned = attested.pinned.clone().unwrap_or_default();
        let with_values = |error: Error| error.values(pinned.clone(), found.clone());
        let accept = "if its maintainers confirm this, accept it with `picotuf publishers accept`";
        Some(match decision {
            Decision::Changed(PinVerdict::Renamed) => with_values(Error::new(
                Code::PublisherRenamed,
                format!(
                    "it is attested by {found}, and {pinned} is pinned: its repository has another \
                     name now, and is still the pinned one by its number"
                ),
            ))
            .hint("accept the new name with `picotuf publishers accept`"),
            Decision::Changed(PinVerdict::PublisherChanged(change)) => {
                let difference = match (&pins[..], &attested.publisher) {
                    ([pin], Some(found)) => difference(change, pin, found),
                    _ => change.to_string(),
                };
                let what = match found == pinned {
                    true => format!("it is attested by {found}, as pinned by name: {difference}"),
                    false => {
                        format!("it is attested by {found}, and {pinned} is pinned: {difference}")
                    }
                };
                with_values(Error::new(Code::PublisherChanged, what)).hint(accept)
            }
            Decision::Gone => {
                let what = match &attested.note {
                    None => format!(
                        "it has no attestation, and its project's files have had one by {pinned}"
                    ),
                    Some(note) => format!(
                        "its attestations count for nothing ({note}), and those of its project's \
                         files, by {pinned}, have counted"
                    ),
                };
                Error::new(Code::AttestationGone, what)
                    .hint(format!("do not install it before you know why; {accept}"))
            }
            _ => Error::new(Code::NotAttested, format!("the index has no attestation of {name}"))
                .hint("--require attestation asks for one; ask its project, or leave that out"),
        })
    }
}

/// The reason why an index cannot be asked about attestations, if it cannot, and its message.
fn cannot_be_asked(index: &str) -> Option<(String, &'static str)> {
    match Url::parse(index) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            // It would be written beside the pin, into a file that is committed.
            let why = "the URL of its index has a query, which may be secret";
            url.query().map(|_| (INDEX_UNKNOWN.to_owned(), why))
        }
        _ => Some((Reason::Path.code(), "its index is a folder, which has no attestations")),
    }
}

/// What is different about a publisher, with both values where the name does not show it.
fn difference(change: Change, pin: &Pin, found: &Identity) -> String {
    let claims = &found.claims;
    let kind = claims.source_ref.as_deref().map(RefKind::of);
    let (found, pinned) = match change {
        Change::Issuer => (Some(found.issuer()), Some(pin.issuer.as_str())),
        Change::Owner => (claims.owner_id.as_deref(), pin.owner_id.as_deref()),
        Change::Repository => (claims.repository_id.as_deref(), pin.repository_id.as_deref()),
        Change::RefKind => (kind.map(RefKind::name), pin.ref_kind.map(RefKind::name)),
        _ => (None, None),
    };
    match (found, pinned) {
        (Some(found), Some(pinned)) => format!("{change} ({found}; pinned is {pinned})"),
        _ => change.to_string(),
    }
}

/// Whether the index has attestations, and none that this version could judge.
fn counts_for_nothing(error: &Error) -> bool {
    error.attestation().is_some_and(picotuf_attest::Error::counts_for_nothing)
}
