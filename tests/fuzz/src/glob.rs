//! Patterns of paths.

use arbitrary::Arbitrary;

#[path = "../../../core/src/glob.rs"]
mod core;

/// A pattern and a path.
#[derive(Arbitrary, Clone, Debug)]
pub struct Globs {
    /// Indices into the letters that matter.
    pub pattern: Vec<u8>,
    /// The same.
    pub path: Vec<u8>,
}

const LETTERS: [char; 8] = ['*', '?', '/', 'a', 'b', '[', 'é', '\u{1f40d}'];
/// The definition takes exponential time.
const LENGTH_MAX: usize = 24;

/// A pattern matches what its definition says.
pub fn globs(globs: &Globs) {
    let text = |indices: &[u8]| -> Vec<char> {
        indices
            .iter()
            .take(LENGTH_MAX)
            .map(|index| LETTERS[usize::from(*index) % LETTERS.len()])
            .collect()
    };
    let (mut pattern, path) = (text(&globs.pattern), text(&globs.path));
    // Of many stars in a row the definition tries all ways.
    pattern.dedup_by(|next, last| (*next, *last) == ('*', '*'));
    let written = |letters: &[char]| letters.iter().collect::<String>();
    let found = core::matches(&written(&pattern), &written(&path));
    assert_eq!(found, definition(&pattern, &path), "{pattern:?} {path:?}");
}

fn definition(pattern: &[char], path: &[char]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            definition(rest, path)
                || matches!(path, [first, tail @ ..] if *first != '/' && definition(pattern, tail))
        }
        (['?', rest @ ..], [first, tail @ ..]) => *first != '/' && definition(rest, tail),
        ([wanted, rest @ ..], [first, tail @ ..]) => wanted == first && definition(rest, tail),
        _ => false,
    }
}
