//! Pins of publishers, and what follows from them: pure decisions, of which a host keeps the files.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use picotuf::Time;
use picotuf::pypi::{compare_versions, is_version};

use crate::publisher::{Identity, Publisher, is_same_name};

/// A pinned publisher: the publisher that all files of a project must come from. A host stores it
/// after the first use, or after a person accepted it.
///
/// Where the certificate has the numbers of the repository and its owner, these hold: they are
/// never given to another, and the names may be. Where it has none (Google's, and old ones), the
/// name is all there is, and [`PinVerdict::NameOnly`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// The identity provider's URL.
    pub issuer: String,
    /// The publisher, with its repository and its workflow.
    pub publisher: Publisher,
    /// The repository's number.
    pub repository_id: Option<String>,
    /// The owner's number.
    pub owner_id: Option<String>,
    /// What kind of ref it built; `None` if any will do.
    pub ref_kind: Option<RefKind>,
}

/// The kind of a git ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefKind {
    /// `refs/heads/…`
    Branch,
    /// `refs/tags/…`
    Tag,
    /// Something else, such as `refs/pull/…`.
    Other,
}

impl RefKind {
    /// Returns the kind of a git ref.
    pub fn of(name: &str) -> Self {
        if name.starts_with("refs/heads/") {
            RefKind::Branch
        } else if name.starts_with("refs/tags/") {
            RefKind::Tag
        } else {
            RefKind::Other
        }
    }

    /// Returns the name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            RefKind::Branch => "branch",
            RefKind::Tag => "tag",
            RefKind::Other => "other",
        }
    }

    /// Returns the kind with this name for programs.
    pub fn from_name(name: &str) -> Option<Self> {
        [RefKind::Branch, RefKind::Tag, RefKind::Other].into_iter().find(|kind| kind.name() == name)
    }
}

impl Pin {
    /// Creates a pin from its stored parts.
    pub fn new(
        issuer: &str,
        publisher: Publisher,
        repository_id: Option<&str>,
        owner_id: Option<&str>,
        ref_kind: Option<RefKind>,
    ) -> Self {
        Pin {
            issuer: issuer.into(),
            publisher,
            repository_id: repository_id.map(Into::into),
            owner_id: owner_id.map(Into::into),
            ref_kind,
        }
    }

    /// Creates the pin for a publisher.
    pub fn of(identity: &Identity) -> Self {
        Pin {
            issuer: identity.issuer().into(),
            publisher: identity.publisher.clone(),
            repository_id: identity.claims.repository_id.clone(),
            owner_id: identity.claims.owner_id.clone(),
            ref_kind: identity.claims.source_ref.as_deref().map(RefKind::of),
        }
    }

    /// Returns whether the name is all that is pinned, so that a publisher who meets the pin is
    /// [`PinVerdict::NameOnly`]: an address, or a repository without its number. The identifiers of
    /// CircleCI are never given to another.
    pub const fn is_name_only(&self) -> bool {
        match self.publisher {
            Publisher::GitHub { .. } | Publisher::GitLab { .. } => self.repository_id.is_none(),
            Publisher::Google { .. } => true,
            Publisher::CircleCi { .. } => false,
        }
    }
}

/// The difference between a pin and a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The pin has numbers, and the certificate has none.
    IdsMissing,
    /// The identity provider, and so the kind of publisher.
    Issuer,
    /// The same repository's number, of another owner: it was handed over.
    Owner,
    /// The publisher's name; of a repository, where no numbers can be compared.
    Publisher,
    /// The kind of ref: a tag was built before, and now a branch.
    RefKind,
    /// Another repository. Where the name is the same, another one has taken it.
    Repository,
    /// Another workflow of the same repository.
    Workflow,
}

impl Change {
    /// Returns the stable name for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Change::IdsMissing => "ids-missing",
            Change::Issuer => "issuer",
            Change::Owner => "owner",
            Change::Publisher => "publisher",
            Change::RefKind => "ref-kind",
            Change::Repository => "repository",
            Change::Workflow => "workflow",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Change::IdsMissing => "the certificate does not say the numbers that the pin has",
            Change::Issuer => "another identity provider",
            Change::Owner => "the repository has another owner",
            Change::Publisher => "another publisher",
            Change::RefKind => "another kind of ref was built",
            Change::Repository => "another repository",
            Change::Workflow => "another workflow of the repository",
        })
    }
}

