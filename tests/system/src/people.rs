//! People who use the server over HTTP.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::Socket;

/// A request that takes longer has failed; the server's own deadlines are shorter.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Everybody's.
pub const PASSWORD: &str = "Correct-Horse-7";

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body of an answer of this status.
    pub fn expect(self, status: u16) -> Result<Value> {
        ensure!(self.status == status, "expected {status}, got {}: {}", self.status, self.body);
        Ok(self.body)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Somebody without an account.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: Client,
    url: String,
    token: Option<String>,
}

impl Visitor {
    /// At the server with this URL.
    pub fn at(url: &str) -> Result<Self> {
        let client = Client::builder().timeout(REQUEST_TIMEOUT).build()?;
        Ok(Self { client, url: url.to_owned(), token: None })
    }

    /// The same with a token of somebody's.
    pub fn showing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Sends a request; the path is below `/api/v4`.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut request = self.client.request(method, format!("{}/api/v4{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::PUT, path, Some(&body)).await
    }

    /// Makes an account and logs in.
    pub async fn sign_up(&self, username: &str) -> Result<Person> {
        let account = json!({
            "username": username,
            "email": format!("{username}@example.test"),
            "password": PASSWORD,
        });
        self.post("/users", account).await?.expect(201).context("sign up")?;
        self.log_in(username).await
    }

    /// Logs into an account that [`Visitor::sign_up`] made.
    pub async fn log_in(&self, username: &str) -> Result<Person> {
        let login = json!({"login_id": username, "password": PASSWORD});
        let answer = self.post("/users/login", login).await?;
        let token = answer.header("token").context("a login answers with a token")?.to_owned();
        let account = answer.expect(200).context("log in")?;
        let id = text(&account, "id")?;
        Ok(Person { visitor: Self { token: Some(token), ..self.clone() }, id })
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    visitor: Visitor,
    pub id: String,
}

impl std::ops::Deref for Person {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Person {
    /// The same person at the server's next run, which listens elsewhere.
    pub fn moved_to(&self, url: &str) -> Self {
        let visitor = Visitor { url: url.to_owned(), ..self.visitor.clone() };
        Self { visitor, id: self.id.clone() }
    }

    /// The same person, who opens a connection for each request: none is idle when an edge closes it.
    pub fn hanging_up(&self) -> Result<Self> {
        let client =
            Client::builder().timeout(REQUEST_TIMEOUT).pool_max_idle_per_host(0).build()?;
        Ok(Self { visitor: Visitor { client, ..self.visitor.clone() }, id: self.id.clone() })
    }

    pub fn token(&self) -> &str {
        self.visitor.token.as_deref().expect("who is logged in has a token")
    }

    /// Makes a team that everybody may join.
    pub async fn found_team(&self, name: &str) -> Result<String> {
        let team = json!({
            "name": name, "display_name": name, "type": "O", "allow_open_invite": true,
        });
        text(&self.post("/teams", team).await?.expect(201).context("found a team")?, "id")
    }

    pub async fn join_team(&self, team: &str) -> Result<()> {
        let member = json!({"team_id": team, "user_id": self.id});
        self.post(&format!("/teams/{team}/members"), member)
            .await?
            .expect(201)
            .context("join a team")?;
        Ok(())
    }

    /// Makes a public channel.
    pub async fn create_channel(&self, team: &str, name: &str) -> Result<String> {
        let channel = json!({
            "team_id": team, "name": name, "display_name": name, "type": "O",
        });
        text(&self.post("/channels", channel).await?.expect(201).context("make a channel")?, "id")
    }

    pub async fn join_channel(&self, channel: &str) -> Result<()> {
        self.post(&format!("/channels/{channel}/members"), json!({"user_id": self.id}))
            .await?
            .expect(201)
            .context("join a channel")?;
        Ok(())
    }

    /// Posts, and returns the post as the server answered it.
    pub async fn say(&self, channel: &str, message: &str) -> Result<Value> {
        let post = json!({"channel_id": channel, "message": message});
        self.post("/posts", post).await?.expect(201).context("post")
    }

    /// Posts with a file; returns the file's id.
    pub async fn share(&self, channel: &str, message: &str, bytes: Vec<u8>) -> Result<String> {
        let path = format!("/files?channel_id={channel}&filename=loom.bin");
        let request = self.visitor.client.post(format!("{}/api/v4{path}", self.visitor.url));
        let answer = request.bearer_auth(self.token()).body(bytes).send().await?;
        let uploaded: Value = answer.error_for_status().context("upload")?.json().await?;
        let file = text(&uploaded["file_infos"][0], "id")?;
        let post = json!({"channel_id": channel, "message": message, "file_ids": [file]});
        self.post("/posts", post).await?.expect(201).context("post a file")?;
        Ok(file)
    }

    /// The bytes of a file.
    pub async fn file(&self, file: &str) -> Result<Vec<u8>> {
        let url = format!("{}/api/v4/files/{file}", self.visitor.url);
        let answer = self.visitor.client.get(url).bearer_auth(self.token()).send().await?;
        let bytes = answer.error_for_status().context("download")?.bytes().await?;
        Ok(bytes.to_vec())
    }

    /// All posts of a channel, newest first, page by page.
    pub async fn posts(&self, channel: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        for page in 0.. {
            let path = format!("/channels/{channel}/posts?page={page}&per_page=200");
            let list = self.get(&path).await?.expect(200).context("read a channel")?;
            let order = list["order"].as_array().context("a list has an order")?;
            if order.is_empty() {
                break;
            }
            for id in order {
                let id = id.as_str().context("an order holds ids")?;
                all.push(list["posts"][id].clone());
            }
        }
        Ok(all)
    }

    /// Opens a socket and waits for its greeting.
    pub async fn socket(&self) -> Result<Socket> {
        Socket::open(&self.visitor.url, self.token()).await
    }
}

fn text(value: &Value, field: &str) -> Result<String> {
    let text = value[field].as_str().with_context(|| format!("{field} is missing in {value}"))?;
    Ok(text.to_owned())
}
