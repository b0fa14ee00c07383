//! Conditional requests and ranges of a file (RFC 9110, 13 and 14).

use std::ops::Range;

/// The part of a file that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Bytes(Range<u64>),
    /// Bytes that the file does not have.
    Unsatisfiable,
}

/// Returns the part that the headers `Range` and `If-Range` ask for of a file with this length and
/// entity tag. Several ranges and unknown units are answered with the whole file, as RFC 9110
/// allows.
pub fn part(range: Option<&str>, if_range: Option<&str>, length: u64, etag: &str) -> Part {
    // A date is never compared, so that the whole file is sent.
    if if_range.is_some_and(|tag| tag.trim() != etag) {
        return Part::Whole;
    }
    let Some(ranges) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = ranges.split_once('-').filter(|_| !ranges.contains(',')) else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first.trim()), number(last.trim())) {
        (Some(first), _) if first >= length => Part::Unsatisfiable,
        (Some(first), None) if last.trim().is_empty() => Part::Bytes(first..length),
        (Some(first), Some(last)) if first <= last => {
            Part::Bytes(first..last.saturating_add(1).min(length))
        }
        (None, Some(0)) if first.trim().is_empty() => Part::Unsatisfiable,
        (None, Some(count)) if first.trim().is_empty() => match length {
            0 => Part::Unsatisfiable,
            _ => Part::Bytes(length.saturating_sub(count)..length),
        },
        _ => Part::Whole,
    }
}

/// Returns whether the header `If-None-Match` names this entity tag, so that the client has it.
pub fn is_unchanged(if_none_match: Option<&str>, etag: &str) -> bool {
    let Some(tags) = if_none_match else { return false };
    tags.trim() == "*"
        || tags.split(',').any(|tag| tag.trim().strip_prefix("W/").unwrap_or(tag.trim()) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_the_range_says_of_a_file_with_ten_bytes() {
        for (range, expected) in [
            (None, Part::Whole),
            (Some("bytes=0-0"), Part::Bytes(0..1)),
            (Some("bytes=2-5"), Part::Bytes(2..6)),
            (Some("bytes=2-"), Part::Bytes(2..10)),
            (Some("bytes=2-99"), Part::Bytes(2..10)),
            (Some("bytes=-3"), Part::Bytes(7..10)),
            (Some("bytes=-99"), Part::Bytes(0..10)),
            (Some("bytes=-0"), Part::Unsatisfiable),
            (Some("bytes=10-"), Part::Unsatisfiable),
            (Some("bytes=99999999999999999999-"), Part::Unsatisfiable),
            (Some("bytes=5-2"), Part::Whole),
            (Some("bytes=0-1,3-4"), Part::Whole),
            (Some("bytes=+1-2"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("lines=1-2"), Part::Whole),
        ] {
            assert_eq!(part(range, None, 10, "\"a\""), expected, "{range:?}");
        }
        assert_eq!(part(Some("bytes=-1"), None, 0, "\"a\""), Part::Unsatisfiable);
    }

    #[test]
    fn a_range_of_another_file_gets_the_whole_file() {
        let range = Some("bytes=0-0");
        assert_eq!(part(range, Some("\"a\""), 10, "\"a\""), Part::Bytes(0..1));
        assert_eq!(part(range, Some("\"b\""), 10, "\"a\""), Part::Whole);
        assert_eq!(part(range, Some("W/\"a\""), 10, "\"a\""), Part::Whole);
        assert_eq!(part(range, Some("Sun, 29 Nov 2026 00:00:00 GMT"), 10, "\"a\""), Part::Whole);
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        for (tags, expected) in [
            (None, false),
            (Some("\"a\""), true),
            (Some("\"b\", W/\"a\""), true),
            (Some("*"), true),
            (Some("\"b\""), false),
            (Some("a"), false),
        ] {
            assert_eq!(is_unchanged(tags, "\"a\""), expected, "{tags:?}");
        }
    }
}
