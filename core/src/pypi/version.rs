//! Versions (PEP 440), only as far as it takes to tell one from other text in a file's name, to
//! know it again in another spelling, and to say which of two is the newer one. Specifiers are not
//! read.

use core::cmp::Ordering;

/// Returns whether `text` is a valid version in any spelling that PEP 440 allows.
pub fn is_version(text: &str) -> bool {
    parse(text.as_bytes()).is_some()
}

/// Returns whether two texts are the same version: `1.0` equals `v1.0.0`, `1.0-1` equals
/// `1.0.post1`, and `2.0+cpu-1` equals `2.0+CPU.1`. If either is not valid under PEP 440, the texts
/// must be equal except for case, `-` and `_`.
///
/// ```
/// use picotuf::pypi::is_same_version;
///
/// assert!(is_same_version("1.0rc1", "1.0.0-RC.1"));
/// assert!(!is_same_version("1.0", "1.0.post0"));
/// ```
pub fn is_same_version(one: &str, other: &str) -> bool {
    match (parse(one.as_bytes()), parse(other.as_bytes())) {
        (Some(one), Some(other)) => one.is(&other),
        (None, None) => {
            let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
            one.bytes().map(plain).eq(other.bytes().map(plain))
        }
        _ => false,
    }
}

/// Returns whether the specifier `==pinned` matches `version` (PEP 440, "version matching"). If
/// `pinned` has no local version, the local version of `version` is ignored.
///
/// `version` may be as a file's name has it: old wheels have `_` for the dash of `1.0-1`, which is
/// `1.0.post1`. Installers took them until they read names by PEP 440 alone, and lock files list
/// them. A `_` in the place of a `+` is none of a version: nobody took it for one.
///
/// ```
/// use picotuf::pypi::matches_pin;
///
/// assert!(matches_pin("2.0", "2.0.0+cpu"));
/// assert!(!matches_pin("2.0+cpu", "2.0"));
/// assert!(matches_pin("2.0.post1", "2.0_1"));
/// ```
pub fn matches_pin(pinned: &str, version: &str) -> bool {
    match (parse(pinned.as_bytes()), parse_in_name(version.as_bytes())) {
        (Some(pin), Some(found)) if pin.local.is_empty() => {
            pin.is(&Version { local: b"", ..found })
        }
        (Some(pin), Some(found)) => pin.is(&found),
        _ => is_same_version(pinned, version),
    }
}

/// Compares two versions in the order of PEP 440. Returns `None` if either is not valid under PEP
/// 440.
///
/// ```
/// use core::cmp::Ordering;
/// use picotuf::pypi::compare_versions;
///
/// assert_eq!(compare_versions("1.9", "1.10"), Some(Ordering::Less));
/// assert_eq!(compare_versions("2.0", "2.0rc1"), Some(Ordering::Greater));
/// ```
pub fn compare_versions(one: &str, other: &str) -> Option<Ordering> {
    Some(parse(one.as_bytes())?.compare(&parse(other.as_bytes())?))
}

/// Returns whether `text` is a pre-release or development release (PEP 440). Installers take these
/// only if there is nothing else.
pub fn is_prerelease(text: &str) -> bool {
    parse(text.as_bytes()).is_some_and(|version| version.pre.is_some() || version.dev.is_some())
}

/// A version taken apart. Numbers are their digits without zeros in front, so that 0 is empty.
#[derive(Clone, Copy, Debug, Default)]
struct Version<'t> {
    epoch: &'t [u8],
    /// With the dots, as it is written.
    release: &'t [u8],
    /// Of `a`, `b` and `c`.
    pre: Option<(u8, &'t [u8])>,
    post: Option<&'t [u8]>,
    dev: Option<&'t [u8]>,
    /// Without the plus, as it is written.
    local: &'t [u8],
}

