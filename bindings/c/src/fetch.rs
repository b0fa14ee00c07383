//! The fetch function of a caller.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::ops::ControlFlow;

use picotuf_client::{Code, Error, Fetch, Found, Request, Sink, fetch_folder};

use crate::arguments::bytes;
use crate::handle::{Handle, Kind};
use crate::outcome::{PICOTUF_OK, PICOTUF_REFUSED, PICOTUF_USAGE, guard};

/// The file was there, and all of its bytes were written.
pub const PICOTUF_FETCH_FOUND: i32 = 0;
/// There is no such file: HTTP status 403 or 404.
pub const PICOTUF_FETCH_ABSENT: i32 = 1;
/// Anything else went wrong.
pub const PICOTUF_FETCH_FAILED: i32 = 2;

/// Fetches a URL and writes its bytes with picotuf_sink_write, up to `max_length` of them. Returns
/// one of PICOTUF_FETCH_*. It is called by the thread that called the library, and must not throw
/// or jump out.
pub type FetchFunction = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        url: *const c_char,
        max_length: u64,
        sink: *mut SinkHandle,
    ) -> i32,
>;

/// Takes the bytes of one fetch. It is gone when the fetch function returns.
pub struct SinkHandle {
    _opaque: [u8; 0],
}

pub(crate) struct Taking<'s> {
    sink: &'s mut Sink<'s>,
    left: u64,
    failure: Option<Error>,
}

impl Kind for Taking<'_> {
    const MAGIC: u64 = 0x7369_6e6b_7369_6e31;
}

/// Takes the next bytes of the file that is being fetched. After anything but PICOTUF_OK no more
/// bytes are wanted.
///
/// # Safety
/// `sink` is null or what the fetch function was given, which has not returned; `data` is null or
/// points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_sink_write(
    sink: *mut SinkHandle,
    data: *const u8,
    length: usize,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's; what the struct stands for is a handle of this kind.
        let handle = unsafe { Handle::at(sink.cast_const().cast::<Handle<Taking<'_>>>()) };
        let Some(handle) = handle else { return PICOTUF_USAGE };
        handle.with(|taking| {
            // SAFETY: the caller's.
            let Ok(data) = (unsafe { bytes("the data", data, length) }) else {
                return PICOTUF_USAGE;
            };
            if taking.failure.is_some() {
                return PICOTUF_REFUSED;
            }
            let most = usize::try_from(taking.left).unwrap_or(usize::MAX);
            let taken = data.get(..most).unwrap_or(data);
            taking.left = taking.left.saturating_sub(u64::try_from(taken.len()).unwrap_or(0));
            match (taking.sink)(taken) {
                Err(error) => {
                    taking.failure = Some(error);
                    PICOTUF_REFUSED
                }
                Ok(()) if taken.len() < data.len() => PICOTUF_REFUSED,
                Ok(()) => PICOTUF_OK,
            }
        })
    })
}

/// The fetch function of a caller as a [`Fetch`].
pub(crate) struct Callback {
    pub(crate) function: FetchFunction,
    pub(crate) context: *mut c_void,
    /// The thread of the call, which alone may call the function.
    thread: std::thread::ThreadId,
    /// A callback that fetches again would wait for itself.
    busy: Cell<bool>,
}

// SAFETY: `fetch` touches the context and the cell only on the thread that made the value.
unsafe impl Sync for Callback {}

impl Callback {
    pub(crate) fn new(function: FetchFunction, context: *mut c_void) -> Self {
        Callback { function, context, thread: std::thread::current().id(), busy: Cell::new(false) }
    }

    fn one(&self, request: Request<'_>) -> Result<Found, Error> {
        let Some(url) = request.file.url() else { return fetch_folder(request) };
        let Some(function) = self.function else {
            return Err(
                Error::usage("there is no fetch function, which URLs need").file(request.file)
            );
        };
        if std::thread::current().id() != self.thread || self.busy.get() {
            return Err(picotuf::Error::UnexpectedCall.into());
        }
        let url = CString::new(url.as_str())
            .map_err(|_| Error::usage("the URL has a NUL byte").file(request.file))?;
        let taking = Taking { sink: request.sink, left: request.max_length, failure: None };
        let handle = Handle::new(taking);
        let sink = std::ptr::from_ref(&handle).cast_mut().cast::<SinkHandle>();
        self.busy.set(true);
        // SAFETY: the caller's function and context, as FetchFunction describes it.
        let status = unsafe { function(self.context, url.as_ptr(), request.max_length, sink) };
        self.busy.set(false);
        let mut failure = None;
        handle.with(|taking| {
            failure = taking.failure.take();
            PICOTUF_OK
        });
        match (failure, status) {
            (Some(failure), _) => Err(failure),
            (None, PICOTUF_FETCH_FOUND) => Ok(Found::Yes),
            (None, PICOTUF_FETCH_ABSENT) => Ok(Found::No),
            (None, _) => Err(Error::new(
                Code::Connection,
                format!("the program's fetch function failed with {status}"),
            )
            .file(request.file)),
        }
    }
}

impl Fetch for Callback {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        for (place, request) in requests.into_iter().enumerate() {
            if finished(place, self.one(request)).is_break() {
                return;
            }
        }
    }
}
