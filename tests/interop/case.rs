//! A repository that both clients are asked about, and the ways to make one that a writer would
//! not.

use std::path::Path;

use picotuf::TargetVerifier;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::host::{Found, MemoryHost, Reading};
use picotuf_tests::json::canonical;
use picotuf_tests::repository::{Files, NOW, Repository, url_name};
use serde_json::{Value, json};

use crate::python_tuf::{Question, Verdict};

/// The target that a case is asked for, unless it says otherwise.
pub(crate) const TARGET: &str = "project/file.txt";
/// The delegated role that lists it.
pub(crate) const PROJECT: &str = "project";
/// Its content.
pub(crate) const CONTENT: &[u8] = b"a file of a project\n";

/// What [`rewrite`] takes out of the document before it is signed, and puts the text for.
const MARK: &str = "@MARK@";

/// A repository, a client's earlier files, and a question.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Unique; it says what is unusual.
    pub(crate) name: String,
    /// The trust anchor.
    pub(crate) anchor: Vec<u8>,
    /// What a server has.
    pub(crate) files: Files,
    /// What the client stored earlier, by role. Where it has a root, that is the anchor.
    pub(crate) store: Files,
    /// The target that is asked for.
    pub(crate) target: String,
}

impl Case {
    /// A client that trusts the first root and asks for [`TARGET`].
    pub(crate) fn new(name: impl Into<String>, repository: &Repository) -> Case {
        Case {
            name: name.into(),
            anchor: repository.anchor().to_vec(),
            files: repository.files.clone(),
            store: Files::new(),
            target: TARGET.to_owned(),
        }
    }

    /// A client that trusts the root that was written last, whatever it says.
    pub(crate) fn anchored(name: impl Into<String>, repository: &Repository) -> Case {
        Case { anchor: repository.bytes("root").to_vec(), ..Case::new(name, repository) }
    }

    /// It asks for another target.
    pub(crate) fn asking(mut self, target: &str) -> Case {
        target.clone_into(&mut self.target);
        self
    }

    /// It has found [`TARGET`] in an earlier state of the repository.
    pub(crate) fn after(mut self, earlier: &Repository) -> Case {
        let mut host = MemoryHost::new(Reading::Whole, &self.anchor);
        host.repository = earlier.files.clone();
        let report = host
            .run(&[TARGET])
            .unwrap_or_else(|failure| panic!("{}: before, all was well: {failure:?}", self.name));
        assert!(report.found[0].is_some(), "{}", self.name);
        self.store = host.store;
        self
    }

    /// picotuf's verdict, and what it says.
    pub(crate) fn ask_picotuf(&self) -> (Verdict, String) {
        let anchor = self.store.get("root").unwrap_or(&self.anchor);
        let mut host = MemoryHost::new(Reading::Whole, anchor);
        host.store.extend(self.store.clone());
        host.repository = self.files.clone();
        match host.run(&[&self.target]) {
            Err(failure) => (
                Verdict::Refused,
                format!("{} ({}): {}", failure.error.code(), failure.role, failure.error),
            ),
            Ok(report) => match &report.found[0] {
                None => (Verdict::Absent, String::new()),
                Some(found) => match self.check_file(&host, found) {
                    Ok(()) => (Verdict::Ok, String::new()),
                    Err(why) => (Verdict::Refused, why),
                },
            },
        }
    }

    /// Checks the target's file, found as hosts find it (spec §5.7.3).
    fn check_file(&self, host: &MemoryHost, found: &Found) -> Result<(), String> {
        let consistent = serde_json::from_slice::<Value>(&host.store["root"]).unwrap()["signed"]["consistent_snapshot"]
            == true;
        let (folder, name) = self
            .target
            .rsplit_once('/')
            .map_or((String::new(), &*self.target), |(folder, name)| (format!("{folder}/"), name));
        let paths: Vec<String> = match consistent {
            true => found
                .hashes
                .iter()
                .map(|(_, hash)| format!("targets/{folder}{hash}.{name}"))
                .collect(),
            false => vec![format!("targets/{}", self.target)],
        };
        let content = paths
            .iter()
            .find_map(|path| self.files.get(path))
            .ok_or_else(|| "the file is not there".to_owned())?;
        let mut verifier = TargetVerifier::new(&found.target);
        verifier
            .update(content)
            .and_then(|()| verifier.finish())
            .map_err(|error| format!("{}: {error}", error.code()))
    }

    /// Writes the repository, and the earlier files, as the judge wants them.
    pub(crate) fn write(&self, folder: &Path) -> Question {
        write_file(&folder.join("root.json"), &self.anchor);
        for (name, bytes) in &self.files {
            let path = if name.starts_with("targets/") {
                name.clone()
            } else {
                format!("metadata/{name}")
            };
            write_file(&folder.join(path), bytes);
        }
        let stored = (!self.store.is_empty()).then(|| folder.join("stored"));
        for (role, bytes) in &self.store {
            write_file(&folder.join("stored").join(url_name(role)), bytes);
        }
        Question {
            folder: folder.to_owned(),
            target: self.target.clone(),
            now: NOW.to_owned(),
            stored,
        }
    }
}

/// A good repository: the top-level targets, and a role for the paths of one project.
pub(crate) fn base() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths(PROJECT, &["project/*"]));
    repository.add_target(PROJECT, TARGET, CONTENT);
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}

/// The good repository with one thing changed.
pub(crate) fn changed(change: impl FnOnce(&mut Repository)) -> Repository {
    let mut repository = base();
    change(&mut repository);
    repository
}

/// A case of the good repository with one change, its trust anchor the root that was written last.
pub(crate) fn case(name: impl Into<String>, change: impl FnOnce(&mut Repository)) -> Case {
    Case::anchored(name, &changed(change))
}

/// Puts `text` where `pointer` points to in a role's `signed`, signed as what a lenient reader
/// takes it for: `meaning`, in canonical form.
pub(crate) fn rewrite(
    repository: &mut Repository,
    role: &str,
    pointer: &str,
    text: &str,
    meaning: &str,
) {
    let mut signed = repository.signed(role).clone();
    *signed.pointer_mut(pointer).unwrap_or_else(|| panic!("{role} has no {pointer}")) = MARK.into();
    let replaced = |json: String, value: &str| json.replacen(&format!("\"{MARK}\""), value, 1);
    let message = replaced(String::from_utf8(canonical(&signed)).unwrap(), meaning);
    let signatures: Value = repository
        .signers(role)
        .iter()
        .map(|key| json!({"keyid": key.id, "sig": key.sign(message.as_bytes())}))
        .collect();
    let file =
        repository.style.envelope(&replaced(repository.style.write(&signed), text), &signatures);
    repository.edit_file(role, |bytes| *bytes = file.into_bytes());
}

/// Changes a role's `signed` after it was signed.
pub(crate) fn edit_unsigned(
    repository: &mut Repository,
    role: &str,
    change: impl FnOnce(&mut Value),
) {
    repository.edit_file(role, |bytes| {
        let mut file: Value = serde_json::from_slice(bytes).unwrap();
        change(&mut file["signed"]);
        *bytes = file.to_string().into_bytes();
    });
}

/// Changes the text of a role's whole file once.
///
/// # Panics
/// If `from` is not there.
pub(crate) fn replace_in_file(repository: &mut Repository, role: &str, from: &str, to: &str) {
    repository.edit_file(role, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "`{from}` is not in {text}");
        *bytes = text.replacen(from, to, 1).into_bytes();
    });
}

fn write_file(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // A name that no file can have is a file that is not there.
    std::fs::write(path, bytes).ok();
}
