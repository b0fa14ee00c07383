//! Index pages, downloaded as targets and cached for the next file of the same project.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use picotuf::limits::Limit;
use picotuf::pypi::{PAGE_LENGTH_MAX, PageError, PageIndex, PageSpace, ProjectName};
use picotuf::{Hashes, Target, TargetVerifier};

use crate::code::{Blame, Code};
use crate::error::Error;
use crate::fetch::{Fetch, fetch_all};
use crate::location::{Base, encode_path};
use crate::log::Log;
use crate::mirrors::Mirrors;
use crate::session::FoundTarget;
use crate::target_file::{self, TargetFile, first_there};

/// The index pages of a repository, with a cache.
pub struct Pages<'w> {
    source: Option<(&'w dyn Fetch, Mirrors)>,
    hash_prefix: bool,
    kept: HashMap<String, Kept>,
    /// Pages that were downloaded in advance and are not verified yet.
    ahead: HashMap<String, Vec<u8>>,
    log: Log,
}

/// A page that was parsed once, for any number of lookups.
pub(super) type Page = PageIndex<Arc<[u8]>>;

/// A cached page.
struct Kept {
    target: Target,
    project: ProjectName,
    length: usize,
    /// The page, or the code and the message of the error for which it was refused.
    page: Result<Arc<Page>, (PageError, String)>,
}

