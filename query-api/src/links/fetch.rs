//! Asks other servers. Each connection goes to an address that was looked at, never to a name that may
//! lead elsewhere the next time; each redirect is looked at anew. No cookies, no credentials, no
//! connection that is used twice.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tower::Service;
use url::Url;

use super::addresses::{Addresses, is_plain};
use super::{LinkOptions, URL_BYTES_MAX};

const REDIRECTS_MAX: usize = 5;
/// Servers with several addresses are given up on after a few.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const AGENT: &str = "nottermost (link previews)";

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the address may not be asked")]
    Refused,
    #[error("too many fetches are under way")]
    Busy,
    #[error("the server took too long")]
    Late,
    #[error("failed to ask: {0}")]
    Failed(String),
}

/// An answer whose body has not been read.
pub(crate) struct Fetched {
    /// Where the redirects led.
    pub url: Url,
    pub response: Response<Incoming>,
    /// By when the body must have come.
    pub deadline: Instant,
    /// Held for as long as something is fetched.
    pub permit: OwnedSemaphorePermit,
}

/// The way to other servers.
pub(crate) struct Fetcher {
    client: Client<HttpsConnector<Connector>, Empty<Bytes>>,
    permits: Arc<Semaphore>,
    deadline: Duration,
}

impl Fetcher {
    /// # Errors
    /// The machine has no certificates of authorities.
    pub fn new(options: &LinkOptions) -> io::Result<Self> {
        let addresses = Addresses { allowed: options.allowed.clone(), any_port: options.any_port };
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector(addresses));
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https);
        let permits = Arc::new(Semaphore::new(options.fetches_max));
        Ok(Self { client, permits, deadline: options.deadline })
    }

    /// The right to fetch, if not too many do.
    pub fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// The right to fetch, once not too many do.
    pub async fn permitted(&self) -> Result<OwnedSemaphorePermit, FetchError> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match timeout(self.deadline, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(FetchError::Busy),
        }
    }

    /// What stands at `url`, wherever it redirects to.
    pub async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        permit: OwnedSemaphorePermit,
    ) -> Result<Fetched, FetchError> {
        let deadline = Instant::now() + self.deadline;
        let followed = self.follow(url.clone(), accept);
        let (url, response) =
            timeout_at(deadline, followed).await.map_err(|_| FetchError::Late)??;
        if !response.status().is_success() {
            return Err(FetchError::Failed(response.status().to_string()));
        }
        Ok(Fetched { url, response, deadline, permit })
    }

    /// Where `url` redirects to, by itself.
    pub async fn location(&self, url: &Url) -> Result<Option<Url>, FetchError> {
        let _permit = self.permitted().await?;
        let answer = timeout(self.deadline, self.ask(Method::HEAD, url, "*/*"));
        let response = answer.await.map_err(|_| FetchError::Late)??;
        Ok(redirected(url, &response))
    }

    async fn follow(
        &self,
        mut url: Url,
        accept: &'static str,
    ) -> Result<(Url, Response<Incoming>), FetchError> {
        for _ in 0..=REDIRECTS_MAX {
            let response = self.ask(Method::GET, &url, accept).await?;
            match redirected(&url, &response) {
                Some(next) => url = next,
                None => return Ok((url, response)),
            }
        }
        Err(FetchError::Failed("too many redirects".to_owned()))
    }

    async fn ask(
        &self,
        method: Method,
        url: &Url,
        accept: &'static str,
    ) -> Result<Response<Incoming>, FetchError> {
        if !is_plain(url) {
            return Err(FetchError::Refused);
        }
        let request = Request::builder()
            .method(method)
            .uri(&url[..url::Position::AfterQuery])
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, accept)
            .header(ACCEPT_ENCODING, "identity")
            .body(Empty::new())
            .map_err(|error| FetchError::Failed(error.to_string()))?;
        // The cause of a refused connection names addresses; that is for no client.
        self.client.request(request).await.map_err(|error| FetchError::Failed(error.to_string()))
    }
}

impl Fetched {
    /// The media type, without its parameters.
    pub fn media_type(&self) -> String {
        let value = self.response.headers().get(CONTENT_TYPE);
        let text = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
        text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The beginning of the body, `bytes_max` of it.
    pub async fn beginning(self, bytes_max: usize) -> Result<Vec<u8>, FetchError> {
        let mut body = self.response.into_body();
        let mut read = Vec::new();
        while read.len() < bytes_max {
            let frame = timeout_at(self.deadline, body.frame()).await;
            let Some(frame) = frame.map_err(|_| FetchError::Late)? else { break };
            let frame = frame.map_err(|error| FetchError::Failed(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                read.extend_from_slice(&data[..data.len().min(bytes_max - read.len())]);
            }
        }
        Ok(read)
    }
}

/// Where the answer sends on to, if that may be asked for.
fn redirected(from: &Url, response: &Response<Incoming>) -> Option<Url> {
    let to = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    let to = from.join(to.to_str().ok()?).ok()?;
    (to.as_str().len() <= URL_BYTES_MAX && is_plain(&to)).then_some(to)
}

/// Connects to the first address of a name that may be asked and answers.
#[derive(Clone)]
struct Connector(Addresses);

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        connected(self.0.clone(), to).boxed()
    }
}

async fn connected(addresses: Addresses, to: Uri) -> io::Result<TokioIo<TcpStream>> {
    let host = to.host().unwrap_or_default().trim_matches(['[', ']']);
    let usual = if to.scheme_str() == Some("https") { 443 } else { 80 };
    let port = to.port_u16().unwrap_or(usual);
    let found = lookup_host((host, port)).await?;
    let allowed: Vec<SocketAddr> = found.filter(|at| addresses.allow(at.ip(), port)).collect();
    if allowed.is_empty() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(&allowed[..])).await??;
    Ok(TokioIo::new(stream))
}
