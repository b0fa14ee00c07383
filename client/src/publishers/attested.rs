//! What came of a file's attestations, for programs and for people.

use std::fmt;
use std::sync::Arc;

use picotuf::Time;
use picotuf_attest::{Decision, Identity, PinVerdict};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::pypi::UncheckedReason;

/// What came of a file's attestations.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attested {
    /// The index that was asked.
    pub index: Option<String>,
    /// Who published the file.
    pub publisher: Option<Identity>,
    /// When it was signed.
    pub signed: Option<Time>,
    /// What is decided, as far as it got.
    pub decision: Option<Decision>,
    /// The publisher that is pinned, where another one published.
    pub pinned: Option<String>,
    /// Why what the index has counts for nothing.
    pub note: Option<String>,
    /// Whether the file may be used by what was asked.
    pub verdict: Verdict,
}

/// Whether a file may be used, by its attestations.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It may.
    Held,
    /// It may if somebody accepts its publisher.
    NotPinned,
    /// It may not.
    Refused(Arc<Error>),
    /// That cannot be said.
    Unchecked(UncheckedReason),
}

impl Attested {
    pub(super) fn of(index: Option<&str>, verdict: Verdict) -> Self {
        Attested {
            index: index.map(str::to_owned),
            publisher: None,
            signed: None,
            decision: None,
            pinned: None,
            note: None,
            verdict,
        }
    }

    /// Whether the file may be used.
    pub fn holds(&self) -> bool {
        match &self.verdict {
            Verdict::Held => true,
            Verdict::Unchecked(reason) => reason.allowed,
            Verdict::NotPinned | Verdict::Refused(_) => false,
        }
    }

    /// For programs: `ok`; then, as far as they are known, `decision`, `index`, `publisher` with
    /// what the certificate says of it, `signed`, `pinned`, `change`, `note`; `unchecked` with
    /// `why`, or `error`.
    pub fn json(&self) -> Value {
        let mut json = Map::from_iter([("ok".to_owned(), Value::from(self.holds()))]);
        let mut add = |name: &str, value: Option<Value>| {
            json.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("decision", self.decision.map(|decision| decision.name().into()));
        add("index", self.index.as_deref().map(Value::from));
        if let Some(identity) = &self.publisher {
            add("publisher", Some(identity.publisher.to_string().into()));
            let claims = &identity.claims;
            for (name, value) in [
                ("issuer", &claims.issuer),
                ("repository_id", &claims.repository_id),
                ("owner_id", &claims.owner_id),
                ("commit", &claims.commit),
                ("ref", &claims.source_ref),
                ("environment", &claims.environment),
                ("run", &claims.run),
            ] {
                add(name, value.as_deref().map(Value::from));
            }
        }
        add("signed", self.signed.map(|time| time.to_string().into()));
        let verdict = match self.decision {
            Some(Decision::Pinned(verdict) | Decision::Changed(verdict)) => Some(verdict),
            _ => None,
        };
        add("name_only", (verdict == Some(PinVerdict::NameOnly)).then_some(Value::Bool(true)));
        if let Some(PinVerdict::PublisherChanged(change)) = verdict {
            add("change", Some(change.name().into()));
        }
        add("pinned", self.pinned.as_deref().map(Value::from));
        add("note", self.note.as_deref().map(Value::from));
        match &self.verdict {
            Verdict::Held | Verdict::NotPinned => {}
            Verdict::Refused(error) => add("error", serde_json::to_value(error.detail()).ok()),
            Verdict::Unchecked(reason) => {
                add("unchecked", Some(json!(reason.code)));
                add("why", Some(json!(reason.why)));
            }
        }
        Value::Object(json)
    }
}

/// For people, and safe for a terminal: who attested the file, and whether that is pinned.
impl fmt::Display for Attested {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let publisher = self.publisher.as_ref().map(|found| found.publisher.to_string());
        let publisher = picotuf::OneLine(publisher.as_deref().unwrap_or_default());
        match (&self.verdict, self.decision) {
            (Verdict::Unchecked(reason), _) => {
                write!(out, "attestations not checked: {}", picotuf::OneLine(&reason.why))
            }
            (_, None) => out.write_str("attestations refused"),
            (_, Some(Decision::Pinned(PinVerdict::NameOnly))) => {
                write!(out, "attested by {publisher} (pinned, name-only)")
            }
            (_, Some(Decision::Pinned(_))) => write!(out, "attested by {publisher} (pinned)"),
            (_, Some(Decision::FirstUse)) => write!(out, "attested by {publisher} (not pinned)"),
            (_, Some(Decision::Changed(verdict))) => {
                write!(out, "attested by {publisher} ({})", verdict.name())
            }
            (_, Some(Decision::BeforeAttestations)) => {
                out.write_str("not attested (before-attestations)")
            }
            (_, Some(Decision::Gone)) => out.write_str("not attested (gone)"),
            (_, Some(_)) => {
                out.write_str("not attested")?;
                match &self.note {
                    Some(note) => write!(out, ": {}", picotuf::OneLine(note)),
                    None => Ok(()),
                }
            }
        }
    }
}
