//! Where the canonical form of a document goes.

/// What takes the canonical form, piece by piece.
pub(crate) trait Sink {
    /// The next bytes.
    fn write(&mut self, bytes: &[u8]);
}
