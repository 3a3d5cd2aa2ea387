//! The services as processes of their own, on Kafka, behind the edge.

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;
use system_tests::{
    Acknowledged, Cell, Collector, Person, Posters, Program, SERVICES, Setup, agrees, until,
};

use crate::durability::Scene;
use crate::seen_from_outside::{TRACE, TRACEPARENT, hex};

/// Posts that are acknowledged between two kills, at least.
const BETWEEN_KILLS: usize = 60;
/// Replies that are each read at once.
const REPLIES: usize = 40;

fn quiet() -> Setup {
    Setup::default().set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_talk_and_find_it_and_lose_access_everywhere_at_once() -> Result<()> {
    let collector = Collector::start().await?;
    let setup = Setup::default()
        .set("NOTTERMOST_TELEMETRY__OTLP_ENDPOINT", collector.endpoint())
        .set("NOTTERMOST_TELEMETRY__LOG_FILTER", "nottermost=debug,projector=debug,realtime=debug");
    let mut cell = Cell::start(1, setup).await?;
    let visitor = cell.visitor()?;
    let (ada, bob) = (visitor.sign_up("ada").await?, visitor.sign_up("bob").await?);
    let team = ada.found_team("engines").await?;
    bob.join_team(&team).await?;
    let channel = ada.create_channel(&team, "looms").await?;
    bob.join_channel(&channel).await?;

    let mut socket = bob.socket().await?;
    let post = ada.say(&channel, "the needle has an eye").await?;
    let pushed = socket.event("posted").await?;
    ensure!(pushed["data"]["post"].as_str().is_some_and(|p| p.contains("the needle")), "{pushed}");
    ensure!(bob.posts(&channel).await?[0]["id"] == post["id"], "who reads sees what was written");
    until("search finds it", || async {
        let terms = json!({"terms": "needle", "is_or_search": false});
        let found = bob.post(&format!("/teams/{team}/posts/search"), terms).await?.expect(200)?;
        Ok((found["order"][0] == post["id"]).then_some(()))
    })
    .await?;

    who_heard_of_it_can_read_it(&ada, &bob, &channel).await?;
    a_trace_goes_through_all_processes(&cell, &collector, &ada, &channel).await?;
    access_ends(&cell, &ada, &bob, &channel).await?;
    what_a_service_may_not_do_it_refuses(&mut cell).await?;
    cell.stop().await
}

/// A bot that reads a thread as soon as it hears of a reply finds the reply there, though frames come from
/// another process than rows and reads.
async fn who_heard_of_it_can_read_it(ada: &Person, bob: &Person, channel: &str) -> Result<()> {
    let mut socket = bob.socket().await?;
    let root = ada.say(channel, "count").await?;
    let root = root["id"].as_str().context("a post has an id")?;
    socket.event("posted").await?;
    for n in 0..REPLIES {
        let reply = json!({"channel_id": channel, "root_id": root, "message": n.to_string()});
        // Nobody waits for rows here but who reads.
        let later = [("prefer", "respond-async")];
        let saying = ada.send_with(reqwest::Method::POST, "/posts", Some(&reply), &later);
        let reading = async {
            socket.event("posted").await?;
            bob.get(&format!("/posts/{root}/thread")).await?.expect(200)
        };
        let (said, thread) = tokio::join!(saying, reading);
        said?.expect(201)?;
        let read = thread?["order"].as_array().map(Vec::len);
        ensure!(read == Some(n + 2), "heard of {n} replies, read {read:?} posts");
    }
    Ok(())
}

/// One trace from the request to the frame, whichever process does the work.
async fn a_trace_goes_through_all_processes(
    cell: &Cell,
    collector: &Collector,
    ada: &Person,
    channel: &str,
) -> Result<()> {
    let post = json!({"channel_id": channel, "message": "followed"});
    let headers = [("traceparent", TRACEPARENT)];
    let answer = ada.send_with(reqwest::Method::POST, "/posts", Some(&post), &headers).await?;
    let request = answer.header("x-request-id").context("a request has an id")?.to_owned();
    let post = answer.expect(201)?;
    let path = format!("/posts/{}", post["id"].as_str().context("a post has an id")?);
    ada.send_with(reqwest::Method::GET, &path, None, &headers).await?.expect(200)?;
    let of_trace = |id: &[u8]| hex(id) == TRACE;
    for name in ["request", "append", "project", "push"] {
        let follows = |span: &Span| {
            let linked = span.links.iter().any(|link| of_trace(&link.trace_id));
            span.name == name && (of_trace(&span.trace_id) || linked)
        };
        let found = collector.span(&format!("{name} of the trace"), follows).await;
        found.with_context(|| format!("there are {:?}", collector.names()))?;
    }
    for service in SERVICES {
        let line = cell.server(service).logged("the trace", |line| line["trace.id"] == TRACE).await;
        let line = line.with_context(|| format!("in the log of {service:?}"))?;
        let reads = service == Program::QueryApi;
        ensure!(reads || line["request.id"] == request.as_str(), "{service:?}: {line}");
    }
    Ok(())
}

/// Once the answer is there, no process serves what it ended.
async fn access_ends(cell: &Cell, ada: &Person, bob: &Person, channel: &str) -> Result<()> {
    let socket = bob.socket().await?;
    let path = format!("/channels/{channel}/members/{}", bob.id);
    ada.send(reqwest::Method::DELETE, &path, None).await?.expect(200)?;
    let reader = cell.before(bob, Program::QueryApi);
    let read = reader.get(&format!("/channels/{channel}/posts")).await?;
    ensure!(read.status == 403, "a removed member reads: {}", read.body);
    ada.say(channel, "among ourselves").await?;
    ada.say(channel, "still").await?;
    let town = bob.get("/users/me/teams").await?.expect(200)?;
    ensure!(town.as_array().is_some_and(|teams| teams.len() == 1), "{town}");

    bob.post("/users/logout", json!({})).await?.expect(200)?;
    let after = reader.get("/users/me").await?;
    ensure!(after.status == 401, "a dead session reads: {}", after.body);
    let heard = socket.closed().await?;
    let overheard = heard.iter().any(|event| event.to_string().contains("among ourselves"));
    ensure!(!overheard, "{heard:?}");
    Ok(())
}

/// The rights of a process end where its work does.
async fn what_a_service_may_not_do_it_refuses(cell: &mut Cell) -> Result<()> {
    let reading = read_model::Database::new(cell.postgres().connect_options()).reading_pool(1);
    for change in ["DELETE FROM posts", "CREATE TABLE mine (id int)"] {
        let refused = sqlx::query(change).execute(&reading).await;
        ensure!(refused.is_err(), "a reader did: {change}");
    }
    reading.close().await;
    let second = cell.setup().clone().program(Program::Projector).ended(cell.room()).await?;
    ensure!(!second.status.success() && second.line()?.contains("runs on the data directory"));
    let alone = Setup::default().program(Program::QueryApi).ended(cell.room()).await?;
    ensure!(!alone.status.success() && alone.line()?.contains("log.url"), "{}", alone.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_posts_survive_kills_of_every_part() -> Result<()> {
    killed_while_posting(1, 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long form, for make torture"]
async fn acknowledged_posts_survive_many_kills_of_every_part() -> Result<()> {
    killed_while_posting(1, 4).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "three brokers want more than two cores: for make torture"]
async fn people_go_on_posting_while_one_broker_of_three_is_dead() -> Result<()> {
    killed_while_posting(3, 1).await
}

/// Kills each service, each broker and Postgres, `rounds` times, while clients post through the edge.
async fn killed_while_posting(brokers: u32, rounds: usize) -> Result<()> {
    let mut cell = Cell::start(brokers, quiet()).await?;
    let Scene { people, channels } = Scene::set(&cell.visitor()?).await?;
    let mut posters = Posters::start(&people, &channels, &cell.url());
    for _ in 0..rounds {
        for service in
            [Program::CommandApi, Program::Projector, Program::QueryApi, Program::Realtime]
        {
            posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
            cell.crash(service).await?;
        }
        posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
        cell.crash_postgres()?;
        for broker in 1..=brokers {
            posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
            let kafka = cell.kafka();
            tokio::task::spawn_blocking(move || kafka.kill(broker)).await?;
            if brokers > 1 {
                posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
            }
            let kafka = cell.kafka();
            tokio::task::spawn_blocking(move || {
                kafka.restart(broker);
                kafka.wait_until_ready();
            })
            .await?;
        }
    }
    posters.wait_for(posters.acknowledged() + BETWEEN_KILLS).await?;
    let ledger = posters.stop().await?;
    all_agree(cell, &people, &channels, &ledger).await
}

/// The read model, the log and the clients' ledger say the same.
async fn all_agree(
    mut cell: Cell,
    people: &[Person],
    channels: &[String],
    ledger: &[Acknowledged],
) -> Result<()> {
    let reader = people[0].moved_to(&cell.url());
    agrees(&reader, channels, ledger).await?;
    let (status, _, said) = cell.take(Program::Projector)?.stop().await?;
    ensure!(status.success(), "the projector ended with {status}: {}", said.join("\n"));
    let compared = cell.replayed(&["compare"]).await?;
    ensure!(compared.status.success(), "{}{}", compared.stdout, compared.stderr);
    cell.stop().await
}
