//! What a start costs on a log of years: posts are written to it directly, as many as are asked for, each a
//! copy of one that was posted, under ids of its own.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogReader, ReadLimit};
use events::{EventId, NewRecord, Partition, PostId, SharedRecord, Topic};
use futures::stream::{self, StreamExt, TryStreamExt};
use system_tests::{Program, Room, Server, Setup, without_settings};
use tokio::process::Command;

use crate::client::Client;
use crate::scene::Scene;
use crate::target::{Target, stop};

/// Appends under way.
const AT_ONCE: usize = 8_192;
/// What a start may take that has everything to fold.
const PATIENCE: Duration = Duration::from_secs(900);

pub async fn figures(target: &mut Target, scene: &Scene, records: u64) -> Result<()> {
    for channel in &scene.channels {
        let mut ada = Client::connect(&target.authority, &scene.tokens[0]).await?;
        let post = serde_json::json!({"channel_id": channel, "message": "said often"});
        ada.post("/api/v4/posts", &post).await?;
    }
    target.stop_servers().await?;
    let (room, setup, _) = target.programs()?;
    let began = Instant::now();
    lengthen(room, records).await?;
    println!("{records} posts written to the log in {:.0} s", began.elapsed().as_secs_f64());
    let mut replay = Command::new(Program::Replay.binary());
    without_settings(&mut replay);
    let rebuilt = replay.arg("rebuild").env("NOTTERMOST_DATA__DIR", room.data()).output().await?;
    let said = String::from_utf8_lossy(&rebuilt.stderr);
    ensure!(rebuilt.status.success(), "replay rebuild: {said}");
    print!("replay rebuild: {}", String::from_utf8_lossy(&rebuilt.stdout));
    for nth in ["first", "second"] {
        let (server, took) = started(room, setup).await?;
        println!("{nth} start on that log, until ready: {took:.2} s");
        stop(server).await?;
    }
    Ok(())
}

async fn started(room: &Room, setup: &Setup) -> Result<(Server, f64)> {
    let began = Instant::now();
    // A start waits for what it needs, this program for the start: twice, should that be too long.
    while began.elapsed() < PATIENCE {
        if let Ok(server) = Server::start(room, setup).await {
            return Ok((server, began.elapsed().as_secs_f64()));
        }
    }
    bail!("the server does not start")
}

/// One post of each partition of `channels`, again and again.
async fn lengthen(room: &Room, records: u64) -> Result<()> {
    let directory = room.data().join("log");
    let open = || EmbeddedLog::open(directory, EmbeddedOptions::default());
    let log = tokio::task::spawn_blocking(open).await??;
    let mut templates = Vec::new();
    for partition in Topic::Channels.partitions() {
        templates.extend(template(&log, partition).await?);
    }
    ensure!(!templates.is_empty(), "nobody has posted anything");
    let count = templates.len() as u64;
    let appends = (0..records).map(|n| {
        let template = &templates[usize::try_from(n % count).unwrap_or(0)];
        let append = log.append(template.partition, template.copy(n / count));
        async move { append.await.map(drop) }
    });
    stream::iter(appends).buffered(AT_ONCE).try_for_each(|()| async { Ok(()) }).await?;
    Ok(())
}

/// A post with the places of what differs in its copies.
struct Template {
    partition: Partition,
    end: u64,
    record: SharedRecord,
    post_id_at: usize,
}

async fn template(log: &EmbeddedLog, partition: Partition) -> Result<Option<Template>> {
    let end = log.ends(&[partition]).await?[0];
    let mut next = 0;
    let mut found = None;
    while next < end {
        for record in log.read(partition, next, ReadLimit::default()).await? {
            next = record.offset + 1;
            if record.header("ce_type").is_some_and(|name| name == "post.created") {
                found = Some(record);
            }
        }
    }
    let Some(record) = found else { return Ok(None) };
    let name = b"\"post_id\":\"";
    let at = record.body.windows(name.len()).position(|bytes| bytes == name);
    let post_id_at = at.context("a post has an id")? + name.len();
    Ok(Some(Template { partition, end, record, post_id_at }))
}

impl Template {
    /// Decided when all before it was there.
    fn copy(&self, nth: u64) -> NewRecord {
        let mut body = self.record.body.to_vec();
        let post_id = PostId::random().to_string();
        body[self.post_id_at..][..post_id.len()].copy_from_slice(post_id.as_bytes());
        let headers = self.record.headers.iter().map(|(name, value)| {
            let value = match name.as_ref() {
                "ce_id" => Bytes::from(EventId::random().to_string()),
                "ce_readat" => Bytes::from((self.end + nth).to_string()),
                _ => value.clone(),
            };
            (name.clone(), value)
        });
        NewRecord { key: self.record.key, headers: headers.collect(), body: body.into() }
    }
}
