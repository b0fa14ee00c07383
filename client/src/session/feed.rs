//! How the core is given files: in passing, through a window, or to be kept.

use picotuf::{Error as CoreError, IoStream, Slice, Verified, Window};

use super::{Bounded, Bytes, Client, WINDOW, whole};
use crate::error::Error;

/// What went wrong.
pub(super) enum Supply {
    /// The core refused the file.
    Refused(CoreError),
    /// It could not be read.
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

/// Answers a step that asks for a file, with a file that the session keeps: a second target then
/// costs little.
pub(super) fn keep<R>(
    update: &mut Client<'_>,
    bytes: Bytes,
    max_length: u64,
    report: impl FnOnce(Verified<'_>) -> R,
) -> Result<Option<R>, Supply> {
    let bytes = whole(&mut bytes.into_seekable(), max_length)?;
    Ok(update.keep(bytes)?.map(report))
}

/// Answers a step that asks for a file: through a window, so that a large file costs no memory,
/// unless it is in an order that only a slice allows.
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

/// Answers a step that asks for the fetched snapshot and the stored one.
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

/// What went wrong with files that were read through windows, which gave these errors.
fn failed<const N: usize>(error: CoreError, streams: [Option<std::io::Error>; N]) -> Supply {
    match streams.into_iter().flatten().next() {
        Some(error) => super::unreadable(&error).into(),
        None => error.into(),
    }
}
