//! Stand-ins for services: they say who they are and what reached them, so that a test sees what the
//! edge did with a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use axum::body::Body;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, body::HttpBody};
use futures::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The headers in which a stub says who it is, what was asked, and what came with it.
pub const WHO: &str = "x-who";
pub const ASKED: &str = "x-asked";
pub const BODY_BYTES: &str = "x-body-bytes";

#[derive(Debug)]
struct Seen {
    who: &'static str,
    status: StatusCode,
    requests: AtomicUsize,
    body_bytes: AtomicUsize,
}

/// A service of a test. Ends when dropped.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stub {
    /// Answers 200 to everything, and takes sockets.
    pub async fn start(who: &'static str) -> Result<Self> {
        Self::saying(who, StatusCode::OK).await
    }

    pub async fn saying(who: &'static str, status: StatusCode) -> Result<Self> {
        Self::serve(who, status, |listener, seen| async move {
            let router = Router::new().fallback(answer).with_state(seen);
            // It ends with the stub.
            let _ = axum::serve(listener, router).await;
        })
        .await
    }

    /// Reads a request and hangs up, as a process does that is killed while it works.
    pub async fn dying(who: &'static str) -> Result<Self> {
        Self::serve(who, StatusCode::OK, |listener, seen| async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if stream.read(&mut [0; 4096]).await.is_ok_and(|bytes| bytes > 0) {
                    seen.requests.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
        .await
    }

    async fn serve<F: Future<Output = ()> + Send + 'static>(
        who: &'static str,
        status: StatusCode,
        serve: impl FnOnce(TcpListener, Arc<Seen>) -> F,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (requests, body_bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let seen = Arc::new(Seen { who, status, requests, body_bytes });
        let serving = tokio::spawn(serve(listener, Arc::clone(&seen)));
        Ok(Self { address, seen, serving })
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Bytes of all bodies that have come so far.
    pub fn body_bytes(&self) -> usize {
        self.seen.body_bytes.load(Ordering::SeqCst)
    }
}

/// An address at which nobody listens.
pub fn nobody() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

async fn answer(
    State(seen): State<Arc<Seen>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    let asked = format!("{} {}", request.method(), request.uri());
    let mut headers = told(request.headers());
    headers.insert(WHO, HeaderValue::from_static(seen.who));
    headers.insert(ASKED, HeaderValue::try_from(asked).expect("a request's head is printable"));
    if let Ok(upgrade) = upgrade {
        let echo = upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                // Who is gone needs no echo.
                let _ = socket.send(message).await;
            }
        });
        return (headers, echo).into_response();
    }
    headers.insert(BODY_BYTES, HeaderValue::from(read(request.into_body(), &seen).await));
    (seen.status, headers, seen.who).into_response()
}

/// What the edge says about the client and the connection, sent back under another name.
fn told(headers: &HeaderMap) -> HeaderMap {
    let names =
        ["host", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "upgrade", "connection"];
    let told = names.into_iter().filter_map(|name| {
        let value = headers.get(name)?.clone();
        Some((format!("x-told-{name}").parse().expect("a header's name"), value))
    });
    told.collect()
}

async fn read(body: Body, seen: &Seen) -> usize {
    if body.is_end_stream() {
        return 0;
    }
    let mut bytes = 0;
    let mut pieces = body.into_data_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        bytes += piece.len();
        seen.body_bytes.fetch_add(piece.len(), Ordering::SeqCst);
    }
    bytes
}
