//! How the core is given files: in passing, through a window, or to be held.

use picotuf::{
    Error as CoreError, Files, Held, IoStream, NotHeld, Slice, Update, Verified, Window,
};

use super::{Bounded, Bytes, WINDOW, whole};
use crate::error::Error;

/// What went wrong.
pub enum Supply {
    /// The core refused the file.
    Refused(CoreError),
    /// It could not be read.
    Host(Error),
}

/// What a session does with the files that the core asks for.
pub trait Feed: Files {
    /// Answers a step that asks for a file.
    fn supply<R>(
        update: &mut Update<'_, Self>,
        bytes: Bytes,
        max_length: u64,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply>;

    /// Answers a step that asks for the fetched snapshot and the stored one.
    fn compare<R>(
        update: &mut Update<'_, Self>,
        fetched: Bytes,
        stored: Bytes,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply>;
}

/// Through a window, so that a large file costs no memory, unless it is in an order that only a
/// slice allows.
impl Feed for NotHeld {
    fn supply<R>(
        update: &mut Update<'_, Self>,
        bytes: Bytes,
        max_length: u64,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply> {
        let mut file = match bytes {
            Bytes::Memory(bytes) => {
                let verified = update.supply(&mut Slice::new(&bytes)).map_err(Supply::Refused)?;
                return Ok(verified.map(report));
            }
            Bytes::File(file) => file,
        };
        let mut buffer = vec![0; WINDOW];
        let stream = Bounded::new(&mut file, max_length).map_err(Supply::Host)?;
        match update.supply(&mut Window::new(IoStream(stream), &mut buffer)) {
            Err(CoreError::StreamUnsorted { .. }) => {
                let bytes = whole(&mut file, max_length).map_err(Supply::Host)?;
                update.supply(&mut Slice::new(&bytes)).map(|verified| verified.map(report))
            }
            result => result.map(|verified| verified.map(report)),
        }
        .map_err(Supply::Refused)
    }

    fn compare<R>(
        update: &mut Update<'_, Self>,
        fetched: Bytes,
        stored: Bytes,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply> {
        let verified = match (fetched, stored) {
            (Bytes::Memory(fetched), Bytes::Memory(stored)) => {
                update.compare(&mut Slice::new(&fetched), &mut Slice::new(&stored))
            }
            (fetched, stored) => {
                let (mut fetched, mut stored) = (fetched.into_seekable(), stored.into_seekable());
                let (mut first, mut second) = (vec![0; WINDOW], vec![0; WINDOW]);
                let streamed = update.compare(
                    &mut Window::new(IoStream(&mut fetched), &mut first),
                    &mut Window::new(IoStream(&mut stored), &mut second),
                );
                match streamed {
                    Err(CoreError::StreamUnsorted { .. }) => {
                        let first = whole(&mut fetched, u64::MAX).map_err(Supply::Host)?;
                        let second = whole(&mut stored, u64::MAX).map_err(Supply::Host)?;
                        update.compare(&mut Slice::new(&first), &mut Slice::new(&second))
                    }
                    result => result,
                }
            }
        };
        verified.map(|verified| verified.map(report)).map_err(Supply::Refused)
    }
}

/// As a whole, once: a second target then costs little. The core holds eight targets roles at most.
impl Feed for Held<Vec<u8>> {
    fn supply<R>(
        update: &mut Update<'_, Self>,
        bytes: Bytes,
        max_length: u64,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply> {
        let bytes = whole(&mut bytes.into_seekable(), max_length).map_err(Supply::Host)?;
        let verified = update.supply_held(bytes).map_err(Supply::Refused)?;
        Ok(verified.map(report))
    }

    fn compare<R>(
        update: &mut Update<'_, Self>,
        _fetched: Bytes,
        _stored: Bytes,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply> {
        let verified = update.compare_held().map_err(Supply::Refused)?;
        Ok(verified.map(report))
    }
}
