//! The root role: which keys speak for the top-level roles (spec §4.3).

use crate::common::Common;
use crate::error::Error;
use crate::json::{Failed, Reader, Sink};
use crate::keys::{read_keyids, read_keys, read_threshold};
use crate::pass_space::ReadSpace;
use crate::role::Role;
use crate::signed::Signed;
use crate::source::Source;
use crate::time::Time;

/// A root that is being read; the keys of the role that is asked for are left in the workspace's
/// role keys.
pub(crate) struct Root {
    common: Common,
    asked: Option<Role>,
    pub(crate) consistent_snapshot: bool,
}

impl Root {
    /// Asks for the keys of a top-level role, or for nothing.
    pub(crate) const fn new(asked: Option<Role>) -> Self {
        Root { common: Common::new(Role::Root), asked, consistent_snapshot: false }
    }

    fn read_roles<S: Source, K: Sink>(
        &self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        let mut found = [false; 4];
        reader.enter_object()?;
        while reader.next_member()? {
            let role = match reader.name_text() {
                // Optional in the specification, and no longer used.
                "mirrors" => None,
                name => match (Role::from_name(name), &mut found) {
                    (Role::Delegated, _) => {
                        return Err(
                            reader.fail_here(|position| Error::InvalidRoleName { position })
                        );
                    }
                    (Role::Root, [there, ..])
                    | (Role::Snapshot, [_, there, ..])
                    | (Role::Targets, [_, _, there, _])
                    | (Role::Timestamp, [.., there]) => {
                        *there = true;
                        Some(Role::from_name(name))
                    }
                },
            };
            let (mut has_keyids, mut threshold) = (false, None);
            reader.enter_object()?;
            while reader.next_member()? {
                if reader.at("keyids") {
                    has_keyids = true;
                    read_keyids(reader, &mut space.delegation.keyids)?;
                } else if reader.at("threshold") {
                    threshold = Some(read_threshold(reader)?);
                } else {
                    reader.skip()?;
                }
            }
            if !has_keyids {
                return Err(reader.missing("keyids"));
            }
            let threshold = reader.require(threshold, "threshold")?;
            if role.is_some() && role == self.asked {
                core::mem::swap(&mut space.role_keys.keyids, &mut space.delegation.keyids);
                space.role_keys.authority.threshold = Some(threshold);
            }
        }
        for (found, member) in found.iter().zip(["root", "snapshot", "targets", "timestamp"]) {
            if !found {
                return Err(reader.missing(member));
            }
        }
        Ok(())
    }
}

impl Signed for Root {
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        self.common = Common::new(Role::Root);
        self.consistent_snapshot = false;
        if self.asked.is_some() {
            space.role_keys.authority.keys.clear();
        }
        let (mut has_keys, mut has_roles) = (false, false);
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("consistent_snapshot") {
                self.consistent_snapshot = reader.boolean()?;
            } else if reader.at("keys") {
                has_keys = true;
                read_keys(reader, space, self.asked.is_some())?;
            } else if reader.at("roles") {
                has_roles = true;
                self.read_roles(reader, space)?;
            } else {
                self.common.read(reader)?;
            }
        }
        if !has_keys {
            return Err(reader.missing("keys"));
        }
        if !has_roles {
            return Err(reader.missing("roles"));
        }
        self.common.complete(reader)
    }

    fn stated(&self) -> (u64, Time) {
        self.common.stated()
    }
}
