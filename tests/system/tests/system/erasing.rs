//! Somebody is erased: nothing that they wrote can be found any more, and nothing else changes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use system_tests::{Person, Room, Server, Setup, replayed};

use crate::replaying::ended_with;

/// Words that only Bob uses, each somewhere else. Lower-case letters: the index folds them.
const MARKS: [&str; 9] = [
    "zmessagemark",
    "zeditedmark",
    "zreplymark",
    "zdirectmark",
    "zfilenamemark",
    "zcontentmark",
    "znicknamemark",
    "zpreferencemark",
    "zbobmark",
];

struct Scene {
    ada: Person,
    bob: Person,
    channel: String,
    direct: String,
    file: String,
}

/// Bob leaves something personal everywhere.
async fn scene(server: &Server) -> Result<Scene> {
    let ada = server.visitor()?.sign_up("ada").await?;
    let bob = server.visitor()?.sign_up("zbobmark").await?;
    let team = ada.found_team("engines").await?;
    bob.join_team(&team).await?;
    let channel = ada.create_channel(&team, "looms").await?;
    bob.join_channel(&channel).await?;
    let root = ada.say(&channel, "what is the plan?").await?;
    let said = bob.say(&channel, "it was zmessagemark").await?;
    let edit = json!({"message": "it is zeditedmark"});
    bob.put(&format!("/posts/{}/patch", id(&said)?), edit).await?.expect(200)?;
    let reply = json!({"channel_id": channel, "message": "as zreplymark", "root_id": root["id"]});
    bob.post("/posts", reply).await?.expect(201)?;
    let both = json!([ada.id, bob.id]);
    let direct = id(&ada.post("/channels/direct", both).await?.expect(201)?)?;
    bob.say(&direct, "between us: zdirectmark").await?;
    ada.say(&direct, "kept by ada").await?;
    let file = upload(server, &bob, &channel).await?;
    let shows = json!({"channel_id": channel, "message": "", "file_ids": [file]});
    bob.post("/posts", shows).await?.expect(201)?;
    bob.put("/users/me/patch", json!({"nickname": "znicknamemark"})).await?.expect(200)?;
    let preference = json!([{
        "user_id": bob.id, "category": "notes", "name": "n", "value": "zpreferencemark",
    }]);
    bob.put("/users/me/preferences", preference).await?.expect(200)?;
    Ok(Scene { ada, bob, channel, direct, file })
}

fn id(value: &Value) -> Result<String> {
    Ok(value["id"].as_str().context("an id")?.to_owned())
}

async fn upload(server: &Server, person: &Person, channel: &str) -> Result<String> {
    let url =
        format!("{}/api/v4/files?channel_id={channel}&filename=zfilenamemark.txt", server.url());
    let answer = Client::new()
        .post(url)
        .bearer_auth(person.token())
        .header("content-type", "text/plain")
        .body("zcontentmark ".repeat(10_000))
        .send()
        .await?;
    let uploaded: Value = answer.error_for_status()?.json().await?;
    Ok(uploaded["file_infos"][0]["id"].as_str().context("a file")?.to_owned())
}

/// Which marks stand in which files below a folder, in any case of their letters.
fn marks_below(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            marks_below(&path, found)?;
        } else if path.is_file() {
            let bytes = fs::read(&path)?.to_ascii_lowercase();
            for mark in MARKS {
                if bytes.windows(mark.len()).any(|window| window == mark.as_bytes()) {
                    found.push(format!("{mark} in {}", path.display()));
                }
            }
        }
    }
    Ok(())
}

fn marks(room: &Room, folder: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    marks_below(&room.data().join(folder), &mut found)?;
    Ok(found)
}

/// What the log decided, record by record.
async fn verdicts(room: &Room, partitions: &[String]) -> Result<Vec<(String, Value, Value)>> {
    let mut all = Vec::new();
    for partition in partitions {
        let shown = replayed(room, &["cat", partition]).await?;
        for line in shown.stdout.lines() {
            let event: Value = serde_json::from_str(line)?;
            let position = event["position"].as_str().context("a position")?.to_owned();
            all.push((position, event["verdict"].clone(), event["at"].clone()));
        }
    }
    Ok(all)
}

/// The partitions that hold anything.
async fn partitions(room: &Room) -> Result<Vec<String>> {
    let status = replayed(room, &["status"]).await?;
    let lines = status.stdout.lines().filter(|line| line.contains("-"));
    Ok(lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect())
}

#[tokio::test]
async fn what_somebody_wrote_is_sealed_in_log_and_objects() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let scene = scene(&server).await?;
    let file = scene.ada.get(&format!("/files/{}/info", scene.file)).await?.expect(200)?;
    ensure!(file["name"] == "zfilenamemark.txt", "{file}");
    server.stop().await?;
    for folder in ["log", "objects/files", "keys"] {
        let found = marks(&room, folder)?;
        ensure!(found.is_empty(), "{found:?}");
    }
    ensure!(!marks(&room, "postgres")?.is_empty(), "the search finds what is there");
    Ok(())
}

