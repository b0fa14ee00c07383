//! Target files: checks local files, and downloads and verifies files.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use picotuf::target_path;
use picotuf::{Target, TargetVerifier};
use tempfile::NamedTempFile;

use crate::code::Code;
use crate::error::Error;
use crate::fetch::{Fetch, Found, Request, fetch_one};
use crate::location::{Base, Location};
use crate::mirrors::Mirrors;
use crate::store;

/// A target whose file is to be downloaded.
#[derive(Clone, Copy, Debug)]
pub struct TargetFile<'t> {
    /// The target path.
    pub path: &'t str,
    /// The signed length and hashes.
    pub target: &'t Target,
    /// The roles on the path to the target.
    pub delegation_path: &'t [String],
    /// Whether the file name in the repository starts with a hash (consistent snapshots).
    pub consistent: bool,
}

/// Why bytes were not accepted as a target.
#[derive(Debug)]
pub enum CheckError {
    /// The bytes could not be read.
    Read(std::io::Error),
    /// The bytes are not the target.
    Verdict(picotuf::Error),
}

/// Checks that the bytes of `reader` are the target.
///
/// # Errors
/// [`CheckError::Verdict`] if they are not.
pub fn check(target: &Target, reader: &mut impl Read) -> Result<(), CheckError> {
    let mut verifier = TargetVerifier::new(target);
    // One byte more shows that a file is too long.
    let length = usize::try_from(target.length).unwrap_or(usize::MAX).saturating_add(1);
    let mut buffer = vec![0; length.min(64 * 1024)];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return verifier.finish().map_err(CheckError::Verdict),
            Ok(count) => verifier.update(&buffer[..count]).map_err(CheckError::Verdict)?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CheckError::Read(error)),
        }
    }
}

/// Returns whether the local file is the target.
pub fn is_here(target: &Target, local: &Path) -> Result<bool, Error> {
    let metadata = match fs::symlink_metadata(local) {
        Ok(metadata) => metadata,
        // If something is in the way, writing the target reports it.
        Err(_) => return Ok(false),
    };
    if metadata.is_dir() {
        let text = "a folder is in the place of the target's file";
        return Err(Error::new(Code::UnsafeTargetPath, text).file(local.display()));
    }
    if !metadata.is_file() || metadata.len() != target.length {
        return Ok(false);
    }
    let Ok(mut file) = File::open(local) else {
        return Ok(false);
    };
    match check(target, &mut file) {
        Ok(()) => Ok(true),
        Err(CheckError::Verdict(_)) => Ok(false),
        Err(CheckError::Read(error)) => Err(Error::io("read the file", local, &error)),
    }
}

/// Downloads a file by the first of its percent-encoded names that exists. Each attempt starts with
/// the value of `begin`; `take` adds bytes to it, at most `max_length`; `finish` accepts or refuses
/// it.
pub fn first_there<'b, A: Send, T>(
    base: &'b Base,
    names: impl IntoIterator<Item = String>,
    max_length: u64,
    fetch: &dyn Fetch,
    mut begin: impl FnMut() -> Result<A, Error>,
    mut take: impl FnMut(&mut A, &[u8]) -> Result<(), Error> + Send,
    finish: impl Fn(A) -> Result<T, Error>,
) -> Result<Option<(T, Location<'b>)>, Error> {
    for name in names {
        let file = base.file(name);
        let about =
            |error: Error| if error.detail().file.is_some() { error } else { error.file(&file) };
        let mut attempt = begin()?;
        let found = fetch_one(fetch, &file, max_length.saturating_add(1), &mut |bytes| {
            take(&mut attempt, bytes)
        });
        if found.map_err(about)? == Found::Yes {
            return Ok(Some((finish(attempt).map_err(about)?, file)));
        }
    }
    Ok(None)
}

