//! What is behind the exports, without `unsafe`: buffers that the host fills, and handles.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use picotuf::{Limits, Time};
use picotuf_bindings::{Options, Refusal, Refused, Session};

/// The version of the protocol. It changes where a host has to.
pub const ABI_VERSION: u32 = 1;

/// All that was asked for holds.
pub const OK: u32 = 0;
/// Something was refused: the verdict says what and why.
pub const REFUSED: u32 = 1;
/// The arguments are wrong, or the call comes at the wrong time.
pub const USAGE: u32 = 2;

/// What a handle is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A session with a repository.
    Update = 0,
    /// A session with stored metadata only.
    Offline = 1,
    /// The verification of what is attested about a file.
    Attestation = 2,
}

/// What a host gives to a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Answer {
    /// The file that the step asks for.
    File = 0,
    /// There is no such file.
    Absent = 1,
    /// It is stored or deleted.
    Done = 2,
    /// The path of the target to search for.
    Find = 3,
    /// The next bytes of the file of the target.
    Check = 4,
    /// The file of the target has ended.
    Finish = 5,
    /// A limit, before the first step: its name, a blank and the number.
    Limit = 6,
    /// The name of the attested file.
    Name = 16,
    /// The 32 bytes of its SHA-256.
    Sha256 = 17,
    /// Its provenance document.
    Provenance = 18,
    /// Sigstore's trusted root.
    TrustedRoot = 19,
    /// The publisher that must have published it.
    Publisher = 20,
}

impl Answer {
    const ALL: [Answer; 12] = [
        Answer::File,
        Answer::Absent,
        Answer::Done,
        Answer::Find,
        Answer::Check,
        Answer::Finish,
        Answer::Limit,
        Answer::Name,
        Answer::Sha256,
        Answer::Provenance,
        Answer::TrustedRoot,
        Answer::Publisher,
    ];

    #[allow(clippy::as_conversions, reason = "the number of a variant")]
    fn of(number: u32) -> Option<Self> {
        Answer::ALL.into_iter().find(|answer| *answer as u32 == number)
    }
}

/// What an instance of the module knows.
pub struct Module {
    buffers: Vec<Box<[u8]>>,
    open: Vec<Handle>,
    opened: u32,
}

struct Handle {
    number: u32,
    work: Work,
    /// What the host reads until its next call with the handle.
    text: String,
}

enum Work {
    /// A session before its first step, whose limits can still be set.
    Opening(Options),
    Session(Box<Session>),
    #[cfg(feature = "attest")]
    Attestation(Box<Documents>),
}

#[cfg(feature = "attest")]
#[derive(Default)]
struct Documents {
    now: i64,
    name: Option<Vec<u8>>,
    sha256: Option<Vec<u8>>,
    provenance: Option<Vec<u8>>,
    trusted_root: Option<Vec<u8>>,
    publisher: Option<Vec<u8>>,
}

impl Default for Module {
    fn default() -> Self {
        Module::new()
    }
}

impl Module {
    /// Creates an instance without handles.
    pub const fn new() -> Self {
        Module { buffers: Vec::new(), open: Vec::new(), opened: 0 }
    }

    /// Returns the address of new memory for the host to write to, all zero, or 0 if there is not
    /// enough, the length is 0 or more than [`BUFFER_MAX`], or there are [`BUFFERS_MAX`] already.
    pub fn allocate(&mut self, length: usize) -> usize {
        if length == 0 || length > BUFFER_MAX || self.buffers.len() >= BUFFERS_MAX {
            return 0;
        }
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(length).is_err() || self.buffers.try_reserve(1).is_err() {
            return 0;
        }
        buffer.resize(length, 0);
        let buffer = buffer.into_boxed_slice();
        let address = address_of(&buffer);
        self.buffers.push(buffer);
        address
    }

    /// Returns the memory at an address, for the host to write to.
    pub fn memory(&mut self, address: usize) -> Option<&mut [u8]> {
        let at = |buffer: &&mut Box<[u8]>| address_of(buffer) == address;
        self.buffers.iter_mut().find(at).map(|buffer| &mut **buffer)
    }

