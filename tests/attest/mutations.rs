//! Every field of every recorded attestation, changed: what picotuf says, beside what
//! pypi-attestations and `sigstore-verify` say. attest/DIFFERENCES.md explains each difference.

use std::collections::BTreeMap;

use picotuf_attest::Attestation;
use picotuf_attest_tests::peer::Peer;
use picotuf_attest_tests::{RECORDED, Recorded, b64, parse_root, unb64};
use serde_json::{Value, json};

/// A changed attestation: what was done to it, and the result.
struct Mutant {
    field: String,
    how: &'static str,
    text: String,
}

/// The places of all values in a document, without the numbers of elements.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{name}");
                out.push(at.clone());
                places(value, &at, out);
            }
        }
        Value::Array(elements) => {
            // Of the hashes of a proof, the first and the last say as much as all.
            let last = elements.len().saturating_sub(1);
            for (place, value) in elements.iter().enumerate() {
                if place != 0 && place != last {
                    continue;
                }
                let at = format!("{at}/{place}");
                out.push(at.clone());
                places(value, &at, out);
            }
        }
        _ => {}
    }
}

/// The name of a field, for people.
fn field(place: &str) -> String {
    let name = place.rsplit('/').find(|part| part.parse::<usize>().is_err());
    name.unwrap_or_default().into()
}

fn remove(document: &mut Value, place: &str) {
    let (parent, name) = place.rsplit_once('/').expect("a place");
    match document.pointer_mut(parent).expect(place) {
        Value::Object(members) => {
            members.shift_remove(name);
        }
        Value::Array(elements) => {
            elements.remove(name.parse().expect("a number"));
        }
        _ => unreachable!("{place}"),
    }
}

/// What can be done to a value.
fn changes(value: &Value) -> Vec<(&'static str, Value)> {
    let mut changes = vec![("null", Value::Null), ("another type", json!(true))];
    match value {
        Value::String(text) => {
            changes.push(("empty", json!("")));
            changes.push(("longer", json!(format!("{text}A"))));
            changes.push(("a space behind", json!(format!("{text} "))));
            if let Ok(number) = text.parse::<u64>() {
                changes.push(("one more", json!((number + 1).to_string())));
                changes.push(("a number", json!(number)));
                changes.push(("a zero in front", json!(format!("0{number}"))));
                changes.push(("negative", json!(format!("-{number}"))));
                changes.push(("huge", json!("18446744073709551616")));
            }
            let mut bytes = text.clone().into_bytes();
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
                changes.push(("a character changed", json!(String::from_utf8_lossy(&bytes))));
            }
            if text.len() > 76 && !text.contains(['\n', ' ']) {
                let (front, behind) = text.split_at(76);
                changes.push(("a line feed inside", json!(format!("{front}\n{behind}"))));
            }
        }
        Value::Number(_) => {
            changes.push(("2", json!(2)));
            changes.push(("0", json!(0)));
            changes.push(("a string", json!(value.to_string())));
        }
        Value::Array(elements) => {
            changes.push(("empty", json!([])));
            if let Some(first) = elements.first() {
                let twice: Vec<&Value> = elements.iter().chain([first]).collect();
                changes.push(("the first again", json!(twice)));
                let backwards: Vec<&Value> = elements.iter().rev().collect();
                if elements.len() > 1 {
                    changes.push(("backwards", json!(backwards)));
                }
            }
        }
        Value::Object(members) => {
            changes.push(("empty", json!({})));
            let mut more = members.clone();
            more.insert("picotuf".into(), json!(1));
            changes.push(("an unknown member", Value::Object(more)));
        }
        _ => {}
    }
    changes
}

