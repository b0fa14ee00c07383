//! The HTTP server: one thread, HTTP/1.1, and answers whose length is always stated.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use picotuf_client::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};

use super::connections::{Connection, Connections};
use super::front::Front;
use super::impatient::Impatient;
use super::service::WORKERS;
use super::tls::Tls;

/// A server that listens.
pub(crate) struct Listening {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Listens on an address.
    pub(crate) fn on(address: SocketAddr) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            let hint = match error.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "another process uses it: choose another one with --listen"
                }
                std::io::ErrorKind::PermissionDenied => {
                    "ports below 1024 need a privilege: choose another one with --listen"
                }
                _ => "choose an address of this machine with --listen",
            };
            Error::io("listen on the address", std::path::Path::new(&address.to_string()), &error)
                .hint(hint)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WORKERS.saturating_mul(2).saturating_add(READERS))
            .thread_keep_alive(Duration::from_secs(10))
            .build()
            .map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Listening { runtime, listener, address })
    }

    /// Returns the address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is ready. Then ends what is under way.
    pub(crate) fn serve<T>(self, front: Front, stop: impl Future<Output = T>) -> T {
        let Listening { runtime, listener, .. } = self;
        let front = Arc::new(front);
        if front.is_renewed {
            runtime.spawn(renew(Arc::clone(&front)));
        }
        let done = runtime.block_on(accept(listener, front, stop));
        // What blocks is given up: a download leaves a temporary file at the most.
        runtime.shutdown_timeout(Duration::ZERO);
        done
    }
}

/// Allows this process as many open files as its connections may need.
pub(crate) fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let wanted = u64::try_from(CONNECTIONS_MAX.saturating_mul(4)).unwrap_or(u64::MAX);
        if now.current.is_some_and(|current| current < wanted) {
            let current = Some(now.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
            // Where that is refused, fewer connections are taken.
            let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: now.maximum });
        }
    }
}

/// Returns how many connections are taken at a time. Each may need a file beside its socket.
fn connections_max() -> usize {
    #[cfg(unix)]
    if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        let most = usize::try_from(files.saturating_sub(OTHER_FILES) / 2).unwrap_or(usize::MAX);
        return most.clamp(1, CONNECTIONS_MAX);
    }
    CONNECTIONS_MAX
}

/// Resolves when the process is told to stop: `true` if by the terminal, which tells all processes
/// there.
pub(crate) async fn told_to_stop() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => true,
                _ = terminate.recv() => false,
            };
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    true
}

/// Reads again what changed, now and then, and everything on SIGHUP.
async fn renew(front: Arc<Front>) {
    // In a terminal, SIGHUP is the end of it.
    #[cfg(unix)]
    let mut hangup = {
        use std::io::IsTerminal;
        use tokio::signal::unix::{SignalKind, signal};
        let is_watched = !std::io::stderr().is_terminal();
        is_watched.then(|| signal(SignalKind::hangup()).ok()).flatten()
    };
    let mut told = async || {
        #[cfg(unix)]
        if let Some(hangup) = &mut hangup
            && hangup.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    };
    loop {
        let is_told = tokio::select! {
            () = told() => true,
            () = tokio::time::sleep(RENEWAL) => false,
        };
        let front = Arc::clone(&front);
        let read = move || match is_told {
            true => front.read_again(),
            false => front.renew(),
        };
        let _ = tokio::task::spawn_blocking(read).await;
    }
}

/// Answers the requests of a connection. When it is told to, it ends after the present one.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    front: Arc<Front>,
    connection: &Connection,
    mut told: watch::Receiver<()>,
) {
    let begin = connection.answers();
    let ended = connection.ended();
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(move |request| {
                let (front, answering) = (Arc::clone(&front), begin());
                async move { Ok::<_, Infallible>(front.answer(request, answering).await) }
            }),
        )
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // A client that goes away is nothing to report.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = ended => {}
        _ = told.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Returns the permit for a connection. After each pause without one, room is made again: when it