/// The result of comparing a publisher with a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinVerdict {
    /// It is the one, by what is never given to another.
    Match,
    /// It is the one by name, and there is nothing else to compare.
    NameOnly,
    /// It is the one, and its repository has another name now. Somebody accepts the name.
    Renamed,
    /// It is another.
    PublisherChanged(Change),
}

impl PinVerdict {
    /// Returns the stable name for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            PinVerdict::Match => "match",
            PinVerdict::NameOnly => "name-only",
            PinVerdict::Renamed => "renamed",
            PinVerdict::PublisherChanged(_) => "publisher-changed",
        }
    }

    /// Returns whether the publisher satisfies the pin.
    pub const fn is_met(self) -> bool {
        matches!(self, PinVerdict::Match | PinVerdict::NameOnly)
    }
}

/// Compares a publisher with a pin. Repository names are compared without case. Identifiers and
/// workflows must be equal.
pub fn compare(pin: &Pin, identity: &Identity) -> PinVerdict {
    let changed = PinVerdict::PublisherChanged;
    if pin.issuer != identity.issuer() {
        return changed(Change::Issuer);
    }
    let parts = |publisher: &Publisher| match publisher {
        Publisher::GitHub { repository, workflow } | Publisher::GitLab { repository, workflow } => {
            Some((repository.clone(), workflow.clone()))
        }
        Publisher::Google { .. } | Publisher::CircleCi { .. } => None,
    };
    let (pinned, found) = match (parts(&pin.publisher), parts(&identity.publisher)) {
        (Some(pinned), Some(found)) if pin.publisher.kind() == identity.publisher.kind() => {
            (pinned, found)
        }
        // UUIDs are never given to another; an address may be.
        _ if pin.publisher != identity.publisher => return changed(Change::Publisher),
        _ if pin.ref_kind.is_some_and(|kind| Some(kind) != ref_kind(identity)) => {
            return changed(Change::RefKind);
        }
        _ if pin.is_name_only() => return PinVerdict::NameOnly,
        _ => return PinVerdict::Match,
    };
    let claims = &identity.claims;
    let same_name = is_same_name(&pinned.0, &found.0);
    let by_ids = match (&pin.repository_id, &claims.repository_id) {
        (Some(pinned), Some(found)) if pinned != found => return changed(Change::Repository),
        (Some(_), None) => return changed(Change::IdsMissing),
        (Some(_), Some(_)) => true,
        (None, _) if !same_name => return changed(Change::Publisher),
        (None, _) => false,
    };
    match (&pin.owner_id, &claims.owner_id) {
        (Some(pinned), Some(found)) if pinned != found => return changed(Change::Owner),
        (Some(_), None) => return changed(Change::IdsMissing),
        _ => {}
    }
    if pinned.1 != found.1 {
        return changed(Change::Workflow);
    }
    if pin.ref_kind.is_some_and(|kind| Some(kind) != ref_kind(identity)) {
        return changed(Change::RefKind);
    }
    match (by_ids, same_name) {
        (true, true) => PinVerdict::Match,
        (true, false) => PinVerdict::Renamed,
        (false, _) => PinVerdict::NameOnly,
    }
}

fn ref_kind(identity: &Identity) -> Option<RefKind> {
    identity.claims.source_ref.as_deref().map(RefKind::of)
}

/// What an index states about a file that decides whether the file must be attested.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'f> {
    /// The version.
    pub version: &'f str,
    /// When it was uploaded (PEP 700), where the index says so.
    pub upload_time: Option<Time>,
}

impl FileFacts<'_> {
    /// Returns the lower version and the earlier upload time of both.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        let is_lower = compare_versions(other.version, self.version) == Some(Ordering::Less);
        let upload_time = match (self.upload_time, other.upload_time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        FileFacts { version: if is_lower { other.version } else { self.version }, upload_time }
    }
}

/// Whether a file of a pinned project must be attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It is older than the first attested file: it need not be.
    BeforeAttestations,
    /// It must be.
    Required,
}

