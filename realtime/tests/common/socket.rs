//! A client's end of a socket.

use std::net::SocketAddr;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Cell, PATIENCE, Person};

/// An open socket that checks the numbers of events as they come.
pub struct Socket {
    inner: WebSocketStream<TcpStream>,
    /// The number that the next event must have.
    pub expected: u64,
    pub connection_id: String,
}

impl Socket {
    /// The raw answer to a handshake with these headers.
    pub async fn shake(
        stream: TcpStream,
        address: SocketAddr,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<WebSocketStream<TcpStream>, Error> {
        let url = format!("ws://{address}/api/v4/websocket{query}");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        client_async(request, stream).await.map(|(socket, _)| socket)
    }

    pub async fn open(
        cell: &Cell,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self, Error> {
        let stream = TcpStream::connect(cell.address).await.unwrap();
        Self::over(stream, cell, query, headers).await
    }

    pub async fn over(
        stream: TcpStream,
        cell: &Cell,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self, Error> {
        let inner = Self::shake(stream, cell.address, query, headers).await?;
        Ok(Self { inner, expected: 0, connection_id: String::new() })
    }

    /// Opens with the token in a header, up to `hello`.
    pub async fn of(cell: &Cell, person: &Person) -> Self {
        let mut socket = Self::open(cell, "", &[bearer(person)]).await.unwrap();
        socket.hello().await;
        socket
    }

    /// Goes on where a connection ended.
    pub async fn resume(cell: &Cell, person: &Person, connection_id: &str, seq: u64) -> Self {
        let query = format!("?connection_id={connection_id}&sequence_number={seq}");
        let mut socket = Self::open(cell, &query, &[bearer(person)]).await.unwrap();
        socket.expected = seq;
        socket.connection_id = connection_id.to_owned();
        socket
    }

    pub async fn hello(&mut self) -> Value {
        let hello = self.event("hello").await;
        self.connection_id = hello["data"]["connection_id"].as_str().unwrap().to_owned();
        hello
    }

    /// The next text, event or reply.
    pub async fn next(&mut self) -> Value {
        self.try_next().await.expect("the socket is open")
    }

    /// The next text; the code that the server closed with otherwise, if it said one.
    pub async fn try_next(&mut self) -> Result<Value, Option<CloseCode>> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.inner.next()).await;
            match message.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if let Some(seq) = value.get("seq") {
                        assert_eq!(seq, self.expected, "no gap before {value}");
                        self.expected += 1;
                    }
                    return Ok(value);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next event must be this one, but for statuses, which come when they come.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            let value = self.next().await;
            if value["event"] == "status_change" && name != "status_change" {
                continue;
            }
            assert_eq!(value["event"], name, "{value}");
            return value;
        }
    }

    /// The next event must be this post.
    pub async fn posted(&mut self, message: &str) -> Value {
        let event = self.event("posted").await;
        assert_eq!(post_of(&event)["message"], message);
        event
    }

    pub async fn say(&mut self, request: Value) {
        self.send(Message::text(request.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.inner.send(message).await.unwrap();
    }

    /// Nothing comes, but for statuses, before the answer to a later question.
    pub async fn is_silent(&mut self) {
        self.say(json!({ "seq": 99, "action": "ping" })).await;
        loop {
            let value = self.next().await;
            if value["seq_reply"] == 99 {
                return;
            }
            assert_eq!(value["event"], "status_change", "{value}");
        }
    }

    /// Asks and waits for the answer.
    pub async fn ask(&mut self, seq: i64, action: &str, data: Value) -> Value {
        self.say(json!({ "seq": seq, "action": action, "data": data })).await;
        loop {
            let value = self.next().await;
            if value.get("seq_reply").is_some() {
                assert_eq!(value["seq_reply"], seq);
                assert_eq!(value.get("seq"), None);
                return value;
            }
        }
    }
}

pub fn bearer(person: &Person) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", person.token))
}

pub fn post_of(event: &Value) -> Value {
    serde_json::from_str(event["data"]["post"].as_str().unwrap()).unwrap()
}
