//! Verifications that begin with nothing but the trusted root.

use std::collections::BTreeMap;
use std::io::Cursor;

use picotuf::{
    Error, IoStream, Kept, Limits, Slice, Step, Target, Time, Update, Window, Workspace,
};

use crate::repository::Repository;

/// How files are shown to the core.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// As slices that stay in memory: the session keeps them.
    Kept,
    /// As slices, each for one look.
    Slices,
    /// Through a window of 64 KB.
    Windows,
}

/// A session, and the files that it has stored.
pub(crate) struct Session<'r> {
    repository: &'r Repository,
    reading: Reading,
    update: Update<&'r mut Workspace, Kept<&'r [u8]>>,
    stored: BTreeMap<String, &'r [u8]>,
    buffer: &'r mut [u8],
}

impl<'r> Session<'r> {
    pub(crate) fn new(
        repository: &'r Repository,
        reading: Reading,
        workspace: &'r mut Workspace,
        buffer: &'r mut [u8],
    ) -> Session<'r> {
        let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
        let update = Update::new(workspace, now, Limits::default()).keep_files();
        let stored = BTreeMap::from([("root".to_owned(), repository.files["root"].as_slice())]);
        Session { repository, reading, update, stored, buffer }
    }

    /// Finds a target: the first time with all that a refresh has to do.
    pub(crate) fn find(&mut self, target: &str) -> Target {
        self.update.find(target).expect("a session takes a path");
        let mut fetched: &'r [u8] = &[];
        loop {
            let step = self.update.step();
            let role = self.update.request().role;
            let answered = match step {
                Step::Load => {
                    let file = self.stored.get(role).copied();
                    self.supply(file)
                }
                Step::Fetch => {
                    let file = self.repository.files.get(role).filter(|_| role != "root");
                    fetched = file.map_or(&[], Vec::as_slice);
                    let file = file.map(Vec::as_slice);
                    self.supply(file)
                }
                Step::Store => {
                    self.stored.insert(role.to_owned(), fetched);
                    self.update.done()
                }
                Step::Delete => {
                    self.stored.remove(role);
                    self.update.done()
                }
                Step::Compare => unreachable!("no snapshot was stored before"),
                _ => break,
            };
            answered.unwrap_or_else(|error| panic!("{}: {error}", self.update.role()));
        }
        *self.update.target().expect("the target is listed")
    }

    fn supply(&mut self, file: Option<&'r [u8]>) -> Result<(), Error> {
        let Some(file) = file else {
            return self.update.absent();
        };
        match self.reading {
            Reading::Kept => self.update.keep(file).map(drop),
            Reading::Slices => self.update.supply(&mut Slice::new(file)).map(drop),
            Reading::Windows => self
                .update
                .supply(&mut Window::new(IoStream(Cursor::new(file)), self.buffer))
                .map(drop),
        }
    }
}
