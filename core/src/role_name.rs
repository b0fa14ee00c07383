//! Role names as parts of URLs and as names of files.
//!
//! A role name is any text that a delegator chose. Here it becomes something that no transport and
//! no file system can take for a path.

use crate::hash::sha256;
use crate::hex::{Hex, digits};
use crate::show::Show as _;

/// Writes the URL file name of a role's metadata without a version: the percent-encoded name and
/// `.json`.
///
/// All but `A-Za-z0-9_.-~` becomes `%` and two uppercase hexadecimal digits for each byte of its
/// UTF-8 form, `/` too. This is how python-tuf asks.
pub fn url_name(role: &str, out: &mut dyn FnMut(&str)) {
    encode(role.as_bytes(), false, out);
    out(EXTENSION);
}

/// Writes the URL file name of a role's metadata, with a version and a dot in front if there is
/// one, as a [`FileRequest`](crate::FileRequest) asks for it.
pub fn versioned_url_name(version: Option<u64>, role: &str, out: &mut dyn FnMut(&str)) {
    if let Some(version) = version {
        version.show(out);
        out(".");
    }
    url_name(role, out);
}

/// Writes the file name under which a folder keeps a role's metadata. It has at most 255 ASCII
/// characters and is a plain file name on every system.
///
/// It is that of [`url_name`], so that other tools find the file, but for three kinds of names:
/// - one that a file system which ignores case would take for a top-level role's file, like `Root`,
///   has its first letter encoded too: `%52oot.json`;
/// - so has one that Windows keeps for a device, with or without something behind a dot, like `con`
///   or `NUL.txt`;
/// - one that would be too long becomes `%sha256-` and the SHA-256 of the role's name in
///   hexadecimal digits. No encoded name looks like that.
///
/// Two roles never share a name, but where case is ignored two that differ in nothing else do share
/// a file. That is a lost download, not a lost check: what is read from the folder is verified
/// again, with the keys of the role that was asked for and the version and hashes that the snapshot
/// lists for it, and is fetched again when it does not hold.
pub fn file_name(role: &str, out: &mut dyn FnMut(&str)) {
    let bytes = role.as_bytes();
    if encoded_length(bytes).saturating_add(EXTENSION.len()) > MAX_FILE_NAME {
        out("%sha256-");
        Hex(&sha256(bytes)).show(out);
    } else {
        let (first, rest) = bytes.split_at_checked(1).unwrap_or((bytes, &[]));
        encode(first, is_clash(role), out);
        encode(rest, false, out);
    }
    out(EXTENSION);
}

/// Percent-encodes all bytes, or those alone that are not plain.
pub(crate) fn encode(bytes: &[u8], all: bool, out: &mut dyn FnMut(&str)) {
    for byte in bytes {
        let mut shown = |byte: u8| out(char::from(byte).encode_utf8(&mut [0; 4]));
        if is_plain(*byte) && !all {
            shown(*byte);
        } else {
            shown(b'%');
            digits(*byte).iter().for_each(|digit| shown(digit.to_ascii_uppercase()));
        }
    }
}

/// Returns the length as [`file_name`] encodes it; the first letter counts three times, so that a
/// clash is no case of its own.
fn encoded_length(bytes: &[u8]) -> usize {
    let encoded = bytes.iter().filter(|byte| !is_plain(**byte)).count();
    encoded.saturating_mul(2).saturating_add(bytes.len()).saturating_add(2)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'~')
}

/// Returns whether the plain name stands for something else on a system that ignores case, or on
/// Windows.
fn is_clash(role: &str) -> bool {
    let top_level = TOP_LEVEL.iter().any(|name| *name != role && name.eq_ignore_ascii_case(role));
    // Windows looks at what stands before the first dot. Blanks and the superscript digits of
    // `COM¹` are encoded anyway.
    let stem = role.as_bytes().split(|byte| *byte == b'.').next().unwrap_or_default();
    let (name, number) = stem.split_at_checked(3).unwrap_or_default();
    let kept = match number {
        [] => DEVICES,
        [b'0'..=b'9'] => PORTS,
        _ => &[],
    };
    top_level || kept.iter().any(|device| device.eq_ignore_ascii_case(name))
}

const EXTENSION: &str = ".json";

/// What the usual file systems allow for one name, in bytes.
const MAX_FILE_NAME: usize = 255;

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// The devices of Windows that have no number (`CONIN$` and `CONOUT$` hold a character that is
/// encoded).
const DEVICES: &[[u8; 3]] = &[*b"con", *b"prn", *b"aux", *b"nul"];

