//! The chain of roots from the first one, which clients with an old root need.
//!
//! The chain is verified forwards, each root by the previous one and by itself, and must end in the
//! trusted root.

use std::collections::BTreeMap;

use picotuf::{Role, Slice, Step, Update};

use crate::config::Config;
use crate::error::Error;

/// Returns the roots before the trusted one, as far back as `find` has them, and the trusted one.
pub(crate) fn gather(
    trusted: u64,
    file: &[u8],
    config: &Config,
    mut find: impl FnMut(u64) -> Result<Option<Vec<u8>>, Error>,
) -> Result<BTreeMap<u64, Vec<u8>>, Error> {
    let mut roots = BTreeMap::from([(trusted, file.to_vec())]);
    for version in (1..trusted).rev() {
        match find(version)? {
            Some(file) => roots.insert(version, file),
            None => break,
        };
    }
    verify(&roots, config)?;
    Ok(roots)
}

fn verify(roots: &BTreeMap<u64, Vec<u8>>, config: &Config) -> Result<(), Error> {
    let mut limits = config.limits;
    limits.root_rotations = u32::MAX;
    let mut update = Update::new(config.workspace(), config.now, limits);
    for (version, file) in roots {
        while matches!(update.step(), Step::Delete | Step::Store) {
            update.done()?;
        }
        let verified =
            update.supply(&mut Slice::new(file)).map(|verified| verified.map(|root| root.version));
        let about = |error: picotuf::Error| {
            Error::from(error).role("root").file(format!("{version}.root.json"))
        };
        let found = verified.map_err(about)?;
        if found != Some(*version) {
            return Err(about(picotuf::Error::WrongVersion {
                role: Role::Root,
                expected: *version,
                found: found.unwrap_or_default(),
            })
            .message("the version in the file differs from the version in its name"));
        }
    }
    Ok(())
}
