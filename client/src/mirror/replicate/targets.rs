//! The targets of the roles: which are wanted, and their files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use picotuf::{Target, TargetsFile};
use tempfile::NamedTempFile;

use super::{Replication, is_of_one_file};
use crate::all_roles::{Failed, File, Listing, Ways, Workspaces, in_parallel};
use crate::error::Error;
use crate::fetch::Found;
use crate::target_file::{TargetFile, is_here, receive_all};
use crate::target_path;

/// What becomes of the targets that a role lists.
#[derive(Default)]
pub(super) struct Listed {
    /// The targets to mirror.
    wanted: Vec<Listing>,
    /// The targets to look at after the walk.
    later: Vec<Listing>,
    failed: Failed,
    /// The file names of all listed targets, for the inventory.
    names: Vec<String>,
}

impl Replication<'_> {
    /// Sorts the targets that a role lists.
    pub(super) fn targets_of(
        &self,
        role: &str,
        file: &TargetsFile<File>,
        ways: &Ways,
        [reading, asking]: &mut Workspaces,
    ) -> Listed {
        let mut listed = Listed::default();
        let (name, leading): (Arc<str>, _) = (role.into(), ways.leading(role));
        let read = file.each_target(reading, |path, target| {
            let listing =
                || Listing { role: Arc::clone(&name), path: path.to_owned(), target: *target };
            match leading.reaches(asking, path) {
                Ok(true) if self.hashed => self.list(path, target, listing, &mut listed),
                // Only one file can have a plain name. Whose file it is, is known after the walk
                // only.
                Ok(_) => listed.later.push(listing()),
                Err((delegator, error)) => {
                    let error = error.role(&delegator);
                    listed.failed.entry(delegator.to_string()).or_insert(error);
                }
            }
        });
        if let Err(error) = read {
            listed.failed.insert(role.to_owned(), Error::from(error).role(role));
        }
        listed
    }

    /// Adds a target to the lists that it belongs to.
    pub(super) fn list(
        &self,
        path: &str,
        target: &Target,
        listing: impl Fn() -> Listing,
        listed: &mut Listed,
    ) {
        if self.inventory.is_some() {
            let wanted = TargetFile { path, target, delegation_path: &[], consistent: self.hashed };
            listed.names.extend(wanted.names());
        }
        if self.selection.wants(path) {
            listed.wanted.push(listing());
        }
    }

    /// Adds the lists of a role or of a batch. Returns the targets to mirror.
    pub(super) fn add(&mut self, listed: Listed) -> Result<Vec<Listing>, Error> {
        let Listed { wanted, later, failed, names } = listed;
        if let Some(inventory) = &self.inventory {
            inventory.list(names.iter().map(String::as_str))?;
        }
        self.failed.extend(failed);
        self.later.extend(later);
        Ok(wanted)
    }

    /// Mirrors these targets, several at a time.
    pub(super) fn targets(&mut self, wanted: Vec<Listing>) -> Result<(), Error> {
        for batch in wanted.chunks(TARGETS_AT_A_TIME) {
            // A target without a place makes no folder either.
            let mut refused = BTreeMap::new();
            for (number, Listing { path, .. }) in batch.iter().enumerate() {
                self.unmet.meet(path);
                if let Err(error) = self.places.give(path) {
                    refused.insert(number, error);
                }
            }
            let there = in_parallel(None, batch, || (), |(), listing| self.is_whole(listing));
            let is_missing = |number: usize| !there[number] && !refused.contains_key(&number);
            let mut received = self.receive(batch, is_missing)?;
            for (number, (listing, is_whole)) in batch.iter().zip(&there).enumerate() {
                let placed = match (refused.remove(&number), is_whole) {
                    (Some(error), _) => Err(error),
                    (None, true) => {
                        self.counts.targets += 1;
                        Ok(())
                    }
                    (None, false) => self.target(listing, received.remove(&number)),
                };
                match placed {
                    Err(error) if is_of_one_file(&error) => {
                        self.faulty.push((listing.clone(), error));
                    }
                    placed => placed?,
                }
            }
        }
        Ok(())
    }

    fn wanted<'l>(&self, listing: &'l Listing, way: &'l [String]) -> TargetFile<'l> {
        let Listing { path, target, .. } = listing;
        TargetFile { path, target, delegation_path: way, consistent: self.hashed }
    }

    /// Returns whether the target's file is in the folder under each of its names.
    fn is_whole(&self, listing: &Listing) -> bool {
        self.target_mirrors.is_some()
            && self.wanted(listing, &[]).names().all(|name| {
                target_path::local_path(&self.folder.targets, &name)
                    .and_then(|local| is_here(&listing.target, &local))
                    .unwrap_or(false)
            })
    }

    /// Downloads the missing targets of a batch at the same time. Returns the files by the number
    /// of the target. [`Self::target`] reports the errors of the others, or asks another mirror.
    fn receive(
        &self,
        batch: &[Listing],
        is_missing: impl Fn(usize) -> bool,
    ) -> Result<BTreeMap<usize, NamedTempFile>, Error> {
        let Some(mirrors) = self.target_mirrors else { return Ok(BTreeMap::new()) };
        let mut names = BTreeSet::new();
        let mut missing = Vec::new();
        for (number, listing) in batch.iter().enumerate() {
            let Some(name) = self.wanted(listing, &[]).names().next() else { continue };
            if is_missing(number)
                && names.insert(name.clone())
                && let Ok(local) = target_path::make_folders(&self.folder.targets, &name)
                && !is_here(&listing.target, &local).unwrap_or(true)
            {
                let parent = local.parent().unwrap_or(&self.folder.targets).to_owned();
                missing.push((number, self.wanted(listing, &[]), parent));
            }
        }
        if missing.len() < 2 {
            return Ok(BTreeMap::new());
        }
        let wanted: Vec<_> =
            missing.iter().map(|(_, wanted, parent)| (*wanted, parent.as_path())).collect();
        let goes_on = |result: &Result<Found, Error>| match result {
            Ok(_) => true,
            Err(error) => is_of_one_file(error),
        };
        let received = receive_all(&wanted, mirrors.current(), self.client.fetch(), goes_on)?;
        let received = missing.iter().map(|(number, ..)| *number).zip(received);
        Ok(received.filter_map(|(number, file)| Some((number, file?.0))).collect())
    }

    /// Puts the file of a target into the folder under each of its names. `received` is the file,
    /// if it was downloaded already.
    fn target(
        &mut self,
        listing: &Listing,
        mut received: Option<NamedTempFile>,
    ) -> Result<(), Error> {
        let Some(mirrors) = self.target_mirrors else { return Ok(()) };
        let way = [listing.role.to_string()];
        let wanted = self.wanted(listing, &way);
        let mut first = None;
        // Clients may request it by any of its hashes.
        for name in wanted.names() {
            let local = target_path::make_folders(&self.folder.targets, &name)?;
            // Remove an empty folder that a removed target has left.
            let _ = fs::remove_dir(&local);
            if is_here(wanted.target, &local)? {
                first.get_or_insert(local);
            } else if let Some(first) = &first {
                let _ = fs::remove_file(&local);
                let linked =
                    fs::hard_link(first, &local).or_else(|_| fs::copy(first, &local).map(drop));
                linked.map_err(|error| Error::io("write the file", &local, &error))?;
            } else {
                let parent = local.parent().unwrap_or(&self.folder.targets);
                let incoming = match received.take() {
                    Some(incoming) => {
                        mirrors.took();
                        incoming
                    }
                    None => wanted.receive(mirrors, self.client.fetch(), parent)?.0,
                };
                self.counts.targets_fetched += 1;
                self.counts.bytes_fetched += wanted.target.length;
                self.folder.place(incoming, local.clone(), wanted.consistent)?;
                first = Some(local);
            }
        }
        self.counts.targets += 1;
        Ok(())
    }
}

/// The number of targets that are downloaded together.
const TARGETS_AT_A_TIME: usize = 128;
