//! The start of a text that stands in metadata, to be shown to people: bounded, `Copy`, on one
//! line.

use core::fmt;

use crate::show::{Show, display};

/// The first `N` bytes of a text, cut between characters. `N` is at most 254.
///
/// Whatever is no printable ASCII has become `?`, so that it can neither break a line nor steer a
/// terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt<const N: usize> {
    // Zero behind `length`, so that equality may be derived.
    bytes: [u8; N],
    /// Of the text; one more than `N` where it is longer.
    length: u8,
}

impl<const N: usize> Excerpt<N> {
    #[inline(never)]
    pub(crate) fn of(text: &[u8]) -> Self {
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(text) {
            *to = if matches!(from, b' '..=b'~') { *from } else { b'?' };
        }
        let length = text.len().min(N.saturating_add(1));
        Excerpt { bytes, length: u8::try_from(length).unwrap_or(u8::MAX) }
    }

    /// Returns the text that was kept.
    pub fn as_str(&self) -> &str {
        let kept = self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes);
        // It is ASCII.
        core::str::from_utf8(kept).unwrap_or_default()
    }

    /// Returns whether the original text is longer.
    pub fn is_cut(&self) -> bool {
        usize::from(self.length) > N
    }
}

impl<const N: usize> Show for Excerpt<N> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(self.as_str());
        if self.is_cut() {
            out("…");
        }
    }
}

impl<const N: usize> fmt::Display for Excerpt<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl<const N: usize> fmt::Debug for Excerpt<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Excerpt({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_text_of_the_length_is_whole_and_a_longer_one_is_cut() {
        for (text, shown) in
            [("", ""), ("abc", "abc"), ("abcd", "abcd"), ("abcde", "abcd…"), ("abcdef", "abcd…")]
        {
            let excerpt = Excerpt::<4>::of(text.as_bytes());
            assert_eq!(excerpt.to_string(), shown);
            assert_eq!(excerpt.is_cut(), text.len() > 4);
        }
        assert_ne!(Excerpt::<4>::of(b"abcd"), Excerpt::<4>::of(b"abcde"));
    }

    #[test]
    fn it_is_one_line_of_ascii() {
        assert_eq!(Excerpt::<9>::of("a\nb\u{1b}\0é ~".as_bytes()).to_string(), "a?b???? ~");
    }
}
