//! `replay erase`: asks a running server to erase an account, and waits until nothing of it can be read.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::Outcome;

/// How long the server may take for one answer: it walks through all of the person's channels.
const ANSWER_PATIENCE: Duration = Duration::from_secs(120);
/// How long the whole erasure may take.
const PATIENCE: Duration = Duration::from_secs(600);
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Whom, and by whose word.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// A username, an e-mail address or an id; an id where it is confirmed.
    pub account: String,
    /// The server's address, as in `http://127.0.0.1:8065`.
    pub server: String,
    /// A session of an administrator.
    pub token: String,
    /// Whether it was confirmed.
    pub confirmed: bool,
}

impl Erasure {
    /// Erases the account; says what there is to say on standard output.
    ///
    /// # Errors
    /// The server refuses or does not answer, or does not finish in time: asking again goes on.
    pub async fn run(&self) -> Result<Outcome> {
        let server = Server { url: self.server.trim_end_matches('/'), token: &self.token };
        let user = server.find(&self.account).await?;
        let (id, name) = (text(&user, "id")?, text(&user, "username")?);
        if !self.confirmed {
            println!(
                "{name} would be erased for ever, with all that they wrote: \
                 `replay erase {id} --yes` does it"
            );
            return Ok(Outcome::Different);
        }
        // A name may be another's in the meantime.
        ensure!(self.account == id, "--yes takes an id: {name} is {id}");
        server.erase(id).await?;
        let waiting = tokio::time::timeout(PATIENCE, server.destroyed(id)).await;
        waiting
            .context("the key is not destroyed yet: the server goes on, asking again waits")??;
        println!(
            "{name} ({id}) is erased and its key destroyed: nothing of it can be read from log or archive"
        );
        Ok(Outcome::Good)
    }
}

struct Server<'e> {
    url: &'e str,
    token: &'e str,
}

impl Server<'_> {
    async fn find(&self, account: &str) -> Result<Value> {
        let by = if account.contains('@') { "email/" } else { "username/" };
        for path in [format!("users/{by}{account}"), format!("users/{account}")] {
            let request = client()?.get(format!("{}/api/v4/{path}", self.url));
            if let Some(user) = self.answer(request).await? {
                return Ok(user);
            }
        }
        bail!("there is no account {account:?}")
    }

    /// Where it decided but did not finish in time, it goes on by itself.
    async fn erase(&self, id: &str) -> Result<()> {
        let url = format!("{}/api/nottermost/v1/users/{id}/erase", self.url);
        let request = client()?.post(url).bearer_auth(self.token).json(&json!({}));
        let answer = request.send().await.with_context(|| format!("failed to ask {}", self.url))?;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            let begun = self.erasure(id).await?["erased"] == true;
            ensure!(begun, "the server cannot erase anybody now: ask again");
            return Ok(());
        }
        said(answer).await?.map(drop).context("the account is gone")
    }

    async fn erasure(&self, id: &str) -> Result<Value> {
        let url = format!("{}/api/nottermost/v1/users/{id}/erasure", self.url);
        self.answer(client()?.get(url)).await?.context("the account is gone")
    }

    async fn destroyed(&self, id: &str) -> Result<()> {
        loop {
            if self.erasure(id).await?["key_destroyed"] == true {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// What the server says; nothing for a 404.
    async fn answer(&self, request: RequestBuilder) -> Result<Option<Value>> {
        let asked = request.bearer_auth(self.token).send().await;
        said(asked.with_context(|| format!("failed to ask {}", self.url))?).await
    }
}

/// The body of a success; nothing for a 404.
async fn said(answer: Response) -> Result<Option<Value>> {
    let status = answer.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let body: Value = answer.json().await.unwrap_or_default();
    let message = body["message"].as_str().unwrap_or("no reason given");
    ensure!(status.is_success(), "the server refuses ({status}): {message}");
    Ok(Some(body))
}

fn client() -> Result<Client> {
    Ok(Client::builder().timeout(ANSWER_PATIENCE).build()?)
}

fn text<'v>(user: &'v Value, field: &str) -> Result<&'v str> {
    user[field].as_str().with_context(|| format!("the server's account has no {field}"))
}
