//! Taking a root that the user trusts as the trust anchor, where another may be trusted already:
//! one rule for all hosts.
//!
//! A host has three things: the root that it is given, the root that it has stored, and the SHA-256
//! of the root that the store began with, which it remembers beside the stored files. By these,
//! what happens depends on the given root:
//!
//! | the given root | decision |
//! |---|---|
//! | holds, and none is stored | [`Decision::First`]: it is stored |
//! | is the one that is remembered, or the stored one byte by byte | [`Decision::Known`]: the stored root stays, which may be newer |
//! | is newer than the stored one, whose keys have signed it | [`Decision::Newer`]: it takes the place of the stored one, as if the repository had brought it |
//! | is any other | [`Decision::Refused`], with the [`Refusal`] |
//!
//! A newer root may be any number of versions ahead, where one that the repository brings is the
//! next one (spec §5.3.5): the user vouches for it. It has to be signed by the stored root's keys
//! all the same, because a root of another repository that is taken by mistake would cost all that
//! is known of this one. Whoever means that says so: [`Adoption::anew`].
//!
//! Of the stored files, timestamp and snapshot go where the newer root has taken a key from either
//! role, as in every rotation (spec §5.3.11). Keys are compared as they are decoded: one that is
//! only written in another way is the same key.
//!
//! What a host has to do then is in [`Adoption::steps`], in an order in which it may be stopped
//! anywhere: no file outlives the root that it was to go with, and no anchor is remembered beside a
//! root that it did not lead to.

use crate::error::Error;
use crate::hash::{Digest, HashAlgorithm};
use crate::json::Failed;
use crate::limits::Limits;
use crate::role::Role;
use crate::show::{Show, display};
use crate::source::Source;
use crate::threshold::Verified;
use crate::trusted::TrustedRoot;
use crate::workspace::Workspace;

/// The result of [`adopt`]: the decision about a root that a user gives as the trust anchor, and
/// what the host has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// What was decided.
    pub decision: Decision,
    /// The SHA-256 of the given root: what the store is to remember.
    pub anchor: Digest,
    /// The version of the given root.
    pub version: u64,
    /// What the store remembers now.
    remembered: Remembered,
}

/// The decision whether a given root becomes the trust anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing was trusted yet.
    First,
    /// The store began with it, or has come to it: what is stored stays.
    Known,
    /// It takes the place of the stored root.
    Newer {
        /// Whether it has taken a key from the timestamp or the snapshot role.
        recover: bool,
    },
    /// Another root is trusted.
    Refused(Refusal),
}

/// The reason why a given root does not replace the stored root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not newer.
    NotNewer {
        /// The version of the stored root.
        trusted: u64,
        /// The version of the given one.
        given: u64,
    },
    /// The keys of the stored root have not signed it: it may be another repository's.
    NotSigned,
    /// The stored root does not hold, so that nothing can be said of the given one.
    Unreadable,
}

/// One change of the store that a host makes to adopt a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorStep {
    /// Remove this role's stored file, if there is one.
    Delete {
        /// The role's name.
        role: &'static str,
    },
    /// Remove the stored files of all roles but root.
    DeleteOthers,
    /// Forget the anchor that is remembered.
    Forget,
    /// Store the given root.
    Store,
    /// Remember [`Adoption::anchor`].
    Remember,
}

/// What a store remembers of the root that it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remembered {
    Nothing,
    This,
    Another,
}

impl Refusal {
    /// The stable name of all of them, for programs.
    pub const CODE: &'static str = "already-initialized";
}

impl Show for Refusal {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(match self {
            Refusal::NotNewer { .. } => "another root is trusted here, in version ",
            Refusal::NotSigned => {
                "another root is trusted here, and its keys have not signed this one"
            }
            Refusal::Unreadable => "another root is stored here, and it does not verify",
        });
        if let Refusal::NotNewer { trusted, given } = self {
            trusted.show(out);
            out(", and this one has version ");
            given.show(out);
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        display(self, formatter)
    }
}

impl core::error::Error for Refusal {}

/// Returns whether the store was set up with the given root. If so, the host has nothing to do.
pub fn is_remembered(given: &Digest, remembered: Option<&Digest>) -> bool {
    remembered == Some(given)
}

/// Decides whether a given root becomes the trust anchor. Checks its form and its own signatures,
/// but not its expiry, because an anchor is often older than a year (spec §5.2).
///
/// # Errors
/// Whatever is wrong with the given root; what a [`Source`] could not do.
pub fn adopt<'w, G: Source, S: Source>(
    workspace: &'w mut Workspace,
    limits: &Limits,
    given: &mut G,
    stored: Option<&mut S>,
    remembered: Option<&Digest>,
) -> Result<(Adoption, Verified<'w>), Error> {
    let decided = decide(workspace, limits, given, stored, remembered);
    let adoption = decided.map_err(|Failed| workspace.pass.scratch.failure.error())?;
    let seal = workspace.verifier.seal().ok_or(Error::UnexpectedCall)?;
    Ok((adoption, seal.verified(Role::Root.type_name(), &workspace.authority)))
}

