//! A running server, asked by its API.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

/// How long the server may take for one answer: it may walk through many channels.
const ANSWER_PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Server<'e> {
    url: &'e str,
    /// A session of an administrator.
    token: &'e str,
}

impl<'e> Server<'e> {
    pub(crate) fn new(url: &'e str, token: &'e str) -> Self {
        Self { url: url.trim_end_matches('/'), token }
    }

    pub(crate) fn get(&self, path: &str) -> Result<RequestBuilder> {
        Ok(client()?.get(format!("{}{path}", self.url)))
    }

    pub(crate) fn post(&self, path: &str) -> Result<RequestBuilder> {
        Ok(client()?.post(format!("{}{path}", self.url)))
    }

    /// # Errors
    /// It does not answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let asked = request.bearer_auth(self.token).send().await;
        asked.with_context(|| format!("failed to ask {}", self.url))
    }

    /// What the server says; nothing for a 404.
    ///
    /// # Errors
    /// It refuses, or does not answer.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Result<Option<Value>> {
        said(self.send(request).await?).await
    }
}

/// The body of a success; nothing for a 404.
///
/// # Errors
/// A refusal.
pub(crate) async fn said(answer: Response) -> Result<Option<Value>> {
    let status = answer.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let body: Value = answer.json().await.unwrap_or_default();
    let message = body["message"].as_str().unwrap_or("no reason given");
    ensure!(status.is_success(), "the server refuses ({status}): {message}");
    Ok(Some(body))
}

/// A number of what the server says; 0 where it says none.
pub(crate) fn number(report: &Value, field: &str) -> u64 {
    report[field].as_u64().unwrap_or(0)
}

fn client() -> Result<Client> {
    Ok(Client::builder().timeout(ANSWER_PATIENCE).build()?)
}
