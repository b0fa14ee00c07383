//! Index pages: fetched as targets, and kept for the next file of the same project.

use std::collections::HashMap;
use std::rc::Rc;

use picotuf::limits::Limit;
use picotuf::pypi::{PAGE_LENGTH_MAX, PageError};
use picotuf::{Error, Hashes, Target, TargetVerifier};

use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::session::FoundTarget;
use crate::target_file::{Wanted, first_there};
use crate::transport::{Base, Transport, encode_path};

/// The way to the pages of a repository.
pub(crate) struct Pages<'w> {
    source: Option<(&'w Transport, Mirrors)>,
    hash_prefix: bool,
    kept: HashMap<String, (picotuf::Target, Rc<[u8]>)>,
}

impl<'w> Pages<'w> {
    /// From there, or from nowhere; `hash_prefix` as in [`Settings`](crate::settings::Settings).
    pub(crate) fn new(source: Option<(&'w Transport, Mirrors)>, hash_prefix: bool) -> Self {
        Pages { source, hash_prefix, kept: HashMap::new() }
    }

    /// The bytes of the page, which are those that are signed.
    pub(super) fn get(&mut self, path: &str, found: &FoundTarget, consistent: bool) -> Result<Rc<[u8]>, CliError> {
        if let Some((target, bytes)) = self.kept.get(path)
            && *target == found.target
        {
            return Ok(Rc::clone(bytes));
        }
        if found.target.length > PAGE_LENGTH_MAX {
            let error = PageError::Length;
            return Err(CliError::new(error.code(), "limit", error.to_string()));
        }
        let Some((transport, mirrors)) = &self.source else {
            return Err(CliError::usage_code(
                "missing-setting",
                "the index page has to be fetched, and this needs --target-base-url URL",
            )
            .hint(
                "give it here or as PICOTUF_TARGET_BASE_URL; without --root, `picotuf init` remembers it; pages are not kept for --offline",
            ));
        };
        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
        let wanted = Wanted { path, target, delegation_path, consistent: consistent && self.hash_prefix };
        let bytes: Rc<[u8]> = wanted.bytes(mirrors, transport)?.into();
        // Files mostly come by project, so that starting over costs little.
        let kept: usize = self.kept.values().map(|(_, bytes)| bytes.len()).sum();
        if kept.saturating_add(bytes.len()) > KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(path.to_owned(), (found.target, Rc::clone(&bytes)));
        Ok(bytes)
    }
}

/// Where the METADATA of a wheel stands: under the wheel's name, with `.metadata` behind it.
pub(super) enum Wheel<'w> {
    /// The wheel is the target.
    Target,
    /// The target is an index page, which has this link to the wheel.
    Linked(&'w str),
}

impl Pages<'_> {
    /// The METADATA of a wheel; its hashes are signed, its length is not.
    pub(super) fn metadata(
        &self,
        path: &str,
        found: &FoundTarget,
        wheel: &Wheel<'_>,
        hashes: &Hashes,
        consistent: bool,
    ) -> Result<Vec<u8>, CliError> {
        let Some((transport, mirrors)) = &self.source else { return Err(Error::UnexpectedCall.into()) };
        let consistent = consistent && self.hash_prefix;
        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
        let names = |consistent| Wanted { path, target, delegation_path, consistent }.names().collect::<Vec<_>>();
        mirrors.ask(|base| match wheel {
            Wheel::Target => {
                let mut names: Vec<_> = names(consistent).into_iter().chain(names(false)).collect();
                // Without hashes in front, both are one.
                names.dedup();
                fetch_metadata(base, names.iter().map(|name| encode_path(name)), hashes, transport)
            }
            Wheel::Linked(link) => {
                // All names of a page are in one folder, from which the link leads on.
                let (base, name) = base.follow(&encode_path(path), link)?;
                fetch_metadata(&base, [name], hashes, transport)
            }
        })
    }
}

fn fetch_metadata(
    base: &Base,
    wheels: impl IntoIterator<Item = String>,
    hashes: &Hashes,
    transport: &Transport,
) -> Result<Vec<u8>, CliError> {
    let names = wheels.into_iter().map(|wheel| format!("{wheel}.metadata"));
    let take = |bytes: &mut Vec<u8>, more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    };
    let finish = |bytes: Vec<u8>| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > METADATA_LENGTH_MAX {
            let error = Error::LimitReached { limit: Limit::Length, maximum: METADATA_LENGTH_MAX };
            return Err(error.into());
        }
        let mut verifier = TargetVerifier::new(&Target { length, hashes: *hashes, custom: None });
        verifier.update(&bytes)?;
        verifier.finish()?;
        Ok(bytes)
    };
    let fetched = first_there(base, names, METADATA_LENGTH_MAX, transport, || Ok(Vec::new()), take, finish)?;
    fetched.map(|(bytes, _)| bytes).ok_or_else(|| {
        CliError::new("missing-target", "repository", "there is no file with .metadata beside the wheel")
            .hint("check --target-base-url; --no-hash-prefix asks for the plain name")
    })
}

/// In bytes: the longest METADATA on PyPI have less than one megabyte.
const METADATA_LENGTH_MAX: u64 = 8 * 1024 * 1024;
/// In bytes, of all pages; one that is longer is kept alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
