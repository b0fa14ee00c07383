//! `picotuf init`

use std::fs;
use std::io::Write;
use std::path::Path;

use picotuf::Slice;

use super::workspace;
use crate::anchor::Anchor;
use crate::error::CliError;
use crate::identify::identify;
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
    if let Some(anchor) = &settings.anchor {
        return Err(CliError::usage("`init` takes the root as its argument, and no --root")
            .file(anchor.path.display())
            .hint(
                "leave out --root and PICOTUF_ROOT here; or leave out `init`, which commands with --root do not need",
            ));
    }
    let anchor = Anchor::read(root, settings.limits.root_length)?;
    take(&anchor, force, settings, choices, report, log)
}

/// What `--root` asks for: a folder in which nothing is trusted yet takes it, and any other must have begun with it.
pub(super) fn adopt(anchor: &Anchor, settings: &Settings, report: &mut Report, log: &Log) -> Result<(), CliError> {
    let is_trusted = Store::new(&settings.metadata_dir).read("root")?.is_some();
    if is_trusted && Choices::remembered(&settings.metadata_dir)?.trust_anchor.as_ref() == Some(&anchor.sha256) {
        return Ok(());
    }
    take(anchor, false, settings, &Choices::default(), report, log).map_err(|error| match error.detail().code {
        "already-initialized" => {
            error.hint("leave --metadata-dir out, and each root that --root names has a folder of its own")
        }
        _ => error,
    })
}

fn take(
    anchor: &Anchor,
    force: bool,
    settings: &Settings,
    choices: &Choices,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let Anchor { path: root, bytes, sha256 } = anchor;
    let mut workspace = workspace();
    let verified = match picotuf::check_root(&mut workspace, &settings.limits, &mut Slice::new(bytes)) {
        Ok(verified) => verified,
        Err(error) => {
            let mut error = CliError::from(error).schemes(workspace.unsupported_schemes());
            if let Some(what) = identify(bytes) {
                error =
                    error.hint(format!("it is {what}: give the repository's root metadata, such as its 1.root.json"));
            }
            return Err(error.role("root").file(root.display()));
        }
    };
    // What must not be remembered shows before anything changes.
    choices.to_remember()?;

    let _lock = FolderLock::acquire(&settings.metadata_dir, log)?;
    // Within the lock: another process may just have taken the same root, and gone on to a newer one.
    let remembered = Choices::remembered(&settings.metadata_dir)?;
    let trusted_anchor = remembered.trust_anchor.clone();
    let without_anchor = Choices { trust_anchor: None, ..remembered.clone() }.to_remember()?;
    let to_remember = Choices { trust_anchor: Some(sha256.clone()), ..choices.clone() }.or(remembered).to_remember()?;
    let mut store = Store::new(&settings.metadata_dir);
    let stored = match store.open("root")? {
        Some(mut file) => Some(session::whole(&mut file, MAX)?),
        None => None,
    };
    let is_known = stored.as_ref().is_some_and(|stored| trusted_anchor.as_ref() == Some(sha256) || stored == bytes);
    if is_known {
        report.say(format_args!("{} trusts this root already; nothing is thrown away", store.folder().display()));
    } else {
        if stored.is_some() {
            throw_away(force, root, &mut store, report)?;
        }
        // Whoever is stopped in between leaves no root beside another one's anchor.
        if trusted_anchor.is_some_and(|trusted| trusted != *sha256) {
            write_settings(&settings.metadata_dir, &without_anchor)?;
        }
        let mut incoming = store.incoming()?;
        incoming.write_all(bytes).map_err(|error| CliError::io("write the root", store.folder(), &error))?;
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

const LISTED_MAX: usize = 6;
/// A stored root passed its limit when it was stored.
const MAX: u64 = u64::MAX - 1;
