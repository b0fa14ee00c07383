//! `picotuf provenance`: who published a file, by its real attestation and Sigstore's real trusted
//! root, which a repository of the shape of Sigstore's signs with test keys.
//!
//! The release, its provenance and the trusted root are those of the demo: `tests/demo/README.md`
//! says where they come from.

use std::path::{Path, PathBuf};

use crate::prelude::*;
use picotuf_tests::cli::{Cli, Outcome, binary, outcome};
use picotuf_tests::server::{Behaviour, Server};

const NAME: &str = "pypi_attestations-0.0.19.tar.gz";
const PUBLISHER: &str = "github:trailofbits/pypi-attestations:release.yml";
const PROJECT: &str = "/simple/pypi-attestations/";
const DOCUMENT: &str =
    "/integrity/pypi-attestations/0.0.19/pypi_attestations-0.0.19.tar.gz/provenance";
const TRUSTED_ROOT: &str =
    "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66.trusted_root.json";

/// A file that the demo carries.
fn real(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/demo/attested");
    std::fs::read(folder.join(path)).unwrap()
}

fn trusted_root() -> Vec<u8> {
    real(&format!("sigstore/targets/{TRUSTED_ROOT}"))
}

fn provenance() -> Value {
    serde_json::from_slice(&real(&format!("{NAME}.provenance"))).unwrap()
}

/// The only attestation of the document.
fn attestation(document: &mut Value) -> &mut Value {
    &mut document["attestation_bundles"][0]["attestations"][0]
}

/// A server of both: an index, and a repository of the shape of Sigstore's, with its targets below
/// its metadata, and three of five keys for root and targets.
struct World {
    repository: Repository,
    server: Server,
    cli: Cli,
    file: String,
}

impl World {
    fn new() -> World {
        let mut repository = Repository::new();
        let keys: Vec<Key> = (1..=5).map(|n| Key::p256(&format!("sigstore {n}"))).collect();
        for role in ["root", "targets"] {
            repository.set_keys(role, &keys, 3);
        }
        repository.add_target("targets", "trusted_root.json", &trusted_root());
        let server = Server::start(&repository);
        let mut cli = Cli::new();
        cli.options.retain(|option| option != "--quiet");
        cli.write("sigstore.json", repository.anchor());
        let file = cli.write(NAME, &real(NAME)).display().to_string();
        let world = World { repository, server, cli, file };
        world.publish();
        world.serve_page(&format!("{}{DOCUMENT}", world.server.url()).into());
        world.serve_document(&provenance());
        world
    }

    /// Serves the repository's present state, beside all else.
    fn publish(&self) {
        for (name, bytes) in &self.repository.files {
            self.server.serve_file(&format!("/metadata/{name}"), bytes);
        }
    }

    /// Serves the project's page, with this `provenance` of the file.
    fn serve_page(&self, provenance: &Value) {
        let file = json!({"filename": NAME, "url": "x", "hashes": {}, "provenance": provenance});
        let page =
            json!({"meta": {"api-version": "1.4"}, "name": "pypi-attestations", "files": [file]});
        self.server.serve_file(PROJECT, page.to_string().as_bytes());
    }

    fn serve_document(&self, document: &Value) {
        self.server.serve_file(DOCUMENT, document.to_string().as_bytes());
    }

    /// The command, with this index and this repository.
    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<String> {
        let index = format!("{}/simple/", self.server.url());
        let root = self.cli.folder().join("sigstore.json").display().to_string();
        let sigstore = self.server.metadata_url();
        let mut all = vec!["provenance".to_owned(), self.file.clone()];
        if !more.contains(&"--provenance") {
            all.extend(["--index-url".to_owned(), index]);
        }
        if !more.contains(&"--trusted-root") {
            all.extend(["--sigstore-url".to_owned(), sigstore, "--sigstore-root".to_owned(), root]);
        }
        all.extend(more.iter().map(|text| (*text).to_owned()));
        all
    }

    fn ok(&self, more: &[&str]) -> Outcome {
        let arguments = self.arguments(more);
        self.cli.ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn json_ok(&self, more: &[&str]) -> Value {
        let arguments = self.arguments(more);
        self.cli.json_ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn refuses(&self, more: &[&str], code: &str) -> Value {
        let arguments = self.arguments(more);
        self.cli.refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), code, None)
    }

    /// Writes a provenance document, and gives its path.
    fn document(&self, document: &Value) -> String {
        let path = self.cli.write("other.provenance", document.to_string().as_bytes());
        path.display().to_string()
    }

