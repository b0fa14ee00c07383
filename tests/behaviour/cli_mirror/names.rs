//! The names of roles and targets as names of files in a mirror.

use super::*;

#[test]
fn odd_role_names_are_found_by_servers_that_decode_and_by_those_that_do_not() {
    let mut repository = Repository::new();
    for name in ["a b", "é", "../up", "Root"] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&[]);
    let names = mirror.names();
    for name in ["1.a%20b.json", "1.a b.json", "1.%C3%A9.json", "1.é.json", "1...%2Fup.json", "1.Root.json"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    let outside: Vec<_> = std::fs::read_dir(mirror.folder.parent().unwrap()).unwrap().collect();
    assert_eq!(outside.len(), 1);
    assert_eq!(mirror.check(&[]).0, 0);
    // Under either name they stay, and are missed.
    mirror.ok(&["--prune"]);
    assert_eq!(mirror.names(), names);
    for name in ["1.a b.json", "1.%C3%A9.json", "1.é.json"] {
        std::fs::remove_file(mirror.metadata().join(name)).unwrap();
        assert_eq!(codes(&mirror.check(&[]).1), ["missing-file"], "{name}");
        mirror.ok(&[]);
        assert_eq!(mirror.check(&[]).0, 0, "{name}");
    }
    // Once they are no longer listed, both go.
    for name in ["a b", "é"] {
        repository.publish(name, |_| {});
    }
    server.serve(&repository);
    let said = mirror.ok(&["--prune"]);
    let pruned = ["1.%C3%A9.json", "1.a b.json", "1.a%20b.json", "1.é.json"].map(|name| format!("metadata/{name}"));
    for name in &pruned {
        assert!(said["pruned"].as_array().unwrap().contains(&json!(name)), "{name}: {said}");
        assert!(!mirror.folder.join(name).exists(), "{name}");
    }
    assert!(mirror.names().contains(&"2.é.json".to_owned()));
    assert_eq!(mirror.check(&[]).0, 0);
}

#[test]
fn a_decoded_name_takes_no_other_roles_place() {
    let mut repository = Repository::new();
    for name in ["a b", "a%20b"] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
        repository.add_target(name, &format!("x/{name}"), b"x");
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&[]);
    for role in ["a b", "a%20b"] {
        let name = repository.file_name(role);
        assert_eq!(mirror.read(&name).as_deref(), Some(repository.bytes(role)), "{name}");
    }
    assert_eq!(mirror.check(&[]).0, 0);
}

/// Who names delegated roles could else put a folder where the next root belongs, and stop the mirror for good.
#[test]
fn a_decoded_name_makes_no_folder_where_a_file_belongs() {
    for (mut repository, name) in [
        (Repository::new(), "root.json/x"),
        (Repository::new(), "ROOT.JSON/x"),
        (Repository::inconsistent(), "timestamp.json/x"),
    ] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
        repository.edit(name, |signed| signed["version"] = 2.into());
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        mirror.ok(&[]);
        repository.publish("root", |_| {});
        repository.publish("targets", |_| {});
        server.serve(&repository);
        mirror.ok(&[]);
        assert_eq!(mirror.read("2.root.json").as_deref(), Some(repository.bytes("root")), "{name}");
        assert_eq!(mirror.read("timestamp.json").as_deref(), Some(repository.bytes("timestamp")), "{name}");
        assert_eq!(mirror.read(&repository.file_name(name)).as_deref(), Some(repository.bytes(name)), "{name}");
        assert_eq!(mirror.check(&[]).0, 0);
    }
}