/// Downloads targets from one mirror at the same time, each to a temporary file in its folder.
/// Returns `None` for each target that fails: [`TargetFile::receive`] then reports the error or
/// asks other mirrors. `goes_on` says whether to download the others after such a result.
pub fn receive_all(
    wanted: &[(TargetFile<'_>, &Path)],
    base: &Base,
    fetch: &dyn Fetch,
    goes_on: impl Fn(&Result<Found, Error>) -> bool,
) -> Result<Vec<Option<(NamedTempFile, String)>>, Error> {
    struct Transfer<'b> {
        place: usize,
        file: Location<'b>,
        length: u64,
        incoming: Mutex<(NamedTempFile, TargetVerifier)>,
    }
    let mut transfers = Vec::new();
    for (place, (one, folder)) in wanted.iter().enumerate() {
        if let Some(name) = one.first_url_name() {
            let incoming = (store::temporary(folder)?, TargetVerifier::new(one.target));
            let (file, length) = (base.file(name), one.target.length);
            transfers.push(Transfer { place, file, length, incoming: Mutex::new(incoming) });
        }
    }
    let mut sinks: Vec<_> = transfers
        .iter()
        .map(|transfer| {
            |bytes: &[u8]| {
                let mut incoming = transfer.incoming.lock().unwrap_or_else(PoisonError::into_inner);
                let (file, verifier) = &mut *incoming;
                verifier.update(bytes)?;
                file.write_all(bytes)
                    .map_err(|error| Error::io("write the file", file.path(), &error))
            }
        })
        .collect();
    let requests = transfers.iter().zip(&mut sinks).map(|(transfer, sink)| Request {
        file: &transfer.file,
        max_length: transfer.length.saturating_add(1),
        accept: None,
        sink,
    });
    let mut is_there = vec![false; transfers.len()];
    fetch.fetch(requests.collect(), &mut |number, found| {
        is_there[number] = matches!(found, Ok(Found::Yes));
        if goes_on(&found) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    drop(sinks);
    let mut received: Vec<_> = wanted.iter().map(|_| None).collect();
    for (transfer, is_there) in transfers.into_iter().zip(is_there) {
        let (incoming, verifier) =
            transfer.incoming.into_inner().unwrap_or_else(PoisonError::into_inner);
        if is_there && verifier.finish().is_ok() {
            received[transfer.place] = Some((incoming, transfer.file.to_string()));
        }
    }
    Ok(received)
}

impl TargetFile<'_> {
    /// Downloads the target to `local`, whose folder exists, from the first mirror that has it.
    /// Returns its URL. A file that does not verify is deleted.
    pub fn fetch(
        &self,
        mirrors: &Mirrors,
        fetch: &dyn Fetch,
        local: &Path,
    ) -> Result<String, Error> {
        let (incoming, url) =
            self.receive(mirrors, fetch, local.parent().unwrap_or(Path::new(".")))?;
        store::persist(incoming, local)?;
        Ok(url)
    }

    /// Downloads the target to a temporary file in `folder`.
    pub fn receive(
        &self,
        mirrors: &Mirrors,
        fetch: &dyn Fetch,
        folder: &Path,
    ) -> Result<(NamedTempFile, String), Error> {
        mirrors.ask(|base| self.receive_from(base, fetch, folder))
    }

    /// Downloads the target into memory.
    pub fn bytes(&self, mirrors: &Mirrors, fetch: &dyn Fetch) -> Result<Vec<u8>, Error> {
        let take = |bytes: &mut Vec<u8>, piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let (bytes, _) =
            mirrors.ask(|base| self.receive_to(base, fetch, || Ok(Vec::new()), take))?;
        Ok(bytes)
    }

    fn receive_from(
        &self,
        base: &Base,
        fetch: &dyn Fetch,
        folder: &Path,
    ) -> Result<(NamedTempFile, String), Error> {
        self.receive_to(
            base,
            fetch,
            || store::temporary(folder),
            |incoming, bytes| {
                let written = incoming.write_all(bytes);
                written.map_err(|error| Error::io("write the file", incoming.path(), &error))
            },
        )
    }

    /// Downloads the target from one mirror. Each attempt starts with the value of `place`, to
    /// which `take` adds bytes.
    fn receive_to<T: Send>(
        &self,
        base: &Base,
        fetch: &dyn Fetch,
        mut place: impl FnMut() -> Result<T, Error>,
        mut take: impl FnMut(&mut T, &[u8]) -> Result<(), Error> + Send,
    ) -> Result<(T, String), Error> {
        let about =
            |error: Error| error.target(self.path).delegation_path(self.delegation_path.to_vec());
        let names = self.url_names().map_err(about)?;
        let first = names.first().cloned().unwrap_or_default();
        let received = first_there(
            base,
            names,
            self.target.length,
            fetch,
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
            Error::new(Code::MissingTarget, "the target is listed, but its file is missing")
                .file(base.file(first))
                .hint("check --target-base-url; --no-hash-prefix requests the name without a hash"),
        ))
    }

    /// Returns the file name in the first URL to try, or `None` if the path cannot be used in a
    /// URL.
    pub(crate) fn first_url_name(&self) -> Option<String> {
        self.url_names().ok()?.into_iter().next()
    }

    /// Returns the possible file names in a URL.
    fn url_names(&self) -> Result<Vec<String>, Error> {
        let url = |name: target_path::TargetFileName<'_>| {
            let mut text = String::new();
            let written = name.url(&mut |piece| text.push_str(piece));
            let text_of = |reason| format!("the path cannot be used in a URL: {reason}");
            written.map_err(|reason| Error::new(Code::UnsafeTargetPath, text_of(reason)))?;
            Ok(text)
        };
        target_path::file_names(self.path, &self.target.hashes, self.consistent).map(url).collect()
    }

    /// Returns the possible file names.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        target_path::file_names(self.path, &self.target.hashes, self.consistent)
            .map(|name| name.to_string())
    }
}