    /// The folder of what is trusted of the repository.
    fn stored(&self) -> PathBuf {
        let anchor = hash("sha256", self.repository.anchor());
        self.cli.metadata_dir().join("sigstore").join(anchor)
    }
}

#[test]
fn it_says_who_published_a_file_with_the_commit_and_the_log_entry() {
    let world = World::new();
    let said = world.ok(&[]).stdout;
    let url = world.server.metadata_url();
    let expected = format!(
        "\
{NAME}: attested by {PUBLISHER} (not pinned)
  repository    https://github.com/trailofbits/pypi-attestations (id 772247423)
  owner         https://github.com/trailofbits (id 2314423)
  workflow      https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19
  commit        08802efe1f8e5fec4ad842d6b8ce97656092ee72 of refs/tags/v0.0.19
  run           release, github-hosted, https://github.com/trailofbits/pypi-attestations/actions/runs/12169989787/attempts/1
  environment   not in the certificate, so not verified
  certificate   for https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19, identity from https://token.actions.githubusercontent.com
  published     2024-12-04T23:14:01Z (406 days ago), https://rekor.sigstore.dev, entry 153454663
  trusted root  trusted_root.json of {url}, verified by TUF, root 1, timestamp 1 until \
2026-01-16T12:00:00Z
"
    );
    assert_eq!(said, expected);
    // With a publisher that was asked for, it is not only somebody.
    let said = world.ok(&["--publisher", PUBLISHER]).stdout;
    assert!(
        said.starts_with(&format!("{NAME}: attested by {PUBLISHER}, as asked for\n")),
        "{said}"
    );
}

