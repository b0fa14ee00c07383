//! Numbers as text, digit by digit: what the standard library formats with takes some KB, and nothing else here needs it.

use core::fmt::{self, Write};

/// Writes a number in decimal digits, with zeros in front up to that width.
pub(crate) fn write_decimal(number: u64, width: usize, out: &mut dyn Write) -> fmt::Result {
    if number > 9 || width > 1 {
        write_decimal(number / 10, width.saturating_sub(1), out)?;
    }
    write_digit(u32::try_from(number % 10).unwrap_or(0), out)
}

/// Writes the last `width` hexadecimal digits of a number, in lowercase.
pub(crate) fn write_hex(number: u32, width: usize, out: &mut dyn Write) -> fmt::Result {
    if width > 1 {
        write_hex(number >> 4, width.saturating_sub(1), out)?;
    }
    write_digit(number & 0x0f, out)
}

fn write_digit(digit: u32, out: &mut dyn Write) -> fmt::Result {
    out.write_char(char::from_digit(digit, 16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 99, 100, 1234, u64::from(u32::MAX), i64::MAX.unsigned_abs(), u64::MAX] {
            for width in [0, 1, 2, 4, 20] {
                let mut text = String::new();
                write_decimal(number, width, &mut text).unwrap();
                assert_eq!(text, format!("{number:0width$}"));
            }
        }
    }

    #[test]
    fn hexadecimal_digits_are_those_of_the_standard_library() {
        for number in [0, 1, 0xf, 0x10, 0x3fff, 0xabcd_ef01, u32::MAX] {
            for width in format!("{number:x}").len()..=8 {
                let mut text = String::new();
                write_hex(number, width, &mut text).unwrap();
                assert_eq!(text, format!("{number:0width$x}"));
            }
        }
    }
}
