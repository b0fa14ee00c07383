//! `picotuf init` and `show`.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, is_npm_driver};
use picotuf_tests::server::Server;

#[test]
fn it_takes_a_root_without_any_network() {
    let mut repository = Repository::new();
    repository.edit("root", |root| root["expires"] = "2001-01-01T00:00:00Z".into());
    let cli = Cli::new();
    let root = cli.write("anchor.json", repository.anchor());
    let verdict = cli.json_ok(&["init", root.to_str().unwrap()]);
    assert_eq!(verdict["command"], "init");
    assert_eq!(cli.versions(), [("root".to_owned(), 1)]);
    assert_eq!(cli.stored("root").as_deref(), Some(repository.anchor()));
    assert!(cli.strays().is_empty(), "{:?}", cli.strays());
}

#[test]
fn a_root_that_does_not_hold_is_refused() {
    let mut repository = Repository::new();
    repository.edit_signatures("root", Vec::clear);
    let cli = Cli::new();
    let unsigned = cli.write("anchor.json", repository.anchor()).display().to_string();
    cli.refuses(&["init", &unsigned], "threshold-not-met", Some("root"));
    let html = b"<!doctype html>\n<title>404</title>";
    for (bytes, code, what) in [
        (repository.bytes("timestamp"), "wrong-role", "the file is a timestamp"),
        (repository.bytes("snapshot"), "wrong-role", "the file is a snapshot"),
        (repository.bytes("targets"), "wrong-role", "the file is a targets file"),
        (html, "invalid-json", "the file is HTML"),
        (b"Not Found", "invalid-json", "the file is not JSON"),
        (b"404: Not Found", "wrong-type", "the file is not JSON"),
        (b"", "unexpected-end", "the file is empty"),
        (b"{}", "missing-member", "the file is JSON, but not TUF metadata"),
    ] {
        let file = cli.write("anchor.json", bytes).display().to_string();
        let verdict = cli.refuses(&["init", &file], code, Some("root"));
        let hint = format!("{what}: give the repository's root metadata, such as its 1.root.json");
        assert!(is_npm_driver() || verdict["error"]["hint"] == hint, "{verdict}");
    }
    assert_eq!(cli.stored("root"), None);
    assert_ne!(cli.run(&["init", "no such file"]).code, 0);
    assert_eq!(cli.stored("root"), None);
}

#[test]
fn a_root_of_before_tuf_1_is_called_so() {
    let mut repository = Repository::new();
    repository.edit("root", |root| root["_type"] = "Root".into());
    let cli = Cli::new();
    let old = cli.write("anchor.json", repository.anchor()).display().to_string();
    let verdict = cli.refuses(&["init", &old], "wrong-role", Some("root"));
    let error = &verdict["error"];
    assert_eq!(
        (&error["expected"], &error["found"]),
        (&json!("root"), &json!("Root")),
        "{verdict}"
    );
    assert!(
        error["message"].as_str().unwrap().contains("metadata from before TUF 1.0"),
        "{verdict}"
    );
    let hint = error["hint"].as_str().unwrap_or_default();
    assert!(
        is_npm_driver()
            || hint.starts_with("ask the repository's maintainers for TUF 1.0 metadata")
    );
}

#[test]
fn the_same_root_again_is_fine_and_another_needs_force() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    let all = cli.versions();
    assert_eq!(all.len(), 4);
    let same = cli.write("anchor.json", repository.anchor()).display().to_string();
    cli.ok(&["init", &same]);
    assert_eq!(cli.versions(), all);

    let mut other = Repository::new();
    other.set_keys("root", &[Key::ed25519("another repository")], 1);
    let other_root = cli.write("anchor.json", other.anchor()).display().to_string();
    let outcome = cli.run(&["init", &other_root]);
    assert!(matches!(outcome.code, 1 | 2), "{outcome:?}");
    assert!(outcome.stderr.contains("--force"), "{outcome:?}");
    assert_eq!(cli.versions(), all);
    assert_eq!(cli.stored("root").as_deref(), Some(repository.anchor()));

    cli.ok(&["init", "--force", &other_root]);
    assert_eq!(cli.versions(), [("root".to_owned(), 1)]);
    assert_eq!(cli.stored("root").as_deref(), Some(other.anchor()));
}

#[test]
fn the_root_that_init_was_given_is_fine_again_after_a_rotation() {
    let mut repository = Repository::new();
    repository.publish("root", |_| {});
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    assert!(cli.versions().contains(&("root".to_owned(), 2)));
    // Whatever the command says to the old anchor, the newer root is not given up for it without
    // force.
    let old = cli.write("anchor.json", repository.anchor()).display().to_string();
    cli.run(&["init", &old]);
    assert!(cli.versions().contains(&("root".to_owned(), 2)), "{:?}", cli.versions());
}

#[test]
fn what_init_was_told_is_remembered() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.json_ok(&["refresh"]);
    assert_eq!(server.take_paths()[0], "/metadata/2.root.json");
    // An option wins over what is remembered.
    let other = Server::start(&repository);
    cli.json_ok(&["--metadata-url", &other.metadata_url(), "refresh"]);
    assert!(server.take_paths().is_empty());
    assert_eq!(other.take_paths()[0], "/metadata/2.root.json");
}

