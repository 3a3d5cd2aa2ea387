//! A log that grows from one machine to Kafka, and comes back.

use anyhow::{Result, ensure};
use event_log::testing::kafka::Cluster;
use platform::postgres::PrivateCluster;
use system_tests::{Acknowledged, Person, Posters, Program, Room, Server, Setup, agrees};

use crate::durability::Scene;
use crate::replaying::ended_with;

const POSTS: usize = 200;

/// One installation whose log moves.
struct Moving {
    room: Room,
    setup: Setup,
    kafka: String,
}

impl Moving {
    fn with_log(&self, url: &str) -> Setup {
        self.setup.clone().set("NOTTERMOST_LOG__URL", url)
    }

    async fn replayed(&self, log: &str, arguments: &[&str], code: i32, part: &str) -> Result<()> {
        let ended = self.with_log(log).replayed(&self.room, arguments).await?;
        ended_with(&ended, code, part)
    }

    /// The events of a partition with their verdicts and times.
    async fn events(&self, log: &str, partition: &str) -> Result<String> {
        let shown = self.with_log(log).replayed(&self.room, &["cat", partition]).await?;
        ensure!(shown.status.success() && !shown.stdout.is_empty(), "{}", shown.stderr);
        Ok(shown.stdout)
    }

    async fn served(&self, log: &str, program: Program) -> Result<Server> {
        Server::start(&self.room, &self.with_log(log).program(program)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_moves_from_one_machine_to_kafka_and_back_and_nobody_misses_anything() -> Result<()> {
    let room = Room::new()?;
    let kafka = tokio::task::spawn_blocking(|| Cluster::start(1)).await?;
    let postgres = PrivateCluster::start(&room.path().join("own-postgres")).await?;
    let setup = Setup::default()
        .set("DATABASE_URL", postgres.url())
        .set("NOTTERMOST_KAFKA__REPLICATION", "1")
        .set("NOTTERMOST_KAFKA__IN_SYNC_MIN", "1");
    let kafka_url = format!("kafka://{}/moved.", kafka.bootstrap());
    let outcome = there_and_back(&Moving { room, setup, kafka: kafka_url }).await;
    postgres.stop().await;
    outcome
}

async fn there_and_back(moving: &Moving) -> Result<()> {
    let kafka = moving.kafka.as_str();
    let (scene, ledger) = people_talk(moving).await?;
    moving.replayed("embedded:", &["copy-log", "--to", kafka], 0, "is the same log").await?;
    moving.replayed("embedded:", &["copy-log", "--to", kafka], 0, "0 of them written now").await?;
    let partition = ledger[0].position.partition.to_string();
    for partition in ["directory-00", &partition] {
        let (here, there) =
            (moving.events("embedded:", partition).await?, moving.events(kafka, partition).await?);
        ensure!(here == there, "{partition} differs: {here}\n{there}");
    }
    moving.replayed(kafka, &["compare"], 0, "equal").await?;

    let server = moving.served(kafka, Program::Nottermost).await?;
    let ada = scene.people[0].moved_to(server.url());
    agrees(&ada, &scene.channels, &ledger).await?;
    let team = ada.found_team("later").await?;
    let channel = ada.create_channel(&team, "later").await?;
    ada.say(&channel, "said by one process on Kafka").await?;
    server.stop().await?;
    moving.replayed(kafka, &["compare"], 0, "equal").await?;
    moving.replayed(kafka, &["rebuild"], 0, "records").await?;
    moving.replayed(kafka, &["compare"], 0, "equal").await?;
    moving.replayed("embedded:", &["copy-log", "--to", kafka], 2, "is ahead of the source").await?;
    services_go_on(moving, &ada, &channel).await?;

    moving.replayed(kafka, &["copy-log", "--to", "embedded:back"], 0, "is the same log").await?;
    moving.replayed("embedded:back", &["compare"], 0, "equal").await?;
    let server = moving.served("embedded:back", Program::Nottermost).await?;
    let ada = ada.moved_to(server.url());
    agrees(&ada, &scene.channels, &ledger).await?;
    ada.say(&channel, "said at home").await?;
    let shown = ada.posts(&channel).await?;
    let said: Vec<_> = shown.iter().filter_map(|post| post["message"].as_str()).collect();
    let expected = ["said at home", "said by services on Kafka", "said by one process on Kafka"];
    ensure!(said == expected, "{said:?}");
    server.stop().await?;
    moving.replayed("embedded:back", &["compare"], 0, "equal").await
}

/// On the embedded log; meanwhile nothing is copied.
async fn people_talk(moving: &Moving) -> Result<(Scene, Vec<Acknowledged>)> {
    let copy = ["copy-log", "--to", &moving.kafka];
    moving.replayed("embedded:", &copy, 2, "is no data directory").await?;
    let server = moving.served("embedded:", Program::Nottermost).await?;
    let scene = Scene::set(&server.visitor()?).await?;
    let mut posters = Posters::start(&scene.people, &scene.channels, server.url());
    posters.wait_for(POSTS / 2).await?;
    moving.replayed("embedded:", &copy, 2, "another nottermost").await?;
    posters.wait_for(POSTS).await?;
    let ledger = posters.stop().await?;
    server.stop().await?;
    for (arguments, part) in [
        (["copy-log", "--to", "embedded:"], "cannot be copied to itself"),
        (["copy-log", "--to", "embedded:./log"], "is in use"),
        (["copy-log", "--to", "kafka://nowhere"], "accepted is"),
    ] {
        moving.replayed("embedded:", &arguments, 2, part).await?;
    }
    moving.replayed("embedded:none", &copy, 2, "there is no log in").await?;
    Ok((scene, ledger))
}

/// The services as processes of their own, on the log that was copied.
async fn services_go_on(moving: &Moving, ada: &Person, channel: &str) -> Result<()> {
    let mut servers = Vec::new();
    for program in [Program::Projector, Program::CommandApi, Program::QueryApi] {
        servers.push(moving.served(&moving.kafka, program).await?);
    }
    let (writer, reader) = (ada.moved_to(servers[1].url()), ada.moved_to(servers[2].url()));
    let post = writer.say(channel, "said by services on Kafka").await?;
    ensure!(reader.posts(channel).await?[0]["id"] == post["id"], "who reads sees what was written");
    // The projector is not the only one who must not run.
    let back = ["copy-log", "--to", "embedded:back"];
    let mut running = servers.len();
    for server in servers {
        let (status, _, said) = server.stop().await?;
        ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
        running -= 1;
        if running > 0 {
            moving.replayed(&moving.kafka, &back, 2, "end them all").await?;
        }
    }
    Ok(())
}
