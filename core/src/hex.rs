//! Hexadecimal text, as TUF writes keys, signatures and hashes.
//!
//! Text is checked as a whole: an even number of digits, every one of them `0-9`, `a-f` or `A-F`.
//! What is compared later are the bytes, so the case of the digits does not matter.

use core::fmt;

use crate::digits::show_hex;
use crate::show::{Show, display};

/// Decodes `text` into the front of `out` and returns the number of bytes written.
///
/// `None` when `text` has an odd number of digits, holds anything but hexadecimal digits, or does
/// not fit into `out`; `out` may then hold some decoded bytes. Empty text gives `Some(0)`.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let out = out.get_mut(..pairs.len())?;
    let mut seen = 0;
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (digit(*high), digit(*low));
        seen |= high | low;
        *byte = high.wrapping_shl(4) | low;
    }
    (seen & NO_DIGIT == 0).then_some(pairs.len())
}

/// Decodes `text` that must stand for exactly `N` bytes.
pub(crate) fn decode_exact<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    (decode(text, &mut out)? == N).then_some(out)
}

/// Decodes `text` that must stand for exactly so many bytes, at most what its caller has bounded.
#[cfg(any(feature = "ml-dsa", feature = "rsa"))]
pub(crate) fn decode_boxed(text: &[u8], length: usize) -> Option<alloc::boxed::Box<[u8]>> {
    if text.len() / 2 != length {
        return None;
    }
    let mut out = alloc::vec![0; length].into_boxed_slice();
    (decode(text, &mut out)? == length).then_some(out)
}

/// Returns whether `text` holds hexadecimal digits only; true for empty text.
#[inline]
pub(crate) fn is_hex(text: &[u8]) -> bool {
    // All are looked at, so that many can be at one time.
    text.iter().fold(true, |so_far, byte| so_far & byte.is_ascii_hexdigit())
}

/// Returns whether `text` holds lowercase hexadecimal digits only; true for empty text.
pub(crate) fn is_lowercase(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Displays bytes as lowercase hexadecimal digits.
#[derive(Clone, Copy)]
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl Show for Hex<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        for byte in self.0 {
            show_hex(usize::from(*byte), 2, out);
        }
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, f)
    }
}

/// Returns the two digits of a byte, in lowercase.
pub(crate) fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0x0f]
        .map(|nibble| if nibble < 10 { b'0' | nibble } else { nibble.wrapping_add(b'a' - 10) })
}

/// Returns the value of a digit, or [`NO_DIGIT`].
fn digit(byte: u8) -> u8 {
    DIGITS.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT)
}

/// What each byte stands for as a digit; [`NO_DIGIT`] for those that are none.
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where From and get are not to be had"
)]
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0_u8;
    while value < 16 {
        let (lower, upper) = (*b"0123456789abcdef", *b"0123456789ABCDEF");
        digits[lower[value as usize] as usize] = value;
        digits[upper[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// Its high bits are set, as those of no digit are.
const NO_DIGIT: u8 = 0xf0;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn every_byte_survives_both_cases() {
        for byte in 0..=u8::MAX {
            let lower = format!("{}", Hex(&[byte]));
            assert_eq!(lower, format!("{byte:02x}"));
            assert_eq!(decode_exact(lower.as_bytes()), Some([byte]));
            assert_eq!(decode_exact(lower.to_uppercase().as_bytes()), Some([byte]));
        }
    }

    #[test]
    fn only_hexadecimal_digits_are_taken() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_hexdigit();
            assert_eq!(decode(&[byte, b'0'], &mut [0]).is_some(), expected, "{byte}");
            assert_eq!(decode(&[b'0', byte], &mut [0]).is_some(), expected, "{byte}");
            assert_eq!(is_hex(&[b'0', byte, b'F']), expected, "{byte}");
            let lowercase = expected && !byte.is_ascii_uppercase();
            assert_eq!(is_lowercase(&[b'0', byte]), lowercase, "{byte}");
        }
    }

    #[test]
    fn length_is_exact() {
        let mut out = [0; 2];
        assert_eq!(decode(b"", &mut out), Some(0));
        assert_eq!(decode(b"0", &mut out), None);
        assert_eq!(decode(b"0102", &mut out), Some(2));
        assert_eq!(out, [1, 2]);
        assert_eq!(decode(b"010203", &mut out), None);
        assert_eq!(decode(b"01020", &mut out), None);
        assert_eq!(decode_exact::<2>(b"01"), None);
        assert_eq!(decode_exact::<2>(b"010203"), None);
        assert_eq!(decode_exact::<2>(b"0aFf"), Some([0x0a, 0xff]));
    }
}
