//! A session with a repository: the steps that its host is asked to take.

use core::borrow::BorrowMut;

use crate::error::Error;
use crate::kept::{Keep, Kept};
use crate::limits::Limits;
use crate::session::{Session, State, session_methods};
use crate::source::Source;
use crate::threshold::Verified;
use crate::time::Time;
use crate::workspace::Workspace;

/// A session with a repository: a refresh, then any number of searches for targets.
///
/// [`Update::step`] says what it needs or wants done, the host answers with the method that the
/// [`Step`] names, and so on until [`Step::Done`]. Most of these methods are those of a
/// [`Session`].
///
/// ```no_run
/// # fn load(role: &str) -> Option<Vec<u8>> { None }
/// # fn fetch(request: picotuf::FileRequest<'_>) -> Option<Vec<u8>> { None }
/// # fn store(role: &str, bytes: &[u8]) {}
/// # fn delete(role: &str) {}
/// use picotuf::{Error, Limits, Slice, Step, Time, Update, Workspace};
///
/// # fn main() -> Result<(), picotuf::Error> {
/// let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
/// let mut update = Update::new(Box::new(Workspace::new()), now, Limits::default());
/// update.find("six/six-1.17.0.tar.gz")?;
/// let mut fetched = Vec::new();
/// loop {
///     match update.step() {
///         Step::Load => match load(update.request().role) {
///             Some(bytes) => drop(update.supply(&mut Slice::new(&bytes))?),
///             None => update.absent()?,
///         },
///         Step::Fetch => match fetch(update.request()) {
///             Some(bytes) => {
///                 update.supply(&mut Slice::new(&bytes))?;
///                 fetched = bytes;
///             }
///             None => update.absent()?,
///         },
///         Step::Compare => {
///             let stored = load(update.request().role).unwrap_or_default();
///             update.compare(&mut Slice::new(&fetched), &mut Slice::new(&stored))?;
///         }
///         Step::Store => {
///             store(update.request().role, &fetched);
///             update.done()?;
///         }
///         Step::Delete => {
///             delete(update.request().role);
///             update.done()?;
///         }
///         Step::Done => break,
///         _ => return Err(Error::UnexpectedCall),
///     }
/// }
/// println!("{:?}", update.target());
/// # Ok(())
/// # }
/// ```
pub struct Update<W, K = ()>(Session<W, K>);

/// What an [`Update`] needs or wants done; [`Session::request`] says with which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Give the role's stored file, by [`Session::supply`] or [`Session::keep`], or say by
    /// [`Session::absent`] that there is none. The same file may be asked for more than once; it
    /// must be the same then.
    Load,
    /// Give the file from the repository, by [`Session::supply`] or [`Session::keep`], or say by
    /// [`Session::absent`] that it is not there, which only 404 and 403 mean.
    Fetch,
    /// Give the snapshot that was fetched last and the stored one, by [`Update::compare`]. A
    /// session that keeps its files compares them by itself.
    Compare,
    /// Store the exact bytes that were fetched last as the role's file, which are
    /// [`Session::kept_file`] where the session keeps it; then call [`Update::done`].
    Store,
    /// Remove the role's stored file, if there is one; then call [`Update::done`].
    Delete,
    /// Nothing is left to do.
    Done,
}

impl<W: BorrowMut<Workspace>> Update<W> {
    /// Begins with the stored root, and asks the repository for all that is newer. `now` is the one
    /// time by which expiry is judged (spec §5.1).
    ///
    /// The session owns its workspace, or borrows it: `workspace` is a [`Workspace`], a `Box` of
    /// one, or a `&mut` to one.
    pub fn new(workspace: W, now: Time, limits: Limits) -> Self {
        Update(Session::begin(workspace, now, limits, false, ()))
    }

    /// The same session, from its start, which keeps files of that type in memory, such as
    /// `Vec<u8>`, `Rc<[u8]>` or `&[u8]`: see [`Session::keep`]. What it was asked to find stays.
    ///
    /// ```
    /// # use picotuf::{Limits, Time, Update, Workspace};
    /// # let now = Time::from_unix(0);
    /// let workspace = Box::new(Workspace::new());
    /// let update = Update::new(workspace, now, Limits::default()).keep_files::<Vec<u8>>();
    /// # let _ = update;
    /// ```
    pub fn keep_files<F>(self) -> Update<W, Kept<F>> {
        Update(self.0.keep_files())
    }
}

impl<W, K> Update<W, K> {
    pub(crate) const fn of(session: Session<W, K>) -> Self {
        Update(session)
    }
}

impl<W: BorrowMut<Workspace>, K> Update<W, K> {
    /// Answers [`Step::Compare`].
    ///
    /// # Errors
    /// [`Error::Rollback`] and [`Error::RemovedFromSnapshot`]; [`Error::HashMismatch`] where a file
    /// is not the one that was supplied before.
    pub fn compare<N: Source, O: Source>(
        &mut self,
        fetched: &mut N,
        stored: &mut O,
    ) -> Result<Option<Verified<'_>>, Error> {
        self.0.compare(fetched, stored)
    }

    /// Answers [`Step::Store`] and [`Step::Delete`] once it is done, and durable.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] at another step; what comes to light only now that the search can
    /// go on, such as [`Error::LimitReached`].
    pub fn done(&mut self) -> Result<(), Error> {
        self.0.done()
    }
}

impl<W: BorrowMut<Workspace>, K: Keep> Update<W, K> {
    /// Returns what is needed next. Where files are kept, takes the steps before that need no
    /// others; otherwise, asking changes nothing.
    pub fn step(&mut self) -> Step {
        self.0.proceed();
        match self.0.state() {
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::LoadTimestamp
            | State::LoadSnapshot
            | State::AskSnapshot
            | State::LoadTargets
            | State::LoadDelegator => Step::Load,
            State::FetchRoot
            | State::FetchTimestamp
            | State::FetchSnapshot
            | State::FetchTargets => Step::Fetch,
            State::CompareSnapshot => Step::Compare,
            State::StoreRoot
            | State::StoreTimestamp
            | State::StoreSnapshot
            | State::StoreTargets => Step::Store,
            State::DeleteTimestamp | State::DeleteSnapshot => Step::Delete,
            State::Done => Step::Done,
        }
    }
}

session_methods!(Update);
