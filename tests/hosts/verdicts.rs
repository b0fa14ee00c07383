//! One table of verdicts for all hosts: good and bad repositories and attestations, and what every
//! host says of each. `verdicts.json` has the verdicts, and README.md says how a host takes part.
//!
//! The cases run with the native command line or, where `PICOTUF_RUNNER` names one, with a runner.
//! `PICOTUF_WRITE_VERDICTS=1` writes what the command line says into the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use picotuf::Time;
use picotuf_tests::cli::{Cli, outcome};
use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{EXPIRED, Listing, NOW, Repository};
use serde_json::{Map, Value, json};

use crate::TEXT;

const TARGET: &str = "project/file.txt";

/// A case: what lies in its folder.
struct Case {
    name: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Case {
    fn new(name: impl Into<String>, kind: &str) -> Case {
        Case { name: name.into(), files: BTreeMap::new() }.with("kind", kind).at(NOW)
    }

    /// A user who trusts the repository's first root looks for a target.
    fn of(name: impl Into<String>, repository: &Repository) -> Case {
        let mut case = Case::new(name, "update").with("stored/root.json", repository.anchor());
        for (name, bytes) in &repository.files {
            if !name.starts_with("targets/") {
                case = case.with(&format!("repository/{name}"), bytes);
            }
        }
        case.target(TARGET, TEXT)
    }

    fn with(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Case {
        self.files.insert(name.to_owned(), bytes.as_ref().to_vec());
        self
    }

    fn without(mut self, name: &str) -> Case {
        assert!(self.files.remove(name).is_some(), "{name}");
        self
    }

    fn target(self, path: &str, file: &[u8]) -> Case {
        self.with("target", path).with("file", file)
    }

    fn at(self, now: &str) -> Case {
        let seconds = Time::parse(now).unwrap().unix().to_string();
        self.with("now", now).with("seconds", seconds)
    }

    fn stored(self, repository: &Repository, roles: &[&str]) -> Case {
        roles.iter().fold(self, |case, role| {
            case.with(&format!("stored/{role}.json"), repository.bytes(role))
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }
}

fn base() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("project", &["project/*"]));
    repository.add_target("project", TARGET, TEXT);
    repository
}

type Change = fn(&mut Value);

/// What a role's `signed` may have wrong.
const SIGNED: &[(&str, Change)] = &[
    ("has expired", |signed| signed["expires"] = EXPIRED.into()),
    ("has version 0", |signed| signed["version"] = 0.into()),
    ("has a text as version", |signed| signed["version"] = "1".into()),
    ("has a negative version", |signed| signed["version"] = (-1).into()),
    ("has null as version", |signed| signed["version"] = Value::Null),
    ("has no version", |signed| remove(signed, "version")),
    ("has no expiry", |signed| remove(signed, "expires")),
    ("expires on no day", |signed| signed["expires"] = "2027-02-30T00:00:00Z".into()),
    ("expires tomorrow", |signed| signed["expires"] = "tomorrow".into()),
    ("has an offset in its expiry", |signed| {
        signed["expires"] = "2027-01-01T00:00:00.5+02:00".into();
    }),
    ("has no type", |signed| remove(signed, "_type")),
    ("is of another type", |signed| signed["_type"] = "mirrors".into()),
    ("has no specification version", |signed| remove(signed, "spec_version")),
    ("is of TUF 2", |signed| signed["spec_version"] = "2.0.0".into()),
    ("has a number as specification version", |signed| signed["spec_version"] = 1.into()),
    ("has an unknown member", |signed| signed["x-new"] = json!({"a": [null, -1, "é\u{7}"]})),
];

fn remove(signed: &mut Value, member: &str) {
    signed.as_object_mut().unwrap().remove(member);
}

type Signatures = fn(&mut Vec<Value>);

/// What a role's signatures may have wrong.
const SIGNATURES: &[(&str, Signatures)] = &[
    ("is not signed", Vec::clear),
    ("is signed twice by one key", |all| all.push(all[0].clone())),
    ("has an empty signature", |all| all[0]["sig"] = "".into()),
    ("has a signature that is no hex", |all| all[0]["sig"] = "zz".into()),
    ("has a signature of another text", |all| all[0]["sig"] = "ab".repeat(64).into()),
    ("has a signature without a keyid", |all| remove(&mut all[0], "keyid")),
    ("has a signature of nobody too", |all| {
        all.push(json!({"keyid": "c0ffee", "sig": "00"}));
    }),
];

type Bytes = fn(&mut Vec<u8>);

/// What a role's file may have wrong.
const BYTES: &[(&str, Bytes)] = &[
    ("is empty", Vec::clear),
    ("is cut in half", |bytes| bytes.truncate(bytes.len() / 2)),
    ("is no JSON", |bytes| *bytes = b"<html>".to_vec()),
    ("is a list", |bytes| *bytes = b"[]".to_vec()),
    ("has a byte order mark", |bytes| bytes.splice(0..0, *b"\xef\xbb\xbf").for_each(drop)),
    ("has something behind it", |bytes| bytes.extend(b" {}")),
    ("has blanks around it", |bytes| {
        bytes.splice(0..0, *b" \n").for_each(drop);
        bytes.push(b'\n');
    }),
    ("has a member twice", |bytes| bytes.splice(1..1, *b"\"signed\":{},").for_each(drop)),
    ("has no UTF-8", |bytes| bytes.splice(1..1, *b"\"\xff\":0,").for_each(drop)),
];

fn roles(cases: &mut Vec<Case>) {
    for role in ["root", "timestamp", "snapshot", "targets", "project"] {
        let fresh = || {
            let mut repository = base();
            if role == "root" {
                repository.publish("root", |_| {});
            }
            repository
        };
        for (what, change) in SIGNED {
            let mut repository = fresh();
            repository.edit(role, change);
            cases.push(Case::of(format!("{role} {what}"), &repository));
        }
        for (what, change) in SIGNATURES {
            let mut repository = fresh();
            repository.edit_signatures(role, change);
            cases.push(Case::of(format!("{role} {what}"), &repository));
        }
        for (what, change) in BYTES {
            let mut repository = fresh();
            repository.edit_file(role, change);
            cases.push(Case::of(format!("{role} {what}"), &repository));
        }
        let mut repository = fresh();
        repository.tamper(role, |bytes| bytes.push(b' '));
        cases.push(Case::of(format!("{role} has one byte more"), &repository));
        let mut repository = fresh();
        repository.remove(role);
        cases.push(Case::of(format!("{role} is not there"), &repository));
    }
}

fn roots(cases: &mut Vec<Case>) {
    let mut of = |name: &str, change: &dyn Fn(&mut Repository)| {
        let mut repository = base();
        change(&mut repository);
        cases.push(Case::of(name, &repository));
    };
    let edit =
        |change: Change| move |repository: &mut Repository| repository.publish("root", change);
    of("a good repository", &|_| {});
    of("three new roots", &|repository| (0..3).for_each(|_| repository.publish("root", |_| {})));
    of("a threshold of 0", &edit(|root| root["roles"]["timestamp"]["threshold"] = 0.into()));
    of("a threshold as text", &edit(|root| root["roles"]["targets"]["threshold"] = "1".into()));
    of(
        "a threshold above the keys",
        &edit(|root| root["roles"]["snapshot"]["threshold"] = 2.into()),
    );
    of("no role targets", &edit(|root| remove(&mut root["roles"], "targets")));
    of("no keys", &edit(|root| remove(root, "keys")));
    of("an unknown keyid", &edit(|root| root["roles"]["timestamp"]["keyids"] = json!(["00"])));
    of(
        "a keyid twice",
        &edit(|root| {
            let keyids = &mut root["roles"]["timestamp"]["keyids"];
            *keyids = json!([keyids[0], keyids[0]]);
        }),
    );
    of("no consistent snapshots from now on", &|repository| {
        repository.publish("root", |root| root["consistent_snapshot"] = false.into());
        for role in ["targets", "project", "snapshot"] {
            repository.edit(role, |_| {});
        }
    });
    of("a skipped root version", &|repository| {
        repository.publish("root", |root| root["version"] = 3.into());
        let bytes = repository.files.remove("3.root.json").unwrap();
        repository.files.insert("2.root.json".to_owned(), bytes);
    });
    of("new root keys", &|repository| {
        repository.rotate("root", &[Key::ed25519("a new root key")], 1);
    });
    of("new root keys that the old one does not sign", &|repository| {
        repository.sign_with("root", &[Key::ed25519("a new root key")]);
        repository.publish("root", |_| {});
    });
    of("new timestamp keys", &|repository| {
        repository.rotate("timestamp", &[Key::ed25519("a new timestamp key")], 1);
    });
    for (name, key) in [
        ("P-256", Key::p256("a key")),
        ("P-384", Key::p384("a key")),
        ("RSA-PSS", Key::rsa(0)),
        ("P-256 as a hex point", Key::p256("a key").with_hex_point()),
        ("an odd keyid", Key::ed25519("a key").with_id("my key")),
        ("a public key that is none", Key::ed25519("a key").with_public("00")),
        ("an unknown scheme", Key::ed25519("a key").with_scheme("ed25519-next")),
        ("an unknown keytype", Key::ed25519("a key").with_keytype("unknown")),
    ] {
        for role in ["timestamp", "targets"] {
            of(&format!("{role} by {name}"), &|repository| {
                repository.set_keys(role, std::slice::from_ref(&key), 1);
            });
        }
    }
    let [one, two] = ["one", "two"].map(Key::ed25519);
    let twice = one.clone().with_id("the same key");
    for (name, keys, signers) in [
        ("two of two", [&one, &two], vec![one.clone(), two.clone()]),
        ("one of two", [&one, &two], vec![one.clone()]),
        ("one key under two keyids", [&one, &twice], vec![one.clone(), twice.clone()]),
    ] {
        of(name, &|repository| {
            repository.set_keys("snapshot", &keys.map(Clone::clone), 2);
            repository.sign_with("snapshot", &signers);
            repository.edit("snapshot", |_| {});
        });
    }
}

fn stored(cases: &mut Vec<Case>) {
    let all = ["root", "timestamp", "snapshot", "targets", "project"];
    let old = base();
    let mut new = base();
    new.publish("project", |_| {});
    let top = ["timestamp", "snapshot", "targets"];
    cases.push(Case::of("all is stored", &old).stored(&old, &all));
    cases.push(Case::of("the stored is older", &new).stored(&old, &all));
    cases.push(Case::of("a timestamp goes back", &old).stored(&new, &all));
    cases.push(Case::of("only the stored timestamp is newer", &old).stored(&new, &["timestamp"]));
    for role in top {
        let case = Case::of(format!("the stored {role} is broken"), &new).stored(&old, &all);
        cases.push(case.with(&format!("stored/{role}.json"), "{}"));
    }
    let mut back = new.clone();
    back.publish("timestamp", |_| {});
    back.edit("project", |project| project["version"] = 1.into());
    cases.push(Case::of("a targets role goes back", &back).stored(&new, &all));
    let mut gone = new.clone();
    gone.publish("snapshot", |snapshot| remove(&mut snapshot["meta"], "project.json"));
    cases.push(Case::of("a role is gone from the snapshot", &gone).stored(&new, &all));
    let mut other = old.clone();
    other.edit("timestamp", |timestamp| timestamp["x"] = 1.into());
    cases.push(Case::of("another timestamp of the same version", &other).stored(&old, &all));
    let mut recovered = new.clone();
    recovered.rotate("timestamp", &[Key::ed25519("a new timestamp key")], 1);
    recovered.edit("timestamp", |timestamp| timestamp["version"] = 1.into());
    cases.push(Case::of("a new key makes the timestamp go back", &recovered).stored(&new, &all));
    cases.push(Case::of("the stored root is broken", &old).with("stored/root.json", "{}"));
    let offline = |name: &str| {
        let case = Case::new(name, "offline").stored(&old, &all);
        case.target(TARGET, TEXT)
    };
    cases.push(offline("offline"));
    cases.push(offline("offline, a changed file").with("file", "another file"));
    cases.push(offline("offline, later").at("2026-01-17T12:00:00Z"));
    cases.push(offline("offline, without a snapshot").without("stored/snapshot.json"));
    cases.push(offline("offline, without the role").without("stored/project.json"));
    cases.push(offline("offline, a broken role").with("stored/project.json", "{}"));
    cases.push(offline("offline, an unknown target").target("other", TEXT));
    for (now, name) in [
        ("2026-01-16T11:59:59Z", "the last second of the timestamp"),
        ("2026-01-16T12:00:00Z", "the second in which the timestamp expires"),
        ("2027-01-01T00:00:00Z", "the second in which the root expires"),
    ] {
        cases.push(Case::of(name, &old).at(now));
    }
    let mut roots = base();
    (0..2).for_each(|_| roots.publish("root", |_| {}));
    for (limit, repository) in [
        ("root_length 10", &roots),
        ("timestamp_length 10", &old),
        ("root_rotations 1", &roots),
        ("root_rotations 2", &roots),
    ] {
        cases.push(Case::of(format!("limit {limit}"), repository).with("limits", limit));
    }
    let mut versions = Repository::new();
    versions.listing = Listing::Versions;
    versions.delegate("targets", &Delegation::paths("project", &["project/*"]));
    versions.add_target("project", TARGET, TEXT);
    for limit in ["snapshot_length 10", "targets_length 10", "targets_length 100000"] {
        let name = format!("versions alone are listed, limit {limit}");
        cases.push(Case::of(name, &versions).with("limits", limit));
    }
}

fn searches(cases: &mut Vec<Case>) {
    for (pattern, path) in [
        ("*", "file"),
        ("*", "a/file"),
        ("a/*", "a/b/file"),
        ("*/file", "a/file"),
        ("f?le", "file"),
        ("f?le", "fle"),
        ("f?le", "f/le"),
        ("FILE", "file"),
        ("[f]ile", "file"),
        ("[f]ile", "[f]ile"),
        ("**", "a/b"),
        ("{file,x}", "file"),
        ("é*", "été"),
        ("*.whl", "a-1.whl"),
    ] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths("role", &[pattern]));
        repository.add_target("role", path, TEXT);
        cases.push(
            Case::of(format!("{path} by the pattern {pattern}"), &repository).target(path, TEXT),
        );
    }
    let delegated = |delegation: &Delegation, lister: &str| {
        let mut repository = Repository::new();
        repository.delegate("targets", delegation);
        repository.add_target(lister, TARGET, TEXT);
        repository
    };
    for prefixes in [["0", "1"], ["e", "f"], ["", "0"], ["zz", "0"], ["E", "F"]] {
        let delegation = Delegation::hash_prefixes("role", &prefixes);
        let name = format!("by the hash prefixes {}", prefixes.join(" "));
        cases.push(Case::of(name, &delegated(&delegation, "role")));
    }
    for bits in [1, 3, 8] {
        for lister in [0, 1] {
            let delegation = Delegation::succinct("bin", bits);
            let names = delegation.role_names();
            let repository = delegated(&delegation, &names[lister]);
            cases.push(Case::of(format!("{bits} bits, in bin {lister}"), &repository));
        }
    }
    let [plain, terminating] =
        [false, true].map(|is_terminating| match Delegation::paths("first", &["project/*"]) {
            first if is_terminating => first.terminating(),
            first => first,
        });
    for (name, first) in
        [("a role before it", plain), ("a terminating role before it", terminating)]
    {
        let mut repository = Repository::new();
        repository.delegate("targets", &first);
        repository.delegate("targets", &Delegation::paths("second", &["project/*"]));
        repository.add_target("second", TARGET, TEXT);
        cases.push(Case::of(name, &repository));
    }
    let mut cycle = Repository::new();
    cycle.delegate("targets", &Delegation::paths("a", &["*", "*/*"]));
    cycle.delegate("a", &Delegation::paths("b", &["*", "*/*"]));
    cycle.delegate("b", &Delegation::paths("a", &["*", "*/*"]));
    cases.push(Case::of("a cycle", &cycle));
    cycle.add_target("b", TARGET, TEXT);
    cases.push(Case::of("a target behind a cycle", &cycle));
    cases.push(Case::of("limit delegations 1", &cycle).with("limits", "delegations 1"));
    let threshold = Delegation::paths("role", &["project/*"]).threshold(2);
    cases.push(Case::of(
        "a delegation with a threshold above its keys",
        &delegated(&threshold, "role"),
    ));
    let good = base();
    for path in ["project", "project/", "project/FILE.txt", "/project/file.txt", "é", "a\"\\b"] {
        cases.push(Case::of(format!("no target {path:?}"), &good).target(path, TEXT));
    }
}

