//! Newer rules are put in force while processes of different age run, and history keeps its verdicts.

use anyhow::{Context, Result, ensure};
use event_log::{EventLog, KafkaLog};
use events::channel::PostPinned;
use events::{
    Actor, Body, ChannelEvent, ChannelId, EventId, Meta, Partition, PostId, Topic, UserId,
};
use serde_json::{Value, json};
use system_tests::{Cell, Ended, Program, Server, Setup};

use crate::replaying::ended_with;

/// Whoever pins was removed meanwhile: the first rules let it stand, the second do not.
struct Stranger {
    log: KafkaLog,
    channel: ChannelId,
    post: PostId,
    by: UserId,
}

impl Stranger {
    /// Pins as a process would that decided before the removal; returns the offset.
    async fn pins(&self) -> Result<u64> {
        let (channel_id, post_id, by) = (self.channel, self.post, self.by);
        let pinned = Body::from(PostPinned { channel_id, post_id, root_id: None, by });
        let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
        let end = event_log::LogReader::ends(&self.log, &[partition]).await?[0];
        let time_ms = platform::clock::now_ms();
        let meta = Meta::new(EventId::random(), channel_id.0, time_ms, end, Actor::User(by));
        let event = ChannelEvent::from(pinned).into();
        Ok(self.log.append(partition, events::encode("test", &meta, &event)).await?.offset)
    }
}

async fn rules(cell: &Cell, token: &str, arguments: &[&str]) -> Result<Ended> {
    let url = cell.url();
    let mut all = vec!["rules", "--server", &url, "--token", token];
    all.extend(arguments);
    cell.replayed(&all).await
}

/// The verdicts on the records at these offsets, by the tools' own fold.
async fn verdicts(cell: &Cell, partition: Partition, offsets: &[u64]) -> Result<Vec<String>> {
    let shown = cell.replayed(&["cat", &partition.to_string()]).await?;
    ended_with(&shown, 0, "")?;
    let lines: Vec<Value> =
        shown.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let verdict = |offset: &u64| {
        let line = lines.get(usize::try_from(*offset)?).context("the record is shown")?;
        Ok(line["verdict"].as_str().context("a verdict is a text")?.to_owned())
    };
    offsets.iter().map(verdict).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_rules_end_older_processes_and_history_keeps_its_verdicts() -> Result<()> {
    let mut cell = Cell::start(1, Setup::default()).await?;
    let ada = cell.visitor()?.sign_up("ada").await?;
    let eve = cell.visitor()?.sign_up("eve").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    let post = ada.say(&channel, "to be pinned").await?;
    let post = post["id"].as_str().context("a post has an id")?;
    let kafka = cell.kafka();
    let log = KafkaLog::connect(kafka.options("")).await?;
    let (channel_id, post, by) = (channel.parse()?, post.parse()?, eve.id.parse()?);
    let stranger = Stranger { log, channel: channel_id, post, by };

    let before = stranger.pins().await?;
    let setup = cell.setup().clone().program(Program::OlderQueryApi);
    let older = Server::start(cell.room(), &setup).await?;
    let token = ada.token().to_owned();
    let told = rules(&cell, &token, &[]).await?;
    ended_with(&told, 1, "older-query-api")?;
    ensure!(told.stdout.contains("rules 1 are in force"), "{}", told.stdout);
    for service in ["command-api", "projector", "query-api", "realtime"] {
        let knows = |line: &str| line.starts_with(service) && line.ends_with("knows rules 2");
        ensure!(told.stdout.lines().any(knows), "{service}: {}", told.stdout);
    }
    ended_with(&rules(&cell, &token, &["--yes"]).await?, 2, "do not know rules 2")?;
    eve.post("/../nottermost/v1/rules", json!({"force": true})).await?.expect(403)?;
    ada.post("/../nottermost/v1/rules", json!({"rules": 99})).await?.expect(400)?;
    ended_with(&rules(&cell, &token, &["--yes", "--force"]).await?, 0, "rules 2 are in force")?;
    let (status, said) = older.wait().await?;
    let says = |line: &String| line.contains("activates rules 2") && line.contains("knows 1");
    ensure!(!status.success() && said.iter().any(says), "{status}: {}", said.join("\n"));
    let refused = setup.ended(cell.room()).await?;
    ensure!(refused.stderr.contains("this program knows 1"), "{}", refused.stderr);

    let after = stranger.pins().await?;
    ada.say(&channel, "by the second rules").await?;
    ended_with(&rules(&cell, &token, &[]).await?, 0, "rules 2 are in force")?;
    let (status, _, said) = cell.take(Program::Projector)?.stop().await?;
    ensure!(status.success(), "the projector ended with {status}: {}", said.join("\n"));
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let expected = ["applied", "void: NotAMember"].map(str::to_owned);
    let found = verdicts(&cell, partition, &[before, after]).await?;
    ensure!(found == expected, "{found:?}");
    ended_with(&cell.replayed(&["compare"]).await?, 0, "equal")?;
    ended_with(&cell.replayed(&["rebuild"]).await?, 0, "")?;
    ended_with(&cell.replayed(&["compare"]).await?, 0, "equal")?;
    cell.stop().await
}