/// was made before, every connection may have been at work.
async fn permit<P: Future>(
    room: &Arc<Semaphore>,
    make_room: impl Fn(),
    pause: impl Fn() -> P,
) -> Result<OwnedSemaphorePermit, AcquireError> {
    let mut permit = std::pin::pin!(Arc::clone(room).acquire_owned());
    loop {
        tokio::select! {
            biased;
            permit = &mut permit => return permit,
            _ = pause() => make_room(),
        }
    }
}

async fn accept<T>(listener: TcpListener, front: Arc<Front>, stop: impl Future<Output = T>) -> T {
    let (stopping, told) = watch::channel(());
    let most = connections_max();
    let room = Arc::new(Semaphore::new(most));
    let connections = Connections::new();
    let mut stop = std::pin::pin!(stop);
    let done = loop {
        let next = async {
            let accepted = listener.accept().await;
            if room.available_permits() == 0 || accepted.is_err() {
                connections.make_room();
            }
            // Further clients wait in the queue of the system.
            let pause = || tokio::time::sleep(ROOM_AGAIN);
            (permit(&room, || connections.make_room(), pause).await, accepted)
        };
        tokio::select! {
            done = &mut stop => break done,
            (permit, accepted) = next => {
                let Ok((stream, _)) = accepted else {
                    // Too many open files: some will be closed.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let (front, mut told) = (Arc::clone(&front), told.clone());
                let connection = connections.open();
                tokio::spawn(async move {
                    let stream = Impatient::new(connection.watch(stream), STALL_TIMEOUT);
                    match front.tls.as_ref().map(Tls::acceptor) {
                        None => converse(stream, front, &connection, told).await,
                        Some(acceptor) => {
                            let accepted = acceptor.accept(stream);
                            let shaken = tokio::select! {
                                done = tokio::time::timeout(HEADER_TIMEOUT, accepted) => done,
                                () = connection.ended() => return,
                                _ = told.changed() => return,
                            };
                            if let Ok(Ok(stream)) = shaken {
                                converse(stream, front, &connection, told).await;
                            }
                        }
                    }
                    drop(permit);
                });
            }
        }
    };
    drop(listener);
    drop(stopping);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(GRACE, room.acquire_many(all)).await;
    done
}

/// The maximum number of connections at a time.
const CONNECTIONS_MAX: usize = 1024;
/// The number of files that are open for other things than clients.
#[cfg(unix)]
const OTHER_FILES: u64 = 128;
/// The maximum number of bytes that are buffered of a connection: its headers have to fit.
const BUFFER_MAX: usize = 32 * 1024;
/// How long a client may take for the headers of a request, and be silent between two.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take nothing of its answer.
const STALL_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a new client waits until room is made again.
const ROOM_AGAIN: Duration = Duration::from_secs(1);
/// How long what is under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// The number of threads that read files for clients, beside those that work.
const READERS: usize = 16;
/// How often the server looks for what is to be read again, beside the requests that need it.
const RENEWAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_comes_while_all_others_are_served_gets_in_when_one_falls_silent() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let done = runtime.block_on(async {
            let room = Arc::new(Semaphore::new(1));
            let held = Arc::clone(&room).try_acquire_owned().unwrap();
            let connections = Connections::new();
            let connection = connections.open();
            let answering = std::cell::Cell::new(Some(connection.answers()()));
            let other = tokio::spawn(async move {
                connection.ended().await;
                drop(held);
            });
            connections.make_room();
            // The answer of the other client ends in the first pause.
            let pauses = std::cell::Cell::new(0);
            let pause = async || {
                drop(answering.take());
                pauses.set(pauses.get() + 1);
                assert!(pauses.get() < 1000, "the client is kept waiting");
                tokio::task::yield_now().await;
            };
            let permit = permit(&room, || connections.make_room(), &pause).await;
            other.await.unwrap();
            permit.is_ok()
        });
        assert!(done);
    }
}
