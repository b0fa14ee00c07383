//! The upstream: gets pages and files, and says which file may be handed out. Everything here
//! blocks.

use std::io::{Read, Write};
use std::sync::Arc;

use picotuf::limits::Limit;
use picotuf::pypi::ProjectName;
use picotuf_client::proxy::{
    Attestations, Entry, Form, Links, Listing, Measured, Measuring, PAGE_ACCEPT, Refusal, agrees,
    wheel_metadata,
};
use picotuf_client::pypi::{Builds, Claim, Requirement};
use picotuf_client::{Base, Code, Error, Found, encode_path, fetch_all_as, fetch_one};

use super::attesting::Attesting;
use super::cache::{Cache, Cached};
use super::repository::Repository;
use crate::clock::Clock;
use crate::commands::NAME_THE_INDEX;
use crate::transport::Transport;

/// Where pages and files come from, and by what they are verified.
pub(crate) struct Upstream {
    pub(crate) transport: Arc<Transport>,
    /// The index, whose pages are not signed.
    pub(crate) index: Option<Base>,
    /// The servers to which redirects may lead.
    pub(crate) servers: Vec<Base>,
    /// Other servers that pages of the index may link to.
    pub(crate) files_from: Vec<Base>,
    pub(crate) repository: Option<Repository>,
    pub(crate) attestations: Option<Attesting>,
    pub(crate) require: Vec<Requirement>,
    pub(crate) clock: Clock,
    pub(crate) cache: Cache,
    /// Files that did not verify, with `--observe`.
    pub(crate) observed: Option<Cache>,
}

/// A page of the upstream.
pub(super) struct Page {
    pub(super) listing: Listing,
    /// The bytes, as they came.
    bytes: Arc<[u8]>,
    base: Base,
    name: String,
}

/// A file that may be handed out.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    pub(super) sha256: String,
    /// The entry of the page by which it was judged.
    pub(super) entry: Entry,
    /// Why it would have been refused without `--observe`.
    pub(super) observed: Option<Refusal>,
}

impl Page {
    /// Returns the number of bytes that the page takes in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len().saturating_mul(3)
    }

    /// Returns the URL of a file, without what may be secret in it.
    pub(super) fn url_of(&self, entry: &Entry) -> Option<String> {
        entry.url(&Links::Upstream(&self.base, &self.name), self.listing.project()).ok()
    }

    /// Returns the page for a client.
    pub(super) fn render(&self, form: Form, keep_urls: bool) -> Result<Vec<u8>, Error> {
        let links = match keep_urls {
            true => Links::Upstream(&self.base, &self.name),
            false => Links::Own,
        };
        self.listing.render(form, &links)
    }
}

impl Upstream {
    /// Gets the page of a project, or `None` if there is none.
    pub(super) fn page(&self, project: &ProjectName) -> Result<Option<Page>, Error> {
        if let Some(repository) = &self.repository
            && let Some(signed) = repository.page(project)?
        {
            let listing = Listing::read(project, &signed.bytes, true)?;
            let base = repository.config.target_base_urls()?.first().cloned();
            let base = base.ok_or(picotuf::Error::UnexpectedCall)?;
            let (bytes, name) = (signed.bytes, encode_path(&signed.path));
            return Ok(Some(Page { listing, bytes, base, name }));
        }
        let Some(index) = &self.index else { return Ok(None) };
        let name = format!("{project}/");
        let mut result = Ok(None);
        let location = index.file(name.clone()).only_from(&self.servers);
        let wanted = [(location.clone(), PAGE_LENGTH_MAX)];
        fetch_all_as(&*self.transport, Some(PAGE_ACCEPT), &wanted, &mut |_, bytes| {
            result = bytes;
            std::ops::ControlFlow::Break(())
        });
        let Some(bytes) = result? else { return Ok(None) };
        let listing =
            Listing::read(project, &bytes, false).map_err(|error| error.file(location))?;
        let (bytes, base) = (bytes.into(), index.clone());
        Ok(Some(Page { listing, bytes, base, name }))
    }

    /// Returns why a project has no page, if that is for want of a setting: the repository may sign
    /// its files all the same.
    pub(super) fn missing_index(&self, project: &ProjectName) -> Option<Refusal> {
        let repository = self.repository.as_ref()?;
        if self.index.is_some() || !repository.signs_files {
            return None;
        }
        let message =
            format!("the repository signs no index page of {project}, and no index is named");
        let error = Error::new(Code::MissingSetting, message).hint(NAME_THE_INDEX);
        Some(Refusal::of(&error))
    }

