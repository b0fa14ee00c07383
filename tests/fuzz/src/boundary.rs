//! What the targets of the bindings share: a good repository whose target a host asks for, a file
//! with an attestation, data that a host gives, and a host that does all right.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use arbitrary::Arbitrary;
use picotuf_attest_tests::forge::{DIGEST, FILE, Forge};
use picotuf_attest_tests::unhex;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::json::{Style, canonical};
use picotuf_tests::repository::{Files, Repository, hash};
use serde_json::{Value, json};

/// 2026-01-15T12:00:00Z, the time at which the repository is valid.
pub(crate) const NOW: i64 = 1_768_478_400;
/// The target that a delegated role lists.
pub(crate) const PATH: &str = "project/file.txt";
/// The bytes of its file.
pub(crate) const CONTENT: &[u8] = b"the bytes of a file\n";
/// A host that takes more steps than this does not end.
const STEPS_MAX: usize = 200;

/// The files of a repository that has been published twice, and the first root.
pub(crate) struct Good {
    /// The files by their names in the repository.
    pub(crate) files: Files,
    /// The root that a host trusts at first.
    pub(crate) root: Vec<u8>,
    /// The canonical form of what is signed in each file.
    signed: Vec<Vec<u8>>,
}

/// Returns the repository.
pub(crate) fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths("project", &["project/*"]));
        repository.add_target("project", PATH, CONTENT);
        // As RSTUF writes it: with line breaks.
        repository.style = Style::RSTUF;
        let custom = json!({"of the target": [1, "a\nb"]});
        repository.edit("project", |project| project["targets"][PATH]["custom"] = custom);
        let root = repository.anchor().to_vec();
        for role in ["project", "targets", "root"] {
            repository.publish(role, |_| {});
        }
        let files = repository.files;
        let metadata = files.iter().filter(|(name, _)| name.ends_with(".json"));
        let signed = metadata.map(|(_, file)| signed(file)).collect();
        Good { files, root, signed }
    })
}

fn signed(file: &[u8]) -> Vec<u8> {
    let file: Value = serde_json::from_slice(file).expect("what is stored is JSON");
    canonical(&file["signed"])
}

/// Asserts that what a host is told to store was signed.
pub(crate) fn assert_signed(file: &[u8]) {
    assert!(good().signed.contains(&signed(file)), "what nobody signed is to be stored");
}

/// What is attested about a file, and the trusted root that it is verified by.
pub(crate) struct Attested {
    pub(crate) name: &'static str,
    pub(crate) sha256: [u8; 32],
    pub(crate) provenance: Vec<u8>,
    pub(crate) trusted_root: Vec<u8>,
}

/// The publisher of the attested file.
pub(crate) const PUBLISHER: &str = "github:o/r:w.yml";

/// Returns a file with an attestation.
pub(crate) fn attested() -> &'static Attested {
    static ATTESTED: OnceLock<Attested> = OnceLock::new();
    ATTESTED.get_or_init(|| {
        let (root, attestation) = Forge::default().make();
        let publisher = json!({"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"});
        let bundle = json!({"publisher": publisher, "attestations": [attestation]});
        let provenance = json!({"version": 1, "attestation_bundles": [bundle]});
        Attested {
            name: FILE,
            sha256: unhex(DIGEST),
            provenance: provenance.to_string().into_bytes(),
            trusted_root: root.to_string().into_bytes(),
        }
    })
}

