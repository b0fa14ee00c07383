//! What a format's tables may have: every member by its name, with its type and what it means for
//! the check.
//!
//! An installer may act on any member of a lock file. So a member that is not listed is never
//! passed over: it makes the entry that it belongs to uncheckable, by name.

use super::Place;
use super::marker::is_marker;
use super::reason::{Reason, member_name};
use super::text::is_version;
use super::tree::{Item, Table, Value};
use crate::error::Error;
use picotuf::pypi::is_valid_name;

/// The members of one table.
#[derive(Debug)]
pub(super) struct Schema(pub(super) &'static [Member]);

/// One member.
#[derive(Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: Shape,
    meaning: Meaning,
}

/// What a member means for the check.
#[derive(Debug)]
enum Meaning {
    /// The reader of the format compares it, or decides by it.
    Compared,
    /// It has no influence on which files are installed, or all that it can choose among is
    /// compared.
    Harmless,
    /// It makes the entry uncheckable, unless it is empty.
    Uncheckable(&'static Reason),
    /// It makes the file unusable: the reason, after "`member` ".
    Refused(&'static str),
}

/// The type of a member.
#[derive(Debug)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A string without control characters: installers put it into a line of their own.
    Line,
    /// True or false.
    Flag,
    /// A whole number from 0.
    Number,
    /// A date and time, of TOML or as a string.
    Time,
    /// A list of strings.
    Texts,
    /// An environment marker, on one line.
    Marker,
    /// A list of environment markers.
    Markers,
    /// A list of names of extras.
    Extras,
    /// A version.
    Version,
    /// One of two.
    Either(&'static Shape, &'static Shape),
    /// A table with these members.
    Table(&'static Schema),
    /// A list of tables with these members.
    Tables(&'static Schema),
    /// A table with any names, all of whose values are of this type.
    Named(&'static Shape),
    /// A list of values of this type.
    List(&'static Shape),
    /// The list of the file's entries: the reader takes them one by one.
    Entries,
    /// Anything: what the writer noted of its input, which no installer fetches a file by.
    Any,
    /// A list of dependency specifiers. One that names a URL may be fetched by it.
    Requirements,
    /// What tools note for themselves, by the name of the tool: known members as (tool, member,
    /// type). Any other hash there makes the entry uncheckable.
    Tools(&'static [(&'static str, &'static str, &'static Shape)]),
}

/// Returns a member that the reader compares.
pub(super) const fn compared(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, meaning: Meaning::Compared }
}

/// Returns a member that changes nothing.
pub(super) const fn harmless(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, meaning: Meaning::Harmless }
}

/// Returns a member that makes the entry uncheckable.
pub(super) const fn uncheckable(name: &'static str, shape: Shape, why: &'static Reason) -> Member {
    Member { name, shape, meaning: Meaning::Uncheckable(why) }
}

/// Returns a member that makes the file unusable; `why` continues "`member` ".
pub(super) const fn refused(name: &'static str, shape: Shape, why: &'static str) -> Member {
    Member { name, shape, meaning: Meaning::Refused(why) }
}

/// Something that makes an entry uncheckable, and where it stands.
#[derive(Debug)]
pub(super) struct Oddity {
    pub(super) why: Reason,
    pub(super) place: Place,
}

impl Schema {
    /// Judges all members of a table, which `path` names: `packages`, `packages.wheels`; empty for
    /// the outermost one.
    ///
    /// # Errors
    /// `invalid-lock-file` for a value of a wrong type.
    pub(super) fn judge(&self, table: &Table<'_>, path: &str) -> Result<Vec<Oddity>, Error> {
        let mut odd = Vec::new();
        self.judge_into(table, path, &mut odd)?;
        Ok(odd)
    }

