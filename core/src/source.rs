//! Where bytes come from: a slice, or a window over a stream.

use crate::Error;

/// A document that is read from front to back in pieces of the source's choice, and that can be
/// read again from the start.
///
/// [`Slice`] is the source of a document in memory; [`Window`] makes one of a [`Stream`] and a
/// buffer.
pub trait Source {
    /// Returns the whole document, if it lies in memory: then parts of it can be looked at in any
    /// order.
    fn whole(&self) -> Option<&[u8]> {
        None
    }

    /// Returns the piece at hand; after [`Source::rewind`] the first one. It is empty only if the
    /// document is.
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

/// A document in memory. This is the fast path: nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a>(&'a [u8]);

impl<'a> Slice<'a> {
    /// Creates a source from bytes in memory.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Slice(bytes)
    }

    /// Returns what is left of these bytes from a position on.
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

/// A stream that can be restarted: a file, a flash region, or a stored response body.
pub trait Stream {
    /// Why bytes cannot be had. A [`Window`] keeps it for the caller.
    type Error;

    /// Reads some bytes to the front of `buffer` (which is not empty) and says how many; 0 is the
    /// end.
    ///
    /// # Errors
    /// The stream's own.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// Goes back to the first byte.
    ///
    /// # Errors
    /// The stream's own, also when it cannot start over.
    fn rewind(&mut self) -> Result<(), Self::Error>;
}

/// A source that reads a [`Stream`] through a buffer. The buffer may have any size from one byte; a
/// few KB are best.
///
/// Where the stream fails, what reads the source ends with [`Error::SourceFailed`], and
/// [`Window::take_error`] has the stream's own error:
///
/// ```no_run
/// use picotuf::{Error, Limits, Stream, Window, Workspace, check_root};
///
/// /// Why a root is not taken.
/// enum Refused<E> {
///     Read(E),
///     Root(Error),
/// }
///
/// /// Returns the root's version.
/// fn version<R: Stream>(stream: R, workspace: &mut Workspace) -> Result<u64, Refused<R::Error>> {
///     let mut buffer = [0; 1024];
///     let mut root = Window::new(stream, &mut buffer);
///     let checked = check_root(workspace, &Limits::default(), &mut root);
///     checked.map(|root| root.version).map_err(|error| match root.take_error() {
///         Some(error) => Refused::Read(error),
///         None => Refused::Root(error),
///     })
/// }
/// ```
pub struct Window<'b, R: Stream> {
    stream: R,
    buffer: &'b mut [u8],
    length: usize,
    error: Option<R::Error>,
}

impl<'b, R: Stream> Window<'b, R> {
    /// Creates a source that reads `stream` through `buffer`.
    pub const fn new(stream: R, buffer: &'b mut [u8]) -> Self {
        Window { stream, buffer, length: 0, error: None }
    }

    /// Removes and returns the last error of the stream, if there was one.
    pub const fn take_error(&mut self) -> Option<R::Error> {
        self.error.take()
    }

    /// Keeps the stream's error.
    #[cold]
    fn fail(&mut self, error: R::Error) -> Error {
        self.error = Some(error);
        Error::SourceFailed
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
        let count = self.stream.read(self.buffer).map_err(|error| self.fail(error))?;
        if count > 0 {
            self.length = count.min(self.buffer.len());
        }
        Ok(count > 0)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.stream.rewind().map_err(|error| self.fail(error))?;
        self.length = 0;
        self.advance().map(drop)
    }
}

impl<R: Stream> core::fmt::Debug for Window<'_, R> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Window").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A [`Stream`] from any `std::io` reader that can seek.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct IoStream<R>(pub R);

#[cfg(feature = "std")]
impl<R: std::io::Read + std::io::Seek> Stream for IoStream<R> {
    type Error = std::io::Error;

    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn rewind(&mut self) -> std::io::Result<()> {
        self.0.rewind()
    }
}

/// A [`Stream`] from any `embedded-io` reader that can seek.
#[cfg(feature = "embedded-io")]
#[derive(Debug)]
pub struct EmbeddedStream<R>(pub R);

#[cfg(feature = "embedded-io")]
impl<R: embedded_io::Read + embedded_io::Seek> Stream for EmbeddedStream<R> {
    type Error = R::Error;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, R::Error> {
        loop {
            match self.0.read(buffer) {
                Err(error)
                    if embedded_io::Error::kind(&error) == embedded_io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn rewind(&mut self) -> Result<(), R::Error> {
        self.0.rewind()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that fails in its own words after so many bytes.
    struct Cut(usize);

    impl Stream for Cut {
        type Error = &'static str;

        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
            self.0 = self.0.checked_sub(buffer.len()).ok_or("the cable is out")?;
            buffer.fill(b' ');
            Ok(buffer.len())
        }

        fn rewind(&mut self) -> Result<(), Self::Error> {
            if self.0 > 0 { Ok(()) } else { Err("it does not start over") }
        }
    }

    #[test]
    fn a_window_keeps_the_error_of_its_stream_for_the_caller() {
        let mut buffer = [0; 4];
        let mut window = Window::new(Cut(4), &mut buffer);
        assert_eq!(window.rewind(), Ok(()));
        assert_eq!(window.window(), b"    ");
        assert_eq!(window.take_error(), None);
        assert_eq!(window.advance(), Err(Error::SourceFailed));
        assert_eq!((window.take_error(), window.take_error()), (Some("the cable is out"), None));
        let mut window = Window::new(Cut(0), &mut buffer);
        assert_eq!(window.rewind(), Err(Error::SourceFailed));
        assert_eq!(window.take_error(), Some("it does not start over"));
    }

    #[cfg(feature = "embedded-io")]
    #[test]
    fn an_embedded_stream_goes_on_after_an_interruption() {
        use embedded_io::{ErrorKind, ErrorType, Read, Seek, SeekFrom};

        /// Each call is interrupted once.
        struct Interrupted(usize, u64);

        impl ErrorType for Interrupted {
            type Error = ErrorKind;
        }

        impl Read for Interrupted {
            fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
                self.0 += 1;
                match (self.0 % 2, self.1) {
                    (1, _) => Err(ErrorKind::Interrupted),
                    (_, 3) => Err(ErrorKind::NotConnected),
                    (_, at) => {
                        buffer[0] = b'0' + u8::try_from(at).unwrap();
                        self.1 += 1;
                        Ok(1)
                    }
                }
            }
        }

        impl Seek for Interrupted {
            fn seek(&mut self, to: SeekFrom) -> Result<u64, ErrorKind> {
                assert!(matches!(to, SeekFrom::Start(0)));
                self.1 = 0;
                Ok(0)
            }
        }

        let mut buffer = [0; 2];
        let mut window = Window::new(EmbeddedStream(Interrupted(0, 2)), &mut buffer);
        assert_eq!(window.rewind(), Ok(()));
        assert_eq!(window.window(), b"0");
        assert_eq!((window.advance(), window.advance()), (Ok(true), Ok(true)));
        assert_eq!(window.window(), b"2");
        assert_eq!(window.advance(), Err(Error::SourceFailed));
        assert_eq!(window.take_error(), Some(ErrorKind::NotConnected));
    }
}
