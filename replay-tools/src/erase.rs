//! `replay erase`: asks a running server to erase an account, and waits until nothing of it can be read.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::Outcome;
use crate::server::{Server, said};

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
        let server = Server::new(&self.server, &self.token);
        let user = find(&server, &self.account).await?;
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
        erase(&server, id).await?;
        let waiting = tokio::time::timeout(PATIENCE, destroyed(&server, id)).await;
        waiting
            .context("the key is not destroyed yet: the server goes on, asking again waits")??;
        println!(
            "{name} ({id}) is erased and its key destroyed: nothing of it can be read from log or archive"
        );
        Ok(Outcome::Good)
    }
}

async fn find(server: &Server<'_>, account: &str) -> Result<Value> {
    let by = if account.contains('@') { "email/" } else { "username/" };
    for path in [format!("users/{by}{account}"), format!("users/{account}")] {
        if let Some(user) = server.answer(server.get(&format!("/api/v4/{path}"))?).await? {
            return Ok(user);
        }
    }
    bail!("there is no account {account:?}")
}

/// Where it decided but did not finish in time, it goes on by itself.
async fn erase(server: &Server<'_>, id: &str) -> Result<()> {
    let request = server.post(&format!("/api/nottermost/v1/users/{id}/erase"))?.json(&json!({}));
    let answer = server.send(request).await?;
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        let begun = erasure(server, id).await?["erased"] == true;
        ensure!(begun, "the server cannot erase anybody now: ask again");
        return Ok(());
    }
    said(answer).await?.map(drop).context("the account is gone")
}

async fn erasure(server: &Server<'_>, id: &str) -> Result<Value> {
    let request = server.get(&format!("/api/nottermost/v1/users/{id}/erasure"))?;
    server.answer(request).await?.context("the account is gone")
}

async fn destroyed(server: &Server<'_>, id: &str) -> Result<()> {
    loop {
        if erasure(server, id).await?["key_destroyed"] == true {
            return Ok(());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

fn text<'v>(user: &'v Value, field: &str) -> Result<&'v str> {
    user[field].as_str().with_context(|| format!("the server's account has no {field}"))
}
