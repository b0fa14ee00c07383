//! `picotuf mirror --prune`: what is removed, and what is kept because a role failed.

use super::*;

#[test]
fn pruning_keeps_every_root_and_what_is_listed() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.publish("projects/django", |signed| {
        signed["targets"].as_object_mut().unwrap().remove(WHEEL);
    });
    server.serve(&after);
    mirror.ok(&["--targets"]);
    assert!(
        mirror.names().contains(&"1.snapshot.json".to_owned())
            && mirror.folder.join("targets/django").is_dir()
    );
    let said = mirror.ok(&["--targets", "--prune"]);
    let names = mirror.names();
    for kept in ["1.root.json", "2.root.json", "timestamp.json", "1.bins-1.json", "2.bins-0.json"] {
        assert!(names.contains(&kept.to_owned()), "{kept}: {names:?}");
    }
    for gone in ["1.snapshot.json", "1.targets.json", "1.bins-0.json", "1.projects%2Fdjango.json"] {
        assert!(!names.contains(&gone.to_owned()), "{gone}: {names:?}");
    }
    // Both names of the wheel.
    let pruned: Vec<&str> =
        said["pruned"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(
        pruned.iter().filter(|name| name.ends_with("Django-5.0-py3-none-any.whl")).count(),
        2,
        "{pruned:?}"
    );
    assert_eq!(mirror.check(&["--targets"]).0, 0);
    assert_eq!(client(&before, &mirror.folder, ARCHIVE).0, 0);
}

/// A role with one below it, which expires together with a new version of each.
fn careless(start: Repository) -> (Repository, Repository) {
    let mut before = repository_from(start);
    before.delegate("targets", &Delegation::paths("careless", &["careless/*/*"]));
    before.delegate("careless", &Delegation::paths("below", &["careless/*/*"]));
    before.add_target("careless", "careless/1/a", b"a");
    before.add_target("below", "careless/1/b", b"b");
    before.add_target("targets", "gone.txt", b"gone");
    let mut after = before.clone();
    after.publish("targets", |signed| {
        drop(signed["targets"].as_object_mut().unwrap().remove("gone.txt"))
    });
    for role in ["bins-0", "below"] {
        after.publish(role, |_| {});
    }
    after.publish("careless", |signed| signed["expires"] = EXPIRED.into());
    (before, after)
}

/// Each file that is kept because of roles that failed, with these.
fn kept(list: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let roles = |file: &Value| file["roles"].as_array().unwrap().iter().map(text).collect();
    list.as_array().unwrap().iter().map(|file| (text(&file["file"]), roles(file))).collect()
}

#[test]
fn nothing_is_removed_that_a_role_may_list_which_failed_or_one_below() {
    let (before, after) = careless(Repository::new());
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets", "--prune"]);
    assert_eq!((code, &verdict["error"]["role"]), (1, &json!("careless")), "{verdict}");
    let targets = [("a", b"a"), ("b", b"b")].map(|(name, content)| {
        ["blake2b-256", "sha256"]
            .map(|algorithm| format!("targets/careless/1/{}.{name}", hash(algorithm, content)))
    });
    let mut expected: Vec<String> = targets.concat();
    expected.extend(["metadata/1.below.json".into(), "metadata/1.careless.json".into()]);
    expected.sort();
    let found = kept(&verdict["mirror"]["kept"]);
    assert!(found.iter().all(|(_, roles)| *roles == ["careless"]), "{found:?}");
    assert_eq!(found.into_iter().map(|(file, _)| file).collect::<Vec<_>>(), expected);
    assert!(expected.iter().all(|file| mirror.folder.join(file).is_file()));
    let note = "6 unlisted files are kept: they may belong to role careless, which failed";
    assert!(verdict["notices"].as_array().unwrap().contains(&json!(note)), "{verdict}");
    // What cannot be that role's is removed as ever.
    let pruned: Vec<&str> =
        verdict["mirror"]["pruned"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    let gone = ["blake2b-256", "sha256"]
        .map(|algorithm| format!("targets/{}.gone.txt", hash(algorithm, b"gone")));
    for file in [
        "metadata/1.bins-0.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
        &gone[0],
        &gone[1],
    ] {
        assert_eq!(
            (pruned.contains(&file), mirror.folder.join(file).exists()),
            (true, false),
            "{file}: {pruned:?}"
        );
    }
    // The audit does not say of them that nothing lists them.
    let (_, verdict) = mirror.check(&[]);
    assert_eq!(
        (verdict["unlisted"].clone(), kept(&verdict["undecided"]).len()),
        (json!([]), 6),
        "{verdict}"
    );
    // Once the role is mended, nothing has to be fetched again but itself and the role below.
    let mut mended = after.clone();
    mended.publish("careless", |signed| {
        signed["expires"] = before.signed("careless")["expires"].clone()
    });
    server.serve(&mended);
    server.take_paths();
    let said = mirror.ok(&["--targets", "--prune"]);
    let paths = server.take_paths();
    assert!(paths.iter().all(|path| path.starts_with("/metadata/")), "{paths:?}");
    assert_eq!(said["kept"], json!([]));
    finds(&before, &mirror.folder, &["careless/1/a", "careless/1/b"]);
    assert!(
        !mirror.metadata().join("1.careless.json").exists()
            && !mirror.metadata().join("1.below.json").exists()
    );
}

#[test]
fn plain_names_are_kept_likewise() {
    let (before, after) = careless(Repository::inconsistent());
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets", "--prune"]);
    assert_eq!(code, 1, "{verdict}");
    let careless = || vec!["careless".to_owned()];
    let expected = [
        ("targets/careless/1/a".to_owned(), careless()),
        ("targets/careless/1/b".to_owned(), careless()),
    ];
    assert_eq!(kept(&verdict["mirror"]["kept"]), expected, "{verdict}");
    assert_eq!(verdict["mirror"]["pruned"], json!(["targets/gone.txt"]), "{verdict}");
    assert!(
        mirror.folder.join("targets/careless/1/a").is_file()
            && mirror.folder.join("targets/careless/1/b").is_file()
    );
}

/// Whatever is wrong with a role, its files stay: here its file is gone from the repository.
#[test]
fn files_of_a_role_that_is_missing_stay_and_so_do_those_of_a_bin() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let bin = Delegation::succinct("bins", 3).role_names()[bin_of(ARCHIVE, 3)].clone();
    let mut after = next(&before);
    after.publish(&bin, |_| {});
    after.remove(&bin);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets", "--prune"]);
    let error = &verdict["error"];
    assert_eq!(
        (code, &error["code"], &error["role"]),
        (1, &json!("missing-file"), &json!(bin)),
        "{verdict}"
    );
    let archive = format!("targets/six/{}.six-1.17.0.tar.gz", hash("sha256", b"an archive"));
    assert!(mirror.folder.join(&archive).is_file());
    assert!(kept(&verdict["mirror"]["kept"]).contains(&(archive, vec![bin])), "{verdict}");
}
