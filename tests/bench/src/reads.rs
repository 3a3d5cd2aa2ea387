//! Pages, own profile, search: requests per second.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::client::Client;
use crate::scene::Scene;
use crate::server::Server;
use crate::stats::{Latencies, median};

const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);
const RUNS: usize = 3;

/// What one kind of reader asks for, over and over.
#[derive(Clone)]
struct Ask {
    method: Method,
    path: String,
    body: Bytes,
}

pub async fn figures(server: &Server, scene: &Scene) -> Result<()> {
    let channel = &scene.channels[0];
    let get = |path: String| Ask { method: Method::GET, path, body: Bytes::new() };
    let page = format!("/api/v4/channels/{channel}/posts?page=0&per_page=60");
    let older = format!("/api/v4/channels/{channel}/posts?page=3&per_page=60");
    let search = Ask {
        method: Method::POST,
        path: format!("/api/v4/teams/{}/posts/search", scene.team),
        body: json!({"terms": "fox", "is_or_search": false, "per_page": 20}).to_string().into(),
    };
    row(server, scene, "newest page of 60", 8, &get(page)).await?;
    row(server, scene, "older page of 60", 8, &get(older)).await?;
    row(server, scene, "own profile", 8, &get("/api/v4/users/me".to_owned())).await?;
    row(server, scene, "one-word search", 4, &search).await
}

/// The same load on the server without rules and storage.
pub async fn bare(server: &Server, scene: &Scene) -> Result<()> {
    let get = |path: String| Ask { method: Method::GET, path, body: Bytes::new() };
    let page = format!("/api/v4/channels/{}/posts?page=0&per_page=60", scene.channels[0]);
    row(server, scene, "page of 60 of a bare server", 8, &get(page)).await?;
    row(server, scene, "own profile of a bare server", 8, &get("/api/v4/users/me".to_owned())).await
}

async fn row(server: &Server, scene: &Scene, name: &str, clients: usize, ask: &Ask) -> Result<()> {
    run(server, scene, clients, ask, WARM_UP).await?;
    let mut per_s = Vec::with_capacity(RUNS);
    let mut cpu_us = Vec::with_capacity(RUNS);
    let mut p99 = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let cpu = server.cpu()?;
        let began = Instant::now();
        let latencies = run(server, scene, clients, ask, MEASURED).await?;
        let asked = latencies.len() as f64;
        per_s.push(asked / began.elapsed().as_secs_f64());
        cpu_us.push(server.cpu()?.since(cpu).total_s() * 1e6 / asked);
        p99.push(latencies.percentile_ms(99.0));
    }
    println!(
        "{name}, {clients} clients: {:>8.0}/s  p99 {:.2} ms  CPU {:.1} µs",
        median(per_s),
        median(p99),
        median(cpu_us)
    );
    Ok(())
}

async fn run(
    server: &Server,
    scene: &Scene,
    clients: usize,
    ask: &Ask,
    time: Duration,
) -> Result<Latencies> {
    let until = Instant::now() + time;
    let mut tasks = Vec::with_capacity(clients);
    for n in 0..clients {
        let client = Client::connect(&server.authority, &scene.tokens[n]).await?;
        tasks.push(tokio::spawn(read(client, ask.clone(), until)));
    }
    let mut all = Latencies::default();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

async fn read(mut client: Client, ask: Ask, until: Instant) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    while Instant::now() < until {
        let sent = Instant::now();
        let answer = client.send(ask.method.clone(), &ask.path, ask.body.clone()).await?;
        if answer.status != 200 {
            bail!("{} was answered {}", ask.path, answer.status);
        }
        latencies.record(sent.elapsed());
    }
    Ok(latencies)
}
