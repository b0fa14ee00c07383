//! What a check reports of a file, a lock file and its entries.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::lock::{Format, Pinned, PinnedFile, Place, Unchecked};
use crate::publishers::Attested;
use crate::pypi::{Finding, UncheckedReason};

/// The report on a distribution.
#[derive(Debug)]
pub struct DistributionReport {
    /// The known facts: project, version and kind from the file name, length, and hashes.
    pub(super) facts: Map<String, Value>,
    /// The verdict by what is signed; nothing where no repository is asked.
    pub verdict: Option<Result<Finding, Error>>,
    /// What came of its attestations, if they are asked for.
    pub attested: Option<Attested>,
}

/// The report on a lock file.
#[derive(Debug)]
pub enum LockReport {
    /// All entries were checked.
    Checked {
        /// The format.
        format: Format,
        /// Whether every entry verifies or is accepted.
        ok: bool,
    },
    /// One of several files has an unsupported format or version.
    Unsupported(UncheckedReason),
    /// The lock file cannot be used.
    Refused(Error),
}

/// The report on an entry of a lock file.
#[derive(Debug)]
pub enum EntryReport {
    /// A pin, with all of its files.
    Pin(Box<PinReport>),
    /// An entry that cannot be checked.
    Unchecked {
        /// A description of the entry. It is not safe for a terminal.
        what: String,
        /// The position of the entry.
        place: Place,
        /// Why the entry cannot be checked.
        reason: UncheckedReason,
    },
    /// An entry that is not installed from an index.
    NotCounted(Unchecked),
    /// An installed project whose files are wrong.
    Refused {
        /// The project. It is not safe for a terminal.
        what: String,
        /// Where that is written.
        place: Place,
        /// What is wrong.
        error: Error,
    },
}

/// The report on a pin.
#[derive(Debug)]
pub struct PinReport {
    /// The pin.
    pub pinned: Pinned,
    /// The verdict on each of its files, in their order.
    pub files: Vec<FileVerdict>,
    /// The results of their attestations, in the same order; empty without `--attestations`.
    pub attested: Vec<Attested>,
    /// What an installer may build from source; `None` if a file is refused, because the pin must
    /// not be installed then.
    pub builds: Option<BuildVerdict>,
}

/// The verdict on a pinned file.
#[derive(Debug)]
pub enum FileVerdict {
    /// No repository is asked: only attestations decide.
    NotAsked,
    /// The file is signed.
    Signed(Box<Finding>),
    /// The file cannot be checked.
    Unchecked(UncheckedReason),
    /// The file is not the signed one.
    Refused(Error),
}

/// What an installer may build from the source of a pin.
#[derive(Debug)]
pub enum BuildVerdict {
    /// Nothing.
    Nothing,
    /// An sdist is pinned beside wheels, so an installer may build it.
    Perhaps,
    /// Only sdists are pinned, so an installer builds one; accepted or not for this reason.
    Always(UncheckedReason),
    /// The pin has an sdist, and wheels are required.
    Refused(Error),
}

impl DistributionReport {
    /// Returns whether all checks passed.
    pub fn holds(&self) -> bool {
        !matches!(self.verdict, Some(Err(_))) && self.attested.as_ref().is_none_or(Attested::holds)
    }

    /// Returns the report as JSON: the known facts, `ok` and `error`.
    pub fn json(&self) -> Map<String, Value> {
        let mut json = self.facts.clone();
        json.insert("ok".to_owned(), self.holds().into());
        if let Some(Err(error)) = &self.verdict {
            json.insert("error".to_owned(), error_json(error));
        }
        json.extend(self.attested.as_ref().map(attestation_json));
        json
    }
}

impl LockReport {
    /// Returns the report without its entries as JSON: `ok`, then `format`, `unchecked` with `why`,
    /// or `error`.
    pub fn json(&self) -> Map<String, Value> {
        let json = match self {
            LockReport::Checked { format, ok } => json!({"format": format.name(), "ok": ok}),
            LockReport::Unsupported(reason) => reason_json(reason),
            LockReport::Refused(error) => json!({"ok": false, "error": error_json(error)}),
        };
        object(json)
    }
}

impl EntryReport {
    /// Returns whether the entry verifies or is accepted.
    pub fn holds(&self) -> bool {
        match self {
            EntryReport::Pin(pin) => pin.holds(),
            EntryReport::Unchecked { reason, .. } => reason.allowed,
            EntryReport::Refused { .. } => false,
            EntryReport::NotCounted(_) => true,
        }
    }

