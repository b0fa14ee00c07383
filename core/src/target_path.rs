//! Paths of targets as parts of URLs and as paths of local files.
//!
//! A target's path is any text that a role lists. Here it becomes something that no server and no
//! file system can take for another place, or is refused, the same on every system, so that a
//! repository cannot tell them apart.

use core::fmt;

use crate::hash::{Digest, Hashes};
use crate::role_name::encode;
use crate::show::{Show, display};

/// Writes a target path as it appears in a URL: every byte of its UTF-8 form except `A-Za-z0-9_.-~`
/// and `/` is percent-encoded with uppercase digits.
pub fn url_path(path: &str, out: &mut dyn FnMut(&str)) {
    for byte in path.bytes() {
        match byte {
            b'/' => out("/"),
            byte => encode(&[byte], false, out),
        }
    }
}

/// Returns the names under which the repository serves a target. With consistent snapshots, there
/// is one name for each hash, with the hash in front of the last part of the path (spec §6.2).
/// Otherwise it is the path alone.
pub fn file_names<'t>(
    path: &'t str,
    hashes: &'t Hashes,
    consistent: bool,
) -> impl Iterator<Item = TargetFileName<'t>> {
    let plain = (!consistent).then_some(TargetFileName { path, digest: None });
    let hashed = hashes.iter().filter(move |_| consistent);
    plain.into_iter().chain(hashed.map(move |digest| TargetFileName { path, digest: Some(digest) }))
}

/// A name under which the repository serves a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetFileName<'t> {
    path: &'t str,
    digest: Option<&'t Digest>,
}

impl TargetFileName<'_> {
    /// Writes the name as it appears in a URL below the target base URL.
    ///
    /// # Errors
    /// [`UnsafePath::Dots`], which would lead elsewhere: what a URL has of it is resolved by
    /// whoever sends it.
    pub fn url(&self, out: &mut dyn FnMut(&str)) -> Result<(), UnsafePath> {
        if parts(self.path).any(is_dots) {
            return Err(UnsafePath::Dots);
        }
        self.show(&mut |piece| url_path(piece, out));
        Ok(())
    }
}

impl Show for TargetFileName<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let Some(digest) = self.digest else { return out(self.path) };
        let last = parts(self.path).last().map_or(0, <[u8]>::len);
        let (folders, name) =
            self.path.split_at_checked(self.path.len().saturating_sub(last)).unwrap_or_default();
        out(folders);
        digest.show(out);
        out(".");
        out(name);
    }
}

impl fmt::Display for TargetFileName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

/// Checks that a target path is safe as a local path below a folder, on every system. The host has
/// to check for symbolic links.
///
/// # Errors
/// For the first part of the path that is no name of a file or a folder.
pub fn check_local(path: &str) -> Result<(), UnsafePath> {
    parts(path).try_for_each(check_part)
}

/// The reason why a target path is not safe in a URL or as a local path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsafePath {
    /// A part is empty: the path may be absolute, or that of a folder.
    Empty,
    /// A part is `.` or `..`.
    Dots,
    /// A part has a control character, or one of `\:*?"<>|`, which Windows takes for a separator, a
    /// drive, a stream or a pattern.
    Character,
    /// A part ends with a dot or a blank, which Windows leaves out.
    End,
    /// A part is the name of a device on Windows, with or without something behind a dot.
    Device,
    /// A part is longer than [`NAME_LENGTH_MAX`].
    Length,
    /// A part has the name of a [temporary file](TEMPORARY_PREFIX).
    Temporary,
}

impl UnsafePath {
    /// The stable name of all of them, for programs.
    pub const CODE: &'static str = "unsafe-target-path";
}

impl Show for UnsafePath {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(match self {
            UnsafePath::Empty => "it has an empty component",
            UnsafePath::Dots => "it has a component `.` or `..`",
            UnsafePath::Character => {
                "it has a character that file names may not have on every system"
            }
            UnsafePath::End => "a component ends with a dot or a blank",
            UnsafePath::Device => "a component is the name of a device on Windows",
            UnsafePath::Length => "a component is too long for a file's name",
            UnsafePath::Temporary => "it has the name of a temporary file of this program",
        });
    }
}

impl fmt::Display for UnsafePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl core::error::Error for UnsafePath {}

/// The maximum length of a file name on common systems, in bytes.
pub const NAME_LENGTH_MAX: usize = 255;

/// The prefix of the names of files that a host has not finished writing.
pub const TEMPORARY_PREFIX: &str = ".picotuf-";

/// Bytes are looked at, and not characters: what reads those takes some KB.
fn parts(path: &str) -> impl Iterator<Item = &[u8]> {
    path.as_bytes().split(|byte| *byte == b'/')
}

fn check_part(part: &[u8]) -> Result<(), UnsafePath> {
    Err(match part {
        [] => UnsafePath::Empty,
        _ if part.len() > NAME_LENGTH_MAX => UnsafePath::Length,
        _ if is_dots(part) => UnsafePath::Dots,
        _ if has_odd_character(part) => UnsafePath::Character,
        [.., b'.' | b' '] => UnsafePath::End,
        _ if is_device(part) => UnsafePath::Device,
        _ if part.starts_with(TEMPORARY_PREFIX.as_bytes()) => UnsafePath::Temporary,
        _ => return Ok(()),
    })
}

