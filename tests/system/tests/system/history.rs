//! What happened and how it was is told beside a running server as it is from its log.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Ended, Person, Room, Server, Setup, replayed};

use crate::replaying::ended_with;

/// Ada and Bob talk; she edits, he reacts, she deletes, and he is sent away.
struct Scene {
    ada: Person,
    bob: Person,
    team: String,
    channel: String,
    edited: String,
    deleted: String,
}

fn id(value: &Value) -> Result<String> {
    Ok(value["id"].as_str().context("an id")?.to_owned())
}

async fn scene(server: &Server) -> Result<Scene> {
    let ada = server.visitor()?.sign_up("ada").await?;
    let bob = server.visitor()?.sign_up("bob").await?;
    let team = ada.found_team("engines").await?;
    bob.join_team(&team).await?;
    let channel = ada.create_channel(&team, "looms").await?;
    bob.join_channel(&channel).await?;
    let edited = id(&ada.say(&channel, "a loom").await?)?;
    let edit = json!({"message": "a better loom"});
    ada.put(&format!("/posts/{edited}/patch"), edit).await?.expect(200)?;
    let reaction = json!({"user_id": bob.id, "post_id": edited, "emoji_name": "tada"});
    bob.post("/reactions", reaction).await?.expect(200)?;
    let deleted = id(&bob.say(&channel, "no loom").await?)?;
    ada.send(Method::DELETE, &format!("/posts/{deleted}"), None).await?.expect(200)?;
    let membership = format!("/channels/{channel}/members/{}", bob.id);
    ada.send(Method::DELETE, &membership, None).await?.expect(200)?;
    Ok(Scene { ada, bob, team, channel, edited, deleted })
}

impl Scene {
    /// What is asked about it, in words and as JSON.
    fn questions(&self) -> Vec<Vec<&str>> {
        let kinds = [
            ("post", &self.edited),
            ("post", &self.deleted),
            ("channel", &self.channel),
            ("team", &self.team),
            ("account", &self.bob.id),
        ];
        let mut questions = Vec::new();
        for (kind, id) in kinds {
            questions.push(vec!["story", kind, id, "--void"]);
            questions.push(vec!["story", kind, id, "--json"]);
        }
        for (kind, id) in &kinds[2..] {
            questions.push(vec!["state", kind, id]);
        }
        questions
    }
}

/// The answers, and that each says where it was read.
async fn answers(room: &Room, questions: &[Vec<&str>], from: &str) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    for question in questions {
        let Ended { status, stdout, stderr } = replayed(room, question).await?;
        ensure!(status.success(), "{question:?} ended with {status}: {stderr}");
        ensure!(stderr.contains(&format!("read from the {from}")), "{question:?}: {stderr}");
        // A state is of a time: that of the newest record, and each run appends some.
        let without_time = stdout.lines().skip(usize::from(question[0] == "state"));
        answers.push(without_time.collect::<Vec<_>>().join("\n"));
    }
    Ok(answers)
}

#[tokio::test]
async fn the_archive_beside_a_server_and_the_log_after_it_tell_the_same() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let scene = scene(&server).await?;
    let versions = format!("/../nottermost/v1/posts/{}/history", scene.deleted);
    let whole = scene.ada.get(&versions).await?.expect(200)?;
    ensure!(whole["versions"][0]["message"] == "no loom", "{whole}");
    ensure!(whole["deleted"]["by"] == scene.ada.id, "{whole}");
    let edits =
        scene.ada.get(&format!("/posts/{}/edit_history", scene.edited)).await?.expect(200)?;
    ensure!(edits[0]["message"] == "a loom", "{edits}");
    // What ends in order has archived everything.
    server.stop().await?;

    let server = Server::start(&room, &Setup::default()).await?;
    let questions = scene.questions();
    let beside = answers(&room, &questions, "archive").await?;
    for (said, part) in [
        (&beside[0], "ada edited it: “a loom” → “a better loom”"),
        (&beside[0], "bob put :tada: on it"),
        (&beside[2], "ada deleted it of bob"),
        (&beside[4], "ada removed bob from engines/looms"),
    ] {
        ensure!(said.contains(part), "{said} lacks {part}");
    }
    ended_with(&replayed(&room, &["story", "post", &scene.edited, "--from", "log"]).await?, 2, "")?;
    let unknown = "y".repeat(26);
    ended_with(&replayed(&room, &["story", "team", &unknown]).await?, 2, "there is no team")?;
    let future = ["state", "channel", &scene.channel, "--at", "2999-01-01T00:00:00Z"];
    ended_with(&replayed(&room, &future).await?, 2, "lies beyond the archive")?;
    let exports = exported(&room, &scene, "beside").await?;
    evidence_is_checked(&room, &scene).await?;
    server.stop().await?;

    let after = answers(&room, &questions, "log").await?;
    for ((question, beside), after) in questions.iter().zip(&beside).zip(&after) {
        ensure!(beside == after, "{question:?}:\nbeside {beside}\nafter {after}");
    }
    ensure!(exports == exported(&room, &scene, "after").await?, "exports differ");
    Ok(())
}

/// The lines of exports of the channel in both formats, but for the time they are of.
async fn exported(room: &Room, scene: &Scene, name: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (format, file) in [("jsonl", "export.jsonl"), ("mattermost", "import.jsonl")] {
        let out = room.path().join(format!("{name}-{format}"));
        let out_text = out.to_str().context("a path that is text")?;
        let export = ["export", "channel", &scene.channel, "--format", format, "--out", out_text];
        ended_with(&replayed(room, &export).await?, 0, file)?;
        ended_with(&replayed(room, &export).await?, 2, "is there already")?;
        let text = std::fs::read_to_string(out.join(file))?;
        lines.extend(text.lines().skip(1).map(str::to_owned));
    }
    ensure!(lines.iter().any(|line| line.contains("a better loom")), "{lines:?}");
    Ok(lines)
}

/// Up to when the channel's story goes, exclusive: the time of its last event.
async fn last_time(room: &Room, channel: &str) -> Result<String> {
    let story = replayed(room, &["story", "channel", channel, "--json"]).await?;
    let last = story.stdout.lines().last().context("the channel has a story")?;
    let last: Value = serde_json::from_str(last)?;
    Ok(last["time"].as_str().context("a time")?.to_owned())
}

async fn evidence_is_checked(room: &Room, scene: &Scene) -> Result<()> {
    let out = room.path().join("evidence");
    let out_text = out.to_str().context("a path that is text")?;
    let until = last_time(room, &scene.channel).await?;
    let since = "2020-01-01T00:00:00Z";
    let evidence = ["export", "evidence", "--since", since, "--until", &until, "--out", out_text];
    ended_with(&replayed(room, &evidence).await?, 0, "records")?;
    let verify = ["verify", "--export", out_text];
    ended_with(&replayed(room, &verify).await?, 0, "0 are not archived")?;
    let directory = out.join("directory-00.jsonl");
    let whole = std::fs::read_to_string(&directory)?;
    std::fs::write(&directory, whole.replacen("applied", "applies", 1))?;
    ended_with(&replayed(room, &verify).await?, 1, "directory-00.jsonl: it was changed")?;
    std::fs::remove_file(&directory)?;
    ended_with(&replayed(room, &verify).await?, 1, "directory-00.jsonl: it is missing")?;
    std::fs::write(&directory, whole)?;
    ended_with(&replayed(room, &verify).await?, 0, "sound")?;
    ended_with(&replayed(room, &["dead-letters", "list"]).await?, 0, "")
}
