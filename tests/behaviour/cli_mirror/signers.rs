//! One signer among many: whatever is wrong with a delegated role, everything else is mirrored.

use super::*;

#[test]
fn what_a_hostile_repository_offers_is_not_replicated() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    // Signed by a key that its delegator does not know, and listed by the thief of the snapshot
    // key.
    let mut after = before.clone();
    after.sign_with("projects/django", &[Key::ed25519("thief")]);
    after.publish("projects/django", |signed| signed["targets"] = json!({}));
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("threshold-not-met")), "{verdict}");
    assert_eq!(verdict["error"]["role"], "projects/django");
    assert!(!mirror.names().contains(&after.file_name("projects/django")));
    assert!(
        mirror.read("timestamp.json").as_deref() == Some(after.bytes("timestamp")),
        "the rest is published"
    );
    // A path that leads out of the folder.
    let mut after = before.clone();
    after.add_target("targets", "../../evil", b"evil");
    after.publish("targets", |_| {});
    server.serve(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("unsafe-target-path")), "{verdict}");
    assert_eq!(
        (&verdict["error"]["role"], &verdict["error"]["target"]),
        (&json!("targets"), &json!("../../evil")),
        "{verdict}"
    );
    let outside = std::fs::read_dir(mirror.folder.parent().unwrap()).unwrap();
    assert_eq!((outside.count(), mirror.folder.join("evil").exists()), (1, false));
}

#[test]
fn one_signer_stops_nobody_elses_mirror() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
    // Before `unclaimed`, whose bins end the search for every path.
    after.edit("targets", |targets| {
        targets["delegations"]["roles"].as_array_mut().unwrap().rotate_right(1);
    });
    let long = format!("mallory/{}", "n".repeat(300));
    for path in ["mallory/x:1.whl", "mallory/gone", "mallory/other", &long, "mallory/there"] {
        after.add_target("mallory", path, path.as_bytes());
    }
    after.files.retain(|name, _| !name.ends_with(".gone"));
    for (_, bytes) in after.files.iter_mut().filter(|(name, _)| name.ends_with(".other")) {
        bytes[0] = b'M';
    }
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets", "--prune"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("mirror-incomplete")), "{verdict}");
    let named = |list: &Value| -> Vec<(String, String)> {
        let text = |failure: &Value, name: &str| failure[name].as_str().unwrap().to_owned();
        let failures = list.as_array().unwrap().iter();
        let mut named: Vec<_> =
            failures.map(|failure| (text(failure, "target"), text(failure, "code"))).collect();
        named.sort();
        named
    };
    let expected = [
        ("mallory/gone", "missing-target"),
        (&long, "unsafe-target-path"),
        ("mallory/other", "hash-mismatch"),
        ("mallory/x:1.whl", "unsafe-target-path"),
    ]
    .map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(named(&verdict["mirror"]["failures"]), expected, "{verdict}");
    assert!(
        verdict["mirror"]["failures"]
            .as_array()
            .unwrap()
            .iter()
            .all(|failure| failure["role"] == "mallory")
    );
    // All else is as it is upstream.
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(after.bytes("timestamp")));
    assert!(
        mirror
            .folder
            .join(format!("targets/mallory/{}.there", hash("sha256", b"mallory/there")))
            .is_file()
    );
    for target in [WHEEL, ARCHIVE, "django/Django-5.1-py3-none-any.whl"] {
        let (code, verdict) = client(&before, &mirror.folder, target);
        assert_eq!(code, 0, "{target}: {verdict}");
    }
    assert_eq!(mirror.check(&[]).0, 0);
    assert_eq!(mirror.check(&["--project", "django"]).0, 0);
    let (code, verdict) = mirror.check(&["--targets"]);
    let expected = expected.map(|(path, code)| match &*code {
        "hash-mismatch" => (path, "missing-target".to_owned()),
        _ => (path, code),
    });
    assert_eq!((code, named(&verdict["audit"]["failures"])), (1, expected.to_vec()), "{verdict}");
}

