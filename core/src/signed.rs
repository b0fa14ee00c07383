//! What the readers of all roles have in common.

use crate::json::{Failed, Reader, Sink};
use crate::pass_space::ReadSpace;
use crate::source::Source;
use crate::time::Time;

/// A role's own part of a file: what is asked of it, and what it answered.
///
/// Whatever is asked, the whole schema is checked, so that the verdict does not depend on the
/// question.
pub(crate) trait Signed {
    /// Reads the object in `signed`. It may be called anew, from the start.
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed>;

    /// Version and expiry, once read.
    fn stated(&self) -> (u64, Time);
}
