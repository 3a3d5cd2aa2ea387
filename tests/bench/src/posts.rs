//! Durable posts per second: acknowledged and visible in Postgres.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::client::Client;
use crate::scene::Scene;
use crate::server::Server;
use crate::stats::{Latencies, median};

const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(6);
const RUNS: usize = 3;

/// One run.
struct Run {
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    server_us: f64,
    postgres_us: f64,
    posts: f64,
}

/// Posts at this many posters, the median of three runs, and what one post cost the log and Postgres
/// over all of them.
pub async fn figures(server: &Server, scene: &Scene, posters: usize) -> Result<()> {
    measured(server, scene, posters, WARM_UP).await?;
    let before = Costs::read(server).await?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        runs.push(measured(server, scene, posters, MEASURED).await?);
    }
    let after = Costs::read(server).await?;
    let posts: f64 = runs.iter().map(|run| run.posts).sum();
    println!(
        "{}  {:.1} posts per fsync  {:.3} statements per post",
        row(&runs, "posts/s", posters),
        posts / (after.fsyncs - before.fsyncs).max(1.0),
        (after.statements - before.statements) / posts,
    );
    Ok(())
}

/// The same load on the server without rules and storage.
pub async fn bare(server: &Server, scene: &Scene, posters: usize) -> Result<()> {
    measured(server, scene, posters, WARM_UP).await?;
    let run = measured(server, scene, posters, MEASURED).await?;
    println!("{}", row(&[run], "posts/s of a bare server", posters));
    Ok(())
}

fn row(runs: &[Run], name: &str, posters: usize) -> String {
    let of = |f: fn(&Run) -> f64| median(runs.iter().map(f).collect());
    format!(
        "{name}, {posters:>3} posters: {:>8.0}/s  p50 {:>6.2} ms  p99 {:>6.2} ms  \
         CPU per post {:.1} µs server + {:.1} µs Postgres",
        of(|r| r.per_s),
        of(|r| r.p50_ms),
        of(|r| r.p99_ms),
        of(|r| r.server_us),
        of(|r| r.postgres_us),
    )
}

/// What the server counted so far.
struct Costs {
    fsyncs: f64,
    statements: f64,
}

impl Costs {
    async fn read(server: &Server) -> Result<Self> {
        Ok(Self {
            fsyncs: server.metric("nottermost_log_commit_seconds_count").await?,
            statements: server.metric("nottermost_projection_statements_total").await?,
        })
    }
}

async fn measured(server: &Server, scene: &Scene, posters: usize, time: Duration) -> Result<Run> {
    let cpu = server.cpu()?;
    let began = Instant::now();
    let mut tasks = Vec::with_capacity(posters);
    for n in 0..posters {
        let client =
            Client::connect(&server.authority, &scene.tokens[n % scene.tokens.len()]).await?;
        let channel = scene.channels[n % scene.channels.len()].clone();
        tasks.push(tokio::spawn(post(client, channel, began + time)));
    }
    let mut all = Latencies::default();
    for task in tasks {
        all.extend(task.await??);
    }
    let elapsed = began.elapsed().as_secs_f64();
    let cpu = server.cpu()?.since(cpu);
    let posts = all.len() as f64;
    Ok(Run {
        per_s: posts / elapsed,
        p50_ms: all.percentile_ms(50.0),
        p99_ms: all.percentile_ms(99.0),
        server_us: cpu.server_s * 1e6 / posts,
        postgres_us: cpu.postgres_s * 1e6 / posts,
        posts,
    })
}

async fn post(mut client: Client, channel: String, until: Instant) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut n = 0_u64;
    while Instant::now() < until {
        let message = format!("message {n}: the quick brown fox jumps over the lazy dog");
        let body = json!({"channel_id": channel, "message": message}).to_string();
        let sent = Instant::now();
        let answer = client.send(Method::POST, "/api/v4/posts", Bytes::from(body)).await?;
        if answer.status != 201 {
            bail!(
                "a post was answered {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        latencies.record(sent.elapsed());
        n += 1;
    }
    Ok(latencies)
}
