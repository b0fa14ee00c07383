//! Names of target files in URLs and on disks: the core's `target_path`.

use alloc::vec::Vec;

use picotuf::Show;
use picotuf::target_path::{TargetFileName, UnsafePath, check_local as check, file_names};

use super::verifier::hashes;
use crate::object::Object;
use crate::text;

/// Returns what a target's file may be called in URLs: `{ names }`. `bytes` has its hashes, as for
/// its check, a line feed, and its path; nothing comes of hashes of which nothing comes there.
pub(crate) fn urls(bytes: &[u8], consistent: f64) -> Vec<u8> {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (listed, path) = bytes.split_at_checked(at).unwrap_or_default();
    let Some(hashes) = hashes(listed) else { return Vec::new() };
    let mut object = Object::new();
    object.open("names", b"[");
    for name in file_names(text(path.get(1..).unwrap_or_default()), &hashes, consistent != 0.0) {
        if let Err(reason) = name.url(&mut |_| {}) {
            return refusal("the path cannot be used in a URL: ", reason);
        }
        object.element(&Url(name));
    }
    object.close(b"]");
    object.end()
}

/// Nothing where a target's path may become that of a local file.
pub(crate) fn check_local(path: &str) -> Vec<u8> {
    match check(path) {
        Ok(()) => Vec::new(),
        Err(reason) => refusal("the path cannot be used for a local file: ", reason),
    }
}

fn refusal(what: &'static str, reason: UnsafePath) -> Vec<u8> {
    Object::refusal(&UnsafePath::CODE, &Both(what, reason), "repository").end()
}

struct Url<'t>(TargetFileName<'t>);

impl Show for Url<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        // It has been tried.
        self.0.url(out).ok();
    }
}

/// What cannot be done with a path, and why.
struct Both(&'static str, UnsafePath);

impl Show for Both {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(self.0);
        self.1.show(out);
    }
}
