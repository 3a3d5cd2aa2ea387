//! Sockets: from a post to the frame, one post to many, memory of an idle one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use http::Method;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::client::Client;
use crate::processes::Cpu;
use crate::scene::Scene;
use crate::stats::Latencies;
use crate::target::Target;

/// Posts per second while latencies are taken.
const RATE: u32 = 20;
const LATENCY_POSTS: u32 = 100;
const RUNS: usize = 3;
/// Posts of the fan-out to many.
const FAN_OUT_POSTS: usize = 5;
const FRAME_WAIT: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<TcpStream>;

/// When a socket saw the post whose message ends in this number.
type Seen = (u32, Instant);

/// `of` names the server in what is printed.
pub async fn latency(target: &Target, scene: &Scene, sockets: usize, of: &str) -> Result<()> {
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let _listening = open(target, scene, sockets, &seen).await?;
    let mut poster = Client::connect(&target.authority, &scene.tokens[0]).await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    let (mut p50_ms, mut p99_ms) = (Vec::new(), Vec::new());
    let cpu = Cpu::read()?;
    // One slow post of a run is its p99: hence the median of runs.
    for _ in 0..RUNS {
        let mut sent = Vec::new();
        for n in 0..LATENCY_POSTS {
            ticks.tick().await;
            sent.push(Instant::now());
            say(&mut poster, &scene.channels[0], n).await?;
        }
        let mut latencies = Latencies::default();
        for _ in 0..sockets * LATENCY_POSTS as usize {
            let (n, at) = next(&mut arrivals).await?;
            latencies.record(at - sent[n as usize]);
        }
        p50_ms.push(latencies.percentile_ms(50.0));
        p99_ms.push(latencies.percentile_ms(99.0));
    }
    let frames = (RUNS * sockets * LATENCY_POSTS as usize) as f64;
    println!(
        "post to socket{of}, {RATE} posts/s, {sockets} sockets: p50 {:.2} ms  p99 {:.2} ms  CPU per frame {}",
        crate::stats::median(p50_ms),
        crate::stats::median(p99_ms),
        Cpu::read()?.since(cpu).per(frames),
    );
    Ok(())
}

/// What sockets take from the system while the server has no freed memory to put them into: to be measured
/// first. `of` names the server in what is printed.
pub async fn memory(target: &Target, scene: &Scene, sockets: usize, of: &str) -> Result<()> {
    let (seen, _arrivals) = mpsc::unbounded_channel();
    let _first = open(target, scene, sockets / 10, &seen).await?;
    let before = target.resident_bytes()?;
    let _listening = open(target, scene, sockets, &seen).await?;
    let idle = target.resident_bytes()?.saturating_sub(before) / sockets as u64;
    println!("memory of an idle socket{of}, {sockets} sockets: {idle} bytes");
    Ok(())
}

/// `of` names the server in what is printed.
pub async fn fan_out(target: &Target, scene: &Scene, sockets: usize, of: &str) -> Result<()> {
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let _listening = open(target, scene, sockets, &seen).await?;
    let mut poster = Client::connect(&target.authority, &scene.tokens[0]).await?;
    let mut last_ms = Vec::new();
    let cpu = Cpu::read()?;
    for n in 0..FAN_OUT_POSTS {
        let sent = Instant::now();
        say(&mut poster, &scene.channels[0], n as u32).await?;
        for _ in 0..sockets {
            next(&mut arrivals).await?;
        }
        last_ms.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    let frames = (sockets * FAN_OUT_POSTS) as f64;
    println!(
        "one post to {sockets} sockets{of}: last frame {:.0} ms  CPU per frame {}",
        crate::stats::median(last_ms),
        Cpu::read()?.since(cpu).per(frames),
    );
    Ok(())
}

/// Sockets that listen until the set is dropped.
async fn open(
    target: &Target,
    scene: &Scene,
    sockets: usize,
    seen: &mpsc::UnboundedSender<Seen>,
) -> Result<JoinSet<()>> {
    let mut listening = JoinSet::new();
    for n in 0..sockets {
        let token = &scene.tokens[n % scene.tokens.len()];
        let socket = connect(&target.authority, token).await?;
        listening.spawn(listen(socket, seen.clone()));
    }
    Ok(listening)
}

/// A socket that has said hello.
async fn connect(authority: &str, token: &str) -> Result<Socket> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let request = http::Request::builder()
        .uri(format!("ws://{authority}/api/v4/websocket"))
        .header("Host", authority)
        .header("Authorization", format!("Bearer {token}"))
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header(
            "Sec-WebSocket-Key",
            tokio_tungstenite::tungstenite::handshake::client::generate_key(),
        )
        .body(())?;
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let (mut socket, _) =
        tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
    match socket.next().await.context("a first frame")?? {
        Message::Text(text) if text.contains("\"hello\"") => Ok(socket),
        other => bail!("the first frame is no hello: {other}"),
    }
}

async fn listen(mut socket: Socket, seen: mpsc::UnboundedSender<Seen>) {
    while let Some(Ok(frame)) = socket.next().await {
        let at = Instant::now();
        // The library answers pings.
        if let Message::Text(text) = frame
            && let Some(n) = number(&text)
            && seen.send((n, at)).is_err()
        {
            return;
        }
    }
}

/// The number that the message of a `posted` frame carries.
fn number(frame: &str) -> Option<u32> {
    let (_, rest) = frame.split_once("bench-number-")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

async fn say(client: &mut Client, channel: &str, n: u32) -> Result<()> {
    let body = json!({"channel_id": channel, "message": format!("bench-number-{n}")});
    let answer = client.send(Method::POST, "/api/v4/posts", body.to_string().into()).await?;
    if answer.status != 201 {
        bail!("a post was answered {}", answer.status);
    }
    Ok(())
}

async fn next(arrivals: &mut mpsc::UnboundedReceiver<Seen>) -> Result<Seen> {
    tokio::time::timeout(FRAME_WAIT, arrivals.recv()).await?.context("the sockets are open")
}
