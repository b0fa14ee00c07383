//! Length and hashes of a whole file, taken while it is read.

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::file_identity::FileIdentity;
use crate::hash::{Hashes, finish_sha256, sha256};
use crate::limits::Limit;
use crate::multi_hasher::MultiHasher;
use crate::role::Role;
use crate::source::Source;
use crate::work::{Counter, count};

/// What is known of a file before it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) version: u64,
    pub(crate) length: Option<u64>,
    pub(crate) hashes: Hashes,
}

impl Listed {
    /// Returns how long the file may be: as listed, or up to the limit where no length is (spec
    /// §5.5.1, §5.6.1).
    pub(crate) fn maximum(&self, limit: u64) -> u64 {
        self.length.unwrap_or(limit)
    }
}

/// A source that hashes and counts each piece that it shows, and ends in an error where the file is
/// too long.
pub(crate) struct Measured<'s, S> {
    source: &'s mut S,
    role: Role,
    listed: &'s Listed,
    maximum: u64,
    hasher: MultiHasher,
    bind: bool,
    /// Of a stream: what lies in memory is hashed in the end.
    sha256: Option<Sha256>,
    length: u64,
}

impl<'s, S: Source> Measured<'s, S> {
    /// Will read `source`: at most `maximum` bytes, `listed` or not. `bind` asks for the SHA-256 in
    /// any case.
    pub(crate) fn new(
        source: &'s mut S,
        role: Role,
        listed: &'s Listed,
        maximum: u64,
        bind: bool,
    ) -> Self {
        let hasher = MultiHasher::new(&listed.hashes);
        let sha256 = (bind && source.whole().is_none()).then(Sha256::new);
        Measured { source, role, listed, maximum, hasher, bind, sha256, length: 0 }
    }

    /// Goes to the first piece. It is apart from [`Measured::new`], as a result would be a second
    /// copy on the stack.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.source.rewind()?;
        self.measure()
    }

    /// Takes the piece at hand into account.
    fn measure(&mut self) -> Result<(), Error> {
        let piece = self.source.window();
        self.length = self.length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if let Some(expected) = self.listed.length.filter(|expected| self.length > *expected) {
            return Err(Error::too_long(Some(self.role), expected));
        }
        if self.length > self.maximum {
            return Err(Error::LimitReached { limit: Limit::Length, maximum: self.maximum });
        }
        self.hasher.update(piece);
        if let (None, Some(state)) = (self.source.whole(), &mut self.sha256) {
            count(Counter::Hashed, piece.len());
            state.update(piece);
        }
        Ok(())
    }

    /// Reads what is left, and checks length and hashes: `identity` gets the length, and the
    /// SHA-256 where it was asked for.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] and [`Error::HashMismatch`] (spec §5.5.2, §5.6.2).
    pub(crate) fn finish(&mut self, identity: &mut FileIdentity) -> Result<(), Error> {
        while self.advance()? {}
        if let Some(expected) = self.listed.length.filter(|expected| *expected != self.length) {
            return Err(Error::LengthMismatch {
                role: Some(self.role),
                expected,
                found: self.length,
            });
        }
        self.hasher.finish(Some(self.role))?;
        identity.length = self.length;
        identity.sha256 = match self.source.whole() {
            Some(whole) if self.bind => sha256(whole),
            Some(_) => [0; 32],
            None => self.sha256.take().map(finish_sha256).unwrap_or_default(),
        };
        Ok(())
    }
}

impl<S: Source> Source for Measured<'_, S> {
    #[inline(always)]
    fn whole(&self) -> Option<&[u8]> {
        self.source.whole()
    }

    #[inline(always)]
    fn window(&self) -> &[u8] {
        self.source.window()
    }

    fn advance(&mut self) -> Result<bool, Error> {
        let more = self.source.advance()?;
        if more {
            self.measure()?;
        }
        Ok(more)
    }

    /// Each reading is measured by itself.
    fn rewind(&mut self) -> Result<(), Error> {
        Err(Error::SourceFailed)
    }
}