impl Version<'_> {
    fn is(&self, other: &Version<'_>) -> bool {
        let mut releases =
            (self.release.split(|byte| *byte == b'.'), other.release.split(|byte| *byte == b'.'));
        loop {
            let (one, two) = (releases.0.next(), releases.1.next());
            if one.is_none() && two.is_none() {
                break;
            }
            // 1.0 is 1.0.0.
            if number(one.unwrap_or_default()) != number(two.unwrap_or_default()) {
                return false;
            }
        }
        let locals = |text| <[u8]>::split(text, |byte| matches!(byte, b'.' | b'-' | b'_'));
        let is_same = |(one, two): (&[u8], &[u8])| match (is_number(one), is_number(two)) {
            (true, true) => number(one) == number(two),
            _ => one.eq_ignore_ascii_case(two),
        };
        (self.epoch, self.pre, self.post, self.dev)
            == (other.epoch, other.pre, other.post, other.dev)
            && locals(self.local).count() == locals(other.local).count()
            && locals(self.local).zip(locals(other.local)).all(is_same)
    }

    fn compare(&self, other: &Version<'_>) -> Ordering {
        value(self.epoch)
            .cmp(&value(other.epoch))
            .then_with(|| compare_releases(self.release, other.release))
            .then_with(|| self.pre_place().cmp(&other.pre_place()))
            .then_with(|| self.post.map(value).cmp(&other.post.map(value)))
            // A development release comes before the release.
            .then_with(|| {
                (self.dev.is_none(), self.dev.map(value))
                    .cmp(&(other.dev.is_none(), other.dev.map(value)))
            })
            .then_with(|| compare_locals(self.local, other.local))
    }

    /// A development release of the release itself comes before all pre-releases, and what is no
    /// pre-release behind them.
    fn pre_place(&self) -> (u8, u8, (usize, &[u8])) {
        match self.pre {
            Some((kind, number)) => (1, kind, value(number)),
            None if self.post.is_none() && self.dev.is_some() => (0, 0, value(&[])),
            None => (2, 0, value(&[])),
        }
    }
}

/// 1.0 is 1.0.0.
fn compare_releases(one: &[u8], other: &[u8]) -> Ordering {
    let numbers = |text| <[u8]>::split(text, |byte| *byte == b'.').map(number);
    let (mut one, mut other) = (numbers(one), numbers(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => {
                match value(one.unwrap_or_default()).cmp(&value(other.unwrap_or_default())) {
                    Ordering::Equal => {}
                    unequal => return unequal,
                }
            }
        }
    }
}

