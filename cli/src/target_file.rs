//! The file of a target: whether it is at its place, and how it gets there.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use picotuf::target_path::{self, UnsafePath};
use picotuf::{Target, TargetVerifier};
use tempfile::NamedTempFile;

use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::store;
use crate::transport::{Base, Found, Location, Transport};

/// A target whose file is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'t> {
    /// Its path in the repository.
    pub(crate) path: &'t str,
    /// What is signed of it.
    pub(crate) target: &'t Target,
    /// The roles that led to it.
    pub(crate) delegation_path: &'t [String],
    /// Whether the repository has it under its hashes.
    pub(crate) consistent: bool,
}

/// Whether the bytes of `reader` are the target; an error of reading is `Err(Ok(..))`, a verdict
/// `Err(Err(..))`.
pub(crate) fn check(
    target: &Target,
    reader: &mut impl Read,
) -> Result<(), Result<std::io::Error, picotuf::Error>> {
    let mut verifier = TargetVerifier::new(target);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return verifier.finish().map_err(Err),
            Ok(count) => verifier.update(&buffer[..count]).map_err(Err)?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Ok(error)),
        }
    }
}

/// Whether the target is at its place already.
pub(crate) fn is_here(target: &Target, local: &Path) -> Result<bool, CliError> {
    let metadata = match fs::symlink_metadata(local) {
        Ok(metadata) => metadata,
        // What is in the way shows when the target is written.
        Err(_) => return Ok(false),
    };
    if metadata.is_dir() {
        let text = "a folder stands where the target belongs";
        return Err(CliError::new("unsafe-target-path", "repository", text).file(local.display()));
    }
    if !metadata.is_file() || metadata.len() != target.length {
        return Ok(false);
    }
    let Ok(mut file) = File::open(local) else {
        return Ok(false);
    };
    match check(target, &mut file) {
        Ok(()) => Ok(true),
        Err(Err(_)) => Ok(false),
        Err(Ok(error)) => Err(CliError::io("read the file", local, &error)),
    }
}

/// Fetches a file by the first of its percent-encoded names that is there: each attempt begins with
/// what `begin` makes, to which `take` gives the bytes, of which there may be `max_length`, and
/// `finish` has the last word.
pub(crate) fn first_there<'b, A, T>(
    base: &'b Base,
    names: impl IntoIterator<Item = String>,
    max_length: u64,
    transport: &Transport,
    mut begin: impl FnMut() -> Result<A, CliError>,
    mut take: impl FnMut(&mut A, &[u8]) -> Result<(), CliError>,
    finish: impl Fn(A) -> Result<T, CliError>,
) -> Result<Option<(T, Location<'b>)>, CliError> {
    for name in names {
        let file = base.file(name);
        let about =
            |error: CliError| if error.detail().file.is_some() { error } else { error.file(&file) };
        let mut attempt = begin()?;
        let found = transport
            .fetch(&file, max_length.saturating_add(1), &mut |bytes| take(&mut attempt, bytes));
        if found.map_err(about)? == Found::Yes {
            return Ok(Some((finish(attempt).map_err(about)?, file)));
        }
    }
    Ok(None)
}

impl Wanted<'_> {
    /// Fetches the target to `local`, whose folder is there, from the first mirror that has it;
    /// says from where. Of a file that is not the right one, nothing is kept.
    pub(crate) fn fetch(
        &self,
        mirrors: &Mirrors,
        transport: &Transport,
        local: &Path,
    ) -> Result<String, CliError> {
        let (incoming, url) =
            self.receive(mirrors, transport, local.parent().unwrap_or(Path::new(".")))?;
        store::persist(incoming, local)?;
        Ok(url)
    }

    /// Fetches the target to a temporary file in `folder`.
    pub(crate) fn receive(
        &self,
        mirrors: &Mirrors,
        transport: &Transport,
        folder: &Path,
    ) -> Result<(NamedTempFile, String), CliError> {
        mirrors.ask(|base| self.receive_from(base, transport, folder))
    }

    /// Fetches the target into memory.
    pub(crate) fn bytes(
        &self,
        mirrors: &Mirrors,
        transport: &Transport,
    ) -> Result<Vec<u8>, CliError> {
        let take = |bytes: &mut Vec<u8>, piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let (bytes, _) =
            mirrors.ask(|base| self.receive_to(base, transport, || Ok(Vec::new()), take))?;
        Ok(bytes)
    }

    fn receive_from(
        &self,
        base: &Base,
        transport: &Transport,
        folder: &Path,
    ) -> Result<(NamedTempFile, String), CliError> {
        self.receive_to(
            base,
            transport,
            || store::temporary(folder),
            |incoming, bytes| {
                let written = incoming.write_all(bytes);
                written.map_err(|error| CliError::io("write the file", incoming.path(), &error))
            },
        )
    }

    /// Fetches the target from one mirror; each attempt has a place of its own, which `take` fills.
    fn receive_to<T>(
        &self,
        base: &Base,
        transport: &Transport,
        mut place: impl FnMut() -> Result<T, CliError>,
        mut take: impl FnMut(&mut T, &[u8]) -> Result<(), CliError>,
    ) -> Result<(T, String), CliError> {
        let about = |error: CliError| {
            error.target(self.path).delegation_path(self.delegation_path.to_vec())
        };
        let names = self.url_names().map_err(about)?;
        let first = names.first().cloned().unwrap_or_default();
        let received = first_there(
            base,
            names,
            self.target.length,
            transport,
            || Ok((place()?, TargetVerifier::new(self.target))),
            |(incoming, verifier), bytes| {
                verifier.update(bytes)?;
                take(incoming, bytes)
            },
            |(incoming, verifier)| {
                verifier.finish()?;
                Ok(incoming)
            },
        );
        if let Some((incoming, file)) = received.map_err(about)? {
            return Ok((incoming, file.to_string()));
        }
        Err(about(
            CliError::new(
                "missing-target",
                "repository",
                "the target is listed, but its file is not there",
            )
            .file(base.file(first))
            .hint("check --target-base-url; --no-hash-prefix asks for the plain name"),
        ))
    }

    /// What the file may be called in a URL.
    fn url_names(&self) -> Result<Vec<String>, CliError> {
        let url = |name: target_path::TargetFileName<'_>| {
            let mut text = String::new();
            let written = name.url(&mut |piece| text.push_str(piece));
            let text_of = |reason| format!("the path cannot be used in a URL: {reason}");
            written
                .map_err(|reason| CliError::new(UnsafePath::CODE, "repository", text_of(reason)))?;
            Ok(text)
        };
        target_path::file_names(self.path, &self.target.hashes, self.consistent).map(url).collect()
    }

    /// What the file may be called.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> + '_ {
        target_path::file_names(self.path, &self.target.hashes, self.consistent)
            .map(|name| name.to_string())
    }
}