    /// Returns the report as JSON: an object for each file of a pin, and another if it must be
    /// built from source or must not be.
    pub fn json(&self) -> Vec<Value> {
        let (mut all, place) = match self {
            EntryReport::Pin(pin) => (pin.json(), &pin.pinned.place),
            EntryReport::Unchecked { what, place, reason } => {
                (vec![with_what(what, reason_json(reason))], place)
            }
            EntryReport::Refused { what, place, error } => {
                let refused = json!({"ok": false, "error": error_json(error)});
                (vec![with_what(what, refused)], place)
            }
            EntryReport::NotCounted(Unchecked { what, why, place }) => {
                (vec![json!({"what": what, "ok": true, "unchecked": why.code()})], place)
            }
        };
        for entry in &mut all {
            entry["place"] = place.to_string().into();
        }
        all
    }
}

impl PinReport {
    /// Returns whether all of its files are signed or accepted, and its builds too.
    pub fn holds(&self) -> bool {
        let files = self.files.iter().all(|file| match file {
            FileVerdict::NotAsked | FileVerdict::Signed(_) => true,
            FileVerdict::Unchecked(reason) => reason.allowed,
            FileVerdict::Refused(_) => false,
        });
        files
            && self.attested.iter().all(Attested::holds)
            && match &self.builds {
                Some(BuildVerdict::Nothing | BuildVerdict::Perhaps) => true,
                Some(BuildVerdict::Always(reason)) => reason.allowed,
                Some(BuildVerdict::Refused(_)) | None => false,
            }
    }

    fn json(&self) -> Vec<Value> {
        let verdict = |verdict: &FileVerdict| match verdict {
            FileVerdict::NotAsked => json!({"ok": true}),
            FileVerdict::Signed(finding) => {
                let mut json = finding_json(finding);
                json.insert("ok".to_owned(), true.into());
                Value::Object(json)
            }
            FileVerdict::Unchecked(reason) => reason_json(reason),
            FileVerdict::Refused(error) => json!({"ok": false, "error": error_json(error)}),
        };
        let mut all = Vec::new();
        let mut attested = self.attested.iter();
        for (file, file_verdict) in self.pinned.files.iter().zip(&self.files) {
            let mut entry = pinned_json(&self.pinned, file);
            entry.extend(object(verdict(file_verdict)));
            if let Some(attested) = attested.next() {
                let ok = entry.get("ok") == Some(&Value::Bool(true)) && attested.holds();
                entry.insert("ok".to_owned(), ok.into());
                entry.extend([attestation_json(attested)]);
            }
            all.push(Value::Object(entry));
        }
        let what = self.pinned.for_people();
        match &self.builds {
            Some(BuildVerdict::Always(reason)) => all.push(with_what(&what, reason_json(reason))),
            Some(BuildVerdict::Refused(error)) => {
                all.push(json!({"what": what, "ok": false, "error": error_json(error)}));
            }
            Some(BuildVerdict::Nothing | BuildVerdict::Perhaps) | None => {}
        }
        all
    }
}

fn attestation_json(attested: &Attested) -> (String, Value) {
    ("attestation".to_owned(), attested.json())
}

fn reason_json(reason: &UncheckedReason) -> Value {
    json!({"ok": reason.allowed, "unchecked": reason.code, "why": reason.why})
}

fn error_json(error: &Error) -> Value {
    serde_json::to_value(error.detail()).unwrap_or_default()
}

fn with_what(what: &str, mut json: Value) -> Value {
    json["what"] = what.into();
    json
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Returns the facts about a pinned file as JSON.
fn pinned_json(pinned: &Pinned, file: &PinnedFile) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("project".to_owned(), pinned.project.as_str().into());
    for (name, value) in [("version", &pinned.version), ("file_name", &file.file_name)] {
        entry.extend(value.as_deref().map(|value| (name.to_owned(), Value::from(value))));
    }
    match &pinned.indexes[..] {
        [] => {}
        [index] => drop(entry.insert("index".to_owned(), index.as_str().into())),
        several => drop(entry.insert("indexes".to_owned(), several.into())),
    }
    let hashes = file
        .hashes
        .iter()
        .map(|hash| (hash.algorithm.name().to_owned(), Value::from(hash.hex.as_str())));
    entry.insert("hashes".to_owned(), Value::Object(hashes.collect()));
    entry
}

/// Returns a finding as JSON. It has the names of roles only; the report has their details once.
fn finding_json(finding: &Finding) -> Map<String, Value> {
    let mut json = object(serde_json::to_value(finding).unwrap_or_default());
    let chain =
        finding.chain.iter().map(|link| json!({"role": link.role.role, "owner": link.owner}));
    json.insert("chain".to_owned(), chain.collect::<Vec<_>>().into());
    json
}
