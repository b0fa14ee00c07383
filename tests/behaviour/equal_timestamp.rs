//! A timestamp of the version that is stored already changes nothing, and ends nothing.

use crate::prelude::*;

#[test]
fn the_stored_one_is_kept() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    let stored = client.stored()["timestamp"].clone();
    repository
        .edit("timestamp", |timestamp| timestamp["x"] = "the same version, other bytes".into());
    client.refreshes(&repository);
    assert_eq!(client.stored()["timestamp"], stored);
    assert_eq!(
        client.events(),
        [Event::Fetch("2.root.json".to_owned()), Event::Fetch("timestamp.json".to_owned())]
    );
}

#[test]
fn the_stored_one_may_not_be_expired() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    // The new one of the same version is fresh; the stored one is what counts.
    repository.edit("timestamp", |timestamp| timestamp["expires"] = "2026-03-01T00:00:00Z".into());
    repository.edit("snapshot", |_| {});
    client.set_time("2026-02-01T00:00:00Z");
    client.refuses(&repository, "expired", "timestamp");
    assert_eq!(client.versions(), top_level(1, 1, 1, 1));
}

#[test]
fn it_must_still_be_well_signed() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository.edit_signatures("timestamp", Vec::clear);
    client.refuses(&repository, "threshold-not-met", "timestamp");
    assert_eq!(client.versions(), top_level(1, 1, 1, 1));
}

#[test]
fn the_update_goes_on_with_the_snapshot() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository.publish("targets", |_| {});
    client.break_files(&["2.snapshot.json"]);
    client.refuses(&repository, "source-failed", "snapshot");
    assert_eq!(client.versions(), top_level(1, 1, 1, 2));
    client.break_files(&[]);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(1, 2, 2, 2));
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"]
    );
}
