//! Delegations by the hash of the target path: `path_hash_prefixes` (TUF specification 4.5) and
//! succinct roles (TAP 15).

use crate::digits::show_hex;
use crate::hash::sha256;
use crate::hex;
use heapless::String;

/// SHA-256 of a target path's UTF-8 bytes, which is what prefixes and bins are taken from.
pub(crate) struct PathHash {
    pub(crate) bytes: [u8; 32],
    /// The bytes in lowercase hexadecimal digits.
    digits: [u8; 64],
}

impl PathHash {
    pub(crate) fn new(path: &str) -> Self {
        let bytes = sha256(path.as_bytes());
        let mut digits = [0; 64];
        let (pairs, _) = digits.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(bytes) {
            *pair = hex::digits(byte);
        }
        PathHash { bytes, digits }
    }
}

/// Returns whether `prefix` may stand in `path_hash_prefixes`: 1 to 64 lowercase hexadecimal
/// digits, an odd number too.
pub(crate) fn is_valid_prefix(prefix: &[u8]) -> bool {
    (1..=64).contains(&prefix.len()) && hex::is_lowercase(prefix)
}

/// Returns whether the hexadecimal digits of `hash` start with `prefix`, which is a valid one.
pub(crate) fn matches_prefix(hash: &PathHash, prefix: &[u8]) -> bool {
    hash.digits.starts_with(prefix)
}

/// The number of the bin that a path falls into: the leading `bit_length` bits (1 to 32) of its
/// hash.
pub(crate) fn bin(hash: &[u8; 32], bit_length: u8) -> u32 {
    let [a, b, c, d, ..] = *hash;
    let unwanted = 32_u32.saturating_sub(u32::from(bit_length));
    u32::from_be_bytes([a, b, c, d]).checked_shr(unwanted).unwrap_or(0)
}

/// Returns the name of a bin: `prefix`, a hyphen, and the number in lowercase hexadecimal digits,
/// zero-padded to the width of the last bin's.
///
/// `None` when the name is longer than `N` bytes.
pub(crate) fn bin_name<const N: usize>(
    prefix: &str,
    bin: u32,
    bit_length: u8,
) -> Option<String<N>> {
    let mut name = String::new();
    name.push_str(prefix).and_then(|()| name.push('-')).ok()?;
    let mut fits = true;
    show_hex(usize::try_from(bin).ok()?, suffix_length(bit_length), &mut |digit| {
        fits &= name.push_str(digit).is_ok()
    });
    fits.then_some(name)
}

/// Returns whether a role is one of the bins of that prefix.
pub(crate) fn is_bin_name(role: &str, prefix: &str, bit_length: u8) -> bool {
    bin_of_name(role, prefix, bit_length).is_some()
}

/// Returns the number of the bin with this name, or `None` if it is none of that prefix.
pub(crate) fn bin_of_name(role: &str, prefix: &str, bit_length: u8) -> Option<u32> {
    let digits = role.strip_prefix(prefix)?.strip_prefix('-')?;
    let is_padded =
        digits.len() == suffix_length(bit_length) && hex::is_lowercase(digits.as_bytes());
    let bin = u32::from_str_radix(digits, 16).ok().filter(|_| is_padded)?;
    (u64::from(bin).checked_shr(u32::from(bit_length)) == Some(0)).then_some(bin)
}

