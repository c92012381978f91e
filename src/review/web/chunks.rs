//! The body of a long answer, handed over in small pieces: a client that does not read
//! keeps its seat.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

/// The longest piece, in bytes.
const PIECE: usize = 64 << 10;

/// A body that keeps a seat until it is sent.
pub(super) struct Chunks {
    left: Bytes,
    _seat: Option<OwnedSemaphorePermit>,
}

impl Chunks {
    pub(super) fn new(bytes: Vec<u8>, seat: Option<OwnedSemaphorePermit>) -> Self {
        Self { left: bytes.into(), _seat: seat }
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = PIECE.min(self.left.len());
        Poll::Ready((length > 0).then(|| Ok(Frame::data(self.left.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
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
    fn bytes_come_out_as_they_went_in() {
        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert!(all(Chunks::new(bytes.clone(), None)) == bytes);
        }
    }
}
