use std::path::Path;

use picotuf::Time;
use picotuf::pypi::ProjectName;
use picotuf_attest::{Change, Claims, Decision, FileFacts, Identity, PinVerdict, Publisher};

use super::{Publishers, file};

const PYPI: &str = "https://pypi.org/simple";
const FILE: [u8; 32] = [1; 32];

fn identity(repository: &str, workflow: &str, ids: Option<(&str, &str)>) -> Identity {
    let mut claims = Claims::default();
    claims.issuer = Some("https://token.actions.githubusercontent.com".into());
    claims.repository_id = ids.map(|(id, _)| id.into());
    claims.owner_id = ids.map(|(_, id)| id.into());
    claims.source_ref = Some("refs/tags/v1".into());
    let publisher = Publisher::GitHub { repository: repository.into(), workflow: workflow.into() };
    Identity::unverified(publisher, claims)
}

fn facts(version: &str, time: Option<i64>) -> FileFacts<'_> {
    FileFacts { version, upload_time: time.map(Time::from_unix) }
}

fn six() -> ProjectName {
    ProjectName::new("six").unwrap()
}

fn parse(text: &str) -> Result<Publishers, String> {
    file::parse(text, Path::new("p.toml")).map_err(|error| error.to_string())
}

fn learned() -> Publishers {
    let mut publishers = Publishers::default();
    let who = identity("o/six", "release.yml", Some(("7", "8")));
    assert!(publishers.learn(PYPI, &six(), &who, &facts("1.17.0", Some(1_733_354_126))));
    publishers
}

const ONE: &str = r#"# Who publishes what is locked here: `picotuf check --attestations` holds files to it.
# Written by `picotuf publishers`. Review changes as you review code.
version = 1

[[publisher]]
index = "https://pypi.org/simple"
project = "six"
publisher = "github:o/six:release.yml"
issuer = "https://token.actions.githubusercontent.com"
repository-id = "7"
owner-id = "8"
ref-kind = "tag"
first-version = "1.17.0"
first-upload-time = "2024-12-04T23:15:26Z"
"#;

#[test]
fn a_pin_is_written_as_it_is_read_and_in_one_order() {
    let mut publishers = learned();
    assert_eq!(file::text(&publishers), ONE);
    assert_eq!(parse(ONE).unwrap(), publishers);

    let project = |name| ProjectName::new(name).unwrap();
    let who = identity("o/x", "y.yml", None);
    for (index, name) in [("https://u:p@h.example/simple/", "a"), (PYPI, "Zope_X"), (PYPI, "abc")] {
        publishers.learn(index, &project(name), &who, &facts("1", None));
    }
    let places: Vec<_> =
        publishers.all().iter().map(|known| format!("{} {}", known.index, known.project)).collect();
    let expected = [
        "https://h.example/simple a",
        "https://pypi.org/simple abc",
        "https://pypi.org/simple six",
        "https://pypi.org/simple zope-x",
    ];
    assert_eq!(places, expected);
    assert_eq!(parse(&file::text(&publishers)).unwrap(), publishers);
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    let with = |old: &str, new: &str| {
        assert!(ONE.contains(old), "{old}");
        parse(&ONE.replace(old, new)).expect_err(new)
    };
    for (old, new, expected) in [
        (
            "ref-kind = ",
            "environment = \"x\"\nref-kind = ",
            "p.toml:12: unknown field `environment`",
        ),
        ("version = 1\n", "version = 1\ntrust = \"all\"\n", "p.toml:4: unknown field `trust`"),
        ("version = 1\n", "version = 2\n", "p.toml: its version is 2, and only 1 is known"),
        ("owner-id = \"8\"", "owner-id = 8", "p.toml:11: invalid type: integer `8`"),
        ("owner-id = \"8\"", "owner-id = \"\"", "p.toml:5: \"\" is no number"),
        ("issuer = ", "issuers = ", "p.toml:9: unknown field `issuers`"),
        (":release.yml", ":*", "p.toml:5: \"github:o/six:*\" names no workflow"),
        ("github:o/six:release.yml", "o/six", "p.toml:5: a publisher is written `github:"),
        ("\"six\"", "\"Six\"", "p.toml:5: \"Six\" is no project's normalized name"),
        ("simple\"", "simple/\"", "p.toml:5: the index \"https://pypi.org/simple/\" is not"),
        ("\"tag\"", "\"tags\"", "p.toml:5: `ref-kind` is \"tags\", not branch, tag or other"),
        ("\"1.17.0\"", "\"one\"", "p.toml:5: \"one\" cannot be a version"),
        ("first-version = \"1.17.0\"\n", "", "p.toml:5: `first-upload-time` stands without"),
        ("2024-12-04T", "2024-12-32T", "p.toml:5: \"2024-12-32T23:15:26Z\" is no time"),
    ] {
        let found = with(old, new).replace("(p.toml", "p.toml").replace("):", ":");
        assert!(found.contains(expected), "{found}\n{expected}");
        assert!(found.contains("[invalid-publishers]"), "{found}");
    }
    let (_, entry) = ONE.split_once("\n\n").unwrap();
    let twice = parse(&format!("{ONE}\n{entry}")).unwrap_err();
    assert!(twice.contains("six has the publisher github:o/six:release.yml twice"), "{twice}");
}

