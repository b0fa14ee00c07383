//! Checks of distributions and lock files: a report of each, and a summary of all.

mod report;
mod summary;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use picotuf::pypi::{FileKind, FileName, FileNameError, ProjectName};
use picotuf::{HashAlgorithm, Hasher, Hashes};
pub use report::{
    BuildVerdict, DistributionReport, EntryReport, FileVerdict, LockReport, PinReport,
};
use serde_json::{Map, Value};
pub use summary::{Summary, hint_for};

use crate::code::Code;
use crate::error::Error;
use crate::lock::{self, Entry, Environment, Format, LockFile, Pinned, Place, Reason, Unchecked};
use crate::publishers::{Attested, Attester, Subject};
use crate::pypi::{
    Allowed, Builds, Checker, Claim, Finding, NOTHING_PINNED, QUARANTINED, Requirement,
    UncheckedReason, Unsigned, allows, check_pin, claim, never_counts,
};

/// What the caller requires and accepts.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The requirements for every file.
    pub require: Vec<Requirement>,
    /// The reasons for which unchecked entries are accepted.
    pub allow: Vec<Allowed>,
    /// The project of all distributions, for ambiguous file names.
    pub project: Option<ProjectName>,
}

/// Checks files one by one: against what a repository signs, by the attestations of an index, or
/// both.
pub struct Check<'p, 'w, 'a> {
    checker: Option<Checker<'w>>,
    attester: Option<Attester<'a>>,
    /// Whether the caller is content with RECORD where nobody else is asked.
    record_only: bool,
    policy: &'p Policy,
    summary: Summary,
    /// Distributions that were asked about ahead of their turn.
    ahead: HashMap<PathBuf, (Map<String, Value>, Claim, Attested)>,
}