fn files(cases: &mut Vec<Case>) {
    for hashes in [vec!["sha512"], vec!["blake2b-256"], vec!["sha256", "sha512", "blake2b-256"]] {
        let mut repository = base();
        repository.target_hashes = hashes.clone();
        repository.add_target("project", TARGET, TEXT);
        cases.push(Case::of(format!("a file by {}", hashes.join(" ")), &repository));
        let case = Case::of(format!("a changed file by {}", hashes.join(" ")), &repository);
        cases.push(case.with("file", "a fill"));
    }
    let good = base();
    for (name, file) in [
        ("a file that is too long", &b"a file and more"[..]),
        ("a file that is too short", b"a fil"),
        ("an empty file", b""),
    ] {
        cases.push(Case::of(name, &good).with("file", file));
    }
    let edits: [(&str, Change); 9] = [
        ("a custom object", |entry| {
            entry["custom"] = json!({"a": [1, {"b": "\u{1}é"}], "c": null})
        }),
        ("an empty custom", |entry| entry["custom"] = json!({})),
        ("a custom text", |entry| entry["custom"] = "x".into()),
        ("no hashes", |entry| entry["hashes"] = json!({})),
        ("an unknown hash alone", |entry| entry["hashes"] = json!({"md5": "00"})),
        ("an unknown hash too", |entry| entry["hashes"]["md5"] = "00".into()),
        ("a hash that is too short", |entry| entry["hashes"] = json!({"sha256": "00"})),
        ("a negative length", |entry| entry["length"] = (-1).into()),
        ("no length", |entry| remove(entry, "length")),
    ];
    for (name, change) in edits {
        let mut repository = base();
        repository.edit("project", |signed| change(&mut signed["targets"][TARGET]));
        cases.push(Case::of(format!("a target with {name}"), &repository));
    }
}

