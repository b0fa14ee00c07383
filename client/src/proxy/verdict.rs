//! The verdict on a file that came from the upstream: by its page, and by its attestations.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use picotuf::pypi::{FileName, ProjectName};
use picotuf::{Digest, HashAlgorithm, Hasher, Hashes, Time};
use picotuf_attest::TrustedRoot;

use super::page::Entry;
use crate::code::{Blame, Code};
use crate::error::Error;
use crate::fetch::{Fetch, Found, Request};
use crate::publishers::{Asking, Attested, Attester, Publishers, Subject, Verdict};
use crate::pypi::Claim;

/// The length and all hashes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The length in bytes.
    pub length: u64,
    /// The hashes.
    pub hashes: Hashes,
}

/// Measures a file while its bytes arrive.
pub struct Measuring {
    length: u64,
    hashers: Vec<Hasher>,
}

impl Default for Measuring {
    fn default() -> Self {
        let all = [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256];
        Measuring { length: 0, hashers: all.map(Hasher::new).into() }
    }
}

impl Measuring {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        for hasher in &mut self.hashers {
            hasher.update(bytes);
        }
    }

    /// Returns the number of bytes so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Ends.
    pub fn finish(self) -> Measured {
        let mut hashes = Hashes::new();
        for hasher in self.hashers {
            hashes.insert(hasher.finish());
        }
        Measured { length: self.length, hashes }
    }
}

impl Measured {
    /// Returns the claim that this is the file of that name.
    ///
    /// # Errors
    /// [`Code::FileName`] where the name is none of a distribution of the project.
    pub fn claim(&self, project: &ProjectName, name: &str) -> Result<Claim, Error> {
        let parsed = FileName::of(project, name)
            .map_err(|error| Error::new(Code::FileName, error.to_string()).target(name))?;
        Ok(Claim {
            project: project.clone(),
            version: Some(parsed.version.to_owned()),
            file_name: Some(name.to_owned()),
            hashes: self.hashes,
            length: Some(self.length),
        })
    }

    /// Returns the SHA-256.
    pub fn sha256(&self) -> String {
        let of = |digest: &&Digest| digest.algorithm() == HashAlgorithm::Sha256;
        self.hashes.iter().find(of).map(Digest::to_string).unwrap_or_default()
    }
}

/// Checks that a file is the one that its page lists. A client has the page's hashes, and would
/// refuse another file too; but not every one does.
///
/// # Errors
/// A hash or length mismatch.
pub fn agrees(claim: &Claim, entry: &Entry) -> Result<(), Error> {
    let stated = digests(&entry.hashes);
    if stated.is_empty() && entry.size.is_none_or(|size| Some(size) == claim.length) {
        return Ok(());
    }
    match claim.compare(entry.size, &stated) {
        Err(error) if error.is(Code::NoCommonHash) => Ok(()),
        compared => compared.map(drop).map_err(|error| error.target(&entry.name)),
    }
}

/// Returns the hashes of the kinds that are supported.
pub(super) fn digests(hashes: &BTreeMap<String, String>) -> Hashes {
    let mut digests = Hashes::new();
    for (algorithm, hex) in hashes {
        let digest = HashAlgorithm::from_name(algorithm)
            .and_then(|algorithm| Digest::from_hex(algorithm, hex.as_bytes()));
        if let Some(digest) = digest {
            digests.insert(digest);
        }
    }
    digests
}

/// What attestations are judged by.
#[derive(Debug)]
pub struct Attestations {
    /// Sigstore's trusted root.
    pub root: Arc<TrustedRoot>,
    /// Which index is asked, and what is asked of files.
    pub asking: Asking,
    /// The pinned publishers.
    pub publishers: Arc<Publishers>,
}

/// What came of the attestations of a file.
#[derive(Debug)]
pub struct Judged {
    /// The result.
    pub attested: Option<Attested>,
    /// The provenance document, if there was one.
    pub provenance: Option<Vec<u8>>,
}

