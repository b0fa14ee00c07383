//! How an error is handed up: it waits in one place, and what goes through every call is only that
//! there is one.

use crate::error::Error;

/// An error was met, and waits in the [`FailureSlot`] of the workspace, or of who made the Reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// The error that was met last.
pub(crate) struct FailureSlot {
    is_met: bool,
    /// As long as none was met, one whose bytes are zero.
    error: Error,
}

impl FailureSlot {
    pub(crate) const fn new() -> Self {
        FailureSlot { is_met: false, error: Error::DuplicateMember { position: 0 } }
    }

    /// Keeps the error.
    #[cold]
    #[inline(never)]
    pub(crate) fn set(&mut self, error: Error) -> Failed {
        (self.is_met, self.error) = (true, error);
        Failed
    }

    /// Returns the error, if one was met.
    pub(crate) fn met(&self) -> Option<Error> {
        self.is_met.then_some(self.error)
    }

    /// Returns the error, where there was a [`Failed`].
    pub(crate) fn error(&self) -> Error {
        self.met().unwrap_or(Error::UnexpectedCall)
    }
}