    /// Gives allocated memory back.
    pub fn free(&mut self, address: usize) -> u32 {
        if self.take(address).is_some() { OK } else { USAGE }
    }

    fn take(&mut self, address: usize) -> Option<Vec<u8>> {
        let place = self.buffers.iter().position(|buffer| address_of(buffer) == address)?;
        Some(self.buffers.swap_remove(place).into_vec())
    }

    /// Opens a handle of a [`Kind`] at a time in seconds since 1970. Returns 0 if the kind is not
    /// known, the time is 0, or [`HANDLES_MAX`] are open. Numbers of handles are never used again.
    pub fn open(&mut self, kind: u32, now: i64) -> u32 {
        let options =
            |offline| Options { now: Time::from_unix(now), offline, limits: Limits::default() };
        let work = match kind {
            0 => Work::Opening(options(false)),
            1 => Work::Opening(options(true)),
            #[cfg(feature = "attest")]
            2 => Work::Attestation(Box::new(Documents { now, ..Documents::default() })),
            _ => return 0,
        };
        let Some(number) = self.opened.checked_add(1) else { return 0 };
        if now == 0 || self.open.len() >= HANDLES_MAX {
            return 0;
        }
        self.opened = number;
        self.open.push(Handle { number, work, text: String::new() });
        number
    }

    fn handle(&mut self, number: u32) -> Option<&mut Handle> {
        self.open.iter_mut().find(|handle| handle.number == number)
    }

    /// Returns what a session needs next, as JSON.
    pub fn step(&mut self, handle: u32) -> Option<&[u8]> {
        let handle = self.handle(handle)?;
        handle.text = handle.session()?.step_json();
        Some(handle.text.as_bytes())
    }

    /// Returns what is to be stored.
    pub fn data(&mut self, handle: u32) -> Option<&[u8]> {
        let session = self.handle(handle)?.session()?;
        match session.step() {
            picotuf_bindings::Step::Store => session.to_store(),
            _ => None,
        }
    }

    /// Gives the first `length` bytes of allocated memory to a handle, which keeps the memory. The
    /// address 0 stands for no bytes.
    pub fn answer(&mut self, handle: u32, answer: u32, address: usize, length: usize) -> u32 {
        let bytes = match (address, length) {
            (0, 0) => Some(Vec::new()),
            _ => self.take(address).filter(|buffer| length <= buffer.len()).map(|mut buffer| {
                buffer.truncate(length);
                buffer
            }),
        };
        let Some(handle) = self.handle(handle) else { return USAGE };
        let Some(bytes) = bytes else {
            return handle.reject("the address is none of the module's memory, or it is shorter");
        };
        let Some(answer) = Answer::of(answer) else {
            return handle.reject("there is no such answer");
        };
        handle.answer(answer, bytes)
    }

    /// Returns the verdict so far, as JSON.
    pub fn verdict(&mut self, handle: u32) -> Option<&[u8]> {
        let handle = self.handle(handle)?;
        handle.text = match &handle.work {
            #[cfg(feature = "attest")]
            Work::Attestation(documents) => documents.verdict().json(),
            _ => handle.session()?.verdict().json(),
        };
        Some(handle.text.as_bytes())
    }

    /// Closes a handle.
    pub fn close(&mut self, handle: u32) -> u32 {
        match self.open.iter().position(|open| open.number == handle) {
            Some(place) => {
                self.open.swap_remove(place);
                OK
            }
            None => USAGE,
        }
    }
}

impl Handle {
    /// Returns the session, which begins with the first call that needs it.
    fn session(&mut self) -> Option<&mut Session> {
        if let Work::Opening(options) = &self.work {
            self.work = Work::Session(Box::new(Session::new(options)));
        }
        match &mut self.work {
            Work::Session(session) => Some(session),
            #[cfg(feature = "attest")]
            Work::Attestation(_) => None,
            Work::Opening(_) => None,
        }
    }

    fn reject(&mut self, message: &str) -> u32 {
        if let Some(session) = self.session() {
            let Refused = session.reject(Refusal::usage(message));
        }
        USAGE
    }

