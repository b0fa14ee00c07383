//! One session with a repository, a step at a time: the core's `Update`, with the memory that it
//! works in.
//!
//! An `Update` borrows its memory, and what JavaScript holds can borrow nothing: the memory lives
//! as long as the module, and goes back to `FREE` when the session ends.

use alloc::boxed::Box;
use alloc::vec::Vec;

use picotuf::{Held, Limits, Show, Step, Update, Workspace, role_name};
use spin::Mutex;

use super::{Core, plain, written};
use crate::object::Object;

/// It holds the files that it is given, so that it asks for each once.
pub(crate) type HeldUpdate = Update<'static, Held<Box<[u8]>>>;

/// Memory that no session uses now.
static FREE: Mutex<Vec<&'static mut Workspace>> = Mutex::new(Vec::new());

/// Made by the compiler: it is all zeros, and not made member by member.
const EMPTY: Workspace = Workspace::new();

fn workspace() -> &'static mut Workspace {
    FREE.lock().pop().unwrap_or_else(|| Box::leak(Box::new(EMPTY)))
}

/// Does work that needs memory of a session's size.
pub(crate) fn with_workspace<T>(work: impl FnOnce(&mut Workspace) -> T) -> T {
    let workspace = workspace();
    let done = work(workspace);
    FREE.lock().push(workspace);
    done
}

/// The limits in their order; what is not there, or is no number, is the default.
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
        *limit = plain::whole(f64::from_le_bytes(*value)).unwrap_or(*limit);
    }
    let [
        root_length,
        timestamp_length,
        snapshot_length,
        targets_length,
        root_rotations,
        delegations,
    ] = limits;
    let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
    Limits {
        root_length,
        timestamp_length,
        snapshot_length,
        targets_length,
        root_rotations: count(root_rotations),
        delegations: count(delegations),
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(update) = self.update.take() {
            FREE.lock().push(update.into_workspace());
        }
    }
}

/// What a step is answered with, and what is asked between them.
pub(crate) enum Answer<'a> {
    /// `load` and `fetch`, with the file.
    File(Box<[u8]>),
    /// `load` and `fetch`, where there is no such file.
    Absent,
    /// `compare`: the file that was fetched last and the stored one are held.
    Compared,
    /// `store` and `delete`, once it is done.
    Done,
    /// The target to search for, before the first step or when all are done.
    Path(&'a str),
}

impl Core {
    pub(crate) fn begin(&mut self, now: f64, limits: &[u8], offline: bool) -> Vec<u8> {
        let (now, limits) = (plain::time(now), self::limits(limits));
        self.update = Some(Update::held(workspace(), now, limits, offline));
        Vec::new()
    }

    /// What is needed next: `{ kind, role, file, name, maxLength }`. `file` is the name of the
    /// stored file, `name` that of the file to fetch.
    pub(crate) fn step(&mut self) -> Vec<u8> {
        let step = self.update.as_mut().map_or(Step::Done, Update::step);
        let (kind, role, request) = match step {
            Step::Load(request) => ("load", request.role, Some(request)),
            Step::Fetch(request) => ("fetch", request.role, Some(request)),
            Step::Compare { role } => ("compare", role, None),
            Step::Store { role, .. } => ("store", role, None),
            Step::Delete { role } => ("delete", role, None),
            Step::Done => ("done", "", None),
        };
        let mut object = Object::new();
        object.text("kind", &kind);
        object.text("role", &role);
        object.text("file", &FileName(role));
        object.text("name", &UrlName(request.and_then(|request| request.version), role));
        object.bare("maxLength", &request.map_or(0, |request| request.max_length));
        object.end()
    }

    /// Says so where a role has become trusted.
    pub(crate) fn answer(&mut self, answer: Answer<'_>) -> Vec<u8> {
        let Some(update) = &mut self.update else { return Vec::new() };
        let mut object = Object::new();
        object.text("role", &update.role());
        let answered = match answer {
            Answer::File(bytes) => update.supply_held(bytes),
            Answer::Compared => update.compare_held(),
            Answer::Absent => update.absent().map(|()| None),
            Answer::Done => update.done().map(|()| None),
            Answer::Path(path) => update.find(path).map(|()| None),
        };
        match answered {
            Ok(Some(verified)) => plain::verified(object, &verified),
            Ok(None) => Vec::new(),
            Err(error) => plain::error(&error, update.role(), Some(update)),
        }
    }

    /// What is signed of the target that was found:
    /// `{ length, hashes, hasCustom, consistentSnapshot, delegationPath }`.
    pub(crate) fn target(&self) -> Vec<u8> {
        let target = self.update.as_ref().and_then(|update| Some((update, update.target()?)));
        target.map(|(update, target)| plain::target(target, update)).unwrap_or_default()
    }

    /// The target's `custom` as it stands in the stored file of the role that lists it; nothing
    /// where the file is not the one that was verified.
    pub(crate) fn custom(&self, file: &[u8]) -> Vec<u8> {
        let custom = self.update.as_ref().and_then(|update| update.target()?.custom);
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

/// The name of a role's file in the repository, with its version in front where it has one.
struct UrlName<'r>(Option<u64>, &'r str);

impl Show for UrlName<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        role_name::versioned_url_name(self.0, self.1, out);
    }
}
