//! The Reader's lowest level: bytes, single tokens, and their way into the sink.

use sha2::{Digest, Sha256};

use heapless::Vec;

use super::plain::BY_EIGHTS;
use super::shape::{Entry, Fields, Shape};
use super::{Failed, FailureSlot, OpenNames, Sink};
use crate::SMALL;
use crate::error::Error;
use crate::hash::{finish_sha256, sha256};
use crate::limits::KEY_LENGTH_MAX;
use crate::source::Source;
use crate::work::{Counter, count};

/// A place in a source's window, far from overflowing. What lies between `run` and `at` has been
/// read and is in canonical form as it stands: it goes to the sink in one piece, once something
/// stands there that is not.
pub(super) struct Input<'r, S, K> {
    source: &'r mut S,
    sink: Option<&'r mut K>,
    /// A string that does not lie in the window in one piece.
    pub(super) text: &'r mut Vec<u8, KEY_LENGTH_MAX>,
    /// How many bytes were in the windows before this one.
    passed: u64,
    run: usize,
    at: usize,
    armed: bool,
    /// Takes the bytes of a stream as they stand in the file.
    tap: Option<Tap>,
    /// Why reading stopped.
    failure: &'r mut FailureSlot,
}

/// What becomes of the bytes of a stream besides being read.
enum Tap {
    Hash(Sha256),
    /// They are copied, up to so many.
    #[cfg(feature = "identities")]
    Copy {
        bytes: alloc::vec::Vec<u8>,
        most: usize,
    },
}

impl Tap {
    fn update(&mut self, piece: &[u8]) {
        match self {
            Tap::Hash(hash) => {
                count(Counter::Hashed, piece.len());
                hash.update(piece);
            }
            #[cfg(feature = "identities")]
            Tap::Copy { bytes, most } => {
                let room = most.saturating_sub(bytes.len()).min(piece.len());
                bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
            }
        }
    }
}

impl<'r, S: Source, K: Sink> Input<'r, S, K> {
    pub(super) fn new(
        source: &'r mut S,
        sink: Option<&'r mut K>,
        text: &'r mut Vec<u8, KEY_LENGTH_MAX>,
        failure: &'r mut FailureSlot,
    ) -> Self {
        Input { source, sink, text, passed: 0, run: 0, at: 0, armed: false, tap: None, failure }
    }

    /// Counts positions on from there, as the source begins in the middle of a file.
    pub(super) fn begin_at(&mut self, position: u64) {
        self.passed = position;
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn position(&self) -> u64 {
        position(self.passed, self.at)
    }

    #[cold]
    pub(super) fn fail(&mut self, error: Error) -> Failed {
        self.failure.set(error)
    }

    /// [`Input::fail`] with an error that says where.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_at(&mut self, position: u64, error: fn(u64) -> Error) -> Failed {
        self.fail(error(position))
    }

    /// Why reading stopped.
    pub(super) fn error(&self) -> Error {
        self.failure.error()
    }

