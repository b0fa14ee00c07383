//! The functions of the C library, in any order and with any arguments that its contract allows.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::PathBuf;
use std::ptr::{null, null_mut};

use arbitrary::Arbitrary;
use picotuf_c::{
    AttestationOptions, ClientOptions, PICOTUF_FETCH_ABSENT, PICOTUF_FETCH_FOUND, PICOTUF_OK,
    PICOTUF_REFUSED, PICOTUF_STEP_DELETE, PICOTUF_STEP_DONE, PICOTUF_STEP_FETCH, PICOTUF_STEP_LOAD,
    PICOTUF_STEP_STORE, PICOTUF_USAGE, SessionHandle, SessionOptions, SinkHandle, VerdictHandle,
    picotuf_download, picotuf_find, picotuf_refresh, picotuf_session_answer, picotuf_session_check,
    picotuf_session_close, picotuf_session_find, picotuf_session_finish, picotuf_session_open,
    picotuf_session_step, picotuf_session_verdict, picotuf_sink_write, picotuf_verdict_close,
    picotuf_verdict_code, picotuf_verdict_json, picotuf_verdict_message,
    picotuf_verify_attestation, picotuf_verify_file,
};

use tempfile::TempDir;

use crate::boundary::{
    Answer, CONTENT, Data, NOW, PATH, PUBLISHER, Step, Stored, assert_verdict, attested, good,
    serve,
};

/// A call of a function, or some calls that belong together.
#[derive(Arbitrary, Clone, Debug)]
#[allow(private_interfaces, reason = "only this file looks into it")]
pub enum CCall {
    /// `picotuf_session_open`.
    Open(Slot, Size, Settings, Slot),
    /// `picotuf_session_find`.
    Find(Slot, Text),
    /// `picotuf_session_step`.
    Step(Slot, Size),
    /// `picotuf_session_answer`.
    Answer(Slot, i8, Bytes),
    /// `picotuf_session_check`.
    Check(Slot, Bytes),
    /// `picotuf_session_finish`.
    Finish(Slot),
    /// `picotuf_session_verdict`.
    Verdict(Slot, Slot),
    /// `picotuf_session_close`.
    Close(Slot),
    /// `picotuf_verdict_close`.
    CloseVerdict(Slot),
    /// So many steps of a host that does all right.
    Serve(Slot, u8),
    /// All bytes of the target's file, and its end.
    Verify(Slot),
    /// Handles in the place of those of another kind, and pointers beside them.
    Confuse(Slot, Slot, u8),
    /// `picotuf_refresh`, `picotuf_find`, `picotuf_verify_file` or `picotuf_download`.
    Client(u8, Box<Client>, Slot),
    /// `picotuf_verify_attestation`.
    Attestation(Box<Attestation>, Slot),
}

/// A variable of the host, or null in the place of its address.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Slot {
    First,
    Second,
    Null,
}

/// The size of a struct.
#[derive(Arbitrary, Clone, Debug)]
enum Size {
    Right,
    /// There is no struct.
    Null,
    /// It is not set, or another number that is no size.
    Shorter(u8),
    /// Longer than any struct.
    TooLong(u16),
    /// A struct of a newer version, with these bytes at its end.
    Newer(Vec<u8>),
    /// The right size, at an odd address.
    Odd,
}

/// A text.
#[derive(Arbitrary, Clone, Debug)]
enum Text {
    Null,
    /// The right one.
    Right,
    /// Any bytes up to the first NUL.
    Bytes(Vec<u8>),
}

/// Data with its length.
#[derive(Arbitrary, Clone, Debug)]
enum Bytes {
    Right(Data),
    /// Null, with this length.
    Null(u8),
    /// A length that no memory has.
    TooLong(u8),
}

/// The members of options that are numbers; all 0 where there are none.
#[derive(Arbitrary, Clone, Debug)]
struct Settings {
    now: Option<i64>,
    offline: bool,
    limits: Option<([u64; 4], [u32; 2])>,
}

#[derive(Arbitrary, Clone, Debug)]
struct Client {
    size: Size,
    folder: Folder,
    metadata: Place,
    targets: Place,
    root: Bytes,
    fetch: Option<Fetching>,
    settings: Settings,
    path: Text,
    file: LocalFile,
}