#[test]
fn a_role_that_expired_stops_nobody_elses_mirror() {
    let mut repository = repository();
    repository.delegate("targets", &Delegation::paths("careless", &["careless/*"]));
    repository.add_target("careless", "careless/x", b"x");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    repository.publish("careless", |signed| signed["expires"] = EXPIRED.into());
    server.serve(&repository);
    let verdict = mirror.cli.refuses(
        &["mirror", "--to", mirror.path(), "--targets"],
        "expired",
        Some("careless"),
    );
    assert_eq!(verdict["mirror"]["failures"].as_array().unwrap().len(), 1, "{verdict}");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(repository.bytes("timestamp")));
    assert_eq!(client(&repository, &mirror.folder, ARCHIVE).0, 0);
}

#[test]
fn a_delegation_to_somebody_elses_role_spoils_nothing() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
    repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
    repository.delegate("claimed", &Delegation::paths("projects/django", &["django/*"]));
    repository.add_target("projects/django", WHEEL, b"a wheel");
    // It is met before the right one, and gives the role other keys.
    repository.delegate(
        "mallory",
        &Delegation::paths("projects/django", &["*/*"]).keys(&[Key::ed25519("mallory")]),
    );
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    let said = mirror.ok(&["--targets"]);
    assert_eq!(
        (&said["counts"]["roles"], &said["counts"]["targets"]),
        (&json!(3), &json!(1)),
        "{said}"
    );
    assert_eq!(client(&repository, &mirror.folder, WHEEL).0, 0);
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn a_listing_counts_where_a_client_would_look_for_it() {
    for mut repository in [Repository::new(), Repository::inconsistent()] {
        repository.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
        repository.delegate("targets", &Delegation::paths("shared", &["a/*"]));
        repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
        // Roles of these names, but not for paths that mallory could give away.
        repository.delegate("mallory", &Delegation::paths("helper", &["*/*"]));
        repository.delegate("mallory", &Delegation::paths("claimed", &["*/*"]));
        repository.delegate("claimed", &Delegation::paths("shared", &["django/extra-*"]));
        repository.delegate("shared", &Delegation::paths("claimed", &["*/*"]));
        for role in ["mallory", "helper", "shared", "claimed"] {
            repository.add_target(role, ARCHIVE, role.as_bytes());
        }
        for (role, path) in
            [("mallory", "mallory/x"), ("helper", "mallory/y"), ("claimed", "mallory/z")]
        {
            repository.add_target(role, path, b"hers");
        }
        repository.add_target("shared", "django/extra-1", b"by way of claimed");
        repository.add_target("shared", "django/other", b"nobody's");
        repository.add_target("claimed", "a/x", b"by way of shared");
        repository
            .files
            .retain(|name, _| !name.ends_with("six-1.17.0.tar.gz") && !name.ends_with("other"));
        repository.add_target("targets", ARCHIVE, b"an archive");
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        assert_eq!(mirror.ok(&["--project", "six"])["counts"]["targets"], 1);
        assert_eq!(mirror.check(&["--project", "six"]).0, 0);
        let (code, verdict) = mirror.run(&["--targets", "--prune"]);
        let counts = &verdict["mirror"]["counts"];
        let found = (code, counts["targets"].as_u64(), counts["targets_not_delegated"].as_u64());
        assert_eq!(found, (0, Some(6), Some(5)), "{verdict}");
        assert!(
            verdict["notices"][0].as_str().unwrap().starts_with("5 listed targets are ignored"),
            "{verdict}"
        );
        for target in [ARCHIVE, "mallory/x", "mallory/y", "mallory/z", "django/extra-1", "a/x"] {
            let (code, verdict) = client(&repository, &mirror.folder, target);
            assert_eq!(code, 0, "{target}: {verdict}");
        }
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!((code, &verdict["audit"]["counts"]["targets"]), (0, &json!(6)), "{verdict}");
    }
}

#[test]
fn a_role_that_is_not_published_yet_is_a_note_for_both() {
    let mut repository = repository();
    repository.delegate("targets", &Delegation::paths("later", &["later/*"]));
    repository.edit("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("later.json");
    });
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    for (code, verdict) in [mirror.run(&[]), mirror.check(&[])] {
        assert_eq!(code, 0, "{verdict}");
        assert_eq!(
            verdict["notices"],
            json!(["the snapshot does not list 1 of the delegated roles"])
        );
    }
}

