//! The summary of a check: counts, and the verdict.

use std::collections::{BTreeMap, BTreeSet};

use picotuf::pypi::SignedBy;
use serde_json::{Value, json};

use crate::code::{Blame, Code};
use crate::error::Error;
use crate::pypi::NOTHING_PINNED;

/// The number of files with each verdict.
#[derive(Debug, Default)]
pub struct Summary {
    /// Whether a lock file was checked.
    pub has_lock_files: bool,
    /// Whether lock files without pins are accepted.
    may_be_empty: bool,
    developer: usize,
    developer_online: usize,
    pypi: usize,
    refused: Vec<Blame>,
    /// The number of unchecked entries, by reason.
    unchecked: BTreeMap<String, usize>,
    allowed: usize,
    /// The number of entries with an sdist beside wheels, by the installer option that avoids the
    /// build.
    beside_wheels: usize,
    no_build: BTreeSet<&'static str>,
}

impl Summary {
    /// Creates an empty summary.
    pub(crate) fn new(may_be_empty: bool) -> Self {
        Summary { may_be_empty, ..Summary::default() }
    }

    /// Counts a signed file.
    pub(crate) fn count(&mut self, by: SignedBy) {
        add_one(match by {
            SignedBy::Developer => &mut self.developer,
            SignedBy::DeveloperOnline => &mut self.developer_online,
            SignedBy::Index => &mut self.pypi,
        });
    }

    /// Counts a refused file.
    pub(crate) fn refuse(&mut self, error: &Error) {
        self.refused.push(error.detail().blame);
    }

    /// Counts an unchecked entry.
    pub(crate) fn leave(&mut self, reason: &str, allowed: bool) {
        if allowed {
            add_one(&mut self.allowed)
        } else {
            add_one(self.unchecked.entry(reason.to_owned()).or_default())
        }
    }

    /// Counts an entry with an sdist beside its wheels. `no_build` are the installer options that
    /// avoid the build.
    pub(crate) fn beside_wheels(&mut self, no_build: &'static [&'static str]) {
        add_one(&mut self.beside_wheels);
        self.no_build.extend(no_build);
    }

    /// Returns a sentence about sdists that may be built, if there are any.
    pub fn may_build(&self) -> Option<String> {
        let count = self.beside_wheels;
        let flags: Vec<_> = self.no_build.iter().copied().collect();
        let (has, its) = if count == 1 { ("entry has", "its") } else { ("entries have", "their") };
        (count > 0).then(|| {
            format!(
                "{count} {has} an sdist beside {its} wheels; to build nothing, install with {}",
                flags.join(", ")
            )
        })
    }

    /// Returns the summary as JSON.
    pub fn json(&self, others: usize) -> Value {
        let mut counts = json!({
            "developer": self.developer,
            "developer-online": self.developer_online,
            "pypi": self.pypi,
            "refused": self.refused.len(),
            "unchecked": self.unchecked.values().sum::<usize>(),
            "allowed": self.allowed,
            "not_distributions": others,
        });
        if self.has_lock_files {
            counts["sdists_beside_wheels"] = self.beside_wheels.into();
        }
        counts
    }

    /// Returns the summary as one line.
    pub fn line(&self, others: usize) -> String {
        let counts = [
            (self.developer, "signed by their developers"),
            (self.developer_online, "signed by developers whose keys PyPI signs online"),
            (self.pypi, "signed by PyPI"),
            (self.refused.len(), "refused"),
            (self.unchecked.values().sum(), "not checked"),
            (self.allowed, "not checked, as allowed"),
            (others, "not distributions"),
        ];
        let said: Vec<_> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if said.is_empty() { "no pins".to_owned() } else { said.join(", ") }
    }

    /// Returns the verdict on all files. `only` is the error of the only named file, if it was
    /// refused.
    ///
    /// # Errors
    /// `only`; [`Code::FilesRefused`]; [`Code::FilesUnchecked`]; [`Code::NothingToCheck`].
    pub fn verdict(self, only: Option<Error>) -> Result<(), Error> {
        let held = self.developer.saturating_add(self.developer_online).saturating_add(self.pypi);
        let unchecked: usize = self.unchecked.values().sum();
        let refused = self.refused.len();
        let total =
            [refused, unchecked, self.allowed].into_iter().fold(held, usize::saturating_add);
        match (only, self.refused.last()) {
            (Some(error), _) if total == 1 && !self.has_lock_files => Err(error),
            (_, Some(last)) => {
                let all_alike = self.refused.iter().all(|blame| blame == last);
                let message = format!("{refused} of {total} files do not verify");
                Err(Error::new(Code::FilesRefused, message).blame(if all_alike {
                    *last
                } else {
                    Blame::Repository
                }))
            }
            (_, None) if unchecked > 0 => {
                let reasons: Vec<_> = self.unchecked.keys().map(String::as_str).collect();
                let counts: Vec<_> = self
                    .unchecked
                    .iter()
                    .map(|(reason, count)| format!("{count} {reason}"))
                    .collect();
                let message = format!(
                    "{unchecked} of {total} entries cannot be checked: {}",
                    counts.join(", ")
                );
                Err(Error::new(Code::FilesUnchecked, message)
                    .hint(format!("use --allow {} to accept them", reasons.join(","))))
            }
            (_, None) if total == 0 && !(self.has_lock_files && self.may_be_empty) => {
                Err(Error::new(Code::NothingToCheck, "no named file pins anything")
                    .hint(format!("use --allow {NOTHING_PINNED} to accept this")))
            }
            (_, None) => Ok(()),
        }
    }
}

fn add_one(count: &mut usize) {
    *count = count.saturating_add(1);
}
