//! Index pages: fetched as targets, and kept for the next file of the same project.

use std::collections::HashMap;
use std::rc::Rc;

use picotuf::pypi::{PAGE_LENGTH_MAX, PageError};

use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::session::FoundTarget;
use crate::target_file::Wanted;
use crate::transport::Transport;

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

/// In bytes, of all pages; one that is longer is kept alone.
const KEPT_MAX: usize = 8 * 1024 * 1024;