    fn answer(&mut self, answer: Answer, bytes: Vec<u8>) -> u32 {
        use picotuf_bindings::Answer as Given;
        #[cfg(feature = "attest")]
        if let Work::Attestation(documents) = &mut self.work {
            let document = match answer {
                Answer::Name => &mut documents.name,
                Answer::Sha256 => &mut documents.sha256,
                Answer::Provenance => &mut documents.provenance,
                Answer::TrustedRoot => &mut documents.trusted_root,
                Answer::Publisher => &mut documents.publisher,
                _ => return USAGE,
            };
            *document = Some(bytes);
            return OK;
        }
        if answer == Answer::Limit {
            let Work::Opening(options) = &mut self.work else {
                return self.reject("limits are set before the first step");
            };
            return match limit(&mut options.limits, &bytes) {
                true => OK,
                false => self.reject("there is no such limit, or it is no number"),
            };
        }
        let Some(session) = self.session() else { return USAGE };
        let answered = match answer {
            Answer::File => session.answer(Given::File(bytes)),
            Answer::Absent => session.answer(Given::Absent),
            Answer::Done => session.answer(Given::Done),
            Answer::Check => session.check(&bytes),
            Answer::Finish => session.finish(),
            Answer::Find => match core::str::from_utf8(&bytes) {
                Ok(path) => session.find(path),
                Err(_) => return self.reject("the target path is not UTF-8"),
            },
            _ => return self.reject("that is no answer for a session"),
        };
        if answered.is_ok() { OK } else { REFUSED }
    }
}

#[cfg(feature = "attest")]
impl Documents {
    fn verdict(&self) -> picotuf_bindings::Verdict {
        match self.attested() {
            Ok(attested) => picotuf_bindings::attestation::verify(&attested),
            Err(message) => Refusal::usage(message).into(),
        }
    }

    fn attested(&self) -> Result<picotuf_bindings::attestation::Attested<'_>, &'static str> {
        Ok(picotuf_bindings::attestation::Attested {
            name: str_of(&self.name)?.ok_or("the name of the file is missing")?,
            sha256: self
                .sha256
                .as_deref()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or("the SHA-256 of the file is missing, or has not 32 bytes")?,
            provenance: self.provenance.as_deref().ok_or("the provenance is missing")?,
            trusted_root: self.trusted_root.as_deref().ok_or("the trusted root is missing")?,
            publisher: str_of(&self.publisher)?,
            now: Time::from_unix(self.now),
        })
    }
}

#[cfg(feature = "attest")]
fn str_of(value: &Option<Vec<u8>>) -> Result<Option<&str>, &'static str> {
    let text = value.as_deref().map(core::str::from_utf8).transpose();
    text.map_err(|_| "the name of the file or of the publisher is not UTF-8")
}

/// Sets a limit: its name, a blank and the number.
fn limit(limits: &mut Limits, text: &[u8]) -> bool {
    let text = core::str::from_utf8(text).unwrap_or_default();
    let Some((name, number)) = text.split_once(' ') else { return false };
    let count = |field: &mut u32| number.parse().map(|number| *field = number).is_ok();
    let length = |field: &mut u64| number.parse().map(|number| *field = number).is_ok();
    match name {
        "root_length" => length(&mut limits.root_length),
        "timestamp_length" => length(&mut limits.timestamp_length),
        "snapshot_length" => length(&mut limits.snapshot_length),
        "targets_length" => length(&mut limits.targets_length),
        "root_rotations" => count(&mut limits.root_rotations),
        "delegations" => count(&mut limits.delegations),
        _ => false,
    }
}

#[allow(clippy::as_conversions, reason = "an address is a number for the host")]
fn address_of(buffer: &[u8]) -> usize {
    buffer.as_ptr() as usize
}

/// The longest memory that can be allocated at once, in bytes. The longest target has to come in
/// pieces, and all else is shorter.
pub const BUFFER_MAX: usize = 64 << 20;
/// How much memory can be allocated and not be given to a handle yet, in pieces.
pub const BUFFERS_MAX: usize = 64;
/// How many handles can be open. A session has about 100 KB and the metadata that it keeps.
pub const HANDLES_MAX: usize = 64;
