//! An online session, and the steps that its host takes.

use core::borrow::BorrowMut;

use crate::error::Error;
use crate::kept::{Keep, Kept};
use crate::limits::Limits;
use crate::session::{Session, State, session_methods};
use crate::source::Source;
use crate::threshold::Verified;
use crate::time::Time;
use crate::workspace::Workspace;

/// An online session: a refresh, then any number of searches for targets.
///
/// [`Update::step`] returns what the session needs, and the host answers with the method that the
/// [`Step`] names, until [`Step::Done`]. Most of these methods are those of a [`Session`].
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

/// What an [`Update`] needs from its host. [`Session::request`] returns the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Supply the role's stored file with [`Session::supply`] or [`Session::keep`], or call
    /// [`Session::absent`] if there is none. The session may request the same file more than once;
    /// its bytes must be the same.
    Load,
    /// Supply the file from the repository with [`Session::supply`] or [`Session::keep`], or call
    /// [`Session::absent`] if it does not exist (HTTP status 404 or 403 only).
    Fetch,
    /// Supply the last downloaded snapshot and the stored one with [`Update::compare`]. A session
    /// that keeps its files compares them by itself.
    Compare,
    /// Store the exact bytes of the last download as the role's file ([`Session::kept_file`] if the
    /// session keeps it), then call [`Update::done`].
    Store,
    /// Delete the role's stored file, if there is one, then call [`Update::done`].
    Delete,
    /// The session is done.
    Done,
}

impl<W: BorrowMut<Workspace>> Update<W> {
    /// Creates a session, which starts with the stored root and requests newer files from the
    /// repository. `now` is the time for all checks of expiry (spec §5.1).
    ///
    /// The session owns its workspace, or borrows it: `workspace` is a [`Workspace`], a `Box` of
    /// one, or a `&mut` to one.
    pub fn new(workspace: W, now: Time, limits: Limits) -> Self {
        Update(Session::begin(workspace, now, limits, false, ()))
    }

    /// Returns the same session at its start, which keeps files of type `F` in memory, such as
    /// `Vec<u8>`, `Rc<[u8]>` or `&[u8]`: see [`Session::keep`]. A requested search stays.
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
    /// [`Error::Rollback`] and [`Error::RemovedFromSnapshot`]; [`Error::HashMismatch`] if a file
    /// differs from the one supplied before.
    pub fn compare<N: Source, O: Source>(
        &mut self,
        fetched: &mut N,
        stored: &mut O,
    ) -> Result<Option<Verified<'_>>, Error> {
        self.0.compare(fetched, stored)
    }

    /// Answers [`Step::Store`] and [`Step::Delete`], after the change is durable.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] at another step; errors of the search that continues now, such as
    /// [`Error::LimitReached`].
    pub fn done(&mut self) -> Result<(), Error> {
        self.0.done()
    }
}

impl<W: BorrowMut<Workspace>, K: Keep> Update<W, K> {
    /// Returns the next step. A session that keeps its files first takes the steps that need no
    /// other files; otherwise the call changes nothing.
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