#[test]
fn the_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(super::FILE_NAME);
    assert_eq!(Publishers::read(&path).unwrap(), None);
    let publishers = learned();
    publishers.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), ONE);
    assert_eq!(Publishers::read(&path).unwrap(), Some(publishers));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_project_is_pinned_in_one_index() {
    let publishers = learned();
    let who = identity("o/six", "release.yml", Some(("7", "8")));
    let decide = |index| publishers.decide(index, &six(), Some(&who), &facts("2", None), &FILE);
    let with_credentials = "https://u:p@pypi.org/simple/";
    assert_eq!(decide(with_credentials), Decision::Pinned(PinVerdict::Match));
    assert_eq!(publishers.elsewhere(with_credentials, &six()), None);
    assert_eq!(decide("https://evil.example/simple"), Decision::FirstUse);
    assert_eq!(publishers.elsewhere("https://evil.example/simple", &six()), Some(PYPI));
    let other = ProjectName::new("seven").unwrap();
    assert_eq!(publishers.elsewhere("https://evil.example/simple", &other), None);
}

#[test]
fn one_of_several_publishers_is_enough() {
    let mut publishers = learned();
    let wheels = identity("o/six", "wheels.yml", Some(("7", "8")));
    assert!(publishers.learn(PYPI, &six(), &wheels, &facts("1.18", None)));
    assert_eq!(publishers.all().len(), 2);
    for (workflow, expected) in [
        ("release.yml", Decision::Pinned(PinVerdict::Match)),
        ("wheels.yml", Decision::Pinned(PinVerdict::Match)),
        ("evil.yml", Decision::Changed(PinVerdict::PublisherChanged(Change::Workflow))),
    ] {
        let who = identity("o/six", workflow, Some(("7", "8")));
        let found = publishers.decide(PYPI, &six(), Some(&who), &facts("2", None), &FILE);
        assert_eq!(found, expected, "{workflow}");
    }
}

#[test]
fn a_new_name_is_not_another_publisher_and_is_accepted_by_name() {
    let mut publishers = learned();
    let moved = identity("new/six", "release.yml", Some(("7", "8")));
    let decide = |publishers: &Publishers, who| {
        publishers.decide(PYPI, &six(), Some(who), &facts("2", None), &FILE)
    };
    assert_eq!(decide(&publishers, &moved), Decision::Changed(PinVerdict::Renamed));
    let taken = identity("o/six", "release.yml", Some(("7", "9")));
    let owner = Decision::Changed(PinVerdict::PublisherChanged(Change::Owner));
    assert_eq!(decide(&publishers, &taken), owner);

    assert!(publishers.learn(PYPI, &six(), &moved, &facts("2", None)));
    assert_eq!(publishers.all().len(), 1);
    assert_eq!(decide(&publishers, &moved), Decision::Pinned(PinVerdict::Match));
    assert!(!publishers.learn(PYPI, &six(), &moved, &facts("2", None)), "nothing new");
}

