//! What is archived is found to be whole or not, and is enough for a log that is gone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Person, Room, Server, Setup, replayed};

use crate::replaying::ended_with;

/// A day on which people talk in a channel, in three runs of the server: so its partition has three segments
/// at least.
async fn three_runs(room: &Room) -> Result<(Person, String)> {
    let server = Server::start(room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    ada.say(&channel, "in the first run").await?;
    stopped(server).await?;
    for n in ["second", "third"] {
        let server = Server::start(room, &Setup::default()).await?;
        ada.moved_to(server.url()).say(&channel, &format!("in the {n} run")).await?;
        // What is archived can be looked at meanwhile.
        ended_with(&replayed(room, &["verify"]).await?, 0, "sound")?;
        stopped(server).await?;
    }
    Ok((ada, channel))
}

async fn stopped(server: Server) -> Result<()> {
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    ensure!(!said.iter().any(|line| line.contains("did not end in time")), "{}", said.join("\n"));
    Ok(())
}

/// What `verify --json` says, having ended so.
async fn verified(room: &Room, code: i32) -> Result<Value> {
    let ended = replayed(room, &["verify", "--json"]).await?;
    ended_with(&ended, code, "{")?;
    Ok(serde_json::from_str(&ended.stdout)?)
}

/// The ends of log and archive of each partition, as `status` shows them.
async fn ends(room: &Room) -> Result<Vec<(u64, u64)>> {
    let status = replayed(room, &["status"]).await?;
    ended_with(&status, 0, "archive")?;
    let lines = status.stdout.lines().skip(1).take_while(|line| !line.starts_with("version"));
    let ends = lines.map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, log, _, _, _, archive] = fields[..] else { anyhow::bail!("{line}") };
        Ok((log.parse()?, archive.parse()?))
    });
    ends.collect()
}

/// The segments of the partition that has most of them, in order.
fn segments(room: &Room) -> Result<Vec<PathBuf>> {
    let mut most = Vec::new();
    for partition in std::fs::read_dir(room.data().join("archive/segments/1"))? {
        let files = std::fs::read_dir(partition?.path())?;
        let files: Vec<_> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
        most = if files.len() > most.len() { files } else { most };
    }
    most.sort();
    Ok(most)
}

/// The name of an object that is a file below the archive.
fn object(room: &Room, file: &Path) -> Result<String> {
    Ok(file.strip_prefix(room.data().join("archive"))?.to_string_lossy().into_owned())
}

#[tokio::test]
async fn an_archive_has_every_record_and_what_is_changed_or_missing_is_named() -> Result<()> {
    let room = Room::new()?;
    three_runs(&room).await?;
    let ends = ends(&room).await?;
    ensure!(ends.iter().all(|(log, archive)| log == archive), "{ends:?}");
    let records: u64 = ends.iter().map(|(log, _)| log).sum();
    let sound = verified(&room, 0).await?;
    ensure!(sound["sound"] == true && sound["records"] == records, "{sound} of {records}");
    ended_with(&replayed(&room, &["verify"]).await?, 0, &format!("{records} records"))?;

    let segments = segments(&room)?;
    ensure!(segments.len() >= 3, "{segments:?}");
    let middle = &segments[1];
    let bytes = std::fs::read(middle)?;
    let mut flipped = bytes.clone();
    *flipped.last_mut().context("a segment has bytes")? ^= 1;
    std::fs::write(middle, flipped)?;
    named(&room, "changed", middle).await?;
    std::fs::remove_file(middle)?;
    named(&room, "missing", middle).await?;
    let restore = ["restore", "--to", "embedded:another", "--yes"];
    ended_with(&replayed(&room, &restore).await?, 2, &object(&room, middle)?)?;
    // What opens an epoch ends the log that is there: nothing of that was done.
    ensure!(!room.data().join("archive/epochs/2").exists(), "the restore failed");
    std::fs::write(middle, bytes)?;
    verified(&room, 0).await?;
    stopped(Server::start(&room, &Setup::default()).await?).await
}

/// One finding, of this object.
async fn named(room: &Room, kind: &str, file: &Path) -> Result<()> {
    let found = verified(room, 1).await?;
    let findings = found["findings"].as_array().context("there are findings")?;
    ensure!(findings.len() == 1 && found["sound"] == false, "{found}");
    let object = object(room, file)?;
    ensure!(findings[0]["object"] == object && findings[0]["kind"] == kind, "{found}");
    ended_with(&replayed(room, &["verify"]).await?, 1, &format!("{object} is {kind}"))
}

