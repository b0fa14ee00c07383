//! A session that the host drives step by step, with files and a network of its own.

use std::ffi::{CString, c_char};
use std::ptr;

use picotuf_bindings::{Answer, Options, Refused, Session};

use crate::arguments::{bytes, check_size, limits, sized, text, time};
use crate::handle::{Handle, Kind};
use crate::outcome::{PICOTUF_OK, PICOTUF_REFUSED, PICOTUF_USAGE, Wrong, guard, with_verdict};
use crate::verdict::{VerdictHandle, give};

/// A session with a repository.
pub struct SessionHandle {
    _opaque: [u8; 0],
}

pub(crate) struct Held {
    pub(crate) session: Session,
    /// What the last step points to.
    file: CString,
    name: CString,
}

impl Kind for Held {
    const MAGIC: u64 = 0x7365_7373_696f_6e31;
}

/// What a session works with. Members that are 0 have their default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SessionOptions {
    /// sizeof(struct picotuf_session_options).
    pub size: usize,
    /// The present time in seconds since 1970, for all checks of expiry; 0 for the system's clock.
    pub now: i64,
    /// Not 0: only stored metadata is used.
    pub offline: i32,
    /// How many new roots one update follows.
    pub root_rotations: u32,
    /// How many delegated roles one search visits.
    pub delegations: u32,
    /// The longest root, in bytes.
    pub root_length: u64,
    /// The longest timestamp, in bytes.
    pub timestamp_length: u64,
    /// The longest snapshot, in bytes, where the timestamp states no length.
    pub snapshot_length: u64,
    /// The longest targets file, in bytes, where the snapshot states no length.
    pub targets_length: u64,
}

/// The session is done.
pub const PICOTUF_STEP_DONE: i32 = 0;
/// Answer with the stored file called `file`, or that it is absent.
pub const PICOTUF_STEP_LOAD: i32 = 1;
/// Answer with the file called `name` of the repository's metadata, or that it is absent (HTTP
/// status 403 or 404 only). At any other failure, stop.
pub const PICOTUF_STEP_FETCH: i32 = 2;
/// Store `data` as the file called `file`, durably, and answer that it is done.
pub const PICOTUF_STEP_STORE: i32 = 3;
/// Delete the stored file called `file`, and answer that it is done.
pub const PICOTUF_STEP_DELETE: i32 = 4;

/// The file is in `data`.
pub const PICOTUF_ANSWER_FILE: i32 = 0;
/// There is no such file.
pub const PICOTUF_ANSWER_ABSENT: i32 = 1;
/// It is stored or deleted.
pub const PICOTUF_ANSWER_DONE: i32 = 2;

/// What a session needs next. The texts and the data live until the next call with the session.
#[repr(C)]
pub struct Step {
    /// sizeof(struct picotuf_step).
    pub size: usize,
    /// One of PICOTUF_STEP_*.
    pub kind: i32,
    /// The maximum length of the file. One byte more is enough to be seen as too long.
    pub max_length: u64,
    /// The name of the stored file: a plain file name.
    pub file: *const c_char,
    /// The name of the file in the repository, percent-encoded.
    pub name: *const c_char,
    /// What is to be stored.
    pub data: *const u8,
    /// The length of `data`, in bytes.
    pub data_length: usize,
}

/// Runs `work` on a session. Wrong usage is what the session's verdict says then.
///
/// # Safety
/// As [`Handle::at`].
pub(crate) unsafe fn with_session(
    session: *mut SessionHandle,
    work: impl FnOnce(&mut Held) -> Result<Result<(), Refused>, Wrong>,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's; what the struct stands for is a handle of this kind.
        let handle = unsafe { Handle::at(session.cast_const().cast::<Handle<Held>>()) };
        let Some(handle) = handle else { return PICOTUF_USAGE };
        handle.with(|held| match work(held) {
            Ok(Ok(())) => PICOTUF_OK,
            Ok(Err(Refused)) => PICOTUF_REFUSED,
            Err(Wrong(refusal)) => {
                held.session.reject(*refusal);
                PICOTUF_USAGE
            }
        })
    })
}

/// Opens a session, which starts with the stored root. The verdict may be null; it says what is
/// wrong with the options.
///
/// # Safety
/// `options` is null or points to a struct as long as its size says; `session` and `verdict` are
/// null or point to variables.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_open(
    options: *const SessionOptions,
    session: *mut *mut SessionHandle,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = || {
        if session.is_null() || !session.is_aligned() {
            return Err(Wrong::new(
                "there is no variable for the session: the pointer is null or at an odd address",
            ));
        }
        // SAFETY: the caller's.
        let options = unsafe { sized("the options of the session", options) }?;
        let options = Options {
            now: time(options.now)?,
            offline: options.offline != 0,
            limits: limits(
                [
                    options.root_length,
                    options.timestamp_length,
                    options.snapshot_length,
                    options.targets_length,
                ],
                [options.root_rotations, options.delegations],
            ),
        };
        let (file, name) = (CString::default(), CString::default());
        let held = Held { session: Session::new(&options), file, name };
        let handle = Box::into_raw(Box::new(Handle::new(held))).cast::<SessionHandle>();
        // SAFETY: the caller's.
        unsafe { session.write(handle) };
        Ok(picotuf_bindings::Verdict::default())
    };
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}

