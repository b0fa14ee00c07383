//! A proxy on the loopback interface that tunnels whatever it is asked for to one server, by the
//! method CONNECT.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest request that is read.
const REQUEST_MAX: usize = 64 * 1024;

/// How long one read may take before the proxy gives the connection up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the proxy does with those who ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Tunnels.
    #[default]
    Tunnel,
    /// Answers with this status and an empty body.
    Refuse(u16),
    /// Answers nothing and keeps the connection open.
    Silent,
}

/// What it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Where to, as it was sent.
    pub target: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// A running proxy. Its thread ends with the process.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Starts one on a free port. Whatever host it is asked for, it connects to the server at this
    /// URL.
    ///
    /// # Panics
    /// If there is no free port, or the URL is not that of a server.
    pub fn start(server: &str, manner: Manner) -> Proxy {
        let to: SocketAddr = server
            .trim_start_matches("http://")
            .parse()
            .expect("a test's server has an address and a port");
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                // A client that goes away in the middle is nothing to report.
                std::thread::spawn(move || serve(stream, to, manner, &seen).ok());
            }
        });
        Proxy { address, asked }
    }

    /// Returns the address, as `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Returns what it was asked since the last call, in order.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn serve(
    mut client: TcpStream,
    to: SocketAddr,
    manner: Manner,
    seen: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Some(asked) = read_head(&mut client)? else { return Ok(()) };
    let is_connect = asked.method == "CONNECT";
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    match manner {
        Manner::Tunnel if is_connect => {}
        Manner::Tunnel => {
            return write!(client, "HTTP/1.1 405 Only tunnels\r\nContent-Length: 0\r\n\r\n");
        }
        Manner::Refuse(status) => {
            return write!(client, "HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\n\r\n");
        }
        Manner::Silent => {
            std::thread::sleep(PATIENCE);
            return Ok(());
        }
    }
    let server = TcpStream::connect(to)?;
    write!(client, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || pass(from_client, to_server));
    pass(server, client);
    Ok(())
}

/// Passes on what comes until it ends.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Write).ok();
}

/// Returns the request up to its empty line, a byte at a time: what comes behind it is for the
/// server.
fn read_head(stream: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    while bytes.len() < REQUEST_MAX && !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&byte);
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(&bytes).map_err(io::Error::other)?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok(Some(Asked {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
            .collect(),
    }))
}
