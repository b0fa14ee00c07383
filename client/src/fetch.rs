//! How a client gets files: the one thing that a host brings.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::local;
use crate::location::{Base, Location};

/// Whether a file was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was, and its bytes went to the sink.
    Yes,
    /// It was not: HTTP status 404 or 403, or no such file in a folder (spec §5.3.3).
    No,
}

/// A function that receives the bytes of a file in pieces. An error ends the transfer.
pub type Sink<'s> = dyn FnMut(&[u8]) -> Result<(), Error> + Send + 's;

/// A request for one file.
pub struct Request<'r> {
    /// Which file.
    pub file: &'r Location<'r>,
    /// How many bytes the sink takes at the most. A caller that wants to see that a file is longer
    /// than `n` asks for `n + 1`.
    pub max_length: u64,
    /// The media type to ask for, such as [`SIMPLE_JSON`]; nothing for files of a TUF repository.
    /// A server that is asked for one is an index: its status 403 is an error, and not the answer
    /// of a storage service to what does not exist.
    pub accept: Option<&'static str>,
    /// Takes the bytes. Those that came before an error are of no use.
    pub sink: &'r mut Sink<'r>,
}

/// The media type of an index page in JSON (PEP 691).
pub const SIMPLE_JSON: &str = "application/vnd.pypi.simple.v1+json";

/// The media type of a provenance document (PEP 740).
pub const PROVENANCE_JSON: &str = "application/vnd.pypi.integrity.v1+json";

/// A source of the files of a repository, such as an HTTP client.
///
/// An implementation decides how many transfers run at a time. It follows redirects, applies its
/// own time-outs, and decides which server gets which credentials. It verifies nothing. Files of a
/// [`Base::Folder`] are what [`read_folder`] gives.
pub trait Fetch: Sync {
    /// Fetches the files, and calls `finished` on the calling thread for each as it finishes, in
    /// any order, with its place in `requests`. After a [`ControlFlow::Break`], no other request is
    /// begun, those under way are given up, and `finished` is not called again.
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    );
}

/// Fetches one file.
///
/// # Errors
/// Those of the implementation, and those of `sink`.
pub fn fetch_one(
    fetch: &dyn Fetch,
    file: &Location<'_>,
    max_length: u64,
    sink: &mut Sink<'_>,
) -> Result<Found, Error> {
    let mut result = Err(Error::from(picotuf::Error::SourceFailed));
    fetch.fetch(
        vec![Request { file, max_length, accept: None, sink: &mut |bytes| sink(bytes) }],
        &mut |_, one| {
            result = one;
            ControlFlow::Continue(())
        },
    );
    result
}

/// A function that receives the position of a request and the bytes of the file, or `None` if there
/// is no such file.
pub type Received<'f> = dyn FnMut(usize, Result<Option<Vec<u8>>, Error>) -> ControlFlow<()> + 'f;

/// Fetches files into memory, each up to its maximum length. Of a longer file it passes on one byte
/// more. Calls `finished` as [`Fetch::fetch`] does, with `None` for a file that does not exist.
pub fn fetch_all(fetch: &dyn Fetch, files: &[(Location<'_>, u64)], finished: &mut Received<'_>) {
    fetch_all_as(fetch, None, files, finished);
}

/// Fetches files like [`fetch_all`], with an HTTP `Accept` header for this media type.
pub fn fetch_all_as(
    fetch: &dyn Fetch,
    accept: Option<&'static str>,
    files: &[(Location<'_>, u64)],
    finished: &mut Received<'_>,
) {
    let buffers: Vec<Mutex<Vec<u8>>> = files.iter().map(|_| Mutex::default()).collect();
    let buffer = |place: usize| {
        let buffer: &Mutex<Vec<u8>> = &buffers[place];
        buffer.lock().unwrap_or_else(PoisonError::into_inner)
    };
    let mut sinks: Vec<_> = (0..files.len())
        .map(|place| {
            move |bytes: &[u8]| {
                buffer(place).extend_from_slice(bytes);
                Ok(())
            }
        })
        .collect();
    let requests = files.iter().zip(&mut sinks).map(|((file, max_length), sink)| Request {
        file,
        max_length: max_length.saturating_add(1),
        accept,
        sink,
    });
    fetch.fetch(requests.collect(), &mut |place, found| {
        let bytes =
            found.map(|found| (found == Found::Yes).then(|| std::mem::take(&mut *buffer(place))));
        finished(place, bytes)
    });
}

/// Passes at most `max_length` bytes of a file in a folder to `sink`.
///
/// A web server decodes the name that it is asked for, so the file with the decoded name is looked
/// for first, and then the file with the name as it stands, as some tools write it.
///
/// # Errors
/// [`Code::NoRepository`](crate::Code::NoRepository) if there is no folder;
/// [`Code::Io`](crate::Code::Io), blamed on the transport, where the file cannot be read; those of
/// `sink`.
pub fn read_folder(
    folder: &std::path::Path,
    name: &str,
    max_length: u64,
    sink: &mut Sink<'_>,
) -> Result<Found, Error> {
    local::read(folder, name, max_length, sink)
}

/// Answers a request for a file in a folder. Implementations of [`Fetch`] call it if
/// [`Location::url`] returns `None`.
///
/// # Errors
/// As [`read_folder`]; wrong usage for a file that is not in a folder.
pub fn fetch_folder(request: Request<'_>) -> Result<Found, Error> {
    let Request { file, max_length, sink, .. } = request;
    match file.base() {
        Base::Folder(folder) => read_folder(folder, file.name(), max_length, sink),
        Base::Http(_) => Err(Error::usage("this build reads repositories from folders only")
            .file(file)
            .hint("give the path of a folder")),
    }
}

/// A [`Fetch`] for repositories in local folders only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Folders;

impl Fetch for Folders {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        for (place, request) in requests.into_iter().enumerate() {
            if finished(place, fetch_folder(request)).is_break() {
                return;
            }
        }
    }
}