/// Searches for a target: after the session is done, or before, and then once it is.
///
/// # Safety
/// `session` is null or a session that was not closed; `target` is null or a text that ends with a
/// NUL byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_find(
    session: *mut SessionHandle,
    target: *const c_char,
) -> i32 {
    let work = |held: &mut Held| {
        // SAFETY: the caller's.
        let target = unsafe { text("the target path", target) }?;
        Ok(held.session.find(target))
    };
    // SAFETY: the caller's.
    unsafe { with_session(session, work) }
}

/// Writes what the session needs next.
///
/// # Safety
/// `session` is null or a session that was not closed; `step` is null or points to a struct whose
/// size is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_step(session: *mut SessionHandle, step: *mut Step) -> i32 {
    let work = |held: &mut Held| {
        if step.is_null() || !step.is_aligned() {
            return Err(Wrong::new(
                "there is no struct for the step: the pointer is null or at an odd address",
            ));
        }
        // SAFETY: the caller's: the struct begins with its size.
        let size = unsafe { step.cast::<usize>().read() };
        check_size::<Step>("the step", size)?;
        let next = held.session.step();
        let request = held.session.request();
        let name = |name: String| {
            // Names of files are encoded and have no NUL.
            CString::new(name).map_err(|_| Wrong::new("the name of the file has a NUL byte"))
        };
        (held.file, held.name) = (name(request.file)?, name(request.name)?);
        let data = match next {
            picotuf_bindings::Step::Store => held.session.to_store(),
            _ => None,
        };
        let kind = match next {
            picotuf_bindings::Step::Done => PICOTUF_STEP_DONE,
            picotuf_bindings::Step::Load => PICOTUF_STEP_LOAD,
            picotuf_bindings::Step::Fetch => PICOTUF_STEP_FETCH,
            picotuf_bindings::Step::Store => PICOTUF_STEP_STORE,
            picotuf_bindings::Step::Delete => PICOTUF_STEP_DELETE,
        };
        let written = Step {
            size,
            kind,
            max_length: request.max_length,
            file: held.file.as_ptr(),
            name: held.name.as_ptr(),
            data: data.map_or(ptr::null(), <[u8]>::as_ptr),
            data_length: data.map_or(0, <[u8]>::len),
        };
        // SAFETY: the caller's, and the struct is not shorter than this.
        unsafe { step.write(written) };
        Ok(Ok(()))
    };
    // SAFETY: the caller's.
    unsafe { with_session(session, work) }
}

/// Answers the step. After PICOTUF_REFUSED the step is the same, and another answer can be given:
/// the file of another mirror.
///
/// # Safety
/// `session` is null or a session that was not closed; `data` is null or points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_answer(
    session: *mut SessionHandle,
    answer: i32,
    data: *const u8,
    length: usize,
) -> i32 {
    let work = |held: &mut Held| {
        let answer = match answer {
            // SAFETY: the caller's.
            PICOTUF_ANSWER_FILE => Answer::File(unsafe { bytes("the file", data, length) }?.into()),
            PICOTUF_ANSWER_ABSENT => Answer::Absent,
            PICOTUF_ANSWER_DONE => Answer::Done,
            other => return Err(Wrong::new(format!("{other} is no answer"))),
        };
        Ok(held.session.answer(answer))
    };
    // SAFETY: the caller's.
    unsafe { with_session(session, work) }
}

/// Reads the next bytes of the file of the target that was found last.
///
/// # Safety
/// `session` is null or a session that was not closed; `data` is null or points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_check(
    session: *mut SessionHandle,
    data: *const u8,
    length: usize,
) -> i32 {
    let work = |held: &mut Held| {
        // SAFETY: the caller's.
        let data = unsafe { bytes("the target", data, length) }?;
        Ok(held.session.check(data))
    };
    // SAFETY: the caller's.
    unsafe { with_session(session, work) }
}

/// Ends the file of the target. PICOTUF_OK: it is the signed one.
///
/// # Safety
/// `session` is null or a session that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_finish(session: *mut SessionHandle) -> i32 {
    // SAFETY: the caller's.
    unsafe { with_session(session, |held| Ok(held.session.finish())) }
}

/// Gives the verdict of the session so far, as its status too. It is not PICOTUF_OK before the
/// session is done.
///
/// # Safety
/// `session` is null or a session that was not closed; `verdict` is null or points to a variable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_verdict(
    session: *mut SessionHandle,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = |held: &mut Held| {
        let found = held.session.verdict();
        let is_ok = found.is_ok();
        // SAFETY: the caller's.
        unsafe { give(found, verdict) };
        Ok(if is_ok { Ok(()) } else { Err(Refused) })
    };
    // SAFETY: the caller's.
    unsafe { with_session(session, work) }
}

/// Closes the session that a variable points to, and sets the variable to null.
///
/// # Safety
/// `session` is null or points to a variable, which is null or has a session that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_session_close(session: *mut *mut SessionHandle) -> i32 {
    // SAFETY: the caller's; what the struct stands for is a handle of this kind.
    guard(|| unsafe { Handle::<Held>::close(session.cast()) })
}
