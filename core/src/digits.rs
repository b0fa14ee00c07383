//! Numbers as text, digit by digit.

/// Shows a number in decimal digits, with zeros in front up to that width.
pub(crate) fn show_decimal(number: u64, width: usize, out: &mut dyn FnMut(&str)) {
    if number > 9 || width > 1 {
        show_decimal(number / 10, width.saturating_sub(1), out);
    }
    show_digit(usize::try_from(number % 10).unwrap_or(0), out);
}

/// Shows the last `width` hexadecimal digits of a number, in lowercase.
pub(crate) fn show_hex(number: usize, width: usize, out: &mut dyn FnMut(&str)) {
    if width > 1 {
        show_hex(number >> 4, width.saturating_sub(1), out);
    }
    show_digit(number & 0x0f, out);
}

fn show_digit(digit: usize, out: &mut dyn FnMut(&str)) {
    out("0123456789abcdef".get(digit..=digit).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for number in
            [0, 1, 9, 10, 99, 100, 1234, u64::from(u32::MAX), i64::MAX.unsigned_abs(), u64::MAX]
        {
            for width in [0, 1, 2, 4, 20] {
                let mut text = String::new();
                show_decimal(number, width, &mut |digit| text.push_str(digit));
                assert_eq!(text, format!("{number:0width$}"));
            }
        }
    }

    #[test]
    fn hexadecimal_digits_are_those_of_the_standard_library() {
        for number in [0, 1, 0xf, 0x10, 0x3fff, 0xabcd_ef01, 0xffff_ffff] {
            for width in format!("{number:x}").len()..=8 {
                let mut text = String::new();
                show_hex(number, width, &mut |digit| text.push_str(digit));
                assert_eq!(text, format!("{number:0width$x}"));
            }
        }
    }
}