#[test]
fn a_program_reads_the_same_in_json() {
    let world = World::new();
    let verdict = world.json_ok(&["--publisher", "github:TrailOfBits/pypi-attestations:*"]);
    assert_eq!(verdict["publisher"], json!({"kind": "GitHub", "spec": PUBLISHER}));
    assert_eq!(verdict["pinned"], true);
    assert_eq!(verdict["asked"], "github:TrailOfBits/pypi-attestations:*");
    assert_eq!(verdict["sha256"], hash("sha256", &real(NAME)));
    let [attestation] = &verdict["attestations"].as_array().unwrap()[..] else {
        panic!("there is one: {verdict}")
    };
    assert_eq!(attestation["predicate"], "https://docs.pypi.org/attestations/publish/v1");
    assert_eq!(attestation["logged"][0]["index"], 153_454_663);
    assert_eq!(attestation["logged"][0]["time"], "2024-12-04T23:14:01Z");
    assert_eq!(attestation["certificate"]["repository_id"], "772247423");
    assert_eq!(attestation["certificate"]["commit"], "08802efe1f8e5fec4ad842d6b8ce97656092ee72");
    assert_eq!(attestation["certificate"].get("environment"), None);
    assert_eq!(verdict["trusted_root"]["sha256"], hash("sha256", &trusted_root()));
    assert_eq!(verdict["trusted_root"]["offline"], false);
    let roles = verdict["roles"].as_array().unwrap().iter();
    let roles: Vec<_> = roles.map(|role| role["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["root", "timestamp", "snapshot", "targets"]);
    assert_eq!(world.json_ok(&[])["pinned"], false);
}

#[test]
fn the_index_is_asked_for_this_project_alone_and_in_its_own_media_types() {
    let world = World::new();
    world.ok(&[]);
    let mut of_index = Vec::new();
    for request in world.server.take_requests() {
        let accept = request.headers.get("accept").cloned().unwrap_or_default();
        if request.path.starts_with("/metadata/") {
            assert!(!accept.contains("pypi"), "{request:?}");
        } else {
            of_index.push((request.path, accept));
        }
    }
    let expected = [
        (PROJECT.to_owned(), "application/vnd.pypi.simple.v1+json".to_owned()),
        (DOCUMENT.to_owned(), "application/vnd.pypi.integrity.v1+json".to_owned()),
    ];
    assert_eq!(of_index, expected);
}

#[test]
fn another_publisher_than_was_asked_for_is_refused() {
    let world = World::new();
    for asked in [
        "github:trailofbits/pypi-attestations:other.yml",
        "github:somebody/pypi-attestations:*",
        "gitlab:trailofbits/pypi-attestations:*",
        "google:a@example.org",
    ] {
        let verdict = world.refuses(&["--publisher", asked], "other-publisher");
        let message = format!("published by {PUBLISHER}, and {asked} was asked for");
        assert_eq!(verdict["error"]["message"], message);
    }
    for asked in ["github:trailofbits", "pypi:six", "", "github:a/b"] {
        let arguments = world.arguments(&["--publisher", asked]);
        let outcome = world.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(outcome.code, 2, "{asked}: {outcome:?}");
        assert!(outcome.stderr.contains("a publisher is written `"), "{outcome:?}");
    }
}

#[test]
fn an_attestation_of_another_file_is_refused() {
    let mut world = World::new();
    let document = world.document(&provenance());
    let mut content = real(NAME);
    content[100] ^= 1;
    world.cli.write(NAME, &content);
    world.refuses(&[], "subject-digest");
    world.refuses(&["--provenance", &document], "subject-digest");
    // The same bytes under the name of another release.
    let other = "pypi_attestations-0.0.20.tar.gz";
    world.file = world.cli.write(other, &real(NAME)).display().to_string();
    world.refuses(&["--provenance", &document], "subject-name");
    // Nobody attests what is no distribution; and a file that is not there is told at once.
    world.server.take_paths();
    world.file = world.cli.write("notes.txt", b"").display().to_string();
    world.refuses(&[], "file-name");
    world.file = "not-there-1.tar.gz".to_owned();
    world.refuses(&[], "io");
    assert_eq!(world.server.take_paths(), Vec::<String>::new());
}

#[test]
fn another_spelling_of_the_files_name_is_told() {
    let mut world = World::new();
    let document = world.document(&provenance());
    let json = world.json_ok(&["--provenance", &document]);
    assert_eq!(json["attestations"][0].get("other_name"), None);
    world.file =
        world.cli.write("PyPI.Attestations-0.0.19.0.tar.gz", &real(NAME)).display().to_string();
    let json = world.json_ok(&["--provenance", &document]);
    assert_eq!(json["attestations"][0]["other_name"], NAME);
    let said = world.ok(&["--provenance", &document]).stdout;
    let line = format!("{NAME}, which is another spelling of the file's name");
    assert!(said.contains(&line), "{said}");
}

#[test]
fn a_document_that_was_changed_is_refused() {
    let world = World::new();
    let entry = |document: &mut Value| {
        attestation(document)["verification_material"]["transparency_entries"][0].clone()
    };
    let time = entry(&mut provenance())["integratedTime"].as_str().unwrap().to_owned();
    let earlier = (time.parse::<u64>().unwrap() - 1).to_string();
    type Change<'c> = &'c dyn Fn(&mut Value);
    let changes: [(&str, Change<'_>); 6] = [
        ("log-promise", &|document| {
            let entries =
                &mut attestation(document)["verification_material"]["transparency_entries"];
            entries[0]["integratedTime"] = earlier.as_str().into();
        }),
        ("log-entry-missing", &|document| {
            attestation(document)["verification_material"]["transparency_entries"] = json!([]);
        }),
        ("publisher-mismatch", &|document| {
            document["attestation_bundles"][0]["publisher"]["repository"] = "somebody/else".into();
        }),
        ("no-attestations", &|document| document["attestation_bundles"] = json!([])),
        ("provenance-form", &|document| {
            document["attestation_bundles"] = json!({});
        }),
        ("unsupported-provenance-version", &|document| document["version"] = 2.into()),
    ];
    for (code, change) in changes {
        let mut document = provenance();
        change(&mut document);
        world.serve_document(&document);
        world.refuses(&[], code);
        let verdict = world.refuses(&["--provenance", &world.document(&document)], code);
        let file = verdict["error"]["file"].as_str().unwrap();
        assert!(file.ends_with("other.provenance"), "{verdict}");
    }
    // One that does not end is read as far as it may be long.
    world.server.misbehave(DOCUMENT, Behaviour::Endless);
    let verdict = world.refuses(&[], "limit-reached");
    assert_eq!(verdict["error"]["blame"], "limit");
}

#[test]
fn a_type_of_attestation_that_is_not_known_counts_for_nothing() {
    let world = World::new();
    let mut document = provenance();
    let mut newer = attestation(&mut document).clone();
    newer["version"] = 2.into();
    let attestations = &mut document["attestation_bundles"][0]["attestations"];
    attestations.as_array_mut().unwrap().push(newer.clone());
    world.serve_document(&document);
    let said = world.ok(&["--publisher", PUBLISHER]).stdout;
    assert!(
        said.contains("not counted   ") && said.contains("[unsupported-attestation-version]"),
        "{said}"
    );
    // By itself it says nothing of who published the file.
    document["attestation_bundles"][0]["attestations"] = json!([newer]);
    world.serve_document(&document);
    let verdict = world.refuses(&[], "unsupported-attestation-version");
    assert_eq!(verdict["error"]["blame"], "unsupported");
}

/// Otherwise a user sees one reason of several, and mends the wrong one.
#[test]
fn in_detail_each_attestation_that_does_not_hold_says_why() {
    let world = World::new();
    let mut document = provenance();
    let attestations = &mut document["attestation_bundles"][0]["attestations"];
    let whole = attestations[0].clone();
    let mut without_entry = whole.clone();
    without_entry["verification_material"]["transparency_entries"] = json!([]);
    let mut newer = whole.clone();
    newer["version"] = 2.into();
    *attestations = json!([whole, without_entry, newer]);
    let document = world.document(&document);
    let mut arguments = world.arguments(&["--provenance", &document]);
    let outcome = world.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (1, 1), "{}", outcome.stderr);
    arguments.insert(0, "-v".to_owned());
    let outcome = world.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(outcome.code, 1);
    let reasons: Vec<_> =
        outcome.stderr.lines().filter(|line| line.contains(": attestation ")).collect();
    assert_eq!(
        reasons,
        [
            format!(
                "{NAME}: attestation 2 of 3: the attestation has no log entry [log-entry-missing]"
            ),
            format!(
                "{NAME}: attestation 3 of 3: this version of picotuf does not know the \
                 attestation version `2` [unsupported-attestation-version]"
            ),
        ]
    );
}

#[test]
fn a_file_without_attestations_is_not_attested() {
    let world = World::new();
    world.serve_page(&Value::Null);
    world.refuses(&[], "not-attested");
    // No link to follow, so nothing more is asked.
    assert!(!world.server.take_paths().contains(&DOCUMENT.to_owned()));
    world.serve_page(&format!("{}{DOCUMENT}", world.server.url()).into());
    world.server.misbehave(DOCUMENT, Behaviour::Status(404));
    let verdict = world.refuses(&[], "not-attested");
    assert_eq!(verdict["error"]["message"], "the index has no attestations of the file");
    // What is no answer to the question is not taken for one.
    for status in [401, 403, 500, 503] {
        world.server.misbehave(DOCUMENT, Behaviour::Status(status));
        let verdict = world.refuses(&[], "http-status");
        assert_eq!(verdict["error"]["found"], status);
        let hint = verdict["error"]["hint"].as_str().unwrap();
        assert_eq!(hint.contains("in its URL or in ~/.netrc"), status < 500, "{verdict}");
    }
    world.server.misbehave(PROJECT, Behaviour::Status(403));
    world.refuses(&[], "http-status");
    world.server.misbehave(PROJECT, Behaviour::Status(404));
    world.refuses(&[], "not-in-index");
}

#[test]
fn what_is_no_page_of_a_simple_index_is_told() {
    let mut world = World::new();
    world.server.serve_file(PROJECT, b"<!DOCTYPE html><html></html>");
    world.refuses(&[], "index-page");
    let page = json!({"meta": {"api-version": "1.4"}, "name": "x", "files": []});
    world.server.serve_file(PROJECT, page.to_string().as_bytes());
    let verdict = world.refuses(&[], "not-in-index");
    assert_eq!(verdict["error"]["message"], "the index does not list the file");
    world.file = world.cli.write("six-1.0.tar.gz", b"").display().to_string();
    let verdict = world.refuses(&[], "not-in-index");
    assert_eq!(verdict["error"]["message"], "the index does not list the project six");
}

#[test]
fn no_other_server_is_asked_unless_it_is_allowed() {
    let world = World::new();
    let other = Server::start(&Repository::new());
    other.serve_file("/p", provenance().to_string().as_bytes());
    world.serve_page(&format!("{}/p", other.url()).into());
    world.refuses(&[], "page-link");
    assert_eq!(other.take_paths(), Vec::<String>::new());
    world.ok(&["--provenance-from", &other.url()]);
    assert_eq!(other.take_paths(), ["/p"]);
    // A redirect is no way around it.
    world.serve_page(&format!("{}{DOCUMENT}", world.server.url()).into());
    world.server.misbehave(DOCUMENT, Behaviour::Redirect(format!("{}/p", other.url())));
    let verdict = world.refuses(&[], "redirect");
    let hint = verdict["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--provenance-from URL"), "{verdict}");
    assert_eq!(other.take_paths(), Vec::<String>::new());
    world.ok(&["--provenance-from", &other.url()]);
    assert_eq!(other.take_paths(), ["/p"]);
    world.server.serve_file("/moved", provenance().to_string().as_bytes());
    let moved = format!("{}/moved", world.server.url());
    world.server.misbehave(DOCUMENT, Behaviour::Redirect(moved));
    world.ok(&[]);
    world.server.behave();
    for link in ["file:///etc/passwd", "ftp://127.0.0.1/p", ""] {
        world.serve_page(&link.into());
        world.refuses(&[], "page-link");
    }
}

#[test]
fn credentials_of_a_tuf_server_go_to_neither() {
    let world = World::new();
    let index = world.server.url().replace("http://", "http://me:hush@");
    let with_index = format!("{index}/simple/");
    let mut arguments = world.arguments(&[]);
    let place = arguments.iter().position(|one| one == "--index-url").unwrap() + 1;
    arguments[place] = with_index;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = world.cli.command(&[], &binary(), &arguments);
    command.env("PICOTUF_TOKEN", "secret").env_remove("NETRC");
    let done = outcome(command.output().unwrap());
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!format!("{done:?}").contains("hush"), "{done:?}");
    for request in world.server.take_requests() {
        let expected = (!request.path.starts_with("/metadata/")).then_some("Basic bWU6aHVzaA==");
        let found = request.headers.get("authorization").map(String::as_str);
        assert_eq!(found, expected, "{request:?}");
    }
}

