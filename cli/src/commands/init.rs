//! `picotuf init`

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use picotuf::limits::Limit;
use picotuf::{Error, HashAlgorithm, Hasher, Slice};

use super::workspace;
use crate::error::CliError;
use crate::report::{Log, Report, RoleReport};
use crate::session;
use crate::settings::{self, Choices, Settings};
use crate::store::{self, FolderLock, Store};

pub(super) fn run(
    root: &Path,
    force: bool,
    settings: &Settings,
    choices: &Choices,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let bytes = read(root, settings.limits.root_length)?;
    let mut workspace = workspace();
    let verified = picotuf::check_root(&mut workspace, &settings.limits, &mut Slice::new(&bytes))
        .map_err(|error| CliError::from(error).role("root").file(root.display()))?;
    // What must not be remembered shows before anything changes.
    let anchor = hex_sha256(&bytes);
    let remembered = Choices::remembered(&settings.metadata_dir)?;
    let trusted_anchor = remembered.trust_anchor.clone();
    let to_remember = Choices { trust_anchor: Some(anchor.clone()), ..choices.clone() }.or(remembered).to_remember()?;

    let _lock = FolderLock::acquire(&settings.metadata_dir, log)?;
    let mut store = Store::new(&settings.metadata_dir);
    let stored = match store.open("root")? {
        Some(mut file) => Some(session::whole(&mut file, MAX)?),
        None => None,
    };
    let is_known = stored.as_ref().is_some_and(|stored| trusted_anchor == Some(anchor) || *stored == bytes);
    if is_known {
        report.say(format_args!("{} trusts this root already; nothing is thrown away", store.folder().display()));
    } else {
        if stored.is_some() {
            throw_away(force, root, &mut store, report)?;
        }
        let mut incoming = store.incoming()?;
        incoming.write_all(&bytes).map_err(|error| CliError::io("write the root", store.folder(), &error))?;
        store.store("root", incoming)?;
        report.say(format_args!("{} now trusts {}", store.folder().display(), root.display()));
    }
    // After the root: its hash must not be there before it is.
    write_settings(&settings.metadata_dir, &to_remember)?;
    let anchor = vec![RoleReport::new("root", &verified, root.display().to_string(), !is_known)];
    if is_known {
        // A newer root may be trusted by now, so this one is no news.
        report.keep_roles(anchor);
    } else {
        report.roles(&anchor);
    }
    Ok(())
}

fn read(root: &Path, max_length: u64) -> Result<Vec<u8>, CliError> {
    let mut file = File::open(root).map_err(|error| CliError::io("open the root", root, &error))?;
    let bytes = session::whole(&mut file, max_length).map_err(|error| error.file(root.display()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_length {
        let error = Error::LimitReached { limit: Limit::Length, maximum: max_length };
        return Err(CliError::from(error).role("root").file(root.display()));
    }
    Ok(bytes)
}

/// Removes everything that was trusted by another root; the root itself last, when the new one takes its place.
fn throw_away(force: bool, root: &Path, store: &mut Store, report: &mut Report) -> Result<(), CliError> {
    let names = store.file_names()?;
    let listed = match &names[..] {
        names if names.len() <= LISTED_MAX => names.join(", "),
        names => format!("{} and {} more", names[..LISTED_MAX].join(", "), names.len() - LISTED_MAX),
    };
    if !force {
        return Err(CliError::usage_code("already-initialized", "another root is trusted here")
            .file(store.folder().display())
            .hint(format!(
                "choose another --metadata-dir, or use --force to trust {} and throw away {listed}",
                root.display()
            )));
    }
    let root_name = store::file_name("root");
    for name in names.iter().filter(|name| **name != root_name) {
        let path = store.folder().join(name);
        fs::remove_file(&path)
            .map_err(|error| CliError::io("delete what the other root made trusted", &path, &error))?;
    }
    report.say(format_args!("thrown away: {listed}"));
    report.detail("thrown_away", names);
    Ok(())
}

fn write_settings(folder: &Path, text: &str) -> Result<(), CliError> {
    let path = folder.join(settings::FILE_NAME);
    let mut file = store::temporary(folder)?;
    file.write_all(text.as_bytes()).map_err(|error| CliError::io("write the settings", &path, &error))?;
    store::persist(file, &path)
}

fn hex_sha256(bytes: &[u8]) -> String {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(bytes);
    hasher.finish().to_string()
}

const LISTED_MAX: usize = 6;
/// A stored root passed its limit when it was stored.
const MAX: u64 = u64::MAX - 1;
