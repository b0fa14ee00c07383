//! An offline session, which uses stored files only.

use core::borrow::BorrowMut;

use crate::error::Error;
use crate::kept::{Keep, Kept};
use crate::limits::Limits;
use crate::session::{Session, State, session_methods};
use crate::source::{Slice, Source};
use crate::target::{Target, TargetVerifier};
use crate::threshold::Verified;
use crate::time::Time;
use crate::update::Update;
use crate::workspace::Workspace;

/// An offline session: it downloads and stores nothing, and checks stored files by the same rules
/// as downloaded ones, including expiry.
///
/// [`Offline::next_role`] returns the role whose stored file is needed, and the host answers with a
/// method of [`Session`].
///
/// ```no_run
/// # fn load(role: &str) -> Option<Vec<u8>> { None }
/// use picotuf::{Limits, Offline, Slice, Time, Workspace};
///
/// # fn main() -> Result<(), picotuf::Error> {
/// let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
/// let mut session = Offline::new(Box::new(Workspace::new()), now, Limits::default());
/// session.find("six/six-1.17.0.tar.gz")?;
/// while let Some(role) = session.next_role() {
///     match load(role) {
///         Some(file) => drop(session.supply(&mut Slice::new(&file))?),
///         None => session.absent()?,
///     }
/// }
/// println!("{:?}", session.target());
/// # Ok(())
/// # }
/// ```
pub struct Offline<W, K = ()>(Session<W, K>);

impl<W: BorrowMut<Workspace>> Offline<W> {
    /// Creates a session that starts from the stored root. All expiry checks use `now` (spec §5.1).
    ///
    /// The session owns its workspace, or borrows it: `workspace` is a [`Workspace`], a `Box` of
    /// one, or a `&mut` to one.
    pub fn new(workspace: W, now: Time, limits: Limits) -> Self {
        Offline(Session::begin(workspace, now, limits, true, ()))
    }

    /// Turns a session at its start into one that keeps files of type `F` in memory: see
    /// [`Session::keep`]. A requested search stays.
    pub fn keep_files<F>(self) -> Offline<W, Kept<F>> {
        Offline(self.0.keep_files())
    }
}

impl<W: BorrowMut<Workspace>, K: Keep> Offline<W, K> {
    /// Returns the name of the role whose stored file is needed next, or `None` if the session is
    /// done. Answer with [`Session::supply`] or [`Session::keep`], or with [`Session::absent`] if
    /// there is no file. The session may request the same file more than once; its bytes must be
    /// the same.
    pub fn next_role(&mut self) -> Option<&str> {
        self.0.proceed();
        match self.0.state() {
            State::Done => None,
            _ => Some(self.0.request().role),
        }
    }
}

session_methods!(Offline);

/// Lets a host run both kinds of session with the same code. An offline session has the steps
/// [`Step::Load`](crate::Step::Load) and [`Step::Done`](crate::Step::Done) only.
impl<W, K> From<Offline<W, K>> for Update<W, K> {
    fn from(offline: Offline<W, K>) -> Self {
        Update::of(offline.0)
    }
}

/// Verifies one target file with stored metadata, in an [`Offline`] session. `load` returns the
/// file of a role, starting with `root`, or `None` if there is none.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use picotuf::{Limits, Time, Workspace};
///
/// let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
/// let load = |role: &str| std::fs::read(format!("metadata/{role}.json")).ok();
/// let file = std::fs::read("six-1.17.0.tar.gz")?;
/// let mut workspace = Box::new(Workspace::new());
/// picotuf::verify(&mut workspace, now, Limits::default(), load, "six/six-1.17.0.tar.gz", &file)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The verdict on the metadata; [`Error::TargetNotFound`] if no role that is trusted for the path
/// lists it; [`Error::LengthMismatch`] and [`Error::HashMismatch`], without a role, if the file
/// differs.
pub fn verify<F: AsRef<[u8]>>(
    workspace: &mut Workspace,
    now: Time,
    limits: Limits,
    mut load: impl FnMut(&str) -> Option<F>,
    path: &str,
    file: &[u8],
) -> Result<Target, Error> {
    let mut session = Offline::new(workspace, now, limits);
    session.find(path)?;
    while let Some(role) = session.next_role() {
        match load(role) {
            Some(file) => drop(session.supply(&mut Slice::new(file.as_ref()))?),
            None => session.absent()?,
        }
    }
    let target = session.target().ok_or(Error::TargetNotFound)?;
    let mut verifier = TargetVerifier::new(target);
    verifier.update(file)?;
    verifier.finish()?;
    Ok(*target)
}
