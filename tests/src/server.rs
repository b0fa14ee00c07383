//! A server on the loopback interface that serves a repository, counts what it is asked for, and
//! misbehaves where it is told to.
//!
//! It speaks just enough HTTP/1.1, one request a connection, over plain sockets: a server library
//! keeps the rules that these tests are there to break.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::repository::{Files, Repository};

/// The longest request that is read.
const REQUEST_MAX: usize = 64 * 1024;

/// How long one read or write may take before the server gives the connection up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server does with requests for a path.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers with this status and a short body.
    Status(u16),
    /// Sends this many bytes of the body it announced, then cuts the connection.
    Cut(usize),
    /// Announces no length and sends blanks, until the client has enough.
    Endless,
    /// The same in chunks.
    EndlessChunks,
    /// Sends headers without end.
    EndlessHeaders,
    /// Answers what is not HTTP.
    Garbage,
    /// Announces this length in the place of the real one, and sends the real body.
    ContentLength(u64),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Sends the body one byte at a time, with this pause between them.
    Slow(Duration),
    /// Says that the body is compressed with gzip, which it is not.
    ClaimsGzip,
    /// Answers nothing at all and keeps the connection open.
    Silent,
    /// Answers well, once this many such requests have come in.
    Together(usize),
}

/// A request that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path as it was sent, without the query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// One more waits for the others.
    came: Condvar,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    files: Files,
    behaviours: BTreeMap<String, Behaviour>,
    requests: Vec<Request>,
    together: usize,
}

impl Server {
    /// Starts a server of this repository on a free port: metadata under `/metadata/`, targets
    /// under `/targets/`.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start(repository: &Repository) -> Server {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away in the middle is nothing to report.
                stream.map(|stream| std::thread::spawn(move || answer(stream, &shared))).ok();
            }
        });
        let server = Server { address, shared, thread: Some(thread) };
        server.serve(repository);
        server
    }

    /// From now on it serves this state of the repository.
    pub fn serve(&self, repository: &Repository) {
        let path = |name: &String| match name.starts_with("targets/") {
            true => format!("/{name}"),
            false => format!("/metadata/{name}"),
        };
        self.state().files =
            repository.files.iter().map(|(name, bytes)| (path(name), bytes.clone())).collect();
    }

    /// Serves any other file, by its path.
    pub fn serve_file(&self, path: &str, bytes: &[u8]) {
        self.state().files.insert(path.to_owned(), bytes.to_vec());
    }

    /// From now on it behaves so for this path, which begins with `/`.
    pub fn misbehave(&self, path: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(path.to_owned(), behaviour);
    }

    /// From now on it behaves well.
    pub fn behave(&self) {
        self.state().behaviours.clear();
    }

    /// Returns the address, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its metadata is.
    pub fn metadata_url(&self) -> String {
        format!("{}/metadata", self.url())
    }

    /// Where its targets are.
    pub fn targets_url(&self) -> String {
        format!("{}/targets", self.url())
    }

    /// Returns the requests since the last call, in order.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().requests)
    }

    /// Returns how many requests there were since the last call of [`Server::take_requests`].
    pub fn requests(&self) -> usize {
        self.state().requests.len()
    }

    /// Returns the paths of the requests since the last call, in order.
    pub fn take_paths(&self) -> Vec<String> {
        self.take_requests().into_iter().map(|request| request.path).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(request) = read_request(&mut stream)? else { return Ok(()) };
    let (body, behaviour) = {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.path.clone();
        state.requests.push(request);
        let body = state.files.get(&path).or_else(|| state.files.get(&decoded(&path))).cloned();
        let behaviour = state.behaviours.get(&path).cloned();
        if let Some(Behaviour::Together(count)) = behaviour {
            state.together += 1;
            shared.came.notify_all();
            let waited =
                shared.came.wait_timeout_while(state, PATIENCE, |state| state.together < count);
            if waited.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
                return Ok(());
            }
        }
        (body, behaviour)
    };
    respond(&mut stream, body, behaviour, shared)?;
    stream.flush()
}

fn respond(
    stream: &mut TcpStream,
    body: Option<Vec<u8>>,
    behaviour: Option<Behaviour>,
    shared: &Shared,
) -> io::Result<()> {
    let body = match (body, &behaviour) {
        (_, Some(Behaviour::Status(status))) => return short(stream, *status),
        (_, Some(Behaviour::Redirect(to))) => {
            return write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: \
                 close\r\n\r\n"
            );
        }
        (None, None) => return short(stream, 404),
        (body, _) => body.unwrap_or_default(),
    };
    match behaviour {
        Some(Behaviour::Cut(sent)) => {
            head(stream, &format!("Content-Length: {}\r\n", body.len()))?;
            stream.write_all(&body[..sent.min(body.len())])
        }
        Some(Behaviour::Endless) => {
            head(stream, "")?;
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        Some(Behaviour::EndlessChunks) => {
            head(stream, "Transfer-Encoding: chunked\r\n")?;
            loop {
                stream.write_all(b"10\r\n                \r\n")?;
            }
        }
        Some(Behaviour::EndlessHeaders) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-Header: of no use at all, and there are more of them\r\n")?;
            }
        }
        Some(Behaviour::Garbage) => stream.write_all(&[0xff; 100]),
        Some(Behaviour::ContentLength(length)) => {
            head(stream, &format!("Content-Length: {length}\r\n"))?;
            stream.write_all(&body)
        }
        Some(Behaviour::Slow(pause)) => {
            head(stream, &format!("Content-Length: {}\r\n", body.len()))?;
            for byte in body {
                stream.write_all(&[byte])?;
                std::thread::sleep(pause);
            }
            Ok(())
        }
        Some(Behaviour::ClaimsGzip) => {
            // One write: where header and body arrive apart, `fetch` of Node 20 may report no
            // error, and the client's time limit ends the request after 30 seconds.
            let mut response = Vec::new();
            head(
                &mut response,
                &format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", body.len()),
            )?;
            response.extend_from_slice(&body);
            stream.write_all(&response)
        }
        Some(Behaviour::Silent) => {
            while !shared.closing.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        }
        Some(Behaviour::Status(_) | Behaviour::Redirect(_) | Behaviour::Together(_)) | None => {
            head(stream, &format!("Content-Length: {}\r\n", body.len()))?;
            stream.write_all(&body)
        }
    }
}

fn head(stream: &mut impl Write, headers: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: \
         close\r\n{headers}\r\n"
    )
}

fn short(stream: &mut TcpStream, status: u16) -> io::Result<()> {
    let body = format!("status {status}\n");
    write!(
        stream,
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while bytes.len() < REQUEST_MAX {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&bytes) {
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(_)) => {
                let path = parsed
                    .path
                    .unwrap_or("/")
                    .split(['?', '#'])
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                let headers = parsed
                    .headers
                    .iter()
                    .map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
                return Ok(Some(Request { path, headers: headers.collect() }));
            }
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Ok(None)
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