/// The folder of the trusted metadata: only such that the target may write to.
#[derive(Arbitrary, Clone, Debug)]
enum Folder {
    Fresh,
    Used,
    AFile,
    NoUtf8,
    Empty,
    Null,
}

/// Where the repository is.
#[derive(Arbitrary, Clone, Debug)]
enum Place {
    Url,
    Folder,
    Other(Text),
}

/// What a fetch function does.
#[derive(Arbitrary, Clone, Debug)]
struct Fetching {
    /// The bytes that it writes in the place of the right ones, at so many fetches.
    wrong: Option<(u8, Bytes)>,
    /// How many bytes it writes at once.
    piece: u8,
    /// What it returns in the place of the right status.
    status: Option<i8>,
    /// It calls the library.
    calls: bool,
}

#[derive(Arbitrary, Clone, Debug)]
enum LocalFile {
    Right,
    Changed,
    Missing,
    AFolder,
    NoUtf8,
    Null,
}

#[derive(Arbitrary, Clone, Debug)]
struct Attestation {
    size: Size,
    has_file: bool,
    name: Text,
    has_sha256: bool,
    sha256: Option<[u8; 32]>,
    provenance: Bytes,
    trusted_root: Bytes,
    publisher: Text,
    now: Option<i64>,
}

/// A session of the host, and what it knows of it.
#[derive(Default)]
struct Session {
    handle: Pointer<SessionHandle>,
    stored: Stored,
    /// The bytes of the target's file that were taken.
    checked: Vec<u8>,
}

/// A variable for a handle.
struct Pointer<T>(*mut T);

impl<T> Default for Pointer<T> {
    fn default() -> Self {
        Pointer(null_mut())
    }
}

#[derive(Default)]
struct Host {
    sessions: [Session; 2],
    verdicts: [Pointer<VerdictHandle>; 2],
    files: Option<Files>,
}

/// Nothing panics, and no memory is touched but what the contract allows; every wrong argument and
/// every call out of order is an error; nothing is to be stored that was not signed; and only the
/// signed file is verified.
pub fn c_calls(calls: &[CCall]) {
    let mut host = Host::default();
    for call in calls.iter().take(48) {
        host.run(call);
    }
    // Whatever has been, a host that does all right comes to an end.
    for slot in [Slot::First, Slot::Second] {
        host.serve(slot, None);
        host.verdict(slot, Slot::First);
        host.close(slot);
        host.close_verdict(slot);
    }
}

impl Slot {
    fn of<T>(self, all: &mut [T; 2]) -> Option<&mut T> {
        match self {
            Slot::First => all.first_mut(),
            Slot::Second => all.last_mut(),
            Slot::Null => None,
        }
    }
}

/// Returns the address of a variable.
fn address<T>(variable: Option<&mut Pointer<T>>) -> *mut *mut T {
    variable.map_or(null_mut(), |variable| &raw mut variable.0)
}

/// A struct in memory that ends where it does, so that reading beyond it is seen by a sanitizer.
struct Laid {
    memory: Box<[u64]>,
    shift: usize,
    is_null: bool,
}

impl Laid {
    /// Copies a struct whose first member is its size, and sets that. Of a size that no struct has,
    /// only what a library may look at is there.
    fn new<T>(size: &Size, members: T) -> Self {
        let right = size_of::<T>();
        let (stated, more) = match size {
            Size::Right | Size::Null | Size::Odd => (right, &[][..]),
            Size::Shorter(less) => (right - 1 - usize::from(*less) % right, &[][..]),
            Size::TooLong(more) => (SIZE_MAX + 1 + usize::from(*more), &[][..]),
            Size::Newer(bytes) => (right + bytes.len(), &bytes[..]),
        };
        let shift = usize::from(matches!(size, Size::Odd));
        let there = match size {
            Size::Shorter(_) => stated.max(size_of::<usize>()),
            Size::TooLong(_) => size_of::<usize>(),
            _ => stated,
        };
        let mut memory = vec![0_u64; (shift + there).div_ceil(8)].into_boxed_slice();
        let begin = memory.as_mut_ptr().cast::<u8>().wrapping_add(shift);
        let from = (&raw const members).cast::<u8>();
        // SAFETY: both have so many bytes, and neither is in the other.
        unsafe { begin.copy_from_nonoverlapping(from, there.min(right)) };
        // SAFETY: the memory has room for what follows the struct, too.
        unsafe { begin.wrapping_add(right).copy_from_nonoverlapping(more.as_ptr(), more.len()) };
        // SAFETY: the first member of each of these structs is its size.
        unsafe { begin.cast::<usize>().write_unaligned(stated) };
        Laid { memory, shift, is_null: matches!(size, Size::Null) }
    }

