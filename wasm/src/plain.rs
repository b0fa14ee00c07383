//! The core's values as plain objects of JavaScript.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use js_sys::{Array, Object, Reflect};
use picotuf::{Blame, Error, Target, Time, Verified};
use wasm_bindgen::JsValue;

/// An object with these members.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // A new object takes any member.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

/// A number; past 2^53 it is the nearest that JavaScript has.
#[allow(clippy::cast_precision_loss, reason = "said above; no decision hangs on it")]
pub(crate) fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
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
pub(crate) fn verified(role: &str, verified: &Verified<'_>) -> Object {
    let signers: Array = verified.signers().map(|keyid| JsValue::from_str(&keyid.to_string())).collect();
    object(&[
        ("role", role.into()),
        ("version", number(verified.version)),
        ("expires", verified.expires.to_string().into()),
        ("threshold", verified.threshold.into()),
        ("keys", verified.keys.into()),
        ("signers", signers.into()),
        ("length", number(verified.length)),
    ])
}

/// What is signed of a target, but for its `custom`.
pub(crate) fn target(target: &Target, path: Vec<String>) -> Object {
    let hashes = Object::new();
    for digest in target.hashes.iter() {
        // As above.
        let _ = Reflect::set(&hashes, &digest.algorithm().name().into(), &digest.to_string().into());
    }
    object(&[
        ("length", number(target.length)),
        ("hashes", hashes.into()),
        ("hasCustom", target.custom.is_some().into()),
        ("delegationPath", strings(path)),
    ])
}

/// A refusal, and the role that it is about.
pub(crate) fn error(error: &Error, role: &str, path: Vec<String>) -> Object {
    use picotuf::Error as E;
    let blame = match error.blame() {
        Blame::Repository => "repository",
        Blame::Caller => "caller",
        Blame::Limit => "limit",
    };
    let text = |value: &dyn ToString| JsValue::from_str(&value.to_string());
    let none = JsValue::UNDEFINED;
    let (expected, found) = match error {
        E::Expired { expires, now, .. } => (text(expires), text(now)),
        E::HashMismatch { expected, found, .. } => (text(expected), text(found)),
        E::LengthMismatch { expected, found, .. } | E::WrongVersion { expected, found, .. } => {
            (number(*expected), number(*found))
        }
        E::LimitReached { maximum, .. } => (number(*maximum), none),
        E::RemovedFromSnapshot { trusted } => (number(*trusted), none),
        E::Rollback { trusted, found, .. } => (number(*trusted), number(*found)),
        E::ThresholdNotMet { threshold, valid, .. } => ((*threshold).into(), (*valid).into()),
        E::WrongType { expected, found, .. } => (text(expected), text(found)),
        _ => (none.clone(), none),
    };
    object(&[
        ("code", error.code().into()),
        ("text", text(error)),
        ("blame", blame.into()),
        ("role", role.into()),
        ("delegationPath", strings(path)),
        ("expected", expected),
        ("found", found),
    ])
}

fn strings(strings: Vec<String>) -> JsValue {
    strings.into_iter().map(JsValue::from).collect::<Array>().into()
}