/// Who does not know that options were saved, and where, looks for them in vain later.
#[test]
fn it_says_which_options_it_saved_and_where() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::new();
    let root = cli.write("anchor.json", repository.anchor()).display().to_string();
    let file = cli.metadata_dir().join("settings.toml").display().to_string();
    let options = ["--metadata-url", &server.metadata_url(), "--timeout", "60"];
    let verdict = cli.json_ok(&[&["init", &root], &options[..]].concat());
    let saved = json!({"file": file, "saved": ["--metadata-url", "--timeout"]});
    assert_eq!(verdict["settings"], saved);
    assert_eq!(cli.json_ok(&["init", &root])["settings"], Value::Null);
}

/// A file that few repositories need must not take the others away.
#[test]
fn a_saved_identity_root_that_is_gone_fails_only_what_needs_it() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/demo/attested");
    let targets = demo.join("sigstore/targets");
    let name = std::fs::read_dir(targets).unwrap().map(|entry| entry.unwrap().path());
    let real = name.into_iter().find(|path| path.to_string_lossy().contains("trusted_root"));
    let file = cli.write("trusted.json", &std::fs::read(real.unwrap()).unwrap());
    cli.save(&["--identity-root", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    let verdict = cli.json_ok(&["refresh"]);
    let notice = verdict["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("the saved --identity-root is gone"), "{notice}");
    assert!(notice.contains(file.to_str().unwrap()), "{notice}");
    // One that is given has to be there.
    let gone = ["--identity-root", file.to_str().unwrap(), "refresh"];
    assert_eq!(cli.json(&gone).1["error"]["code"], "io");
}

#[test]
fn commands_before_init_say_so() {
    let server = Server::start(&Repository::new());
    for arguments in [&["show"][..], &["--metadata-url", &server.metadata_url(), "refresh"]] {
        let outcome = Cli::new().run(arguments);
        // TUF's conformance suite wants 1 of a refresh after a root that was refused.
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.stderr.contains("init"), "{outcome:?}");
        assert_eq!(outcome.stderr.trim_end().lines().count(), 1, "{outcome:?}");
    }
    assert!(server.take_paths().is_empty());
}

#[test]
fn wrong_usage_exits_with_2() {
    let cli = Cli::new();
    cli.write("root.json", Repository::new().anchor());
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["init"],
        &["refresh", "--no-such-option"],
        &["--at", "yesterday", "show"],
        &["--timeout", "1", "--timeout", "1", "show"],
        &["show", "--json", "--json"],
        &["--metadata-url", "file://elsewhere/folder", "show"],
        &["--layout", "no-such-layout", "init", "root.json"],
    ] {
        assert_eq!(cli.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn show_marks_keys_that_cannot_be_used_and_lists_hashes() {
    let mut repository = Repository::new();
    let ed448 = Key::of_form("ed448", "ed448", "a point").with_id("unknown");
    let broken = Key::of_form("ed25519", "ed25519", "00").with_id("broken");
    let usable = Key::ed25519("usable").with_id("usable");
    repository.set_keys("targets", &[usable.clone(), ed448.clone(), broken], 1);
    repository
        .delegate("targets", &Delegation::paths("claimed", &["claimed/*"]).keys(&[usable, ed448]));
    for number in 0..10 {
        repository.add_target("targets", &format!("file-{number}"), number.to_string().as_bytes());
    }
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    cli.options.retain(|option| option != "--quiet");
    let text = cli.ok(&["show"]).stdout;
    for line in [
        "keys of targets: 1 of 1 key needed, 2 that cannot be used",
        "usable ed25519\n",
        "unknown ed448, not supported\n",
        "broken ed25519, no valid key\n",
        "claimed: 1 of 1 key needed, 1 that cannot be used",
        "… 2 more targets: `picotuf show targets` lists all",
        &format!("file-3, 1 bytes, sha256 {}\n", hash("sha256", b"3")),
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    let all = cli.ok(&["show", "targets"]).stdout;
    for number in 0..10_u8 {
        let line = format!(
            "file-{number}, 1 bytes, sha256 {}\n",
            hash("sha256", number.to_string().as_bytes())
        );
        assert!(all.contains(&line) || all.ends_with(line.trim_end()), "{line:?} is not in {all}");
    }
    assert!(!all.contains("more targets"), "{all}");
}

#[test]
fn show_tells_what_is_trusted() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    repository.delegate("targets", &Delegation::hash_prefixes("unclaimed", &["0", "1"]));
    repository.set_keys("snapshot", &[Key::p256("a"), Key::ed25519("b")], 2);
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    server.take_paths();
    cli.options.retain(|option| option != "--quiet");
    let text = cli.ok(&["show"]).stdout;
    for word in ["root", "timestamp", "snapshot", "targets", "claimed", "unclaimed", "2027-01-01"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    cli.json_ok(&["show"]);
    cli.json_ok(&["show", "snapshot"]);
    assert_ne!(cli.run(&["show", "no-such-role"]).code, 0);
    // What has expired is shown all the same.
    cli.set_time("2030-01-01T00:00:00Z");
    assert!(cli.ok(&["show"]).stdout.contains("expired"));
    assert!(server.take_paths().is_empty());
}
