//! Bodies of answers: bytes, or a part of a file that is read as the client takes it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// The body of an answer. Its length is always known, so that a client sees a cut.
pub(super) struct Content {
    source: Source,
    /// What is dropped once the body is sent, or given up.
    kept: Option<Box<dyn Send>>,
}

enum Source {
    /// Bytes.
    Bytes(Option<Bytes>),
    /// A part of a file.
    Part {
        /// The pieces that were read.
        pieces: mpsc::Receiver<io::Result<Bytes>>,
        /// The number of bytes that are still to come.
        left: u64,
    },
}

impl Content {
    /// Takes bytes.
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        let source = Source::Bytes(Some(bytes.into()).filter(|bytes| !bytes.is_empty()));
        Content { source, kept: None }
    }

    /// Keeps something until the body is sent, or given up.
    pub(super) fn keep(mut self, kept: impl Send + 'static) -> Self {
        self.kept = Some(Box::new(kept));
        self
    }

    /// Reads `length` bytes of a file from `start` on, no more than a piece ahead of the client.
    pub(super) fn part(mut file: File, start: u64, length: u64) -> Self {
        let (sender, pieces) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut left = length;
            let mut is_first = true;
            while left > 0 {
                let wanted = left.min(PIECE);
                let seek = std::mem::take(&mut is_first).then_some(start);
                // No thread waits for a slow client.
                let read = tokio::task::spawn_blocking(move || {
                    let piece = read(&mut file, seek, wanted);
                    (file, piece)
                });
                let Ok((back, piece)) = read.await else { return };
                file = back;
                let is_wrong = piece.is_err();
                if sender.send(piece).await.is_err() || is_wrong {
                    return;
                }
                left = left.saturating_sub(wanted);
            }
        });
        Content { source: Source::Part { pieces, left: length }, kept: None }
    }
}

fn read(file: &mut File, seek: Option<u64>, length: u64) -> io::Result<Bytes> {
    if let Some(start) = seek {
        file.seek(SeekFrom::Start(start))?;
    }
    let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact(&mut piece)?;
    Ok(piece.into())
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.get_mut().source {
            Source::Bytes(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Source::Part { pieces, left } => pieces.poll_recv(context).map(|piece| {
                let piece = piece?;
                if let Ok(bytes) = &piece {
                    *left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                }
                Some(piece.map(Frame::data))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Bytes(bytes) => bytes.is_none(),
            Source::Part { left, .. } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.source {
            Source::Bytes(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                u64::try_from(length).unwrap_or(u64::MAX)
            }
            Source::Part { left, .. } => *left,
        })
    }
}

/// The number of bytes that are read at a time. Each connection holds two pieces at the most.
const PIECE: u64 = 32 * 1024;
