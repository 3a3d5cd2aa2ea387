//! A client of the stream.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use http::Request;
use serde_json::Value;
use tower::ServiceExt;

use crate::people::Person;
use crate::world::World;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(30);
pub const EVENTS: &str = "/api/nottermost/v1/events";

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The cursor.
    pub id: String,
    pub event: String,
    pub document: Value,
}

impl Heard {
    pub fn data(&self) -> &Value {
        &self.document["data"]
    }

    /// The id of the post that it is about.
    pub fn post(&self) -> &str {
        self.data()["post_id"].as_str().unwrap()
    }

    pub fn message(&self) -> &Value {
        &self.data()["message"]
    }
}

/// What a block of the stream is.
#[derive(Debug)]
pub enum Block {
    Event(Heard),
    /// A comment, or a cursor alone.
    Silence,
}

pub struct Listener {
    body: BodyDataStream,
    text: String,
    /// The last cursor that came.
    pub cursor: String,
}

impl Listener {
    pub async fn open(world: &World, person: &Person, query: &str) -> Self {
        Self::open_with(world, person, query, None).await
    }

    /// Comes again with the cursor that it had.
    pub async fn resume(world: &World, person: &Person, query: &str, cursor: &str) -> Self {
        Self::open_with(world, person, query, Some(cursor)).await
    }

    async fn open_with(world: &World, person: &Person, query: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(format!("{EVENTS}{query}"));
        request = request.header("authorization", format!("Bearer {}", person.token));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{query}");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        let body = answer.into_body().into_data_stream();
        let mut listener = Self { body, text: String::new(), cursor: String::new() };
        let greeting = listener.block().await.unwrap();
        assert!(matches!(greeting, Block::Silence) && !listener.cursor.is_empty());
        listener
    }

    /// The next block; `None` at the stream's end.
    pub async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(self.parse(&block));
            }
            let piece = tokio::time::timeout(PATIENCE, self.body.next()).await;
            let piece = piece.expect("something comes in time")?.unwrap();
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    fn parse(&mut self, block: &str) -> Block {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        if let Some(id) = field("id: ") {
            self.cursor = id.to_owned();
        }
        let Some(event) = field("event: ") else { return Block::Silence };
        let document = serde_json::from_str(field("data: ").unwrap()).unwrap();
        Block::Event(Heard { id: self.cursor.clone(), event: event.to_owned(), document })
    }

    /// The next event.
    pub async fn next(&mut self) -> Heard {
        self.next_or_end().await.expect("the stream goes on")
    }

    pub async fn next_or_end(&mut self) -> Option<Heard> {
        loop {
            match self.block().await? {
                Block::Event(heard) => return Some(heard),
                Block::Silence => {}
            }
        }
    }

    /// The next events, so many.
    pub async fn take(&mut self, count: usize) -> Vec<Heard> {
        let mut heard = Vec::with_capacity(count);
        while heard.len() < count {
            heard.push(self.next().await);
        }
        heard
    }

    /// Waits until the server ends the stream.
    pub async fn ended(mut self) {
        while self.block().await.is_some() {}
    }
}
