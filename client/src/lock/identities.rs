//! Writes the publishers of packages into a `pylock.toml`, as its `attestation-identities`
//! (PEP 751). Comments and the form of everything else stay.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use picotuf_attest::{Publisher, StatedPublisher};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::text::{Budget, Text};
use super::{Entry, Format, LockFile, Pinned, Reason, entries_of, invalid, read, unsupported};
use crate::error::Error;
use crate::store;

/// Writes publishers into a `pylock.toml`, and replaces the file atomically. `publishers` returns
/// those of an entry; an entry that names publishers already stays as it is, and one without any
/// gets none.
///
/// Returns the project and version of each entry that got publishers. If there is none, nothing is
/// written.
///
/// # Errors
/// As [`read`]; [`Code::UnsupportedLockFile`](crate::Code::UnsupportedLockFile) for another format;
/// [`Code::InvalidLockFile`](crate::Code::InvalidLockFile) if the new text would not mean the same;
/// [`Code::Io`](crate::Code::Io).
pub fn write_identities(
    path: &Path,
    publishers: &dyn Fn(&Pinned) -> Vec<StatedPublisher>,
) -> Result<Vec<String>, Error> {
    let before = read(path, &|_| None)?;
    if before.format != Format::Pylock {
        return Err(unsupported("only a pylock.toml can name publishers (PEP 751)")
            .file(path.display())
            .hint("keep them in a file of pins: `picotuf publishers init`"));
    }
    let text = Text::read(path, &mut Budget::default())?;
    let mut wanted = Vec::new();
    for entry in &before.entries {
        let Entry::Pinned(pinned) = entry else { continue };
        if pinned.identities.is_some() {
            continue;
        }
        let found = publishers(pinned);
        if let Some(other) = found.iter().find(|publisher| members(publisher).is_none()) {
            let message = format!("there is no form to write {} in", other.publisher);
            return Err(unsupported(message).file(path.display()));
        }
        if !found.is_empty() {
            wanted.push((Key::of(pinned), found));
        }
    }
    let (new, added) = with(text.as_str(), &wanted)
        .ok_or_else(|| invalid("its packages are not where they were read").file(path.display()))?;
    // Some name publishers of a kind that is not known.
    wanted.retain(|(key, _)| added.contains(key));
    let added: Vec<_> = added.iter().map(Key::for_people).collect();
    if added.is_empty() {
        return Ok(added);
    }
    means_the_same(path, &before, &new, &wanted)?;
    // A link stays one: the file that it leads to is replaced.
    let target =
        fs::canonicalize(path).map_err(|error| Error::io("find the file", path, &error))?;
    let mut file = store::temporary(target.parent().unwrap_or(Path::new(".")))?;
    file.write_all(new.as_bytes())
        .map_err(|error| Error::io("write the lock file", path, &error))?;
    store::persist(file, &target)?;
    Ok(added)
}

/// What a package is found by: its name, its version and the hashes of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: String,
    version: Option<String>,
    hashes: Vec<String>,
}

impl Key {
    fn of(pinned: &Pinned) -> Key {
        let hashes = pinned.files.iter().flat_map(|file| &file.hashes);
        Key::new(
            &pinned.project,
            pinned.version.as_deref(),
            hashes.map(|hash| hash.hex.clone()).collect(),
        )
    }

    fn of_table(table: &dyn TableLike) -> Option<Key> {
        let mut hashes = Vec::new();
        let mut add = |file: &dyn TableLike| {
            let all = file.get("hashes").and_then(Item::as_table_like);
            for (_, hash) in all.into_iter().flat_map(TableLike::iter) {
                hashes.extend(hash.as_str().map(str::to_ascii_lowercase));
            }
        };
        table.get("sdist").and_then(Item::as_table_like).into_iter().for_each(&mut add);
        match table.get("wheels") {
            Some(Item::ArrayOfTables(wheels)) => wheels.iter().for_each(|wheel| add(wheel)),
            Some(Item::Value(Value::Array(wheels))) => {
                wheels.iter().filter_map(Value::as_inline_table).for_each(|wheel| add(wheel));
            }
            _ => {}
        }
        let version = table.get("version").and_then(Item::as_str);
        Some(Key::new(table.get("name")?.as_str()?, version, hashes))
    }

    fn for_people(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }

    fn new(name: &str, version: Option<&str>, mut hashes: Vec<String>) -> Key {
        hashes.sort();
        hashes.dedup();
        Key { name: name.to_owned(), version: version.map(str::to_owned), hashes }
    }
}

