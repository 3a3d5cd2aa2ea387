//! A record that is no event gets a repaired one in its place.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogReader, ReadLimit};
use events::{ChannelId, NewRecord, Partition, PostId, Record, Topic};
use serde_json::{Value, json};
use system_tests::{Room, Server, Setup, replayed};

use crate::replaying::ended_with;

/// Appends the newest post of the channel once more as another one, with a field misspelt; says where.
async fn broken(room: &Room, channel: &str) -> Result<String> {
    let channel: ChannelId = channel.parse()?;
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let log = EmbeddedLog::open(room.data().join("log"), EmbeddedOptions::default())?;
    let records = log.read(partition, 0, ReadLimit::default()).await?;
    let Record { key, headers, body, .. } = records.last().context("a post")?.as_ref().clone();
    let mut body: Value = serde_json::from_slice(&body)?;
    let c = body["c"].as_object_mut().context("a clear half")?;
    let author = c.remove("author_id").context("an author")?;
    c.insert("writer_id".to_owned(), author);
    c.insert("post_id".to_owned(), json!(PostId::random()));
    let body = body.to_string().into();
    let appended = log.append(partition, NewRecord { key, headers, body }).await?;
    Ok(format!("1.{partition}.{}", appended.offset))
}

/// What the letter says, with the field spelt as it should be and other words.
async fn repaired(room: &Room, letter: &str) -> Result<PathBuf> {
    let drafted = replayed(room, &["dead-letters", "show", letter, "--draft"]).await?;
    ended_with(&drafted, 0, "writer_id")?;
    let mut document: Value = serde_json::from_str(&drafted.stdout)?;
    ensure!(document["body"]["p"]["message"] == "a loom", "it is readable: {document}");
    let c = document["body"]["c"].as_object_mut().context("a clear half")?;
    let author = c.remove("writer_id").context("an author")?;
    c.insert("author_id".to_owned(), author);
    document["body"]["p"]["message"] = json!("a mended loom");
    let file = room.path().join("event.json");
    std::fs::write(&file, document.to_string())?;
    Ok(file)
}

#[tokio::test]
async fn a_broken_post_is_readmitted_once() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    ada.say(&channel, "a loom").await?;
    server.stop().await?;
    let letter = broken(&room, &channel).await?;
    let file = repaired(&room, &letter).await?;
    let event = file.to_str().context("a path that is text")?;
    let told = ["dead-letters", "readmit", &letter, "--event", event];
    let done = ["dead-letters", "readmit", &letter, "--event", event, "--yes"];

    let server = Server::start(&room, &Setup::default()).await?;
    ended_with(&replayed(&room, &done).await?, 2, "stop it")?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 1, "a dead letter is shown: {shown:?}");
    server.stop().await?;

    ended_with(&replayed(&room, &told).await?, 1, "would be readmitted")?;
    ended_with(&replayed(&room, &done).await?, 0, "is readmitted at")?;
    ended_with(&replayed(&room, &done).await?, 0, "a duplicate")?;
    let listed = replayed(&room, &["dead-letters", "list", "--from", "log"]).await?;
    ended_with(&listed, 0, "readmitted at")?;

    let server = Server::start(&room, &Setup::default()).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    let messages: Vec<_> = shown.iter().filter_map(|post| post["message"].as_str()).collect();
    ensure!(messages == ["a mended loom", "a loom"], "{messages:?}");
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}
