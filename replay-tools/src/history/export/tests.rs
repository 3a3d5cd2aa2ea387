//! Exports of a small history.

use std::collections::BTreeMap;

use bytes::Bytes;
use event_archive::{ObjectKey, ObjectStore};
use events::channel::*;
use events::{Body, FileId, PostId};
use futures::{StreamExt, TryStreamExt, stream};
use sealing::FileKey;

use super::data::Copied;
use super::*;
use crate::history::moment::Instant;
use crate::history::testing::{Scene, World};

async fn collected(world: &World, kind: Kind, id: Id, until: Option<Moment>) -> Collected {
    Collected::read(&world.source().await, kind, id, until).await.unwrap()
}

fn of_type<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

async fn talk(world: &mut World) -> Scene {
    let scene = world.scene().await;
    let root = world.say(scene.channel, scene.ada, "root").await;
    world.reply(scene.channel, scene.bob, "reply", Some((root, scene.ada))).await;
    world.edit(scene.channel, scene.ada, root, "root, edited").await;
    world.react(scene.channel, scene.bob, root).await;
    let gone = world.say(scene.channel, scene.ada, "gone").await;
    world.delete(&scene, scene.ada, gone, scene.bob).await;
    scene
}

#[tokio::test]
async fn documents_have_every_version_and_what_was_deleted() {
    let mut world = World::new().await;
    let scene = talk(&mut world).await;
    let channel = collected(&world, Kind::Channel, scene.channel.0, None).await;
    let lines = jsonl::lines(&channel, &Copied::default());
    let count = |kind| of_type(&lines, kind).len();
    let counts = ["team", "account", "team_member", "channel", "member", "post"].map(count);
    assert_eq!(counts, [1, 2, 2, 1, 2, 3]);
    let posts = of_type(&lines, "post");
    let messages: Vec<&Value> = posts
        .iter()
        .flat_map(|post| post["versions"].as_array().unwrap())
        .map(|version| &version["message"])
        .collect();
    assert_eq!(messages, ["root", "root, edited", "reply", "gone"]);
    assert_eq!(posts[2]["deleted"]["by"], serde_json::json!(scene.bob));
    let team = collected(&world, Kind::Team, scene.team.0, None).await;
    assert_eq!(jsonl::lines(&team, &Copied::default()), lines);
    let bob = collected(&world, Kind::Account, scene.bob.0, None).await;
    let his = jsonl::lines(&bob, &Copied::default());
    assert_eq!(of_type(&his, "post").len(), 1);
    assert_eq!(of_type(&his, "account").len(), 1);
    assert_eq!(of_type(&his, "account")[0]["email"], "bob@example.org");
}

#[tokio::test]
async fn bulk_loading_gets_what_stands_with_replies_below_their_roots() {
    let mut world = World::new().await;
    let scene = talk(&mut world).await;
    let channel = collected(&world, Kind::Channel, scene.channel.0, None).await;
    let lines = mattermost::lines(&channel, &Copied::default());
    let kinds: Vec<&Value> = lines.iter().map(|line| &line["type"]).collect();
    assert_eq!(kinds, ["version", "team", "channel", "user", "user", "post"]);
    let post = &lines[5]["post"];
    assert_eq!((&post["team"], &post["channel"]), (&"engines".into(), &"looms".into()));
    assert_eq!((&post["user"], &post["message"]), (&"ada".into(), &"root, edited".into()));
    assert_eq!(post["replies"][0]["message"], "reply");
    assert_eq!(post["reactions"][0]["user"], "bob");
    let users: BTreeMap<String, &Value> = of_type(&lines, "user")
        .into_iter()
        .map(|line| (line["user"]["username"].as_str().unwrap().to_owned(), &line["user"]))
        .collect();
    assert_eq!(users["ada"]["teams"][0]["channels"][0]["roles"], "channel_user channel_admin");
    assert_eq!(users["bob"]["email"], "bob@example.org");
}

