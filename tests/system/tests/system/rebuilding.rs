//! Rows and index are made anew, change places and go back while people post and read, and nobody notices.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_tests::{
    Acknowledged, Cell, Ended, Metrics, Person, Posters, Program, Room, Server, Setup, agrees,
    replayed, until,
};

use crate::durability::Scene;
use crate::replaying::ended_with;

/// Posts that are acknowledged between two steps, at least.
const BETWEEN: usize = 60;
/// What an operator does, and what the tool says to it.
const STEPS: [(&[&str], &str); 7] = [
    (&["rebuild", "--beside"], "kept up to date"),
    (&["compare", "--beside"], "are equal"),
    (&["cutover"], "the next version serves"),
    (&["rollback"], "serves again"),
    (&["cutover"], "the next version serves"),
    (&["compare", "--beside"], "are equal"),
    (&["status", "--beside"], "previous"),
];

fn quiet() -> Setup {
    Setup::default().set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_index_change_places_while_people_post_and_read() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &quiet()).await?;
    let Scene { people, channels } = Scene::set(&server.visitor()?).await?;
    let hearing = tokio::spawn(people[1].socket().await?.closed());
    let replay = |arguments| -> BoxFuture<'_, _> { Box::pin(replayed(&room, arguments)) };
    let ledger = stepped(&replay, &people, &channels, server.url()).await?;
    agrees(&people[0], &channels, &ledger).await?;
    no_request_failed(&server.metrics().await?)?;
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    each_was_heard_once(&hearing.await??, &ledger)?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let status = replayed(&room, &["status"]).await?;
    ended_with(&status, 0, "previous")?;
    ended_with(&replayed(&room, &["rebuild"]).await?, 0, "records")?;
    let status = replayed(&room, &["status"]).await?;
    ensure!(!status.stdout.contains("previous"), "old rows are left: {}", status.stdout);
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_index_of_services_change_places_while_people_post_and_read() -> Result<()> {
    let mut cell = Cell::start(1, quiet()).await?;
    let Scene { people, channels } = Scene::set(&cell.visitor()?).await?;
    let replay = |arguments| -> BoxFuture<'_, _> { Box::pin(cell.replayed(arguments)) };
    let ledger = stepped(&replay, &people, &channels, &cell.url()).await?;
    agrees(&people[0], &channels, &ledger).await?;
    for service in [Program::CommandApi, Program::QueryApi] {
        no_request_failed(&cell.server(service).metrics().await?)?;
    }
    let (status, _, said) = cell.take(Program::Projector)?.stop().await?;
    ensure!(status.success(), "the projector ended with {status}: {}", said.join("\n"));
    ended_with(&cell.replayed(&["compare"]).await?, 0, "equal")?;
    cell.stop().await
}

