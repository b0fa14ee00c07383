//! `picotuf init`

use std::path::Path;

use picotuf::OneLine;
use picotuf_client::anchor::{self, Adopted, Anchor, SETTINGS_NAME, is_adopted, listed};
use picotuf_client::{Code, Error};
use serde_json::json;

use crate::choices::{Choices, Memory};
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    root: &Path,
    force: bool,
    settings: &Settings,
    choices: &Choices,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    if let Some(anchor) = &settings.anchor {
        return Err(Error::usage("`init` takes the root as its argument, not from PICOTUF_ROOT")
            .file(anchor.path.display())
            .hint(
                "unset PICOTUF_ROOT for `init`, or skip `init`: with PICOTUF_ROOT, other commands \
                     do not need it",
            ));
    }
    let anchor = Anchor::read(root, settings.config.limits.root_length)?;
    take(&anchor, force, settings, choices, report, log)?;
    let saved = choices.names()?;
    if !saved.is_empty() {
        let path = settings.config.metadata_dir.join(SETTINGS_NAME).display().to_string();
        report.say(format_args!("saved in {}: {}", OneLine(&path), saved.join(", ")));
        report.detail("settings", json!({"file": path, "saved": saved}));
    }
    Ok(())
}

/// Makes the folder trust the root of `--root`: always if it trusts none yet, otherwise by the rule
/// of [`picotuf::anchor`].
pub(super) fn adopt(
    anchor: &Anchor,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let folder = &settings.config.metadata_dir;
    if is_adopted(anchor, folder, &mut Memory { folder, new: Choices::default() })? {
        return Ok(());
    }
    take(anchor, false, settings, &Choices::default(), report, log).map_err(|error| {
        match error.is(Code::AnotherRootTrusted) {
            true => error.hint("omit --metadata-dir: then each --root has its own folder"),
            false => error,
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
) -> Result<(), Error> {
    // Report settings that cannot be saved before anything changes.
    choices.to_remember()?;
    let folder = &settings.config.metadata_dir;
    let mut memory = Memory { folder, new: choices.clone() };
    let Adopted { root, is_known, thrown_away } =
        anchor::adopt(&settings.config, anchor, force, &mut memory, log.events())?;
    if !thrown_away.is_empty() {
        report.say(format_args!("deleted: {}", OneLine(&listed(&thrown_away))));
        report.detail("thrown_away", thrown_away);
    }
    let (folder, path) = (folder.display().to_string(), anchor.path.display().to_string());
    if is_known {
        report
            .say(format_args!("{} already trusts this root; nothing is deleted", OneLine(&folder)));
        // The folder may trust a newer root by now, so this root is not printed.
        report.keep_roles(vec![root]);
    } else {
        report.say(format_args!("{} now trusts {}", OneLine(&folder), OneLine(&path)));
        report.roles(&[root]);
    }
    Ok(())
}
