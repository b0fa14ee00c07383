//! `requirements.txt`, as pip reads it.
//!
//! Lines, comments, continuations, variables and options are taken as pip takes them. What pip would pass over in silence (an option that it ignores
//! where it stands, words after the options, a second inclusion in a line) is refused.

mod line;
mod options;
mod requirement;

use std::path::{Path, PathBuf};

use line::Line;
use options::Options;
use requirement::Requirement;

use super::hash::Hashes;
use super::package::Package;
use super::text::{Budget, Text};
use super::{Entries, Place, Reason, invalid, limit};
use crate::error::CliError;

/// Reads all requirements of a file and of those that it includes.
pub(super) fn read(
    text: &Text,
    variables: &dyn Fn(&str) -> Option<String>,
    budget: &mut Budget,
    entries: &mut Entries,
) -> Result<(), CliError> {
    let open = vec![identity(text.path())];
    Reader { variables, budget, entries, open }.file(text, false)
}

struct Reader<'r> {
    variables: &'r dyn Fn(&str) -> Option<String>,
    budget: &'r mut Budget,
    entries: &'r mut Entries,
    /// The files that are being read, from the outermost on.
    open: Vec<PathBuf>,
}

impl Reader<'_> {
    /// `constraint`: the file says which versions are wanted if something else asks for them.
    fn file(&mut self, text: &Text, constraint: bool) -> Result<(), CliError> {
        for line in line::lines(text)? {
            let place = text.line(line.number);
            self.line(text, &line, constraint, &place).map_err(|error| match error {
                Wrong::Here(message) => invalid(message).file(&place),
                Wrong::Said(error) => error,
            })?;
        }
        Ok(())
    }

    fn line(&mut self, text: &Text, line: &Line, constraint: bool, place: &Place) -> Result<(), Wrong> {
        let expanded = line::expand(&line.text, self.variables);
        let (requirement, words) = options::split(&expanded);
        let options = Options::parse(words)?;
        // What is shown has the variables as they are written: they may hold secrets.
        let (shown, _) = options::split(&line.text);
        if !requirement.is_empty() {
            if let Some(other) = options.not_of_a_requirement {
                return Err(Wrong::Here(format!("the option {other} cannot stand in the line of a requirement")));
            }
            return Ok(self.requirement(shown, Requirement::parse(requirement)?, options, constraint, place)?);
        }
        if !options.hashes.is_empty() && options.editable.is_none() {
            return Err(Wrong::Here("a hash without a requirement: a backslash may be missing before it".to_owned()));
        }
        match (options.editable, options.requirements, options.constraints) {
            (None, None, None) => Ok(()),
            (Some(_), None, None) => Ok(self.entries.unchecked(&line.text, Reason::Editable, place.clone())?),
            (None, Some(path), None) => Ok(self.include(text, &line.text, &path, false, place)?),
            (None, None, Some(path)) => Ok(self.include(text, &line.text, &path, true, place)?),
            _ => Err(Wrong::Here("two of -r, -c and -e in one line".to_owned())),
        }
    }

    fn requirement(
        &mut self,
        shown: &str,
        requirement: Requirement,
        options: Options,
        constraint: bool,
        place: &Place,
    ) -> Result<(), CliError> {
        let (project, version) = match requirement {
            Requirement::Elsewhere(why) => return self.entries.unchecked(shown, why, place.clone()),
            Requirement::Named { project, version } => (project, version),
        };
        let mut package = Package::new(&project, version.as_deref(), place.clone())?;
        if version.is_none() || options.hashes.is_empty() {
            let why = match version {
                _ if constraint => Reason::Constraint,
                None => Reason::Unpinned,
                Some(_) => Reason::NoHash,
            };
            return self.entries.unchecked(shown, why, place.clone());
        }
        for written in options.hashes {
            let hashes = Hashes::one(&written).map_err(|wrong| invalid(wrong).file(place))?;
            package.file(None, hashes, None, place.clone())?;
        }
        package.finish(self.entries)
    }

    fn include(
        &mut self,
        text: &Text,
        shown: &str,
        named: &str,
        constraint: bool,
        place: &Place,
    ) -> Result<(), CliError> {
        match requirement::scheme(named) {
            // pip would fetch it; here nothing is fetched.
            Some(scheme) if scheme == "http" || scheme == "https" => {
                return self.entries.unchecked(shown, Reason::Url, place.clone());
            }
            Some(scheme) if scheme == "file" => {
                return self.entries.unchecked(shown, Reason::Path, place.clone());
            }
            _ => {}
        }
        let path = text.path().parent().unwrap_or(Path::new("")).join(named);
        let identity = identity(&path);
        if self.open.contains(&identity) {
            return Err(invalid(format!("{} includes itself", path.display())).file(place));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(limit(format!("files include each other more than {MAX_DEPTH} deep")).file(place));
        }
        let included = Text::read(&path, self.budget).map_err(|error| {
            if error.detail().code == "io" { error.hint(format!("it is included at {place}")) } else { error }
        })?;
        self.open.push(identity);
        self.file(&included, constraint)?;
        self.open.pop();
        Ok(())
    }
}

/// What a file is called wherever it is named from. One that cannot be found fails when it is opened.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What is wrong with a line, with its place or still without.
enum Wrong {
    Here(String),
    Said(CliError),
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Wrong::Here(message)
    }
}

impl From<CliError> for Wrong {
    fn from(error: CliError) -> Self {
        Wrong::Said(error)
    }
}

/// Ten times what anybody needs, and far from the end of the stack.
const MAX_DEPTH: usize = 20;
