//! Why the Reader stops. All of it is rare, and kept out of the way of what is not.

use super::{Failed, Reader, Sink, bytes};
use crate::error::{Error, JsonType};
use crate::limits::Limit;
use crate::source::Source;

impl<S: Source, K: Sink> Reader<'_, S, K> {
    /// Stops reading with that error.
    #[cold]
    pub(crate) fn fail(&mut self, error: Error) -> Failed {
        self.input.fail(error)
    }

    /// Stops reading with an error that says where.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail_here(&mut self, error: fn(u64) -> Error) -> Failed {
        self.input.fail_at(self.input.position(), error)
    }

    /// Stops reading at the end of an object that lacks a member.
    #[cold]
    #[inline(never)]
    pub(crate) fn missing(&mut self, member: &'static str) -> Failed {
        let position = self.position();
        self.fail(Error::MissingMember { position, member })
    }

    /// Stops reading behind a value that is not of its form.
    #[cold]
    #[inline(never)]
    pub(crate) fn invalid_form(&mut self, member: &'static str) -> Failed {
        let position = self.position();
        self.fail(Error::InvalidForm { position, member })
    }

    /// Stops reading at a member that its object has twice.
    #[cold]
    pub(crate) fn duplicate(&mut self) -> Failed {
        self.fail_here(|position| Error::DuplicateMember { position })
    }

    /// Returns what a member said, or a stop where it is missing.
    #[inline]
    pub(crate) fn require<T>(
        &mut self,
        found: Option<T>,
        member: &'static str,
    ) -> Result<T, Failed> {
        match found {
            Some(value) => Ok(value),
            None => Err(self.missing(member)),
        }
    }

    /// Why reading stopped.
    pub(crate) fn error(&self) -> Error {
        self.input.error()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn wrong_type(&mut self, expected: JsonType, found: JsonType) -> Failed {
        let position = self.position();
        self.fail(Error::WrongType { position, expected, found })
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn limit(&mut self, limit: Limit, maximum: usize) -> Failed {
        self.fail(Error::LimitReached { limit, maximum: bytes(maximum) })
    }
}
