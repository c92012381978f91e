//! Listens, serves connections, and stops on request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::access::Access;
use super::app::App;
use super::connections::{BODY, Connections, Seen, Watched};
use super::current::Current;
use super::params::ServeParams;
use super::turns::Turns;
use super::{api, guard, page, tagging};
use crate::error::{Error, Result};
use crate::review::Store;
use crate::tagger::Model;

/// A server that is listening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The token, if one is required. It is shown once.
    pub token: Option<String>,
}

/// Maximum size of a request head in bytes, and maximum number of headers.
const HEAD: (usize, usize) = (32 << 10, 64);

/// Maximum time for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Interval for closing expired connections.
const ROUND: Duration = Duration::from_secs(1);

/// Maximum time for running requests when the server stops, and for their threads and the
/// last changes after that.
const LAST: [Duration; 3] =
    [Duration::from_millis(2000), Duration::from_millis(1000), Duration::from_millis(1000)];

/// Serves a review until the process is asked to stop (SIGTERM, Ctrl-C); running requests
/// are finished. `started` receives the address once the server listens.
/// Without a database it begins with none, and makes it with the first file that is sent.
///
/// # Errors
/// [`Error::Io`] if the database cannot be made where it is to be,
/// [`Error::Internal`] if listening on the address fails.
pub fn serve(
    store: Option<Store>,
    model: Model,
    params: &ServeParams,
    started: impl FnOnce(&Listening),
) -> Result<()> {
    let failed = |source: std::io::Error| {
        Error::internal(format!("the server cannot listen on {}", params.listen), source)
    };
    let open = params.listen.ip().is_loopback() && !params.token;
    let access = if open { Access::Open } else { Access::with_token()? };
    let token = access.token().map(str::to_owned);
    let store = Current::new(&params.database, store, &model)?;
    let app = Arc::new(App::new(store, model, params, access));
    let of_thread = app.clone();
    // The page need not wait: until the cases are tagged, they keep their suggestions.
    let of_cases = std::thread::spawn(move || of_thread.tag_cases());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime =
        runtime.enable_all().max_blocking_threads(Turns::THREADS).build().map_err(failed)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(params.listen).await.map_err(failed)?;
        let stop = Stop::new().map_err(failed)?;
        tagging::resume(&app);
        started(&Listening { address: listener.local_addr().map_err(failed)?, token });
        accept(listener, app.clone(), stop).await;
        Ok(())
    });
    // Acknowledged answers are on disk, so running work must not delay the end.
    app.stopping.store(true, Ordering::Relaxed);
    app.store.interrupt();
    app.uploads.remove_all();
    runtime.shutdown_timeout(LAST[1]);
    let (closed, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        _ = of_cases.join();
        drop(app);
        _ = closed.send(());
    });
    _ = wait.recv_timeout(LAST[2]);
    served
}

async fn accept(listener: TcpListener, app: Arc<App>, mut stop: Stop) {
    let router = api::routes()
        .merge(page::routes())
        .layer(DefaultBodyLimit::max(BODY))
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    http.max_buf_size(HEAD.0).max_headers(HEAD.1);
    let (connections, graceful) = (Arc::new(Connections::default()), GracefulShutdown::new());
    let mut stopping = std::pin::pin!(stop.asked());
    let mut round = tokio::time::interval(ROUND);
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => break,
            _ = round.tick() => {
                connections.end_overdue();
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // For example, too many open files, which is temporary.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        _ = stream.set_nodelay(true);
        let connection = tokio::select! {
            () = &mut stopping => break,
            connection = connections.add() => connection,
        };
        let (inner, seen) = (TowerToHyperService::new(router.clone()), connection.clone());
        let all = connections.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Seen { all: all.clone(), connection: seen.clone() });
            inner.call(request)
        });
        let stream = TokioIo::new(Watched { stream, connection: connection.clone() });
        let served = graceful.watch(http.serve_connection(stream, service));
        let connections = connections.clone();
        tokio::spawn(async move {
            // A connection error affects only its client.
            tokio::select! {
                _ = served => {}
                () = connection.ended() => {}
            }
            connections.remove(&connection);
        });
    }
    drop(listener);
    _ = tokio::time::timeout(LAST[0], graceful.shutdown()).await;
}

/// The signals that ask a process to stop.
#[cfg(unix)]
struct Stop {
    signals: [tokio::signal::unix::Signal; 2],
}

#[cfg(unix)]
impl Stop {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        Ok(Self { signals })
    }

    async fn asked(&mut self) {
        let [terminate, interrupt] = &mut self.signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// What a console tells its programs: Ctrl-C and Ctrl-Break, that its window is closed,
/// and that the system ends.
#[cfg(windows)]
struct Stop {
    interrupt: tokio::signal::windows::CtrlC,
    abort: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Stop {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            abort: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.abort.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
