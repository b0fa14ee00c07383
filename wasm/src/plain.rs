//! The core's values as JSON, which JavaScript reads by itself: objects that are made member by member cost several KB.

use alloc::vec::Vec;

use picotuf::{Blame, Error, ErrorValue, Show, Target, Time, Verified};

use crate::session::HeldUpdate;

/// A JSON object, as text, that is being written.
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn new() -> Self {
        Object(Vec::from(b"{"))
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

    /// A number; past 2^53 JavaScript takes the nearest that it has. Or what else stands without quotes.
    pub(crate) fn bare(&mut self, name: &str, value: &dyn Show) {
        self.name(name);
        value.show(&mut |piece| self.put(piece.as_bytes()));
    }

    /// What an error states, if it does.
    fn value(&mut self, name: &str, value: Option<ErrorValue<'_>>) {
        match value {
            Some(ErrorValue::Number(number)) => self.bare(name, &number),
            Some(value) => self.text(name, &value),
            None => {}
        }
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.bare(name, &if value { "true" } else { "false" });
    }

    /// Opens an array or an object; [`Object::close`] closes it.
    fn open(&mut self, name: &str, bracket: &[u8]) {
        self.name(name);
        self.put(bracket);
    }

    /// Writes an element of an array.
    fn element(&mut self, value: &dyn Show) {
        self.comma();
        self.quote(value);
    }

    fn close(&mut self, bracket: &[u8]) {
        self.put(bracket);
    }

    fn path(&mut self, update: Option<&HeldUpdate>) {
        self.open("delegationPath", b"[");
        if let Some(update) = update {
            update.delegation_path().for_each(|role| self.element(&role));
        }
        self.close(b"]");
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.close(b"}");
        self.0
    }
}

/// A count that JavaScript states; nothing where it is no number, and 0 below 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
pub(crate) fn whole(value: f64) -> Option<u64> {
    (!value.is_nan()).then_some(value as u64)
}

/// The seconds since 1970.
#[allow(clippy::cast_precision_loss, reason = "the core's times of RFC 3339 end in the year 9999")]
pub(crate) fn seconds(time: Time) -> f64 {
    time.unix() as f64
}

/// The time of so many seconds since 1970; what is beyond all times is the first or the last.
#[allow(clippy::cast_possible_truncation, reason = "it saturates")]
pub(crate) fn time(seconds: f64) -> Time {
    Time::from_unix(seconds as i64)
}

/// A role that became trusted.
pub(crate) fn verified(role: &str, verified: &Verified<'_>) -> Vec<u8> {
    let mut object = Object::new();
    object.text("role", &role);
    object.bare("version", &verified.version);
    object.text("expires", &verified.expires);
    object.bare("threshold", &u64::from(verified.threshold));
    object.bare("keys", &u64::from(verified.keys));
    object.open("signers", b"[");
    for keyid in verified.signers() {
        object.element(keyid);
    }
    object.close(b"]");
    object.bare("length", &verified.length);
    object.end()
}

/// What is signed of a target, but for its `custom`.
pub(crate) fn target(target: &Target, update: &HeldUpdate) -> Vec<u8> {
    let mut object = Object::new();
    object.bare("length", &target.length);
    object.open("hashes", b"{");
    for digest in target.hashes.iter() {
        object.text(digest.algorithm().name(), digest);
    }
    object.close(b"}");
    object.boolean("hasCustom", target.custom.is_some());
    object.boolean("consistentSnapshot", update.consistent_snapshot());
    object.path(Some(update));
    object.end()
}

/// A refusal, and the role that it is about. It is known by its `code`.
pub(crate) fn error(error: &Error, role: &str, update: Option<&HeldUpdate>) -> Vec<u8> {
    let mut object = Object::new();
    object.text("code", &error.code());
    object.text("text", error);
    let blame = match error.blame() {
        Blame::Repository => "repository",
        Blame::Caller => "caller",
        Blame::Limit => "limit",
    };
    object.text("blame", &blame);
    object.text("role", &role);
    object.path(update);
    object.value("expected", error.expected());
    object.value("found", error.found());
    object.end()
}
