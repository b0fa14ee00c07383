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
    for name in
        ["1.a%20b.json", "1.a b.json", "1.%C3%A9.json", "1.é.json", "1...%2Fup.json", "1.Root.json"]
    {
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
    let pruned = ["1.%C3%A9.json", "1.a b.json", "1.a%20b.json", "1.é.json"]
        .map(|name| format!("metadata/{name}"));
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

/// Who names delegated roles could else put a folder where the next root belongs, and stop the
/// mirror for good.
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
        assert_eq!(
            mirror.read("timestamp.json").as_deref(),
            Some(repository.bytes("timestamp")),
            "{name}"
        );
        assert_eq!(
            mirror.read(&repository.file_name(name)).as_deref(),
            Some(repository.bytes(name)),
            "{name}"
        );
        assert_eq!(mirror.check(&[]).0, 0);
    }
}

/// Who lists targets could else put a folder where another's file belongs.
#[test]
fn no_target_takes_the_place_of_another() {
    let wheel = "six/six-1.0-py3-none-any.whl";
    for algorithm in ["sha256", "sha512", "blake2b-256"] {
        let mut repository = Repository::new();
        repository.target_hashes = vec![algorithm];
        repository.delegate("targets", &Delegation::paths("mallory", &["*/*/*"]));
        repository.delegate("targets", &Delegation::paths("six", &["six/*"]));
        let odd = format!("six/{}.six-1.0-py3-none-any.whl/x", hash(algorithm, b"six"));
        repository.add_target("mallory", &odd, b"x");
        repository.add_target("six", wheel, b"six");
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        for _ in 0..2 {
            let verdict = mirror.cli.refuses(
                &["mirror", "--to", mirror.path(), "--targets"],
                "unsafe-target-path",
                Some("mallory"),
            );
            assert_eq!(verdict["error"]["target"], odd, "{verdict}");
            finds(&repository, &mirror.folder, &[wheel]);
        }
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!((code, codes(&verdict)), (1, vec!["unsafe-target-path"]), "{verdict}");
        assert_eq!(verdict["audit"]["failures"][0]["target"], odd);
        assert_eq!(
            mirror.check(&["--project", "six", "--shard", "1/1"]).0,
            1,
            "the odd one is six's too by its path"
        );
        assert_eq!(mirror.check(&[]).0, 0);
    }
}

#[test]
fn under_plain_names_a_file_and_a_folder_do_not_meet() {
    let mut repository = Repository::inconsistent();
    for (role, pattern) in [("first", "a"), ("second", "a/*"), ("third", "a/*/*")] {
        repository.delegate("targets", &Delegation::paths(role, &[pattern]));
    }
    for (role, path) in [("first", "a"), ("second", "a/b"), ("third", "a/b/c")] {
        repository.add_target(role, path, path.as_bytes());
    }
    repository.add_target("targets", "top.txt", b"at the top");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    let (code, verdict) = mirror.run(&["--targets"]);
    let named = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|failure| failure["target"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (code, named(&verdict["mirror"]["failures"])),
        (1, vec!["a/b".into(), "a/b/c".into()]),
        "{verdict}"
    );
    finds(&repository, &mirror.folder, &["a", "top.txt"]);
    let (code, verdict) = mirror.check(&["--targets"]);
    assert_eq!(
        (code, named(&verdict["audit"]["failures"])),
        (1, vec!["a/b".into(), "a/b/c".into()]),
        "{verdict}"
    );
    assert_eq!(mirror.check(&[]).0, 0);
}

/// `metadata` and `METADATA` are one folder where case is ignored; here a second folder plays that.
#[test]
fn where_case_is_ignored_the_first_of_two_names_is_mirrored() {
    let mut repository = Repository::inconsistent();
    for (role, pattern) in
        [("first", "First/*"), ("FIRST", "third/*"), ("ROOT", "third/*"), ("second", "first/*")]
    {
        repository.delegate("targets", &Delegation::paths(role, &[pattern]));
    }
    repository.add_target("first", "First/x", b"first");
    repository.add_target("second", "first/X", b"second");
    repository.add_target("second", "first/y", b"y");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    std::fs::create_dir_all(mirror.folder.join("METADATA")).unwrap();
    let (code, verdict) = mirror.run(&["--targets"]);
    let failures = verdict["mirror"]["failures"].as_array().unwrap();
    let named: Vec<_> = failures
        .iter()
        .map(|failure| (&failure["code"], &failure["role"], &failure["target"]))
        .collect();
    let (role, target) = (json!("unsafe-role-name"), json!("unsafe-target-path"));
    let expected = [
        (&role, &json!("FIRST"), &Value::Null),
        (&role, &json!("ROOT"), &Value::Null),
        (&target, &json!("second"), &json!("first/X")),
    ];
    assert_eq!((code, named), (1, expected.to_vec()), "{verdict}");
    finds(&repository, &mirror.folder, &["First/x", "first/y"]);
    let names = mirror.names();
    assert!(
        names.iter().all(|name| !["FIRST.json", "ROOT.json"].contains(&name.as_str())),
        "{names:?}"
    );
}

#[test]
fn a_name_that_is_too_long_for_a_file_stops_nobody() {
    let mut repository = repository();
    let long = "\u{e9}".repeat(100);
    repository.delegate("targets", &Delegation::paths(&long, &["x/*"]));
    repository.delegate("targets", &Delegation::paths("mallory", &["mallory/*", "mallory/*/*"]));
    let below = format!("mallory/{}/x", "n".repeat(300));
    repository.add_target("mallory", &below, b"x");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    let named = |list: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let failures = list.as_array().unwrap().iter();
        failures.map(|failure| (text(&failure["code"]), text(&failure["role"]))).collect()
    };
    let expected = [
        ("unsafe-role-name".to_owned(), long.clone()),
        ("unsafe-target-path".to_owned(), "mallory".to_owned()),
    ];
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, named(&verdict["mirror"]["failures"])), (1, expected.to_vec()), "{verdict}");
    finds(&repository, &mirror.folder, &[WHEEL, ARCHIVE, "top.txt"]);
    let (code, verdict) = mirror.check(&["--targets"]);
    assert_eq!((code, named(&verdict["audit"]["failures"])), (1, expected.to_vec()), "{verdict}");
}