impl Attestations {
    /// Judges a file. `page` is the page of the project, in JSON, as it was fetched: the file is
    /// judged by the same page that the client got. `provenance` is a document that was kept with
    /// the file, which is verified again.
    pub fn judge(
        &self,
        claim: &Claim,
        page: &[u8],
        provenance: Option<Vec<u8>>,
        fetch: &dyn Fetch,
        now: Time,
    ) -> Judged {
        let known = Known { page, fetch, provenance: Mutex::new(provenance) };
        let publishers = Publishers::clone(&self.publishers);
        let mut attester = Attester::new(&known, &self.root, now, self.asking.clone(), publishers);
        let attested = attester.judge(&[Subject::of_claim(claim)]).pop();
        drop(attester);
        let provenance = known.provenance.into_inner().unwrap_or_else(PoisonError::into_inner);
        Judged { attested, provenance }
    }
}

impl Judged {
    /// Returns the reason why the file may not be used, or `None` if it may.
    pub fn refusal(&self, name: &str) -> Option<Refusal> {
        let Some(attested) = &self.attested else { return Some(Refusal::of(&unexpected())) };
        let error = match &attested.verdict {
            _ if attested.holds() => return None,
            Verdict::Refused(error) => {
                let mut refusal = Refusal::of(error);
                if error.detail().target.is_none() {
                    refusal.text = format!("{name}: {}", refusal.text);
                }
                return Some(refusal);
            }
            Verdict::Unchecked(reason) => Error::new(Code::NotCheckable, reason.why.clone())
                .hint(format!("--allow {} accepts such files", reason.code)),
            Verdict::NotPinned | Verdict::Held => {
                let by = attested.publisher.as_ref();
                let by = by.map(|identity| identity.publisher.to_string()).unwrap_or_default();
                let message = format!("it is attested by {by}, which nobody has accepted");
                Error::new(Code::NotPinned, message).hint(
                    "look at who that is, and accept it with `picotuf publishers accept LOCKFILE`",
                )
            }
        };
        Some(Refusal::of(&error.target(name)))
    }
}

/// Why a client does not get what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code of the error.
    pub code: &'static str,
    /// The error in one line that is safe for a terminal.
    pub text: String,
    /// Whether the network, a server or this machine failed, so that this is no verdict on the
    /// file.
    pub is_failure: bool,
}

impl Refusal {
    /// Describes an error.
    pub fn of(error: &Error) -> Self {
        let is_failure = matches!(error.detail().blame, Blame::Transport | Blame::System);
        Refusal { code: error.code(), text: error.to_string(), is_failure }
    }
}

fn unexpected() -> Error {
    picotuf::Error::UnexpectedCall.into()
}

/// Answers requests for the page and the provenance document with what is here already.
struct Known<'k> {
    page: &'k [u8],
    fetch: &'k dyn Fetch,
    provenance: Mutex<Option<Vec<u8>>>,
}

impl Fetch for Known<'_> {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        for (place, request) in requests.into_iter().enumerate() {
            let Request { file, max_length, accept, sink } = request;
            let found = if accept == Some(crate::fetch::SIMPLE_JSON) {
                sink(self.page).map(|()| Found::Yes)
            } else {
                let kept = self.provenance.lock().unwrap_or_else(PoisonError::into_inner).take();
                match kept {
                    Some(document) => {
                        let sent = sink(&document).map(|()| Found::Yes);
                        *self.provenance.lock().unwrap_or_else(PoisonError::into_inner) =
                            Some(document);
                        sent
                    }
                    None => self.pass(file, max_length, accept, sink),
                }
            };
            if finished(place, found).is_break() {
                return;
            }
        }
    }
}

impl Known<'_> {
    fn pass(
        &self,
        file: &crate::Location<'_>,
        max_length: u64,
        accept: Option<&'static str>,
        sink: &mut crate::Sink<'_>,
    ) -> Result<Found, Error> {
        let taken = Mutex::new(Vec::new());
        let mut result = Err(unexpected());
        let mut both = |bytes: &[u8]| {
            taken.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            sink(bytes)
        };
        self.fetch.fetch(
            vec![Request { file, max_length, accept, sink: &mut both }],
            &mut |_, found| {
                result = found;
                ControlFlow::Continue(())
            },
        );
        if let Ok(Found::Yes) = result {
            let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
            *self.provenance.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
        }
        result
    }
}
