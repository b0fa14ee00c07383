//! Where an installed project came from: `direct_url.json` (PEP 610) or `provenance_url.json`
//! (PEP 710).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::super::Reason;
use super::super::hash::Hashes;
use super::read_text;
use crate::code::Code;
use crate::error::Error;

/// Where an installed project came from.
pub(super) enum Origin {
    /// Nothing was recorded, or no hash of the distribution.
    Unknown,
    /// A distribution whose hash was recorded.
    Archive {
        /// Where it was.
        url: String,
        /// The recorded hashes.
        hashes: Hashes,
        /// Why no index need have it, if it was installed by its URL or path.
        direct: Option<Reason>,
    },
    /// Something that has no hash: a source tree, a checkout, or an archive without one.
    Source(Reason),
}

#[derive(Deserialize)]
struct Document {
    url: String,
    archive_info: Option<ArchiveInfo>,
    dir_info: Option<DirInfo>,
    vcs_info: Option<Value>,
}

#[derive(Deserialize)]
struct ArchiveInfo {
    hash: Option<String>,
    hashes: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

/// Reads the origin of the project in a `*.dist-info` folder.
pub(super) fn read(folder: &Path) -> Result<Origin, Error> {
    let [direct, provenance] = ["direct_url.json", "provenance_url.json"].map(|name| {
        let path = folder.join(name);
        path.symlink_metadata().is_ok().then_some(path)
    });
    match (direct, provenance) {
        (None, None) => Ok(Origin::Unknown),
        (Some(path), None) => direct_url(&path),
        (None, Some(path)) => provenance_url(&path),
        (Some(_), Some(path)) => {
            let message =
                "the project has a direct_url.json too, and only one of them may be there";
            Err(Error::new(Code::InvalidEnvironment, message).file(path.display()))
        }
    }
}

fn direct_url(path: &Path) -> Result<Origin, Error> {
    let document = parse(path)?;
    let is_local = document.url.starts_with("file:");
    let why = if is_local { Reason::Path } else { Reason::Url };
    match (document.archive_info, document.dir_info, document.vcs_info) {
        (Some(archive), None, None) => Ok(match archive.hashes(path)? {
            Some(hashes) => Origin::Archive { url: document.url, hashes, direct: Some(why) },
            None => Origin::Source(why),
        }),
        (None, Some(DirInfo { editable: true }), None) => Ok(Origin::Source(Reason::Editable)),
        (None, Some(_), None) => Ok(Origin::Source(Reason::Path)),
        (None, None, Some(_)) => Ok(Origin::Source(Reason::Vcs)),
        _ => Err(wrong(path, "it has not exactly one of archive_info, dir_info and vcs_info")),
    }
}

fn provenance_url(path: &Path) -> Result<Origin, Error> {
    let Document { url, archive_info, dir_info: None, vcs_info: None } = parse(path)? else {
        return Err(wrong(path, "it has another origin than an archive"));
    };
    let hashes = archive_info.map(|archive| archive.hashes(path)).transpose()?.flatten();
    match hashes {
        Some(hashes) => Ok(Origin::Archive { url, hashes, direct: None }),
        None => Err(wrong(path, "it has no hash in archive_info.hashes")),
    }
}

impl ArchiveInfo {
    /// All hashes that are there; nothing if there is none.
    fn hashes(self, path: &Path) -> Result<Option<Hashes>, Error> {
        let mut all = self.hashes.unwrap_or_default();
        // Of older installers, beside the newer form or in its place.
        if let Some(old) = &self.hash {
            let Some((name, hex)) = old.split_once('=') else {
                return Err(wrong(path, "archive_info.hash is not written as NAME=HEX"));
            };
            let known = all.entry(name.to_owned()).or_insert_with(|| hex.to_owned());
            if known != hex {
                return Err(wrong(path, "archive_info has two different hashes of one kind"));
            }
        }
        let mut hashes = Hashes::default();
        for (name, hex) in &all {
            hashes.add(name, hex).map_err(|message| wrong(path, &message))?;
        }
        Ok((!all.is_empty()).then_some(hashes))
    }
}

fn parse(path: &Path) -> Result<Document, Error> {
    let text = read_text(path, LENGTH_MAX)?;
    serde_json::from_str(&text).map_err(|error| wrong(path, &error.to_string()))
}

fn wrong(path: &Path, message: &str) -> Error {
    Error::new(Code::InvalidEnvironment, message).file(path.display())
}

/// A URL and some hashes.
const LENGTH_MAX: usize = 64 * 1024;
