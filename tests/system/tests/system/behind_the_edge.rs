//! The server behind the edge, used as its users use it.

use anyhow::{Context, Result, ensure};
use events::{Partition, Topic, UserId};
use reqwest::{Client, Method};
use serde_json::json;
use system_tests::{Behind, Edge, Person, Room, Server, Setup, Visitor, replayed};

/// Larger than any buffer between client and service, smaller than the limit on files.
const FILE_BYTES: usize = 5_000_000;

#[tokio::test]
async fn people_sign_up_talk_and_share_files_through_the_edge() -> Result<()> {
    let room = Room::new()?;
    let limit = FILE_BYTES.to_string();
    let setup = Setup::default().set("NOTTERMOST_LIMITS__FILE_BYTES_MAX", limit);
    let server = Server::start(&room, &setup).await?;
    let address = server.url().trim_start_matches("http://");
    let edge = Edge::start(&Behind::one(address)).await?;
    let visitor = Visitor::at(&edge.url())?;
    visitor.get("/system/ping").await?.expect(200)?;
    let ada = visitor.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;

    let mut socket = ada.socket().await?;
    let post = ada.say(&channel, "through the edge").await?;
    socket.event("posted").await?;
    ensure!(ada.posts(&channel).await?[0]["id"] == post["id"], "the post is shown");

    files_go_there_and_back(&ada, &edge, &channel).await?;
    refusals_are_the_services(&ada, &edge, &channel).await?;
    edge.stop().await?;
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_session_knows_the_address_that_a_proxy_of_ours_names_and_no_other() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().set("NOTTERMOST_HTTP__TRUSTED_PROXIES", "127.0.0.1");
    let server = Server::start(&room, &setup).await?;
    let edge = Edge::start(&Behind::one(server.url().trim_start_matches("http://"))).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    // As another proxy on this machine would pass on, and as a person says it of themselves.
    log_in_from("203.0.113.9", &server.visitor()?).await?;
    log_in_from("198.51.100.7", &Visitor::at(&edge.url())?).await?;
    edge.stop().await?;
    server.stop().await?;
    let id: UserId = ada.id.parse()?;
    let partition = Partition::of(Topic::Users, id.as_bytes()).to_string();
    let events = replayed(&room, &["cat", &partition]).await?.stdout;
    let addresses = ["203.0.113.9", "198.51.100.7"].map(|address| events.contains(address));
    ensure!(addresses == [true, false], "{events}");
    Ok(())
}

async fn log_in_from(address: &str, visitor: &Visitor) -> Result<()> {
    let login = json!({"login_id": "ada", "password": system_tests::PASSWORD});
    let headers = [("x-forwarded-for", address)];
    let answer = visitor.send_with(Method::POST, "/users/login", Some(&login), &headers).await?;
    answer.expect(200).map(drop)
}

async fn files_go_there_and_back(ada: &Person, edge: &Edge, channel: &str) -> Result<()> {
    let bytes: Vec<u8> = (0..FILE_BYTES).map(|n| u8::try_from(n % 251).expect("small")).collect();
    let answer = upload(ada, edge, channel, bytes.clone()).await?;
    ensure!(answer.status() == 201, "{answer:?}");
    let uploaded: serde_json::Value = answer.json().await?;
    let file = uploaded["file_infos"][0]["id"].as_str().context("a file has an id")?;
    let url = format!("{}/api/v4/files/{file}", edge.url());
    let shown = Client::new().get(url).bearer_auth(ada.token()).send().await?;
    ensure!(shown.bytes().await? == bytes, "the file comes back as it was sent");
    Ok(())
}

async fn upload(
    ada: &Person,
    edge: &Edge,
    channel: &str,
    bytes: Vec<u8>,
) -> Result<reqwest::Response> {
    let url = format!("{}/api/v4/files?channel_id={channel}&filename=loom.bin", edge.url());
    Ok(Client::new().post(url).bearer_auth(ada.token()).body(bytes).send().await?)
}

/// What is over a limit or does not exist is refused by the service, not by nginx in its own words.
async fn refusals_are_the_services(ada: &Person, edge: &Edge, channel: &str) -> Result<()> {
    let too_large = upload(ada, edge, channel, vec![0; FILE_BYTES + (2 << 20)]).await?;
    ensure!(too_large.status() == 413, "{too_large:?}");
    let refused: serde_json::Value = too_large.json().await?;
    ensure!(refused["id"] == "api.file.upload_file.too_large_detailed.app_error", "{refused}");
    let long = json!({"channel_id": channel, "message": "x".repeat(8_000_000)});
    let refused = ada.post("/posts", long).await?.expect(413)?;
    ensure!(refused["id"] == "api.context.request_body_too_large.app_error", "{refused}");
    for path in ["/no/such/route", "/posts/"] {
        let unknown = ada.get(path).await?.expect(404)?;
        ensure!(unknown["id"] == "api.context.404.app_error", "{path}: {unknown}");
    }
    let metrics = reqwest::get(format!("{}/metrics", edge.url())).await?;
    ensure!(metrics.status() == 404, "the edge tells nobody a process' metrics: {metrics:?}");
    Ok(())
}
