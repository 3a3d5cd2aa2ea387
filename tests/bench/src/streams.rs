//! Streams of events: how many events a second reach a hundred of them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::processes::Cpu;
use crate::scene::Scene;
use crate::target::Target;

const POSTERS: usize = 8;
const POSTS_OF_EACH: usize = 250;
const PATIENCE: Duration = Duration::from_secs(60);
const EVENT: &[u8] = b"event: post.created\n";

/// Posts as fast as they are taken, until each member's stream has told all of them.
pub async fn fan_out(target: &Target, scene: &Scene) -> Result<()> {
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let mut listening = JoinSet::new();
    for token in &scene.tokens {
        let stream = open(&target.authority, token).await?;
        listening.spawn(listen(stream, seen.clone()));
    }
    let streams = scene.tokens.len();
    let (began, cpu) = (Instant::now(), Cpu::read()?);
    let mut posting = JoinSet::new();
    for n in 0..POSTERS {
        let client = Client::connect(&target.authority, &scene.tokens[n]).await?;
        posting.spawn(post(client, scene.channels[n].clone()));
    }
    let wanted = streams * POSTERS * POSTS_OF_EACH;
    let mut told = 0;
    while told < wanted {
        let more = tokio::time::timeout(PATIENCE, arrivals.recv()).await?;
        told += more.context("the streams are open")?;
    }
    let took = began.elapsed();
    while let Some(posted) = posting.join_next().await {
        posted??;
    }
    println!(
        "posts to {streams} streams of events: {:.0} events/s  CPU per event {}",
        wanted as f64 / took.as_secs_f64(),
        Cpu::read()?.since(cpu).per(wanted as f64),
    );
    Ok(())
}

async fn post(mut client: Client, channel: String) -> Result<()> {
    for n in 0..POSTS_OF_EACH {
        let body = json!({"channel_id": channel, "message": format!("message number {n}")});
        client.post("/api/v4/posts", &body).await?;
    }
    Ok(())
}

/// A stream that has said where it begins.
async fn open(authority: &str, token: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!(
        "GET /api/nottermost/v1/events?types=post.created HTTP/1.1\r\nHost: {authority}\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !contains(&head, b"retry: ") {
        ensure!(stream.read_buf(&mut head).await? > 0, "{}", String::from_utf8_lossy(&head));
    }
    Ok(stream)
}

/// Tells how many events came, each time that something came.
async fn listen(mut stream: TcpStream, seen: mpsc::UnboundedSender<usize>) -> Result<()> {
    let mut held = Vec::with_capacity(1 << 16);
    while stream.read_buf(&mut held).await? > 0 {
        let count = held.windows(EVENT.len()).filter(|bytes| *bytes == EVENT).count();
        // What may be the beginning of one more.
        held.drain(..held.len().saturating_sub(EVENT.len() - 1));
        if seen.send(count).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|found| found == wanted)
}
