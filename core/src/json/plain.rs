//! Finds the end of the bytes of a string that stand for themselves.

use crate::SMALL;

/// Whether bytes are looked at by eights, which takes more code.
pub(super) const BY_EIGHTS: bool = !SMALL;

/// Returns how many bytes at the front of `text` are ASCII that stands for itself in a JSON string:
/// looked at by eights.
#[cfg_attr(not(feature = "small"), inline)]
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let (words, _) = if BY_EIGHTS { text.as_chunks::<8>() } else { Default::default() };
    let mut length = 0_usize;
    for word in words {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            let before = special.trailing_zeros().wrapping_shr(3);
            return length.wrapping_add(usize::try_from(before).unwrap_or(0));
        }
        length = length.wrapping_add(8);
    }
    let rest = text.get(length..).unwrap_or_default();
    length.wrapping_add(
        rest.iter()
            .take_while(|byte| matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\'))
            .count(),
    )
}

/// Sets the high bit of each byte that is a quote, a backslash, a control character or not ASCII;
/// above the lowest such byte it may set others too.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const QUOTES: u64 = 0x2222_2222_2222_2222;
    const BACKSLASHES: u64 = 0x5c5c_5c5c_5c5c_5c5c;
    const SPACES: u64 = 0x2020_2020_2020_2020;
    let quote = word ^ QUOTES;
    let backslash = word ^ BACKSLASHES;
    let found = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(SPACES) & !word)
        | word;
    found & HIGH
}
