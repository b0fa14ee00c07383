//! Where bytes come from: a slice, or a window over a stream.

use crate::Error;

/// Bytes that are read from front to back, in pieces that the source chooses, and again from the start when asked.
///
/// A slice is a source (`&[u8]` by [`Slice`]); [`Window`] makes one of a [`Stream`] and a buffer.
pub trait Source {
    /// Whether the whole document lies in memory, so that parts of it can be looked at in any order.
    fn whole(&self) -> Option<&[u8]> {
        None
    }

    /// The bytes that are at hand and not consumed yet; empty only at the end.
    ///
    /// # Errors
    /// [`Error::SourceFailed`] when the bytes cannot be had.
    fn fill(&mut self) -> Result<&[u8], Error>;

    /// Takes `count` bytes off the front of what [`Source::fill`] gave last.
    fn consume(&mut self, count: usize);

    /// Goes back to the first byte.
    ///
    /// # Errors
    /// [`Error::SourceFailed`] when the source cannot.
    fn rewind(&mut self) -> Result<(), Error>;
}

/// A document that lies in memory: the fast path, nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    bytes: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Slice<'a> {
    /// A source of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Slice { bytes, rest: bytes }
    }
}

impl Source for Slice<'_> {
    fn whole(&self) -> Option<&[u8]> {
        Some(self.bytes)
    }

    fn fill(&mut self) -> Result<&[u8], Error> {
        Ok(self.rest)
    }

    fn consume(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.rest = self.bytes;
        Ok(())
    }
}

/// A stream that can start over: a file, a flash region, a network body that was stored.
pub trait Stream {
    /// Reads some bytes to the front of `buffer` (which is not empty) and says how many; 0 is the end.
    ///
    /// # Errors
    /// [`Error::SourceFailed`].
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error>;

    /// Goes back to the first byte.
    ///
    /// # Errors
    /// [`Error::SourceFailed`], also when the stream cannot start over.
    fn rewind(&mut self) -> Result<(), Error>;
}

/// A source that shows a [`Stream`] through a buffer of any size from one byte; a few KB are best.
#[derive(Debug)]
pub struct Window<'b, R> {
    stream: R,
    buffer: &'b mut [u8],
    start: usize,
    end: usize,
}

impl<'b, R: Stream> Window<'b, R> {
    /// Looks at `stream` through `buffer`.
    pub const fn new(stream: R, buffer: &'b mut [u8]) -> Self {
        Window { stream, buffer, start: 0, end: 0 }
    }
}

impl<R: Stream> Source for Window<'_, R> {
    fn fill(&mut self) -> Result<&[u8], Error> {
        if self.start >= self.end {
            self.start = 0;
            if self.buffer.is_empty() {
                return Err(Error::SourceFailed);
            }
            self.end = self.stream.read(self.buffer)?;
        }
        self.buffer.get(self.start..self.end).ok_or(Error::SourceFailed)
    }

    fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    fn rewind(&mut self) -> Result<(), Error> {
        (self.start, self.end) = (0, 0);
        self.stream.rewind()
    }
}

/// Any `std::io` reader that can seek is a [`Stream`].
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct IoStream<R>(pub R);

#[cfg(feature = "std")]
impl<R: std::io::Read + std::io::Seek> Stream for IoStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.0.read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Error::SourceFailed),
            }
        }
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.0.rewind().map_err(|_| Error::SourceFailed)
    }
}