#[tokio::test]
async fn who_is_erased_is_found_nowhere_and_every_verdict_stands() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let scene = scene(&server).await?;
    server.stop().await?;
    let partitions = partitions(&room).await?;
    let before = verdicts(&room, &partitions).await?;
    ensure!(before.len() > 20, "the log holds {} records", before.len());

    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, bob) = (scene.ada.moved_to(server.url()), scene.bob.moved_to(server.url()));
    erase(&room, &server, &ada, &bob).await?;
    is_gone(&server, &ada, &bob, &scene).await?;
    server.stop().await?;
    for folder in ["log", "objects", "keys", "index"] {
        let found = marks(&room, folder)?;
        ensure!(found.is_empty(), "before the rebuild: {found:?}");
    }

    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    ended_with(&replayed(&room, &["rebuild"]).await?, 0, "records")?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let found = marks(&room, "")?;
    ensure!(found.is_empty(), "after the rebuild: {found:?}");
    // The log itself from the archive, and all from that.
    fs::remove_dir_all(room.data().join("log"))?;
    ended_with(&replayed(&room, &["restore", "--to", "embedded:", "--yes"]).await?, 0, "")?;
    ended_with(&replayed(&room, &["rebuild"]).await?, 0, "records")?;
    ended_with(&replayed(&room, &["verify"]).await?, 0, "")?;
    let found = marks(&room, "")?;
    ensure!(found.is_empty(), "after a rebuild from the archive: {found:?}");
    let after = verdicts(&room, &partitions).await?;
    for (position, verdict, at) in before {
        let same = after.contains(&(position.clone(), verdict, at));
        ensure!(same, "{position} was judged otherwise before");
    }

    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, bob) = (scene.ada.moved_to(server.url()), scene.bob.moved_to(server.url()));
    is_gone(&server, &ada, &bob, &scene).await?;
    server.stop().await?;
    Ok(())
}

async fn erase(room: &Room, server: &Server, ada: &Person, bob: &Person) -> Result<()> {
    let own = "/../nottermost/v1/users/me/erase";
    bob.post(own, json!({})).await?.expect(400)?;
    bob.post(own, json!({"password": "not the right one"})).await?.expect(400)?;
    let hers = format!("/../nottermost/v1/users/{}/erase", ada.id);
    bob.post(&hers, json!({})).await?.expect(403)?;
    let arguments =
        ["erase", "zbobmark", "--server", server.url(), "--token", ada.token()].map(str::to_owned);
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    ended_with(&replayed(room, &arguments).await?, 1, "would be erased")?;
    bob.get("/users/me").await?.expect(200)?;
    arguments.push("--yes");
    ended_with(&replayed(room, &arguments).await?, 2, "--yes takes an id")?;
    arguments[1] = &bob.id;
    ended_with(&replayed(room, &arguments).await?, 0, "is erased and its key destroyed")?;
    // Asking again is a success that changes nothing.
    let again = format!("/../nottermost/v1/users/{}/erase", bob.id);
    ada.post(&again, json!({})).await?.expect(200)?;
    Ok(())
}

/// The conversation has kept its shape; nobody is called as before, and nothing of the words is left.
async fn is_gone(server: &Server, ada: &Person, bob: &Person, scene: &Scene) -> Result<()> {
    bob.get("/users/me").await?.expect(401)?;
    let login = json!({"login_id": "zbobmark", "password": "Correct-Horse-7"});
    let status = server.visitor()?.post("/users/login", login).await?.status;
    ensure!(status == 401, "logs in with {status}");
    let user = ada.get(&format!("/users/{}", bob.id)).await?.expect(200)?;
    ensure!(user["username"].as_str().is_some_and(|name| name.starts_with("erased-")), "{user}");
    ensure!(user["nickname"] == "" && user["delete_at"] != 0, "{user}");
    let posts = ada.posts(&scene.channel).await?;
    let his: Vec<&Value> = posts.iter().filter(|post| post["user_id"] == bob.id).collect();
    ensure!(his.iter().filter(|post| post["type"] == "").count() == 3, "{his:?}");
    ensure!(his.iter().all(|post| post["message"] == "" || post["type"] != ""), "{his:?}");
    let direct = ada.posts(&scene.direct).await?;
    let messages: Vec<&Value> = direct.iter().map(|post| &post["message"]).collect();
    ensure!(messages == ["kept by ada", ""], "{messages:?}");
    ada.get(&format!("/files/{}", scene.file)).await?.expect(404)?;
    let team = ada.get("/users/me/teams").await?.expect(200)?;
    let search = json!({"terms": "zeditedmark zreplymark", "is_or_search": true});
    let path = format!("/teams/{}/posts/search", team[0]["id"].as_str().context("a team")?);
    let found = ada.post(&path, search).await?.expect(200)?;
    ensure!(found["order"].as_array().is_some_and(Vec::is_empty), "{found}");
    for who in ["zbobmark", "zbobmark@example.org"] {
        let by = if who.contains('@') { "email" } else { "username" };
        ada.get(&format!("/users/{by}/{who}")).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_was_erased_is_free_and_its_new_owner_is_somebody_else() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let scene = scene(&server).await?;
    let path = format!("/../nottermost/v1/users/{}/erase", scene.bob.id);
    scene.ada.post(&path, json!({})).await?.expect(200)?;
    let other = server.visitor()?.sign_up("zbobmark").await?;
    ensure!(other.id != scene.bob.id, "another account");
    other.get(&format!("/channels/{}/posts", scene.direct)).await?.expect(404)?;
    // The first administrator is the last one.
    let hers = format!("/../nottermost/v1/users/{}/erase", scene.ada.id);
    scene.ada.post(&hers, json!({"password": "wrong"})).await?.expect(400)?;
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}
