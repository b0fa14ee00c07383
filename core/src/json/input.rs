//! The Reader's lowest level: bytes, single tokens, and their way into the sink.

use sha2::{Digest, Sha256};

use heapless::Vec;

use super::Sink;
use crate::error::Error;
use crate::limits::STRING_LENGTH_MAX;
use crate::source::Source;

/// A window of a source. The first `held` bytes of it have been read but not consumed: they are a run of input that is
/// in canonical form as it stands, and goes to the sink in one piece.
pub(super) struct Input<'r, S, K> {
    pub(super) source: &'r mut S,
    sink: &'r mut K,
    /// A string that does not lie in the window in one piece, or the object that is being captured.
    pub(super) text: &'r mut Vec<u8, STRING_LENGTH_MAX>,
    consumed: u64,
    pub(super) held: usize,
    armed: bool,
    capture: Capture,
    /// Takes the bytes as they stand in the file.
    tap: Option<Sha256>,
}

#[derive(Clone, Copy, PartialEq)]
enum Capture {
    Off,
    Fits,
    TooLong,
}

impl<'r, S: Source, K: Sink> Input<'r, S, K> {
    pub(super) fn new(source: &'r mut S, sink: &'r mut K, text: &'r mut Vec<u8, STRING_LENGTH_MAX>) -> Self {
        Input { source, sink, text, consumed: 0, held: 0, armed: false, capture: Capture::Off, tap: None }
    }

    pub(super) fn position(&self) -> u64 {
        self.consumed.saturating_add(u64::try_from(self.held).unwrap_or(u64::MAX))
    }

    pub(super) fn sink(&mut self) -> &mut K {
        self.sink
    }

    pub(super) fn is_stream(&self) -> bool {
        self.source.whole().is_none()
    }

    pub(super) fn arm(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.armed = true;
        Ok(())
    }

    pub(super) fn disarm(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.armed = false;
        Ok(())
    }

    /// From here on, the canonical form is kept in `text` too.
    pub(super) fn start_capture(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.text.clear();
        self.capture = Capture::Fits;
        Ok(())
    }

    /// What came since [`Input::start_capture`], or nothing if it was too long.
    pub(super) fn stop_capture(&mut self) -> Result<Option<&[u8]>, Error> {
        self.flush()?;
        let fits = self.capture == Capture::Fits;
        self.capture = Capture::Off;
        Ok(fits.then_some(self.text.as_slice()))
    }

    /// From here on, the bytes as they stand are hashed.
    pub(super) fn start_tap(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.tap = Some(Sha256::new());
        Ok(())
    }

    /// The SHA-256 of what came since [`Input::start_tap`].
    pub(super) fn stop_tap(&mut self) -> Result<[u8; 32], Error> {
        self.flush()?;
        Ok(self.tap.take().unwrap_or_default().finalize().into())
    }

    /// The next byte, not taken yet; nothing at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Error> {
        if let Some(byte) = self.source.fill()?.get(self.held) {
            return Ok(Some(*byte));
        }
        self.flush()?;
        Ok(self.source.fill()?.first().copied())
    }

    /// Takes the byte that [`Input::peek`] showed.
    #[inline]
    pub(super) fn bump(&mut self) {
        self.held = self.held.saturating_add(1);
    }

    /// Goes over white space, which is no part of the canonical form.
    #[inline]
    pub(super) fn space(&mut self) -> Result<(), Error> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek()? {
            self.flush()?;
            let count = self.source.fill()?.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
            self.drop_front(count)?;
        }
        Ok(())
    }

    /// Goes over `true`, `false` or `null`.
    pub(super) fn literal(&mut self) -> Result<(), Error> {
        let position = self.position();
        let rest: &[u8] = match self.peek()? {
            Some(b't') => b"true",
            Some(b'f') => b"false",
            _ => b"null",
        };
        for expected in rest {
            if self.peek()? != Some(*expected) {
                return Err(Error::InvalidJson { position });
            }
            self.bump();
        }
        Ok(())
    }

    /// Goes over an integer from `i64::MIN` to `u64::MAX`: whether it is negative, and its magnitude.
    pub(super) fn number(&mut self) -> Result<(bool, u64), Error> {
        let error = Error::InvalidNumber { position: self.position() };
        let negative = self.peek()? == Some(b'-');
        if negative {
            self.bump();
        }
        let mut magnitude: Option<u64> = None;
        while let Some(byte @ (b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) = self.peek()? {
            let digit = match byte {
                b'0'..=b'9' => u64::from(byte & 0x0f),
                _ => return Err(error),
            };
            magnitude = match magnitude {
                None => Some(digit),
                Some(0) => return Err(error),
                Some(before) => Some(before.checked_mul(10).and_then(|tens| tens.checked_add(digit)).ok_or(error)?),
            };
            self.bump();
        }
        let magnitude = magnitude.ok_or(error)?;
        if negative && (magnitude == 0 || magnitude > i64::MIN.unsigned_abs()) { Err(error) } else { Ok((negative, magnitude)) }
    }

    /// Gives the held bytes to whoever wants them, and consumes them.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if self.held > 0 {
            let run = self.source.fill()?.get(..self.held).unwrap_or_default();
            if self.armed {
                self.sink.write(run);
            }
            if self.capture == Capture::Fits && self.text.extend_from_slice(run).is_err() {
                self.capture = Capture::TooLong;
            }
            if let Some(tap) = &mut self.tap {
                tap.update(run);
            }
            self.source.consume(self.held);
            self.consumed = self.position();
            self.held = 0;
        }
        Ok(())
    }

    /// Consumes bytes at the front of the window that are not in canonical form; nothing may be held.
    pub(super) fn drop_front(&mut self, count: usize) -> Result<(), Error> {
        if let Some(tap) = &mut self.tap {
            tap.update(self.source.fill()?.get(..count).unwrap_or_default());
        }
        self.source.consume(count);
        self.consumed = self.consumed.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Gives the canonical form of what was dropped.
    pub(super) fn emit(&mut self, canonical: &[u8]) {
        if self.armed {
            self.sink.write(canonical);
        }
        if self.capture == Capture::Fits && self.text.extend_from_slice(canonical).is_err() {
            self.capture = Capture::TooLong;
        }
    }

    /// The window from the byte that [`Input::peek`] shows.
    pub(super) fn ahead(&mut self) -> Result<&[u8], Error> {
        Ok(self.source.fill()?.get(self.held..).unwrap_or_default())
    }

    /// Takes `count` bytes, which are in canonical form, from the front of [`Input::ahead`].
    pub(super) fn hold(&mut self, count: usize) {
        self.held = self.held.saturating_add(count);
    }
}
