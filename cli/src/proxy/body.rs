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

/// A part of a file.
pub(super) enum Opened {
    /// Its bytes.
    Read(Bytes),
    /// The file, where it begins, and its length.
    Unread(File, u64),
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

    /// Takes a part of a file. What was not read yet is read no more than a piece ahead of the
    /// client.
    pub(super) fn part(opened: Opened) -> Self {
        let (mut file, length) = match opened {
            Opened::Read(bytes) => return Content::of(bytes),
            Opened::Unread(file, length) => (file, length),
        };
        let (sender, pieces) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut left = length;
            while left > 0 {
                let wanted = left.min(PIECE);
                // No thread waits for a slow client.
                let read = tokio::task::spawn_blocking(move || {
                    let piece = read(&mut file, wanted);
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

impl Opened {
    /// Takes `length` bytes of a file from `start` on, and reads them if they are few: they are
    /// sent together with the headers then. This blocks.
    pub(super) fn new(mut file: File, start: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(start))?;
        Ok(match length <= AT_ONCE {
            true => Opened::Read(read(&mut file, length)?),
            false => Opened::Unread(file, length),
        })
    }
}

fn read(file: &mut File, length: u64) -> io::Result<Bytes> {
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

/// The maximum number of bytes that are read together with the opening of a file.
const AT_ONCE: u64 = 64 * 1024;
/// The number of bytes that are read at a time otherwise. Each connection holds two such pieces at
/// the most.
const PIECE: u64 = 32 * 1024;

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;

    use super::*;

    #[test]
    fn a_short_part_is_sent_at_once_and_a_long_one_in_pieces() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let whole: Vec<u8> = (0..AT_ONCE + 2).map(|number| number.to_le_bytes()[0]).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&whole).unwrap();
        for (start, length, pieces) in
            [(0, 0, 0), (1, 1, 1), (2, AT_ONCE, 1), (1, AT_ONCE + 1, 3), (0, AT_ONCE + 2, 3)]
        {
            let opened = Opened::new(file.try_clone().unwrap(), start, length).unwrap();
            let (sent, count) = runtime.block_on(async {
                let mut content = Content::part(opened);
                assert_eq!(content.size_hint().exact(), Some(length));
                let (mut sent, mut count) = (Vec::new(), 0);
                let mut next =
                    async || poll_fn(|context| Pin::new(&mut content).poll_frame(context)).await;
                while let Some(frame) = next().await {
                    sent.extend_from_slice(&frame.unwrap().into_data().unwrap());
                    count += 1;
                }
                assert!(content.is_end_stream());
                (sent, count)
            });
            let (from, to) = (usize::try_from(start).unwrap(), usize::try_from(start + length));
            assert_eq!((&sent[..], count), (&whole[from..to.unwrap()], pieces), "{start} {length}");
        }
        // A file that was cut meanwhile is none at all.
        assert!(Opened::new(file, 3, AT_ONCE).is_err());
    }
}
