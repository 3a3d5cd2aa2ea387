//! A server that is asked to end does so, and the next one goes on where it was.

use std::time::Duration;

use anyhow::{Result, ensure};
use system_tests::{Room, Server, Setup, kill, postmaster, processes_in, replayed, until, within};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// What a stop may take.
const STOP_MAX: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_stop_closes_sockets_leaves_nothing_running_and_loses_nothing() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    let socket = ada.socket().await?;
    let post = ada.say(&channel, "before the stop").await?;
    let (stopped, closed) = tokio::join!(server.stop(), socket.closed());
    closed?;
    let (status, took, said) = stopped?;
    ensure!(status.code() == Some(0), "ended with {status}: {}", said.join("\n"));
    ensure!(took < STOP_MAX, "the stop took {took:?}");
    ensure!(!said.iter().any(|line| line.contains("panic")), "{}", said.join("\n"));
    ensure!(processes_in(room.path())?.is_empty(), "left {:?}", processes_in(room.path())?);
    let compared = replayed(&room, &["compare"]).await?;
    ensure!(compared.status.success(), "{}{}", compared.stdout, compared.stderr);

    let server = Server::start(&room, &Setup::default()).await?;
    let ada = ada.moved_to(server.url());
    let shown = ada.posts(&channel).await?;
    ensure!(shown[0]["id"] == post["id"], "shows {shown:?}");
    let found = until("the search finds it", || async {
        let terms = serde_json::json!({"terms": "before", "is_or_search": false});
        let list = ada.post(&format!("/teams/{team}/posts/search"), terms).await?.expect(200)?;
        Ok(list["order"].as_array().filter(|order| !order.is_empty()).cloned())
    })
    .await?;
    ensure!(found == [post["id"].clone()], "found {found:?}");
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_still_starting_stops_too() -> Result<()> {
    let room = Room::new()?;
    // Postgres is being made or started: the longest part of a start.
    let begun = room.data().join("log");
    let (ended, took) = Setup::default().interrupted(&room, || begun.exists()).await?;
    ensure!(ended.status.code() == Some(0), "ended with {}: {}", ended.status, ended.stderr);
    ensure!(ended.stdout.is_empty(), "it was not ready: {}", ended.stdout);
    ensure!(took < STOP_MAX, "the stop took {took:?}");
    until("nothing is left running", || async {
        Ok(processes_in(room.path())?.is_empty().then_some(()))
    })
    .await?;
    let (status, took, _) = Server::start(&room, &Setup::default()).await?.stop().await?;
    ensure!(status.code() == Some(0) && took < STOP_MAX, "then {status} in {took:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_whose_postgres_was_killed_goes_on_and_stops_in_order() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    let before = ada.say(&channel, "before").await?;
    let postgres = postmaster(server.data())?;
    kill(postgres)?;
    // Posting needs no Postgres.
    let after = ada.say(&channel, "after").await?;
    // What is left of the first may answer for a moment.
    until("another Postgres runs", || async {
        Ok(postmaster(server.data()).is_ok_and(|now| now != postgres).then_some(()))
    })
    .await?;
    let shown = until("the posts are shown again", || async {
        let list = ada.get(&format!("/channels/{channel}/posts")).await?;
        Ok((list.status == 200).then_some(list.body["order"].clone()))
    })
    .await?;
    let (first, second) = (shown[0].clone(), shown[1].clone());
    ensure!(first == after["id"] && second == before["id"], "shows {shown}");
    let (status, took, said) = within("it stops", server.stop()).await??;
    ensure!(status.code() == Some(0) && took < STOP_MAX, "{status} {took:?} {}", said.join("\n"));
    ensure!(processes_in(room.path())?.is_empty(), "left {:?}", processes_in(room.path())?);
    Ok(())
}

#[tokio::test]
async fn everything_but_the_log_can_be_lost() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    for n in 0..20 {
        ada.say(&channel, &format!("number {n}")).await?;
    }
    let before = ada.posts(&channel).await?;
    server.stop().await?;
    for lost in std::fs::read_dir(room.data())? {
        let lost = lost?.path();
        // Secrets and keys are no projections, and neither are the marks of the directory.
        let name = lost.file_name().unwrap_or_default();
        if lost.is_dir() && name != "log" && name != "keys" {
            std::fs::remove_dir_all(lost)?;
        }
    }
    let server = Server::start(&room, &Setup::default()).await?;
    let after = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(before == after, "before {before:?}\nafter {after:?}");
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_stop_does_not_wait_for_clients_and_collectors_that_never_finish() -> Result<()> {
    let room = Room::new()?;
    // Takes connections and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let collector = format!("http://{}", silent.local_addr()?);
    let setup = Setup::default().set("NOTTERMOST_TELEMETRY__OTLP_ENDPOINT", collector);
    let server = Server::start(&room, &setup).await?;
    let authority = server.url().trim_start_matches("http://").to_owned();
    let mut upload = TcpStream::connect(&authority).await?;
    let head = "POST /api/v4/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 1000\r\n\r\n{";
    upload.write_all(head.as_bytes()).await?;
    // Another answer says that the first request has been taken up.
    server.visitor()?.get("/system/ping").await?.expect(200)?;
    let (status, took, said) = server.stop().await?;
    ensure!(status.code() == Some(0), "ended with {status}: {}", said.join("\n"));
    ensure!(took < STOP_MAX, "the stop took {took:?}");
    ensure!(processes_in(room.path())?.is_empty(), "left {:?}", processes_in(room.path())?);
    Ok(())
}
