//! One session with a repository, a step at a time: the core's `Update`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use picotuf::{Limits, Offline, Show, Step, Update, Workspace, role_name};

use super::{Core, plain, written};
use crate::object::Object;
use crate::parts::whole;

/// Returns the limits in their order; what is not there, or is no number, is the default.
pub(crate) fn limits(values: &[u8]) -> Limits {
    let default = Limits::default();
    let mut limits = [
        default.root_length,
        default.timestamp_length,
        default.snapshot_length,
        default.targets_length,
        default.root_rotations.into(),
        default.delegations.into(),
    ];
    let (values, _) = values.as_chunks::<8>();
    for (limit, value) in limits.iter_mut().zip(values) {
        *limit = whole(f64::from_le_bytes(*value)).unwrap_or(*limit);
    }
    let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let mut set = Limits::default();
    [set.root_length, set.timestamp_length, set.snapshot_length, set.targets_length, ..] = limits;
    [.., set.root_rotations, set.delegations] = limits.map(count);
    set
}

/// What a step is answered with, and what is asked between them.
pub(crate) enum Answer<'a> {
    /// `load` and `fetch`, with the file.
    File(Box<[u8]>),
    /// `load` and `fetch`, where there is no such file.
    Absent,
    /// `store` and `delete`, once it is done.
    Done,
    /// The target to search for, before the first step or when all are done.
    Path(&'a str),
}

impl Core {
    pub(crate) fn begin(&mut self, now: f64, limits: &[u8], offline: bool) -> Vec<u8> {
        let (now, limits) = (plain::time(now), self::limits(limits));
        self.client = Some(match offline {
            true => Offline::new(Workspace::boxed(), now, limits).keep_files().into(),
            false => Update::new(Workspace::boxed(), now, limits).keep_files(),
        });
        Vec::new()
    }

    /// Returns what is needed next: `{ kind, role, file, name, maxLength }`. `file` is the name of
    /// the stored file, `name` that of the file to fetch.
    pub(crate) fn step(&mut self) -> Vec<u8> {
        let Some(client) = &mut self.client else { return Vec::new() };
        let step = client.step();
        let request = client.request();
        let kind = match step {
            Step::Load => "load",
            Step::Fetch => "fetch",
            Step::Store => "store",
            Step::Delete => "delete",
            _ => "done",
        };
        let mut object = Object::new();
        object.text("kind", &kind);
        object.text("role", &request.role);
        object.text("file", &FileName(request.role));
        object.text("name", &request);
        object.bare("maxLength", &request.max_length);
        object.end()
    }

    /// Says so where a role has become trusted.
    pub(crate) fn answer(&mut self, answer: Answer<'_>) -> Vec<u8> {
        let Some(client) = &mut self.client else { return Vec::new() };
        let answered = match answer {
            Answer::File(bytes) => client.keep(bytes),
            Answer::Absent => client.absent().map(|()| None),
            Answer::Done => client.done().map(|()| None),
            Answer::Path(path) => client.find(path).map(|()| None),
        };
        match answered {
            Ok(Some(verified)) => plain::verified(&verified),
            Ok(None) => Vec::new(),
            Err(error) => plain::error(&error, client.role(), Some(client)),
        }
    }

    /// Returns an object where a file so far has a key of ML-DSA and this build cannot use it, so
    /// that the module that can has to begin again; nothing else.
    pub(crate) fn lacks_ml_dsa(&self) -> Vec<u8> {
        let lacks = self.client.as_ref().is_some_and(|client| client.lacks_ml_dsa());
        if lacks || self.anchor_lacks_ml_dsa { Object::new().end() } else { Vec::new() }
    }

    /// Returns what is signed of the target that was found: `{ length, hashes, hasCustom,
    /// consistentSnapshot, delegationPath }`.
    pub(crate) fn target(&self) -> Vec<u8> {
        let target = self.client.as_ref().and_then(|client| Some((client, client.target()?)));
        target.map(|(client, target)| plain::target(target, client)).unwrap_or_default()
    }

    /// Returns the target's `custom` as it stands in the stored file of the role that lists it;
    /// nothing where the file is not the one that was verified.
    pub(crate) fn custom(&self, file: &[u8]) -> Vec<u8> {
        let custom = self.client.as_ref().and_then(|client| client.target()?.custom);
        custom.and_then(|custom| custom.json(file)).map_or(Vec::new(), |json| written(&json))
    }
}

/// The name of the file in which a role is kept, a plain name on every system.
pub(crate) struct FileName<'r>(pub(crate) &'r str);

impl Show for FileName<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        role_name::file_name(self.0, out);
    }
}
