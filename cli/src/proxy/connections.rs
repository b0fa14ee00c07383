//! The connections of a server. Where there are too many, one that is not used makes room.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// All open connections.
pub(super) struct Connections {
    start: Instant,
    open: Mutex<HashMap<usize, Arc<State>>>,
    next: AtomicUsize,
}

/// What a connection is doing.
struct State {
    /// When bytes came or went, in milliseconds from the start.
    moved: AtomicU64,
    /// Whether an answer is being made. The client has nothing to do then.
    is_working: AtomicBool,
    /// Whether an answer is being made or sent.
    is_answering: AtomicBool,
    end: Notify,
}

/// An open connection, until it is dropped.
pub(super) struct Connection {
    all: Arc<Connections>,
    number: usize,
    state: Arc<State>,
}

/// An answer that is being made, and then sent.
pub(super) struct Answering(Arc<State>);

impl Connections {
    pub(super) fn new() -> Arc<Self> {
        let (open, next) = (Mutex::default(), AtomicUsize::default());
        Arc::new(Connections { start: Instant::now(), open, next })
    }

    /// Takes a new connection.
    pub(super) fn open(self: &Arc<Self>) -> Connection {
        let state = Arc::new(State {
            moved: AtomicU64::new(self.now()),
            is_working: AtomicBool::new(false),
            is_answering: AtomicBool::new(false),
            end: Notify::new(),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.all().insert(number, Arc::clone(&state));
        Connection { all: Arc::clone(self), number, state }
    }

    /// Ends the connection that was silent for the longest time: one without a request, or one
    /// whose client takes nothing of its answer.
    pub(super) fn make_room(&self) {
        let stalled = self.now().saturating_sub(STALLED_MIN.as_millis().try_into().unwrap_or(0));
        let mut all = self.all();
        let silent = all.iter().filter(|(_, state)| {
            let is_answering = state.is_answering.load(Ordering::Relaxed);
            let is_stalled = state.moved.load(Ordering::Relaxed) < stalled;
            !state.is_working.load(Ordering::Relaxed) && (!is_answering || is_stalled)
        });
        let first = silent.min_by_key(|(_, state)| state.moved.load(Ordering::Relaxed));
        if let Some(number) = first.map(|(number, _)| *number)
            && let Some(state) = all.remove(&number)
        {
            state.end.notify_one();
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<usize, Arc<State>>> {
        // The map is consistent after every change, even if a thread panicked.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Watches the bytes of the connection.
    pub(super) fn watch<S>(&self, stream: S) -> Watching<S> {
        Watching { stream, all: Arc::clone(&self.all), state: Arc::clone(&self.state) }
    }

    /// Returns what a request of the connection begins with.
    pub(super) fn answers(&self) -> impl Fn() -> Answering + Send + 'static {
        let state = Arc::clone(&self.state);
        move || {
            state.is_working.store(true, Ordering::Relaxed);
            state.is_answering.store(true, Ordering::Relaxed);
            Answering(Arc::clone(&state))
        }
    }

    /// Resolves when another connection needs the room.
    pub(super) async fn ended(&self) {
        self.state.end.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.all().remove(&self.number);
    }
}

impl Answering {
    /// The answer is made, and is sent from now on.
    pub(super) fn made(&self) {
        self.0.is_working.store(false, Ordering::Relaxed);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.is_working.store(false, Ordering::Relaxed);
        self.0.is_answering.store(false, Ordering::Relaxed);
    }
}

/// A stream that notes when its bytes come and go.
pub(super) struct Watching<S> {
    stream: S,
    all: Arc<Connections>,
    state: Arc<State>,
}

impl<S> Watching<S> {
    fn noted<T>(&self, done: Poll<T>) -> Poll<T> {
        if done.is_ready() {
            self.state.moved.store(self.all.now(), Ordering::Relaxed);
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watching<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.noted(done)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watching<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.noted(done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// How long a client may take nothing of its answer before another one gets its connection.
const STALLED_MIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ended(connection: &Connection) -> bool {
        !connection.all.all().contains_key(&connection.number)
    }

    #[test]
    fn the_connection_that_is_silent_for_the_longest_time_makes_room() {
        let all = Connections::new();
        let [first, second, third] = std::array::from_fn(|_| all.open());
        for (connection, moved) in [(&first, 3), (&second, 1), (&third, 2)] {
            connection.state.moved.store(moved, Ordering::Relaxed);
        }
        all.make_room();
        assert_eq!([&first, &second, &third].map(is_ended), [false, true, false]);
        all.make_room();
        assert_eq!([&first, &second, &third].map(is_ended), [false, true, true]);
    }

    #[test]
    fn a_client_that_waits_for_its_answer_or_takes_it_is_not_cut() {
        let mut all = Connections::new();
        // A minute has passed.
        if let Some(all) = Arc::get_mut(&mut all) {
            all.start = all.start.checked_sub(Duration::from_secs(60)).unwrap();
        }
        let (working, sending, stalled) = (all.open(), all.open(), all.open());
        let begun = [&working, &sending, &stalled].map(|connection| connection.answers()());
        begun[1].made();
        begun[2].made();
        working.state.moved.store(0, Ordering::Relaxed);
        stalled.state.moved.store(1, Ordering::Relaxed);
        for _ in 0..3 {
            all.make_room();
        }
        assert_eq!([&working, &sending, &stalled].map(is_ended), [false, false, true]);
        // Once it is sent, the connection is one that waits for a request.
        drop(begun);
        all.make_room();
        assert_eq!([&working, &sending].map(is_ended), [true, false]);
    }
}
