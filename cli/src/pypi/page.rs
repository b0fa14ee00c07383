//! Index pages: fetched as targets, and kept for the next file of the same project.

use std::collections::HashMap;
use std::rc::Rc;

use picotuf::pypi::{PAGE_LENGTH_MAX, PageError};
use picotuf::{Error, Hasher, Hashes};

use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::session::FoundTarget;
use crate::target_file::Wanted;
use crate::transport::{Found, Transport, encode_path};

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
                "give it here, as PICOTUF_TARGET_BASE_URL, or once to `picotuf init`; pages are not kept for --offline",
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
        let (transport, mirrors) = self.source.as_ref().ok_or(Error::UnexpectedCall)?;
        let consistent = consistent && self.hash_prefix;
        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
        let names = |consistent| Wanted { path, target, delegation_path, consistent }.names().collect::<Vec<_>>();
        let mut names: Vec<_> = names(consistent).into_iter().chain(names(false)).collect();
        // Without hashes in front, both are one.
        names.dedup();
        mirrors.ask(|base| {
            for name in &names {
                let file = base.file(encode_path(&format!("{name}{suffix}")));
                let mut bytes = Vec::new();
                let mut sink = |more: &[u8]| {
                    bytes.extend_from_slice(more);
                    Ok(())
                };
                let about = |error: CliError| if error.detail().file.is_some() { error } else { error.file(&file) };
                if transport.fetch(&file, BESIDE_LENGTH_MAX, &mut sink).map_err(about)? == Found::Yes {
                    compare(&bytes, hashes).map_err(|error| about(error.into()))?;
                    return Ok(bytes);
                }
            }
            let message = format!("there is no file with {suffix} beside the target");
            Err(CliError::new("missing-target", "repository", message)
                .hint("check --target-base-url; --no-hash-prefix asks for the plain name"))
        })
    }
}

fn compare(bytes: &[u8], hashes: &Hashes) -> Result<(), Error> {
    for expected in hashes.iter() {
        let algorithm = expected.algorithm();
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        let found = hasher.finish();
        if found != *expected {
            let (expected, found) = (expected.into(), (&found).into());
            return Err(Error::HashMismatch { role: None, algorithm, expected, found });
        }
    }
    Ok(())
}

/// In bytes: the longest METADATA on PyPI have less than one megabyte.
const BESIDE_LENGTH_MAX: u64 = 8 * 1024 * 1024;
/// In bytes, of all pages; one that is longer is kept alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
