//! Pages, own profile, search: requests per second.

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

/// What one kind of reader asks for, over and over.
#[derive(Clone)]
struct Ask {
    method: Method,
    path: String,
    body: Bytes,
}

pub async fn figures(target: &Target, scene: &Scene, time: Duration) -> Result<()> {
    let get = |path: String| Ask { method: Method::GET, path, body: Bytes::new() };
    let search = Ask {
        method: Method::POST,
        path: format!("/api/v4/teams/{}/posts/search", scene.team),
        body: json!({"terms": "fox", "is_or_search": false, "per_page": 20}).to_string().into(),
    };
    let row = Row { target, scene, time };
    pages(target, scene, time, "").await?;
    row.measured("own profile", 8, &get("/api/v4/users/me".to_owned())).await?;
    row.measured("one-word search", 4, &search).await
}

/// Pages alone; `when` says what goes on meanwhile.
pub async fn pages(target: &Target, scene: &Scene, time: Duration, when: &str) -> Result<()> {
    let channel = &scene.channels[0];
    let row = Row { target, scene, time };
    for (name, page) in [("newest", 0), ("older", 3)] {
        let path = format!("/api/v4/channels/{channel}/posts?page={page}&per_page=60");
        let ask = Ask { method: Method::GET, path, body: Bytes::new() };
        row.measured(&format!("{name} page of 60{when}"), 8, &ask).await?;
    }
    Ok(())
}

/// The same load on the server without rules and storage.
pub async fn bare(target: &Target, scene: &Scene, time: Duration) -> Result<()> {
    let get = |path: String| Ask { method: Method::GET, path, body: Bytes::new() };
    let page = format!("/api/v4/channels/{}/posts?page=0&per_page=60", scene.channels[0]);
    let row = Row { target, scene, time };
    row.measured("page of 60 of a bare server", 8, &get(page)).await?;
    row.measured("own profile of a bare server", 8, &get("/api/v4/users/me".to_owned())).await
}

/// Whom the readers of a row ask, and for how long each time.
struct Row<'a> {
    target: &'a Target,
    scene: &'a Scene,
    time: Duration,
}

impl Row<'_> {
    async fn measured(&self, name: &str, clients: usize, ask: &Ask) -> Result<()> {
        self.run(clients, ask, self.time / 4).await?;
        let mut per_s = Vec::with_capacity(RUNS);
        let mut p99 = Vec::with_capacity(RUNS);
        let (mut asked, cpu) = (0.0, Cpu::read()?);
        for _ in 0..RUNS {
            let began = Instant::now();
            let latencies = self.run(clients, ask, self.time).await?;
            per_s.push(latencies.len() as f64 / began.elapsed().as_secs_f64());
            p99.push(latencies.percentile_ms(99.0));
            asked += latencies.len() as f64;
        }
        println!(
            "{name}, {clients} clients: {:>8.0}/s  p99 {:.2} ms  CPU {}",
            median(per_s),
            median(p99),
            Cpu::read()?.since(cpu).per(asked)
        );
        Ok(())
    }

    async fn run(&self, clients: usize, ask: &Ask, time: Duration) -> Result<Latencies> {
        let until = Instant::now() + time;
        let mut tasks = Vec::with_capacity(clients);
        for n in 0..clients {
            let client = Client::connect(&self.target.authority, &self.scene.tokens[n]).await?;
            tasks.push(tokio::spawn(read(client, ask.clone(), until)));
        }
        let mut all = Latencies::default();
        for task in tasks {
            all.extend(task.await??);
        }
        Ok(all)
    }
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
