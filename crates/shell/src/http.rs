//! Serves a router over HTTP/1.1 on a listener that is bound already, within
//! bounds: a number of connections, and a time in which a head must come.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// What one listener bears.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take from the opening of a connection, or from
    /// the last answer, until the head of its next request is complete. A
    /// connection that is kept alive closes after as long without a request.
    pub header_timeout: Duration,
    /// How many connections are open at once; more wait in the backlog.
    pub max_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_timeout: Duration::from_secs(30), max_connections: 4096 }
    }
}

/// [`serve_within`] the default limits.
pub async fn serve(listener: TcpListener, router: Router, token: CancellationToken) {
    serve_within(Limits::default(), listener, router, token).await;
}

/// Serves until `token` is cancelled; then takes no new connection and
/// returns when the requests under way are answered. A handler that streams
/// without end has to watch the same token. Handlers find the peer's address
/// as `ConnectInfo<SocketAddr>`.
pub async fn serve_within(
    limits: Limits,
    mut listener: TcpListener,
    router: Router,
    token: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.max_connections));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            // Why: axum's accept waits out a lack of file descriptors.
            (place, Listener::accept(&mut listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            next = next => next,
            () = token.cancelled() => break,
        };
        let router = router.clone();
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            connection(limits, stream, ConnectInfo(peer), router, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn connection(
    limits: Limits,
    stream: TcpStream,
    peer: ConnectInfo<std::net::SocketAddr>,
    router: Router,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection");
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
        task::JoinHandle,
    };

    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    async fn started(
        limits: Limits,
        router: Router,
    ) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let token = CancellationToken::new();
        let server = tokio::spawn(serve_within(limits, listener, router, token.clone()));
        (address, token, server)
    }

    async fn sent(address: SocketAddr, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_handler_learns_who_is_calling() {
        let router = Router::new()
            .route("/", get(|peer: ConnectInfo<SocketAddr>| async move { peer.0.to_string() }));
        let (address, ..) = started(Limits::default(), router).await;
        let stream = sent(address, HEAD).await;
        let me = stream.local_addr().unwrap().to_string();
        assert!(rest(stream).await.ends_with(&me));
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_is_not_waited_for() {
        let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
        let (address, ..) = started(limits, Router::new()).await;
        // Returns only because the server closes.
        assert!(!rest(sent(address, b"").await).await.contains("200"));
        assert!(!rest(sent(address, b"GET / HTTP/1.1\r\nhost:").await).await.contains("200"));
    }

    #[tokio::test]
    async fn a_connection_beyond_the_bound_waits_for_a_place() {
        let limits = Limits { max_connections: 1, ..Limits::default() };
        let (address, ..) = started(limits, Router::new().route("/", get(|| async { "hi" }))).await;
        let idle = sent(address, b"").await;
        let mut second = sent(address, HEAD).await;
        let early = tokio::time::timeout(Duration::from_millis(50), second.read_u8()).await;
        assert!(early.is_err(), "two connections were served at once");
        drop(idle);
        assert!(rest(second).await.ends_with("hi"));
    }

    #[tokio::test]
    async fn the_end_waits_for_the_answer_under_way_and_closes_idle_connections() {
        let (entered, inside) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let gates = Arc::new(tokio::sync::Mutex::new(Some((entered, released))));
        let handler = move || async move {
            let (entered, released) = gates.lock().await.take().unwrap();
            entered.send(()).unwrap();
            released.await.unwrap();
            "answered"
        };
        let router = Router::new().route("/", get(handler));
        let (address, token, server) = started(Limits::default(), router).await;
        let idle = sent(address, b"").await;
        let busy = sent(address, HEAD).await;
        inside.await.unwrap();
        token.cancel();
        assert_eq!(rest(idle).await, "");
        assert!(!server.is_finished());
        release.send(()).unwrap();
        assert!(rest(busy).await.ends_with("answered"));
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
