//! How an error is handed up: it waits in one place, and what goes through every call is only that
//! there is one.

use crate::error::Error;

/// An error was met, and waits in the [`Failure`] of the workspace, or of who made the Reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop;

/// The error that was met last.
pub(crate) struct Failure {
    is_met: bool,
    /// As long as none was met, one whose bytes are zero.
    error: Error,
}

impl Failure {
    pub(crate) const fn new() -> Self {
        Failure { is_met: false, error: Error::DuplicateMember { position: 0 } }
    }

    /// Keeps the error.
    #[cold]
    #[inline(never)]
    pub(crate) fn set(&mut self, error: Error) -> Stop {
        (self.is_met, self.error) = (true, error);
        Stop
    }

    /// The error, if one was met.
    pub(crate) fn met(&self) -> Option<Error> {
        self.is_met.then_some(self.error)
    }

    /// The error, where there was a [`Stop`].
    pub(crate) fn error(&self) -> Error {
        self.met().unwrap_or(Error::UnexpectedCall)
    }
}
