//! A keep-alive HTTP/1.1 client, one connection each, as light as a load program has to be.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// One connection with one token.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    token: String,
}

/// An answer's status, `Token` header and body.
pub struct Answer {
    pub status: u16,
    pub token: Option<String>,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("the body is no JSON")
    }
}

impl Client {
    pub async fn connect(authority: &str, token: &str) -> Result<Self> {
        let sender = open(authority).await?;
        Ok(Self { sender, authority: authority.to_owned(), token: token.to_owned() })
    }

    pub fn with_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json");
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        // nginx ends a connection after some requests; the answer to the last says so.
        if self.sender.ready().await.is_err() {
            self.sender = open(&self.authority).await?;
        }
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        let status = response.status().as_u16();
        let token =
            response.headers().get("token").and_then(|t| t.to_str().ok()).map(str::to_owned);
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, token, body })
    }

    /// Sends JSON and insists on success.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        let answer = self.send(Method::POST, path, body.to_string().into()).await?;
        if answer.status >= 300 {
            bail!("POST {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer)
    }
}

async fn open(authority: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