/// Returns whether a file of a project must be attested, of which `first` is the first file that
/// was: every file that is not older. Older is one with a lower version that was, where the index
/// says when, also uploaded earlier. What cannot be compared is not older.
pub fn duty(first: &FileFacts<'_>, file: &FileFacts<'_>) -> Duty {
    let lower = compare_versions(file.version, first.version) == Some(Ordering::Less);
    let earlier = match (file.upload_time, first.upload_time) {
        (Some(file), Some(first)) => file < first,
        // The index stopped saying when: that excuses nothing.
        (None, Some(_)) => false,
        (_, None) => true,
    };
    if lower && earlier { Duty::BeforeAttestations } else { Duty::Required }
}

/// What a host requires of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// A publisher without a pin is accepted, and becomes one.
    pub accept_first_use: bool,
    /// A file without an attestation is refused, pinned or not.
    pub require_attestation: bool,
}

/// The decision about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is attested by the publisher that is pinned.
    Pinned(PinVerdict),
    /// It is attested, and nothing is pinned.
    FirstUse,
    /// It is attested by another publisher than the one that is pinned, or under another name.
    Changed(PinVerdict),
    /// It has no attestation, and the project has no pin.
    NotAttested,
    /// It has no attestation, and is older than the project's first attested file.
    BeforeAttestations,
    /// It has no attestation, and files of the project had: it was taken away.
    Gone,
}

impl Decision {
    /// Returns the stable name for programs, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Decision::Pinned(_) => "pinned",
            Decision::FirstUse => "first-use",
            Decision::Changed(verdict) => verdict.name(),
            Decision::NotAttested => "not-attested",
            Decision::BeforeAttestations => "before-attestations",
            Decision::Gone => "gone",
        }
    }

    /// Returns whether the rules allow the use of the file.
    pub const fn is_accepted(self, rules: &Rules) -> bool {
        match self {
            Decision::Pinned(_) => true,
            Decision::FirstUse => rules.accept_first_use,
            Decision::NotAttested | Decision::BeforeAttestations => !rules.require_attestation,
            Decision::Changed(_) | Decision::Gone => false,
        }
    }
}

/// Returns what becomes of a file whose attestations, if it has any, hold. `publisher` is who
/// published it; `pin` is the project's; `first` is the first attested file that is known of it;
/// `seen` is whether this very file was attested before.
pub fn decide(
    publisher: Option<&Identity>,
    pin: Option<&Pin>,
    first: Option<&FileFacts<'_>>,
    file: &FileFacts<'_>,
    seen: bool,
) -> Decision {
    match (publisher, pin) {
        (Some(identity), Some(pin)) => match compare(pin, identity) {
            verdict if verdict.is_met() => Decision::Pinned(verdict),
            verdict => Decision::Changed(verdict),
        },
        (Some(_), None) => Decision::FirstUse,
        (None, _) if seen => Decision::Gone,
        (None, None) => Decision::NotAttested,
        // A pin that does not say since when holds for every file.
        (None, Some(_)) => match first.map_or(Duty::Required, |first| duty(first, file)) {
            Duty::Required => Decision::Gone,
            Duty::BeforeAttestations => Decision::BeforeAttestations,
        },
    }
}

/// Decides as [`decide`] does, for a project with several pins: one that matches is enough.
pub fn decide_among<'p>(
    publisher: Option<&Identity>,
    pins: impl IntoIterator<Item = &'p Pin>,
    first: Option<&FileFacts<'_>>,
    file: &FileFacts<'_>,
    seen: bool,
) -> Decision {
    let decisions = pins.into_iter().map(|pin| decide(publisher, Some(pin), first, file, seen));
    decisions
        .min_by_key(|decision| match decision {
            Decision::Pinned(_) => 0,
            // A new name is nearer than another publisher.
            Decision::Changed(PinVerdict::Renamed) => 1,
            _ => 2,
        })
        .unwrap_or_else(|| decide(publisher, None, None, file, seen))
}

/// A file of a project, and who published it.
#[derive(Clone, Copy, Debug)]
pub struct Published<'p> {
    /// What the index states about it.
    pub facts: FileFacts<'p>,
    /// Who published it, by its attestations; `None` if it has none.
    pub publisher: Option<&'p Identity>,
}

