//! Measures what a whole verification takes besides the memory that its caller brings, for the core
//! in its default features: no allocation, and at most [`STACK_MAX`] bytes of stack in any call.
//!
//! Prints a table, and ends with failure where either does not hold.

mod allocator;
mod repository;
mod stack;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::process::ExitCode;

use picotuf::{
    Error, Kept, Limits, Slice, Source, Step, Stream, TargetVerifier, Time, Update, Window,
    Workspace, anchor,
};

use crate::repository::{Order, Repository};

/// The most that a call may take of the stack, in bytes.
const STACK_MAX: usize = 12 * 1024;

/// How files are shown to the core.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Kept,
    Slices,
    Windows,
}

fn main() -> ExitCode {
    let calls = stack::on_a_thread_to_paint(measure);
    println!(
        "workspace {} bytes, update {} bytes",
        size_of::<Workspace>(),
        size_of::<Update<&mut Workspace>>()
    );
    println!("{:48} {:>6} {:>6} {:>12}", "call", "stack", "bound", "allocations");
    let mut holds = true;
    for (call, used) in &calls.0 {
        let wrong = if used.stack > STACK_MAX || used.allocations > 0 { "  TOO MUCH" } else { "" };
        println!("{call:48} {:6} {STACK_MAX:6} {:12}{wrong}", used.stack, used.allocations);
        holds &= wrong.is_empty();
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The most that each kind of call took.
#[derive(Default)]
struct Calls(BTreeMap<String, Used>);

#[derive(Clone, Copy, Default)]
struct Used {
    stack: usize,
    allocations: u64,
}

impl Calls {
    /// Makes a call and measures it.
    fn call<R>(&mut self, name: String, call: impl FnOnce() -> R) -> R {
        let ((result, allocations), stack) = stack::deepest(|| {
            let before = allocator::allocations();
            let result = call();
            (result, allocator::allocations() - before)
        });
        let used = self.0.entry(name).or_default();
        used.stack = used.stack.max(stack);
        used.allocations += allocations;
        result
    }
}

fn measure() -> Calls {
    let mut calls = Calls::default();
    for reading in [Reading::Kept, Reading::Slices, Reading::Windows] {
        for name in
            ["plain", "consistent", "three-levels", "explicit-hashed", "explicit", "succinct"]
        {
            verify(&Repository::open(name), reading, &mut calls);
        }
        let mut explicit = Repository::open("explicit");
        let mut client = Client::new(&explicit, reading);
        client.refresh(&explicit, None, &mut calls).expect("it verifies");
        explicit.publish_again("explicit online 1");
        client.refresh(&explicit, None, &mut calls).expect("a newer snapshot verifies");
        assert!(client.compared, "two snapshots were compared");
        // Root 2 is signed with Ed25519; the third needs a P-256 key.
        let rotated = Repository::open("rotated");
        let mut client = Client::new(&rotated, reading);
        let refused = client.refresh(&rotated, None, &mut calls);
        assert!(matches!(refused, Err(Error::UnsupportedKeyScheme { .. })), "{refused:?}");
        assert!(
            client.stored.get("root") == rotated.file("2.root.json").as_ref(),
            "the second root holds"
        );
        adopt(&rotated, reading, &mut calls);
    }
    for order in [Order::Reversed, Order::ReversedAndDeep] {
        let mut consistent = Repository::open("consistent").in_order(order);
        let mut client = Client::new(&consistent, Reading::Slices);
        client.refresh(&consistent, None, &mut calls).expect("it verifies");
        consistent.publish_again("consistent online 1");
        client.refresh(&consistent, None, &mut calls).expect("a newer snapshot verifies");
        assert!(client.compared, "two snapshots were compared");
        for name in ["consistent", "three-levels"] {
            verify(&Repository::open(name).in_order(order), Reading::Slices, &mut calls);
        }
    }
    calls
}

/// Takes a newer root as the trust anchor: both roots are read, by the keys of each.
fn adopt(repository: &Repository, reading: Reading, calls: &mut Calls) {
    let (stored, given) =
        (repository.anchor(), repository.file("2.root.json").expect("there is a second root"));
    let (mut workspace, limits) = (Box::new(Workspace::new()), Limits::default());
    let (mut first, mut second) = ([0; WINDOW], [0; WINDOW]);
    let adopted = calls.call(named("anchor::adopt", repository, reading), || match reading {
        Reading::Kept | Reading::Slices => {
            let (given, stored) = (&mut Slice::new(&given), &mut Slice::new(&stored));
            anchor::adopt(&mut workspace, &limits, given, Some(stored), None)
                .map(|(adoption, _)| adoption.decision)
        }
        Reading::Windows => {
            let mut given = Window::new(Memory::new(&given), &mut first);
            let mut stored = Window::new(Memory::new(&stored), &mut second);
            let adopted =
                anchor::adopt(&mut workspace, &limits, &mut given, Some(&mut stored), None);
            adopted.map(|(adoption, _)| adoption.decision)
        }
    });
    assert_eq!(adopted, Ok(anchor::Decision::Newer { recover: false }));
}

/// Verifies each target of a repository that there is room for, its file included.
fn verify(repository: &Repository, reading: Reading, calls: &mut Calls) {
    let anchor = repository.anchor();
    let mut workspace = Box::new(Workspace::new());
    let mut window = [0; WINDOW];
    calls
        .call(named("check_root", repository, reading), || match reading {
            Reading::Kept | Reading::Slices => {
                picotuf::check_root(&mut workspace, &Limits::default(), &mut Slice::new(&anchor))
                    .map(drop)
            }
            Reading::Windows => {
                let mut source = Window::new(Memory::new(&anchor), &mut window);
                picotuf::check_root(&mut workspace, &Limits::default(), &mut source).map(drop)
            }
        })
        .unwrap_or_else(|error| panic!("{}: {error}", repository.name));
    for path in repository.targets.iter().take(TARGETS_MAX) {
        let mut client = Client::new(repository, reading);
        client
            .refresh(repository, Some(path), calls)
            .unwrap_or_else(|error| panic!("{}: {path}: {error}", repository.name));
    }
}

/// A client with its trusted files in memory.
struct Client {
    reading: Reading,
    workspace: Box<Workspace>,
    stored: BTreeMap<String, Vec<u8>>,
    compared: bool,
}

impl Client {
    fn new(repository: &Repository, reading: Reading) -> Client {
        let stored = BTreeMap::from([("root".to_owned(), repository.anchor())]);
        Client { reading, workspace: Box::new(Workspace::new()), stored, compared: false }
    }

    /// Takes all steps, and checks the file of the target if one is wanted.
    fn refresh(
        &mut self,
        repository: &Repository,
        path: Option<&str>,
        calls: &mut Calls,
    ) -> Result<(), Error> {
        let now = Time::parse(&repository.time).expect("a time");
        let workspace = &mut *self.workspace;
        let mut update = calls.call("Update::new".into(), || {
            Update::new(workspace, now, Limits::default()).keep_files()
        });
        if let Some(path) = path {
            calls.call("Update::find".into(), || update.find(path))?;
        }
        let (mut fetched, mut first, mut second) = (Vec::new(), [0; WINDOW], [0; WINDOW]);
        loop {
            let step = calls.call("Update::step".into(), || update.step());
            let request = update.request();
            let role = request.role.to_owned();
            let call = match step {
                Step::Load => self.stored.get(&role).cloned().map_or(Call::Absent, Call::Supply),
                Step::Fetch => {
                    let file = repository.file(&request.to_string());
                    if let Some(file) = &file {
                        fetched = file.clone();
                    }
                    file.map_or(Call::Absent, Call::Supply)
                }
                Step::Compare => Call::Compare(self.stored[&role].clone()),
                Step::Store => {
                    // A session that keeps its files has compared two snapshots by itself.
                    self.compared |= self.stored.insert(role.clone(), fetched.clone()).is_some()
                        && role == "snapshot"
                        && self.reading == Reading::Kept;
                    Call::Done
                }
                Step::Delete => {
                    self.stored.remove(&role);
                    Call::Done
                }
                _ => break,
            };
            let role = if ["root", "timestamp", "snapshot", "targets"].contains(&&*role) {
                &role
            } else {
                "delegated"
            };
            match call {
                Call::Absent => calls.call("Update::absent".into(), || update.absent())?,
                Call::Done => calls.call("Update::done".into(), || update.done())?,
                Call::Supply(file) => {
                    let name = named(&format!("Update::supply {role}"), repository, self.reading);
                    match self.reading {
                        Reading::Kept => calls.call(name, || update.keep(file).map(drop))?,
                        Reading::Slices => {
                            supply(calls, name, &mut update, &mut Slice::new(&file))?
                        }
                        Reading::Windows => {
                            let mut source = Window::new(Memory::new(&file), &mut first);
                            supply(calls, name, &mut update, &mut source)?;
                        }
                    }
                }
                Call::Compare(stored) => {
                    self.compared = true;
                    let name = named("Update::compare", repository, self.reading);
                    match self.reading {
                        Reading::Kept => unreachable!("the session compares them by itself"),
                        Reading::Slices => {
                            let (mut new, mut old) = (Slice::new(&fetched), Slice::new(&stored));
                            calls.call(name, || update.compare(&mut new, &mut old).map(drop))?;
                        }
                        Reading::Windows => {
                            let mut new = Window::new(Memory::new(&fetched), &mut first);
                            let mut old = Window::new(Memory::new(&stored), &mut second);
                            calls.call(name, || update.compare(&mut new, &mut old).map(drop))?;
                        }
                    }
                }
            }
        }
        if let Some(path) = path {
            let target = update.target().ok_or(Error::TargetNotFound)?;
            let file = repository.target(path);
            let checked = calls.call("TargetVerifier".into(), || {
                let mut verifier = TargetVerifier::new(target);
                verifier.update(&file)?;
                verifier.finish()
            });
            checked.expect("the target holds");
            if self.reading == Reading::Kept {
                // All that is needed is kept.
                let target = *target;
                update.find(path)?;
                let step =
                    calls.call("Update::step, once more".into(), || update.step() == Step::Done);
                assert!(step && update.target() == Some(&target), "{path} is found once more");
            }
        }
        Ok(())
    }
}

enum Call {
    Absent,
    Supply(Vec<u8>),
    Compare(Vec<u8>),
    Done,
}

type Session<'w> = Update<&'w mut Workspace, Kept<Vec<u8>>>;

fn supply<S: Source>(
    calls: &mut Calls,
    name: String,
    update: &mut Session<'_>,
    source: &mut S,
) -> Result<(), Error> {
    calls.call(name, || update.supply(source).map(drop))
}

/// A kind of call on a kind of file.
fn named(call: &str, repository: &Repository, reading: Reading) -> String {
    match (repository.order(), reading) {
        (Order::Sorted, Reading::Kept) => format!("{call}, kept"),
        (Order::Sorted, Reading::Slices) => format!("{call}, slice"),
        (Order::Sorted, Reading::Windows) => format!("{call}, window"),
        (Order::Reversed, _) => format!("{call}, out of order"),
        (Order::ReversedAndDeep, _) => format!("{call}, out of order and deep"),
    }
}

/// A file in memory that is read as a stream.
struct Memory<'f> {
    file: &'f [u8],
    place: usize,
}

impl<'f> Memory<'f> {
    fn new(file: &'f [u8]) -> Self {
        Memory { file, place: 0 }
    }
}

impl Stream for Memory<'_> {
    type Error = Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let rest = &self.file[self.place..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.place += count;
        Ok(count)
    }

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.place = 0;
        Ok(())
    }
}

const WINDOW: usize = 1024;
/// Of each repository.
const TARGETS_MAX: usize = 6;