#[test]
fn offline_goes_by_what_is_stored_and_says_how_old_it_is() {
    let mut world = World::new();
    let document = world.document(&provenance());
    let offline = ["--offline", "--provenance", &document];
    world.refuses(&offline, "missing-file");
    world.ok(&[]);
    world.server.take_paths();
    let said = world.ok(&offline).stdout;
    let trusted = "trusted root  trusted_root.json as it is stored, verified by TUF, root 1, \
        timestamp 1 until 2026-01-16T12:00:00Z\n";
    assert!(said.ends_with(trusted), "{said}");
    // It expired ten days before.
    world.cli.set_time("2026-01-26T12:00:00Z");
    let verdict = world.refuses(&offline, "expired");
    assert!(verdict["error"]["hint"].as_str().unwrap().contains("--max-age DAYS"), "{verdict}");
    let too_old = [&offline[..], &["--max-age", "10"]].concat();
    let verdict = world.refuses(&too_old, "expired");
    assert!(
        verdict["error"]["message"].as_str().unwrap().contains(
            "the 10 days that --max-age accepts; this is about Sigstore's TUF repository"
        ),
        "{verdict}"
    );
    let accepted = [&offline[..], &["--max-age", "11"]].concat();
    let said = world.ok(&accepted).stdout;
    assert!(said.ends_with("; EXPIRED 2026-01-16T12:00:00Z, accepted by --max-age\n"), "{said}");
    assert_eq!(world.json_ok(&accepted)["trusted_root"]["expired"], "2026-01-16T12:00:00Z");
    assert_eq!(world.server.take_paths(), Vec::<String>::new());

    // Neither option means anything by itself.
    for more in [&["--offline"][..], &["--max-age", "11"]] {
        let arguments = world.arguments(more);
        let outcome = world.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(outcome.code, 2, "{outcome:?}");
    }
}

