//! The limit beside our rows: a server that answers the same calls with no rules and no storage.
//! It runs as a process of its own, as the server does, so that its CPU is counted the same way.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRef, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// Frames that a socket may lie behind.
const BACKLOG: usize = 64;
const POSTS_OF_A_PAGE: usize = 60;

#[derive(Clone, FromRef)]
struct Bare {
    frames: broadcast::Sender<Utf8Bytes>,
    answers: Arc<Answers>,
}

/// Rendered once.
struct Answers {
    profile: Bytes,
    page: Bytes,
}

impl Answers {
    fn rendered() -> Self {
        let posts: serde_json::Map<_, _> =
            (0..POSTS_OF_A_PAGE).map(|n| (format!("{n:026}"), post_object("a message"))).collect();
        let order: Vec<_> = posts.keys().rev().cloned().collect();
        let page = json!({"order": order, "posts": posts, "next_post_id": "", "prev_post_id": ""});
        let profile = json!({
            "id": format!("{:026}", 1), "create_at": 1_700_000_000_000_i64, "update_at": 0, "delete_at": 0,
            "username": "bench0", "email": "bench0@example.org", "nickname": "", "first_name": "",
            "last_name": "", "position": "", "roles": "system_user", "locale": "en",
            "notify_props": {"desktop": "mention", "email": "true", "push": "mention"},
            "timezone": {"useAutomaticTimezone": "true"},
        });
        Self { profile: profile.to_string().into(), page: page.to_string().into() }
    }
}

fn post_object(message: &str) -> serde_json::Value {
    json!({
        "id": format!("{:026}", 7), "create_at": 1_700_000_000_000_i64, "update_at": 0, "edit_at": 0,
        "delete_at": 0, "is_pinned": false, "user_id": format!("{:026}", 1),
        "channel_id": format!("{:026}", 2), "root_id": "", "original_id": "", "message": message,
        "type": "", "props": {}, "hashtags": "", "pending_post_id": "", "reply_count": 0,
        "last_reply_at": 0, "participants": null, "metadata": {},
    })
}

/// Serves until the process is ended; says where on standard output.
pub async fn serve() -> Result<()> {
    let (frames, _) = broadcast::channel(BACKLOG);
    let bare = Bare { frames, answers: Arc::new(Answers::rendered()) };
    let router = Router::new()
        .route("/api/v4/posts", post(create_post))
        .route("/api/v4/users/me", get(profile))
        .route("/api/v4/channels/{channel}/posts", get(page))
        .route("/api/v4/websocket", get(socket))
        .with_state(bare);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn create_post(State(frames): State<broadcast::Sender<Utf8Bytes>>, body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let text = post_object(asked["message"].as_str().unwrap_or_default()).to_string();
    let frame = json!({
        "event": "posted",
        "data": {"post": &text, "channel_display_name": "Channel 0", "sender_name": "@bench0"},
        "broadcast": {"channel_id": asked["channel_id"]},
        "seq": 1,
    });
    // Nobody listens in the rows without sockets.
    let _ = frames.send(frame.to_string().into());
    (StatusCode::CREATED, json_headers(), text).into_response()
}

async fn profile(State(answers): State<Arc<Answers>>) -> Response {
    (json_headers(), answers.profile.clone()).into_response()
}

async fn page(State(answers): State<Arc<Answers>>) -> Response {
    (json_headers(), answers.page.clone()).into_response()
}

fn json_headers() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/json")]
}

async fn socket(State(bare): State<Bare>, upgrade: WebSocketUpgrade) -> Response {
    let frames = bare.frames.subscribe();
    upgrade.read_buffer_size(4 << 10).write_buffer_size(0).on_upgrade(|socket| push(socket, frames))
}

async fn push(mut socket: WebSocket, mut frames: broadcast::Receiver<Utf8Bytes>) {
    let hello = json!({"event": "hello", "data": {}, "broadcast": {}, "seq": 0}).to_string();
    if socket.send(Message::Text(hello.into())).await.is_err() {
        return;
    }
    while let Ok(frame) = frames.recv().await {
        if socket.send(Message::Text(frame)).await.is_err() {
            return;
        }
    }
}
