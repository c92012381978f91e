//! The body of a long response, sent in small pieces. A client that does not read keeps
//! its seat, and memory holds one piece.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

/// Maximum size of a piece, in bytes.
const PIECE: usize = 64 << 10;

/// A body that keeps a seat until it is sent.
pub(super) struct Chunks {
    source: Source,
    left: u64,
    _seat: Option<OwnedSemaphorePermit>,
}

enum Source {
    Memory(Bytes),
    File(File),
}

impl Chunks {
    pub(super) fn of_bytes(bytes: Vec<u8>, seat: Option<OwnedSemaphorePermit>) -> Self {
        let left = bytes.len() as u64;
        Self { source: Source::Memory(bytes.into()), left, _seat: seat }
    }

    /// Sends a whole file, which is positioned at its start.
    pub(super) fn of_file(file: File, seat: Option<OwnedSemaphorePermit>) -> io::Result<Self> {
        let left = file.metadata()?.len();
        Ok(Self { source: Source::File(file), left, _seat: seat })
    }

    fn piece(&mut self) -> io::Result<Bytes> {
        let length = PIECE.min(usize::try_from(self.left).unwrap_or(PIECE));
        let piece = match &mut self.source {
            Source::Memory(bytes) => bytes.split_to(length.min(bytes.len())),
            Source::File(file) => {
                let mut piece = vec![0; length];
                file.read_exact(&mut piece)?;
                piece.into()
            }
        };
        self.left -= piece.len() as u64;
        Ok(piece)
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready((self.left > 0).then(|| self.piece().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    fn all(body: Chunks) -> Vec<u8> {
        let length = body.size_hint().exact();
        let mut body = pin!(body);
        let mut sent = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            sent.extend_from_slice(&piece);
        }
        assert!(body.is_end_stream());
        assert_eq!(length, Some(sent.len() as u64));
        sent
    }

    #[test]
    fn bytes_and_files_come_out_as_they_went_in() {
        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert!(all(Chunks::of_bytes(bytes.clone(), None)) == bytes);
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            file.rewind().unwrap();
            assert!(all(Chunks::of_file(file, None).unwrap()) == bytes);
        }
    }
}