    fn pointer<T>(&mut self) -> *mut T {
        match self.is_null {
            true => null_mut(),
            false => self.memory.as_mut_ptr().cast::<u8>().wrapping_add(self.shift).cast(),
        }
    }
}

impl Size {
    /// Returns whether options with this size are read.
    fn is_read<T>(&self) -> bool {
        match self {
            Size::Right | Size::Odd => true,
            Size::Newer(bytes) => self.is_written::<T>() && bytes.iter().all(|byte| *byte == 0),
            Size::Null | Size::Shorter(_) | Size::TooLong(_) => false,
        }
    }

    /// Returns whether a struct of this size is written to.
    fn is_written<T>(&self) -> bool {
        match self {
            Size::Right => true,
            Size::Newer(bytes) => size_of::<T>() + bytes.len() <= SIZE_MAX,
            Size::Odd | Size::Null | Size::Shorter(_) | Size::TooLong(_) => false,
        }
    }
}

/// The longest struct that the library takes, in bytes.
const SIZE_MAX: usize = 4096;

impl Text {
    fn c_string(&self, right: &str) -> Option<CString> {
        match self {
            Text::Null => None,
            Text::Right => Some(CString::new(right).expect("it has no NUL")),
            Text::Bytes(bytes) => {
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                Some(CString::new(text).expect("it ends before the first NUL"))
            }
        }
    }
}

