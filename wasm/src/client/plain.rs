//! The core's values as JSON.

use alloc::boxed::Box;
use alloc::vec::Vec;

use picotuf::{
    Error, ErrorValue, Kept, KeyScheme, Show, Target, Time, Update, Verified, Workspace,
};

use crate::object::Object;

/// An update that keeps the files that it is given, so that it asks for each once.
pub(crate) type Client = Update<Box<Workspace>, Kept<Box<[u8]>>>;

/// Returns the seconds since 1970.
#[allow(clippy::cast_precision_loss, reason = "the core's times of RFC 3339 end in the year 9999")]
pub(crate) fn seconds(time: Time) -> f64 {
    time.unix() as f64
}

/// Returns the time of so many seconds since 1970; what is beyond all times is the first or the
/// last.
#[allow(clippy::cast_possible_truncation, reason = "it saturates")]
pub(crate) fn time(seconds: f64) -> Time {
    Time::from_unix(seconds as i64)
}

/// What there is to say of a role that became trusted.
pub(crate) fn verified(verified: &Verified<'_>) -> Vec<u8> {
    let mut object = Object::new();
    object.text("role", &verified.name);
    object.bare("version", &verified.version);
    object.text("expires", &verified.expires);
    object.bare("threshold", &u64::from(verified.threshold));
    object.bare("keys", &u64::from(verified.keys));
    object.bare("signingKeys", &u64::from(verified.signing_keys()));
    object.open("signers", b"[");
    for keyid in verified.signers() {
        object.element(keyid);
    }
    object.close(b"]");
    object.bare("length", &verified.length);
    object.end()
}

/// Returns what is signed of a target, but for its `custom`.
pub(crate) fn target(target: &Target, update: &Client) -> Vec<u8> {
    let mut object = Object::new();
    object.bare("length", &target.length);
    object.hashes("hashes", &target.hashes);
    object.boolean("hasCustom", target.custom.is_some());
    object.boolean("consistentSnapshot", update.consistent_snapshot());
    path(&mut object, Some(update));
    object.end()
}

/// Returns a refusal, and the role that it is about. It is known by its `code`.
pub(crate) fn error(error: &Error, role: &str, update: Option<&Client>) -> Vec<u8> {
    let schemes = update.map(|update| update.unsupported_schemes().collect()).unwrap_or_default();
    error_with_schemes(error, role, update, schemes)
}

/// Returns a refusal, with the key schemes that are not supported.
pub(crate) fn error_with_schemes(
    error: &Error,
    role: &str,
    update: Option<&Client>,
    schemes: Vec<&KeyScheme>,
) -> Vec<u8> {
    let counts_signatures =
        matches!(error, Error::ThresholdNotMet { .. } | Error::UnsupportedKeyScheme { .. });
    let lacks_ml_dsa =
        counts_signatures && schemes.iter().any(|scheme| scheme.feature() == Some("ml-dsa"));
    let mut object =
        Object::refusal(&error.code(), &Refusal(error, role, schemes), error.blame().name());
    // The module that has ML-DSA may come to another verdict.
    if lacks_ml_dsa {
        object.boolean("lacksMlDsa", true);
    }
    object.text("role", &role);
    path(&mut object, update);
    value(&mut object, "expected", error.expected());
    value(&mut object, "found", error.found());
    object.end()
}

/// The line of an error, with the option that raises a limit, or the key schemes that would be
/// needed.
struct Refusal<'e>(&'e Error, &'e str, Vec<&'e KeyScheme>);

impl Show for Refusal<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let Refusal(error, role, schemes) = self;
        error.show(out);
        if let Some(field) = error.limit_field(role) {
            out("; `limits.");
            // As JavaScript writes it.
            let written = |word, written| field.strip_suffix(word).map(|start| (start, written));
            let (start, end) = written("_length", "Length")
                .or(written("_rotations", "Rotations"))
                .unwrap_or((field, ""));
            out(start);
            out(end);
            out("` raises it");
        }
        if let Error::UnsupportedKeyScheme { .. } = error {
            let mut before = "; not supported: `";
            for scheme in schemes {
                out(before);
                scheme.show(out);
                out("`");
                // What the module of `picotuf` has, or the one that it loads for ML-DSA.
                if let Some("ecdsa" | "ml-dsa" | "rsa") = scheme.feature() {
                    out(" (`picotuf` has it, `picotuf/ed25519` has not)");
                }
                before = ", `";
            }
        }
    }
}

/// What an error states, if it does.
fn value(object: &mut Object, name: &str, value: Option<ErrorValue<'_>>) {
    match value {
        Some(ErrorValue::Number(number)) => object.bare(name, &number),
        Some(value) => object.text(name, &value),
        None => {}
    }
}

fn path(object: &mut Object, update: Option<&Client>) {
    object.open("delegationPath", b"[");
    if let Some(update) = update {
        update.delegation_path().for_each(|role| object.element(&role));
    }
    object.close(b"]");
}
