//! The core's values as JSON, which JavaScript reads by itself: objects that are made member by member cost several KB.

use alloc::string::{String, ToString as _};
use core::fmt::Display;

use picotuf::{Blame, Error, ErrorValue, Target, Time, Verified};

use crate::session::HeldUpdate;

/// A JSON object, as text, that is being written.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Object(String::from("{"))
    }

    /// What comes behind the first member or element has a comma before it.
    fn comma(&mut self) {
        if !matches!(self.0.as_bytes().last(), Some(b'{' | b'[')) {
            self.0.push(',');
        }
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.quote(name);
        self.0.push(':');
    }

    fn quote(&mut self, text: &str) {
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => self.0.push('\\'),
                // Two control characters out of 32 differ in their first digit.
                '\0'..' ' => {
                    self.0.push_str(if character < '\u{10}' { "\\u000" } else { "\\u001" });
                    self.0.extend(char::from_digit(u32::from(character) & 0x0f, 16));
                    continue;
                }
                _ => {}
            }
            self.0.push(character);
        }
        self.0.push('"');
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.quote(text);
    }

    pub(crate) fn shown(&mut self, name: &str, value: &dyn Display) {
        self.text(name, &value.to_string());
    }

    /// A number; past 2^53 JavaScript takes the nearest that it has.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        push_decimal(number, &mut self.0);
    }

    /// Opens an array or an object; [`Object::close`] closes it.
    fn open(&mut self, name: &str, bracket: char) {
        self.name(name);
        self.0.push(bracket);
    }

    /// Writes an element of an array.
    fn element(&mut self, text: &str) {
        self.comma();
        self.quote(text);
    }

    fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    fn path(&mut self, update: Option<&HeldUpdate>) {
        self.open("delegationPath", '[');
        if let Some(update) = update {
            update.delegation_path().for_each(|role| self.element(role));
        }
        self.close(']');
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Writes a number in decimal digits.
pub(crate) fn push_decimal(number: u64, to: &mut String) {
    if number > 9 {
        push_decimal(number / 10, to);
    }
    to.extend(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
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
pub(crate) fn verified(role: &str, verified: &Verified<'_>) -> String {
    let mut object = Object::new();
    object.text("role", role);
    object.number("version", verified.version);
    object.shown("expires", &verified.expires);
    object.number("threshold", verified.threshold.into());
    object.number("keys", verified.keys.into());
    object.open("signers", '[');
    for keyid in verified.signers() {
        object.element(&keyid.to_string());
    }
    object.close(']');
    object.number("length", verified.length);
    object.end()
}

/// What is signed of a target, but for its `custom`.
pub(crate) fn target(target: &Target, update: &HeldUpdate) -> String {
    let mut object = Object::new();
    object.number("length", target.length);
    object.open("hashes", '{');
    for digest in target.hashes.iter() {
        object.shown(digest.algorithm().name(), digest);
    }
    object.close('}');
    object.number("hasCustom", target.custom.is_some().into());
    object.path(Some(update));
    object.end()
}

/// A refusal, and the role that it is about. It is known by its `code`.
pub(crate) fn error(error: &Error, role: &str, update: Option<&HeldUpdate>) -> String {
    let mut object = Object::new();
    object.text("code", error.code());
    object.shown("text", error);
    object.text(
        "blame",
        match error.blame() {
            Blame::Repository => "repository",
            Blame::Caller => "caller",
            Blame::Limit => "limit",
        },
    );
    object.text("role", role);
    object.path(update);
    for (name, value) in [("expected", error.expected()), ("found", error.found())] {
        match value {
            Some(ErrorValue::Number(number)) => object.number(name, number),
            Some(value) => object.shown(name, &value),
            None => {}
        }
    }
    object.end()
}
