//! An integrator follows the stream of events: while the server is killed and started again, and through
//! the edge.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use system_tests::{Acknowledged, Behind, Edge, Person, Posters, Room, Server, Setup, until};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::durability::Scene;

const EVENTS: &str = "/api/nottermost/v1/events?from=beginning&types=post.created";
const KILLS: usize = 2;
const BETWEEN_KILLS: usize = 100;
/// How long it waits before it comes again; to a new server it comes at once.
const RETRY: Duration = Duration::from_millis(50);

/// An event as it came: its post, and where it stands.
type Heard = (String, String);

/// A plain HTTP client that comes again with the last cursor that it had.
struct Integrator {
    person: Person,
    url: watch::Receiver<String>,
    cursor: Option<String>,
    heard: watch::Sender<Vec<Heard>>,
}

impl Integrator {
    fn start(
        person: &Person,
        url: watch::Receiver<String>,
    ) -> (JoinHandle<Result<()>>, watch::Receiver<Vec<Heard>>) {
        let (heard, hears) = watch::channel(Vec::new());
        let integrator = Self { person: person.clone(), url, cursor: None, heard };
        (tokio::spawn(integrator.run()), hears)
    }

    async fn run(mut self) -> Result<()> {
        loop {
            let url = format!("{}{EVENTS}", *self.url.borrow_and_update());
            let mut request = reqwest::Client::new().get(url).bearer_auth(self.person.token());
            if let Some(cursor) = &self.cursor {
                request = request.header("Last-Event-ID", cursor);
            }
            if let Ok(answer) = request.send().await
                && answer.status().is_success()
            {
                self.read(answer).await?;
            }
            // Either way it is time to come again.
            let _ = timeout(RETRY, self.url.changed()).await;
        }
    }

    /// Reads until the stream breaks or ends.
    async fn read(&mut self, mut answer: reqwest::Response) -> Result<()> {
        let mut text = Vec::new();
        while let Ok(Some(piece)) = answer.chunk().await {
            text.extend_from_slice(&piece);
            while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = text.drain(..end + 2).collect();
                self.take(std::str::from_utf8(&block)?)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, block: &str) -> Result<()> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        if let Some(data) = field("data: ") {
            let document: Value = serde_json::from_str(data)?;
            let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
            let heard = (text(&document["data"]["post_id"])?, text(&document["position"])?);
            self.heard.send_modify(|all| all.push(heard));
        }
        if let Some(id) = field("id: ") {
            self.cursor = Some(id.to_owned());
        }
        Ok(())
    }
}

/// What was heard is what was acknowledged, each once, in the order of each channel.
fn is_the_ledger(heard: &[Heard], ledger: &[Acknowledged]) -> Result<()> {
    let mut places = BTreeMap::new();
    for (place, (post, position)) in heard.iter().enumerate() {
        let before = places.insert(post.as_str(), (place, position.as_str()));
        ensure!(before.is_none(), "{post} was heard twice");
    }
    ensure!(places.len() == ledger.len(), "heard {} of {} posts", places.len(), ledger.len());
    let mut by_channel = BTreeMap::<_, Vec<_>>::new();
    for post in ledger {
        let (place, position) = places.get(post.id.as_str()).context("every post is heard")?;
        ensure!(*position == post.position.to_string(), "{post:?} was heard at {position}");
        by_channel.entry(&post.channel).or_default().push((post.position.offset, *place));
    }
    for (channel, mut posts) in by_channel {
        posts.sort_unstable();
        ensure!(posts.is_sorted_by_key(|(_, place)| *place), "{channel} was heard out of order");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_integrator_hears_every_acknowledged_post_once_across_kills() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default()
        .set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn")
        // So that who comes again has to read the log.
        .set("NOTTERMOST_STREAM__RING_RECORDS_MAX", "32");
    let mut server = Server::start(&room, &setup).await?;
    let scene = Scene::set(&server.visitor()?).await?;
    let (moved, url) = watch::channel(server.url().to_owned());
    let (following, hears) = Integrator::start(&scene.people[0], url);
    let mut posters = Posters::start(&scene.people, &scene.channels, server.url());
    for _ in 0..KILLS {
        posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
        server.kill().await?;
        server = Server::start(&room, &setup).await?;
        posters.server_moved(server.url());
        moved.send_replace(server.url().to_owned());
    }
    posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
    let ledger = posters.stop().await?;
    ensure!(ledger.len() >= (KILLS + 1) * BETWEEN_KILLS, "{} posts", ledger.len());
    until("every post is heard", async || {
        ensure!(!following.is_finished(), "the integrator has ended");
        Ok((hears.borrow().len() >= ledger.len()).then_some(()))
    })
    .await?;
    is_the_ledger(&hears.borrow(), &ledger)?;
    // A stream that is open is ended, not cut off.
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    ensure!(!said.iter().any(|line| line.contains("cut off connections")), "{said:?}");
    following.abort();
    Ok(())
}

#[tokio::test]
async fn an_event_comes_through_the_edge_when_it_happens() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let edge = Edge::start(&Behind::one(server.url().trim_start_matches("http://"))).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    let (_moved, url) = watch::channel(edge.url());
    let (following, hears) = Integrator::start(&ada, url);
    // Nothing comes after it that could push it on.
    for heard in 1..=3 {
        let post = ada.say(&channel, "through the edge").await?;
        until("the post is heard", async || Ok((hears.borrow().len() == heard).then_some(())))
            .await?;
        ensure!(post["id"] == hears.borrow()[heard - 1].0.as_str(), "{post} is heard last");
    }
    following.abort();
    edge.stop().await?;
    server.stop().await?;
    Ok(())
}
