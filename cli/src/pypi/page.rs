//! Index pages: fetched as targets, and kept for the next file of the same project.

use std::collections::HashMap;
use std::rc::Rc;

use picotuf::pypi::{PAGE_LENGTH_MAX, PageError};
use picotuf::{Error, Hasher, Hashes, TargetVerifier};

use crate::commands::target_names;
use crate::error::CliError;
use crate::session::FoundTarget;
use crate::transport::{Base, Found, Transport};

/// The way to the pages of a repository.
pub(crate) struct Pages<'w> {
    source: Option<(&'w Transport, &'w Base)>,
    hash_prefix: bool,
    kept: HashMap<String, (picotuf::Target, Rc<[u8]>)>,
}

impl<'w> Pages<'w> {
    /// From there, or from nowhere; `hash_prefix` as in [`Settings`](crate::settings::Settings).
    pub(crate) fn new(source: Option<(&'w Transport, &'w Base)>, hash_prefix: bool) -> Self {
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
        let Some((transport, base)) = self.source else {
            return Err(CliError::usage_code(
                "missing-setting",
                "the index page has to be fetched, and this needs --target-base-url URL",
            )
            .hint(
                "give it here, as PICOTUF_TARGET_BASE_URL, or once to `picotuf init`; pages are not kept for --offline",
            ));
        };
        for name in target_names(found, path, consistent && self.hash_prefix) {
            let file = base.file(name);
            let mut verifier = TargetVerifier::new(&found.target);
            let mut bytes = Vec::new();
            let mut sink = |more: &[u8]| {
                verifier.update(more)?;
                bytes.extend_from_slice(more);
                Ok(())
            };
            let about = |error: CliError| if error.detail().file.is_some() { error } else { error.file(&file) };
            if transport.fetch(&file, found.target.length.saturating_add(1), &mut sink).map_err(about)? == Found::Yes {
                verifier.finish().map_err(|error| about(error.into()))?;
                let bytes: Rc<[u8]> = bytes.into();
                // Files mostly come by project, so that starting over costs little.
                let kept: usize = self.kept.values().map(|(_, bytes)| bytes.len()).sum();
                if kept.saturating_add(bytes.len()) > KEPT_MAX {
                    self.kept.clear();
                }
                self.kept.insert(path.to_owned(), (found.target, Rc::clone(&bytes)));
                return Ok(bytes);
            }
        }
        let first = target_names(found, path, consistent && self.hash_prefix).next().unwrap_or_default();
        Err(CliError::new("missing-target", "repository", "the index page is listed, but its file is not there")
            .file(base.file(first))
            .hint("check --target-base-url; --no-hash-prefix asks for the plain name"))
    }
}

impl Pages<'_> {
    /// The bytes of a file that stands beside a target, under the target's name with `suffix` behind it, and has these hashes.
    pub(super) fn beside(
        &self,
        path: &str,
        found: &FoundTarget,
        suffix: &str,
        hashes: &Hashes,
        consistent: bool,
    ) -> Result<Vec<u8>, CliError> {
        let (transport, base) = self.source.ok_or(picotuf::Error::UnexpectedCall)?;
        let prefixed = target_names(found, path, consistent && self.hash_prefix);
        let plain = target_names(found, path, false).filter(|_| consistent && self.hash_prefix);
        for name in prefixed.chain(plain) {
            let file = base.file(format!("{name}{suffix}"));
            let mut bytes = Vec::new();
            let mut sink = |more: &[u8]| {
                bytes.extend_from_slice(more);
                Ok(())
            };
            let about = |error: CliError| if error.detail().file.is_some() { error } else { error.file(&file) };
            if transport.fetch(&file, BESIDE_LENGTH_MAX, &mut sink).map_err(about)? == Found::No {
                continue;
            }
            for expected in hashes.iter() {
                let mut hasher = Hasher::new(expected.algorithm());
                hasher.update(&bytes);
                let found = hasher.finish();
                if found != *expected {
                    let algorithm = expected.algorithm();
                    let (expected, found) = (expected.into(), (&found).into());
                    return Err(about(Error::HashMismatch { role: None, algorithm, expected, found }.into()));
                }
            }
            return Ok(bytes);
        }
        Err(CliError::new("missing-target", "repository", format!("there is no file with {suffix} beside the target"))
            .hint("check --target-base-url; --no-hash-prefix asks for the plain name"))
    }
}

/// In bytes: the longest METADATA on PyPI have less than one megabyte.
const BESIDE_LENGTH_MAX: u64 = 8 * 1024 * 1024;
/// In bytes, of all pages; one that is longer is kept alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