/// Returns what each file of a project comes to beside the others, in their order: whether its
/// publisher changed.
///
/// An attested file is compared with the publishers of the next lower version that is attested. A
/// file without an attestation is one from before the project attested its files, or its
/// attestation [is gone](Decision::Gone). A file whose version is none of PEP 440 has no place in
/// this order: it is compared with the publishers of all others.
pub fn history(files: &[Published<'_>]) -> Vec<Decision> {
    let attested = || files.iter().filter(|file| file.publisher.is_some());
    let has_version = |file: &Published<'_>| is_version(file.facts.version);
    let ordered = attested().filter(|file| has_version(file)).map(|file| file.facts);
    let first = ordered.reduce(FileFacts::lower);
    let first = first.or_else(|| attested().map(|file| file.facts).reduce(FileFacts::lower));
    let decision = |file: &Published<'_>| {
        let lower = attested().map(|other| other.facts.version).filter(|version| {
            compare_versions(version, file.facts.version) == Some(Ordering::Less)
        });
        let before = lower.reduce(|one, other| match compare_versions(one, other) {
            Some(Ordering::Less) => other,
            _ => one,
        });
        let pins: Vec<Pin> = attested()
            .filter(|other| match (file.publisher, before) {
                // Whoever published the others, this one should have an attestation.
                (None, _) => true,
                (_, Some(version)) => {
                    compare_versions(other.facts.version, version) == Some(Ordering::Equal)
                }
                (_, None) => !has_version(file) && !core::ptr::eq(*other, file),
            })
            .filter_map(|other| other.publisher.map(Pin::of))
            .collect();
        decide_among(file.publisher, &pins, first.as_ref(), &file.facts, false)
    };
    files.iter().map(decision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Claims;

    fn identity(repository: &str, ids: Option<(&str, &str)>) -> Identity {
        Identity {
            publisher: Publisher::GitHub {
                repository: repository.into(),
                workflow: "w.yml".into(),
            },
            claims: Claims {
                issuer: Some("https://token.actions.githubusercontent.com".into()),
                source_ref: Some("refs/tags/v1".into()),
                repository_id: ids.map(|ids| ids.0.into()),
                owner_id: ids.map(|ids| ids.1.into()),
                ..Claims::default()
            },
        }
    }

    #[test]
    fn numbers_hold_and_names_do_not() {
        let changed = PinVerdict::PublisherChanged;
        let pin = Pin::of(&identity("o/r", Some(("7", "8"))));
        for (repository, ids, expected) in [
            ("o/r", Some(("7", "8")), PinVerdict::Match),
            ("O/R", Some(("7", "8")), PinVerdict::Match),
            ("o/new", Some(("7", "8")), PinVerdict::Renamed),
            // Somebody else has taken the name.
            ("o/r", Some(("9", "10")), changed(Change::Repository)),
            ("o/r", Some(("9", "8")), changed(Change::Repository)),
            ("o/r", Some(("7", "9")), changed(Change::Owner)),
            ("o/r", Some(("07", "8")), changed(Change::Repository)),
            ("o/r", None, changed(Change::IdsMissing)),
        ] {
            assert_eq!(compare(&pin, &identity(repository, ids)), expected, "{repository} {ids:?}");
        }
    }

    #[test]
    fn without_numbers_the_name_is_all_there_is() {
        let changed = PinVerdict::PublisherChanged;
        let pin = Pin::of(&identity("o/r", None));
        let with_ids = identity("o/r", Some(("7", "8")));
        assert_eq!(compare(&pin, &identity("O/r", None)), PinVerdict::NameOnly);
        assert_eq!(compare(&pin, &with_ids), PinVerdict::NameOnly);
        assert_eq!(compare(&pin, &identity("o/x", None)), changed(Change::Publisher));
        // A pin that somebody wrote, with the owner's number alone.
        let owner = Pin { owner_id: Some("8".into()), ..pin };
        assert_eq!(compare(&owner, &with_ids), PinVerdict::NameOnly);
        let other = identity("o/r", Some(("7", "9")));
        assert_eq!(compare(&owner, &other), changed(Change::Owner));
        assert_eq!(compare(&owner, &identity("o/r", None)), changed(Change::IdsMissing));
    }

    #[test]
    fn the_workflow_the_ref_and_the_provider_are_pinned_too() {
        let changed = PinVerdict::PublisherChanged;
        let same = identity("o/r", Some(("7", "8")));
        let pin = Pin::of(&same);
        let mut other = same.clone();
        other.claims.source_ref = Some("refs/heads/main".into());
        assert_eq!(compare(&pin, &other), changed(Change::RefKind));
        let any = Pin { ref_kind: None, ..pin.clone() };
        assert_eq!(compare(&any, &other), PinVerdict::Match);
        other = same.clone();
        other.claims.issuer = Some("https://gitlab.com".into());
        assert_eq!(compare(&pin, &other), changed(Change::Issuer));
        other = same.clone();
        other.publisher =
            Publisher::GitHub { repository: "o/r".into(), workflow: "evil.yml".into() };
        assert_eq!(compare(&pin, &other), changed(Change::Workflow));
    }

    #[test]
    fn addresses_are_names_and_uuids_are_not() {
        let of = |issuer: &str, publisher: Publisher| Identity {
            publisher,
            claims: Claims { issuer: Some(issuer.into()), ..Claims::default() },
        };
        let google = |email: &str| {
            of("https://accounts.google.com", Publisher::Google { email: email.into() })
        };
        let circleci = |id: &str| {
            let (project_id, pipeline_definition_id) = (id.into(), "d".into());
            let publisher = Publisher::CircleCi { project_id, pipeline_definition_id };
            of("https://oidc.circleci.com", publisher)
        };
        let changed = PinVerdict::PublisherChanged(Change::Publisher);
        let pin = Pin::of(&google("a@b"));
        assert_eq!(compare(&pin, &google("a@b")), PinVerdict::NameOnly);
        assert_eq!(compare(&pin, &google("a@c")), changed);
        let pin = Pin::of(&circleci("p"));
        assert_eq!(compare(&pin, &circleci("p")), PinVerdict::Match);
        assert_eq!(compare(&pin, &circleci("q")), changed);
    }

    #[test]
    fn a_file_is_excused_by_version_and_upload_time_together() {
        let facts = |version, time: Option<i64>| FileFacts {
            version,
            upload_time: time.map(Time::from_unix),
        };
        for (first, file, expected) in [
            (facts("2.0", None), facts("1.9", None), Duty::BeforeAttestations),
            (facts("2.0", None), facts("1.9", Some(9)), Duty::BeforeAttestations),
            (facts("2.0", Some(5)), facts("1.9", Some(4)), Duty::BeforeAttestations),
            // An old version that is uploaded today.
            (facts("2.0", Some(5)), facts("1.9", Some(6)), Duty::Required),
            (facts("2.0", Some(5)), facts("1.9", None), Duty::Required),
            // A new version that claims to be old.
            (facts("2.0", Some(5)), facts("2.1", Some(4)), Duty::Required),
            (facts("2.0", Some(5)), facts("2.0", Some(4)), Duty::Required),
            (facts("2.0", None), facts("not a version", None), Duty::Required),
        ] {
            assert_eq!(duty(&first, &file), expected, "{first:?} {file:?}");
        }
    }

    #[test]
    fn what_becomes_of_a_file() {
        let (who, other) = (identity("o/r", Some(("7", "8"))), identity("o/r", Some(("9", "8"))));
        let pin = Pin::of(&who);
        let old = FileFacts { version: "1", upload_time: None };
        let new = FileFacts { version: "2", upload_time: None };
        let changed = PinVerdict::PublisherChanged(Change::Repository);
        let (strict, lax) =
            (Rules::default(), Rules { accept_first_use: true, require_attestation: false });
        let all = Rules { accept_first_use: false, require_attestation: true };
        for (publisher, pinned, first, file, seen, expected, accepted) in [
            (Some(&who), true, None, new, false, Decision::Pinned(PinVerdict::Match), [true; 3]),
            (Some(&other), true, None, new, false, Decision::Changed(changed), [false; 3]),
            (Some(&who), false, None, new, false, Decision::FirstUse, [false, true, false]),
            (None, false, None, new, false, Decision::NotAttested, [true, true, false]),
            (None, false, None, new, true, Decision::Gone, [false; 3]),
            (None, true, Some(new), new, false, Decision::Gone, [false; 3]),
            (None, true, None, old, false, Decision::Gone, [false; 3]),
            (None, true, Some(new), old, true, Decision::Gone, [false; 3]),
            (None, true, Some(new), old, false, Decision::BeforeAttestations, [true, true, false]),
        ] {
            let pin = pinned.then_some(&pin);
            let decision = decide(publisher, pin, first.as_ref(), &file, seen);
            assert_eq!(decision, expected);
            assert_eq!([strict, lax, all].map(|rules| decision.is_accepted(&rules)), accepted);
        }
    }

    #[test]
    fn a_history_says_where_the_publisher_changed() {
        let (who, other) = (identity("o/r", Some(("7", "8"))), identity("x/y", Some(("9", "1"))));
        let file = |version, time, publisher| Published {
            facts: FileFacts { version, upload_time: Some(Time::from_unix(time)) },
            publisher,
        };
        let matching = Decision::Pinned(PinVerdict::Match);
        let changed = Decision::Changed(PinVerdict::PublisherChanged(Change::Repository));
        let (files, expected): (Vec<_>, Vec<_>) = [
            (file("3", 40, Some(&other)), matching),
            (file("2.10", 30, Some(&other)), changed),
            (file("2.9", 20, Some(&who)), matching),
            (file("1", 10, Some(&who)), Decision::FirstUse),
            (file("2.9", 21, None), Decision::Gone),
            (file("0.9", 5, None), Decision::BeforeAttestations),
            // An old version that came later.
            (file("0.9", 50, None), Decision::Gone),
        ]
        .into_iter()
        .unzip();
        assert_eq!(history(&files), expected);
        assert_eq!(history(&files[4..]), [Decision::NotAttested; 3]);
        // One of the publishers of the version before is enough.
        let both = [
            file("3", 40, Some(&other)),
            file("2.9.0", 20, Some(&who)),
            file("2.9", 20, Some(&other)),
        ];
        assert_eq!(history(&both), [matching, Decision::FirstUse, Decision::FirstUse]);
        assert_eq!(history(&[]), []);
    }

    #[test]
    fn a_pin_is_of_the_name_only_where_a_publisher_that_meets_it_is() {
        let circleci =
            Publisher::CircleCi { project_id: "p".into(), pipeline_definition_id: "d".into() };
        let google = Publisher::Google { email: "a@example.org".into() };
        let of = |publisher| Identity { publisher, claims: Claims::default() };
        for (identity, is_name_only) in [
            (identity("o/r", Some(("7", "8"))), false),
            (identity("o/r", None), true),
            (of(circleci), false),
            (of(google), true),
        ] {
            let pin = Pin::of(&identity);
            assert_eq!(pin.is_name_only(), is_name_only, "{pin:?}");
            let verdict = compare(&pin, &identity);
            assert_eq!(verdict == PinVerdict::NameOnly, is_name_only, "{pin:?}");
        }
    }

    /// A page would say of such a file that nobody published the project before.
    #[test]
    fn a_file_without_a_version_is_compared_with_all_others() {
        let (who, other) = (identity("o/r", Some(("7", "8"))), identity("x/y", Some(("9", "1"))));
        let file = |version, publisher| Published {
            facts: FileFacts { version, upload_time: None },
            publisher,
        };
        let matching = Decision::Pinned(PinVerdict::Match);
        let changed = Decision::Changed(PinVerdict::PublisherChanged(Change::Repository));
        let odd = |publisher| {
            let files = [file("not a version", publisher), file("2", Some(&who)), file("1", None)];
            history(&files)
        };
        assert_eq!(odd(Some(&who)), [matching, Decision::FirstUse, Decision::BeforeAttestations]);
        assert_eq!(odd(Some(&other)), [changed, Decision::FirstUse, Decision::BeforeAttestations]);
        assert_eq!(odd(None), [Decision::Gone, Decision::FirstUse, Decision::BeforeAttestations]);
        assert_eq!(history(&[file("dev", Some(&who))]), [Decision::FirstUse]);
    }
}