fn decide<G: Source, S: Source>(
    workspace: &mut Workspace,
    limits: &Limits,
    given: &mut G,
    stored: Option<&mut S>,
    remembered: Option<&Digest>,
) -> Result<Adoption, Failed> {
    let mut new = TrustedRoot::new();
    new.anchor(given, workspace, limits)?;
    let anchor = Digest::from_output(HashAlgorithm::Sha256, new.sha256());
    let decision = match stored {
        None => Decision::First,
        Some(_) if is_remembered(&anchor, remembered) => Decision::Known,
        Some(stored) => {
            let decision = compare(workspace, limits, given, &new, stored)?;
            // The verdict is that of the file which was read last.
            let before = *new.sha256();
            new.anchor(given, workspace, limits)?;
            workspace.pass.same_file(Role::Root, &before)?;
            decision
        }
    };
    let remembered = match remembered {
        None => Remembered::Nothing,
        Some(remembered) if *remembered == anchor => Remembered::This,
        Some(_) => Remembered::Another,
    };
    Ok(Adoption { decision, anchor, version: new.version, remembered })
}

/// A given root beside the stored one, where the store did not begin with it.
#[inline(never)]
fn compare<G: Source, S: Source>(
    workspace: &mut Workspace,
    limits: &Limits,
    given: &mut G,
    new: &TrustedRoot,
    stored: &mut S,
) -> Result<Decision, Failed> {
    let mut old = TrustedRoot::new();
    if let Err(Failed) = old.anchor(stored, workspace, limits) {
        return match workspace.pass.scratch.failure.error().is_for_host() {
            true => Err(Failed),
            false => Ok(Decision::Refused(Refusal::Unreadable)),
        };
    }
    if old.sha256() == new.sha256() {
        return Ok(Decision::Known);
    }
    if new.version <= old.version {
        return Ok(Decision::Refused(Refusal::NotNewer {
            trusted: old.version,
            given: new.version,
        }));
    }
    match old.vouches_for(given, workspace, limits) {
        Ok(_) => {
            workspace.pass.same_file(Role::Root, new.sha256())?;
            Ok(Decision::Newer { recover: old.loses_online_keys(new) })
        }
        Err(Failed) if workspace.pass.scratch.failure.error().is_for_host() => Err(Failed),
        Err(Failed) => Ok(Decision::Refused(Refusal::NotSigned)),
    }
}

impl Adoption {
    /// Returns the changes of the store, in order. The host makes each one durable before the next,
    /// and no other process may change the store meanwhile. There are none if the root is refused.
    pub fn steps(&self) -> impl Iterator<Item = AnchorStep> {
        self.plan(false)
    }

    /// Returns the changes of the store if the user insists on this root: they discard everything
    /// that the earlier root made trusted.
    pub fn anew(&self) -> impl Iterator<Item = AnchorStep> {
        self.plan(true)
    }

    fn plan(&self, anew: bool) -> impl Iterator<Item = AnchorStep> {
        let Adoption { decision, remembered, .. } = *self;
        let stores = anew || matches!(decision, Decision::First | Decision::Newer { .. });
        ALL_STEPS.into_iter().filter(move |step| match step {
            AnchorStep::Delete { .. } => !anew && decision == Decision::Newer { recover: true },
            AnchorStep::DeleteOthers => anew,
            AnchorStep::Forget => stores && remembered == Remembered::Another,
            AnchorStep::Store => stores,
            AnchorStep::Remember => {
                stores || (decision == Decision::Known && remembered != Remembered::This)
            }
        })
    }
}

/// In the order in which they are taken.
const ALL_STEPS: [AnchorStep; 6] = [
    AnchorStep::Delete { role: "timestamp" },
    AnchorStep::Delete { role: "snapshot" },
    AnchorStep::DeleteOthers,
    AnchorStep::Forget,
    AnchorStep::Store,
    AnchorStep::Remember,
];

#[cfg(test)]
mod tests {
    use super::*;
    use AnchorStep::{Delete, DeleteOthers, Forget, Remember, Store};
    use std::string::ToString as _;
    use std::vec::Vec;

    fn adoption(decision: Decision, remembered: Remembered) -> Adoption {
        let anchor = Digest::from_output(HashAlgorithm::Sha256, &[7; 32]);
        Adoption { decision, anchor, version: 2, remembered }
    }

    #[test]
    fn what_is_deleted_goes_before_the_root_comes_and_the_anchor_is_remembered_after_it() {
        let newer = |recover| Decision::Newer { recover };
        let (timestamp, snapshot) = (Delete { role: "timestamp" }, Delete { role: "snapshot" });
        for (decision, remembered, steps) in [
            (Decision::First, Remembered::Nothing, &[Store, Remember][..]),
            (Decision::First, Remembered::This, &[Store, Remember]),
            (Decision::First, Remembered::Another, &[Forget, Store, Remember]),
            (Decision::Known, Remembered::This, &[]),
            (Decision::Known, Remembered::Nothing, &[Remember]),
            (Decision::Known, Remembered::Another, &[Remember]),
            (newer(false), Remembered::Another, &[Forget, Store, Remember]),
            (newer(true), Remembered::Nothing, &[timestamp, snapshot, Store, Remember]),
            (newer(true), Remembered::Another, &[timestamp, snapshot, Forget, Store, Remember]),
            (Decision::Refused(Refusal::NotSigned), Remembered::Another, &[]),
        ] {
            let found: Vec<_> = adoption(decision, remembered).steps().collect();
            assert_eq!(found, steps, "{decision:?}, {remembered:?}");
        }
        let refused = adoption(Decision::Refused(Refusal::Unreadable), Remembered::Another);
        assert_eq!(refused.anew().collect::<Vec<_>>(), [DeleteOthers, Forget, Store, Remember]);
    }

    #[test]
    fn a_refusal_says_which_versions_there_are() {
        let refusal = Refusal::NotNewer { trusted: 3, given: 2 };
        let text = "another root is trusted here, in version 3, and this one has version 2";
        assert_eq!(refusal.to_string(), text);
    }
}