/// Asserts that a verdict is JSON, and that it says of the target and of the publisher what is
/// signed. Returns whether it is `ok`.
pub(crate) fn assert_verdict(json: &str) -> bool {
    assert!(!json.contains(['\n', '\r']), "more than one line: {json}");
    let verdict: Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("no JSON: {json}"));
    let ok = verdict["ok"].as_bool().expect("a verdict says whether it is ok");
    assert_eq!(verdict["error"].is_null(), ok, "{json}");
    if !ok {
        let code = verdict["error"]["code"].as_str().expect("an error has a code");
        assert_ne!(code, "internal");
        assert!(verdict["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    for target in verdict["targets"].as_array().into_iter().flatten() {
        assert_eq!(target["path"], PATH);
        assert_eq!(target["length"], CONTENT.len());
        assert_eq!(target["hashes"]["sha256"], hash("sha256", CONTENT));
        assert_eq!(target["custom"], json!({"of the target": [1, "a\nb"]}));
    }
    if let Some(publisher) = verdict.get("publisher") {
        assert_eq!(publisher["spec"], PUBLISHER);
    }
    ok
}

/// Bytes that a host gives.
#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Data {
    /// None.
    Empty,
    /// These.
    Bytes(Vec<u8>),
    /// The right ones: the file that the step asks for.
    Asked,
    /// The same, with other bytes at some places.
    Changed(Vec<(u16, u8)>),
    /// Another file of the repository.
    Other(u8),
    /// The first bytes of the target's file, so many.
    Target(u8),
}

impl Data {
    /// Returns the bytes, where `asked` are the right ones.
    pub(crate) fn bytes(&self, asked: Option<&[u8]>) -> Vec<u8> {
        match self {
            Data::Empty => Vec::new(),
            Data::Bytes(bytes) => bytes.clone(),
            Data::Asked => asked.unwrap_or_default().to_vec(),
            Data::Changed(changes) => {
                let mut bytes = asked.unwrap_or(CONTENT).to_vec();
                for (place, byte) in changes {
                    let count = bytes.len();
                    if let Some(changed) = bytes.get_mut(usize::from(*place) % count.max(1)) {
                        *changed = *byte;
                    }
                }
                bytes
            }
            Data::Other(index) => {
                let files = &good().files;
                let place = usize::from(*index) % files.len();
                files.values().nth(place).cloned().unwrap_or_default()
            }
            Data::Target(count) => CONTENT[..usize::from(*count).min(CONTENT.len())].to_vec(),
        }
    }
}

/// What a host has stored, by file name.
#[derive(Clone, Debug)]
pub(crate) struct Stored(BTreeMap<String, Vec<u8>>);

impl Default for Stored {
    fn default() -> Self {
        Stored(BTreeMap::from([("root.json".into(), good().root.clone())]))
    }
}

/// A step, as a host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing more is needed.
    Done,
    /// The stored file of this name.
    Load(String),
    /// The repository's file of this name.
    Fetch(String),
    /// These bytes are to be stored under this name.
    Store(String, Vec<u8>),
    /// The stored file of this name is to be deleted.
    Delete(String),
}

/// What a host that does all right answers.
pub(crate) enum Answer {
    /// This file.
    File(Vec<u8>),
    /// There is no such file.
    Absent,
    /// It is stored or deleted.
    Done,
}

impl Stored {
    /// Returns the file that a step asks for.
    pub(crate) fn asked(&self, step: &Step) -> Option<&[u8]> {
        match step {
            Step::Load(name) => self.0.get(name).map(Vec::as_slice),
            Step::Fetch(name) => good().files.get(name).map(Vec::as_slice),
            _ => None,
        }
    }

    /// Does what a step asks for. Returns `None` where it is the last one.
    pub(crate) fn answer(&mut self, step: &Step) -> Option<Answer> {
        match step {
            Step::Done => return None,
            Step::Load(_) | Step::Fetch(_) => {}
            Step::Store(name, file) => {
                assert_signed(file);
                self.0.insert(name.clone(), file.clone());
                return Some(Answer::Done);
            }
            Step::Delete(name) => {
                self.0.remove(name);
                return Some(Answer::Done);
            }
        }
        Some(self.asked(step).map_or(Answer::Absent, |file| Answer::File(file.to_vec())))
    }
}

/// Answers up to `most` steps rightly, until there is none or an answer is refused.
///
/// # Panics
/// If the session has no end.
pub(crate) fn serve(most: Option<u8>, mut one: impl FnMut() -> bool) {
    let most = most.map_or(STEPS_MAX, usize::from);
    let ended = (0..most).any(|_| !one());
    assert!(ended || most < STEPS_MAX, "{STEPS_MAX} right answers are not enough");
}