/// Changes that are made in what stands in base64 inside.
fn inside(document: &Value) -> Vec<(String, &'static str, Value)> {
    let mut out = Vec::new();
    let mut put = |place: &str, name: &str, how, bytes: Vec<u8>| {
        let mut changed = document.clone();
        *changed.pointer_mut(place).expect(place) = json!(b64(bytes));
        out.push((name.to_owned(), how, changed));
    };
    let entry = "/verification_material/transparency_entries/0";
    for (place, what) in [
        ("/envelope/statement".to_owned(), "statement"),
        (format!("{entry}/canonicalizedBody"), "log entry"),
    ] {
        let bytes = unb64(document.pointer(&place).expect("one"));
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        let mut all = Vec::new();
        places(&value, "", &mut all);
        for at in all {
            let name = format!("{what}: {}", field(&at));
            let mut less = value.clone();
            remove(&mut less, &at);
            put(&place, &name, "removed", less.to_string().into_bytes());
            for (how, to) in changes(value.pointer(&at).expect("there")) {
                let mut changed = value.clone();
                *changed.pointer_mut(&at).expect("there") = to;
                put(&place, &name, how, changed.to_string().into_bytes());
            }
        }
    }
    // One bit in each part of what is in DER or a bare signature.
    for (place, what, step) in [
        ("/verification_material/certificate".to_owned(), "certificate", 11),
        ("/envelope/signature".to_owned(), "signature", 5),
        (format!("{entry}/inclusionPromise/signedEntryTimestamp"), "promise", 5),
    ] {
        let bytes = unb64(document.pointer(&place).expect("one"));
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            put(&place, what, "a bit", changed);
        }
        let longer = bytes.iter().copied().chain([0]).collect();
        put(&place, what, "a byte more", longer);
        put(&place, what, "a byte less", bytes[..bytes.len() - 1].to_vec());
    }
    // The lines of the checkpoint.
    let place = format!("{entry}/inclusionProof/checkpoint/envelope");
    let text = document.pointer(&place).expect("one").as_str().expect("text").to_owned();
    let (size, hash) = {
        let mut lines = text.lines().skip(1);
        (lines.next().expect("size").to_owned(), lines.next().expect("hash").to_owned())
    };
    let by = text.lines().last().expect("a signature").to_owned();
    for (name, how, changed) in [
        ("checkpoint: origin", "a character changed", text.replacen("rekor", "rekox", 1)),
        ("checkpoint: size", "one more", text.replacen(&size, &format!("{size}1"), 1)),
        ("checkpoint: root hash", "another", text.replacen(&hash, &b64([7; 32]), 1)),
        ("checkpoint: note", "a line more", text.replacen("\n\n", "\nmore\n\n", 1)),
        ("checkpoint: signature", "twice", format!("{text}{by}\n")),
        ("checkpoint: signature", "of another key", text.replacen(&by, "— x AAAAAAAA", 1)),
        ("checkpoint: signature", "no dash", text.replacen("— ", "- ", 1)),
        ("checkpoint: signature", "another name", text.replacen("— rekor", "— other", 1)),
        ("checkpoint: signature", "with another before it", {
            text.replacen("— rekor", "— witness AAAAAAAA\n— rekor", 1)
        }),
    ] {
        assert_ne!(changed, text, "{name}");
        let mut document = document.clone();
        *document.pointer_mut(&place).expect("one") = json!(changed);
        out.push((name.into(), how, document));
    }
    out
}

fn mutants(recorded: &Recorded) -> Vec<Mutant> {
    let document = recorded.json();
    let mut out = Vec::new();
    let mut all = Vec::new();
    places(&document, "", &mut all);
    for place in all {
        let field = field(&place);
        let mut less = document.clone();
        remove(&mut less, &place);
        out.push(Mutant { field: field.clone(), how: "removed", text: less.to_string() });
        for (how, to) in changes(document.pointer(&place).expect("there")) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).expect("there") = to;
            out.push(Mutant { field: field.clone(), how, text: changed.to_string() });
        }
    }
    for (field, how, document) in inside(&document) {
        out.push(Mutant { field, how, text: document.to_string() });
    }
    let text = document.to_string();
    let twice = text.replacen("\"version\":1", "\"version\":1,\"version\":1", 1);
    out.push(Mutant { field: "version".into(), how: "twice", text: twice });
    out.push(Mutant { field: "".into(), how: "something behind", text: format!("{text}x") });
    out
}