/// The devices that have one, of a single digit; 0 is reserved in some versions of Windows.
const PORTS: &[[u8; 3]] = &[*b"com", *b"lpt"];

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::BTreeSet;
    use std::format;
    use std::string::String;

    fn url(role: &str) -> String {
        let mut out = String::new();
        url_name(role, &mut |piece| out.push_str(piece));
        out
    }

    fn file(role: &str) -> String {
        let mut out = String::new();
        file_name(role, &mut |piece| out.push_str(piece));
        out
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for role in [
            "root",
            "timestamp",
            "snapshot",
            "targets",
            "bins",
            "bins-3fff",
            "0a3",
            "Django",
            "zope.interface",
            "a_b-c~d",
            "console",
            "com",
            "com10",
            "compact",
            "lpt",
            "auxiliary",
            "rooted",
            "nul-1",
            "~",
            "a.con",
            "1.root",
        ] {
            assert_eq!(url(role), format!("{role}.json"));
            assert_eq!(file(role), format!("{role}.json"));
        }
    }

    #[test]
    fn everything_else_is_encoded() {
        // Values of Python's `urllib.parse.quote(role, "")`.
        for (role, expected) in [
            ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
            ("a\\b", "a%5Cb"),
            ("C:evil", "C%3Aevil"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("a b?c#d&e=f+g", "a%20b%3Fc%23d%26e%3Df%2Bg"),
            ("päckage", "p%C3%A4ckage"),
            ("🐍", "%F0%9F%90%8D"),
            ("a\0b\n\x7f", "a%00b%0A%7F"),
            ("!*'()[]{}$,;@^`|<>\"", "%21%2A%27%28%29%5B%5D%7B%7D%24%2C%3B%40%5E%60%7C%3C%3E%22"),
            ("", ""),
            (".", "."),
            ("..", ".."),
            ("a.", "a."),
            ("a ", "a%20"),
        ] {
            assert_eq!(url(role), format!("{expected}.json"));
            assert_eq!(file(role), format!("{expected}.json"));
        }
    }

    #[test]
    fn every_character_gives_a_plain_file_name() {
        let mut seen = BTreeSet::new();
        for character in '\0'..='\u{3000}' {
            let name = file(&String::from(character));
            assert!(name.bytes().all(|byte| is_plain(byte) || byte == b'%'), "{name}");
            assert_eq!(name, url(&String::from(character)));
            assert!(seen.insert(name));
        }
    }

    #[test]
    fn names_that_clash_with_a_top_level_role_or_a_device() {
        for (role, expected) in [
            ("Root", "%52oot.json"),
            ("ROOT", "%52OOT.json"),
            ("rOOT", "%72OOT.json"),
            ("Timestamp", "%54imestamp.json"),
            ("snapshoT", "%73napshoT.json"),
            ("TARGETS", "%54ARGETS.json"),
            ("con", "%63on.json"),
            ("NUL", "%4EUL.json"),
            ("nul.txt", "%6Eul.txt.json"),
            ("Aux.a.b", "%41ux.a.b.json"),
            ("prn.", "%70rn..json"),
            ("com1", "%63om1.json"),
            ("LPT9", "%4CPT9.json"),
        ] {
            assert_eq!(file(role), expected);
            assert_eq!(url(role), format!("{role}.json"));
            // The role that is literally called so is another file.
            let literal = expected.strip_suffix(".json").unwrap();
            assert_eq!(file(literal), expected.replace('%', "%25"));
        }
    }

    #[test]
    fn no_name_is_too_long_and_no_two_are_the_same() {
        let mut seen = BTreeSet::new();
        for letter in ["a", "A", "ä", "/"] {
            for count in 1..=400 {
                let role = letter.repeat(count);
                let name = file(&role);
                assert!(name.len() <= MAX_FILE_NAME, "{role}");
                assert!(seen.insert(name), "{role}");
            }
        }
        let longest = "a".repeat(248);
        assert_eq!(file(&longest), url(&longest));
        let hash = format!("{}", Hex(&sha256("a".repeat(300).as_bytes())));
        assert_eq!(file(&"a".repeat(300)), format!("%sha256-{hash}.json"));
        assert_eq!(file(&format!("%sha256-{hash}")), format!("%25sha256-{hash}.json"));
        let device = format!("con.{}", "a".repeat(244));
        assert_eq!(file(&device).len(), "%63on..json".len() + 244);
    }
}