fn suffix_length(bit_length: u8) -> usize {
    usize::from(bit_length.div_ceil(4))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn prefixes_of_every_length() {
        let hash = PathHash::new("django/Django-5.0.tar.gz");
        let text = format!("{}", hex::Hex(&hash.bytes));
        for length in 1..=64 {
            let prefix = &text[..length];
            assert!(is_valid_prefix(prefix.as_bytes()));
            assert!(matches_prefix(&hash, prefix.as_bytes()));
            for at in 0..length {
                let digit = u32::from_str_radix(&prefix[at..=at], 16).unwrap();
                let other = char::from_digit(digit ^ 1, 16).unwrap();
                let changed = format!("{}{other}{}", &prefix[..at], &prefix[at + 1..]);
                assert!(!matches_prefix(&hash, changed.as_bytes()), "{changed}");
            }
        }
    }

    #[test]
    fn prefixes_of_another_form_are_invalid() {
        let long = "0".repeat(65);
        for prefix in ["", "0g", " 0", "0 ", "0x", "+0", "AB", long.as_str(), "٠"] {
            assert!(!is_valid_prefix(prefix.as_bytes()), "{prefix}");
        }
    }

    #[test]
    fn a_name_that_does_not_fit_is_none() {
        assert_eq!(bin_name::<8>("bins", 0xfff, 12).unwrap(), "bins-fff");
        assert_eq!(bin_name::<7>("bins", 0xfff, 12), None);
    }

    #[test]
    fn a_bin_is_known_by_its_whole_name() {
        for (role, bit_length) in
            [("bins-0", 1), ("bins-1", 1), ("bins-3f", 6), ("bins-ffffffff", 32), ("bins-000", 12)]
        {
            assert!(is_bin_name(role, "bins", bit_length), "{role}");
        }
        for role in [
            "bins-40",
            "bins-0",
            "bins-000",
            "bins-3F",
            "bins-+1",
            "bins-g0",
            "bins3f",
            "bin-3f",
            "x-bins-3f",
            "bins",
            "",
        ] {
            assert!(!is_bin_name(role, "bins", 6), "{role}");
        }
    }

    #[test]
    fn bins_of_python_tuf() {
        for (path, bit_length, expected) in SUCCINCT {
            let number = bin(&PathHash::new(path).bytes, bit_length);
            assert_eq!(bin_name::<64>("bins", number, bit_length).unwrap(), expected);
        }
    }

    /// Paths, bit lengths, and what `SuccinctRoles.get_role_for_target` of python-tuf 7 answers for
    /// them.
    #[rustfmt::skip]
    const SUCCINCT: [(&str, u8, &str); 64] = [
        ("django", 1, "bins-0"), ("0b/de/x.whl", 1, "bins-0"),
        ("simple/numpy/", 2, "bins-2"), ("zope.interface", 2, "bins-1"),
        ("0b/de/x.whl", 3, "bins-2"), ("päckage/ü.whl", 3, "bins-1"),
        ("zope.interface", 4, "bins-4"), ("django", 4, "bins-7"),
        ("päckage/ü.whl", 5, "bins-06"), ("simple/numpy/", 5, "bins-12"),
        ("django", 6, "bins-1f"), ("0b/de/x.whl", 6, "bins-15"),
        ("simple/numpy/", 7, "bins-48"), ("zope.interface", 7, "bins-26"),
        ("0b/de/x.whl", 8, "bins-55"), ("päckage/ü.whl", 8, "bins-32"),
        ("zope.interface", 9, "bins-098"), ("django", 9, "bins-0fb"),
        ("päckage/ü.whl", 10, "bins-0c9"), ("simple/numpy/", 10, "bins-241"),
        ("django", 11, "bins-3ec"), ("0b/de/x.whl", 11, "bins-2ae"),
        ("simple/numpy/", 12, "bins-905"), ("zope.interface", 12, "bins-4c6"),
        ("0b/de/x.whl", 13, "bins-0abb"), ("päckage/ü.whl", 13, "bins-064f"),
        ("zope.interface", 14, "bins-1318"), ("django", 14, "bins-1f62"),
        ("päckage/ü.whl", 15, "bins-193d"), ("simple/numpy/", 15, "bins-4828"),
        ("django", 16, "bins-7d8a"), ("0b/de/x.whl", 16, "bins-55d8"),
        ("simple/numpy/", 17, "bins-120a1"), ("zope.interface", 17, "bins-098c6"),
        ("0b/de/x.whl", 18, "bins-15763"), ("päckage/ü.whl", 18, "bins-0c9e8"),
        ("zope.interface", 19, "bins-26318"), ("django", 19, "bins-3ec50"),
        ("päckage/ü.whl", 20, "bins-327a0"), ("simple/numpy/", 20, "bins-90509"),
        ("django", 21, "bins-0fb141"), ("0b/de/x.whl", 21, "bins-0abb1e"),
        ("simple/numpy/", 22, "bins-241424"), ("zope.interface", 22, "bins-1318c3"),
        ("0b/de/x.whl", 23, "bins-2aec7b"), ("päckage/ü.whl", 23, "bins-193d07"),
        ("zope.interface", 24, "bins-4c630e"), ("django", 24, "bins-7d8a08"),
        ("päckage/ü.whl", 25, "bins-064f41e"), ("simple/numpy/", 25, "bins-120a124"),
        ("django", 26, "bins-1f62820"), ("0b/de/x.whl", 26, "bins-15763d9"),
        ("simple/numpy/", 27, "bins-4828493"), ("zope.interface", 27, "bins-2631876"),
        ("0b/de/x.whl", 28, "bins-55d8f64"), ("päckage/ü.whl", 28, "bins-327a0f7"),
        ("zope.interface", 29, "bins-098c61da"), ("django", 29, "bins-0fb14107"),
        ("päckage/ü.whl", 30, "bins-0c9e83dd"), ("simple/numpy/", 30, "bins-24142499"),
        ("django", 31, "bins-3ec5041c"), ("0b/de/x.whl", 31, "bins-2aec7b20"),
        ("simple/numpy/", 32, "bins-90509266"), ("zope.interface", 32, "bins-4c630ed5"),
    ];
}
