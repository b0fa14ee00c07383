//! The transport: downloads files over HTTP, or reads them from folders. The command line and the
//! Python package use it.

mod http;
mod netrc;
mod network;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

pub use network::Network;
use picotuf_client::{Base, Error, Fetch, Found, Location, Log, Request, Sink, read_folder};

use crate::progress::Progress;

/// Downloads files over HTTP or reads them from folders, several at a time.
pub struct Transport {
    http: http::Http,
    log: Log,
    quiet: bool,
    jobs: usize,
}

impl Transport {
    /// Creates the transport for the URLs of the metadata and the targets. `--user` and the token
    /// are for the first server of the metadata; credentials in netrc are for any of these hosts.
    /// Unless it is `quiet`, a download on a terminal shows a progress line. Makes no request.
    ///
    /// # Errors
    /// Where the file of certificates cannot be used.
    pub fn new(
        network: &Network,
        metadata: &[Base],
        targets: &[Base],
        log: Log,
        quiet: bool,
    ) -> Result<Self, Error> {
        let http = http::Http::new(network, metadata, targets)?;
        Ok(Transport { http, log, quiet, jobs: network.jobs })
    }

    fn get(
        &self,
        file: &Location<'_>,
        max_length: u64,
        accept: Option<&'static str>,
        sink: &mut Sink<'_>,
    ) -> Result<Found, Error> {
        if let Some(url) = file.url() {
            return self.http.get(&url, file, max_length, accept, sink, &self.log);
        }
        let Base::Folder(folder) = file.base() else {
            return Err(picotuf::Error::SourceFailed.into());
        };
        let found = read_folder(folder, file.name(), max_length, sink);
        self.log.line(|| match &found {
            Ok(Found::Yes) => format!("read {file}"),
            Ok(Found::No) => format!("read {file}: not there"),
            Err(_) => format!("read {file}: failed"),
        });
        found
    }
}

impl Fetch for Transport {
    /// A single download shows a progress line.
    fn fetch(
        &self,
        mut requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        if let [Request { file, max_length, accept, sink }] = &mut requests[..] {
            let mut progress = Progress::new(self.quiet, file.name());
            let found = self.get(file, *max_length, *accept, &mut |bytes: &[u8]| {
                progress.advance(bytes.len());
                sink(bytes)
            });
            drop(progress);
            let _ = finished(0, found);
            return;
        }
        let count = self.jobs.min(requests.len());
        let left = Mutex::new(requests.into_iter().enumerate());
        let (is_over, (tell, told)) = (AtomicBool::new(false), mpsc::channel());
        std::thread::scope(|scope| {
            for _ in 0..count {
                let (left, is_over, tell) = (&left, &is_over, tell.clone());
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((place, request)) = next else {
                            return;
                        };
                        let Request { file, max_length, accept, sink } = request;
                        let found = self.get(file, max_length, accept, &mut |bytes: &[u8]| {
                            if is_over.load(Ordering::Relaxed) {
                                return Err(picotuf::Error::SourceFailed.into());
                            }
                            sink(bytes)
                        });
                        // The receiver goes away when no more files are needed.
                        let _ = tell.send((place, found));
                    }
                });
            }
            drop(tell);
            for (place, found) in &told {
                if finished(place, found).is_break() {
                    is_over.store(true, Ordering::Relaxed);
                    return;
                }
            }
        });
    }
}
