//! The shortest day: sign up, log in, talk, be found.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Room, Server, Setup, until};

#[tokio::test]
async fn two_people_sign_up_talk_and_search() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let visitor = server.visitor()?;
    let ping = visitor.get("/system/ping").await?.expect(200)?;
    ensure!(ping["status"] == "OK", "{ping}");
    let ada = visitor.sign_up("ada").await?;
    let bob = visitor.sign_up("bob").await?;
    let team = ada.found_team("engines").await?;
    bob.join_team(&team).await?;
    let channel = ada.create_channel(&team, "looms").await?;
    bob.join_channel(&channel).await?;

    let mut socket = bob.socket().await?;
    let post = ada.say(&channel, "The Jacquard loom weaves @bob").await?;
    let frame = socket.find("posted", |event| event["event"] == "posted").await?;
    let pushed: Value = serde_json::from_str(frame["data"]["post"].as_str().unwrap_or_default())?;
    ensure!(pushed["id"] == post["id"], "pushed {pushed}, posted {post}");
    ensure!(frame["broadcast"]["channel_id"] == channel, "{frame}");
    ensure!(frame["data"]["sender_name"] == "@ada", "{frame}");

    let shown = bob.posts(&channel).await?;
    ensure!(shown[0]["message"] == post["message"], "{shown:?}");
    let found = until("the post is found", || async {
        let terms = json!({"terms": "jacquard", "is_or_search": false});
        let list = bob.post(&format!("/teams/{team}/posts/search"), terms).await?.expect(200)?;
        Ok(list["order"].as_array().filter(|order| !order.is_empty()).cloned())
    })
    .await?;
    ensure!(found == [post["id"].clone()], "{found:?}");

    bob.send(Method::POST, "/users/logout", None).await?.expect(200)?;
    socket.closed().await?;
    bob.get("/users/me").await?.expect(401)?;
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_root_says_what_it_is_and_unknown_routes_are_v4_errors() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let root = reqwest::get(server.url()).await?;
    ensure!(root.status() == 200, "{}", root.status());
    ensure!(root.headers().contains_key("x-version-id"), "clients read the version here");
    ensure!(root.text().await?.contains("nottermost"), "a page for people");
    let unknown = server.visitor()?.get("/no/such/route").await?.expect(404)?;
    ensure!(unknown["id"] == "api.context.404.app_error", "{unknown}");
    server.stop().await?;
    Ok(())
}