#[tokio::test]
async fn a_log_that_is_gone_is_made_again_from_the_archive() -> Result<()> {
    let room = Room::new()?;
    let (ada, channel) = three_runs(&room).await?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = ada.moved_to(server.url());
    let bytes = vec![7; 100_000];
    let file = ada.share(&channel, "with a file", bytes.clone()).await?;
    let before = ada.posts(&channel).await?;
    let restore = ["restore", "--to", "embedded:", "--yes"];
    ended_with(&replayed(&room, &restore).await?, 2, "another nottermost")?;
    stopped(server).await?;
    let records = verified(&room, 0).await?["records"].clone();
    for lost in ["log", "postgres", "index"] {
        std::fs::remove_dir_all(room.data().join(lost))?;
    }
    // It would write a second history behind the archive's.
    let refused = Setup::default().ended(&room).await;
    ensure!(refused?.stderr.contains("has lost records"), "an empty log is told");
    for lost in ["log", "postgres", "index"] {
        std::fs::remove_dir_all(room.data().join(lost))?;
    }

    let told = replayed(&room, &restore[..3]).await?;
    ended_with(&told, 1, &format!("{records} records, and epoch 2 would begin"))?;
    let done = format!("{records} records, and epoch 2 begins");
    ended_with(&replayed(&room, &restore).await?, 0, &done)?;
    ended_with(&replayed(&room, &restore).await?, 0, "0 of all were written now")?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = ada.moved_to(server.url());
    let after = ada.posts(&channel).await?;
    ensure!(before == after, "before {before:?}\nafter {after:?}");
    ensure!(ada.file(&file).await? == bytes, "the file is there");
    ada.say(&channel, "after the loss").await?;
    // Names stand in no row that a frame is made of.
    let mut socket = ada.socket().await?;
    ada.say(&channel, "for @ada herself").await?;
    let heard = socket.event("posted").await?;
    ensure!(heard["data"]["sender_name"] == "@ada", "{heard}");
    // A client that saw what was lost, or any of the epoch before, is not kept waiting for it.
    let lost = [("x-nottermost-min-position", "1.directory-00.1000000")];
    let read = ada.send_with(Method::GET, "/users/me", None, &lost).await?;
    ensure!(read.expect(200)?["username"] == "ada", "she is there");
    stopped(server).await?;
    let sound = verified(&room, 0).await?;
    ensure!(sound["records"].as_u64() > records.as_u64(), "{sound} after {records}");
    let ends = ends(&room).await?;
    ensure!(ends.iter().all(|(log, archive)| log == archive), "{ends:?}");
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}

/// A second machine that has all that is kept apart from the log: archive, objects and keys are the same.
fn another_machine(room: &Room) -> Result<Room> {
    let another = Room::new()?;
    std::fs::create_dir(another.data())?;
    for file in ["FORMAT", "secrets.toml", "master-key.toml"] {
        std::fs::copy(room.data().join(file), another.data().join(file))?;
    }
    for shared in ["archive", "objects", "keys"] {
        std::os::unix::fs::symlink(room.data().join(shared), another.data().join(shared))?;
    }
    Ok(another)
}

#[tokio::test]
async fn a_log_that_lives_on_is_sealed_once_another_was_restored_in_its_place() -> Result<()> {
    let room = Room::new()?;
    let (ada, channel) = three_runs(&room).await?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = ada.moved_to(server.url());
    ada.say(&channel, "not archived yet").await?;

    let another = another_machine(&room)?;
    let restore = ["restore", "--to", "embedded:", "--yes"];
    ended_with(&replayed(&another, &restore).await?, 0, "and epoch 2 begins")?;
    let (_, said) = server.wait().await?;
    ensure!(said.iter().any(|line| line.contains("the log is sealed")), "{}", said.join("\n"));
    let refused = Setup::default().ended(&room).await?;
    ensure!(refused.stderr.contains("an epoch that is over"), "{}", refused.stderr);

    let server = Server::start(&another, &Setup::default()).await?;
    let ada = ada.moved_to(server.url());
    let shown = ada.posts(&channel).await?;
    let messages: Vec<_> = shown.iter().map(|post| post["message"].clone()).collect();
    ensure!(messages.contains(&json!("in the third run")), "{messages:?}");
    ensure!(!messages.contains(&json!("not archived yet")), "{messages:?}");
    let post = json!({"channel_id": channel, "message": "in the second epoch"});
    let answer = ada.post("/posts", post).await?;
    let position = answer.header("x-nottermost-position").context("a write has a position")?;
    ensure!(position.starts_with("2.channels-"), "{position}");
    stopped(server).await?;
    verified(&another, 0).await?;
    ended_with(&replayed(&another, &["compare"]).await?, 0, "equal")
}