    /// The file ends here, within the document.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_at_end(&mut self) -> Failed {
        self.fail_at(self.position(), |position| Error::UnexpectedEnd { position })
    }

    /// What stands here is not JSON.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_as_json(&mut self) -> Failed {
        self.fail_at(self.position(), |position| Error::InvalidJson { position })
    }

    pub(super) fn sink(&mut self) -> Option<&mut K> {
        self.sink.as_deref_mut()
    }

    pub(super) fn is_stream(&self) -> bool {
        self.source.whole().is_none()
    }

    pub(super) fn arm(&mut self) {
        self.flush();
        self.armed = true;
    }

    pub(super) fn disarm(&mut self) {
        self.flush();
        self.armed = false;
    }

    /// From here on, the bytes of a stream are hashed as they stand.
    pub(super) fn start_tap(&mut self) {
        if self.is_stream() {
            self.flush();
            self.tap = Some(Tap::Hash(Sha256::new()));
        }
    }

    /// Returns the SHA-256 of what came since [`Input::start_tap`], which was at that position.
    pub(super) fn stop_tap(&mut self, position: u64) -> [u8; 32] {
        if !self.is_stream() {
            return sha256(self.since(position).unwrap_or_default());
        }
        self.flush();
        match self.tap.take() {
            Some(Tap::Hash(hash)) => finish_sha256(hash),
            _ => [0; 32],
        }
    }

    /// From here on, the bytes of a stream are copied as they stand, up to one more than `maximum`.
    #[cfg(feature = "identities")]
    pub(super) fn start_copy(&mut self, maximum: usize) {
        if self.is_stream() {
            self.flush();
            let most = maximum.saturating_add(1);
            self.tap = Some(Tap::Copy { bytes: alloc::vec::Vec::new(), most });
        }
    }

    /// Puts into `bytes` what came since [`Input::start_copy`], which was at that position; nothing
    /// where it is longer than `maximum`.
    #[cfg(feature = "identities")]
    pub(super) fn stop_copy(
        &mut self,
        position: u64,
        maximum: usize,
        bytes: &mut alloc::vec::Vec<u8>,
    ) {
        bytes.clear();
        if !self.is_stream() {
            let whole = self.since(position).filter(|whole| whole.len() <= maximum);
            bytes.extend_from_slice(whole.unwrap_or_default());
            return;
        }
        self.flush();
        if let Some(Tap::Copy { bytes: copied, .. }) = self.tap.take()
            && copied.len() <= maximum
        {
            *bytes = copied;
        }
    }

    /// Returns what has been read since `position`, if it is in the window.
    pub(super) fn since(&self, position: u64) -> Option<&[u8]> {
        let start = usize::try_from(position.checked_sub(self.passed)?).ok()?;
        self.source.window().get(start..self.at)
    }

    /// Goes over entries of that shape which lie in the window, as long as `skim` takes them. In an
    /// object, their names, of which the last one read stands in `last` from a place on, must be in
    /// order.
    #[inline]
    pub(super) fn skim(
        &mut self,
        shape: &mut Shape,
        last: Option<(&mut OpenNames, usize)>,
        mut skim: impl FnMut(&Entry<'_, '_>) -> bool,
    ) {
        let canonical = shape.is_canonical;
        if !canonical {
            self.flush();
        }
        let window = self.source.window();
        let mut rest = window.get(self.at..).unwrap_or_default();
        let (mut fields, mut name) = (Fields::new(), None);
        while let Some(length) = shape.fit(rest, &mut fields) {
            let entry =
                shape.entry(&fields, position(self.passed, window.len().wrapping_sub(rest.len())));
            if let Some((names, start)) = &last {
                let before = name.unwrap_or_else(|| names.get(*start..).unwrap_or_default());
                if entry.name() <= before {
                    break;
                }
            }
            if !skim(&entry) {
                break;
            }
            count(Counter::Tokens, 1);
            name = Some(entry.name());
            if let (true, false, Some(sink)) = (self.armed, canonical, &mut self.sink) {
                shape.write(&fields, *sink);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        let Some(name) = name else {
            return;
        };
        let at = window.len().wrapping_sub(rest.len());
        count(Counter::Read, at.wrapping_sub(self.at));
        self.at = at;
        if !canonical {
            self.run = self.at;
        }
        if let Some((names, start)) = last {
            names.truncate(start);
            // There is room: a field is shorter than a name may be.
            let _ = names.extend_from_slice(name);
        }
        shape.confirm();
    }

    /// Returns the next byte, not taken yet; nothing at the end.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Failed> {
        if SMALL {
            return self.peek_as_code().next();
        }
        match self.source.window().get(self.at) {
            Some(byte) => Ok(Some(*byte)),
            None => self.peek_further(),
        }
    }

    #[inline(never)]
    fn peek_as_code(&mut self) -> Code {
        match self.source.window().get(self.at) {
            Some(byte) => Code::of(Ok(Some(*byte))),
            None => Code::of(self.peek_further()),
        }
    }

    #[cold]
    fn peek_further(&mut self) -> Result<Option<u8>, Failed> {
        self.flush();
        let passed = self.position();
        match self.source.advance() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(self.fail(error)),
        }
        (self.passed, self.run, self.at) = (passed, 0, 0);
        Ok(self.source.window().first().copied())
    }

    /// Returns the window from the byte that [`Input::peek`] shows.
    #[inline]
    pub(super) fn ahead(&self) -> &[u8] {
        self.source.window().get(self.at..).unwrap_or_default()
    }

    /// [`Input::ahead`], while `text` is lent too.
    #[inline]
    pub(super) fn ahead_and_text(&mut self) -> (&[u8], &mut Vec<u8, KEY_LENGTH_MAX>) {
        (self.source.window().get(self.at..).unwrap_or_default(), self.text)
    }

    /// Takes bytes that are in canonical form.
    #[inline]
    pub(super) fn take(&mut self, length: usize) {
        count(Counter::Read, length);
        self.at = self.at.wrapping_add(length);
    }

    /// Takes bytes that are not in canonical form: the sink is to get something else, or nothing.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn drop(&mut self, length: usize) {
        self.flush();
        count(Counter::Read, length);
        if let (None, Some(tap)) = (self.source.whole(), &mut self.tap) {
            let window = self.source.window();
            tap.update(window.get(self.at..self.at.wrapping_add(length)).unwrap_or_default());
        }
        self.at = self.at.wrapping_add(length);
        self.run = self.at;
    }

    /// Goes over white space, which is no part of the canonical form.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn space(&mut self) -> Result<(), Failed> {
        match self.source.window().get(self.at) {
            Some(byte) if *byte > b' ' => Ok(()),
            _ => self.drop_space(),
        }
    }

    #[inline(never)]
    fn drop_space(&mut self) -> Result<(), Failed> {
        loop {
            let length = space_length(self.ahead());
            if length > 0 {
                self.drop(length);
            }
            match self.peek()? {
                Some(b' ' | b'\n' | b'\t' | b'\r') => {}
                _ => return Ok(()),
            }
        }
    }

    /// Goes over `true`, `false` or `null`.
    pub(super) fn literal(&mut self) -> Result<(), Failed> {
        let position = self.position();
        let rest: &[u8] = match self.peek()? {
            Some(b't') => b"true",
            Some(b'f') => b"false",
            _ => b"null",
        };
        for expected in rest {
            if self.peek()? != Some(*expected) {
                return Err(self.fail_at(position, |position| Error::InvalidJson { position }));
            }
            self.take(1);
        }
        Ok(())
    }

    /// Goes over an integer from `i64::MIN` to `u64::MAX`: whether it is negative, and its
    /// magnitude.
    pub(super) fn number(&mut self) -> Result<(bool, u64), Failed> {
        let position = self.position();
        let error = |position| Error::InvalidNumber { position };
        let negative = self.peek()? == Some(b'-');
        if negative {
            self.take(1);
        }
        let mut magnitude: Option<u64> = None;
        while let Some(byte @ (b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) = self.peek()? {
            let digit = match byte {
                b'0'..=b'9' => u64::from(byte & 0x0f),
                _ => return Err(self.fail_at(position, error)),
            };
            let next = match magnitude {
                None => Some(digit),
                Some(0) => None,
                // Neither overflows; an overflow that is checked for takes a product of 128 bits.
                Some(before)
                    if before < LAST_TENS || (before == LAST_TENS && digit <= u64::MAX % 10) =>
                {
                    Some(before.wrapping_mul(10).wrapping_add(digit))
                }
                Some(_) => None,
            };
            if next.is_none() {
                return Err(self.fail_at(position, error));
            }
            magnitude = next;
            self.take(1);
        }
        match magnitude {
            Some(magnitude)
                if !negative || (magnitude != 0 && magnitude <= i64::MIN.unsigned_abs()) =>
            {
                Ok((negative, magnitude))
            }
            _ => Err(self.fail_at(position, error)),
        }
    }

    /// Gives the run to whoever wants it.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn flush(&mut self) {
        if self.run < self.at {
            let run = self.source.window().get(self.run..self.at).unwrap_or_default();
            if let (true, Some(sink)) = (self.armed, &mut self.sink) {
                sink.write(run);
            }
            if let (None, Some(tap)) = (self.source.whole(), &mut self.tap) {
                tap.update(run);
            }
            self.run = self.at;
        }
    }

    /// Gives the canonical form of what was dropped.
    pub(super) fn emit(&mut self, canonical: &[u8]) {
        if let (true, Some(sink)) = (self.armed, &mut self.sink) {
            sink.write(canonical);
        }
    }
}