type Replay<'r> = dyn Fn(&'static [&'static str]) -> BoxFuture<'r, Result<Ended>> + 'r;

/// Takes all steps while everybody posts and reads; what the posters know.
async fn stepped(
    replay: &Replay<'_>,
    people: &[Person],
    channels: &[String],
    url: &str,
) -> Result<Vec<Acknowledged>> {
    let mut posters = Posters::start(people, channels, url);
    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let talkers = channels.iter().map(|channel| read(&people[0], channel, &done, &stop));
    let talkers = futures::future::try_join_all(talkers);
    let stepping = async {
        for (arguments, says) in STEPS {
            posters.wait_for(posters.acknowledged() + BETWEEN).await?;
            let before = done.load(Ordering::Relaxed);
            ended_with(&replay(arguments).await?, 0, says)?;
            until("somebody has read since", || async {
                Ok((done.load(Ordering::Relaxed) > before + channels.len()).then_some(()))
            })
            .await?;
        }
        what_is_written_is_found(&people[0], &channels[0]).await?;
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok(())
    };
    tokio::try_join!(talkers, stepping)?;
    posters.stop().await
}

/// Reads of both kinds, again and again; each must be answered well, and show no less than before.
async fn read(reader: &Person, channel: &str, done: &AtomicUsize, stop: &AtomicBool) -> Result<()> {
    let mut newest = 0;
    while !stop.load(Ordering::Relaxed) {
        let page = format!("/channels/{channel}/posts?page=0&per_page=60");
        let page = reader.get(&page).await?.expect(200).context("the newest page")?;
        let shown =
            page["order"][0].as_str().and_then(|id| page["posts"][id]["create_at"].as_i64());
        let shown = shown.unwrap_or(0);
        ensure!(shown >= newest, "shown up to {shown}, before up to {newest}");
        newest = shown;
        let older = format!("/channels/{channel}/posts?page=1&per_page=20");
        reader.get(&older).await?.expect(200).context("an older page")?;
        reader.get("/users/me/teams").await?.expect(200).context("teams")?;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Searches follow the index that serves.
async fn what_is_written_is_found(person: &Person, channel: &str) -> Result<()> {
    let shown = person.get(&format!("/channels/{channel}")).await?.expect(200)?;
    let team = shown["team_id"].as_str().context("a channel is of a team")?;
    let apart = person.create_channel(team, "apart").await?;
    person.say(&apart, "quicksilver").await?;
    until("search finds it", || async {
        let terms = json!({"terms": "quicksilver", "is_or_search": false});
        let found =
            person.post(&format!("/teams/{team}/posts/search"), terms).await?.expect(200)?;
        Ok(found["order"][0].as_str().map(str::to_owned))
    })
    .await
    .map(drop)
}

fn no_request_failed(metrics: &Metrics) -> Result<()> {
    let statuses = metrics.labels("nottermost_http_requests_total", "status");
    let failed: Vec<_> = statuses.into_iter().filter(|status| status.starts_with('5')).collect();
    ensure!(failed.is_empty(), "requests were answered {failed:?}");
    Ok(())
}

fn each_was_heard_once(heard: &[Value], ledger: &[Acknowledged]) -> Result<()> {
    let mut posts = BTreeSet::new();
    for event in heard.iter().filter(|event| event["event"] == "posted") {
        let post = event["data"]["post"].as_str().context("a frame has a post")?;
        let post: Value = serde_json::from_str(post)?;
        let id = post["id"].as_str().context("a post has an id")?.to_owned();
        ensure!(posts.insert(id), "heard twice of {post}");
    }
    let missing = ledger.iter().filter(|post| !posts.contains(&post.id)).count();
    ensure!(missing == 0, "{missing} posts of {} were not heard of", ledger.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_goes_on_with_what_was_under_way() -> Result<()> {
    let room = Room::new()?;
    let mut server = Server::start(&room, &quiet()).await?;
    let Scene { people, channels } = Scene::set(&server.visitor()?).await?;
    let mut posters = Posters::start(&people, &channels, server.url());
    posters.wait_for(BETWEEN).await?;
    let index = |of: &str| room.data().join(format!("index.{of}"));

    let began = || index("making").exists() || index("next").exists();
    server = killed(&room, server, &["rebuild", "--beside"], began).await?;
    posters.server_moved(server.url());
    ended_with(&replayed(&room, &["rebuild", "--beside"]).await?, 0, "kept up to date")?;
    posters.wait_for(posters.acknowledged() + BETWEEN).await?;

    server = killed(&room, server, &["cutover"], || index("previous").exists()).await?;
    posters.server_moved(server.url());
    ended_with(&replayed(&room, &["status", "--beside"]).await?, 0, "previous")?;
    posters.wait_for(posters.acknowledged() + BETWEEN).await?;
    ended_with(&replayed(&room, &["compare", "--beside"]).await?, 0, "are equal")?;
    // At whatever moment: either version serves then, whole.
    server = killed(&room, server, &["rollback"], || true).await?;
    posters.server_moved(server.url());
    nothing_is_under_way(&room).await?;
    posters.wait_for(posters.acknowledged() + BETWEEN).await?;
    ended_with(&replayed(&room, &["compare", "--beside"]).await?, 0, "are equal")?;
    ended_with(&replayed(&room, &["settle"]).await?, 0, "is removed")?;

    let ledger = posters.stop().await?;
    agrees(&people[0].moved_to(server.url()), &channels, &ledger).await?;
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let left = ["making", "next", "previous"].map(|of| index(of).exists());
    ensure!(left == [false; 3], "folders are left: {left:?}");
    Ok(())
}

/// Waits until the server has answered what was asked of the one before.
async fn nothing_is_under_way(room: &Room) -> Result<()> {
    until("what was under way is answered", || async {
        let status = replayed(room, &["status", "--beside"]).await?;
        ended_with(&status, 0, "version")?;
        Ok((!status.stdout.contains("under way")).then_some(()))
    })
    .await
}

/// Kills the server as soon as what the tool asks of it has come so far, and starts it again.
async fn killed(
    room: &Room,
    server: Server,
    arguments: &[&str],
    so_far: impl Fn() -> bool,
) -> Result<Server> {
    let asking = replayed(room, arguments);
    let killing = async {
        until("it is under way", || async { Ok(so_far().then_some(())) }).await?;
        server.kill().await
    };
    // What the tool says to a server that goes away is of no interest.
    let (_, killed) = tokio::join!(asking, killing);
    killed?;
    Server::start(room, &quiet()).await
}
