//! `requirements.txt`, as pip 26.3 reads it.
//!
//! Lines, comments, continuations, variables and options are taken as pip takes them. What pip
//! would pass over in silence (an option that it ignores where it stands, words after the options,
//! a second inclusion in a line) is refused.
//!
//! Errors and entries show lines as they are written: the values of variables may be secrets, and a
//! file that is named by mistake may hold some.

mod line;
mod options;
mod requirement;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use line::Line;
use options::Options;
use picotuf::pypi::{FileKind, is_version, normalized};
use requirement::Requirement;

use super::hash::Hashes;
use super::package::Package;
use super::schema::Oddity;
use super::text::{Budget, Text, last_of_url};
use super::{Entries, Place, Reason, invalid, limit};
use crate::code::Code;
use crate::error::Error;

/// Reads all requirements of a file and of those that it includes.
pub(super) fn read(
    text: &Text,
    variables: &dyn Fn(&str) -> Option<String>,
    budget: &mut Budget,
    entries: &mut Entries,
) -> Result<(), Error> {
    let open = vec![identity(text.path())];
    let mut reader = Reader { variables, budget, found: Vec::new(), indexes: Vec::new(), open };
    reader.file(text, &Included { constraint: false, hidden: false })?;
    let Reader { found, indexes, .. } = reader;
    finish(found, &indexes, entries)
}

struct Reader<'r> {
    variables: &'r dyn Fn(&str) -> Option<String>,
    budget: &'r mut Budget,
    /// In the order of the lines.
    found: Vec<Found>,
    /// All that are named anywhere: pip asks each of them for every project.
    indexes: Vec<String>,
    /// The files that are being read, from the outermost on.
    open: Vec<PathBuf>,
}

/// How a file is included.
#[derive(Clone, Copy)]
struct Included {
    /// It says which versions are wanted if something else asks for them.
    constraint: bool,
    /// A variable names it, so that its lines are not shown.
    hidden: bool,
}

/// What one line asks for.
enum Found {
    /// Something that cannot be compared.
    Unchecked { what: String, why: Reason, place: Place },
    /// A project of an index.
    Named(Named),
}

/// A project of an index, as one line asks for it.
struct Named {
    what: String,
    project: String,
    version: Option<String>,
    /// As they are written.
    hashes: Vec<String>,
    constraint: bool,
    changes_builds: bool,
    /// Whether the values of variables, which may be secrets, are in it.
    has_values: bool,
    place: Place,
}

