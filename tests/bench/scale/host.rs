//! A host that has everything in memory, and drives a whole verification.

use std::collections::BTreeMap;
use std::io::Cursor;

use picotuf::{Error, IoStream, Limits, Slice, Step, Target, Time, Update, Verified, Window, Workspace};

use crate::repository::Repository;

/// How files are shown to the core.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    Slices,
    Windows,
}

/// One cold verification: from nothing but the root to the target that was looked for.
pub(crate) fn verify(
    repository: &Repository,
    reading: Reading,
    workspace: &mut Workspace,
    buffer: &mut [u8],
) -> Target {
    let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
    let mut update = Update::new(workspace, now, Limits::default());
    let mut stored = BTreeMap::from([("root".to_owned(), repository.files["root"].as_slice())]);
    let mut fetched: &[u8] = &[];
    update.find(&repository.target).expect("a session takes a path");
    loop {
        let answered = match update.step() {
            Step::Load(request) => match stored.get(request.role) {
                Some(file) => supply(&mut update, file, reading, buffer).map(drop),
                None => update.absent(),
            },
            Step::Fetch(request) => match repository.files.get(request.role).filter(|_| request.role != "root") {
                Some(file) => {
                    fetched = file;
                    supply(&mut update, file, reading, buffer).map(drop)
                }
                None => update.absent(),
            },
            Step::Store { role } => {
                stored.insert(role.to_owned(), fetched);
                update.done()
            }
            Step::Delete { role } => {
                stored.remove(role);
                update.done()
            }
            Step::Compare { .. } => unreachable!("no snapshot was stored before"),
            Step::Done => break,
        };
        answered.unwrap_or_else(|error| panic!("{}: {error}", update.role()));
    }
    assert_eq!(update.delegation_path().last(), Some(repository.lister.as_str()));
    *update.target().expect("the target is listed")
}

fn supply(
    update: &mut Update<'_>,
    file: &[u8],
    reading: Reading,
    buffer: &mut [u8],
) -> Result<Option<Verified>, Error> {
    match reading {
        Reading::Slices => update.supply(&mut Slice::new(file)),
        Reading::Windows => update.supply(&mut Window::new(IoStream(Cursor::new(file)), buffer)),
    }
}
