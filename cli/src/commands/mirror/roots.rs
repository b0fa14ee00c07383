//! The chain of roots, from the first: without it, clients that trust an old one are stranded.
//!
//! It is verified forwards, each root by the one before and by itself, and must end in the root
//! that is trusted here.

use std::collections::BTreeMap;

use picotuf::{Slice, Step, Update};

use crate::commands::workspace;
use crate::error::CliError;
use crate::settings::Settings;

/// The roots before the trusted one, as far back as `find` has them, and that one.
pub(super) fn gather(
    trusted: u64,
    file: &[u8],
    settings: &Settings,
    mut find: impl FnMut(u64) -> Result<Option<Vec<u8>>, CliError>,
) -> Result<BTreeMap<u64, Vec<u8>>, CliError> {
    let mut roots = BTreeMap::from([(trusted, file.to_vec())]);
    for version in (1..trusted).rev() {
        match find(version)? {
            Some(file) => roots.insert(version, file),
            None => break,
        };
    }
    verify(&roots, settings)?;
    Ok(roots)
}

fn verify(roots: &BTreeMap<u64, Vec<u8>>, settings: &Settings) -> Result<(), CliError> {
    let mut limits = settings.limits;
    limits.root_rotations = u32::MAX;
    let mut update = Update::new(workspace(), settings.now, limits);
    for (version, file) in roots {
        while matches!(update.step(), Step::Delete | Step::Store) {
            update.done()?;
        }
        let verified =
            update.supply(&mut Slice::new(file)).map(|verified| verified.map(|root| root.version));
        let about = |error: picotuf::Error| {
            CliError::from(error).role("root").file(format!("{version}.root.json"))
        };
        if verified.map_err(about)? != Some(*version) {
            return Err(CliError::new(
                "wrong-version",
                "repository",
                "the file does not have the version of its name",
            )
            .role("root")
            .file(format!("{version}.root.json")));
        }
    }
    Ok(())
}