/// None comes first, then words, then numbers; a local version that goes on comes behind one that
/// ends.
fn compare_locals(one: &[u8], other: &[u8]) -> Ordering {
    let parts = |text| {
        <[u8]>::split(text, |byte| matches!(byte, b'.' | b'-' | b'_'))
            .filter(|part| !part.is_empty())
    };
    let (mut one, mut other) = (parts(one), parts(other));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (Some(one), Some(other)) => match (is_number(one), is_number(other)) {
                (true, true) => value(number(one)).cmp(&value(number(other))),
                (false, false) => one
                    .iter()
                    .map(u8::to_ascii_lowercase)
                    .cmp(other.iter().map(u8::to_ascii_lowercase)),
                (one, other) => one.cmp(&other),
            },
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// How digits without zeros in front compare: by their count, then one by one.
fn value(digits: &[u8]) -> (usize, &[u8]) {
    (digits.len(), digits)
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Returns the digits without zeros in front.
fn number(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

fn parse(text: &[u8]) -> Option<Version<'_>> {
    parse_with(text, b"-")
}

/// Returns a version as the name of a wheel has it, where `_` stands for `-`.
fn parse_in_name(text: &[u8]) -> Option<Version<'_>> {
    parse_with(text, b"-_")
}

/// `dashes` may stand before a post-release that is a number alone.
fn parse_with<'t>(text: &'t [u8], dashes: &[u8]) -> Option<Version<'t>> {
    let mut version = Version::default();
    let text = word(text, &["v"]).map_or(text, |(_, rest)| rest);
    let mut start = text;
    let mut rest = digits(text)?;
    if let [b'!', behind @ ..] = rest {
        version.epoch = number(before(text, rest));
        start = behind;
        rest = digits(behind)?;
    }
    while let [b'.', behind @ ..] = rest
        && let Some(behind) = digits(behind)
    {
        rest = behind;
    }
    version.release = before(start, rest);
    if let Some((word, value, behind)) =
        segment(rest, &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"])
    {
        let kind = match word {
            "alpha" | "a" => b'a',
            "beta" | "b" => b'b',
            _ => b'c',
        };
        (version.pre, rest) = (Some((kind, value)), behind);
    }
    let implicit = match rest {
        [dash, number @ ..] if dashes.contains(dash) => {
            digits(number).map(|behind| (before(number, behind), behind))
        }
        _ => None,
    };
    let post = implicit.map(|(value, behind)| (number(value), behind));
    if let Some((value, behind)) = post
        .or_else(|| segment(rest, &["post", "rev", "r"]).map(|(_, value, behind)| (value, behind)))
    {
        (version.post, rest) = (Some(value), behind);
    }
    if let Some((_, value, behind)) = segment(rest, &["dev"]) {
        (version.dev, rest) = (Some(value), behind);
    }
    if let [b'+', local @ ..] = rest {
        rest = alphanumerics(local)?;
        while let [b'-' | b'_' | b'.', behind @ ..] = rest {
            rest = alphanumerics(behind)?;
        }
        version.local = before(local, rest);
    }
    rest.is_empty().then_some(version)
}

/// Returns what stands before `rest`, which is the end of `text`.
fn before<'t>(text: &'t [u8], rest: &[u8]) -> &'t [u8] {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// One of the words, which may have a separator before it, and a separator and a number behind it;
/// and what stands behind.
fn segment<'t, 'w>(text: &'t [u8], words: &[&'w str]) -> Option<(&'w str, &'t [u8], &'t [u8])> {
    let (word, rest) = word(separator(text), words)?;
    let value = separator(rest);
    Some(match digits(value) {
        Some(behind) => (word, number(before(value, behind)), behind),
        None => (word, &[], value),
    })
}

fn separator(text: &[u8]) -> &[u8] {
    match text {
        [b'-' | b'_' | b'.', rest @ ..] => rest,
        _ => text,
    }
}