#[test]
fn a_trusted_root_that_is_not_signed_is_refused() {
    let world = World::new();
    let document = world.document(&provenance());
    world.ok(&[]);
    // On disk: offline it is refused, and with the network it is fetched again.
    let place = world.stored().join("targets/trusted_root.json");
    let forged = String::from_utf8(trusted_root()).unwrap().replace("2021-01-12", "2020-01-12");
    std::fs::write(&place, &forged).unwrap();
    world.refuses(&["--offline", "--provenance", &document], "hash-mismatch");
    world.ok(&[]);
    assert_eq!(std::fs::read(&place).unwrap(), trusted_root());
    // On the server.
    std::fs::remove_file(&place).unwrap();
    world.server.serve_file(&format!("/metadata/targets/{TRUSTED_ROOT}"), forged.as_bytes());
    world.refuses(&[], "hash-mismatch");
    assert!(!place.exists());
}

#[test]
fn a_key_that_sigstore_ended_counts_no_longer_and_is_not_brought_back() {
    let mut world = World::new();
    let old = world.repository.files.clone();
    let mut ended: Value = serde_json::from_slice(&trusted_root()).unwrap();
    ended["tlogs"][0]["publicKey"]["validFor"]["end"] = "2024-12-01T00:00:00Z".into();
    let ended = ended.to_string();
    world.repository.publish("targets", |_| {});
    world.repository.add_target("targets", "trusted_root.json", ended.as_bytes());
    world.publish();
    world.refuses(&[], "log-ended");
    // Whoever serves the old state again does not get the key back.
    world.repository.files = old;
    world.publish();
    let verdict = world.refuses(&[], "rollback");
    assert_eq!(verdict["error"]["role"], "timestamp");
}

