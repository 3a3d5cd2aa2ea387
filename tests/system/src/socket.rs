//! Sockets as clients hold them.

use anyhow::{Context, Result, bail, ensure};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::within;

/// A socket that has been greeted. Checks that frames are numbered without a gap.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_seq: u64,
}

impl Socket {
    /// Opens a socket at the server with this URL, shows `token`, and waits for the greeting.
    pub async fn open(url: &str, token: &str) -> Result<Self> {
        let address = format!("{}/api/v4/websocket", url.replacen("http", "ws", 1));
        let (stream, _) = within("the socket opens", connect_async(address)).await??;
        let mut socket = Self { stream, next_seq: 0 };
        let challenge = json!({
            "seq": 1, "action": "authentication_challenge", "data": {"token": token},
        });
        socket.stream.send(Message::text(challenge.to_string())).await?;
        socket.event("hello").await?;
        Ok(socket)
    }

    /// The next event of this name; others are passed over, replies too.
    pub async fn event(&mut self, name: &str) -> Result<Value> {
        self.find(name, |event| event["event"] == name).await
    }

    /// The next event that matches.
    pub async fn find(&mut self, what: &str, matches: impl Fn(&Value) -> bool) -> Result<Value> {
        self.up_to(what, matches).await?.pop().context("it ends with what matches")
    }

    /// The events up to the next one that matches, and that one.
    pub async fn up_to(
        &mut self,
        what: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> Result<Vec<Value>> {
        let mut events = Vec::new();
        let found = async {
            loop {
                let event = self.next().await?.with_context(|| format!("closed before {what}"))?;
                let last = matches(&event);
                events.push(event);
                if last {
                    return anyhow::Ok(());
                }
            }
        };
        within(&format!("the socket says {what}"), found).await??;
        Ok(events)
    }

    /// Waits until the server closes it; returns the events that came before.
    pub async fn closed(mut self) -> Result<Vec<Value>> {
        within("the socket is closed", async {
            let mut events = Vec::new();
            while let Ok(Some(event)) = self.next().await {
                events.push(event);
            }
            events
        })
        .await
    }

    async fn next(&mut self) -> Result<Option<Value>> {
        while let Some(message) = self.stream.next().await {
            let text = match message? {
                Message::Text(text) => text,
                Message::Close(_) => return Ok(None),
                Message::Ping(_) | Message::Pong(_) => continue,
                other => bail!("a frame that no client understands: {other:?}"),
            };
            let frame: Value = serde_json::from_str(text.as_str())?;
            if frame.get("seq_reply").is_some() {
                continue;
            }
            ensure!(frame["seq"] == self.next_seq, "expected {}, got {frame}", self.next_seq);
            self.next_seq += 1;
            return Ok(Some(frame));
        }
        Ok(None)
    }
}
