//! A server of files on the loopback interface that answers each request after a pause.
//!
//! Usage: `server FOLDER MILLISECONDS`
//!
//! Prints its port. For each line of the standard input, it prints how many requests there were
//! since the last line, and how many at the same time at the most. Ends with the standard input.
//!
//! Each connection has a thread, and each answer is one write without Nagle's algorithm, so that
//! the pause is nearly all of the time that a client waits for.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
struct Counts {
    requests: usize,
    in_flight: usize,
    most: usize,
}

struct Service {
    folder: PathBuf,
    pause: Duration,
    counts: Mutex<Counts>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(folder), Some(pause)) = (arguments.next(), arguments.next()) else {
        return Err("usage: server FOLDER MILLISECONDS".into());
    };
    let pause = Duration::from_millis(pause.parse()?);
    let service = Arc::new(Service { folder: folder.into(), pause, counts: Mutex::default() });
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    let accepting = Arc::clone(&service);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let service = Arc::clone(&accepting);
            // A client that goes away ends its connection and nothing else.
            std::thread::spawn(move || service.connection(stream));
        }
    });
    for line in io::stdin().lines() {
        line?;
        let counts = std::mem::take(&mut *service.counts());
        println!("{} {}", counts.requests, counts.most);
    }
    Ok(())
}

impl Service {
    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut buffer, mut filled) = ([0; 16 * 1024], 0);
        loop {
            let count = stream.read(&mut buffer[filled..])?;
            if count == 0 {
                return Ok(());
            }
            filled += count;
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut request = httparse::Request::new(&mut headers);
            let parsed = request.parse(&buffer[..filled]).map_err(io::Error::other)?;
            let httparse::Status::Complete(length) = parsed else { continue };
            let answer = self.answer(request.path.unwrap_or_default());
            stream.write_all(&answer)?;
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
    }

    fn answer(&self, path: &str) -> Vec<u8> {
        {
            let mut counts = self.counts();
            counts.requests += 1;
            counts.in_flight += 1;
            counts.most = counts.most.max(counts.in_flight);
        }
        std::thread::sleep(self.pause);
        let (status, body) = match read(&self.folder, path) {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", Vec::new()),
        };
        let mut answer =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend_from_slice(&body);
        self.counts().in_flight -= 1;
        answer
    }
}

fn read(folder: &Path, path: &str) -> Option<Vec<u8>> {
    std::fs::read(folder.join(path.trim_start_matches('/'))).ok()
}