    /// Returns what attestations are judged by now, if they are.
    pub(super) fn judging(&self) -> Result<Option<Arc<Attestations>>, Refusal> {
        let judging = self.attestations.as_ref().map(Attesting::current).transpose();
        judging.map_err(|error| Refusal::of(&error))
    }

    /// Gets a file and judges it. `earlier` is what was handed out of the same entry before. The
    /// error is the reason why it is refused, or why that cannot be said.
    pub(super) fn file(
        &self,
        page: &Page,
        entry: &Entry,
        judging: Option<&Attestations>,
        earlier: Option<&Handed>,
    ) -> Result<Handed, Refusal> {
        self.judged(page, entry, judging, earlier).map_err(|error| match error {
            Failed::Refused(refusal) => refusal,
            Failed::Error(error) => {
                let has_target = error.detail().target.is_some();
                Refusal::of(&if has_target { error } else { error.target(&entry.name) })
            }
        })
    }

    fn judged(
        &self,
        page: &Page,
        entry: &Entry,
        judging: Option<&Attestations>,
        earlier: Option<&Handed>,
    ) -> Result<Handed, Failed> {
        let by_hash = || self.cache.get(entry.hashes.get("sha256")?);
        let mut cached = earlier.and_then(|handed| self.open(handed)).or_else(by_hash);
        let (measured, from, sha256, verdict) = loop {
            let (measured, from) = match cached.take() {
                Some(Cached { file, measured }) => (measured, Origin::Cache(file)),
                None => {
                    let (measured, incoming) = self.download(page, entry)?;
                    (measured, Origin::Network(incoming))
                }
            };
            let claim = measured.claim(page.listing.project(), &entry.name)?;
            let sha256 = measured.sha256();
            let verdict = self.verdict(page, entry, &claim, &sha256, judging);
            // Without a hash in the page, the file at the URL may be another one than before.
            let is_outdated = matches!(from, Origin::Cache(_))
                && !entry.hashes.contains_key("sha256")
                && verdict.as_ref().is_err_and(|refusal| !refusal.is_failure);
            if !is_outdated {
                break (measured, from, sha256, verdict);
            }
        };
        let (cache, observed) = match (verdict, &self.observed) {
            (Ok(()), _) => (&self.cache, None),
            // What failed for another reason than the file may verify the next time.
            (Err(refusal), Some(cache)) if !refusal.is_failure => (cache, Some(refusal)),
            (Err(refusal), _) => return Err(Failed::Refused(refusal)),
        };
        match from {
            Origin::Network(incoming) => cache.put(incoming, &measured)?,
            // With --observe, it may be in the other of both.
            Origin::Cache(mut file) if self.observed.is_some() && cache.get(&sha256).is_none() => {
                let mut copy = cache.incoming()?;
                std::io::copy(&mut file, &mut copy)
                    .map_err(|error| Error::io("copy the file", copy.path(), &error))?;
                cache.put(copy, &measured)?;
            }
            Origin::Cache(_) => {}
        }
        Ok(Handed { sha256, entry: entry.clone(), observed })
    }

    /// Opens a file that may be handed out.
    pub(super) fn open(&self, handed: &Handed) -> Option<Cached> {
        match (&handed.observed, &self.observed) {
            (Some(_), Some(cache)) => cache.get(&handed.sha256),
            _ => self.cache.get(&handed.sha256),
        }
    }

