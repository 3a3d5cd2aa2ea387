//! What was acknowledged is there, exactly once and in one order, whatever was killed.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use system_tests::{
    Acknowledged, Lack, Person, Posters, Room, Server, Setup, Visitor, agrees, kill, postmaster,
    replayed,
};

const POSTERS: usize = 6;
const CHANNELS: usize = 3;
/// Posts that are acknowledged between two kills, at least.
const BETWEEN_KILLS: usize = 100;

pub(crate) struct Scene {
    pub people: Vec<Person>,
    pub channels: Vec<String>,
}

impl Scene {
    /// People who are all in all channels.
    pub async fn set(visitor: &Visitor) -> Result<Self> {
        let admin = visitor.sign_up("admin").await?;
        let team = admin.found_team("durable").await?;
        let mut channels = Vec::new();
        for n in 0..CHANNELS {
            channels.push(admin.create_channel(&team, &format!("channel-{n}")).await?);
        }
        let mut people = vec![admin];
        for n in 1..POSTERS {
            let person = visitor.sign_up(&format!("poster-{n}")).await?;
            person.join_team(&team).await?;
            for channel in &channels {
                person.join_channel(channel).await?;
            }
            people.push(person);
        }
        Ok(Self { people, channels })
    }

    fn reader(&self, server: &Server) -> Person {
        self.people[0].moved_to(server.url())
    }
}

/// Kills the server `kills` times while clients post, every second time its Postgres before it.
async fn killed_while_posting(kills: usize) -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn");
    let mut server = Server::start(&room, &setup).await?;
    let scene = Scene::set(&server.visitor()?).await?;
    let mut posters = Posters::start(&scene.people, &scene.channels, server.url());
    for round in 0..kills {
        if round % 2 == 1 {
            posters.wait_for(posters.acknowledged() + BETWEEN_KILLS / 2).await?;
            kill(postmaster(server.data())?)?;
        }
        posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
        ensure!(!server.said().iter().any(|line| line.contains("panic")), "{:?}", server.said());
        server.kill().await?;
        server = Server::start(&room, &setup).await?;
        posters.server_moved(server.url());
    }
    posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
    let ledger = posters.stop().await?;
    ensure!(ledger.len() >= (kills + 1) * BETWEEN_KILLS, "{} posts", ledger.len());
    all_agree(&room, &setup, server, &scene, &ledger).await
}

/// Read model, rebuild and the clients' ledger say the same.
async fn all_agree(
    room: &Room,
    setup: &Setup,
    server: Server,
    scene: &Scene,
    ledger: &[Acknowledged],
) -> Result<()> {
    agrees(&scene.reader(&server), &scene.channels, ledger).await?;
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    for arguments in [["compare"], ["rebuild"], ["compare"]] {
        let ended = replayed(room, &arguments).await?;
        ensure!(ended.status.success(), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    }
    let server = Server::start(room, setup).await?;
    agrees(&scene.reader(&server), &scene.channels, ledger).await?;
    server.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_posts_survive_kills_of_the_server_and_of_its_postgres() -> Result<()> {
    killed_while_posting(4).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form, for make torture"]
async fn acknowledged_posts_survive_many_kills() -> Result<()> {
    killed_while_posting(24).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_posts_survive_stops_under_load() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn");
    let mut server = Server::start(&room, &setup).await?;
    let scene = Scene::set(&server.visitor()?).await?;
    let mut posters = Posters::start(&scene.people, &scene.channels, server.url());
    for _ in 0..2 {
        posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
        let (status, took, said) = server.stop().await?;
        ensure!(status.code() == Some(0), "ended with {status}: {}", said.join("\n"));
        ensure!(took < Duration::from_secs(10), "the stop took {took:?}");
        server = Server::start(&room, &setup).await?;
        posters.server_moved(server.url());
    }
    let ledger = posters.stop().await?;
    all_agree(&room, &setup, server, &scene, &ledger).await
}

#[tokio::test]
async fn a_disk_that_fills_up_refuses_writes_loses_none_and_takes_them_again() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default().lacking(Lack::MuchSpace)).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("full").await?;
    let channel = ada.create_channel(&team, "to-the-brim").await?;
    let before = ada.say(&channel, "there is room").await?;
    let filling = server.seen_data()?.join("filling");
    fill(&filling)?;
    let post = json!({"channel_id": channel, "message": "no room", "pending_post_id": "one"});
    let refused = ada.post("/posts", post.clone()).await?.expect(503)?;
    ensure!(refused["id"].is_string(), "{refused}");
    let shown = ada.posts(&channel).await?;
    ensure!(shown.len() == 1 && shown[0]["id"] == before["id"], "shows {shown:?}");
    std::fs::remove_file(&filling)?;
    ada.post("/posts", post).await?.expect(201)?;
    ensure!(ada.posts(&channel).await?.len() == 2, "the post is there once");
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}");
    ensure!(!said.iter().any(|line| line.contains("panic")), "{}", said.join("\n"));
    Ok(())
}

/// Takes what room there is, but for what the other files of a server need at once.
fn fill(file: &Path) -> Result<()> {
    const LEFT_BYTES: u64 = 100 << 20;
    let piece = vec![1; 1 << 20];
    let mut filling = File::create(file)?;
    loop {
        let disk = rustix::fs::fstatvfs(&filling)?;
        if disk.f_bavail * disk.f_frsize < LEFT_BYTES {
            return Ok(());
        }
        filling.write_all(&piece)?;
    }
}