#[tokio::test]
async fn an_export_is_of_its_moment_and_blank_of_whom_is_erased() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.say(scene.channel, scene.bob, "zsecret").await;
    let before = Some(Moment::At(Instant(world.now().0 - 1)));
    world.say(scene.channel, scene.ada, "later").await;
    world.erase_bob(&scene).await;
    for until in [before, None] {
        for (kind, id) in [
            (Kind::Channel, scene.channel.0),
            (Kind::Team, scene.team.0),
            (Kind::Account, scene.bob.0),
        ] {
            let of = collected(&world, kind, id, until).await;
            let copied = Copied::default();
            for lines in [jsonl::lines(&of, &copied), mattermost::lines(&of, &copied)] {
                let text = Value::Array(lines).to_string();
                assert!(!text.contains("zsecret") && !text.contains("bob@"), "{text}");
                assert!(until.is_none() || !text.contains("later"), "{text}");
            }
        }
    }
}

/// A post of Bob's with a file, whose sealed bytes lie in the objects.
async fn share(world: &mut World, scene: &Scene, name: &str, bytes: &'static [u8]) {
    let (key, file_id, post_id) = (FileKey::random(), FileId::random(), PostId::random());
    let object = format!("files/{file_id}");
    let plain = stream::iter([Ok(Bytes::from_static(bytes))]).boxed();
    let sealed: Vec<Bytes> = key.seal(plain).try_collect().await.unwrap();
    let at = ObjectKey::parse(object.as_str()).unwrap();
    world.objects.put(&at, sealed.concat().into()).await.unwrap();
    let (size, mime_type, extension) = (bytes.len() as i64, "text/plain".into(), "txt".into());
    let file = AttachedFile {
        file_id,
        size,
        mime_type,
        extension,
        width: 0,
        height: 0,
        has_preview: false,
    };
    let (channel_id, owner_id) = (scene.channel, scene.bob);
    let c = FileUploaded { channel_id, owner_id, file: file.clone(), object };
    let p = FileDetails { name: name.into(), key: key.text(), ..FileDetails::default() };
    world.channel(scene.channel, scene.bob, Body { c, p }).await;
    let c = PostCreated {
        channel_id,
        post_id,
        author_id: owner_id,
        root: None,
        mentions: Vec::new(),
        named: Vec::new(),
        broadcast: Broadcast::None,
        files: vec![file],
        marks_read: false,
        auto_follow: false,
        set_online: false,
        priority: Default::default(),
    };
    let p = PostContent { file_names: vec![name.into()], ..PostContent::default() };
    world.channel(scene.channel, scene.bob, Body { c, p }).await;
}

#[tokio::test]
async fn files_are_copied_opened_under_names_that_stay_in_the_folder() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    share(&mut world, &scene, "../plan one.txt", b"the plan").await;
    share(&mut world, &scene, "", b"").await;
    let source = world.source().await;
    let folder = tempfile::tempdir().unwrap();
    let of = Collected::read(&source, Kind::Channel, scene.channel.0, None).await.unwrap();
    let copied = data::copy(&source, &of, folder.path()).await.unwrap();
    assert_eq!((copied.paths.len(), copied.missing), (2, 0));
    let paths: Vec<&String> = copied.paths.values().collect();
    let plan = paths.iter().find(|path| path.ends_with("/_plan one.txt")).unwrap();
    assert_eq!(std::fs::read(folder.path().join(plan)).unwrap(), b"the plan");
    let lines = mattermost::lines(&of, &copied);
    let attached = &of_type(&lines, "post")[0]["post"]["attachments"][0]["path"];
    assert_eq!(attached.as_str(), plan.strip_prefix("data/"));

    world.erase_bob(&scene).await;
    let source = world.source().await;
    let of = Collected::read(&source, Kind::Channel, scene.channel.0, None).await.unwrap();
    let copied = data::copy(&source, &of, folder.path()).await.unwrap();
    assert!(copied.paths.is_empty(), "{copied:?}");
}

#[test]
fn an_export_goes_into_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    assert!(made(folder.path()).unwrap_err().to_string().contains("is there already"));
    made(&folder.path().join("new")).unwrap();
}