/// A plain name has room for one file: that of the role that a client visits first, however deep.
#[test]
fn under_plain_names_a_later_role_takes_nobodys_place() {
    let mut repository = Repository::inconsistent();
    repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
    repository.delegate("claimed", &Delegation::paths("projects/django", &["django/*"]));
    repository.delegate("targets", &Delegation::paths("unclaimed", &["*/*"]));
    repository.add_target("unclaimed", WHEEL, b"another wheel");
    repository.add_target("projects/django", WHEEL, b"a wheel");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    assert_eq!(mirror.ok(&["--targets"])["counts"]["targets"], 1);
    finds(&repository, &mirror.folder, &[WHEEL]);
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn a_role_that_the_server_refuses_to_give_stops_nobody_elses_mirror() {
    let repository = repository();
    let server = Server::start(&repository);
    for (status, code) in
        [(400, "http-status"), (403, "missing-file"), (410, "http-status"), (414, "http-status")]
    {
        server.misbehave("/metadata/1.projects%2Fdjango.json", Behaviour::Status(status));
        let mirror = Mirror::new(&repository, &server);
        mirror.cli.refuses(
            &["mirror", "--to", mirror.path(), "--targets"],
            code,
            Some("projects/django"),
        );
        finds(&repository, &mirror.folder, &[ARCHIVE, "top.txt"]);
    }
    // A server that fails, or wants to know who asks, would fail for all.
    for status in [401, 429, 500, 503] {
        server.misbehave("/metadata/1.projects%2Fdjango.json", Behaviour::Status(status));
        let mirror = Mirror::new(&repository, &server);
        mirror.cli.refuses(
            &["mirror", "--to", mirror.path()],
            "http-status",
            Some("projects/django"),
        );
        assert!(mirror.read("timestamp.json").is_none(), "{status}");
    }
}

/// A role that is not as it is listed may mean that the repository was changed during the run.
#[test]
fn a_run_that_is_overtaken_by_an_update_begins_again() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut middle = next(&before);
    let path = format!("/metadata/{}", middle.file_name("projects/django"));
    middle.remove("projects/django");
    let mut after = next(&middle);
    after.files.remove(path.trim_start_matches("/metadata/"));
    server.serve(&middle);
    server.misbehave(&path, Behaviour::Together(2));
    let arguments = ["--json", "mirror", "--to", mirror.path(), "--targets"];
    let mut command = mirror.cli.command(&[], &binary(), &arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !server.take_paths().contains(&path) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    // The run waits for this file and gets none. Meanwhile there is a newer state without the
    // fault.
    server.serve(&after);
    let mut other =
        std::net::TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    other.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &verdict["mirror"]["failures"]),
        (Some(0), &json!([])),
        "{verdict}"
    );
    assert_eq!(
        verdict["notices"],
        json!(["the repository changed during the run; starting again"])
    );
    assert!(mirror.read("timestamp.json").as_deref() == Some(after.bytes("timestamp")));
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn each_role_that_fails_has_a_line_of_its_own() {
    let mut repository = repository();
    repository.publish("projects/django", |signed| signed["expires"] = EXPIRED.into());
    repository.publish("bins-0", |signed| signed["targets"] = json!([]));
    let server = Server::start(&repository);
    let mut mirror = Mirror::new(&repository, &server);
    mirror.cli.options.retain(|option| option != "--quiet");
    let outcome = mirror.cli.run(&["mirror", "--to", mirror.path()]);
    let wrong: Vec<&str> =
        outcome.stdout.lines().filter_map(|line| line.strip_prefix("wrong  ")).collect();
    assert_eq!((outcome.code, wrong.len()), (1, 2), "{outcome:?}");
    for (line, (role, code)) in
        wrong.iter().zip([("bins-0", "[wrong-type]"), ("projects/django", "[expired]")])
    {
        assert!(line.starts_with(&format!("{role} (")) && line.ends_with(code), "{line}");
    }
    let last = outcome.stderr.lines().last().unwrap();
    assert!(
        last.contains("2 roles or targets could not be mirrored; the rest is published"),
        "{last}"
    );
}