/// Where verdicts differ: the field, what was done to it, and who accepts it: picotuf (`o`),
/// pypi-attestations (`p`), `sigstore-verify` (`s`). Each is explained in attest/DIFFERENCES.md.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("canonicalizedBody", "a line feed inside", "op"),
    ("canonicalizedBody", "a space behind", "p"),
    ("canonicalizedBody", "longer", "p"),
    ("certificate", "a line feed inside", "op"),
    ("certificate", "a space behind", "p"),
    ("certificate", "longer", "p"),
    ("checkpoint", "an unknown member", "os"),
    ("envelope", "a space behind", "s"),
    ("hashes", "a space behind", "p"),
    ("hashes", "longer", "p"),
    ("inclusionPromise", "an unknown member", "os"),
    ("inclusionProof", "an unknown member", "os"),
    ("integratedTime", "a number", "os"),
    ("integratedTime", "a space behind", "p"),
    ("integratedTime", "a zero in front", "ps"),
    ("keyId", "a space behind", "p"),
    ("keyId", "longer", "p"),
    ("kindVersion", "an unknown member", "os"),
    ("logId", "an unknown member", "os"),
    ("logIndex", "a number", "os"),
    ("logIndex", "a space behind", "p"),
    ("logIndex", "a zero in front", "ps"),
    ("rootHash", "a space behind", "p"),
    ("rootHash", "longer", "p"),
    ("signature", "a line feed inside", "op"),
    ("signature", "a space behind", "p"),
    ("signature", "longer", "p"),
    ("signedEntryTimestamp", "a line feed inside", "op"),
    ("signedEntryTimestamp", "a space behind", "p"),
    ("signedEntryTimestamp", "longer", "p"),
    ("statement", "a line feed inside", "op"),
    ("statement", "a space behind", "p"),
    ("statement", "longer", "p"),
    ("transparency_entries", "an unknown member", "os"),
    ("treeSize", "a number", "os"),
    ("treeSize", "a space behind", "p"),
    ("treeSize", "a zero in front", "ps"),
    ("treeSize", "one more", "ps"),
    ("version", "0", "s"),
    ("version", "2", "s"),
    ("version", "a string", "s"),
    ("version", "another type", "ps"),
    ("version", "null", "s"),
    ("version", "removed", "s"),
    ("version", "twice", "ps"),
];

#[test]
fn changed_attestations_are_judged_as_others_judge_them() {
    let (mut python, mut peer) = (Peer::python(), Peer::sigstore_verify());
    let mut differences: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let (mut count, mut refused) = (0, 0);
    for recorded in RECORDED {
        let root = parse_root(&recorded.root());
        for mutant in mutants(recorded) {
            let own = recorded.judge(&root, mutant.text.as_bytes());
            let mut verdicts =
                vec![('o', own.is_ok()), ('p', python.judge(recorded, &mutant.text).is_ok())];
            if let Some(peer) = &mut peer {
                verdicts.push(('s', peer.judge(recorded, &mutant.text).is_ok()));
            }
            count += 1;
            refused += usize::from(own.is_err());
            if verdicts.iter().all(|verdict| verdict.1 == own.is_ok()) {
                continue;
            }
            let accepts = verdicts.iter().filter(|verdict| verdict.1).map(|verdict| verdict.0);
            let key = (mutant.field, mutant.how.to_owned(), accepts.collect());
            *differences.entry(key).or_default() += 1;
        }
    }
    println!("{count} changed attestations, {refused} refused");
    let found: Vec<(&str, &str, String)> = differences
        .keys()
        .map(|(field, how, accepts)| (field.as_str(), how.as_str(), accepts.clone()))
        .collect();
    // Without `sigstore-verify`, what it says is left out, and with it the rows that are about it
    // alone.
    let judges = if peer.is_some() { "ops" } else { "op" };
    let expected: Vec<(&str, &str, String)> = DIFFERENCES
        .iter()
        .map(|(field, how, accepts)| {
            (*field, *how, accepts.chars().filter(|judge| judges.contains(*judge)).collect())
        })
        .filter(|(_, _, accepts): &(_, _, String)| !accepts.is_empty() && accepts != judges)
        .collect();
    assert_eq!(found, expected, "{differences:#?}");
    assert!(count > 2500 && refused > count / 2, "{count} {refused}");
}

#[test]
fn no_bit_of_what_is_signed_can_change() {
    // One attestation: each costs some thousand verifications.
    let recorded = &RECORDED[2];
    let (root, document) = (parse_root(&recorded.root()), recorded.json());
    for place in ["/verification_material/certificate", "/envelope/statement"] {
        let bytes = unb64(document.pointer(place).expect("one"));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let mut document = document.clone();
            *document.pointer_mut(place).expect("one") = json!(b64(changed));
            let verdict = recorded.judge(&root, document.to_string().as_bytes());
            assert!(verdict.is_err(), "{place}: byte {at}");
        }
    }
}

#[test]
fn no_prefix_of_a_document_is_one() {
    let bytes = RECORDED[2].bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'}').expect("an object");
    for length in (0..=end).step_by(7) {
        let parsed = Attestation::parse(&bytes[..length], &picotuf_attest::Limits::default());
        assert!(parsed.is_err(), "{length}");
    }
}