fn attestations(cases: &mut Vec<Case>) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/demo/attested");
    let name = "pypi_attestations-0.0.19.tar.gz";
    let read = |path: &str| fs::read(demo.join(path)).unwrap();
    let root = |folder: &str| {
        let mut entries = fs::read_dir(demo.join(folder)).unwrap();
        fs::read(entries.next().unwrap().unwrap().path()).unwrap()
    };
    let provenance: Value = serde_json::from_slice(&read(&format!("{name}.provenance"))).unwrap();
    let of = |about: &str| {
        Case::new(format!("attestation: {about}"), "attestation")
            .at("2026-11-22T00:00:00Z")
            .with("name", name)
            .with("file", read(name))
            .with("provenance", provenance.to_string())
            .with("trusted_root", root("sigstore/targets"))
    };
    let asked = |publisher: &str| of(&format!("by {publisher}")).with("publisher", publisher);
    cases.push(of("by anybody"));
    cases.push(asked("github:trailofbits/pypi-attestations:release.yml"));
    cases.push(asked("github:trailofbits/pypi-attestations:*"));
    cases.push(asked("github:trailofbits/pypi-attestations:other.yml"));
    cases.push(asked("github:somebody/else:release.yml"));
    cases.push(asked("gitlab:trailofbits/pypi-attestations:release.yml"));
    cases.push(of("a changed file").with("file", "another file"));
    cases.push(of("another version").with("name", "pypi_attestations-0.0.20.tar.gz"));
    cases.push(of("another spelling").with("name", "pypi-attestations-0.0.19.tar.gz"));
    cases.push(of("a wheel").with("name", "pypi_attestations-0.0.19-py3-none-any.whl"));
    cases.push(of("no distribution").with("name", "notes.txt"));
    cases.push(of("a time before it").at("2024-01-01T00:00:00Z"));
    cases.push(of("an ended key").with("trusted_root", root("ended-key/sigstore/targets")));
    for text in ["", "{}", "[]", "{", "{\"mediaType\":\"x\"}"] {
        cases.push(of(&format!("the trusted root {text:?}")).with("trusted_root", text));
        cases.push(of(&format!("the provenance {text:?}")).with("provenance", text));
    }
    let edits: [(&str, &str, Value); 14] = [
        ("version 2", "/version", 2.into()),
        ("no bundles", "/attestation_bundles", json!([])),
        ("no attestations", "/attestation_bundles/0/attestations", json!([])),
        ("another stated repository", "/attestation_bundles/0/publisher/repository", "a/b".into()),
        ("another stated workflow", "/attestation_bundles/0/publisher/workflow", "x.yml".into()),
        ("another stated kind", "/attestation_bundles/0/publisher/kind", "GitLab".into()),
        ("an unknown stated kind", "/attestation_bundles/0/publisher/kind", "New".into()),
        ("attestation version 2", "/attestation_bundles/0/attestations/0/version", 2.into()),
        (
            "another signature",
            "/attestation_bundles/0/attestations/0/envelope/signature",
            "MEQCIAAA".into(),
        ),
        (
            "another statement",
            "/attestation_bundles/0/attestations/0/envelope/statement",
            "e30=".into(),
        ),
        (
            "no certificate",
            "/attestation_bundles/0/attestations/0/verification_material/certificate",
            "".into(),
        ),
        (
            "no log entries",
            "/attestation_bundles/0/attestations/0/verification_material/transparency_entries",
            json!([]),
        ),
        (
            "another log index",
            "/attestation_bundles/0/attestations/0/verification_material/transparency_entries/0/logIndex",
            "1".into(),
        ),
        (
            "another time of the log",
            "/attestation_bundles/0/attestations/0/verification_material/transparency_entries/0/integratedTime",
            "1".into(),
        ),
    ];
    for (about, pointer, value) in edits {
        let mut changed = provenance.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        cases.push(of(about).with("provenance", changed.to_string()));
    }
}

fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for add in [roles, roots, stored, searches, files, attestations] {
        add(&mut cases);
    }
    cases
}

/// Runs a case with the native command line, as a runner does.
fn by_command_line(case: &Case, folder: &Path) -> Value {
    let cli = Cli::new();
    let path = |name: &str| folder.join(name).display().to_string();
    let mut words = vec!["--json".to_owned(), "--at".to_owned(), case.text("now").unwrap()];
    let file = match case.text("name") {
        Some(name) => cli.write(&name, &case.files["file"]).display().to_string(),
        None => path("file"),
    };
    let kind = case.text("kind").unwrap();
    if kind == "attestation" {
        words.extend(["provenance".into(), file, "--provenance".into(), path("provenance")]);
        words.extend(["--trusted-root".into(), path("trusted_root")]);
        if let Some(publisher) = case.text("publisher") {
            words.extend(["--publisher".into(), publisher]);
        }
    } else {
        words.extend(["--metadata-dir".into(), path("stored")]);
        words.extend(["--metadata-url".into(), path("repository")]);
        for limit in case.text("limits").iter().flat_map(|limits| limits.lines()) {
            let (name, number) = limit.split_once(' ').unwrap();
            let option = match name.strip_suffix("_length") {
                Some(role) => format!("--{role}-max-length"),
                None => format!("--max-{}", name.replace('_', "-")),
            };
            words.extend([option, number.to_owned()]);
        }
        words.push(format!("--target-name={}", case.text("target").unwrap()));
        words.extend(["verify".into(), file]);
        if kind == "offline" {
            words.push("--offline".into());
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = cli.command(&[], &picotuf_tests::cli::binary(), &[]);
    // Without the options of a user, whose folder is another.
    let mut plain = Command::new(command.get_program());
    plain.args(&words).current_dir(cli.folder());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => plain.env(name, value),
            None => plain.env_remove(name),
        };
    }
    command = plain;
    let said = outcome(command.output().unwrap());
    serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}: {said:?}", case.name))
}

