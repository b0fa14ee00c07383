//! What is past its expiry is refused, and so is an expiry that cannot be read.

use crate::prelude::*;

#[test]
fn each_role_expires() {
    for (role, stored) in [
        ("timestamp", vec![("root", 1)]),
        ("snapshot", vec![("root", 1), ("timestamp", 1)]),
        ("targets", vec![("root", 1), ("snapshot", 1), ("timestamp", 1)]),
    ] {
        let mut repository = Repository::new();
        repository.edit(role, |signed| signed["expires"] = EXPIRED.into());
        let mut client = Client::new(&repository);
        let error = client.refuses(&repository, "expired", role);
        assert_eq!(
            error,
            Error::Expired { role: Role::from_name(role), expires: time(EXPIRED), now: time(NOW) }
        );
        assert_eq!(client.versions(), stored, "{role}");
    }
}

#[test]
fn a_delegated_role_expires_and_is_not_skipped() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["a"]));
    repository.delegate("targets", &Delegation::paths("unclaimed", &["*"]));
    repository.add_target("unclaimed", "a", b"a");
    repository.edit("claimed", |claimed| claimed["expires"] = EXPIRED.into());
    let mut client = Client::new(&repository);
    let error = client.find_refused(&repository, "a", "expired", "claimed");
    assert_eq!(
        error,
        Error::Expired { role: Role::Delegated, expires: time(EXPIRED), now: time(NOW) }
    );
    assert_eq!(client.versions(), top_level(1, 1, 1, 1));
}

#[test]
fn the_moment_of_expiry_is_too_late() {
    let mut repository = Repository::new();
    repository.edit("timestamp", |timestamp| timestamp["expires"] = NOW.into());
    Client::new(&repository).refuses(&repository, "expired", "timestamp");
    Client::new(&repository).at("2026-01-15T11:59:59Z").refreshes(&repository);
}

#[test]
fn what_was_fresh_yesterday_is_not_today() {
    let repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    client.set_time("2026-01-17T00:00:00Z");
    client.refuses(&repository, "expired", "timestamp");
    assert_eq!(client.versions(), top_level(1, 1, 1, 1));
    assert_eq!(client.requests(), ["2.root.json", "timestamp.json"]);
}

#[test]
fn a_stored_snapshot_expires_too() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository
        .publish("timestamp", |timestamp| timestamp["expires"] = "2026-02-01T00:00:00Z".into());
    client.set_time("2026-01-17T00:00:00Z");
    client.refuses(&repository, "expired", "snapshot");
    repository.publish("snapshot", |snapshot| snapshot["expires"] = "2026-02-01T00:00:00Z".into());
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(1, 2, 1, 3));
}

#[test]
fn forms_of_rfc_3339_are_read() {
    for (text, meant) in [
        ("2026-01-15T12:00:01Z", "2026-01-15T12:00:01Z"),
        ("2026-02-01T00:00:00.5Z", "2026-02-01T00:00:00Z"),
        ("2026-02-01T00:00:00.123456789Z", "2026-02-01T00:00:00Z"),
        ("2026-02-01T00:00:00+00:00", "2026-02-01T00:00:00Z"),
        ("2026-02-01T05:30:00+05:30", "2026-02-01T00:00:00Z"),
        ("2026-01-31T16:00:00.000-08:00", "2026-02-01T00:00:00Z"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        let mut repository = Repository::new();
        repository.edit("timestamp", |timestamp| timestamp["expires"] = text.into());
        let report = Client::new(&repository).refreshes(&repository);
        assert_eq!(report.role("timestamp").expires, time(meant).unix(), "{text}");
    }
}

#[test]
fn an_offset_counts() {
    let mut repository = Repository::new();
    repository
        .edit("timestamp", |timestamp| timestamp["expires"] = "2026-01-15T13:00:00+01:00".into());
    Client::new(&repository).refuses(&repository, "expired", "timestamp");
}

#[test]
fn what_cannot_be_read_is_refused() {
    for text in [
        "",
        "never",
        "2027-01-01",
        "2027-01-01T00:00:00",
        "2027-01-01 00:00:00Z",
        "20270101T000000Z",
        "2027-13-01T00:00:00Z",
        "2027-00-01T00:00:00Z",
        "2027-02-29T00:00:00Z",
        "2027-01-32T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "2027-01-01T00:60:00Z",
        "2027-01-01T00:00:61Z",
        "2027-1-1T0:0:0Z",
        "+2027-01-01T00:00:00Z",
        "12027-01-01T00:00:00Z",
        "2027-01-01T00:00:00ZZ",
        "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00+1",
        "2027-01-01T00:00:00+25:00",
        " 2027-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z ",
        "２０２７-01-01T00:00:00Z",
        "99999999999999999999",
    ] {
        for role in ["timestamp", "snapshot", "targets"] {
            let mut repository = Repository::new();
            repository.edit(role, |signed| signed["expires"] = text.into());
            Client::new(&repository).refuses(&repository, "invalid-time", role);
        }
    }
}

#[test]
fn an_expiry_is_a_text_and_must_be_there() {
    for (value, code) in [
        (json!(null), "wrong-type"),
        (json!(1_900_000_000), "wrong-type"),
        (json!({}), "wrong-type"),
    ] {
        let mut repository = Repository::new();
        repository.edit("timestamp", |timestamp| timestamp["expires"] = value);
        Client::new(&repository).refuses(&repository, code, "timestamp");
    }
    let mut repository = Repository::new();
    repository.edit("timestamp", |timestamp| {
        timestamp.as_object_mut().unwrap().remove("expires");
    });
    Client::new(&repository).refuses(&repository, "missing-member", "timestamp");
}
