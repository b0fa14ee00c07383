//! The file of pins: TOML, read strictly and written in one form.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use picotuf::Time;
use picotuf::pypi::{ProjectName, is_version};
use picotuf_attest::{Pin, RefKind, Spec};
use serde::Deserialize;

use super::{First, Known, Publishers, invalid};
use crate::error::Error;
use crate::pypi::index_key;
use crate::store;

/// The conventional name of the file, which lies beside the lock file.
pub const FILE_NAME: &str = "picotuf-publishers.toml";

/// A hundred bytes a line for a hundred times what the largest applications lock.
const LENGTH_MAX: u64 = 64 * 1024 * 1024;
const VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    #[serde(default)]
    publisher: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    index: String,
    project: String,
    publisher: String,
    issuer: String,
    repository_id: Option<String>,
    owner_id: Option<String>,
    ref_kind: Option<String>,
    first_version: Option<String>,
    first_upload_time: Option<String>,
    #[serde(default)]
    unattested: Vec<String>,
}

pub(super) fn read(path: &Path) -> Result<Option<Publishers>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open the file of publishers", path, &error)),
    };
    let mut text = String::new();
    file.take(LENGTH_MAX.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(|error| Error::io("read the file of publishers", path, &error))?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LENGTH_MAX) {
        return Err(invalid(format!("it is longer than {LENGTH_MAX} bytes")).file(path.display()));
    }
    parse(&text, path).map(Some)
}

/// Reads a text; `path` is for errors.
pub(super) fn parse(text: &str, path: &Path) -> Result<Publishers, Error> {
    let at = |offset: usize| {
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        format!("{}:{line}", path.display())
    };
    let document: Document = toml::from_str(text).map_err(|error| {
        let place = at(error.span().map_or(0, |span| span.start));
        let hint = "what is not known might be what a publisher is held to: correct it, or use the \
            version of picotuf that wrote it";
        invalid(error.message()).file(place).hint(hint)
    })?;
    if document.version != VERSION {
        let message = format!("its version is {}, and only {VERSION} is known", document.version);
        return Err(invalid(message)
            .file(path.display())
            .hint("a newer version of picotuf may know it"));
    }
    let mut publishers = Publishers::default();
    for entry in document.publisher {
        let place = at(entry.span().start);
        let known = known(entry.into_inner()).map_err(|message| invalid(message).file(&place))?;
        let is_there = publishers.0.iter().any(|other| {
            (&other.index, &other.project, &other.pin) == (&known.index, &known.project, &known.pin)
        });
        if is_there {
            let message =
                format!("{} has the publisher {} twice", known.project, known.pin.publisher);
            return Err(invalid(message).file(place));
        }
        publishers.0.push(known);
    }
    publishers.sort();
    Ok(publishers)
}

fn known(entry: Entry) -> Result<Known, String> {
    let Entry { index, project, publisher, issuer, .. } = entry;
    if index_key(&index) != index {
        return Err(format!("the index {index:?} is not written as {:?}", index_key(&index)));
    }
    if !ProjectName::new(&project).is_ok_and(|name| name.as_str() == project) {
        return Err(format!("{project:?} is no project's normalized name"));
    }
    let publisher = Spec::parse(&publisher)
        .map_err(|error| error.to_string())?
        .into_publisher()
        .ok_or_else(|| format!("{publisher:?} names no workflow, and a pin is of one"))?;
    let ids = [&entry.repository_id, &entry.owner_id];
    if let Some(wrong) = ids.into_iter().flatten().find(|id| !is_number(id)) {
        return Err(format!("{wrong:?} is no number of a repository or an owner"));
    }
    let ref_kind = match &entry.ref_kind {
        None => None,
        Some(name) => Some(
            RefKind::from_name(name)
                .ok_or_else(|| format!("`ref-kind` is {name:?}, not branch, tag or other"))?,
        ),
    };
    let upload_time = match &entry.first_upload_time {
        None => None,
        Some(text) => {
            Some(Time::parse(text).ok_or_else(|| format!("{text:?} is no time of RFC 3339"))?)
        }
    };
    let first = match entry.first_version {
        Some(version) if is_version(&version) => Some(First { version, upload_time }),
        Some(version) => return Err(format!("{version:?} cannot be a version")),
        None if upload_time.is_some() => {
            return Err("`first-upload-time` stands without `first-version`".to_owned());
        }
        None => None,
    };
    let [repository_id, owner_id] = ids.map(|id| id.as_deref());
    let pin = Pin::new(&issuer, publisher, repository_id, owner_id, ref_kind);
    let mut unattested = entry.unattested;
    if let Some(wrong) = unattested.iter().find(|text| !is_file(text)) {
        return Err(format!("{wrong:?} is not written as NAME#sha256=HEX"));
    }
    unattested.sort();
    Ok(Known { index, project, pin, first, unattested })
}

/// The end of a file's text, which its SHA-256 makes.
pub(super) fn hash_text(sha256: &[u8; 32]) -> String {
    sha256.iter().fold(String::from("#sha256="), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_file(text: &str) -> bool {
    text.split_once("#sha256=").is_some_and(|(name, hex)| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        !name.is_empty() && hex.len() == 64 && hex.bytes().all(is_digit)
    })
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// The file's text.
pub(super) fn text(publishers: &Publishers) -> String {
    let mut text = String::from(
        "# Who publishes what is locked here: `picotuf check --attestations` holds files to it.\n\
         # Written by `picotuf publishers`. Review changes as you review code.\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "version = {VERSION}");
    for Known { index, project, pin, first, unattested } in &publishers.0 {
        text.push_str("\n[[publisher]]\n");
        let publisher = pin.publisher.to_string();
        let time = first.as_ref().and_then(|first| first.upload_time).map(|time| time.to_string());
        for (name, value) in [
            ("index", Some(index.as_str())),
            ("project", Some(project.as_str())),
            ("publisher", Some(publisher.as_str())),
            ("issuer", Some(pin.issuer.as_str())),
            ("repository-id", pin.repository_id.as_deref()),
            ("owner-id", pin.owner_id.as_deref()),
            ("ref-kind", pin.ref_kind.map(RefKind::name)),
            ("first-version", first.as_ref().map(|first| first.version.as_str())),
            ("first-upload-time", time.as_deref()),
        ] {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = {}", toml::Value::from(value));
            }
        }
        if !unattested.is_empty() {
            text.push_str("unattested = [\n");
            for file in unattested {
                let _ = writeln!(text, "    {},", toml::Value::from(file.as_str()));
            }
            text.push_str("]\n");
        }
    }
    text
}

pub(super) fn write(publishers: &Publishers, path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = store::temporary(folder)?;
    file.write_all(text(publishers).as_bytes())
        .map_err(|error| Error::io("write the file of publishers", path, &error))?;
    store::persist(file, path)
}
