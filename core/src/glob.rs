//! Path patterns of delegations (TUF specification 4.5, `PATHPATTERN`).

use core::str::Chars;

use crate::work::{Counter, count};

/// Returns whether `path` is one of the paths that `pattern` stands for.
///
/// `*` stands for any number of characters, `?` for exactly one (a Unicode scalar value), neither
/// for a `/`; every other character, `[`, `{`, `!` and `\` included, stands for itself. Case counts
/// on every system. The time is bounded by the product of the two lengths.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.chars(), path.chars());
    // Behind the last `*`: what follows it in the pattern, and where in the path that was tried
    // last. An earlier `*` never has to be reconsidered: whatever it could give up, the last one
    // can take.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        count(Counter::Matched, 1);
        let (wanted, found) = (pattern.next(), path.clone().next());
        match (wanted, found) {
            (Some('*'), _) => star = Some((pattern.clone(), path.clone())),
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || (wanted == '?' && found != '/') => {
                path.next();
                // No `*` can reach past it.
                if wanted == '/' {
                    star = None;
                }
            }
            // The path is too short already; a longer `*` would leave even less of it.
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((after, from)) = &mut star else {
                    return false;
                };
                if from.next() == Some('/') {
                    return false;
                }
                pattern = after.clone();
                path = from.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// Returns the definition, written down without any regard for time.
    fn reference(pattern: &[char], path: &[char]) -> bool {
        match (pattern, path) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                reference(rest, path)
                    || path
                        .split_first()
                        .is_some_and(|(first, tail)| *first != '/' && reference(pattern, tail))
            }
            (['?', rest @ ..], [first, tail @ ..]) => *first != '/' && reference(rest, tail),
            ([wanted, rest @ ..], [first, tail @ ..]) => wanted == first && reference(rest, tail),
            _ => false,
        }
    }

    fn words(alphabet: &[char], longest: usize) -> Vec<String> {
        let mut words = Vec::from([String::new()]);
        let mut from = 0;
        for _ in 0..longest {
            let until = words.len();
            for index in from..until {
                for letter in alphabet {
                    let mut word = words[index].clone();
                    word.push(*letter);
                    words.push(word);
                }
            }
            from = until;
        }
        words
    }

    #[test]
    fn agrees_with_the_definition_on_all_short_words() {
        let paths = words(&['a', 'é', '/'], 5);
        let mut matched = 0;
        for pattern in words(&['a', 'é', '/', '*', '?'], 5) {
            let pattern_chars: Vec<char> = pattern.chars().collect();
            for path in &paths {
                let path_chars: Vec<char> = path.chars().collect();
                let expected = reference(&pattern_chars, &path_chars);
                assert_eq!(matches(&pattern, path), expected, "{pattern} {path}");
                matched += usize::from(expected);
            }
        }
        assert!(matched > 1000);
    }

    #[test]
    fn examples_of_the_specification() {
        assert!(matches("targets/*.tgz", "targets/foo.tgz"));
        assert!(matches("targets/*.tgz", "targets/bar.tgz"));
        assert!(!matches("targets/*.tgz", "targets/foo.txt"));
        assert!(matches("foo-version-?.tgz", "foo-version-2.tgz"));
        assert!(matches("foo-version-?.tgz", "foo-version-a.tgz"));
        assert!(!matches("foo-version-?.tgz", "foo-version-alpha.tgz"));
        assert!(matches("*.tgz", "foo.tgz"));
        assert!(!matches("*.tgz", "targets/foo.tgz"));
        assert!(!matches("*.tgz", "foo.txt"));
        assert!(!matches("foo.tgz", "/foo.tgz"));
    }

    #[test]
    fn nothing_else_is_special() {
        for pattern in ["[a]", "[!a]", "{a,b}", "!a", "\\a", "a\\", "**[", "+", "^$"] {
            let path = pattern.replace('*', "x");
            assert!(matches(pattern, &path), "{pattern}");
            assert!(!matches(pattern, "a"), "{pattern}");
        }
        assert!(!matches("\\*", "*"));
        assert!(matches("\\*", "\\anything"));
        assert!(!matches("A*", "abc"));
        assert!(matches("?", "\u{1f40d}"));
        assert!(!matches("?", "e\u{301}"));
        assert!(matches("a?b", "a\nb"));
        assert!(matches("*", ".hidden"));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(2000) + "b";
        let path = "a".repeat(4000);
        assert!(!matches(&pattern, &path));
        assert!(matches(&pattern, &(path + "b")));
    }
}