impl Reader<'_> {
    fn file(&mut self, text: &Text, included: &Included) -> Result<(), Error> {
        for line in line::lines(text)? {
            let place = text.line(line.number);
            let expanded = line::expand(&line.text, self.variables);
            self.line(text, &line, &expanded, included, &place).map_err(|error| match error {
                Wrong::Here(message) if expanded == line.text && !included.hidden => {
                    invalid(message).file(&place)
                }
                Wrong::Here(_) => values_hidden(&place),
                Wrong::Said(error) => error,
            })?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        text: &Text,
        line: &Line,
        expanded: &str,
        included: &Included,
        place: &Place,
    ) -> Result<(), Wrong> {
        let (requirement, words) = options::split(expanded);
        let options = Options::parse(words)?;
        let what = |text: &str| if included.hidden { HIDDEN.to_owned() } else { text.to_owned() };
        let mut unchecked = |why| {
            self.found.push(Found::Unchecked { what: what(&line.text), why, place: place.clone() });
        };
        if !requirement.is_empty() {
            if let Some(other) = options.not_of_a_requirement {
                return Err(Wrong::Here(format!(
                    "a requirement line must not have the option {other}"
                )));
            }
            // With the variables as they are written.
            let (shown, _) = options::split(&line.text);
            match Requirement::parse(requirement)? {
                Requirement::Elsewhere(why) => {
                    let what = what(shown);
                    self.found.push(Found::Unchecked { what, why, place: place.clone() });
                }
                Requirement::Named { project, version } => self.found.push(Found::Named(Named {
                    what: what(shown),
                    project,
                    version,
                    hashes: options.hashes,
                    constraint: included.constraint,
                    changes_builds: options.changes_builds,
                    has_values: expanded != line.text,
                    place: place.clone(),
                })),
            }
            return Ok(());
        }
        if !options.hashes.is_empty() && options.editable.is_none() {
            return Err(Wrong::Here(
                "the hash has no requirement: a backslash may be missing before it".to_owned(),
            ));
        }
        if options.hashes_not_required {
            unchecked(Reason::HashesNotRequired);
        }
        if options.changes_builds {
            unchecked(Reason::BuildOptions);
        }
        // uv 0.13.9 fetches what `--find-links` names: a distribution there is one that nobody
        // pins.
        if options.indexes.iter().any(|index| names_distribution(index)) {
            self.found.push(Found::Unchecked {
                what: what(&line.text),
                why: Reason::Url,
                place: place.clone(),
            });
        }
        if self.indexes.len().saturating_add(options.indexes.len()) > MAX_INDEXES {
            return Err(limit(format!("the file names more than {MAX_INDEXES} indexes"))
                .file(place)
                .into());
        }
        // With the variables as they are written: this is what is shown.
        let (_, written) = options::split(&line.text);
        let written = Options::parse(written).unwrap_or_default();
        self.indexes.extend(written.indexes);
        match (options.editable, options.requirements, options.constraints) {
            (None, None, None) => Ok(()),
            (Some(location), None, None) => {
                let remote = requirement::elsewhere(&location)
                    .filter(|why| matches!(why, Reason::Vcs | Reason::Url));
                self.found.push(Found::Unchecked {
                    what: what(&line.text),
                    why: remote.unwrap_or(Reason::Editable),
                    place: place.clone(),
                });
                Ok(())
            }
            (None, Some(path), None) => {
                let how = Included { constraint: false, ..*included };
                Ok(self.include(
                    text,
                    line,
                    &path,
                    &written.requirements.unwrap_or_default(),
                    how,
                    place,
                )?)
            }
            (None, None, Some(path)) => {
                let how = Included { constraint: true, ..*included };
                Ok(self.include(
                    text,
                    line,
                    &path,
                    &written.constraints.unwrap_or_default(),
                    how,
                    place,
                )?)
            }
            _ => Err(Wrong::Here("the line has two of -r, -c and -e".to_owned())),
        }
    }

    /// Reads the file that a line includes: `named` once its variables are filled in, `shown` as it
    /// is written.
    fn include(
        &mut self,
        text: &Text,
        line: &Line,
        named: &str,
        shown: &str,
        how: Included,
        place: &Place,
    ) -> Result<(), Error> {
        // uv ends the path at a `#` or a blank, or goes on to the end of the line; it leaves out a
        // `=` in front, and knows variables that pip does not: it would read another file.
        let (_, words) = options::split(&line.text);
        let is_odd = named.starts_with('=') || named.contains("${") || shown.is_empty();
        if is_odd || named.contains(|character: char| character == '#' || character.is_whitespace())
        {
            return Err(
                invalid("pip and uv read the path of the included file differently").file(place)
            );
        }
        if !words.trim_end_matches(['"', '\'']).ends_with(shown) {
            return Err(invalid(
                "an option stands behind an included file, where pip and uv read differently",
            )
            .file(place));
        }
        let why = match requirement::scheme(named) {
            // pip would fetch it; here nothing is fetched.
            Some(scheme) if scheme == "http" || scheme == "https" => Some(Reason::Url),
            Some(scheme) if scheme == "file" => Some(Reason::Path),
            _ => None,
        };
        if let Some(why) = why {
            let what = if how.hidden { HIDDEN.to_owned() } else { line.text.clone() };
            self.found.push(Found::Unchecked { what, why, place: place.clone() });
            return Ok(());
        }
        let beside = |file: &Path, name: &str| file.parent().unwrap_or(Path::new("")).join(name);
        let (path, shown_path) = (beside(text.path(), named), beside(text.shown(), shown));
        let identity = identity(&path);
        if self.open.contains(&identity) {
            return Err(invalid(format!("{} includes itself", shown_path.display())).file(place));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(
                limit(format!("files include each other more than {MAX_DEPTH} deep")).file(place)
            );
        }
        let read = Text::read_list(&path, &shown_path, self.budget).map_err(|error| {
            if error.is(Code::Io) {
                error.hint(format!("it is included at {place}"))
            } else {
                error
            }
        })?;
        self.open.push(identity);
        self.file(&read, &Included { hidden: how.hidden || named != shown, ..how })?;
        self.open.pop();
        Ok(())
    }
}

