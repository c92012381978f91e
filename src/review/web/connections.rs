//! Open connections. Unauthenticated connections are limited in number and time, so that
//! they cannot block others.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::access::Holder;

/// Maximum size of a body, in bytes.
pub(super) const BODY: usize = 1 << 20;

/// Maximum number of unauthenticated connections; the oldest one is closed.
const MOST_UNKNOWN: usize = 64;

/// Maximum number of authenticated connections; the client with the most loses one.
/// Addresses do not matter, so that reviewers behind one proxy are not one client.
const MOST_KNOWN: usize = 256;

/// Maximum time for a connection to send the token.
const TO_BE_KNOWN: Duration = Duration::from_secs(10);

/// Maximum idle time of a connection.
const SILENCE: Duration = Duration::from_secs(30);

/// Minimum lifetime of a connection before it can be closed for another.
const LEAST: Duration = Duration::from_millis(250);

/// All open connections.
#[derive(Default)]
pub(super) struct Connections {
    open: Mutex<Vec<Arc<Connection>>>,
}

/// An open connection.
pub(super) struct Connection {
    began: Instant,
    /// The client that authenticated on it.
    holder: OnceLock<Holder>,
    /// Time of the last read or write, in milliseconds since its start.
    active: AtomicU64,
    /// Whether a body was refused while the client may still be sending it.
    refused: AtomicBool,
    end: Notify,
}

/// A stream that records the time of reads and writes.
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    pub(super) connection: Arc<Connection>,
}

impl Connections {
    /// Registers a new connection. If there are too many, the oldest unauthenticated one
    /// is closed.
    pub(super) async fn add(&self) -> Arc<Connection> {
        let connection = Arc::new(Connection::new());
        let oldest = {
            let mut open = self.lock();
            open.push(connection.clone());
            let unknown = open.iter().filter(|one| !one.is_known());
            let crowded = unknown.clone().count() > MOST_UNKNOWN;
            unknown.min_by_key(|one| one.began).filter(|_| crowded).cloned()
        };
        if let Some(oldest) = oldest {
            // A well-behaved client has sent the token by then.
            tokio::time::sleep(LEAST.saturating_sub(oldest.began.elapsed())).await;
            if !oldest.is_known() {
                self.end(&oldest);
            }
        }
        connection
    }

    /// Marks a connection as authenticated. If there are too many, the client with the
    /// most connections loses the one that was idle for longest.
    pub(super) fn know(&self, connection: &Arc<Connection>, holder: Holder) {
        if connection.holder.set(holder).is_err() {
            return;
        }
        let known: Vec<_> = self.lock().iter().filter(|one| one.is_known()).cloned().collect();
        if known.len() <= MOST_KNOWN {
            return;
        }
        let mut held: BTreeMap<&Holder, Vec<&Arc<Connection>>> = BTreeMap::new();
        for one in &known {
            if let Some(holder) = one.holder.get() {
                held.entry(holder).or_default().push(one);
            }
        }
        let most = held.into_values().max_by_key(Vec::len).into_iter().flatten();
        let others = most.filter(|one| !Arc::ptr_eq(one, connection));
        if let Some(silent) = others.max_by_key(|one| one.silence()) {
            self.end(silent);
        }
    }

    /// Removes a connection that has ended.
    pub(super) fn remove(&self, connection: &Arc<Connection>) {
        self.lock().retain(|one| !Arc::ptr_eq(one, connection));
    }

    /// Ends connections that exceeded their time.
    pub(super) fn end_overdue(&self) {
        let open = self.lock().clone();
        for connection in open.iter().filter(|connection| connection.is_overdue()) {
            self.end(connection);
        }
    }

    fn end(&self, connection: &Arc<Connection>) {
        self.remove(connection);
        connection.end.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            holder: OnceLock::new(),
            active: AtomicU64::new(0),
            refused: AtomicBool::new(false),
            end: Notify::new(),
        }
    }

    fn is_known(&self) -> bool {
        self.holder.get().is_some()
    }

    /// Waits until the connection has to end.
    pub(super) async fn ended(&self) {
        self.end.notified().await;
    }

    /// Marks that a body was refused before it was read.
    pub(super) fn refuse_body(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        let active = Duration::from_millis(self.active.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(active)
    }

    fn is_overdue(&self) -> bool {
        (!self.is_known() && self.began.elapsed() > TO_BE_KNOWN) || self.silence() > SILENCE
    }

    fn touch(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.active.store(now, Ordering::Relaxed);
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.connection.touch();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.connection.touch();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = Pin::new(&mut self.stream);
        let done = std::task::ready!(stream.poll_shutdown(context));
        // Closing at once would lose the response for a client that is still sending.
        while self.connection.refused.load(Ordering::Relaxed) {
            let mut bytes = [0; 8192];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
            match std::task::ready!(read) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => break,
            }
        }
        Poll::Ready(done)
    }
}

/// The connection of a request.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) all: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
}

impl Seen {
    /// Marks that the body of the request was refused before it was read.
    pub(super) fn refuse_body(&self) {
        self.connection.refuse_body();
    }

    /// Marks the request as authenticated, or as not needing it.
    pub(super) fn know(&self, holder: Holder) {
        self.all.know(&self.connection, holder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(all: &Connections) -> Arc<Connection> {
        let connection = Arc::new(Connection::new());
        all.lock().push(connection.clone());
        connection
    }

    #[test]
    fn whoever_has_most_connections_gives_one_up() {
        let all = Connections::default();
        let few: Vec<_> = (0..3).map(|_| connection(&all)).collect();
        few.iter().for_each(|one| all.know(one, Holder::Session(1)));
        for _ in 0..2 * MOST_KNOWN {
            all.know(&connection(&all), Holder::Session(2));
        }
        assert_eq!(all.lock().len(), MOST_KNOWN);
        let open = |one: &Arc<Connection>| all.lock().iter().any(|other| Arc::ptr_eq(one, other));
        assert!(few.iter().all(open), "they have three, and keep them");
    }
}
