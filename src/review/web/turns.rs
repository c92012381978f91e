//! Scheduling: each kind of work has separate threads, and no client can take all of
//! them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::access::Holder;
use crate::review::db::reviewer::name_key;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// Waits for the disk.
    Save,
    /// Reads a few rows.
    Read,
    /// Can read all rows.
    Search,
    /// Tags texts.
    Suggest,
    /// Writes a file for a download.
    Export,
    /// Switches to another model.
    Reload,
    /// Receives a file.
    Upload,
    /// Reads a file that was sent.
    Intake,
    /// Tags a file, which takes all processors.
    Tag,
}

/// The client that the limits apply to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// A client with a session, under any name and from any address.
    Session(u64),
    /// A reviewer without a session.
    Named(String),
    /// A client without a session and without a name.
    Nobody,
}

impl Client {
    pub(super) fn of(holder: Holder, reviewer: Option<&str>) -> Self {
        match (holder, reviewer) {
            (Holder::Session(number), _) => Self::Session(number),
            (Holder::Shared, Some(name)) => Self::Named(name_key(name)),
            (Holder::Shared, None) => Self::Nobody,
        }
    }
}

/// The turns of all kinds of work.
pub(super) struct Turns {
    all: HashMap<Work, Arc<Semaphore>>,
    /// The turns of each client with running or waiting work.
    own: Mutex<HashMap<(Client, Work), Weak<Semaphore>>>,
    seats: Arc<Semaphore>,
}

/// A turn, until it is dropped.
pub(super) struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _own: Option<OwnedSemaphorePermit>,
}

impl Work {
    const ALL: [Self; 9] = [
        Self::Save,
        Self::Read,
        Self::Search,
        Self::Suggest,
        Self::Export,
        Self::Reload,
        Self::Upload,
        Self::Intake,
        Self::Tag,
    ];

    /// Maximum parallel work of this kind, in total and per client.
    const fn most(self) -> (usize, usize) {
        match self {
            Self::Save => (16, 4),
            Self::Read => (8, 4),
            Self::Search | Self::Export | Self::Intake => (2, 1),
            Self::Upload => (4, 1),
            Self::Suggest => (2, 2),
            Self::Reload | Self::Tag => (1, 1),
        }
    }
}

impl Turns {
    /// Number of threads for all kinds of work.
    pub(super) const THREADS: usize = 40;

    /// Maximum number of requests with long bodies or responses in memory.
    const SEATS: usize = 16;

    pub(super) fn new() -> Self {
        let all = Work::ALL.map(|work| (work, Arc::new(Semaphore::new(work.most().0))));
        let seats = Arc::new(Semaphore::new(Self::SEATS));
        Self { all: HashMap::from(all), own: Mutex::default(), seats }
    }

    /// Waits for a turn: first for one of the client's own, so that a client with too
    /// many requests delays only itself.
    pub(super) async fn turn(&self, work: Work, client: Client) -> Turn {
        // The semaphores are never closed, so an error cannot occur.
        let own = match client {
            Client::Nobody => None,
            client => self.own(work, client).acquire_owned().await.ok(),
        };
        let all = match self.all.get(&work) {
            Some(all) => all.clone().acquire_owned().await.ok(),
            None => None,
        };
        Turn { _all: all, _own: own }
    }

    /// Waits for a seat, which is taken before a long body is read and kept until the
    /// answer is sent.
    pub(super) async fn seat(&self) -> Option<OwnedSemaphorePermit> {
        self.seats.clone().acquire_owned().await.ok()
    }

    fn own(&self, work: Work, client: Client) -> Arc<Semaphore> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, turns| turns.strong_count() > 0);
        let turns = own.entry((client, work)).or_default();
        turns.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Semaphore::new(work.most().1));
            *turns = Arc::downgrade(&new);
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Returns whether a future is ready at once.
    fn now<F: Future>(future: F) -> Option<F::Output> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_client_who_asks_too_often_makes_nobody_else_wait() {
        let turns = Turns::new();
        let client = |name| Client::of(Holder::Shared, Some(name));
        let first = now(turns.turn(Work::Search, client("ann"))).unwrap();
        assert!(now(turns.turn(Work::Search, client("A\u{200b}nn"))).is_none(), "one at a time");
        let second = now(turns.turn(Work::Search, client("bob"))).unwrap();
        assert!(now(turns.turn(Work::Search, client("cy"))).is_none(), "all are taken");
        assert!(now(turns.turn(Work::Save, client("ann"))).is_some(), "other work goes on");
        drop(first);
        assert!(now(turns.turn(Work::Search, client("cy"))).is_some());
        drop(second);
        let session = |name| Client::of(Holder::Session(1), Some(name));
        let held = now(turns.turn(Work::Search, session("dan")));
        assert!(held.is_some() && now(turns.turn(Work::Search, session("eve"))).is_none());
    }

    #[test]
    fn clients_without_work_are_forgotten() {
        let turns = Turns::new();
        for name in 0..1000 {
            drop(now(turns.turn(Work::Read, Client::Named(name.to_string()))));
        }
        assert!(turns.own.lock().unwrap().len() < 2);
    }
}