/// The text with publishers, and the packages that have them now; nothing if the text is not as it
/// was read.
fn with(text: &str, wanted: &[(Key, Vec<StatedPublisher>)]) -> Option<(String, Vec<Key>)> {
    let mut document: DocumentMut = text.parse().ok()?;
    let mut added = Vec::new();
    let mut publishers = |table: &dyn TableLike| {
        let key = Key::of_table(table)?;
        let (_, publishers) = wanted.iter().find(|(wanted, _)| *wanted == key)?;
        if table.contains_key(NAME) {
            return None;
        }
        added.push(key);
        Some(publishers)
    };
    match document.get_mut("packages")? {
        Item::ArrayOfTables(packages) => {
            for package in packages.iter_mut() {
                let Some(publishers) = publishers(package) else { continue };
                let mut tables = ArrayOfTables::new();
                for publisher in publishers {
                    tables.push(Table::from_iter(members(publisher)?));
                }
                package.insert(NAME, Item::ArrayOfTables(tables));
            }
        }
        Item::Value(Value::Array(packages)) => {
            for package in packages.iter_mut().filter_map(Value::as_inline_table_mut) {
                let Some(publishers) = publishers(package) else { continue };
                let mut all = Array::new();
                for publisher in publishers {
                    all.push(InlineTable::from_iter(members(publisher)?));
                }
                let mut new = Value::Array(all);
                // The space before the closing brace stays there.
                if let Some((_, last)) = package.iter_mut().last() {
                    let space = last.decor().suffix().and_then(|text| text.as_str()).unwrap_or("");
                    new.decor_mut().set_suffix(space.to_owned());
                    last.decor_mut().set_suffix("");
                }
                package.insert(NAME, new);
            }
        }
        _ => return None,
    }
    let new = document.to_string();
    // The editor writes line feeds alone.
    let new = match text.contains("\r\n") {
        true => new.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => new,
    };
    Some((new, added))
}

/// The members of a publisher, as PyPI writes them (PEP 740); nothing for another kind.
fn members(stated: &StatedPublisher) -> Option<Vec<(&'static str, Value)>> {
    let (kind, members) = match &stated.publisher {
        Publisher::GitHub { repository, workflow } => {
            ("GitHub", vec![("repository", repository), ("workflow", workflow)])
        }
        Publisher::GitLab { repository, workflow } => {
            ("GitLab", vec![("repository", repository), ("workflow_filepath", workflow)])
        }
        Publisher::Google { email } => ("Google", vec![("email", email)]),
        Publisher::CircleCi { project_id, pipeline_definition_id } => (
            "CircleCI",
            vec![("project_id", project_id), ("pipeline_definition_id", pipeline_definition_id)],
        ),
        _ => return None,
    };
    let mut all = vec![("kind", Value::from(kind))];
    all.extend(members.into_iter().map(|(name, value)| (name, Value::from(value.as_str()))));
    all.extend(stated.environment.iter().map(|name| ("environment", Value::from(name.as_str()))));
    Some(all)
}

/// Checks that the new text has the same entries, with the wanted publishers.
fn means_the_same(
    path: &Path,
    before: &LockFile,
    new: &str,
    wanted: &[(Key, Vec<StatedPublisher>)],
) -> Result<(), Error> {
    let text = Text::new(path, new.to_owned());
    let after = entries_of(Format::Pylock, &text, &|_| None, &mut Budget::default())?;
    let plain = |entries: &[Entry]| -> Vec<String> {
        let plain = entries.iter().filter_map(|entry| match entry {
            Entry::Pinned(Pinned { project, version, files, indexes, .. }) => {
                Some(format!("{project} {version:?} {files:?} {indexes:?}"))
            }
            Entry::Unchecked(one) if one.why == Reason::AttestationIdentities => None,
            Entry::Unchecked(one) => Some(format!("{} {}", one.what, one.why.code())),
        });
        plain.collect()
    };
    let identities = |entries: &[Entry]| -> Vec<Option<Vec<StatedPublisher>>> {
        let all = entries.iter().filter_map(|entry| match entry {
            Entry::Pinned(pinned) => {
                let wanted = wanted.iter().find(|(key, _)| *key == Key::of(pinned));
                let stated = pinned.identities.as_ref().map(|all| all.any_of.clone());
                Some(stated.or_else(|| wanted.map(|(_, publishers)| publishers.clone())))
            }
            Entry::Unchecked(_) => None,
        });
        all.collect()
    };
    let written = |entries: &[Entry]| entries.iter().filter(|entry| has_identities(entry)).count();
    let is_same = plain(&before.entries) == plain(&after)
        && identities(&before.entries) == identities(&after)
        && written(&before.entries).saturating_add(wanted.len()) == written(&after);
    match is_same {
        true => Ok(()),
        false => Err(invalid("with publishers it would not mean the same; nothing was written")
            .file(path.display())),
    }
}

fn has_identities(entry: &Entry) -> bool {
    matches!(entry, Entry::Pinned(Pinned { identities: Some(_), .. }))
}

