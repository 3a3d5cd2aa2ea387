//! Processes end and start one after another behind the edge, and nobody notices.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use system_tests::{Behind, Cell, Edge, Person, Program, Server, Setup, terminate, until, within};

/// Longer than the tool that follows the processes, and nginx, take to notice.
const LEAVE_MS: &str = "6000";
const TALKERS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_leaves_is_out_of_the_edge_before_it_ends() -> Result<()> {
    let setup = Setup::default()
        .set("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn")
        .set("NOTTERMOST_HTTP__LEAVE_MS", LEAVE_MS);
    let cell = Cell::start(1, setup).await?;
    let leaving =
        [(Program::CommandApi, "/api/v4/posts"), (Program::QueryApi, "/api/v4/posts/{post_id}")];
    let mut second = Vec::new();
    for (service, _) in leaving {
        second.push(Server::start(cell.room(), &cell.setup().clone().program(service)).await?);
    }
    let at = |server: &Server| server.url().trim_start_matches("http://").to_owned();
    let of = |service| at(cell.server(service));
    let behind = Behind {
        command_api: vec![of(Program::CommandApi), at(&second[0])],
        query_api: vec![of(Program::QueryApi), at(&second[1])],
        realtime: vec![of(Program::Realtime)],
    };
    let edge = Edge::start(&behind).await?;
    let follower = edge.followed(&behind)?;
    let ada = cell.visitor()?.sign_up("ada").await?.moved_to(&edge.url()).hanging_up()?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;

    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let talkers =
        futures::future::try_join_all((0..TALKERS).map(|_| talk(&ada, &channel, &done, &stop)));
    let rolling = async {
        for ((service, route), server) in leaving.into_iter().zip(second) {
            let address = at(&server);
            asked(&server, route).await?;
            let before = done.load(Ordering::Relaxed);
            terminate(server.process()?)?;
            until("it is out of the configuration", || async {
                Ok((!edge.configuration()?.contains(&address)).then_some(()))
            })
            .await?;
            let (status, said) = within("it ends", server.wait()).await??;
            ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
            ensure!(done.load(Ordering::Relaxed) > before, "nobody talked meanwhile");
            let again = cell.setup().clone().program(service);
            let again = again.set("NOTTERMOST_HTTP__LISTEN", address);
            let again = Server::start(cell.room(), &again).await?;
            asked(&again, route).await?;
            again.stop().await?;
        }
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok(())
    };
    tokio::try_join!(talkers, rolling)?;
    drop(follower);
    edge.stop().await?;
    cell.stop().await
}

/// Writes of both kinds and a read, again and again; each must be answered well.
async fn talk(ada: &Person, channel: &str, done: &AtomicUsize, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let post = ada.say(channel, "before").await?;
        let id = post["id"].as_str().context("a post has an id")?;
        let patch = json!({"message": "after"});
        ada.put(&format!("/posts/{id}/patch"), patch).await?.expect(200).context("edit")?;
        let shown = ada.get(&format!("/posts/{id}")).await?.expect(200).context("read")?;
        ensure!(shown["message"] == "after", "who wrote sees it: {shown}");
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Waits until the edge sends people to it.
async fn asked(server: &Server, route: &str) -> Result<()> {
    until("the edge sends it requests", || async {
        let metrics = server.metrics().await?;
        Ok(metrics.sum("nottermost_http_requests_total", &[("route", route)]).map(drop))
    })
    .await
}