    /// Judges a file by everything that was asked for.
    fn verdict(
        &self,
        page: &Page,
        entry: &Entry,
        claim: &Claim,
        sha256: &str,
        judging: Option<&Attestations>,
    ) -> Result<(), Refusal> {
        let refused = |error: Error| {
            let has_target = error.detail().target.is_some();
            Refusal::of(&if has_target { error } else { error.target(&entry.name) })
        };
        agrees(claim, entry).map_err(refused)?;
        Builds::of([entry.name.as_str()].into_iter()).require(&self.require).map_err(refused)?;
        if let Some(repository) = &self.repository {
            repository.check(claim).map_err(refused)?;
        }
        if let Some(attestations) = judging {
            let now = self.clock.now().map_err(refused)?;
            let kept = self.cache.provenance(sha256);
            let was_kept = kept.is_some();
            let judged = attestations.judge(claim, &page.bytes, kept, &*self.transport, now);
            if let Some(refusal) = judged.refusal(&entry.name) {
                return Err(refusal);
            }
            if let (false, Some(document)) = (was_kept, &judged.provenance) {
                self.cache.put_provenance(sha256, document).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Downloads a file beside the cache, and measures it on the way.
    fn download(
        &self,
        page: &Page,
        entry: &Entry,
    ) -> Result<(Measured, tempfile::NamedTempFile), Error> {
        let (base, name) = page.base.follow(&page.name, &entry.link)?;
        self.may_ask(page, &base)?;
        // A signed page may name a server of its own.
        let servers: Vec<Base> =
            self.servers.iter().chain(std::iter::once(&base)).cloned().collect();
        let location = base.file(name).only_from(&servers);
        let maximum = entry.size.unwrap_or(FILE_LENGTH_MAX).min(FILE_LENGTH_MAX);
        let mut incoming = self.cache.incoming()?;
        let mut measuring = Measuring::default();
        let mut take = |bytes: &[u8]| {
            measuring.update(bytes);
            let found = measuring.length();
            if found > maximum {
                return Err(match entry.size {
                    Some(expected) => {
                        picotuf::Error::LengthMismatch { role: None, expected, found }.into()
                    }
                    None => {
                        let limit = Limit::Length;
                        picotuf::Error::LimitReached { limit, maximum }.into()
                    }
                });
            }
            let written = incoming.write_all(bytes);
            written.map_err(|error| Error::io("write the file", incoming.path(), &error))
        };
        let found = fetch_one(&*self.transport, &location, maximum.saturating_add(1), &mut take)
            .map_err(|error| {
                let has_file = error.detail().file.is_some();
                if has_file { error } else { error.file(&location) }
            })?;
        match found {
            Found::Yes => Ok((measuring.finish(), incoming)),
            Found::No => {
                let message = "the index lists the file, and its server does not have it";
                Err(Error::new(Code::MissingTarget, message).file(&location))
            }
        }
    }

    /// Checks that a page may link to a server. A page that is not signed must not make this
    /// machine ask any server.
    fn may_ask(&self, page: &Page, base: &Base) -> Result<(), Error> {
        let is_allowed = page.listing.is_signed()
            || base == &page.base
            || std::iter::once(&page.base)
                .chain(&self.files_from)
                .any(|allowed| origin(allowed) == origin(base));
        if is_allowed {
            return Ok(());
        }
        let message = format!("the index page links to another server, {base}");
        Err(Error::new(Code::PageLink, message).hint(
            "nothing was asked there; if it is known to be right, allow that server with \
             --files-from URL",
        ))
    }

    /// Returns whether a page may list a file at this URL: it is at the server of the index or of
    /// the repository, or at another one that is allowed.
    pub(super) fn may_list(&self, url: &str) -> bool {
        let Ok(url) = url::Url::parse(url) else { return false };
        self.servers.iter().any(|server| origin(server) == Some(url.origin()))
    }

    /// Takes the METADATA out of a wheel that may be handed out, or returns `None` if the wheel is
    /// no longer in the cache.
    pub(super) fn metadata_in_wheel(
        &self,
        project: &ProjectName,
        handed: &Handed,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(wheel) = self.open(handed) else { return Ok(None) };
        wheel_metadata(wheel.file, project, METADATA_LENGTH_MAX)
            .map(Some)
            .map_err(|error| Refusal::of(&error.target(&handed.entry.name)))
    }

    /// Gets the METADATA of a wheel by its signed hash.
    pub(super) fn metadata(&self, page: &Page, entry: &Entry) -> Result<Vec<u8>, Refusal> {
        self.signed_metadata(page, entry).map_err(|error| Refusal::of(&error.target(&entry.name)))
    }

    /// Returns the METADATA of a wheel with this signed hash, if it is in the cache.
    pub(super) fn metadata_in_cache(&self, entry: &Entry) -> Option<Vec<u8>> {
        let cached = self.cache.get(entry.metadata_sha256()?)?;
        let mut cached = Some(cached).filter(|it| it.measured.length <= METADATA_LENGTH_MAX)?;
        let mut bytes = Vec::new();
        cached.file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn signed_metadata(&self, page: &Page, entry: &Entry) -> Result<Vec<u8>, Error> {
        // Others may have fetched it meanwhile.
        if let Some(bytes) = self.metadata_in_cache(entry) {
            return Ok(bytes);
        }
        let (base, name) = page.base.follow(&page.name, &entry.metadata_link())?;
        let servers: Vec<Base> =
            self.servers.iter().chain(std::iter::once(&base)).cloned().collect();
        let location = base.file(name).only_from(&servers);
        let mut bytes = Vec::new();
        let mut take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let maximum = METADATA_LENGTH_MAX;
        match fetch_one(&*self.transport, &location, maximum.saturating_add(1), &mut take)? {
            Found::Yes => entry.check_metadata(&bytes, maximum)?,
            Found::No => {
                let message = "the server does not have the METADATA of the wheel";
                return Err(Error::new(Code::MissingTarget, message).file(&location));
            }
        }
        if entry.metadata_sha256().is_some() {
            let mut measuring = Measuring::default();
            measuring.update(&bytes);
            let mut incoming = self.cache.incoming()?;
            incoming
                .write_all(&bytes)
                .map_err(|error| Error::io("write the file", incoming.path(), &error))?;
            self.cache.put(incoming, &measuring.finish())?;
        }
        Ok(bytes)
    }
}

fn origin(base: &Base) -> Option<url::Origin> {
    match base {
        Base::Http(url) => Some(url.origin()),
        Base::Folder(_) => None,
    }
}

/// Where a file came from.
enum Origin {
    Network(tempfile::NamedTempFile),
    Cache(std::fs::File),
}

/// Why a file cannot be had.
enum Failed {
    Refused(Refusal),
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Error(error)
    }
}

impl From<picotuf::Error> for Failed {
    fn from(error: picotuf::Error) -> Self {
        Failed::Error(error.into())
    }
}

/// The maximum length of a page, in bytes. The largest on PyPI have some 20 MB.
const PAGE_LENGTH_MAX: u64 = 32 * 1024 * 1024;
/// The maximum length of a file, in bytes. PyPI allows less, also where it raises its limit.
const FILE_LENGTH_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// The maximum length of a METADATA file, in bytes.
const METADATA_LENGTH_MAX: u64 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use picotuf_client::Log;

    use super::*;
    use crate::transport::Network;

    /// An upstream whose index is this folder.
    fn upstream(folder: &std::path::Path) -> Upstream {
        let network = Network {
            timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            min_rate: 1,
            jobs: 1,
            ca_file: None,
            user: None,
            password: None,
            token: None,
            user_agent: None,
            netrc: false,
        };
        Upstream {
            transport: Arc::new(Transport::new(&network, &[], &[], Log::silent(), true).unwrap()),
            index: None,
            servers: Vec::new(),
            files_from: Vec::new(),
            repository: None,
            attestations: None,
            require: Vec::new(),
            clock: Clock::new(None),
            cache: Cache::open(&folder.join("cache"), 1000).unwrap(),
            observed: None,
        }
    }

    #[test]
    fn a_file_that_was_replaced_at_its_url_can_be_installed_though_the_old_one_is_in_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let upstream = upstream(folder.path());
        let project = ProjectName::new("alpha").unwrap();
        let name = "alpha-1.0.tar.gz";
        std::fs::write(folder.path().join(name), b"new").unwrap();
        let mut incoming = upstream.cache.incoming().unwrap();
        incoming.write_all(b"older").unwrap();
        let mut measuring = Measuring::default();
        measuring.update(b"older");
        let older = measuring.finish();
        upstream.cache.put(incoming, &older).unwrap();
        // The size stands for a signature here: only the new file agrees with it.
        let judge = |hash: &str| {
            let bytes = format!(
                r#"{{"meta": {{"api-version": "1.1"}}, "name": "alpha", "versions": ["1.0"],
                    "files": [{{"filename": "{name}", "url": "{name}", "size": 3,
                    "hashes": {{{hash}}}}}]}}"#
            );
            let listing = Listing::read(&project, bytes.as_bytes(), false).unwrap();
            let entry = listing.entry(name).unwrap().clone();
            let (sha256, observed) = (older.sha256(), None);
            let earlier = Handed { sha256, entry: entry.clone(), observed };
            let base = Base::Folder(folder.path().to_owned());
            let page =
                Page { listing, bytes: bytes.into_bytes().into(), base, name: String::new() };
            upstream.file(&page, &entry, None, Some(&earlier))
        };
        let mut measuring = Measuring::default();
        measuring.update(b"new");
        assert_eq!(judge("").unwrap().sha256, measuring.finish().sha256());
        // By the hash of the page, no other file can be meant.
        let refused = judge(&format!(r#""sha256": "{}""#, older.sha256())).unwrap_err();
        assert_eq!((refused.code, refused.is_failure), ("length-mismatch", false));
    }
}
