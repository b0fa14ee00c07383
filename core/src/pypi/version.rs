//! Versions (PEP 440), only as far as it takes to tell one from other text in a file's name.

/// Whether `text` is a version in any spelling that PEP 440 allows.
pub fn is_version(text: &str) -> bool {
    parse(text.as_bytes()).is_some_and(<[u8]>::is_empty)
}

/// What is left behind the longest version at the front.
fn parse(text: &[u8]) -> Option<&[u8]> {
    let text = word(text, &["v"]).unwrap_or(text);
    let mut rest = digits(text)?;
    if let [b'!', behind @ ..] = rest {
        rest = digits(behind)?;
    }
    while let [b'.', behind @ ..] = rest
        && let Some(behind) = digits(behind)
    {
        rest = behind;
    }
    rest = segment(rest, &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"]).unwrap_or(rest);
    rest = match rest {
        [b'-', behind @ ..] => digits(behind),
        _ => None,
    }
    .or_else(|| segment(rest, &["post", "rev", "r"]))
    .unwrap_or(rest);
    rest = segment(rest, &["dev"]).unwrap_or(rest);
    if let [b'+', behind @ ..] = rest {
        rest = alphanumerics(behind)?;
        while let [b'-' | b'_' | b'.', behind @ ..] = rest {
            rest = alphanumerics(behind)?;
        }
    }
    Some(rest)
}

/// One of the words, which may have a separator before it, and a separator and a number behind it.
fn segment<'t>(text: &'t [u8], words: &[&str]) -> Option<&'t [u8]> {
    let rest = separator(word(separator(text), words)?);
    Some(digits(rest).unwrap_or(rest))
}

fn separator(text: &[u8]) -> &[u8] {
    match text {
        [b'-' | b'_' | b'.', rest @ ..] => rest,
        _ => text,
    }
}

/// The first of the words that stands at the front, in either case. One that begins another stands behind it.
fn word<'t>(text: &'t [u8], words: &[&str]) -> Option<&'t [u8]> {
    words.iter().find_map(|word| {
        let (front, rest) = text.split_at_checked(word.len())?;
        front.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
    })
}

fn digits(text: &[u8]) -> Option<&[u8]> {
    some_of(text, u8::is_ascii_digit)
}

fn alphanumerics(text: &[u8]) -> Option<&[u8]> {
    some_of(text, u8::is_ascii_alphanumeric)
}

/// At least one such byte.
fn some_of(text: &[u8], is_one: impl Fn(&u8) -> bool) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| is_one(byte)).count();
    if length == 0 { None } else { text.get(length..) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_text() {
        for version in [
            "0",
            "1.0",
            "2026.11.22",
            "1!2.0",
            "v1.0",
            "1.0a1",
            "1.0alpha",
            "1.0.beta-2",
            "1.0_rc.3",
            "1.0c1",
            "1.0pre",
            "1.0preview4",
            "1.0.post1",
            "1.0-1",
            "1.0-post",
            "1.0r5",
            "1.0rev5",
            "1.0.dev0",
            "1.0DEV",
            "1.0a1.post2.dev3",
            "1.0+cu118",
            "1.0+local.1_2-x",
            "1.0RC1",
            "0.0.0.0.0.1",
        ] {
            assert!(is_version(version), "{version}");
        }
        for text in [
            "",
            "v",
            "a",
            "1.",
            ".1",
            "1..0",
            "1.0.",
            "1!",
            "!1",
            "1.0x",
            "1.0+",
            "1.0+a..b",
            "1.0+é",
            "2004d",
            "1.0-beta-x",
            "1.0-a-b",
            "1.0--1",
            "py3",
            "1.0 ",
            "x86_64",
            "1.0.linux",
            "latest",
            "1.0-1-1",
        ] {
            assert!(!is_version(text), "{text}");
        }
    }
}