#[test]
fn a_trusted_root_of_ones_own_is_not_called_verified() {
    let world = World::new();
    let path = world.cli.write("trusted_root.json", &trusted_root()).display().to_string();
    let document = world.document(&provenance());
    let said = world.ok(&["--trusted-root", &path, "--provenance", &document]).stdout;
    assert!(said.ends_with("trusted_root.json, given by you, not verified by TUF\n"), "{said}");
    let verdict = world.json_ok(&["--trusted-root", &path, "--provenance", &document]);
    assert_eq!(
        verdict["trusted_root"],
        json!({"sha256": hash("sha256", &trusted_root()), "given": path})
    );
    assert_eq!((&verdict["roles"], world.server.take_paths()), (&json!([]), Vec::new()));
    let path = world.cli.write("trusted_root.json", b"{}").display().to_string();
    world.refuses(&["--trusted-root", &path, "--provenance", &document], "trusted-root-form");
}

#[test]
fn without_a_root_of_ones_own_only_sigstores_repository_is_trusted() {
    let world = World::new();
    let mut arguments = world.arguments(&[]);
    let place = arguments.iter().position(|one| one == "--sigstore-root").unwrap();
    arguments.drain(place..place + 2);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // Before the root that picotuf carries expires, so that it is the keys that are wrong.
    world.cli.refuses(&arguments, "threshold-not-met", Some("timestamp"));
    assert!(!world.server.take_paths().contains(&PROJECT.to_owned()));
    let stored = world.cli.metadata_dir().join("sigstore");
    let stored = stored.join("73747011d0857ada15479a16c4cae0f3ed03aac698b523b97e1de314ac9d9ca8");
    let root: Value =
        serde_json::from_slice(&std::fs::read(stored.join("metadata/root.json")).unwrap()).unwrap();
    assert_eq!(root["signed"]["version"], 15);
}

#[test]
fn a_signature_later_than_the_present_is_refused() {
    let mut world = World::new();
    let path = world.cli.write("trusted_root.json", &trusted_root()).display().to_string();
    world.cli.set_time("2024-12-04T23:14:00Z");
    world.refuses(&["--trusted-root", &path], "not-yet");
    world.cli.set_time("2024-12-04T23:14:01Z");
    world.ok(&["--trusted-root", &path]);
}

#[test]
fn an_expired_root_to_begin_with_must_lead_to_one_that_is_not() {
    let mut world = World::new();
    world.repository.edit("root", |root| root["expires"] = EXPIRED.into());
    world.cli.write("sigstore.json", world.repository.anchor());
    world.publish();
    let verdict = world.refuses(&[], "expired");
    assert_eq!(verdict["error"]["role"], "root");
    world.repository.publish("root", |root| root["expires"] = "2027-01-01T00:00:00Z".into());
    world.publish();
    let roles = world.json_ok(&[])["roles"].clone();
    assert_eq!((&roles[0]["role"], &roles[0]["version"]), (&json!("root"), &json!(2)));
}

/// The option of `check` with nearly this name takes a file.
#[test]
fn a_path_in_place_of_a_publisher_is_called_so() {
    let cli = Cli::new();
    for (text, is_path) in [
        ("picotuf-publishers.toml", true),
        ("./pins", true),
        ("github", false),
        ("github:a/b", false),
    ] {
        let outcome = cli.run(&["provenance", "x-1.tar.gz", "--publisher", text]);
        let told = outcome.stderr.contains("this is a path");
        assert_eq!((outcome.code, told), (2, is_path), "{outcome:?}");
    }
}
