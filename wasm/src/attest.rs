//! Attestations of PyPI's files: the crate `picotuf-attest`.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;

use picotuf::pypi::{FileName, ProjectName, compare_versions};
use picotuf::{Blame, Digest, HashAlgorithm, Time};
use picotuf_attest::{
    Checked, Claims, Decision, Distribution, Error, FileFacts, Identity, Limits, PinVerdict,
    Provenance, Published, Spec, Stated, TrustedRoot, Verified, history,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::object::Object;
use crate::parts::parts;
use crate::text;

/// What JavaScript holds: a trusted root of Sigstore.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Attestations {
    root: Option<TrustedRoot>,
}

#[wasm_bindgen]
impl Attestations {
    /// One without a trusted root yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Attestations {
        Attestations::default()
    }

    /// Does what that number stands for: the place of its name in `CALLS` of attest-engine.ts.
    pub fn call(&mut self, call: u32, bytes: Box<[u8]>, number: f64) -> Vec<u8> {
        match call {
            0 => self.trust(&bytes),
            // At a time in seconds since 1970, or at any for NaN.
            1 => self.check(&bytes, number),
            // Of so many parts.
            2 => changes(&bytes, number),
            _ => releases(&bytes, number),
        }
    }
}

impl Attestations {
    /// Reads a trusted root, and returns what does not count of it: `{ passedOver: [text] }`.
    fn trust(&mut self, bytes: &[u8]) -> Vec<u8> {
        let root = match TrustedRoot::parse(bytes, &Limits::DEFAULT) {
            Ok(root) => self.root.insert(root),
            Err(error) => return refusal(&error).end(),
        };
        let mut object = Object::new();
        object.open("passedOver", b"[");
        for passed in root.passed_over() {
            object.element(&format!("{}: {}", passed.uri, passed.error).as_str());
        }
        object.close(b"]");
        object.end()
    }

    /// Checks a file's provenance document: `{ publisher, error, countsForNothing, attestations }`.
    /// The parts are the file's name, its SHA-256 in hexadecimal digits, the publisher that is
    /// asked for or none, and the document.
    fn check(&self, bytes: &[u8], now: f64) -> Vec<u8> {
        let mut parts = parts(bytes, 4);
        let mut part = || parts.next().flatten();
        let (name, sha256, asked, document) = (part(), part(), part(), part());
        let Some(root) = &self.root else { return usage("there is no trusted root") };
        let sha256 = Digest::from_hex(HashAlgorithm::Sha256, sha256.unwrap_or_default());
        let sha256 = sha256.and_then(|digest| digest.as_bytes().try_into().ok());
        let Some(sha256) = sha256 else { return usage("`sha256` is 64 hexadecimal digits") };
        let asked = match asked.map(|asked| Spec::parse(text(asked))).transpose() {
            Ok(asked) => asked,
            Err(error) => return usage(&error.to_string()),
        };
        let checked = Distribution::new(text(name.unwrap_or_default()), sha256).and_then(|file| {
            let document = Provenance::parse(document.unwrap_or_default(), &Limits::DEFAULT)?;
            let now = (!now.is_nan()).then(|| time(now));
            Ok(document.check(root, &file, asked.as_ref(), now))
        });
        match checked {
            Ok(report) => said(&report.outcome, &report.attestations),
            Err(error) if error.blame() == Blame::Caller => refusal(&error).end(),
            Err(error) => said(&Err(error), &[]),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "it saturates")]
fn time(seconds: f64) -> Time {
    Time::from_unix(seconds as i64)
}

fn usage(text: &str) -> Vec<u8> {
    Object::refusal(&"usage", &text, "caller").end()
}

fn refusal(error: &Error) -> Object {
    let mut object =
        Object::refusal(&error.code(), &error.to_string().as_str(), error.blame().name());
    why(&mut object, error);
    object
}

/// Writes what was expected and found, where the error says so.
fn why(object: &mut Object, error: &Error) {
    let (expected, found): (&str, &str) = match error {
        Error::OtherPublisher { asked, found } => (asked, found),
        Error::PublisherMismatch { stated, certified, .. } => (certified, stated),
        Error::SubjectName { expected, found } => (expected, found),
        Error::SubjectDigest { expected, found } => {
            let digits: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
            object.text("expected", &digits.as_str());
            object.text("found", &found.as_str());
            return;
        }
        _ => return,
    };
    object.text("expected", &expected);
    object.text("found", &found);
}

fn said(outcome: &Result<Identity, Error>, attestations: &[Checked]) -> Vec<u8> {
    let mut object = Object::new();
    match outcome {
        Ok(publisher) => identity(&mut object, "publisher", publisher),
        Err(error) => {
            failure(&mut object, error);
            object.boolean("countsForNothing", error.counts_for_nothing());
        }
    }
    object.open("attestations", b"[");
    for checked in attestations {
        object.begin();
        attestation(&mut object, checked);
        object.close(b"}");
    }
    object.close(b"]");
    object.end()
}

fn failure(object: &mut Object, error: &Error) {
    object.open("error", b"{");
    object.text("code", &error.code());
    object.text("text", &error.to_string().as_str());
    object.text("blame", &error.blame().name());
    why(object, error);
    object.close(b"}");
}

fn attestation(object: &mut Object, checked: &Checked) {
    match &checked.stated {
        Some(Stated::Known(stated)) => {
            object.text("stated", &stated.publisher.to_string().as_str());
        }
        Some(Stated::Unknown { kind }) => object.text("stated", &kind.as_str()),
        _ => {}
    }
    match &checked.outcome {
        Ok(attested) => verified(object, attested),
        Err(error) => failure(object, error),
    }
    if let Some(other) = &checked.other_name {
        object.text("otherName", &other.as_str());
    }
}

fn verified(object: &mut Object, verified: &Verified) {
    object.text("predicateType", &verified.statement.predicate.uri());
    object.text("name", &verified.statement.name.as_str());
    object.text("sha256", &verified.statement.sha256.as_str());
    if let Ok(signer) = verified.identity() {
        identity(object, "signer", &signer);
    }
    object.open("times", b"[");
    verified.times.iter().for_each(|time| object.element(time));
    object.close(b"]");
    object.open("logEntries", b"[");
    for entry in &verified.log_entries {
        object.begin();
        object.text("log", &entry.log.as_str());
        object.bare("index", &entry.index);
        object.text("kind", &entry.kind.as_str());
        if let Some(time) = &entry.integrated_time {
            object.text("time", time);
        }
        object.close(b"}");
    }
    object.close(b"]");
}

fn identity(object: &mut Object, name: &str, identity: &Identity) {
    object.open(name, b"{");
    object.text("kind", &identity.publisher.kind());
    object.text("spec", &identity.publisher.to_string().as_str());
    object.open("claims", b"{");
    for (name, claim) in identity.claims.named() {
        object.text(&camel_case(name), &claim);
    }
    object.close(b"}");
    object.close(b"}");
}

/// Returns a name as JavaScript writes it: `tokenSubject` for `token_subject`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut written = String::from(words.next().unwrap_or_default());
    for word in words {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        written.push_str(&first.to_ascii_uppercase());
        written.push_str(rest);
    }
    written
}