fn text(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

/// Bytes that end where their memory does.
struct Held(Option<Box<[u8]>>, usize);

impl Bytes {
    fn held(&self, right: Option<&[u8]>) -> Held {
        match self {
            Bytes::Right(data) => {
                let bytes = data.bytes(right).into_boxed_slice();
                let length = bytes.len();
                Held(Some(bytes), length)
            }
            Bytes::Null(length) => Held(None, (*length).into()),
            Bytes::TooLong(less) => Held(Some(Box::new([0])), usize::MAX - usize::from(*less)),
        }
    }
}

impl Held {
    fn pointer(&self) -> *const u8 {
        self.0.as_deref().map_or(null(), <[u8]>::as_ptr)
    }

    /// The bytes, if they are some that the library takes.
    fn taken(&self) -> Option<&[u8]> {
        match (&self.0, self.1) {
            (None, 0) => Some(&[]),
            (Some(bytes), length) if bytes.len() == length => Some(bytes),
            _ => None,
        }
    }
}

/// Returns a text of the library.
fn said(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the library's texts end with a NUL byte and live as long as the verdict.
    let text = unsafe { CStr::from_ptr(pointer) };
    Some(text.to_str().expect("texts are UTF-8").to_owned())
}

impl Host {
    fn run(&mut self, call: &CCall) {
        match call {
            CCall::Open(slot, size, settings, verdict) => {
                self.open(*slot, size, settings, *verdict);
            }
            CCall::Find(slot, path) => {
                self.find(*slot, path);
            }
            CCall::Step(slot, size) => {
                self.step(*slot, size);
            }
            CCall::Answer(slot, answer, data) => {
                let step = self.step(*slot, &Size::Right);
                let session = slot.of(&mut self.sessions);
                let asked = session
                    .zip(step)
                    .and_then(|(session, step)| session.stored.asked(&step).map(<[u8]>::to_vec));
                let held = data.held(asked.as_deref());
                let status = self.answer(*slot, (*answer).into(), &held);
                if !(0..=2).contains(answer) || (*answer == 0 && held.taken().is_none()) {
                    assert_eq!(status, PICOTUF_USAGE);
                }
            }
            CCall::Check(slot, data) => {
                self.check(*slot, &data.held(Some(CONTENT)));
            }
            CCall::Finish(slot) => {
                self.finish(*slot);
            }
            CCall::Verdict(slot, verdict) => self.verdict(*slot, *verdict),
            CCall::Close(slot) => self.close(*slot),
            CCall::CloseVerdict(slot) => self.close_verdict(*slot),
            CCall::Serve(slot, most) => self.serve(*slot, Some(*most)),
            CCall::Verify(slot) => {
                self.check(*slot, &Bytes::Right(Data::Asked).held(Some(CONTENT)));
                self.finish(*slot);
            }
            CCall::Confuse(session, verdict, shift) => self.confuse(*session, *verdict, *shift),
            CCall::Client(function, client, verdict) => self.client(*function, client, *verdict),
            CCall::Attestation(attestation, verdict) => self.attestation(attestation, *verdict),
        }
    }

    fn handle(&mut self, slot: Slot) -> *mut SessionHandle {
        slot.of(&mut self.sessions).map_or(null_mut(), |session| session.handle.0)
    }

    fn open(&mut self, slot: Slot, size: &Size, settings: &Settings, verdict: Slot) {
        self.close(slot);
        self.close_verdict(verdict);
        let (lengths, counts) = settings.limits.unwrap_or_default();
        let options = SessionOptions {
            size: 0,
            now: settings.now.unwrap_or(NOW),
            offline: settings.offline.into(),
            root_rotations: counts[0],
            delegations: counts[1],
            root_length: lengths[0],
            timestamp_length: lengths[1],
            snapshot_length: lengths[2],
            targets_length: lengths[3],
        };
        let mut options = Laid::new(size, options);
        let session = slot.of(&mut self.sessions).map(|session| {
            *session = Session::default();
            &mut session.handle
        });
        let session = address(session);
        let out = address(verdict.of(&mut self.verdicts));
        // SAFETY: the options are as long as they say, or are refused by their size.
        let status = unsafe { picotuf_session_open(options.pointer(), session, out) };
        let is_wrong = !size.is_read::<SessionOptions>() || session.is_null();
        assert_eq!(status, if is_wrong { PICOTUF_USAGE } else { PICOTUF_OK });
        assert_eq!(self.handle(slot).is_null(), status != PICOTUF_OK);
        self.read(verdict, status);
    }

    fn find(&mut self, slot: Slot, path: &Text) {
        let path = path.c_string(PATH);
        let handle = self.handle(slot);
        // SAFETY: the handle is open or null, and the text ends with a NUL byte.
        let status = unsafe { picotuf_session_find(handle, text(&path)) };
        let is_text = path.is_some_and(|path| path.to_str().is_ok());
        self.after(slot, status, is_text);
        if let (Some(session), PICOTUF_OK) = (slot.of(&mut self.sessions), status) {
            session.checked.clear();
        }
    }

    /// Returns the step of an open session, if the struct for it is as it should be.
    fn step(&mut self, slot: Slot, size: &Size) -> Option<Step> {
        let empty = picotuf_c::Step {
            size: 0,
            kind: -1,
            max_length: 0,
            file: null(),
            name: null(),
            data: null(),
            data_length: 0,
        };
        let mut step = Laid::new(size, empty);
        let handle = self.handle(slot);
        // SAFETY: the handle is open or null, and the struct is as long as it says, or is refused.
        let status = unsafe { picotuf_session_step(handle, step.pointer()) };
        self.after(slot, status, size.is_written::<picotuf_c::Step>());
        if status != PICOTUF_OK {
            return None;
        }
        // SAFETY: the library has written it.
        let step = unsafe { step.pointer::<picotuf_c::Step>().read() };
        let file = said(step.file).expect("a step has a file");
        let name = said(step.name).expect("a step has a name");
        assert!(!file.contains('/') && !file.is_empty());
        assert_eq!(step.data.is_null(), step.kind != PICOTUF_STEP_STORE);
        Some(match step.kind {
            PICOTUF_STEP_DONE => Step::Done,
            PICOTUF_STEP_LOAD => Step::Load(file),
            PICOTUF_STEP_FETCH => Step::Fetch(name),
            PICOTUF_STEP_STORE => {
                // SAFETY: the library's, until the next call with the session.
                let data = unsafe { std::slice::from_raw_parts(step.data, step.data_length) };
                Step::Store(file, data.to_vec())
            }
            PICOTUF_STEP_DELETE => Step::Delete(file),
            other => panic!("there is no step {other}"),
        })
    }

    fn answer(&mut self, slot: Slot, answer: i32, data: &Held) -> i32 {
        let handle = self.handle(slot);
        // SAFETY: the handle is open or null, and the data as long as it says, or is refused.
        let status = unsafe { picotuf_session_answer(handle, answer, data.pointer(), data.1) };
        self.after(slot, status, true);
        status
    }

    fn check(&mut self, slot: Slot, data: &Held) {
        let handle = self.handle(slot);
        // SAFETY: the handle is open or null, and the data as long as it says, or is refused.
        let status = unsafe { picotuf_session_check(handle, data.pointer(), data.1) };
        self.after(slot, status, data.taken().is_some());
        if let (Some(session), PICOTUF_OK) = (slot.of(&mut self.sessions), status) {
            session.checked.extend_from_slice(data.taken().expect("it was taken"));
        }
    }

    fn finish(&mut self, slot: Slot) {
        let handle = self.handle(slot);
        // SAFETY: the handle is open or null.
        let status = unsafe { picotuf_session_finish(handle) };
        self.after(slot, status, true);
        if let Some(session) = slot.of(&mut self.sessions) {
            let checked = std::mem::take(&mut session.checked);
            assert!(status != PICOTUF_OK || checked == CONTENT, "{checked:?} is verified");
        }
    }

    /// Asserts what holds of a status: there is no session for null, and a wrong argument is
    /// refused.
    fn after(&mut self, slot: Slot, status: i32, is_right: bool) {
        assert!([PICOTUF_OK, PICOTUF_REFUSED, PICOTUF_USAGE].contains(&status));
        if self.handle(slot).is_null() || !is_right {
            assert_eq!(status, PICOTUF_USAGE);
        }
    }

    fn serve(&mut self, slot: Slot, most: Option<u8>) {
        serve(most, || {
            let Some(step) = self.step(slot, &Size::Right) else { return false };
            let session = slot.of(&mut self.sessions).expect("it has a step");
            let data = |file: Vec<u8>| Held(Some(file.into_boxed_slice()), 0);
            let (answer, mut held) = match session.stored.answer(&step) {
                None => return false,
                Some(Answer::File(file)) => (0, data(file)),
                Some(Answer::Absent) => (1, Held(None, 0)),
                Some(Answer::Done) => (2, Held(None, 0)),
            };
            held.1 = held.0.as_ref().map_or(0, |bytes| bytes.len());
            self.answer(slot, answer, &held) == PICOTUF_OK
        });
    }

    fn verdict(&mut self, slot: Slot, verdict: Slot) {
        self.close_verdict(verdict);
        let handle = self.handle(slot);
        let out = address(verdict.of(&mut self.verdicts));
        // SAFETY: the handle is open or null, and so is the variable.
        let status = unsafe { picotuf_session_verdict(handle, out) };
        self.after(slot, status, true);
        if !handle.is_null() {
            assert_ne!(status, PICOTUF_USAGE);
            self.read(verdict, status);
        }
    }

    /// Reads the verdict that a call gave with its status.
    fn read(&mut self, slot: Slot, status: i32) {
        let Some(Pointer(verdict)) = slot.of(&mut self.verdicts) else { return };
        // SAFETY: it is open.
        let json = said(unsafe { picotuf_verdict_json(*verdict) }).expect("there is a verdict");
        // SAFETY: it is open.
        let code = said(unsafe { picotuf_verdict_code(*verdict) }).expect("there is a verdict");
        // SAFETY: it is open.
        let message = said(unsafe { picotuf_verdict_message(*verdict) }).expect("a verdict");
        assert_eq!(assert_verdict(&json), status == PICOTUF_OK, "{status}: {json}");
        assert_eq!(code.is_empty(), status == PICOTUF_OK);
        assert_eq!(message.is_empty(), status == PICOTUF_OK);
        assert!(!message.contains(['\n', '\r']), "{message:?}");
    }

    fn close(&mut self, slot: Slot) {
        let variable = address(slot.of(&mut self.sessions).map(|session| &mut session.handle));
        // SAFETY: the variable has an open handle or null.
        let status = unsafe { picotuf_session_close(variable) };
        assert_eq!(status, if variable.is_null() { PICOTUF_USAGE } else { PICOTUF_OK });
        assert!(self.handle(slot).is_null());
    }

    fn close_verdict(&mut self, slot: Slot) {
        let variable = address(slot.of(&mut self.verdicts));
        // SAFETY: the variable has an open handle or null.
        let status = unsafe { picotuf_verdict_close(variable) };
        assert_eq!(status, if variable.is_null() { PICOTUF_USAGE } else { PICOTUF_OK });
        assert!(slot.of(&mut self.verdicts).is_none_or(|verdict| verdict.0.is_null()));
    }

    /// Gives handles in the place of those of another kind, and addresses beside them.
    fn confuse(&mut self, session: Slot, verdict: Slot, shift: u8) {
        let session = self.handle(session);
        let verdict = verdict.of(&mut self.verdicts).map_or(null_mut(), |verdict| verdict.0);
        let odd = match session.is_null() {
            true => null_mut(),
            false => session.wrapping_byte_add(1 + 2 * usize::from(shift % 4)),
        };
        for wrong in [verdict.cast::<SessionHandle>(), odd] {
            // SAFETY: it is an open handle of another kind, null, or seen to be at an odd address.
            assert_eq!(unsafe { picotuf_session_finish(wrong) }, PICOTUF_USAGE);
            let mut variable = wrong;
            // SAFETY: the same, and the variable is one.
            let status = unsafe { picotuf_session_close(&raw mut variable) };
            assert_eq!(status, if wrong.is_null() { PICOTUF_OK } else { PICOTUF_USAGE });
            assert_eq!(variable, wrong);
        }
        // SAFETY: it is an open handle of another kind, or null.
        assert!(unsafe { picotuf_verdict_json(session.cast::<VerdictHandle>()) }.is_null());
        // SAFETY: it is an open handle of another kind, or null.
        let status = unsafe { picotuf_sink_write(session.cast::<SinkHandle>(), null(), 0) };
        assert_eq!(status, PICOTUF_USAGE);
        let mut variable = session.cast::<VerdictHandle>();
        // SAFETY: it is an open handle of another kind, or null, and the variable is one.
        let status = unsafe { picotuf_verdict_close(&raw mut variable) };
        assert_eq!(status, if session.is_null() { PICOTUF_OK } else { PICOTUF_USAGE });
    }

    fn client(&mut self, function: u8, client: &Client, verdict: Slot) {
        let function = function % 4;
        self.close_verdict(verdict);
        let out = address(verdict.of(&mut self.verdicts));
        let files = self.files.get_or_insert_with(Files::new);
        let folder = files.trusted(&client.folder);
        let metadata = files.place(&client.metadata, "metadata");
        let targets = files.place(&client.targets, "targets");
        let root = client.root.held(Some(&good().root));
        let path = client.path.c_string(PATH);
        let file = files.local(&client.file);
        let downloads = files.text("downloads");
        let mut network = client.fetch.clone().map(|fetching| {
            let other = files.text("other").expect("a folder");
            Network { fetching, other }
        });
        let context: *mut c_void =
            network.as_mut().map_or(null_mut(), |network| (&raw mut *network).cast());
        let (lengths, counts) = client.settings.limits.unwrap_or_default();
        let options = ClientOptions {
            metadata_dir: text(&folder),
            metadata_url: text(&metadata),
            target_url: text(&targets),
            root: root.pointer(),
            root_size: root.1,
            fetch: (!context.is_null()).then_some(fetch as unsafe extern "C" fn(_, _, _, _) -> _),
            context,
            now: client.settings.now.unwrap_or(NOW),
            offline: client.settings.offline.into(),
            root_rotations: counts[0],
            delegations: counts[1],
            root_length: lengths[0],
            timestamp_length: lengths[1],
            snapshot_length: lengths[2],
            targets_length: lengths[3],
            ..no_options()
        };
        let mut options = Laid::new(&client.size, options);
        let (options, path) = (options.pointer(), text(&path));
        let status = match function {
            // SAFETY: the options are as long as they say, or are refused by their size, and all
            // that they point to outlives the call.
            0 => unsafe { picotuf_refresh(options, out) },
            // SAFETY: the same.
            1 => unsafe { picotuf_find(options, path, out) },
            // SAFETY: the same.
            2 => unsafe { picotuf_verify_file(options, path, text(&file), out) },
            // SAFETY: the same.
            _ => unsafe { picotuf_download(options, path, text(&downloads), out) },
        };
        assert!([PICOTUF_OK, PICOTUF_REFUSED, PICOTUF_USAGE].contains(&status));
        let is_wrong = !client.size.is_read::<ClientOptions>()
            || folder.is_none_or(|folder| folder.is_empty() || folder.to_str().is_err())
            || root.taken().is_none()
            || (function != 0 && client.path.c_string(PATH).is_none())
            || (function == 2 && file.is_none_or(|file| file.to_str().is_err()));
        if is_wrong {
            assert_eq!(status, PICOTUF_USAGE);
        }
        if status == PICOTUF_OK && function == 2 {
            assert!(matches!(client.file, LocalFile::Right), "another file is verified");
        }
        let downloaded = files.path("downloads").join(PATH);
        if let Ok(bytes) = std::fs::read(&downloaded) {
            assert_eq!(bytes, CONTENT, "what is downloaded is not what is signed");
            std::fs::remove_file(downloaded).expect("the file can be removed");
        } else {
            assert!(status != PICOTUF_OK || function != 3, "nothing is downloaded");
        }
        self.read(verdict, status);
    }

    fn attestation(&mut self, given: &Attestation, verdict: Slot) {
        self.close_verdict(verdict);
        let out = address(verdict.of(&mut self.verdicts));
        let right = attested();
        let files = self.files.get_or_insert_with(Files::new);
        let file = if given.has_file { files.text(right.name) } else { None };
        let name = given.name.c_string(right.name);
        let sha256 = given.sha256.unwrap_or(right.sha256);
        let provenance = given.provenance.held(Some(&right.provenance));
        let trusted_root = given.trusted_root.held(Some(&right.trusted_root));
        let publisher = given.publisher.c_string(PUBLISHER);
        let options = AttestationOptions {
            size: 0,
            file: text(&file),
            name: text(&name),
            sha256: if given.has_sha256 { sha256.as_ptr() } else { null() },
            provenance: provenance.pointer(),
            provenance_size: provenance.1,
            trusted_root: trusted_root.pointer(),
            trusted_root_size: trusted_root.1,
            publisher: text(&publisher),
            now: given.now.unwrap_or(NOW),
        };
        let mut options = Laid::new(&given.size, options);
        // SAFETY: the options are as long as they say, or are refused by their size, and all that
        // they point to outlives the call.
        let status = unsafe { picotuf_verify_attestation(options.pointer(), out) };
        assert!([PICOTUF_OK, PICOTUF_REFUSED, PICOTUF_USAGE].contains(&status));
        if status == PICOTUF_OK {
            assert!(given.size.is_read::<AttestationOptions>());
            assert!(given.has_file != given.has_sha256);
            assert!(given.has_file || sha256 == right.sha256, "another file is verified");
        }
        self.read(verdict, status);
    }
}

/// What a fetch function works with.
struct Network {
    fetching: Fetching,
    /// The folder of another client, which the function uses.
    other: CString,
}

/// Answers the URLs of the repository.
///
/// # Safety
/// The context is a [`Network`], and the library calls it.
unsafe extern "C" fn fetch(
    context: *mut c_void,
    url: *const c_char,
    max_length: u64,
    sink: *mut SinkHandle,
) -> i32 {
    // SAFETY: the caller's; no other reference to it exists during the call.
    let Network { fetching, other } = unsafe { &mut *context.cast::<Network>() };
    let url = said(url).expect("there is a URL");
    if std::mem::take(&mut fetching.calls) {
        another_client(other);
        // SAFETY: the sink is an open handle of another kind.
        assert_eq!(unsafe { picotuf_session_finish(sink.cast()) }, PICOTUF_USAGE);
    }
    let path = url.strip_prefix("http://repository/").unwrap_or_default();
    let right = good().files.get(path.strip_prefix("metadata/").unwrap_or(path));
    let data = match &mut fetching.wrong {
        Some((times @ 1.., bytes)) => {
            *times -= 1;
            Some(bytes.held(right.map(Vec::as_slice)))
        }
        _ => right.map(|file| Bytes::Right(Data::Asked).held(Some(file))),
    };
    let mut found = PICOTUF_FETCH_ABSENT;
    if let Some(data) = data {
        found = PICOTUF_FETCH_FOUND;
        write(sink, &data, fetching.piece, max_length);
    }
    fetching.status.map_or(found, i32::from)
}

/// Writes data in pieces, until no more is wanted.
fn write(sink: *mut SinkHandle, data: &Held, piece: u8, max_length: u64) {
    let Some(bytes) = data.taken() else {
        // SAFETY: the sink is open, and the length is none that is read.
        let status = unsafe { picotuf_sink_write(sink, data.pointer(), data.1) };
        assert_eq!(status, PICOTUF_USAGE);
        return;
    };
    let mut written = 0;
    for piece in bytes.chunks(1 + 16 * usize::from(piece)) {
        // SAFETY: the sink is open, and the piece is as long as it says.
        let status = unsafe { picotuf_sink_write(sink, piece.as_ptr(), piece.len()) };
        written += u64::try_from(piece.len()).expect("64 bits");
        if status != PICOTUF_OK {
            assert_eq!(status, PICOTUF_REFUSED);
            // SAFETY: the same.
            let again = unsafe { picotuf_sink_write(sink, piece.as_ptr(), piece.len()) };
            assert_eq!(again, PICOTUF_REFUSED);
            return;
        }
        assert!(written <= max_length);
    }
}

/// Refreshes from a folder where nothing is trusted.
fn another_client(folder: &CStr) {
    let options = ClientOptions {
        metadata_dir: folder.as_ptr(),
        metadata_url: folder.as_ptr(),
        now: NOW,
        ..no_options()
    };
    // SAFETY: the options have the right size, and their texts end with a NUL byte.
    let status = unsafe { picotuf_refresh(&raw const options, null_mut()) };
    assert_eq!(status, PICOTUF_REFUSED);
}

/// Returns options of which only the size is set.
fn no_options() -> ClientOptions {
    ClientOptions {
        size: size_of::<ClientOptions>(),
        metadata_dir: null(),
        metadata_url: null(),
        target_url: null(),
        root: null(),
        root_size: 0,
        fetch: None,
        context: null_mut(),
        now: 0,
        offline: 0,
        root_rotations: 0,
        delegations: 0,
        root_length: 0,
        timestamp_length: 0,
        snapshot_length: 0,
        targets_length: 0,
    }
}

/// The files that one run works with.
struct Files {
    folder: TempDir,
    /// How many folders of trusted metadata there are.
    fresh: u32,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a temporary file");
        };
        for (name, bytes) in &good().files {
            let below = if name.starts_with("targets/") { "" } else { "metadata/" };
            write(&format!("{below}{name}"), bytes);
        }
        write("right", CONTENT);
        write("changed", &CONTENT[1..]);
        write("downloads/before", b"");
        // The SHA-256 of these bytes is attested.
        write(attested().name, b"abc");
        Files { folder, fresh: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> Option<CString> {
        let path = self.path(name).into_os_string().into_encoded_bytes();
        Some(CString::new(path).expect("a path has no NUL"))
    }

    fn no_utf8(&self) -> Option<CString> {
        let path = self.path("no-utf8-").into_os_string().into_encoded_bytes();
        Some(CString::new([&path[..], b"\xff"].concat()).expect("a path has no NUL"))
    }

    fn trusted(&mut self, folder: &Folder) -> Option<CString> {
        match folder {
            Folder::Fresh => {
                self.fresh += 1;
                self.text(&format!("trusted-{}", self.fresh))
            }
            Folder::Used => self.text("trusted-1"),
            Folder::AFile => self.text("right"),
            Folder::NoUtf8 => self.no_utf8(),
            Folder::Empty => Some(CString::default()),
            Folder::Null => None,
        }
    }

    fn place(&self, place: &Place, name: &str) -> Option<CString> {
        let url = format!("http://repository/{name}");
        match place {
            Place::Url => Text::Right.c_string(&url),
            Place::Folder => self.text(name),
            Place::Other(text) => text.c_string(&url),
        }
    }

    fn local(&self, file: &LocalFile) -> Option<CString> {
        match file {
            LocalFile::Right => self.text("right"),
            LocalFile::Changed => self.text("changed"),
            LocalFile::Missing => self.text("missing"),
            LocalFile::AFolder => self.text("metadata"),
            LocalFile::NoUtf8 => self.no_utf8(),
            LocalFile::Null => None,
        }
    }
}
