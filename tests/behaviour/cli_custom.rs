//! Signed `custom`: known members are typed, others left alone, and METADATA is had by its signed
//! hash.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";
const METADATA: &[u8] = b"Metadata-Version: 2.2\nName: six\nVersion: 1.17.0\n";

/// `six` with that `custom`, by file.
fn with_custom(custom: &Value) -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", &path(), b"a wheel");
    repository.edit("targets", |signed| signed["targets"][path()]["custom"] = custom.clone());
    repository
}

fn path() -> String {
    format!("six/{SIX}")
}

/// Where a server has what stands beside the wheel.
fn beside() -> String {
    format!("targets/six/{}.{SIX}.metadata", hash("sha256", b"a wheel"))
}

fn started(repository: &Repository) -> (Server, Cli, String) {
    let server = Server::start(repository);
    let cli = Cli::initialized(repository, &server);
    cli.save(&["--layout", "pep480"]);
    let file = cli.write(SIX, b"a wheel").display().to_string();
    (server, cli, file)
}

#[test]
fn known_members_are_typed_in_every_report() {
    let digits = hash("sha256", METADATA);
    let custom = json!({
        "backsigned": true, "core-metadata": {"sha256": digits, "md5": "x"},
        "requires-python": ">=3.9", "yanked": "broken",
    });
    let (_server, mut cli, file) = started(&with_custom(&custom));
    let fields = json!({
        "requires_python": ">=3.9", "yanked": "broken", "core_metadata": {"sha256": digits},
        "backsigned": true,
    });
    let verdict = cli.json_ok(&["check", &file]);
    let said = &verdict["files"][0];
    assert_eq!((&said["fields"], &said["custom"]), (&fields, &custom), "{said}");
    let lock = format!(
        "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'six'\nversion = '1.17.0'\n\
         wheels = [{{ name = '{SIX}', url = 'https://example.org/{SIX}', \
         hashes = {{ sha256 = '{}' }} }}]\n",
        hash("sha256", b"a wheel")
    );
    let lock = cli.write("pylock.toml", lock.as_bytes()).display().to_string();
    assert_eq!(cli.json_ok(&["check", &lock])["files"][0]["entries"][0]["fields"], fields);
    let target = ["--target-name", &path()].map(str::to_owned);
    let verdict = cli.json_ok(&["verify", &file, &target[0], &target[1]]);
    assert_eq!(verdict["targets"][0]["fields"], fields);
    let shown = cli.json_ok(&["show", "targets"]);
    assert_eq!(shown["trusted"]["targets"]["fields"][path()], fields, "{shown}");
    cli.options.retain(|option| option != "--quiet");
    for arguments in [&["check", &file][..], &["show", "targets"], &["show"]] {
        let text = cli.ok(arguments).stdout;
        for words in [">=3.9", "broken", "backsigned", "signed by its sha256"] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }
}

#[test]
fn a_repository_can_begin_to_use_a_member_without_breaking_a_client() {
    // Before, with members of other kinds and meanings than any that are known, and with wrong
    // values of those that are.
    let nothing = json!({});
    let new = json!({"attestations": [{"kind": 7, "of": null}], "requires-python-2": false,
        "Yanked": true});
    let wrong = json!({"yanked": null, "core-metadata": "sha256=00", "requires-python": 3,
        "backsigned": "yes"});
    for (custom, known) in [(&nothing, false), (&new, false), (&wrong, true)] {
        let (_server, cli, file) = started(&with_custom(custom));
        let verdict = cli.json_ok(&["check", &file]);
        let said = &verdict["files"][0];
        assert_eq!((&said["custom"], said.get("fields").is_some()), (custom, known), "{said}");
        cli.json_ok(&["show", "targets"]);
    }
    let (_server, mut cli, file) = started(&with_custom(&wrong));
    let said = cli.json_ok(&["check", &file])["files"][0]["fields"].clone();
    let names: Vec<_> = said["wrong"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["requires-python", "yanked", "core-metadata", "backsigned"], "{said}");
    cli.options.retain(|option| option != "--quiet");
    assert!(cli.ok(&["check", &file]).stdout.contains("yanked is not of a type that it may have"));
    // One that was there before and comes to use it later: the client goes on from the same folder.
    let mut repository = Repository::new();
    repository.add_target("targets", &path(), b"a wheel");
    let (server, cli, file) = started(&repository);
    let verdict = cli.json_ok(&["check", &file]);
    assert!(verdict["files"][0].get("custom").is_none(), "{verdict}");
    repository.publish("targets", |signed| {
        signed["targets"][path()]["custom"] =
            json!({"requires-python": ">=3.9", "something-new": [1]});
    });
    server.serve(&repository);
    let verdict = cli.json_ok(&["check", &file]);
    assert_eq!(verdict["files"][0]["fields"], json!({"requires_python": ">=3.9"}));
    // Another client reads what is signed besides, and no member of it is in its way.
    for repository in [&repository, &with_custom(&wrong)] {
        Client::new(repository).finds(repository, &path());
    }
}

#[test]
fn metadata_is_had_beside_the_wheel_by_its_signed_hash() {
    let custom = |hashes: Value| json!({ "core-metadata": hashes });
    let mut repository = with_custom(&custom(json!({"sha256": hash("sha256", METADATA)})));
    repository.files.insert(beside(), METADATA.to_vec());
    let (server, mut cli, _) = started(&repository);
    let verdict = cli.json_ok(&["metadata", SIX]);
    assert_eq!(verdict["metadata"], json!(String::from_utf8_lossy(METADATA)));
    assert_eq!(verdict["target"], json!(path()));
    assert_eq!(
        cli.json_ok(&["metadata", &format!("elsewhere/{SIX}")])["metadata"],
        verdict["metadata"]
    );
    // Only what was asked for is printed, byte for byte; and nothing of the wheel was fetched.
    cli.options.retain(|option| option != "--quiet");
    assert_eq!(cli.ok(&["metadata", SIX]).stdout.as_bytes(), METADATA);
    let wheel = format!("/targets/six/{}.{SIX}", hash("sha256", b"a wheel"));
    assert!(!server.take_paths().contains(&wheel));
    // Another one is not printed, by whatever name it is served.
    server.serve_file(&format!("/{}", beside()), b"Metadata-Version: 2.2\nName: evil\n");
    let verdict = cli.refuses(&["metadata", SIX], "hash-mismatch", None);
    assert!(verdict.get("metadata").is_none(), "{verdict}");
    let mut plain = with_custom(&custom(json!({"sha256": hash("sha256", METADATA)})));
    plain.files.insert(format!("targets/{}.metadata", path()), METADATA.to_vec());
    let (_server, cli, _) = started(&plain);
    cli.json_ok(&["metadata", SIX]);
    for (hashes, code) in [
        (json!(true), "no-common-hash"),
        (json!({"md5": "x"}), "no-common-hash"),
        (json!(false), "no-core-metadata"),
        (json!("sha256=00"), "custom-field"),
        (json!({"sha256": "00"}), "custom-field"),
        (json!({"sha256": hash("sha256", METADATA)}), "missing-target"),
    ] {
        let (_server, cli, _) = started(&with_custom(&custom(hashes)));
        cli.refuses(&["metadata", SIX], code, None);
    }
    let (_server, cli, _) = started(&with_custom(&json!({})));
    cli.refuses(&["metadata", SIX], "no-core-metadata", None);
    cli.refuses(&["metadata", "seven-1.0.tar.gz"], "target-not-found", None);
    assert_eq!(cli.run(&["metadata", "six.whl"]).code, 2);
}
