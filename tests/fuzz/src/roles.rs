//! The `signed` of each role, signed well whatever it says.

use std::sync::OnceLock;

use picotuf::canonical_form;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::host::Client;
use picotuf_tests::json::Style;
use picotuf_tests::repository::Repository;
use serde_json::json;

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "project"];

/// The first byte says which role, and in which of two orders the file stands; the rest is its
/// `signed`. All ways of reading agree, and a second run says the same.
pub fn roles(data: &[u8]) {
    let Some((first, signed)) = data.split_first() else { return };
    let Ok(signed) = std::str::from_utf8(signed) else { return };
    let role = ROLES[usize::from(*first) % ROLES.len()];
    let style = if *first < 128 { Style::PYTHON } else { Style::SIGNED_FIRST };
    static GOOD: OnceLock<Repository> = OnceLock::new();
    let mut repository = GOOD.get_or_init(repository).clone();
    let mut message = Vec::new();
    let signed_well =
        canonical_form(signed.as_bytes(), &mut |piece| message.extend_from_slice(piece)).is_ok();
    let signatures: serde_json::Value = repository
        .signers(role)
        .iter()
        .map(|key| json!({"keyid": key.id, "sig": key.sign(&message)}))
        .collect();
    let file = style.envelope(signed, &signatures).into_bytes();
    repository.edit_file(role, |bytes| *bytes = file.clone());
    let anchor = if role == "root" && *first & 64 == 0 {
        repository.bytes("root")
    } else {
        repository.anchor()
    };
    let mut client = Client::trusting(anchor).windows_refuse_sometimes();
    let verdict = client.find(&repository, &["project/file.txt", "top.txt"]);
    assert!(signed_well || verdict.is_err(), "what has no canonical form was taken");
    let again = client.find(&repository, &["project/file.txt", "top.txt"]);
    assert_eq!(
        again.map(|report| report.found).ok(),
        verdict.map(|report| report.found).ok(),
        "the second run (left)"
    );
}

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("project", &["project/*"]));
    repository.add_target("project", "project/file.txt", b"a file\n");
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}
