//! The summary of a check: counts, and the verdict.

use std::collections::{BTreeMap, BTreeSet};

use picotuf::pypi::SignedBy;
use picotuf_attest::Decision;
use serde_json::{Value, json};

use crate::code::{Blame, Code};
use crate::error::Error;
use crate::publishers::{Attested, Verdict};
use crate::pypi::{INDEX_UNKNOWN, NOTHING_PINNED, UncheckedReason};

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
    /// The reasons that cannot be accepted of every entry: publishers of some are pinned.
    pinned: BTreeSet<String>,
    allowed: usize,
    /// The number of entries with an sdist beside wheels, by the installer option that avoids the
    /// build.
    beside_wheels: usize,
    no_build: BTreeSet<&'static str>,
    /// The number of installed projects that are as their RECORD lists them, if nothing but RECORD
    /// is asked.
    by_record: Option<usize>,
    /// By attestations, if they are asked for.
    attestations: Option<Attestations>,
}

/// How many files came out how by their attestations.
#[derive(Debug, Default)]
struct Attestations {
    /// No repository is asked.
    alone: bool,
    pinned: usize,
    first_use: usize,
    /// How many of these somebody has yet to accept.
    not_accepted: usize,
    not_attested: usize,
    before: usize,
    /// How many were counted by what is signed, and refused or left by their attestations.
    counted_twice: usize,
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
    pub(crate) fn leave(&mut self, reason: &UncheckedReason) {
        if reason.allowed {
            return add_one(&mut self.allowed);
        }
        add_one(self.unchecked.entry(reason.code.clone()).or_default());
        if !reason.may_be_allowed {
            self.pinned.insert(reason.code.clone());
        }
    }

    /// Counts installed projects that are as their RECORD lists them, where only RECORD is asked.
    pub(crate) fn recorded(&mut self, projects: usize) {
        self.by_record = Some(self.by_record.unwrap_or_default().saturating_add(projects));
    }