/// A byte, none, or a stop, in one number: what takes two is handed over in memory, which takes
/// more code.
#[derive(Clone, Copy)]
pub(super) struct Code(u16);

impl Code {
    const NONE: u16 = 0x100;
    const STOP: u16 = 0x101;

    #[inline(always)]
    pub(super) fn of(next: Result<Option<u8>, Failed>) -> Self {
        Code(match next {
            Ok(Some(byte)) => u16::from(byte),
            Ok(None) => Self::NONE,
            Err(Failed) => Self::STOP,
        })
    }

    #[inline(always)]
    pub(super) fn next(self) -> Result<Option<u8>, Failed> {
        if self.0 == Self::STOP { Err(Failed) } else { Ok(u8::try_from(self.0).ok()) }
    }
}

/// What may stand before the last digit.
const LAST_TENS: u64 = u64::MAX / 10;

fn position(passed: u64, at: usize) -> u64 {
    passed.wrapping_add(u64::try_from(at).unwrap_or(u64::MAX))
}

/// Returns how many bytes at the front of `text` are white space: looked at by eights.
#[inline]
fn space_length(text: &[u8]) -> usize {
    let mut length = 0_usize;
    while let Some(word) = text.get(length..).and_then(<[u8]>::first_chunk).filter(|_| BY_EIGHTS) {
        let other = other_than_space(u64::from_le_bytes(*word));
        if other != 0 {
            return length.wrapping_add(
                usize::try_from(other.trailing_zeros().wrapping_shr(3)).unwrap_or(0),
            );
        }
        length = length.wrapping_add(8);
    }
    let rest = text.get(length..).unwrap_or_default();
    length.wrapping_add(
        rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count(),
    )
}

/// Sets the high bit of each byte that is not white space.
#[inline]
const fn other_than_space(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    /// Sets the high bit of each byte that differs; no byte carries into the next.
    const fn differs(word: u64, from: u64) -> u64 {
        let difference = word ^ from;
        (difference & LOW).wrapping_add(LOW) | difference
    }
    differs(word, ONES * 0x20)
        & differs(word, ONES * 0x0a)
        & differs(word, ONES * 0x0d)
        & differs(word, ONES * 0x09)
        & !LOW
}