/// Binds requirements to the hashes of constraints, as pip 26.3 does: a requirement without a hash
/// of its own takes those of a constraint for its project. `uv pip sync` 0.13.9 does not, so that
/// such a requirement is said to be one. A constraint with hashes is compared by itself too,
/// because it binds what only other packages ask for.
fn finish(found: Vec<Found>, indexes: &[String], entries: &mut Entries) -> Result<(), Error> {
    let mut bound = HashSet::new();
    let mut constraints = HashMap::<String, (Vec<Option<String>>, Vec<String>)>::new();
    for found in &found {
        if let Found::Named(named) = found
            && named.constraint
            && !named.hashes.is_empty()
        {
            let (versions, hashes) =
                constraints.entry(normalized(&named.project).collect()).or_default();
            versions.push(named.version.clone());
            hashes.extend(named.hashes.iter().cloned());
        }
    }
    for found in found {
        let mut named = match found {
            Found::Unchecked { what, why, place } => {
                entries.unchecked(what, why, place)?;
                continue;
            }
            Found::Named(named) => named,
        };
        if named.hashes.is_empty() && !named.constraint {
            let name: String = normalized(&named.project).collect();
            if let Some((versions, hashes)) = constraints.get(&name) {
                entries.unchecked(&named.what, Reason::HashesInConstraints, named.place.clone())?;
                let is_compared = versions.iter().all(Option::is_some);
                if is_compared
                    && (named.version.is_none() || versions.contains(&named.version))
                    && !named.changes_builds
                {
                    // The constraints are, which ask for the same.
                    continue;
                }
                if !bound.insert((name, named.version.clone())) {
                    // It is compared already, by the same hashes.
                    continue;
                }
                named.hashes.clone_from(hashes);
            }
        }
        let (has_values, place) = (named.has_values, named.place.clone());
        if has_values && !shows_no_value(&named) {
            return Err(values_hidden(&place));
        }
        read_named(named, indexes, entries).map_err(|error| {
            let hides = has_values && error.is(Code::InvalidLockFile);
            if hides { values_hidden(&place) } else { error }
        })?;
    }
    Ok(())
}

fn read_named(named: Named, indexes: &[String], entries: &mut Entries) -> Result<(), Error> {
    let Named { what, project, version, hashes, constraint, changes_builds, place, .. } = named;
    let mut package = Package::new(&project, version.as_deref(), place.clone())?;
    if changes_builds {
        package.odd(vec![Oddity { why: Reason::BuildOptions, place: place.clone() }]);
    }
    if version.is_none() || hashes.is_empty() {
        let why = match version {
            _ if constraint && hashes.is_empty() => Reason::Constraint,
            None => Reason::Unpinned,
            Some(_) => Reason::NoHash,
        };
        return entries.unchecked(what, why, place);
    }
    indexes.iter().for_each(|index| package.index(index));
    for written in hashes {
        let hashes = Hashes::one(&written).map_err(|wrong| invalid(wrong).file(&place))?;
        package.file(None, hashes, None, place.clone())?;
    }
    package.finish(entries)
}

/// Returns whether the last component of an address is the name of a distribution.
fn names_distribution(address: &str) -> bool {
    last_of_url(address).is_some_and(|name| FileKind::of_extension(&name).is_some())
}

/// Returns whether name and version may be shown though variables are in the line: the name is
/// written out, and the version is one of PEP 440.
fn shows_no_value(named: &Named) -> bool {
    let is_written = named.what == HIDDEN || named.what.starts_with(&named.project);
    is_written && named.version.as_deref().is_none_or(is_version)
}

/// Returns the error of a line whose text may not be shown.
fn values_hidden(place: &Place) -> Error {
    invalid("the line is not understood once its variables are filled in")
        .file(place)
        .hint("what the variables hold is not shown")
}

/// Returns what a file is called wherever it is named from. One that cannot be found fails when it
/// is opened.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What is wrong with a line, with its place or still without.
enum Wrong {
    Here(String),
    Said(Error),
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Wrong::Here(message)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Wrong::Said(error)
    }
}

/// Ten times what anybody has.
const MAX_INDEXES: usize = 100;
/// In place of a line of a file that a variable names.
pub(crate) const HIDDEN: &str = "a line of a file that a variable names";
/// Ten times what anybody needs, and far from the end of the stack.
const MAX_DEPTH: usize = 20;
