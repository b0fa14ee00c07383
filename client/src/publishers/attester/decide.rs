//! What becomes of a file that its index lists.

use std::sync::Arc;

use picotuf::pypi::FileName;
use picotuf_attest::{Change, Decision, FileFacts, Identity, Pin, PinVerdict, RefKind};

use super::{Attester, Seen, Subject};
use crate::attestations::{Listed, tell_failures, verify};
use crate::code::Code;
use crate::error::Error;
use crate::publishers::attested::{Attested, Verdict};

impl Attester<'_> {
    /// Returns what becomes of a file, from its provenance document and what is pinned.
    pub(super) fn decide(
        &mut self,
        key: &str,
        subject: &Subject,
        listed: &Listed,
        document: Result<Option<Vec<u8>>, Error>,
    ) -> Attested {
        let mut attested = Attested::of(Some(key), Verdict::Held);
        let name = subject.names.first().unwrap_or(&listed.name);
        let sha256 = subject.sha256.unwrap_or_default();
        let report = document.and_then(|document| match document {
            Some(document) => verify(name, sha256, &document, self.root, None, self.now).map(Some),
            None => Ok(None),
        });
        let outcome = match report {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(report)) => {
                tell_failures(name, &report, &self.asking.log);
                let times =
                    report.attestations.iter().filter_map(|checked| checked.outcome.as_ref().ok());
                attested.signed =
                    times.filter_map(|verified| verified.times.first()).min().copied();
                report.outcome.map(|_| report.identities).map_err(Error::from)
            }
            Err(error) => Err(error),
        };
        let publishers = match outcome {
            Ok(publishers) => publishers,
            // It counts for nothing, and is no worse than none.
            Err(error) if counts_for_nothing(&error) => {
                attested.note = Some(error.detail().message.clone());
                Vec::new()
            }
            Err(error) => {
                attested.verdict = Verdict::Refused(Arc::new(error));
                return attested;
            }
        };
        // What a lock file pins. Of a file that it knows by its hash alone, the name is the index's
        // word, by which a new file must not become an old one.
        let version = subject.version.clone().or_else(|| {
            let name = FileName::of(&subject.project, name).ok()?;
            Some(name.version.to_owned())
        });
        let version = version.unwrap_or_default();
        let facts = FileFacts { version: &version, upload_time: listed.upload_time };
        let judged = |publisher: Option<Identity>| {
            let project = &subject.project;
            let by_pins = self.publishers.decide(key, project, publisher.as_ref(), &facts, &sha256);
            let (decision, refused) = self.weigh(key, subject, publisher.as_ref(), by_pins);
            (publisher, by_pins, decision, refused)
        };
        // One of several publishers that is accepted is enough, wherever it stands.
        let rank = |(_, _, decision, refused): &(_, _, Decision, Option<Error>)| match decision {
            _ if refused.is_some() => 2,
            Decision::Pinned(_) => 0,
            _ => 1,
        };
        let best = publishers.into_iter().map(|publisher| judged(Some(publisher))).min_by_key(rank);
        let (publisher, by_pins, decision, refused) = best.unwrap_or_else(|| judged(None));
        attested.publisher = publisher;
        let is_replaceable =
            refused.is_some() || matches!(decision, Decision::Changed(_) | Decision::Gone);
        self.seen.push(Seen {
            index: key.to_owned(),
            project: subject.project.clone(),
            version: version.clone(),
            upload_time: listed.upload_time,
            name: name.clone(),
            sha256,
            publisher: attested.publisher.clone(),
            decision: by_pins,
            is_replaceable,
        });
        attested.decision = Some(decision);
        if matches!(decision, Decision::Changed(_) | Decision::Gone) {
            let pinned = self.publishers.of(key, &subject.project);
            let names: Vec<_> = pinned.map(|known| known.pin.publisher.to_string()).collect();
            attested.pinned = (!names.is_empty()).then(|| names.join(" or "));
        }
        let pins = self.publishers.of(key, &subject.project).map(|known| &known.pin).collect();
        let refused = refused.or_else(|| self.refusal(decision, &attested, pins, name));
        attested.verdict = match refused {
            Some(error) => Verdict::Refused(Arc::new(error)),
            None if decision == Decision::FirstUse && !self.asking.rules.accept_first_use => {
                Verdict::NotPinned
            }
            None => Verdict::Held,
        };
        attested
    }

    /// What the lock file and pins in other indexes say beside the pins in this one.
    fn weigh(
        &self,
        key: &str,
        subject: &Subject,
        publisher: Option<&Identity>,
        decision: Decision,
    ) -> (Decision, Option<Error>) {
        let is_open = matches!(decision, Decision::FirstUse | Decision::NotAttested);
        let has_moved = self.moved.contains(subject.project.as_str());
        if is_open
            && !has_moved
            && let Some(elsewhere) = self.publishers.elsewhere(key, &subject.project)
        {
            let what = format!(
                "the publishers of {} are pinned in {elsewhere}, and it is locked from {key}",
                subject.project
            );
            let error = Error::new(Code::OtherIndexPinned, what).hint(
                "if it is meant to come from there, accept its publisher with `picotuf publishers \
                 accept`",
            );
            return (decision, Some(error));
        }
        match (&subject.identities[..], publisher) {
            ([], _) => (decision, None),
            (identities, Some(publisher)) => {
                let results: Vec<_> =
                    identities.iter().map(|stated| stated.check(publisher)).collect();
                if results.iter().any(Result::is_ok) {
                    // A pin may ask for more than the lock file.
                    let decision = match decision {
                        Decision::FirstUse => Decision::Pinned(PinVerdict::NameOnly),
                        decision => decision,
                    };
                    return (decision, None);
                }
                let expected: Vec<_> =
                    identities.iter().map(|stated| stated.publisher.to_string()).collect();
                let (expected, found) = (expected.join(" or "), publisher.publisher.to_string());
                let message =
                    format!("it is attested by {found}, and the lock file names {expected}");
                let error = Error::new(Code::PublisherChanged, message)
                    .values(expected, found)
                    .hint("do not install it before you know why");
                (decision, Some(error))
            }
            (identities, None) => {
                let expected: Vec<_> =
                    identities.iter().map(|stated| stated.publisher.to_string()).collect();
                let what = format!(
                    "the lock file says that {} attested it, and the index has no attestation",
                    expected.join(" or ")
                );
                (Decision::Gone, Some(Error::new(Code::AttestationGone, what)))
            }
        }
    }

    fn refusal(
        &self,
        decision: Decision,
        attested: &Attested,
        pins: Vec<&Pin>,
        name: &str,
    ) -> Option<Error> {
        if decision == Decision::FirstUse || decision.is_accepted(&self.asking.rules) {
            return None;
        }
        let found = attested.publisher.as_ref().map(|found| found.publisher.to_string());
        let found = found.unwrap_or_default();
        let pinned = attested.pinned.clone().unwrap_or_default();
        let with_values = |error: Error| error.values(pinned.clone(), found.clone());
        let accept = "if its maintainers confirm this, accept it with `picotuf publishers accept`";
        Some(match decision {
            Decision::Changed(PinVerdict::Renamed) => with_values(Error::new(
                Code::PublisherRenamed,
                format!(
                    "it is attested by {found}, and {pinned} is pinned: its repository has another \
                     name now, and is still the pinned one by its number"
                ),
            ))
            .hint("accept the new name with `picotuf publishers accept`"),
            Decision::Changed(PinVerdict::PublisherChanged(change)) => {
                let difference = match (&pins[..], &attested.publisher) {
                    ([pin], Some(found)) => difference(change, pin, found),
                    _ => change.to_string(),
                };
                let what = match found == pinned {
                    true => format!("it is attested by {found}, as pinned by name: {difference}"),
                    false => {
                        format!("it is attested by {found}, and {pinned} is pinned: {difference}")
                    }
                };
                with_values(Error::new(Code::PublisherChanged, what)).hint(accept)
            }
            Decision::Gone => {
                let what = match &attested.note {
                    None => format!(
                        "it has no attestation, and its project's files have had one by {pinned}"
                    ),
                    Some(note) => format!(
                        "its attestations count for nothing ({note}), and those of its project's \
                         files, by {pinned}, have counted"
                    ),
                };
                Error::new(Code::AttestationGone, what)
                    .hint(format!("do not install it before you know why; {accept}"))
            }
            _ => Error::new(Code::NotAttested, format!("the index has no attestation of {name}"))
                .hint("--require attestation asks for one; ask its project, or leave that out"),
        })
    }
}

/// What is different about a publisher, with both values where the name does not show it.
fn difference(change: Change, pin: &Pin, found: &Identity) -> String {
    let claims = &found.claims;
    let kind = claims.source_ref.as_deref().map(RefKind::of);
    let (found, pinned) = match change {
        Change::Issuer => (Some(found.issuer()), Some(pin.issuer.as_str())),
        Change::Owner => (claims.owner_id.as_deref(), pin.owner_id.as_deref()),
        Change::Repository => (claims.repository_id.as_deref(), pin.repository_id.as_deref()),
        Change::RefKind => (kind.map(RefKind::name), pin.ref_kind.map(RefKind::name)),
        _ => (None, None),
    };
    match (found, pinned) {
        (Some(found), Some(pinned)) => format!("{change} ({found}; pinned is {pinned})"),
        _ => change.to_string(),
    }
}

/// Whether the index has attestations, and none that this version could judge.
fn counts_for_nothing(error: &Error) -> bool {
    error.attestation().is_some_and(picotuf_attest::Error::counts_for_nothing)
}
