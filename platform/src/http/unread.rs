//! What a handler leaves unread of a large body.
//!
//! A handler that refuses early (no session, no such route) does not read the body. The connection
//! is then closed while the client still sends, and many clients report that as a broken
//! connection instead of the answer. So the rest is read and thrown away, within bounds.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;

use super::json::read_body;

/// A smaller body is in the connection's buffer by the time it is answered.
const WATCHED_BYTES_MIN: u64 = 64 << 10;

/// The other end of a body that a handler has.
pub(super) struct Unread(Arc<Mutex<Body>>);

/// Keeps hold of the body of `request` if it may be a large one.
pub(super) fn watch(request: Request) -> (Request, Option<Unread>) {
    if !may_be_large(request.headers()) {
        return (request, None);
    }
    let (parts, body) = request.into_parts();
    let shared = Arc::new(Mutex::new(body));
    let body = Body::new(Shared(Arc::clone(&shared)));
    (Request::from_parts(parts, body), Some(Unread(shared)))
}

fn may_be_large(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|bytes: u64| bytes >= WATCHED_BYTES_MIN)
        || headers.contains_key(TRANSFER_ENCODING)
}

impl Unread {
    /// Reads on to the end, or until it is too much or nothing comes.
    pub async fn discard(self) {
        // Whatever it says, there is an answer already.
        let _ = read_body(Body::new(Shared(self.0)), 0).await;
    }
}

/// A body that two hold; only one reads at a time.
struct Shared(Arc<Mutex<Body>>);

impl http_body::Body for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_util::sync::CancellationToken;

    use super::super::{ApiError, EdgeSettings, bind, edge, serve};

    /// Sends a body of ten megabytes as most clients do, all of it before it reads the answer.
    async fn post_ten_megabytes(path: &str) -> String {
        let routes =
            Router::new().route("/refuses", post(|| async { ApiError::session_expired() }));
        let settings = EdgeSettings {
            version_id: "1".to_owned(),
            json_body_bytes_max: 300_000,
            limits: Default::default(),
            page: None,
        };
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let stop = CancellationToken::new();
        let _stopped = stop.clone().drop_guard();
        tokio::spawn(serve(listener, edge(routes, settings), stop, Duration::ZERO));
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        client.write_all(&vec![b'x'; 10_000_000]).await.unwrap();
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_early_refusal_reaches_a_client_that_sends_first_and_reads_then() {
        assert_eq!(post_ten_megabytes("/refuses").await, "HTTP/1.1 401");
        assert_eq!(post_ten_megabytes("/unknown").await, "HTTP/1.1 404");
    }
}