const NAME: &str = "attestation-identities";

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "57ba7c07a8ec8b0c76de4ed93a0ddaa0b4ba1a5f1b8b2b5a08b2d3b8d4ba0b77";

    fn github(name: &str) -> Vec<StatedPublisher> {
        let (repository, workflow) = (format!("o/{name}"), "release.yml".to_owned());
        vec![StatedPublisher::new(Publisher::GitHub { repository, workflow }, Some("pypi"))]
    }

    /// Writes the publishers of all entries but `plain`.
    fn written(text: &str) -> (Vec<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pylock.toml");
        fs::write(&path, text).unwrap();
        let publishers = |pinned: &Pinned| match pinned.project.as_str() {
            "plain" => Vec::new(),
            name => github(name),
        };
        let added = write_identities(&path, &publishers).unwrap();
        // Nothing else is left in the folder, and nothing is added twice.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(write_identities(&path, &publishers).unwrap(), [""; 0]);
        (added, fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn publishers_are_added_and_everything_else_stays() {
        let tables = format!(
            "# a comment\nlock-version = '1.0'  # another\ncreated-by = \"me\"\n\n[[packages]]\n\
             name = \"six\"\nversion = \"1.0\"\n\n[[packages.wheels]]\nname = \
             \"six-1.0-py3-none-any.whl\"\n\n[packages.wheels.hashes]\nsha256 = \
             \"{HASH}\"\nADDED# the next one\n[[packages]]\nname = \"plain\"\nversion = \
             \"1.0\"\nsdist = {{ name = \"plain-1.0.tar.gz\", hashes = {{ sha256 = \"{HASH}\" }} \
             }}\n\n[tool.x]\ny   =   1\n"
        );
        let added = "\n[[packages.attestation-identities]]\nkind = \"GitHub\"\nrepository = \
            \"o/six\"\nworkflow = \"release.yml\"\nenvironment = \"pypi\"\n";
        let (before, after) = (tables.replace("ADDED", ""), tables.replace("ADDED", added));
        assert_eq!(written(&before), (vec!["six 1.0".to_owned()], after.clone()));
        let windows = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(written(&windows(&before)).1, windows(&after));
        // Who is named already stays, of a known kind or not.
        let other = "\n[[packages.attestation-identities]]\nkind = \"Forge\"\n";
        let named = tables.replace("ADDED", other);
        assert_eq!(written(&named), (Vec::new(), named.clone()));
        let inline = format!(
            "lock-version = \"1.0\"\ncreated-by = \"me\"\npackages = [\n  {{ name = \"six\", \
             version = \"1.0\", wheels = [ {{ name = \"six-1.0-py3-none-any.whl\", hashes = {{ \
             sha256 = \"{HASH}\" }} }} ]ADDED }}, # here\n]\n"
        );
        let added = ", attestation-identities = [{ kind = \"GitHub\", repository = \"o/six\", \
            workflow = \"release.yml\", environment = \"pypi\" }]";
        let (before, after) = (inline.replace("ADDED", ""), inline.replace("ADDED", added));
        assert_eq!(written(&before).1, after);
    }

    #[test]
    fn every_kind_of_publisher_is_read_as_it_was_written() {
        let text = |name: &str| name.to_owned();
        for publisher in [
            Publisher::GitHub { repository: text("o/\"r"), workflow: text("w.yml") },
            Publisher::GitLab { repository: text("g/p"), workflow: text("ci/w.yml") },
            Publisher::Google { email: text("a@b.invalid") },
            Publisher::CircleCi { project_id: text("1"), pipeline_definition_id: text("2") },
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("pylock.toml");
            let lock = format!(
                "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \
                 \"six\"\nversion = \"1\"\nsdist = {{ name = \"six-1.tar.gz\", hashes = {{ sha256 \
                 = \"{HASH}\" }} }}\n"
            );
            fs::write(&path, lock).unwrap();
            let stated = vec![StatedPublisher::new(publisher, None)];
            write_identities(&path, &|_| stated.clone()).unwrap();
            let read = read(&path, &|_| None).unwrap();
            let Some(Entry::Pinned(pinned)) = read.entries.first() else { panic!("{read:?}") };
            assert_eq!(pinned.identities.as_ref().map(|all| &all.any_of), Some(&stated));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_lock_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real.toml", "pylock.toml"].map(|name| folder.path().join(name));
        let lock = format!(
            "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"six\"\nversion = \
             \"1\"\nsdist = {{ name = \"six-1.tar.gz\", hashes = {{ sha256 = \"{HASH}\" }} }}\n"
        );
        fs::write(&real, lock).unwrap();
        std::os::unix::fs::symlink("real.toml", &link).unwrap();
        assert_eq!(write_identities(&link, &|_| github("six")).unwrap(), ["six 1"]);
        assert!(link.is_symlink());
        assert!(fs::read_to_string(real).unwrap().contains("o/six"));
    }

    #[test]
    fn other_formats_have_no_place_for_publishers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requirements.txt");
        fs::write(&path, format!("six==1.0 --hash=sha256:{HASH}\n")).unwrap();
        let error = write_identities(&path, &|_| github("six")).unwrap_err();
        assert_eq!(error.code(), "unsupported-lock-file");
    }
}