/// The progress of the check of a lock file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'e> {
    /// The lock file was parsed; its format, and the number of files that it pins.
    Read(Format, usize),
    /// The check of this file or entry begins.
    Begin(&'e str),
    /// The check of an entry is finished.
    Entry(&'e EntryReport),
}

impl<'p, 'w, 'a> Check<'p, 'w, 'a> {
    /// Starts with a refreshed checker.
    pub fn new(checker: Checker<'w>, policy: &'p Policy) -> Self {
        let checker = checker.take_quarantined(allows(&policy.allow, QUARANTINED));
        Check { checker: Some(checker), ..Check::without_repository(policy) }
    }

    /// Starts without a repository, for attestations only.
    pub fn without_repository(policy: &'p Policy) -> Self {
        let may_be_empty = allows(&policy.allow, NOTHING_PINNED);
        let (summary, ahead) = (Summary::new(may_be_empty), HashMap::new());
        Check { checker: None, attester: None, record_only: false, policy, summary, ahead }
    }

    /// Starts without a repository and attestations, for environments only: their files are
    /// compared with RECORD, which whoever changes a file can change too.
    pub fn record_only(policy: &'p Policy) -> Self {
        Check { record_only: true, ..Check::without_repository(policy) }
    }

    /// Also checks attestations.
    #[must_use]
    pub fn attested_by(mut self, attester: Attester<'a>) -> Self {
        self.summary.attests(self.checker.is_none());
        self.attester = Some(attester);
        self
    }

    /// Returns the checker, the attester and the summary.
    pub fn finish(self) -> (Option<Checker<'w>>, Option<Attester<'a>>, Summary) {
        (self.checker, self.attester, self.summary)
    }

    /// Announces the distributions that will be checked, so that indexes are asked about all of
    /// them at the same time. Verdicts and their order do not depend on it.
    pub fn expect(&mut self, paths: &[PathBuf]) {
        if self.attester.is_none() {
            return;
        }
        let (mut subjects, mut known) = (Vec::new(), Vec::new());
        for path in paths.iter().filter(|path| is_distribution(path)) {
            let mut facts = Map::new();
            // What is wrong with it is told in its turn.
            if let Ok(claim) = self.identify(path, &mut facts) {
                subjects.push(Subject::of_claim(&claim));
                known.push((path, facts, claim));
            }
        }
        let Some(attester) = &mut self.attester else { return };
        for ((path, facts, claim), attested) in known.into_iter().zip(attester.judge(&subjects)) {
            self.ahead.insert(path.clone(), (facts, claim, attested));
        }
    }

    /// Checks a wheel, an sdist or another distribution on disk.
    pub fn distribution(&mut self, path: &Path) -> DistributionReport {
        let (mut facts, claim, mut attested) = match self.ahead.remove(path) {
            Some((facts, claim, attested)) => (facts, claim, Some(attested)),
            None => {
                let mut facts = Map::new();
                match self.identify(path, &mut facts) {
                    Ok(claim) => (facts, claim, None),
                    Err(error) => {
                        self.summary.refuse(&error);
                        let verdict = Some(Err(error));
                        return DistributionReport { facts, verdict, attested: None };
                    }
                }
            }
        };
        let verdict = self.check_distribution(&claim, &mut facts);
        match &verdict {
            Some(Ok(finding)) => self.summary.count(finding.signed_by),
            Some(Err(error)) => self.summary.refuse(error),
            None => {}
        }
        if let (None, Some(attester)) = (&attested, &mut self.attester) {
            attested = attester.judge(&[Subject::of_claim(&claim)]).pop();
        }
        if let Some(attested) = &attested {
            self.summary.attested(attested, !matches!(verdict, Some(Err(_))));
        }
        DistributionReport { facts, verdict, attested }
    }

    /// What a distribution is by its name and its bytes.
    fn identify(&self, path: &Path, facts: &mut Map<String, Value>) -> Result<Claim, Error> {
        let text = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = match &self.policy.project {
            Some(project) => FileName::of(project, text),
            None => FileName::parse(text),
        };
        let name = name.map_err(|error| unknown_name(text, error))?;
        facts.extend([
            ("project".to_owned(), name.project.as_str().into()),
            ("version".to_owned(), name.version.into()),
            ("kind".to_owned(), name.kind.name().into()),
        ]);
        let (length, hashes) = measure(path)?;
        let digest = |digest: &picotuf::Digest| {
            (digest.algorithm().name().to_owned(), digest.to_string().into())
        };
        facts.insert("length".to_owned(), length.into());
        facts.insert("hashes".to_owned(), Value::Object(hashes.iter().map(digest).collect()));
        Ok(Claim {
            project: name.project.clone(),
            version: Some(name.version.to_owned()),
            file_name: Some(text.to_owned()),
            hashes,
            length: Some(length),
        })
    }

    fn check_distribution(
        &mut self,
        claim: &Claim,
        facts: &mut Map<String, Value>,
    ) -> Option<Result<Finding, Error>> {
        let name = claim.file_name.as_deref().unwrap_or_default();
        let builds = Builds::of([name].into_iter()).require(&self.policy.require);
        let Some(checker) = &mut self.checker else {
            return builds.err().map(Err);
        };
        let checked = checker.check(claim).and_then(|finding| {
            if let Ok(Value::Object(finding)) = serde_json::to_value(&finding) {
                facts.extend(finding);
            }
            finding.require(&self.policy.require)?;
            builds?;
            Ok(finding)
        });
        Some(checked)
    }

    /// Checks all entries of a lock file. `alone` says whether it is the only named file: one of
    /// several may have an unsupported format, if that is accepted. `variables` returns the values
    /// of environment variables in requirements files.
    pub fn lock_file(
        &mut self,
        path: &Path,
        alone: bool,
        variables: &dyn Fn(&str) -> Option<String>,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> LockReport {
        let lock_file = match lock::read(path, variables) {
            Ok(lock_file) => lock_file,
            Err(error) if error.is(Code::UnsupportedLockFile) && !alone => {
                let why = error.detail().message.clone();
                return LockReport::Unsupported(self.leave(error.code(), why));
            }
            Err(error) => {
                self.summary.refuse(&error);
                return LockReport::Refused(error);
            }
        };
        let format = lock_file.format;
        LockReport::Checked { format, ok: self.entries(lock_file, tell) }
    }

    /// Returns whether installed files are compared with RECORD alone, as the caller asked.
    fn is_record_only(&self) -> bool {
        self.record_only && self.checker.is_none() && self.attester.is_none()
    }

    /// Returns whether where a distribution came from does not count, because only RECORD does.
    fn is_by_record(&self, why: &Reason) -> bool {
        self.is_record_only()
            && matches!(why, Reason::HashNotRecorded | Reason::Path | Reason::Url | Reason::Vcs)
    }

    /// Checks what is installed in a Python environment. By [`Check::record_only`], only whether
    /// files are as RECORD lists them.
    pub fn environment(
        &mut self,
        environment: Environment,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> LockReport {
        let format = environment.installed.format;
        if self.is_record_only() {
            self.summary.recorded(environment.records.projects);
        }
        let mut ok = true;
        let mut refused = Vec::new();
        for lock::Refused { what, place, error } in environment.refused {
            self.summary.refuse(&error);
            ok = false;
            refused.push(EntryReport::Refused { what, place, error });
        }
        ok &= self.entries(environment.installed, &mut |told| {
            let has_begun = matches!(told, Progress::Read(..));
            tell(told);
            if has_begun {
                refused.iter().for_each(|refused| tell(Progress::Entry(refused)));
            }
        });
        LockReport::Checked { format, ok }
    }

    /// Checks all entries. Returns whether every one verifies or is accepted.
    fn entries(&mut self, lock_file: LockFile, tell: &mut dyn FnMut(Progress<'_>)) -> bool {
        self.summary.has_lock_files = true;
        let format = lock_file.format;
        let files = |entry: &Entry| match entry {
            Entry::Pinned(pinned) => pinned.files.len(),
            Entry::Unchecked(_) => 0,
        };
        tell(Progress::Read(format, lock_file.entries.iter().map(files).sum()));
        let mut claims = Vec::new();
        for entry in &lock_file.entries {
            let Entry::Pinned(pinned) = entry else { continue };
            let of = |file| claim(pinned, file, file.file_name.as_deref()).ok();
            claims.extend(pinned.files.iter().filter_map(of));
        }
        if let Some(checker) = &mut self.checker {
            checker.expect(claims);
        }
        let mut attested = self.attest(&lock_file.entries, format).into_iter();
        // Who compares identities need not say that nobody does.
        let compared: Vec<_> = match &self.attester {
            Some(_) => lock_file.entries.iter().filter_map(identities_place).cloned().collect(),
            None => Vec::new(),
        };
        let mut ok = true;
        for entry in lock_file.entries {
            let report = match entry {
                Entry::Pinned(pinned) => {
                    let attested = attested.by_ref().take(pinned.files.len()).collect();
                    EntryReport::Pin(Box::new(self.pin(pinned, attested, format, tell)))
                }
                Entry::Unchecked(unchecked)
                    if unchecked.why == Reason::AttestationIdentities
                        && compared.contains(&unchecked.place) =>
                {
                    continue;
                }
                Entry::Unchecked(unchecked)
                    if never_counts(&unchecked.why) || self.is_by_record(&unchecked.why) =>
                {
                    EntryReport::NotCounted(unchecked)
                }
                Entry::Unchecked(Unchecked { what, why, place }) => {
                    let reason = self.leave_entry(&what, &why);
                    EntryReport::Unchecked { what, place, reason }
                }
            };
            ok &= report.holds();
            tell(Progress::Entry(&report));
        }
        ok
    }

    /// What came of the attestations of all pinned files, in their order; nothing where they are
    /// not asked for.
    fn attest(&mut self, entries: &[Entry], format: Format) -> Vec<Attested> {
        let attester = self.attester.as_mut();
        attester.map_or_else(Vec::new, |attester| attester.judge_entries(entries, format))
    }

    fn pin(
        &mut self,
        pinned: Pinned,
        attested: Vec<Attested>,
        format: Format,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> PinReport {
        let mut names = Vec::new();
        let mut files = Vec::new();
        for file in &pinned.files {
            tell(Progress::Begin(&pinned.file_for_people(file)));
            let Policy { require, allow, .. } = self.policy;
            let Some(checker) = &mut self.checker else {
                names.extend(file.file_name.clone());
                files.push(FileVerdict::NotAsked);
                continue;
            };
            let checked = check_pin(&pinned, file, require, allow, checker);
            let stated = || checked.as_ref().ok()?.file_name.clone();
            names.extend(file.file_name.clone().or_else(stated));
            files.push(match checked {
                Ok(finding) => {
                    self.summary.count(finding.signed_by);
                    FileVerdict::Signed(Box::new(finding))
                }
                Err(Unsigned::Unchecked(reason)) => {
                    self.summary.leave(&reason);
                    FileVerdict::Unchecked(reason)
                }
                Err(Unsigned::Refused(error)) => {
                    self.summary.refuse(&error);
                    let has_file = error.detail().file.is_some();
                    FileVerdict::Refused(if has_file { error } else { error.file(&pinned.place) })
                }
            });
        }
        for (attested, file) in attested.iter().zip(&files) {
            self.summary.attested(attested, !matches!(file, FileVerdict::Refused(_)));
        }
        let is_refused = files.iter().any(|file| matches!(file, FileVerdict::Refused(_)));
        let builds = (!is_refused).then(|| self.builds(&pinned, &names, format));
        PinReport { pinned, files, attested, builds }
    }

    /// Returns what an installer may build from the source of a pin, and counts it.
    fn builds(&mut self, pinned: &Pinned, names: &[String], format: Format) -> BuildVerdict {
        let builds = Builds::of(names.iter().map(String::as_str));
        if let Err(error) = builds.require(&self.policy.require) {
            self.summary.refuse(&error);
            return BuildVerdict::Refused(error.file(&pinned.place));
        }
        match builds {
            // Attestations say who published a file, and not what it takes to build it.
            _ if self.checker.is_none() => BuildVerdict::Nothing,
            Builds::Nothing => BuildVerdict::Nothing,
            Builds::Perhaps => {
                self.summary.beside_wheels(format.no_build());
                BuildVerdict::Perhaps
            }
            Builds::Always => {
                let why = Reason::BuildsFromSource;
                BuildVerdict::Always(self.leave(&why.code(), why.to_string()))
            }
        }
    }

    /// Counts an entry that cannot be checked, and returns its reason. If the publisher of its
    /// project is pinned, the reason is not accepted with those of others: an entry that leads
    /// elsewhere would take the pin away.
    fn leave_entry(&mut self, what: &str, why: &Reason) -> UncheckedReason {
        let is_about_the_place = matches!(
            why,
            Reason::HashNotRecorded
                | Reason::NoRecord
                | Reason::NotInRecord
                | Reason::SystemPackages
        );
        // What these reasons are said of is a project, whether or not the line names it.
        let is_about_a_project = matches!(
            why,
            Reason::HashesInConstraints
                | Reason::NoHash
                | Reason::UnknownHash
                | Reason::Unpinned
                | Reason::Url
                | Reason::Vcs
        );
        let pinned = |attester: &Attester<'_>| match project_of(what) {
            _ if is_about_the_place => None,
            Some(project) => attester.has_pins_of(&project).then_some("its publisher is pinned"),
            None if is_about_a_project && !attester.publishers().is_empty() => Some(
                "it may be of a project whose publisher is pinned: write NAME @ URL, so that it \
                 is of that project alone",
            ),
            None => None,
        };
        if let Some(pinned) = self.attester.as_ref().and_then(pinned) {
            let reason = UncheckedReason::of_pinned(why.code(), format!("{why}, and {pinned}"));
            self.summary.leave(&reason);
            return reason;
        }
        self.leave(&why.code(), why.to_string())
    }

    /// Counts something that cannot be checked, and returns its reason.
    fn leave(&mut self, code: &str, why: String) -> UncheckedReason {
        let reason = UncheckedReason::new(code, why, allows(&self.policy.allow, code));
        self.summary.leave(&reason);
        reason
    }
}

/// The only project that an entry can install, by its name, its file or its line; nothing where
/// that is not certain. An installer compares the name in front of a URL, the one behind `egg=`,
/// and that of a wheel with the metadata of what it fetched, and does not compare that of an sdist.
fn project_of(what: &str) -> Option<ProjectName> {
    if what == lock::HIDDEN {
        return None;
    }
    let is_of_name =
        |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    // A name ends where its extras, its version or its marker begin.
    let at_start = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|character| !is_of_name(character)).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        let is_end = rest.is_empty()
            || rest.starts_with([' ', '\t', '[', '=', '<', '>', '!', '~', ';', '@', ',', '(']);
        ProjectName::new(name).ok().filter(|_| is_end)
    };
    if let Some(project) = at_start(what) {
        return match FileName::parse(what) {
            Ok(file) => Some(file.project),
            Err(_) => Some(project),
        };
    }
    let eggs: Vec<&str> = ["#egg=", "&egg="]
        .iter()
        .flat_map(|mark| what.split(mark).skip(1))
        .map(|rest| rest.split(['&', '#']).next().unwrap_or(rest))
        .collect();
    match eggs[..] {
        [egg] => return at_start(egg),
        [] => {}
        // Installers may take either.
        _ => return None,
    }
    let path = what.split(['?', '#']).next().unwrap_or(what).trim_end();
    let last = path.rsplit('/').next().unwrap_or(path);
    let file = FileName::parse(last.split_ascii_whitespace().next().unwrap_or(last)).ok()?;
    (file.kind == FileKind::Wheel || !what.contains("://")).then_some(file.project)
}

/// Where the publishers of an entry stand, if it names them.
fn identities_place(entry: &Entry) -> Option<&Place> {
    match entry {
        Entry::Pinned(pinned) => pinned.identities.as_ref().map(|identities| &identities.place),
        Entry::Unchecked(_) => None,
    }
}

/// Returns the length and all supported hashes of a file.
fn measure(path: &Path) -> Result<(u64, Hashes), Error> {
    let mut file = File::open(path).map_err(|error| Error::io("open the file", path, &error))?;
    let mut hashers =
        [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256].map(Hasher::new);
    let mut buffer = vec![0; 64 * 1024];
    let mut length = 0_u64;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                hashers.iter_mut().for_each(|hasher| hasher.update(&buffer[..count]));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read the file", path, &error)),
        }
    }
    let mut hashes = Hashes::new();
    for hasher in hashers {
        hashes.insert(hasher.finish());
    }
    Ok((length, hashes))
}

/// Returns whether the file name is that of a distribution. Other files are read as lock files.
pub fn is_distribution(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(FileKind::of_extension).is_some()
}

fn unknown_name(text: &str, error: FileNameError) -> Error {
    let refused = Error::new(
        Code::FileName,
        format!(
            "the file name {text:?} cannot be used: \
         {error}"
        ),
    );
    match error {
        FileNameError::Ambiguous
        | FileNameError::Version
        | FileNameError::Form
        | FileNameError::Name => refused.hint(
            "if you know the file's project, name it with \
             --project",
        ),
        _ => refused,
    }
}
