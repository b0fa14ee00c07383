//! Index pages: fetched as targets, and kept for the next file of the same project.

use std::collections::HashMap;
use std::rc::Rc;

use picotuf::TargetVerifier;
use picotuf::pypi::{PAGE_LENGTH_MAX, PageError};

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

/// In bytes, of all pages; one that is longer is kept alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
