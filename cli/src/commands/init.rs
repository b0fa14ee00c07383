//! `picotuf init`

use std::fs;
use std::io::Write;
use std::path::Path;

use picotuf::Slice;
use picotuf::anchor::{AnchorStep, Decision, Refusal};

use super::workspace;
use crate::anchor::Anchor;
use crate::error::{CliError, OneLine};
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
                "leave out --root and PICOTUF_ROOT here; or leave out `init`, which commands with \
                 --root do not need",
            ));
    }
    let anchor = Anchor::read(root, settings.limits.root_length)?;
    take(&anchor, force, settings, choices, report, log)
}

/// What `--root` asks for: a folder in which nothing is trusted yet takes it, and any other decides
/// by the rule of [`picotuf::anchor`].
pub(super) fn adopt(
    anchor: &Anchor,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let is_trusted = Store::new(&settings.metadata_dir).read("root")?.is_some();
    let remembered = Choices::remembered(&settings.metadata_dir)?.anchor();
    if is_trusted && picotuf::anchor::is_remembered(&anchor.sha256, remembered.as_ref()) {
        return Ok(());
    }
    take(anchor, false, settings, &Choices::default(), report, log).map_err(|error| {
        match error.detail().code {
            Refusal::CODE => error.hint(
                "leave --metadata-dir out, and each root that --root names has a folder of its own",
            ),
            _ => error,
        }
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
    let refused =
        |error: picotuf::Error| CliError::from(error).role("root").file(anchor.path.display());
    let mut workspace = workspace();
    // What must not be trusted, or not be remembered, shows before anything changes.
    if let Err(error) =
        picotuf::check_root(&mut workspace, &settings.limits, &mut Slice::new(&anchor.bytes))
    {
        let mut error = CliError::from(error).schemes(workspace.unsupported_schemes());
        if let Some(what) = identify(&anchor.bytes) {
            error = error.hint(format!(
                "it is {what}: give the repository's root metadata, such as its 1.root.json"
            ));
        }
        return Err(error.role("root").file(anchor.path.display()));
    }
    choices.to_remember()?;

    let _lock = FolderLock::acquire(&settings.metadata_dir, log)?;
    // Within the lock: another process may just have taken the same root, and gone on to a newer
    // one.
    let remembered = Choices::remembered(&settings.metadata_dir)?;
    let mut store = Store::new(&settings.metadata_dir);
    let stored = match store.open("root")? {
        Some(mut file) => Some(session::whole(&mut file, MAX)?),
        None => None,
    };
    let (adoption, verified) = picotuf::anchor::adopt(
        &mut workspace,
        &settings.limits,
        &mut Slice::new(&anchor.bytes),
        stored.as_deref().map(Slice::new).as_mut(),
        remembered.anchor().as_ref(),
    )
    .map_err(refused)?;
    let is_known = adoption.decision == Decision::Known;
    let steps = match adoption.decision {
        Decision::Refused(refusal) if !force => {
            return Err(another_is_trusted(refusal, &anchor.path, &store)?);
        }
        Decision::Refused(_) => adoption.anew().collect::<Vec<_>>(),
        _ => adoption.steps().collect(),
    };
    for step in steps {
        match step {
            AnchorStep::Delete { role } => store.delete(role)?,
            AnchorStep::DeleteOthers => throw_away(&store, report)?,
            AnchorStep::Forget => {
                let others = Choices { trust_anchor: None, ..remembered.clone() };
                write_settings(&settings.metadata_dir, &others.to_remember()?)?;
            }
            AnchorStep::Store => {
                let mut incoming = store.incoming()?;
                let written = incoming.write_all(&anchor.bytes);
                written.map_err(|error| CliError::io("write the root", store.folder(), &error))?;
                store.store("root", incoming)?;
            }
            // Choices are remembered with it, and may be new where it is not.
            AnchorStep::Remember => {}
        }
    }
    let anchor_choice =
        Choices { trust_anchor: Some(adoption.anchor.to_string()), ..choices.clone() };
    write_settings(&settings.metadata_dir, &anchor_choice.or(remembered).to_remember()?)?;
    let (folder, path) = (store.folder().display().to_string(), anchor.path.display().to_string());
    let roles = vec![RoleReport::new(&verified, path.clone(), !is_known)];
    if is_known {
        report.say(format_args!(
            "{} trusts this root already; nothing is thrown away",
            OneLine(&folder)
        ));
        // A newer root may be trusted by now, so this one is no news.
        report.keep_roles(roles);
    } else {
        report.say(format_args!("{} now trusts {}", OneLine(&folder), OneLine(&path)));
        report.roles(&roles);
    }
    Ok(())
}

fn another_is_trusted(refusal: Refusal, root: &Path, store: &Store) -> Result<CliError, CliError> {
    let hint = format!(
        "choose another --metadata-dir, or use --force to trust {} and throw away {}",
        root.display(),
        listed(&store.file_names()?)
    );
    Ok(CliError::usage_code(Refusal::CODE, refusal.to_string())
        .file(store.folder().display())
        .hint(hint))
}

/// Removes everything that was trusted by another root but the root itself, whose place the new one
/// takes.
fn throw_away(store: &Store, report: &mut Report) -> Result<(), CliError> {
    let names = store.file_names()?;
    let root_name = store::file_name("root");
    for name in names.iter().filter(|name| **name != root_name) {
        let path = store.folder().join(name);
        fs::remove_file(&path).map_err(|error| {
            CliError::io("delete what the other root made trusted", &path, &error)
        })?;
    }
    report.say(format_args!("thrown away: {}", OneLine(&listed(&names))));
    report.detail("thrown_away", names);
    Ok(())
}

fn listed(names: &[String]) -> String {
    match names {
        names if names.len() <= LISTED_MAX => names.join(", "),
        names => {
            format!("{} and {} more", names[..LISTED_MAX].join(", "), names.len() - LISTED_MAX)
        }
    }
}

fn write_settings(folder: &Path, text: &str) -> Result<(), CliError> {
    let path = folder.join(settings::FILE_NAME);
    let mut file = store::temporary(folder)?;
    file.write_all(text.as_bytes())
        .map_err(|error| CliError::io("write the settings", &path, &error))?;
    store::persist(file, &path)
}

const LISTED_MAX: usize = 6;
/// A stored root passed its limit when it was stored.
const MAX: u64 = u64::MAX - 1;
