//! `picotuf mirror --check`: what an audit finds, and audits in parts.

use std::path::Path;

use super::*;

#[test]
fn an_audit_finds_what_is_wrong_and_names_it() {
    let repository = next(&repository());
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    let wheel =
        format!("targets/django/{}.Django-5.0-py3-none-any.whl", hash("sha256", b"a wheel"));
    type Damage = fn(&Path);
    let damages: [(&str, Damage, &[&str]); 6] = [
        (&wheel, |path| std::fs::write(path, b"a wheeL").unwrap(), &["hash-mismatch"]),
        (&wheel, |path| std::fs::write(path, b"a whee").unwrap(), &["length-mismatch"]),
        (&wheel, |path| std::fs::remove_file(path).unwrap(), &["missing-target"]),
        ("metadata/1.bins-5.json", |path| std::fs::remove_file(path).unwrap(), &["missing-file"]),
        ("metadata/1.root.json", |path| std::fs::write(path, b"[]").unwrap(), &["wrong-type"]),
        (
            "metadata/1.bins-5.json",
            |path| {
                let mut bytes = std::fs::read(path).unwrap();
                bytes.push(b' ');
                std::fs::write(path, bytes).unwrap();
            },
            &["length-mismatch"],
        ),
    ];
    for (name, damage, expected) in damages {
        let path = mirror.folder.join(name);
        let bytes = std::fs::read(&path).unwrap();
        // A hard link would be damaged along.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        damage(&path);
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!(
            (code, &verdict["error"]["code"]),
            (1, &json!("mirror-not-whole")),
            "{name}: {verdict}"
        );
        assert_eq!(codes(&verdict), expected, "{name}");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(mirror.check(&["--targets"]).0, 0, "{name}");
    }
    // What nothing lists is a note.
    let names = ["metadata/9.evil.json", "metadata/evil/x", "targets/evil"];
    assert_eq!(mirror.check(&[]).1["unlisted"], json!([]));
    std::fs::create_dir(mirror.metadata().join("evil")).unwrap();
    for name in names {
        std::fs::write(mirror.folder.join(name), b"{}").unwrap();
    }
    let (code, verdict) = mirror.check(&["--targets"]);
    assert_eq!((code, &verdict["unlisted"]), (0, &json!(names)), "{verdict}");
    let note = "no role lists 3 of the files in the folder, such as metadata/9.evil.json";
    assert_eq!(verdict["notices"], json!([note]));
    // Old as of a time; and what a client refuses before it comes to roles.
    let (code, verdict) = mirror.check(&["--at", "2026-02-01T00:00:00Z"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("expired")), "{verdict}");
    std::fs::remove_file(mirror.metadata().join("timestamp.json")).unwrap();
    assert_eq!(mirror.check(&[]).1["error"]["code"], "missing-file");
}

