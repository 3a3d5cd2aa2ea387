//! Durable posts per second: acknowledged and visible in Postgres.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::client::Client;
use crate::processes::Cpu;
use crate::scene::Scene;
use crate::stats::{Latencies, median};
use crate::target::Target;

const RUNS: usize = 3;

/// One run.
struct Run {
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    posts: f64,
    cpu: Cpu,
}

/// Posts at this many posters, the median of three runs of this time, and what one post cost over all
/// of them.
pub async fn figures(target: &Target, scene: &Scene, posters: usize, time: Duration) -> Result<()> {
    measured(target, scene, posters, time / 3).await?;
    let before = Costs::read(target).await?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        runs.push(measured(target, scene, posters, time).await?);
    }
    let after = Costs::read(target).await?;
    let posts: f64 = runs.iter().map(|run| run.posts).sum();
    let mut line = row(&runs, "posts/s", posters);
    if target.kafka().is_none() {
        let fsyncs = (after.commits - before.commits).max(1.0);
        write!(line, "  {:.1} posts per fsync", posts / fsyncs)?;
    }
    println!("{line}  {:.3} statements per post", (after.statements - before.statements) / posts);
    Ok(())
}

/// The same load on the server without rules and storage.
pub async fn bare(target: &Target, scene: &Scene, posters: usize, time: Duration) -> Result<()> {
    measured(target, scene, posters, time / 3).await?;
    let run = measured(target, scene, posters, time).await?;
    println!("{}", row(&[run], "posts/s of a bare server", posters));
    Ok(())
}

fn row(runs: &[Run], name: &str, posters: usize) -> String {
    let of = |f: fn(&Run) -> f64| median(runs.iter().map(f).collect());
    let mut cpu = Cpu::default();
    runs.iter().for_each(|run| cpu += run.cpu);
    format!(
        "{name}, {posters:>3} posters: {:>8.0}/s  p50 {:>6.2} ms  p99 {:>6.2} ms  CPU per post {}",
        of(|r| r.per_s),
        of(|r| r.p50_ms),
        of(|r| r.p99_ms),
        cpu.per(runs.iter().map(|run| run.posts).sum()),
    )
}

/// What the product counted so far.
struct Costs {
    /// The embedded log's; on Kafka each append counts as one.
    commits: f64,
    statements: f64,
}

impl Costs {
    async fn read(target: &Target) -> Result<Self> {
        Ok(Self {
            commits: target.metric("nottermost_log_commit_seconds_count").await?,
            statements: target.metric("nottermost_projection_statements_total").await?,
        })
    }
}

async fn measured(target: &Target, scene: &Scene, posters: usize, time: Duration) -> Result<Run> {
    let cpu = Cpu::read()?;
    let began = Instant::now();
    let mut tasks = Vec::with_capacity(posters);
    for n in 0..posters {
        let client =
            Client::connect(&target.authority, &scene.tokens[n % scene.tokens.len()]).await?;
        let channel = scene.channels[n % scene.channels.len()].clone();
        tasks.push(tokio::spawn(post(client, channel, began + time)));
    }
    let mut all = Latencies::default();
    for task in tasks {
        all.extend(task.await??);
    }
    let elapsed = began.elapsed().as_secs_f64();
    let cpu = Cpu::read()?.since(cpu);
    let posts = all.len() as f64;
    Ok(Run {
        per_s: posts / elapsed,
        p50_ms: all.percentile_ms(50.0),
        p99_ms: all.percentile_ms(99.0),
        posts,
        cpu,
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
