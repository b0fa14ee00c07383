//! JSON, which JavaScript reads by itself: objects that are made member by member cost several KB.

use alloc::vec::Vec;

#[cfg(any(feature = "client", feature = "pypi"))]
use picotuf::Hashes;
use picotuf::Show;

/// A JSON object, as text, that is being written.
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn new() -> Self {
        let mut object = Object(Vec::new());
        object.put(b"{");
        object
    }

    /// One that says why something was refused.
    pub(crate) fn refusal(code: &dyn Show, text: &dyn Show, blame: &'static str) -> Self {
        let mut object = Object::new();
        object.text("code", code);
        object.text("text", text);
        object.text("blame", &blame);
        object
    }

    /// What comes behind the first member or element has a comma before it.
    fn comma(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.put(b",");
        }
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.quote(&name);
        self.put(b":");
    }

    /// All pieces are put in by the same code.
    #[inline(never)]
    fn put(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    fn quote(&mut self, value: &dyn Show) {
        self.put(b"\"");
        value.show(&mut |piece| {
            for byte in piece.bytes() {
                match byte {
                    b'"' | b'\\' => self.put(&[b'\\', byte]),
                    // Two control characters out of 32 differ in their first digit.
                    0..b' ' => {
                        let digit = byte & 0x0f;
                        let digit = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
                        self.put(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]);
                    }
                    _ => self.put(&[byte]),
                }
            }
        });
        self.put(b"\"");
    }

    pub(crate) fn text(&mut self, name: &str, value: &dyn Show) {
        self.name(name);
        self.quote(value);
    }

    /// A number; past 2^53 JavaScript takes the nearest that it has. Or what else stands without
    /// quotes.
    pub(crate) fn bare(&mut self, name: &str, value: &dyn Show) {
        self.name(name);
        value.show(&mut |piece| self.put(piece.as_bytes()));
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.bare(name, &if value { "true" } else { "false" });
    }

    /// Opens an array or an object; [`Object::close`] closes it.
    pub(crate) fn open(&mut self, name: &str, bracket: &[u8]) {
        self.name(name);
        self.put(bracket);
    }

    /// Writes an element of an array.
    pub(crate) fn element(&mut self, value: &dyn Show) {
        self.comma();
        self.quote(value);
    }

    /// Writes an element of an array that is a number.
    #[cfg(feature = "attest")]
    pub(crate) fn number(&mut self, value: u64) {
        self.comma();
        value.show(&mut |piece| self.put(piece.as_bytes()));
    }

    pub(crate) fn close(&mut self, bracket: &[u8]) {
        self.put(bracket);
    }

    /// An object with the hashes by their algorithms.
    #[cfg(any(feature = "client", feature = "pypi"))]
    pub(crate) fn hashes(&mut self, name: &str, hashes: &Hashes) {
        self.open(name, b"{");
        for digest in hashes.iter() {
            self.text(digest.algorithm().name(), digest);
        }
        self.close(b"}");
    }

    /// Opens an object that is an element of an array; [`Object::close`] closes it.
    #[cfg(any(feature = "attest", feature = "pypi"))]
    pub(crate) fn begin(&mut self) {
        self.comma();
        self.put(b"{");
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.close(b"}");
        self.0
    }
}