/// Returns the first of the words that stands at the front, in either case, and what stands behind
/// it. One that begins another stands behind it.
fn word<'t, 'w>(text: &'t [u8], words: &[&'w str]) -> Option<(&'w str, &'t [u8])> {
    words.iter().find_map(|word| {
        let (front, rest) = text.split_at_checked(word.len())?;
        front.eq_ignore_ascii_case(word.as_bytes()).then_some((*word, rest))
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

    #[test]
    fn versions_are_ordered_as_pep_440_has_it() {
        let ordered = [
            "1.dev0",
            "1.0.dev456",
            "1.0a1.dev2",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+abc.7.0",
            "1.0+5",
            "1.0+10",
            "1.0.post0.dev3",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.0.1",
            "1.1.dev1",
            "1.1",
            "1.9",
            "1.10",
            "2026.11.22",
            "99999999999999999999999",
            "1!0.1",
        ];
        for (place, one) in ordered.iter().enumerate() {
            for (other_place, other) in ordered.iter().enumerate() {
                assert_eq!(
                    compare_versions(one, other),
                    Some(place.cmp(&other_place)),
                    "{one} {other}"
                );
            }
        }
        assert_eq!(compare_versions("v1.0-RC_01", "1.0.0rc1"), Some(Ordering::Equal));
        assert_eq!((compare_versions("1", "latest"), compare_versions("", "1")), (None, None));
        for (version, is_one) in [
            ("1.0", false),
            ("1.0.post1", false),
            ("1.0+dev", false),
            ("1.0a1", true),
            ("1.0.post1.dev1", true),
            ("x", false),
        ] {
            assert_eq!(is_prerelease(version), is_one, "{version}");
        }
    }

    #[test]
    fn a_wheel_of_old_has_a_low_line_for_the_dash_of_its_version() {
        for (pinned, name, matches) in [
            ("0.0.1.post1", "0.0.1_1", true),
            ("0.0.1-1", "0.0.1_1", true),
            ("0.0.1-1", "0.0.1_01", true),
            ("1.0rc1.post2.dev3", "1.0_rc1_2_dev3", true),
            ("1.0.post1", "1.0_1+cpu_x", true),
            ("1.0.post1+cpu.x", "1.0_1+cpu_x", true),
            ("1.0.post1+cpu", "1.0_1", false),
            ("0.0.1", "0.0.1_1", false),
            ("0.0.1.post2", "0.0.1_1", false),
            ("0.0.1.post1", "0.0.1_1_1", false),
            ("0.0.1.post1", "0.0.1_", false),
            ("1.0+local", "1.0_local", false),
            ("1!1.0", "1_1.0", false),
            ("2004d_1", "2004d-1", true),
        ] {
            assert_eq!(matches_pin(pinned, name), matches, "{pinned} {name}");
        }
        // In a text that is no file's name it is none, as for installers.
        assert!(!is_version("0.0.1_1") && !is_same_version("0.0.1.post1", "0.0.1_1"));
        assert!(!matches_pin("0.0.1_1", "0.0.1.post1"));
    }

    #[test]
    fn a_version_is_known_again_in_another_spelling() {
        for spellings in [
            &["1", "1.0", "1.0.0", "v1", "V1.00", "01.0", "0!1"][..],
            &["1.0a1", "1.0.alpha.1", "1-ALPHA_01", "1.0.0A1"],
            &["1.0b0", "1.0b", "1.0.beta"],
            &["1.0rc2", "1.0c2", "1.0-pre2", "1.0.preview.2"],
            &["1.0.post1", "1.0-1", "1.0_post-1", "1.0r1", "1.0-rev.01"],
            &["1.0.dev0", "1.dev", "1.0-DEV"],
            &["1!1.0", "1!1", "01!1.0"],
            &["1.0a1.post2.dev3+x.1", "1.0-a.1-2_dev.3+X_01"],
            &["1.0a"],
            &["1.0.post0", "1.0-0", "1.0.post"],
            &["1.0+x", "1.0.0+X"],
            &["10.0", "10"],
            &["1.0.1"],
            &["1.0+1.0"],
            &["1.0+1"],
            &["1.0+a0"],
            &["2004d", "2004D"],
            &["1.0-beta-x", "1.0_beta_X"],
            &["", ""],
        ] {
            for one in spellings {
                for other in spellings {
                    assert!(is_same_version(one, other), "{one} {other}");
                }
            }
            let others = [
                "1.0.2",
                "1.0a2",
                "1.0b1",
                "1.0rc1",
                "1.0.post2",
                "1.0.dev1",
                "2!1.0",
                "1.0+y",
                "2004e",
                "latest",
            ];
            for other in others {
                assert!(
                    spellings
                        .iter()
                        .all(|one| !is_same_version(one, other) && !is_same_version(other, one)),
                    "{spellings:?} {other}"
                );
            }
        }
        let all = [
            "1", "1a1", "1b1", "1c1", "1.post1", "1.dev1", "1!1", "1+1", "1+a", "1a1.dev1", "1.1",
            "11", "x", "x-y",
        ];
        for (place, one) in all.iter().enumerate() {
            for (other_place, other) in all.iter().enumerate() {
                assert_eq!(is_same_version(one, other), place == other_place, "{one} {other}");
            }
        }
    }
}