#[test]
fn a_file_that_was_ever_seen_attested_has_to_stay_so() {
    let mut publishers = learned();
    let who = identity("o/six", "release.yml", Some(("7", "8")));
    // A fix of an older series, published later.
    let backport = facts("1.16.1", Some(1_800_000_000));
    fn decide(publishers: &Publishers, file: &FileFacts<'_>) -> Decision {
        publishers.decide(PYPI, &six(), None, file, &FILE)
    }
    assert_eq!(decide(&publishers, &facts("1.17.0", Some(1_733_354_126))), Decision::Gone);
    assert_eq!(
        decide(&publishers, &facts("1.16.0", Some(1_600_000_000))),
        Decision::BeforeAttestations
    );
    assert!(publishers.learn(PYPI, &six(), &who, &backport));
    for seen in [facts("1.17.0", Some(1_733_354_126)), backport] {
        assert_eq!(decide(&publishers, &seen), Decision::Gone, "{seen:?}");
    }
    assert_eq!(
        decide(&publishers, &facts("1.16.0", Some(1_600_000_000))),
        Decision::BeforeAttestations
    );
    // The index calls a new file old.
    assert_eq!(decide(&publishers, &facts("1.18.0", Some(1_600_000_000))), Decision::Gone);

    // Another publisher is accepted, and what was attested has to stay so all the same.
    let other = identity("other/six", "release.yml", Some(("70", "80")));
    let newest = facts("2.0", Some(1_900_000_000));
    publishers.accept(PYPI, &six(), &other, &newest, false);
    assert_eq!(publishers.all().len(), 1);
    assert_eq!(decide(&publishers, &backport), Decision::Gone);
    let by = |who| publishers.decide(PYPI, &six(), Some(who), &newest, &FILE);
    assert_eq!(by(&other), Decision::Pinned(PinVerdict::Match));
    assert!(matches!(by(&who), Decision::Changed(_)));
}

/// Otherwise files of the other publishers are refused, or have none from then on.
#[test]
fn a_further_publisher_takes_the_place_of_no_pin_that_may_be_in_use() {
    let mut publishers = learned();
    let who = identity("o/six", "release.yml", Some(("7", "8")));
    let nightly = identity("o/six", "nightly.yml", Some(("7", "8")));
    let third = identity("other/six", "release.yml", Some(("70", "80")));
    let newest = facts("2.0", Some(1_900_000_000));
    let met = |publishers: &Publishers, who: &Identity| {
        publishers.decide(PYPI, &six(), Some(who), &newest, &FILE)
            == Decision::Pinned(PinVerdict::Match)
    };
    publishers.accept(PYPI, &six(), &nightly, &newest, true);
    assert!(met(&publishers, &who) && met(&publishers, &nightly));
    publishers.accept(PYPI, &six(), &third, &newest, false);
    assert!([&who, &nightly, &third].into_iter().all(|one| met(&publishers, one)));
    // A new name is that of one pin.
    let renamed = identity("new/six", "nightly.yml", Some(("7", "8")));
    publishers.accept(PYPI, &six(), &renamed, &newest, false);
    assert_eq!(publishers.all().len(), 3);
    assert!(met(&publishers, &renamed) && met(&publishers, &who) && met(&publishers, &third));
}

#[test]
fn a_file_without_attestations_is_accepted_by_its_hash() {
    let mut publishers = learned();
    let file = facts("1.17.0", Some(1_733_354_126));
    let decide = |publishers: &Publishers, sha256: &[u8; 32]| {
        publishers.decide(PYPI, &six(), None, &file, sha256)
    };
    assert_eq!(decide(&publishers, &FILE), Decision::Gone);
    let name = "six-1.17.0.tar.gz";
    publishers.accept_unattested(PYPI, &six(), &file, name, &FILE);
    publishers.accept_unattested(PYPI, &six(), &file, name, &FILE);
    assert_eq!(decide(&publishers, &FILE), Decision::NotAttested);
    assert_eq!(decide(&publishers, &[2; 32]), Decision::Gone);
    let text = file::text(&publishers);
    let line = format!("unattested = [\n    \"{name}#sha256={}\",\n]\n", "01".repeat(32));
    assert_eq!(text, format!("{ONE}{line}"));
    assert_eq!(parse(&text).unwrap(), publishers);
    let short = parse(&text.replace("#sha256=01", "#sha256=")).unwrap_err();
    assert!(short.contains("is not written as NAME#sha256=HEX"), "{short}");

    // An older file needs nobody to accept it.
    let before = publishers.clone();
    let old = facts("1.16.0", Some(1_600_000_000));
    publishers.accept_unattested(PYPI, &six(), &old, "six-1.16.0.tar.gz", &[2; 32]);
    assert_eq!(publishers, before);
}