fn is_dots(part: &[u8]) -> bool {
    matches!(part, b"." | b"..")
}

fn has_odd_character(part: &[u8]) -> bool {
    let mut before = 0;
    part.iter().any(|byte| {
        // Of the control characters beyond ASCII, which are two bytes long, the first byte is this
        // one.
        let is_control = byte.is_ascii_control() || (before == 0xc2 && matches!(byte, 0x80..=0x9f));
        before = *byte;
        is_control || b"\\:*?\"<>|".contains(byte)
    })
}

/// `CON` and its like, and `COM1` to `LPT9`, with the superscript digits that Windows takes for
/// digits. What stands behind a dot does not count, nor do blanks before it.
fn is_device(part: &[u8]) -> bool {
    let mut stem = part.split(|byte| *byte == b'.').next().unwrap_or_default();
    while let [rest @ .., b' '] = stem {
        stem = rest;
    }
    let (name, number) = stem.split_at_checked(3).unwrap_or_default();
    let names: &[&[u8]] = match number {
        [] => &[b"con", b"prn", b"aux", b"nul"],
        // The second byte of the superscripts.
        [b'0'..=b'9'] | [0xc2, 0xb9 | 0xb2 | 0xb3] => &[b"com", b"lpt"],
        _ => {
            return [&b"conin$"[..], b"conout$"]
                .iter()
                .any(|device| stem.eq_ignore_ascii_case(device));
        }
    };
    names.iter().any(|device| name.eq_ignore_ascii_case(device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::HashAlgorithm;
    use std::format;
    use std::string::{String, ToString as _};
    use std::vec::Vec;

    fn hashes() -> Hashes {
        let mut hashes = Hashes::new();
        for (algorithm, digit) in [(HashAlgorithm::Sha256, "a"), (HashAlgorithm::Sha512, "b")] {
            let text = digit.repeat(2 * algorithm.length());
            hashes.insert(Digest::from_hex(algorithm, text.as_bytes()).unwrap());
        }
        hashes
    }

    fn urls(path: &str, consistent: bool) -> Vec<Result<String, UnsafePath>> {
        let url = |name: TargetFileName<'_>| {
            let mut text = String::new();
            name.url(&mut |piece| text.push_str(piece)).map(|()| text)
        };
        file_names(path, &hashes(), consistent).map(url).collect()
    }

    #[test]
    fn a_url_keeps_its_slashes_and_little_else() {
        assert_eq!(
            urls("a b/torch+cu?#%é.whl", false),
            [Ok("a%20b/torch%2Bcu%3F%23%25%C3%A9.whl".into())]
        );
        assert_eq!(urls("/a//b_.-~/", false), [Ok("/a//b_.-~/".into())]);
        assert_eq!(urls("%2e%2e/x", false), [Ok("%252e%252e/x".into())]);
        for path in ["../x", "x/..", "a/./b", "."] {
            assert_eq!(urls(path, false), [Err(UnsafePath::Dots)], "{path}");
            assert_eq!(urls(path, true), [Err(UnsafePath::Dots), Err(UnsafePath::Dots)], "{path}");
        }
    }

    #[test]
    fn each_hash_stands_in_front_of_the_last_part() {
        let (a, b) = ("a".repeat(64), "b".repeat(128));
        for (path, folder, name) in
            [("x y", "", "x%20y"), ("a/b+/c", "a/b%2B/", "c"), ("/c", "/", "c"), ("a/", "a/", "")]
        {
            let expected = [Ok(format!("{folder}{a}.{name}")), Ok(format!("{folder}{b}.{name}"))];
            assert_eq!(urls(path, true), expected, "{path}");
        }
        let hashes = hashes();
        let names: Vec<_> =
            file_names("a b/c", &hashes, true).map(|name| name.to_string()).collect();
        assert_eq!(names, [format!("a b/{a}.c"), format!("a b/{b}.c")]);
    }

    #[test]
    fn what_is_no_name_on_some_system_is_no_local_path() {
        for path in [
            "a",
            "...a",
            "a+b",
            "é",
            "com",
            "com10",
            "console",
            "a b",
            "COMA",
            "a/b/c.whl",
            "lpté",
            "comé1",
            "nu",
        ] {
            assert_eq!(check_local(path), Ok(()), "{path}");
        }
        for (reason, paths) in [
            (UnsafePath::Empty, &["", "/etc/passwd", "a//x", "a/"][..]),
            (UnsafePath::Dots, &["../x", "a/../x", "a/./x", ".."]),
            (
                UnsafePath::Character,
                &["a\\..\\x", "C:x", "c:/x", "x:stream", "a\0b", "a\nb", "a\u{85}", "a*", "a|b"],
            ),
            (UnsafePath::End, &["x.", "x ", "a/b./c"]),
            (
                UnsafePath::Device,
                &["nul", "NUL.txt", "a/con", "com1", "lpt9.whl", "LPT\u{b9}", "aux .txt", "CONIN$"],
            ),
            (UnsafePath::Temporary, &[".picotuf-x", "a/.picotuf-x"]),
        ] {
            for path in paths {
                assert_eq!(check_local(path), Err(reason), "{path:?}");
            }
        }
    }
}