/// Runs all cases with a runner, and returns what it says by their names.
fn by_runner(runner: &str, folder: &Path) -> BTreeMap<String, Value> {
    let mut words = runner.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).arg(folder);
    let said = outcome(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")));
    assert_eq!(said.code, 0, "{command:?}: {}", said.stderr);
    let line = |line: &str| {
        let (name, verdict) = line.split_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
        let verdict =
            serde_json::from_str(verdict).unwrap_or_else(|error| panic!("{line}: {error}"));
        (name.to_owned(), verdict)
    };
    said.stdout.lines().map(line).collect()
}

/// Returns what has to be the same: not where files lie, and not how a host words its own options.
fn common(verdict: &Value, stored: &Path) -> Value {
    let members = |value: &Value, names: &[&str]| -> Value {
        let member = |name: &&str| {
            let found =
                value.get(*name).filter(|value| !value.is_null() && **value != json!([]))?;
            Some(((*name).to_owned(), found.clone()))
        };
        names.iter().filter_map(member).collect::<Map<_, _>>().into()
    };
    let list = |name: &str, names: &[&str]| -> Vec<Value> {
        let list = verdict[name].as_array().into_iter().flatten();
        list.map(|value| members(value, names)).collect()
    };
    let is_ok = verdict["ok"] == true;
    let mut common = members(verdict, &["ok", "publisher", "attestations"]);
    let mut roles = list(
        "roles",
        &["role", "version", "expires", "threshold", "keys", "signing_keys", "signers", "length"],
    );
    for role in &mut roles {
        for signer in role["signers"].as_array_mut().into_iter().flatten() {
            *signer = signer.as_str().unwrap().chars().take(8).collect::<String>().into();
        }
    }
    common["roles"] = roles.into();
    // Hosts differ in when they list a target whose file is refused.
    if is_ok {
        common["targets"] =
            list("targets", &["path", "length", "hashes", "custom", "delegation_path"]).into();
    } else {
        let names =
            ["code", "message", "blame", "role", "target", "delegation_path", "expected", "found"];
        let mut error = members(&verdict["error"], &names);
        // The npm package names its own option there.
        let message = error["message"].as_str().unwrap_or_default();
        let message = message.split("; `limits.").next().unwrap_or_default().to_owned();
        error["message"] = message.into();
        common["error"] = error;
    }
    let mut files = Map::new();
    for entry in fs::read_dir(stored).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_default();
            files.insert(name, file["signed"]["version"].clone());
        }
    }
    files.sort_keys();
    common["stored"] = files.into();
    common
}

