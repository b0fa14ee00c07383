//! Text that is made piece by piece. What the standard library formats with takes some KB, so that
//! `Display` is one line over this.

use core::fmt;

/// A value that can be written as text without `core::fmt`. The text is the same as that of
/// `Display`.
pub trait Show {
    /// Gives the text to `out`, piece by piece.
    fn show(&self, out: &mut dyn FnMut(&str));
}

impl Show for &str {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(self);
    }
}

/// In decimal digits.
impl Show for u64 {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        crate::digits::show_decimal(*self, 1, out);
    }
}

/// A text from elsewhere as one line that is safe to print on a terminal: each character that
/// breaks the line, changes the writing direction, is invisible or controls the terminal is written
/// as `\u{…}`.
///
/// These are the control characters, the format characters and the line separators of Unicode (the
/// categories Cc, Cf, Zl and Zp), and what else it says may be left out when text is shown
/// (`Default_Ignorable_Code_Point`).
///
/// ```
/// use picotuf::OneLine;
///
/// assert_eq!(OneLine("six\u{202e}zip.\n").to_string(), r"six\u{202e}zip.\u{a}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OneLine<'t>(pub &'t str);

impl OneLine<'_> {
    /// Returns whether [`OneLine`] escapes this character.
    pub fn writes_out(character: char) -> bool {
        character.is_control()
            || (character >= '\u{ad}' && ODD.iter().any(|range| range.contains(&character)))
    }
}

impl Show for OneLine<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let mut rest = self.0;
        while let Some((place, odd)) =
            rest.char_indices().find(|(_, character)| Self::writes_out(*character))
        {
            let (plain, behind) = rest.split_at_checked(place).unwrap_or((rest, ""));
            out(plain);
            out("\\u{");
            show_hex(odd.into(), out);
            out("}");
            rest = behind.get(odd.len_utf8()..).unwrap_or_default();
        }
        out(rest);
    }
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

/// In hexadecimal digits, without zeros in front.
fn show_hex(number: u32, out: &mut dyn FnMut(&str)) {
    let places =
        (0..u32::BITS).step_by(4).rev().skip_while(|place| number >> place == 0 && *place > 0);
    for place in places {
        let digit = usize::try_from((number >> place) & 0xf).unwrap_or(0);
        out("0123456789abcdef".get(digit..=digit).unwrap_or_default());
    }
}

/// What is not shown as it is besides control characters, as of Unicode 17.
const ODD: &[core::ops::RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    // A pattern of Braille without a dot: a space that is none.
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Does as `Display` has to.
pub(crate) fn display(value: &dyn Show, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut result = Ok(());
    value.show(&mut |piece| {
        if result.is_ok() {
            result = formatter.write_str(piece);
        }
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn what_steers_a_terminal_or_is_not_seen_is_written_out() {
        for (text, shown) in [
            ("", ""),
            ("six-1.0.zip", "six-1.0.zip"),
            ("é 漢字 \u{1f600} \\u{a}", "é 漢字 \u{1f600} \\u{a}"),
            ("a\nb\r\0\u{1b}[31m\u{9b}c", r"a\u{a}b\u{d}\u{0}\u{1b}[31m\u{9b}c"),
            ("\u{202e}gpj.exe\u{2028}", r"\u{202e}gpj.exe\u{2028}"),
            ("\u{61c}\u{200b}\u{e0041}\u{ad}", r"\u{61c}\u{200b}\u{e0041}\u{ad}"),
        ] {
            assert_eq!(OneLine(text).to_string(), shown, "{text:?}");
        }
    }

    #[test]
    fn the_ranges_are_in_order() {
        let ends = || ODD.iter().flat_map(|range| [*range.start(), *range.end()]);
        assert!(ends().is_sorted() && ODD.windows(2).all(|two| two[0].end() < two[1].start()));
    }
}