/// How many parts a file of [`changes`] has.
const FILE_PARTS: usize = 7;

/// Says what each file of a project comes to beside the others: `{ decisions: [{ decision, change,
/// text }] }`. A file is its version, its upload time, and of its publisher, if it has one, the
/// notation of a spec, the issuer, the numbers of repository and owner, and the ref.
fn changes(bytes: &[u8], count: f64) -> Vec<u8> {
    let parts: Vec<Option<&str>> =
        parts(bytes, self::count(count)).map(|part| part.map(text)).collect();
    let (files, _) = parts.as_chunks::<FILE_PARTS>();
    let mut publishers = Vec::new();
    for [_, _, spec, issuer, repository_id, owner_id, source_ref] in files {
        let Some(spec) = spec else {
            publishers.push(None);
            continue;
        };
        let Some(publisher) = Spec::parse(spec).ok().and_then(Spec::into_publisher) else {
            return usage(&format!("`{spec}` is no publisher"));
        };
        let owned = |part: &Option<&str>| part.map(String::from);
        let mut claims = Claims::default();
        claims.issuer = owned(issuer);
        claims.repository_id = owned(repository_id);
        claims.owner_id = owned(owner_id);
        claims.source_ref = owned(source_ref);
        publishers.push(Some(Identity::unverified(publisher, claims)));
    }
    let published: Vec<_> = files
        .iter()
        .zip(&publishers)
        .map(|([version, uploaded, ..], publisher)| Published {
            facts: FileFacts {
                version: version.unwrap_or_default(),
                upload_time: uploaded.and_then(Time::parse),
            },
            publisher: publisher.as_ref(),
        })
        .collect();
    let mut object = Object::new();
    object.open("decisions", b"[");
    for decision in history(&published) {
        object.begin();
        object.text("decision", &decision.name());
        if let Decision::Changed(PinVerdict::PublisherChanged(change)) = decision {
            object.text("change", &change.name());
            object.text("text", &change.to_string().as_str());
        }
        object.close(b"}");
    }
    object.close(b"]");
    object.end()
}

/// Groups files by their versions, the newest first: `{ releases: [{ version, files }], others }`,
/// with the places of the files. The parts are the name of the project and those of its files.
fn releases(bytes: &[u8], count: f64) -> Vec<u8> {
    let mut parts = parts(bytes, self::count(count)).map(|part| text(part.unwrap_or_default()));
    let Ok(project) = ProjectName::new(parts.next().unwrap_or_default()) else {
        return usage("this is not the name of a project");
    };
    let (mut versions, mut others): (BinaryHeap<Versioned<'_>>, Vec<usize>) = Default::default();
    for (place, name) in parts.enumerate() {
        match FileName::of(&project, name) {
            Ok(name) if compare_versions(name.version, "0").is_some() => {
                versions.push(Versioned { version: name.version, place });
            }
            _ => others.push(place),
        }
    }
    let versions = versions.into_sorted_vec();
    let mut object = Object::new();
    object.text("project", &project.as_str());
    object.open("releases", b"[");
    let same = |one: &Versioned<'_>, other: &Versioned<'_>| {
        compare_versions(one.version, other.version) == Some(Ordering::Equal)
    };
    for release in versions.chunk_by(same) {
        object.begin();
        object.text("version", &release.first().map_or("", |one| one.version));
        places(&mut object, "files", release.iter().map(|one| one.place));
        object.close(b"}");
    }
    object.close(b"]");
    places(&mut object, "others", others.into_iter());
    object.end()
}

/// A file by its version: the newest is the least, and among those of one version, the first.
struct Versioned<'n> {
    version: &'n str,
    place: usize,
}

impl Ord for Versioned<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let versions = compare_versions(other.version, self.version).unwrap_or(Ordering::Equal);
        versions.then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Versioned<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Versioned<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Versioned<'_> {}

fn places(object: &mut Object, name: &str, places: impl Iterator<Item = usize>) {
    object.open(name, b"[");
    places.for_each(|place| object.number(u64::try_from(place).unwrap_or(u64::MAX)));
    object.close(b"]");
}

fn count(count: f64) -> usize {
    crate::parts::whole(count).and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}