impl<'w> Pages<'w> {
    /// Creates an empty cache. Without a source, no page can be downloaded. `hash_prefix` is as in
    /// [`Config`](crate::Config).
    pub fn new(source: Option<(&'w dyn Fetch, Mirrors)>, hash_prefix: bool, log: &Log) -> Self {
        Pages { source, hash_prefix, kept: HashMap::new(), ahead: HashMap::new(), log: log.clone() }
    }

    /// Returns whether the page is cached.
    pub(super) fn has(&self, path: &str, found: &FoundTarget) -> bool {
        self.kept.get(path).is_some_and(|kept| kept.target == found.target)
    }

    /// Downloads pages at the same time. A page that fails is downloaded again when it is needed.
    pub(super) fn fetch_ahead(
        &mut self,
        pages: &[(String, Target, Vec<String>)],
        consistent: bool,
    ) {
        let Some((fetch, mirrors)) = &self.source else { return };
        let base = mirrors.current();
        let consistent = consistent && self.hash_prefix;
        let mut files = Vec::new();
        for (path, target, delegation_path) in pages {
            let wanted = TargetFile { path, target, delegation_path, consistent };
            if target.length <= PAGE_LENGTH_MAX
                && !self.ahead.contains_key(path)
                && let Some(name) = wanted.first_url_name()
            {
                files.push((path, (base.file(name), target.length)));
            }
        }
        let (paths, files): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        // A single page is downloaded when it is verified.
        if files.len() < 2 {
            return;
        }
        let (ahead, mut left) = (&mut self.ahead, AHEAD_MAX);
        fetch_all(*fetch, &files, &mut |place, bytes| {
            let Ok(bytes) = bytes else { return ControlFlow::Break(()) };
            // One that is not there under this name is asked for by its other names.
            let Some(bytes) = bytes else { return ControlFlow::Continue(()) };
            left = left.saturating_sub(bytes.len());
            ahead.insert(paths[place].clone(), bytes);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }

    /// Returns the verified page of a project, which is downloaded and parsed once.
    pub(super) fn get(
        &mut self,
        path: &str,
        found: &FoundTarget,
        project: &ProjectName,
        consistent: bool,
        space: &mut PageSpace,
    ) -> Result<Arc<Page>, Error> {
        let known = self
            .kept
            .get(path)
            .filter(|kept| kept.target == found.target && kept.project == *project);
        let page = match known {
            Some(kept) => kept.page.clone(),
            None => {
                let ahead = self.ahead.remove(path).filter(|bytes| is_target(&found.target, bytes));
                let bytes = match ahead {
                    Some(bytes) => bytes,
                    None => self.fetch(path, found, consistent)?,
                };
                self.keep(path, found.target, project, bytes, space)
            }
        };
        page.map_err(|(error, message)| Error::page(error, message))
    }

    /// Parses a page and caches the result.
    fn keep(
        &mut self,
        path: &str,
        target: Target,
        project: &ProjectName,
        bytes: Vec<u8>,
        space: &mut PageSpace,
    ) -> Result<Arc<Page>, (PageError, String)> {
        self.log.line(|| format!("reads the index page {path}, of {} bytes", bytes.len()));
        let length = bytes.len();
        let bytes: Arc<[u8]> = bytes.into();
        let page = match PageIndex::new(Arc::clone(&bytes), project, space) {
            Ok(page) => Ok(Arc::new(page)),
            Err(error) => {
                let text = error.in_page(&bytes).to_string();
                Err((error, text))
            }
        };
        // Files usually come grouped by project, so clearing the cache costs little.
        let kept: usize = self.kept.values().map(|kept| kept.length).sum();
        if kept.saturating_add(length) > KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(
            path.to_owned(),
            Kept { target, project: project.clone(), length, page: page.clone() },
        );
        page
    }

    fn fetch(&self, path: &str, found: &FoundTarget, consistent: bool) -> Result<Vec<u8>, Error> {
        if found.target.length > PAGE_LENGTH_MAX {
            let error = PageError::Length;
            return Err(Error::page(error, error.to_string()).blame(Blame::Limit));
        }
        let Some((fetch, mirrors)) = &self.source else {
            return Err(Error::usage_code(
                Code::MissingSetting,
                "missing setting for the index page: --target-base-url URL",
            )
            .hint(
                "pass the option or set PICOTUF_TARGET_BASE_URL; `picotuf init` can save it; \
                     --offline cannot use pages",
            ));
        };
        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
        let wanted = TargetFile {
            path,
            target,
            delegation_path,
            consistent: consistent && self.hash_prefix,
        };
        wanted.bytes(mirrors, *fetch)
    }
}

/// Returns whether the bytes are the target.
fn is_target(target: &Target, bytes: &[u8]) -> bool {
    target_file::check(target, &mut &bytes[..]).is_ok()
}

/// The location of a wheel. Its METADATA file has the same name with `.metadata` appended.
pub(super) enum Wheel<'w> {
    /// The wheel is the target.
    Target,
    /// The target is an index page with this link to the wheel.
    Linked(&'w str),
}

impl Pages<'_> {
    /// Downloads and verifies the METADATA of a wheel. Its hashes are signed, its length is not.
    pub(super) fn metadata(
        &self,
        path: &str,
        found: &FoundTarget,
        wheel: &Wheel<'_>,
        hashes: &Hashes,
        consistent: bool,
    ) -> Result<Vec<u8>, Error> {
        let Some((fetch, mirrors)) = &self.source else {
            return Err(picotuf::Error::UnexpectedCall.into());
        };
        let consistent = consistent && self.hash_prefix;
        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
        let names = |consistent| {
            TargetFile { path, target, delegation_path, consistent }.names().collect::<Vec<_>>()
        };
        mirrors.ask(|base| match wheel {
            Wheel::Target => {
                let mut names: Vec<_> = names(consistent).into_iter().chain(names(false)).collect();
                // Without hash prefixes, the names are equal.
                names.dedup();
                fetch_metadata(base, names.iter().map(|name| encode_path(name)), hashes, *fetch)
            }
            Wheel::Linked(link) => {
                // All names of a page are in one folder, to which the link is relative.
                let (base, name) = base.follow(&encode_path(path), link)?;
                fetch_metadata(&base, [name], hashes, *fetch)
            }
        })
    }
}

fn fetch_metadata(
    base: &Base,
    wheels: impl IntoIterator<Item = String>,
    hashes: &Hashes,
    fetch: &dyn Fetch,
) -> Result<Vec<u8>, Error> {
    let names = wheels.into_iter().map(|wheel| format!("{wheel}.metadata"));
    let take = |bytes: &mut Vec<u8>, more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    };
    let finish = |bytes: Vec<u8>| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > METADATA_LENGTH_MAX {
            let error =
                picotuf::Error::LimitReached { limit: Limit::Length, maximum: METADATA_LENGTH_MAX };
            return Err(error.into());
        }
        let mut verifier = TargetVerifier::new(&Target { length, hashes: *hashes, custom: None });
        verifier.update(&bytes)?;
        verifier.finish()?;
        Ok(bytes)
    };
    let fetched =
        first_there(base, names, METADATA_LENGTH_MAX, fetch, || Ok(Vec::new()), take, finish)?;
    fetched.map(|(bytes, _)| bytes).ok_or_else(|| {
        Error::new(Code::MissingTarget, "the repository has no .metadata file for the wheel")
            .hint("check --target-base-url; --no-hash-prefix requests the name without a hash")
    })
}

/// The maximum length of a METADATA file, in bytes. The longest ones on PyPI have less than one
/// megabyte.
const METADATA_LENGTH_MAX: u64 = 8 * 1024 * 1024;
/// The maximum total length of pages downloaded in advance, in bytes.
const AHEAD_MAX: usize = 64 * 1024 * 1024;
/// The maximum total length of cached pages, in bytes. A longer page is cached alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
