//! Passes files to the core: as a stream, through a window, or to keep them.

use picotuf::{Error as CoreError, IoStream, Slice, Verified, Window};

use super::{Bounded, Bytes, Client, WINDOW, whole};
use crate::error::Error;

/// Why a file could not be supplied.
pub(super) enum Supply {
    /// The core refused the file.
    Refused(CoreError),
    /// The host could not read the file.
    Host(Error),
}

impl From<CoreError> for Supply {
    fn from(error: CoreError) -> Self {
        Supply::Refused(error)
    }
}

impl From<Error> for Supply {
    fn from(error: Error) -> Self {
        Supply::Host(error)
    }
}

/// Answers a request with a file that the session keeps, so that a second target costs little.
pub(super) fn keep<R>(
    update: &mut Client<'_>,
    bytes: Bytes,
    max_length: u64,
    report: impl FnOnce(Verified<'_>) -> R,
) -> Result<Option<R>, Supply> {
    let bytes = whole(&mut bytes.into_seekable(), max_length)?;
    Ok(update.keep(bytes)?.map(report))
}

/// Answers a request through a window, so that a large file needs no memory. A file with unsorted
/// objects is read into memory instead.
pub(super) fn supply<R>(
    update: &mut Client<'_>,
    bytes: Bytes,
    max_length: u64,
    report: impl FnOnce(Verified<'_>) -> R,
) -> Result<Option<R>, Supply> {
    let mut file = match bytes {
        Bytes::Memory(bytes) => return Ok(update.supply(&mut Slice::new(&bytes))?.map(report)),
        Bytes::File(file) => file,
    };
    let mut buffer = vec![0; WINDOW];
    let stream = Bounded::new(&mut file, max_length)?;
    let mut window = Window::new(IoStream(stream), &mut buffer);
    match update.supply(&mut window) {
        Err(CoreError::StreamUnsorted { .. }) => {
            let bytes = whole(&mut file, max_length)?;
            Ok(update.supply(&mut Slice::new(&bytes))?.map(report))
        }
        Err(error) => Err(failed(error, [window.take_error()])),
        Ok(verified) => Ok(verified.map(report)),
    }
}

/// Answers the step that compares the downloaded snapshot with the stored one.
pub(crate) fn compare<R>(
    update: &mut Client<'_>,
    fetched: Bytes,
    stored: Bytes,
    report: impl FnOnce(Verified<'_>) -> R,
) -> Result<Option<R>, Supply> {
    let (mut fetched, mut stored) = (fetched.into_seekable(), stored.into_seekable());
    let (mut first, mut second) = (vec![0; WINDOW], vec![0; WINDOW]);
    let mut new = Window::new(IoStream(&mut fetched), &mut first);
    let mut old = Window::new(IoStream(&mut stored), &mut second);
    match update.compare(&mut new, &mut old) {
        Err(CoreError::StreamUnsorted { .. }) => {
            let first = whole(&mut fetched, u64::MAX)?;
            let second = whole(&mut stored, u64::MAX)?;
            let verified = update.compare(&mut Slice::new(&first), &mut Slice::new(&second))?;
            Ok(verified.map(report))
        }
        Err(error) => Err(failed(error, [new.take_error(), old.take_error()])),
        Ok(verified) => Ok(verified.map(report)),
    }
}

/// Returns the cause of a failure: the first read error of the streams, or the error of the core.
fn failed<const N: usize>(error: CoreError, streams: [Option<std::io::Error>; N]) -> Supply {
    match streams.into_iter().flatten().next() {
        Some(error) => super::unreadable(&error).into(),
        None => error.into(),
    }
}
