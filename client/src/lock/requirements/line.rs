//! The lines of `requirements.txt`: joined where a backslash ends them, without comments, with
//! variables put in.

use crate::error::Error;
use crate::lock::invalid;
use crate::lock::text::Text;

/// A line that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// Without comment, and without white space around it.
    pub(super) text: String,
}

/// Returns all lines that say something.
///
/// # Errors
/// `invalid-lock-file` for a character that pip takes for the end of a line and other tools do not,
/// for another control character, and for a declaration of another encoding than UTF-8.
pub(super) fn lines(text: &Text) -> Result<Vec<Line>, Error> {
    let mut joined = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.as_str().split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(wrong) = line.chars().find(|character| is_refused(*character)) {
            let message = format!(
                "some programs read the character {} as the end of a line",
                wrong.escape_unicode()
            );
            return Err(invalid(message).file(text.line(number)));
        }
        let is_comment = line.trim_start().starts_with('#');
        if is_comment && number <= 2 && declares_another_encoding(line) {
            return Err(
                invalid("the file declares an encoding other than UTF-8").file(text.line(number))
            );
        }
        let continues = line.ends_with('\\') && !is_comment;
        if continues && without_comment(line) != line {
            // pip continues the comment with the next line, others do not.
            return Err(invalid("a comment ends with a backslash").file(text.line(number)));
        }
        match (continues, &mut open) {
            (true, None) => open = Some((number, line.trim_matches('\\').to_owned())),
            (true, Some((_, text))) => text.push_str(line.trim_matches('\\')),
            (false, None) => joined.push((number, line.to_owned())),
            (false, Some((_, text))) => {
                // A comment ends what was continued.
                if is_comment {
                    text.push(' ');
                }
                text.push_str(line);
                joined.extend(open.take());
            }
        }
    }
    joined.extend(open);
    let said = joined
        .into_iter()
        .map(|(number, text)| Line { number, text: without_comment(&text).trim().to_owned() });
    Ok(said.filter(|line| !line.text.is_empty()).collect())
}

/// Up to the `#` that begins the line or follows white space.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return line.get(..at).unwrap_or(line);
        }
        before = character;
    }
    line
}

/// Puts in the variables written as `${NAME}`; one that is not set stays as it is.
pub(super) fn expand(line: &str, variables: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let is_name = |character: char| {
            character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_'
        };
        let end = after.find(|character| !is_name(character)).unwrap_or(after.len());
        let value = after.split_at_checked(end).and_then(|(name, behind)| {
            let behind = behind.strip_prefix('}').filter(|_| !name.is_empty())?;
            Some((variables(name).filter(|value| !value.is_empty())?, behind))
        });
        match value {
            Some((value, after)) => {
                expanded.push_str(&value);
                rest = after;
            }
            None => {
                expanded.push_str("${");
                rest = after;
            }
        }
    }
    expanded + rest
}

/// Python's `str.splitlines` has more ends of lines than others.
fn is_refused(character: char) -> bool {
    (character.is_control() && character != '\t') || matches!(character, '\u{2028}' | '\u{2029}')
}

/// As pip looks for it: `coding: NAME` or `coding=NAME`.
fn declares_another_encoding(line: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    line.match_indices("coding").any(|(at, found)| {
        let after = line.get(at + found.len()..).unwrap_or_default();
        let Some(after) = after.strip_prefix([':', '=']) else { return false };
        let after = after.trim_start();
        let name = after
            .get(..after.find(|character| !is_part(character)).unwrap_or(after.len()))
            .unwrap_or_default();
        !name.is_empty()
            && !["utf-8", "utf8", "ascii", "us-ascii"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
    })
}