    fn judge_into(
        &self,
        table: &Table<'_>,
        path: &str,
        odd: &mut Vec<Oddity>,
    ) -> Result<(), Error> {
        for item in table.members() {
            let path = join(path, item.name());
            match self.0.iter().find(|member| member.name == item.name()) {
                None => odd.push(Oddity { why: Reason::UnknownMember(path), place: item.place() }),
                Some(member) => {
                    member.shape.judge(&item, &path, odd)?;
                    match &member.meaning {
                        Meaning::Compared | Meaning::Harmless => {}
                        Meaning::Uncheckable(why) if !is_empty(&item) => {
                            odd.push(Oddity { why: Reason::clone(why), place: item.place() });
                        }
                        Meaning::Uncheckable(_) => {}
                        Meaning::Refused(why) => {
                            return Err(item.error(format!("`{}` {why}", item.name())));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl Shape {
    fn judge(&self, item: &Item<'_>, path: &str, odd: &mut Vec<Oddity>) -> Result<(), Error> {
        match self {
            Shape::Text => item.text().map(|_| ()),
            Shape::Line => line(item).map(|_| ()),
            Shape::Flag => item.flag().map(|_| ()),
            Shape::Number => item.number().map(|_| ()),
            Shape::Time => match item.value() {
                Value::Time => Ok(()),
                Value::Text(_) => line(item).map(|_| ()),
                _ => Err(item.is_not("a date and time")),
            },
            Shape::Texts => each(item, "a list of strings", |item| {
                item.text().map(|_| ()).map_err(|_| item.is_not("a list of strings"))
            }),
            Shape::Marker => marker(item),
            Shape::Markers => each(item, "a list of markers", marker),
            Shape::Extras => each(item, "a list of names of extras", extra),
            Shape::Version => match item.text()? {
                version if is_version(version) => Ok(()),
                _ => Err(item.is_not("a version")),
            },
            Shape::Either(one, other) => {
                let before = odd.len();
                one.judge(item, path, odd).or_else(|_| {
                    odd.truncate(before);
                    other.judge(item, path, odd)
                })
            }
            Shape::Table(schema) => schema.judge_into(&item.table()?, path, odd),
            Shape::Tables(schema) => each(item, "a list of tables", |item| match item.value() {
                Value::Table(_) => schema.judge_into(&item.table()?, path, odd),
                _ => Err(item.is_not("a list of tables")),
            }),
            Shape::Named(shape) => {
                item.table()?.members().try_for_each(|member| shape.judge(&member, path, odd))
            }
            Shape::Requirements => each(item, "a list of requirements", |item| {
                if item.text()?.contains(['@', '/']) {
                    odd.push(Oddity { why: Reason::Url, place: item.place() });
                }
                line(item).map(|_| ())
            }),
            Shape::List(shape) => each(item, "a list", |item| shape.judge(item, path, odd)),
            Shape::Any => Ok(()),
            Shape::Entries => each(item, "a list of tables", |item| match item.value() {
                Value::Table(_) => Ok(()),
                _ => Err(item.is_not("a list of tables")),
            }),
            Shape::Tools(listed) => {
                for tool in item.table()?.members() {
                    let Value::Table(_) = tool.value() else {
                        find_hash(&tool, odd);
                        continue;
                    };
                    for member in tool.table()?.members() {
                        let known = listed.iter().find(|(name, known, _)| {
                            *name == tool.name() && *known == member.name()
                        });
                        match known {
                            Some((.., shape)) => shape.judge(&member, path, odd)?,
                            None => find_hash(&member, odd),
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

fn each(
    item: &Item<'_>,
    wanted: &str,
    mut judge: impl FnMut(&Item<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    item.items(wanted)?.try_for_each(|item| judge(&item))
}

fn line<'d>(item: &Item<'d>) -> Result<&'d str, Error> {
    match item.text()? {
        text if text.chars().any(is_end_of_line) => Err(item.is_not("one line of text")),
        text => Ok(text),
    }
}

fn marker(item: &Item<'_>) -> Result<(), Error> {
    // Writers leave an empty marker where there is none.
    match item.text()? {
        text if text.is_empty() || is_marker(text) => Ok(()),
        _ => Err(item.is_not("an environment marker (PEP 508)")),
    }
}

fn extra(item: &Item<'_>) -> Result<(), Error> {
    match item.text()? {
        text if is_valid_name(text) => Ok(()),
        _ => Err(item.is_not("the name of an extra")),
    }
}

/// Control characters, and what Python's `str.splitlines` takes for the end of a line.
fn is_end_of_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_empty(item: &Item<'_>) -> bool {
    match item.value() {
        Value::Text(text) => text.is_empty(),
        Value::Flag(flag) => !flag,
        Value::List(items) => items.is_empty(),
        Value::Table(_) | Value::Number(_) | Value::Time | Value::Other => false,
    }
}

/// Notes that there is a hash, or something of the shape of one.
fn find_hash(item: &Item<'_>, odd: &mut Vec<Oddity>) {
    if holds_hash(item) {
        odd.push(Oddity { why: Reason::UnknownHash, place: item.place() });
    }
}

fn holds_hash(item: &Item<'_>) -> bool {
    let is_named_so = || {
        let name = item.name().to_ascii_lowercase();
        name.split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| HASH_WORDS.contains(&word) || ALGORITHMS.contains(&word))
    };
    match item.value() {
        Value::Text(text) => !text.is_empty() && (is_named_so() || looks_like_hash(text)),
        Value::List(items) => {
            (!items.is_empty() && is_named_so())
                || item.items("").is_ok_and(|mut items| items.any(|item| holds_hash(&item)))
        }
        Value::Table(members) => {
            (!members.is_empty() && is_named_so())
                || members.iter().any(|(name, _)| looks_like_hash(name))
                || item.table().is_ok_and(|table| table.members().any(|member| holds_hash(&member)))
        }
        Value::Number(_) | Value::Flag(_) | Value::Time | Value::Other => false,
    }
}

/// Returns whether a text has as many hex digits in a row as the shortest hash, or an algorithm's
/// name in front of a value.
fn looks_like_hash(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_digit = |character: char| character.is_ascii_hexdigit();
    lower.split(|character| !is_digit(character)).any(|run| run.len() >= SHORTEST)
        || lower
            .split(|character: char| {
                character.is_whitespace() || "\"',;[](){}#?&".contains(character)
            })
            .any(|word| {
                word.split_once([':', '=', '-'])
                    .is_some_and(|(name, value)| ALGORITHMS.contains(&name) && !value.is_empty())
            })
}

/// Returns the dotted path of a member, as `--allow` takes it.
fn join(path: &str, name: &str) -> String {
    let name = member_name(name);
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// Words in the names of members that hold hashes.
const HASH_WORDS: [&str; 9] = [
    "hash",
    "hashes",
    "digest",
    "digests",
    "checksum",
    "checksums",
    "integrity",
    "sri",
    "signature",
];
/// The names of algorithms.
const ALGORITHMS: [&str; 16] = [
    "md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3", "sha3_224", "sha3_256",
    "sha3_384", "sha3_512", "blake2", "blake2b", "blake2s", "blake3",
];
/// In hex digits: MD5.
const SHORTEST: usize = 32;
