//! One session with a repository, a step at a time.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use picotuf::{Held, Limits, Step, Update, Workspace, role_name};
use spin::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plain::{self, Object};

/// The core's `Update`, with the memory that it works in.
///
/// An `Update` borrows its memory, and what JavaScript holds can borrow nothing: the memory lives as long as the module, and goes
/// back to `FREE` when the session ends.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(Option<HeldUpdate>);

/// It holds the files that it is given, so that it asks for each once.
pub(crate) type HeldUpdate = Update<'static, Held<Vec<u8>>>;

/// Memory that no session uses now.
static FREE: Mutex<Vec<&'static mut Workspace>> = Mutex::new(Vec::new());

fn take_workspace() -> &'static mut Workspace {
    FREE.lock().pop().unwrap_or_else(|| Box::leak(Box::new(Workspace::new())))
}

fn give_back(workspace: &'static mut Workspace) {
    FREE.lock().push(workspace);
}

/// Lends memory for one call.
pub(crate) fn with_workspace<T>(work: impl FnOnce(&mut Workspace) -> T) -> T {
    let workspace = take_workspace();
    let result = work(workspace);
    give_back(workspace);
    result
}

/// The limits in their order; what is not there, or is no number, is the default.
pub(crate) fn limits(values: &[f64]) -> Limits {
    let default = Limits::default();
    let value = |place: usize| values.get(place).copied().and_then(plain::whole);
    let count = |place: usize, default| value(place).map_or(default, |count| u32::try_from(count).unwrap_or(u32::MAX));
    Limits {
        root_length: value(0).unwrap_or(default.root_length),
        timestamp_length: value(1).unwrap_or(default.timestamp_length),
        snapshot_length: value(2).unwrap_or(default.snapshot_length),
        targets_length: value(3).unwrap_or(default.targets_length),
        root_rotations: count(4, default.root_rotations),
        delegations: count(5, default.delegations),
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(update) = self.0.take() {
            give_back(update.into_workspace());
        }
    }
}

#[wasm_bindgen]
impl Session {
    /// A session that begins with the stored root, at a time in seconds since 1970. `limits` has those of the core in their
    /// order, with NaN for the default. `offline` says that nothing may be fetched.
    #[wasm_bindgen(constructor)]
    pub fn new(now: f64, limits: &[f64], offline: bool) -> Session {
        let (now, limits) = (plain::time(now), self::limits(limits));
        let workspace = take_workspace();
        let update =
            if offline { Update::offline(workspace, now, limits) } else { Update::new(workspace, now, limits) };
        Session(Some(update.holding()))
    }

    /// What is needed next: `{ kind, role, file, name, maxLength }`. `file` is the name of the stored file, `name` that of the
    /// file to fetch.
    pub fn step(&mut self) -> String {
        let step = self.0.as_mut().map_or(Step::Done, Update::step);
        let (kind, role, request) = match step {
            Step::Load(request) => ("load", request.role, Some(request)),
            Step::Fetch(request) => ("fetch", request.role, Some(request)),
            Step::Compare { role } => ("compare", role, None),
            Step::Store { role, .. } => ("store", role, None),
            Step::Delete { role } => ("delete", role, None),
            Step::Done => ("done", "", None),
        };
        let mut name = String::new();
        if let Some(version) = request.and_then(|request| request.version) {
            plain::push_decimal(version, &mut name);
            name.push('.');
        }
        // A String takes whatever is written to it.
        let _ = role_name::url_name(role, &mut name);
        let mut object = Object::new();
        object.text("kind", kind);
        object.text("role", role);
        object.text("file", &crate::file_name(role));
        object.text("name", &name);
        object.number("maxLength", request.map_or(0, |request| request.max_length));
        object.end()
    }

    /// Answers `load` and `fetch` with the file; says so where a role has become trusted by it.
    pub fn supply(&mut self, bytes: Vec<u8>) -> String {
        self.answer(Answer::File(bytes))
    }

    /// Answers `load` and `fetch` where there is no such file.
    pub fn absent(&mut self) -> String {
        self.answer(Answer::Absent)
    }

    /// Answers `compare`: the file that was fetched last and the stored one are held.
    pub fn compare(&mut self) -> String {
        self.answer(Answer::Compared)
    }

    /// Answers `store` and `delete` once it is done.
    pub fn done(&mut self) -> String {
        self.answer(Answer::Done)
    }

    /// Searches for a target, before the first step or when all are done.
    pub fn find(&mut self, path: &str) -> String {
        self.answer(Answer::Path(path))
    }

    /// What is signed of the target that was found: `{ length, hashes, hasCustom, delegationPath }`.
    pub fn target(&self) -> String {
        let target = self.update().and_then(|update| Some((update, update.target()?)));
        target.map(|(update, target)| plain::target(target, update)).unwrap_or_default()
    }

    /// The target's `custom` as it stands in the stored file of the role that lists it; nothing where the file is not the one
    /// that was verified.
    pub fn custom(&self, file: &[u8]) -> Option<String> {
        let custom = self.update()?.target()?.custom?;
        custom.json(file).map(String::from)
    }

    /// Whether the repository keeps every version of its files.
    #[wasm_bindgen(getter, js_name = consistentSnapshot)]
    pub fn consistent_snapshot(&self) -> bool {
        self.update().is_some_and(Update::consistent_snapshot)
    }
}

impl Session {
    fn update(&self) -> Option<&HeldUpdate> {
        self.0.as_ref()
    }

    fn answer(&mut self, answer: Answer<'_>) -> String {
        let Some(update) = &mut self.0 else { return String::new() };
        let role = String::from(update.role());
        let answered = match answer {
            Answer::File(bytes) => update.supply_held(bytes),
            Answer::Compared => update.compare_held(),
            Answer::Absent => update.absent().map(|()| None),
            Answer::Done => update.done().map(|()| None),
            Answer::Path(path) => update.find(path).map(|()| None),
        };
        match answered {
            Ok(Some(verified)) => plain::verified(&role, &verified),
            Ok(None) => String::new(),
            Err(error) => plain::error(&error, update.role(), Some(update)),
        }
    }
}

/// What a step is answered with, and what is asked between them.
enum Answer<'a> {
    File(Vec<u8>),
    Absent,
    Compared,
    Done,
    Path(&'a str),
}
