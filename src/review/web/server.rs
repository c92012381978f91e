//! Listens, serves connections, and stops on request.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
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
use super::turns::Turns;
use super::{api, guard, page};
use crate::error::{Error, Result};
use crate::review::Store;
use crate::tagger::{Example, Model};

/// Options for serving a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeParams {
    /// Address to listen on. Addresses beyond this machine require a token.
    pub listen: SocketAddr,
    /// Whether to require a token even on this machine.
    pub token: bool,
    /// Allowed host names, in addition to addresses and `localhost`.
    pub hosts: Vec<String>,
    /// The model as its user names it (see [`open_model`](crate::versions::registry::open_model)),
    /// watched for a newer one; `None` for the built-in one.
    pub model: Option<PathBuf>,
    /// Short example texts of the trends, for the codebook.
    pub examples: Vec<Example>,
}

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
///
/// # Errors
/// [`Error::Internal`] if listening on the address fails.
pub fn serve(
    store: Store,
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
    let (hosts, examples) = (params.hosts.clone(), params.examples.clone());
    let app = App::new(store, model, params.model.clone(), access, hosts, examples);
    let app = Arc::new(app);
    let tagging = app.clone();
    // The page need not wait: until the cases are tagged, they keep their suggestions.
    std::thread::spawn(move || tagging.tag_cases());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime =
        runtime.enable_all().max_blocking_threads(Turns::THREADS).build().map_err(failed)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(params.listen).await.map_err(failed)?;
        let stop = Stop::new().map_err(failed)?;
        started(&Listening { address: listener.local_addr().map_err(failed)?, token });
        accept(listener, app.clone(), stop).await;
        Ok(())
    });
    // Acknowledged answers are on disk, so running work must not delay the end.
    app.store.interrupt();
    runtime.shutdown_timeout(LAST[1]);
    let (closed, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
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
struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stop {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        Ok(Self { signals })
    }

    #[cfg(unix)]
    async fn asked(&mut self) {
        let [terminate, interrupt] = &mut self.signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn asked(&mut self) {
        _ = tokio::signal::ctrl_c().await;
    }
}
