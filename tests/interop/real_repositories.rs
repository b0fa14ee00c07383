//! Metadata of production repositories, as registry packages ship it.
//!
//! The PyPI package `sigstore` carries the root of Sigstore's repository and that of its staging
//! instance: ECDSA and Ed25519 keys, keyids and members that this project did not choose, an expiry
//! that may have passed. Beside each root lie targets of that repository, whose metadata no package
//! carries.

use std::path::{Path, PathBuf};

use picotuf_tests::cli::Cli;
use picotuf_tests::repository::Repository;
use picotuf_tests::server::Server;
use serde_json::Value;

use crate::folder::{init, user};
use crate::python_tuf::PythonTuf;

const INSTANCES: [&str; 2] =
    ["https%3A%2F%2Ftuf-repo-cdn.sigstore.dev", "https%3A%2F%2Ftuf-repo-cdn.sigstage.dev"];

#[test]
fn roots_in_production_initialize_and_show() {
    for path in roots() {
        let root = std::fs::read(&path).unwrap();
        let file: Value = serde_json::from_slice(&root).unwrap();
        let signed = &file["signed"];
        let mut cli = Cli::new();
        // Shown to a person.
        cli.options.retain(|option| option != "--quiet");
        let (code, said) = init(&cli, &root);
        assert_eq!((code, &said["ok"]), (0, &Value::Bool(true)), "{path:?}: {said}");
        assert_eq!(cli.stored("root").as_deref(), Some(root.as_slice()), "{path:?}");
        let shown = cli.json_ok(&["show", "root"]);
        let text = cli.ok(&["show"]).stdout;
        // Whatever the form of the verdict, it names the version and every key of root.
        assert!(mentions(&shown, &signed["version"]), "{path:?}: {shown}");
        for keyid in signed["roles"]["root"]["keyids"].as_array().unwrap() {
            assert!(mentions(&shown, keyid), "{path:?}: {keyid} is not in {shown}");
        }
        assert!(
            text.contains("root") && text.contains(&signed["version"].to_string()),
            "{path:?}: {text}"
        );
    }
}

#[test]
fn a_changed_byte_in_a_production_root_is_refused() {
    for path in roots() {
        let root = std::fs::read_to_string(&path).unwrap();
        let file: Value = serde_json::from_str(&root).unwrap();
        let expires = file["signed"]["expires"].as_str().unwrap();
        // A century more.
        let changed = root.replace(expires, &expires.replacen("20", "21", 1));
        assert_ne!(changed, root);
        let cli = Cli::new();
        let (code, said) = init(&cli, changed.as_bytes());
        assert_eq!(
            (code, &said["error"]["code"]),
            (1, &Value::from("threshold-not-met")),
            "{path:?}: {said}"
        );
        assert_eq!(cli.stored("root"), None, "{path:?}");
    }
}

/// A root is all that the packages carry, so this is how far it goes: the chain of roots ends, and
/// no timestamp is there.
#[test]
fn a_refresh_goes_as_far_as_the_package_does() {
    for path in roots() {
        let root = std::fs::read(&path).unwrap();
        let file: Value = serde_json::from_slice(&root).unwrap();
        let version = file["signed"]["version"].as_u64().unwrap();
        let mut nothing = Repository::new();
        nothing.files.clear();
        let server = Server::start(&nothing);
        let before = user(&start_of_month(file["signed"]["expires"].as_str().unwrap()), &server);
        assert_eq!(init(&before, &root).0, 0);
        before.refuses(&["refresh"], "missing-file", Some("timestamp"));
        assert_eq!(
            server.take_paths(),
            [format!("/metadata/{}.root.json", version + 1), "/metadata/timestamp.json".to_owned()]
        );
        let after = user("2126-01-01T00:00:00Z", &server);
        assert_eq!(init(&after, &root).0, 0, "the age of an anchor is no matter");
        after.refuses(&["refresh"], "expired", Some("root"));
        // What was stored stays.
        assert_eq!(after.versions(), [("root".to_owned(), version)]);
    }
}

fn roots() -> Vec<PathBuf> {
    let Some(python) = PythonTuf::find("the roots that the PyPI package sigstore ships") else {
        return Vec::new();
    };
    let store: &Path = &python.packages().join("sigstore/_store");
    INSTANCES.iter().map(|instance| store.join(instance).join("root.json")).collect()
}

fn mentions(json: &Value, wanted: &Value) -> bool {
    match json {
        _ if json == wanted => true,
        Value::Array(items) => items.iter().any(|item| mentions(item, wanted)),
        Value::Object(members) => {
            members.iter().any(|(name, member)| wanted == name.as_str() || mentions(member, wanted))
        }
        _ => false,
    }
}

/// The first moment of this time's month: not after it, whatever its form.
fn start_of_month(time: &str) -> String {
    format!("{}-01T00:00:00Z", &time[..7])
}