#[test]
fn the_parts_of_an_audit_make_a_whole() {
    let mut repository = repository();
    for number in 0..40 {
        repository.add_target("targets", &format!("file-{number}"), format!("{number}").as_bytes());
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    let (_, whole) = mirror.check(&["--targets"]);
    let part = |number: u64| {
        let (code, verdict) = mirror.check(&["--targets", "--shard", &format!("{number}/3")]);
        let name = format!("part-{number}.json");
        (
            code,
            mirror.cli.write(&name, verdict.to_string().as_bytes()).display().to_string(),
            verdict,
        )
    };
    let parts: Vec<_> = (1..=3).map(part).collect();
    let shares: Vec<u64> =
        parts.iter().map(|part| part.2["audit"]["counts"]["files"].as_u64().unwrap()).collect();
    assert!(
        shares.iter().sum::<u64>() == 43 && shares.iter().all(|share| *share > 5),
        "{shares:?}"
    );
    let merge = |files: &[&String]| {
        let mut arguments = vec!["mirror", "--merge"];
        arguments.extend(files.iter().map(|file| file.as_str()));
        mirror.cli.json(&arguments)
    };
    let files: Vec<&String> = parts.iter().map(|part| &part.1).collect();
    let (code, merged) = merge(&files);
    assert_eq!((code, &merged["audit"]["counts"]), (0, &whole["audit"]["counts"]), "{merged}");
    assert_eq!(merged["audit"]["parts"], json!([1, 2, 3]));
    assert_eq!(merge(&files[..2]).1["error"]["code"], "part-missing");
    assert_eq!(merge(&[files[0], files[0], files[1], files[2]]).1["error"]["code"], "part-twice");
    // What one part finds, the whole has; and parts of two states are no whole.
    let damaged = mirror.folder.join(format!("targets/{}.file-7", hash("sha256", b"7")));
    std::fs::remove_file(&damaged).unwrap();
    std::fs::write(&damaged, b"8").unwrap();
    let again: Vec<_> = (1..=3).map(part).collect();
    assert_eq!(again.iter().filter(|part| part.0 == 1).count(), 1);
    let (code, merged) = merge(&again.iter().map(|part| &part.1).collect::<Vec<_>>());
    assert_eq!((code, codes(&merged)), (1, vec!["hash-mismatch"]), "{merged}");
    repository.publish("targets", |_| {});
    server.serve(&repository);
    mirror.ok(&["--targets"]);
    let newer = part(3);
    assert_eq!(merge(&[&again[0].1, &again[1].1, &newer.1]).1["error"]["code"], "other-audit");
}

#[test]
fn parts_that_asked_for_less_make_no_whole() {
    let repository = repository();
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--project", "django"]);
    let part = |name: &str, options: &[&str]| {
        let (code, verdict) = mirror.check(options);
        assert_eq!(code, 0, "{verdict}");
        mirror.cli.write(name, verdict.to_string().as_bytes()).display().to_string()
    };
    let merge = |files: &[&str]| mirror.cli.json(&[&["mirror", "--merge"], files].concat());
    let first = part("first", &["--shard", "1/2", "--project", "django", "--target-name", WHEEL]);
    let second = part(
        "second",
        &["--shard", "2/2", "--target-name", WHEEL, "--project", "Django", "--project", "django"],
    );
    assert_eq!(merge(&[&first, &second]).0, 0);
    let others: [&[&str]; 3] = [&[], &["--project", "django"], &["--target-name", WHEEL]];
    for options in others {
        let other = part("other", &[&["--shard", "2/2"], options].concat());
        let (code, verdict) = merge(&[&first, &other]);
        assert_eq!((code, &verdict["error"]["code"]), (1, &json!("other-audit")), "{verdict}");
        assert!(
            verdict["error"]["message"].as_str().unwrap().contains("`selection` differs"),
            "{verdict}"
        );
    }
    // A report may say anything.
    let text = std::fs::read_to_string(&first).unwrap();
    let forged = |change: &dyn Fn(&mut Value)| {
        let mut report: Value = serde_json::from_str(&text).unwrap();
        change(&mut report["audit"]);
        mirror.cli.write("forged", report.to_string().as_bytes()).display().to_string()
    };
    type Change<'c> = &'c dyn Fn(&mut Value);
    let changes: [Change<'_>; 6] = [
        &|audit| audit["state"]["of"] = json!(u64::MAX),
        &|audit| audit["state"]["of"] = json!(4097),
        &|audit| (audit["state"]["of"], audit["parts"]) = (json!(0), json!([])),
        &|audit| audit["parts"] = json!([0]),
        &|audit| audit["parts"] = json!([3]),
        &|audit| {
            audit["state"].as_object_mut().unwrap().remove("selection");
        },
    ];
    for change in changes {
        let (code, verdict) = merge(&[&forged(change)]);
        assert_eq!((code, &verdict["error"]["code"]), (2, &json!("usage")), "{verdict}");
    }
    assert_eq!(
        merge(&[&forged(&|audit| audit["counts"]["bytes"] = json!(u64::MAX)), &second]).0,
        0
    );
    let beyond = forged(&|audit| audit["counts"]["targets"] = json!(u64::MAX));
    let more = text.replace("\"parts\":[1]", "\"parts\":[2]");
    let more = mirror.cli.write("more", more.as_bytes()).display().to_string();
    let (code, verdict) = merge(&[&beyond, &more]);
    assert_eq!((code, &verdict["error"]["code"]), (2, &json!("usage")), "{verdict}");
    let twice = forged(&|audit| audit["parts"] = json!([1, 1]));
    assert_eq!(merge(&[&twice]).1["error"]["code"], "part-twice");
    let many = forged(&|audit| audit["state"]["of"] = json!(4096));
    let message = merge(&[&many]).1["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("20, 21 and 4075 more") && message.len() < 200, "{message}");
}

#[test]
fn the_figures_of_an_audit_agree_with_its_lines() {
    let mut repository = repository();
    for number in 0..7 {
        repository.add_target("targets", &format!("file-{number}"), format!("{number}").as_bytes());
    }
    let server = Server::start(&repository);
    let mut mirror = Mirror::new(&repository, &server);
    mirror.cli.options.retain(|option| option != "--quiet");
    let check = |options: &[&str]| {
        let arguments = [&["mirror", "--check", mirror.path()], options].concat();
        let lines: Vec<String> =
            mirror.cli.run(&arguments).stdout.lines().map(str::to_owned).collect();
        let missing = lines.iter().filter(|line| line.contains("[missing-target]")).count();
        (lines[lines.len() - 2..].to_vec(), missing)
    };
    mirror.ok(&[]);
    let roles = "11 delegated roles verified, 0 failed; roots from version 1 to 1";
    let lines = |roles: &str, targets: &str| vec![roles.to_owned(), targets.to_owned()];
    let none = "10 listed files: 0 verified (0 bytes), 0 wrong, 10 absent (0 of them selected)";
    assert_eq!(check(&[]), (lines(roles, none), 0));
    let all = "10 listed files: 0 verified (0 bytes), 0 wrong, 10 absent (10 of them selected)";
    assert_eq!(check(&["--targets"]), (lines(roles, all), 10));
    mirror.ok(&["--project", "django", "--target-name", "file-1", "--target-name", "file-2"]);
    let file = mirror.folder.join(format!("targets/{}.file-1", hash("sha256", b"1")));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, b"2").unwrap();
    std::fs::remove_file(mirror.metadata().join("1.bins-0.json")).unwrap();
    let roles = "10 delegated roles verified, 1 failed; roots from version 1 to 1";
    let some = "10 listed files: 2 verified (8 bytes), 1 wrong, 7 absent (1 of them selected)";
    assert_eq!(check(&["--target-name", "file-4"]), (lines(roles, some), 1));
    // The parts add up to the whole.
    let parts: Vec<_> =
        ["1/2", "2/2"].map(|part| mirror.check(&["--targets", "--shard", part]).1).to_vec();
    let names: Vec<String> = (0..2)
        .map(|number| {
            let text = parts[number].to_string();
            mirror.cli.write(&format!("part-{number}.json"), text.as_bytes()).display().to_string()
        })
        .collect();
    let (_, merged) = mirror.cli.json(&["mirror", "--merge", &names[0], &names[1]]);
    let counts = &merged["audit"]["counts"];
    assert_eq!(*counts, mirror.check(&["--targets"]).1["audit"]["counts"], "{merged}");
    let figure = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(figure("targets"), figure("files") + figure("wrong") + figure("absent"));
    let lines = codes(&merged).into_iter().filter(|code| *code == "missing-target").count() as u64;
    assert_eq!((lines, figure("wrong"), figure("roles_failed")), (figure("missing"), 1, 1));
}

#[test]
fn a_file_that_no_search_comes_to_is_no_fault_of_a_mirror() {
    for hashed in [true, false] {
        let mut repository = if hashed { Repository::new() } else { Repository::inconsistent() };
        // As a project that has its own keys: what is still in the bins is not asked for.
        repository.delegate("targets", &Delegation::paths("outer", &["*/*"]));
        repository.delegate("outer", &Delegation::paths("claimed", &["six/*"]).terminating());
        repository.delegate("targets", &Delegation::paths("unclaimed", &["*/*"]));
        repository.add_target("claimed", "six/six-1.17.0.tar.gz", b"an archive");
        repository.add_target("unclaimed", "six/six-1.0.tar.gz", b"an old archive");
        repository.add_target("unclaimed", "toml/toml-1.0.tar.gz", b"another archive");
        repository.files.retain(|name, _| !name.ends_with("six-1.0.tar.gz"));
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        let counts = mirror.ok(&["--targets"])["counts"].clone();
        assert_eq!((&counts["targets"], &counts["targets_not_delegated"]), (&json!(2), &json!(1)));
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!((code, &verdict["audit"]["counts"]["targets"]), (0, &json!(2)), "{verdict}");
        assert_eq!(
            verdict["notices"],
            json!(["1 listed targets are ignored, because no search for them comes to their \
                    roles, such as six/six-1.0.tar.gz of unclaimed"])
        );
        let (code, _) = client(&repository, &mirror.folder, "six/six-1.0.tar.gz");
        assert_eq!(code, 1);
        finds(&repository, &mirror.folder, &["six/six-1.17.0.tar.gz", "toml/toml-1.0.tar.gz"]);
        // The other files are still missed.
        let targets = mirror.folder.join("targets/toml");
        std::fs::remove_dir_all(targets).unwrap();
        assert_eq!(codes(&mirror.check(&["--targets"]).1), ["missing-target"]);
    }
}
