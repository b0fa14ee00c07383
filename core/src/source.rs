//! Where bytes come from: a slice, or a window over a stream.

use crate::Error;

/// Bytes that are read from front to back, in pieces that the source chooses, and again from the
/// start when asked.
///
/// [`Slice`] is the source of a document in memory; [`Window`] makes one of a [`Stream`] and a
/// buffer.
pub trait Source {
    /// The whole document, if it lies in memory: then parts of it can be looked at in any order.
    fn whole(&self) -> Option<&[u8]> {
        None
    }

    /// The piece at hand; after [`Source::rewind`] the first one. It is empty only if the document
    /// is.
    fn window(&self) -> &[u8];

    /// Puts the next piece, which is not empty, in the place of the one at hand; or says that there
    /// is none.
    ///
    /// # Errors
    /// [`Error::SourceFailed`] when the bytes cannot be had.
    fn advance(&mut self) -> Result<bool, Error>;

    /// Goes back to the first piece.
    ///
    /// # Errors
    /// [`Error::SourceFailed`] when the source cannot.
    fn rewind(&mut self) -> Result<(), Error>;
}

/// A document that lies in memory: the fast path, nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a>(&'a [u8]);

impl<'a> Slice<'a> {
    /// A source of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Slice(bytes)
    }

    /// What is left of these bytes from a position on.
    pub(crate) fn from(bytes: &'a [u8], position: u64) -> Self {
        Slice(
            usize::try_from(position)
                .ok()
                .and_then(|position| bytes.get(position..))
                .unwrap_or_default(),
        )
    }
}

impl Source for Slice<'_> {
    #[inline(always)]
    fn whole(&self) -> Option<&[u8]> {
        Some(self.0)
    }

    #[inline(always)]
    fn window(&self) -> &[u8] {
        self.0
    }

    fn advance(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// A stream that can start over: a file, a flash region, a network body that was stored.
pub trait Stream {
    /// Reads some bytes to the front of `buffer` (which is not empty) and says how many; 0 is the
    /// end.
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
    length: usize,
}

impl<'b, R: Stream> Window<'b, R> {
    /// Looks at `stream` through `buffer`.
    pub const fn new(stream: R, buffer: &'b mut [u8]) -> Self {
        Window { stream, buffer, length: 0 }
    }
}

impl<R: Stream> Source for Window<'_, R> {
    #[inline(always)]
    fn window(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    fn advance(&mut self) -> Result<bool, Error> {
        if self.buffer.is_empty() {
            return Err(Error::SourceFailed);
        }
        let count = self.stream.read(self.buffer)?;
        if count > 0 {
            self.length = count.min(self.buffer.len());
        }
        Ok(count > 0)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.stream.rewind()?;
        self.length = 0;
        self.advance().map(drop)
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