/// A host that says something else would let in what the others refuse, or name another culprit.
#[test]
fn the_same_verdict_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let cases = all();
    let place = |index: usize| folder.path().join(format!("{index:03}"));
    for (index, case) in cases.iter().enumerate() {
        for (name, bytes) in &case.files {
            let path = place(index).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        for name in ["stored", "repository"] {
            fs::create_dir_all(place(index).join(name)).unwrap();
        }
    }
    let runner = std::env::var("PICOTUF_RUNNER").ok();
    let without = std::env::var("PICOTUF_RUNNER_WITHOUT").unwrap_or_default();
    let said: BTreeMap<String, Value> = match &runner {
        Some(runner) => by_runner(runner, folder.path()),
        None => (0..cases.len())
            .map(|index| (format!("{index:03}"), by_command_line(&cases[index], &place(index))))
            .collect(),
    };
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/verdicts.json");
    if std::env::var_os("PICOTUF_WRITE_VERDICTS").is_some() && runner.is_none() {
        write(&table, &cases, &said, &place);
    }
    let expected: Map<String, Value> =
        serde_json::from_slice(&fs::read(&table).unwrap_or_else(|_| b"{}".to_vec())).unwrap();
    assert!(cases.len() >= 200 && expected.len() == cases.len(), "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let verdict = said.get(&format!("{index:03}")).unwrap_or(&Value::Null);
        if case.text("kind").as_deref() == Some(&*without) {
            assert_eq!(*verdict, Value::Null, "{}: the host has no such thing", case.name);
            continue;
        }
        let found = common(verdict, &place(index).join("stored"));
        if expected.get(&case.name) != Some(&found) {
            let expected = expected.get(&case.name).unwrap_or(&Value::Null);
            wrong.push(format!("{}\n  expected {expected}\n  found    {found}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Writes the table: one line for each case.
fn write(
    table: &Path,
    cases: &[Case],
    said: &BTreeMap<String, Value>,
    place: &dyn Fn(usize) -> PathBuf,
) {
    let line = |(index, case): (usize, &Case)| {
        let verdict = common(&said[&format!("{index:03}")], &place(index).join("stored"));
        format!("{}:{verdict}", json!(case.name))
    };
    let lines: Vec<String> = cases.iter().enumerate().map(line).collect();
    fs::write(table, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}
