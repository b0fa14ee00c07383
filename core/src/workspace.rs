//! The memory that verification works in, brought by the caller.

use heapless::{String, Vec};

use crate::delegations::RoleName;
use crate::error::Error;
use crate::json::{Names, Scratch, Stop, Text};
use crate::key::{KeyId, KeyScheme};
use crate::limits::{NAME_LENGTH_MAX, ROLE_KEYS_MAX};
use crate::measured::mismatch;
use crate::names::NameSet;
use crate::role::Role;
use crate::search::{Answer, FileMark, Search};
use crate::threshold::{Authority, Verifier};

/// Everything large that a verification needs. It has no fixed place: a static, the heap or the
/// stack will do, and it may be used again for another [`Update`](crate::Update).
pub struct Workspace {
    pub(crate) verifier: Verifier,
    /// The keys that the file at hand must be signed with.
    pub(crate) authority: Authority,
    pub(crate) pass: PassSpace,
    /// The open names of the second of two files that are read in step.
    pub(crate) beside: Names,
    /// The path that is searched for.
    pub(crate) path: String<NAME_LENGTH_MAX>,
    pub(crate) search: Search,
    pub(crate) answer: Answer,
}

/// What a single reading of a file needs besides the signature checks.
pub(crate) struct PassSpace {
    pub(crate) scratch: Scratch,
    /// A string that is needed beyond its place in the file: a signature, or a key.
    pub(crate) text: Text,
    /// Names that must differ: keyids of signatures, then roles of a delegation.
    pub(crate) names: NameSet,
    /// The keys that the file at hand gives to one of its roles.
    pub(crate) granted: Grant,
    /// The delegation that is being read.
    pub(crate) candidate: Candidate,
    /// The file that was read last; without its SHA-256 where that was not asked for.
    pub(crate) read: FileMark,
}

impl PassSpace {
    /// Keeps an error.
    pub(crate) fn fail(&mut self, error: Error) -> Stop {
        self.scratch.failure.set(error)
    }

    /// That the file which was read last, and was read before, is the one that was verified.
    pub(crate) fn same_file(&mut self, role: Role, before: &[u8; 32]) -> Result<(), Stop> {
        if *before == self.read.sha256 {
            Ok(())
        } else {
            Err(self.fail(mismatch(role, before, &self.read.sha256)))
        }
    }
}

/// The parts of a delegation that are too large to move about for each of 16,384 bins.
pub(crate) struct Candidate {
    pub(crate) name: RoleName,
    pub(crate) keyids: Vec<KeyId, ROLE_KEYS_MAX>,
    /// The greatest name of the list so far: one beyond it cannot have been there.
    pub(crate) greatest: RoleName,
}

/// The keys of one role, as they come to light in the file of its delegator: keys and keyids in
/// either order.
pub(crate) struct Grant {
    /// All keys of the file, or those in `keyids` only when `chosen`.
    pub(crate) authority: Authority,
    /// The role's keyids.
    pub(crate) keyids: Vec<KeyId, ROLE_KEYS_MAX>,
    pub(crate) chosen: bool,
    /// Whether the file has keys for which there was no room.
    pub(crate) overflowed: bool,
}

impl Grant {
    const fn new() -> Self {
        Grant { authority: Authority::new(), keyids: Vec::new(), chosen: false, overflowed: false }
    }

    /// Before a file is read for the first time.
    pub(crate) fn clear(&mut self) {
        self.authority.keys.clear();
        self.keyids.clear();
        (self.chosen, self.overflowed) = (false, false);
    }

    /// After a reading: keeps the role's keys alone. Says no where the file has to be read once
    /// more for them.
    pub(crate) fn settle(&mut self) -> bool {
        let keyids = &self.keyids;
        self.authority.keys.retain(|authorized| keyids.contains(&authorized.id));
        if self.overflowed && !self.chosen && self.authority.keys.len() < keyids.len() {
            self.authority.keys.clear();
            (self.chosen, self.overflowed) = (true, false);
            return false;
        }
        true
    }
}

impl Workspace {
    /// An empty one. All of its bytes are zero, so that a static one takes no room in an image.
    pub const fn new() -> Self {
        Workspace {
            verifier: Verifier::new(),
            beside: Vec::new(),
            authority: Authority::new(),
            pass: PassSpace {
                scratch: Scratch::new(),
                text: Vec::new(),
                names: NameSet::new(),
                granted: Grant::new(),
                candidate: Candidate {
                    name: String::new(),
                    keyids: Vec::new(),
                    greatest: String::new(),
                },
                read: FileMark { length: 0, sha256: [0; 32] },
            },
            path: String::new(),
            search: Search::new(),
            answer: Answer::new(),
        }
    }
}

impl Workspace {
    /// The schemes that the keys of the role have and that this build does not support, each once,
    /// after [`Error::UnsupportedKeyScheme`] from [`check_root`](crate::check_root) or
    /// [`Roles::verify`](crate::Roles::verify).
    pub fn unsupported_schemes(&self) -> impl Iterator<Item = &KeyScheme> {
        self.authority.unsupported()
    }

    /// Makes the keys in the grant the authority. Those that were it are in the grant then.
    #[inline(never)]
    pub(crate) fn swap_authority(&mut self) {
        core::mem::swap(&mut self.authority, &mut self.pass.granted.authority);
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Workspace").finish_non_exhaustive()
    }
}