    /// Returns a sentence about what the verdict is worth, if files were compared with RECORD
    /// alone.
    pub fn record_line(&self) -> Option<&'static str> {
        self.by_record.map(|_| {
            "only RECORD was compared, which whoever changed a file can change too: no signature \
             and no attestation was checked"
        })
    }

    /// Starts to count attestations; `alone` means without a repository.
    pub(crate) fn attests(&mut self, alone: bool) {
        self.attestations = Some(Attestations { alone, ..Attestations::default() });
    }

    /// Counts the attestations of a file. `counts` says whether it was not refused already.
    pub(crate) fn attested(&mut self, attested: &Attested, counts: bool) {
        match &attested.verdict {
            Verdict::Refused(_) if !counts => return,
            Verdict::Refused(error) => self.refuse(error),
            Verdict::Unchecked(reason) => self.leave(reason),
            Verdict::Held | Verdict::NotPinned => {}
        }
        let Some(attestations) = &mut self.attestations else { return };
        if matches!(attested.verdict, Verdict::Refused(_) | Verdict::Unchecked(_)) {
            if !attestations.alone {
                add_one(&mut attestations.counted_twice);
            }
            return;
        }
        match attested.decision {
            Some(Decision::Pinned(_)) => add_one(&mut attestations.pinned),
            Some(Decision::FirstUse) => {
                add_one(&mut attestations.first_use);
                if matches!(attested.verdict, Verdict::NotPinned) {
                    add_one(&mut attestations.not_accepted);
                }
            }
            Some(Decision::BeforeAttestations) => add_one(&mut attestations.before),
            _ => add_one(&mut attestations.not_attested),
        }
    }

    /// Returns the results of attestations as one line, if they were checked.
    pub fn attestations_line(&self) -> Option<String> {
        let Attestations { pinned, first_use, not_attested, before, .. } =
            self.attestations.as_ref()?;
        let before = match before {
            0 => String::new(),
            count => format!(" ({count} of them from before its project attested)"),
        };
        let not_attested = not_attested.saturating_add(self.attestations.as_ref()?.before);
        Some(format!(
            "{pinned} pinned, {first_use} not pinned, {not_attested} not attested{before}"
        ))
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
        if let Some(attestations) = &self.attestations {
            counts["pinned"] = attestations.pinned.into();
            counts["first_use"] = attestations.first_use.into();
            counts["not_attested"] = attestations.not_attested.into();
            counts["before_attestations"] = attestations.before.into();
        }
        if self.has_lock_files {
            counts["sdists_beside_wheels"] = self.beside_wheels.into();
        }
        counts
    }

    /// Returns the summary as one line; `None` if only attestations were checked.
    pub fn line(&self, others: usize) -> Option<String> {
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
        match said.is_empty() {
            true if self.held() > 0 => None,
            true => Some("no pins".to_owned()),
            false => Some(said.join(", ")),
        }
    }

    /// Returns the verdict on all files. `only` is the error of the only named file, if it was
    /// refused.
    ///
    /// # Errors
    /// `only`; [`Code::FilesRefused`]; [`Code::FilesUnchecked`]; [`Code::NothingToCheck`].
    pub fn verdict(self, only: Option<Error>) -> Result<(), Error> {
        let held = self.held();
        let unchecked: usize = self.unchecked.values().sum();
        let refused = self.refused.len();
        let twice = self.attestations.as_ref().map_or(0, |attestations| attestations.counted_twice);
        let total = [refused, unchecked, self.allowed]
            .into_iter()
            .fold(held, usize::saturating_add)
            .saturating_sub(twice);
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
                let is_free = |reason: &&String| !self.pinned.contains(*reason);
                let reasons: Vec<_> =
                    self.unchecked.keys().filter(is_free).map(String::as_str).collect();
                let counts: Vec<_> = self
                    .unchecked
                    .iter()
                    .map(|(reason, count)| format!("{count} {reason}"))
                    .collect();
                let message = format!(
                    "{unchecked} of {total} entries cannot be checked: {}",
                    counts.join(", ")
                );
                let pinned = (!self.pinned.is_empty()).then_some(PINNED_HINT.to_owned());
                let free = (!reasons.is_empty()).then(|| hint_for(&reasons));
                let hints: Vec<_> = pinned.into_iter().chain(free).collect();
                Err(Error::new(Code::FilesUnchecked, message).hint(hints.join("; ")))
            }
            (_, None) if total == 0 && !(self.has_lock_files && self.may_be_empty) => {
                Err(Error::new(Code::NothingToCheck, "no named file pins anything")
                    .hint(format!("use --allow {NOTHING_PINNED} to accept this")))
            }
            (_, None) => match &self.attestations {
                Some(Attestations { not_accepted, .. }) if *not_accepted > 0 => {
                    let message = format!(
                        "{not_accepted} of {total} files are attested by publishers that nobody \
                         has accepted"
                    );
                    Err(Error::new(Code::NotPinned, message).hint(
                        "look at who they are, then write them down with `picotuf publishers \
                         accept`, or `init` where there is no file yet, and commit that file",
                    ))
                }
                _ => Ok(()),
            },
        }
    }

    /// How many files were asked for and neither refused nor left.
    fn held(&self) -> usize {
        let by_record = self.by_record.unwrap_or_default();
        let signed = [self.developer, self.developer_online, self.pypi, by_record];
        let attested = match &self.attestations {
            Some(attestations) if attestations.alone => [
                attestations.pinned,
                attestations.first_use,
                attestations.not_attested,
                attestations.before,
            ],
            _ => [0; 4],
        };
        signed.into_iter().chain(attested).fold(0, usize::saturating_add)
    }
}

/// Returns what to do about entries that cannot be checked for these reasons.
pub fn hint_for(reasons: &[&str]) -> String {
    let allow = format!("use --allow {} to accept them", reasons.join(","));
    let hints = HINTS.iter().filter(|(reason, _)| reasons.contains(reason));
    let hints: Vec<_> =
        hints.map(|(_, hint)| *hint).chain(std::iter::once(allow.as_str())).collect();
    hints.join("; ")
}

fn add_one(count: &mut usize) {
    *count = count.saturating_add(1);
}

/// What to do where the publisher is pinned, which no --allow takes away.
const PINNED_HINT: &str = "lock files of an index in place of entries whose publisher is pinned, \
                           or take the pin out of picotuf-publishers.toml if nobody needs it";

/// What to do about reasons, other than to allow them.
const HINTS: [(&str, &str); 3] = [
    (INDEX_UNKNOWN, "--index-url URL says which index to ask"),
    (
        Code::NotCheckable.code(),
        "check a lock file that has the names of files, such as uv.lock or a pylock.toml \
         (`uv export --format pylock.toml`, `pip lock`), or name the repository's layout with \
         --layout",
    ),
    (
        "no-hash",
        "`uv pip compile --generate-hashes` and `pip-compile --generate-hashes` write hashes into \
         a list",
    ),
];
