//! States of a small history.

use events::{Partition, Position, Topic};
use serde_json::{Value, json};

use super::*;
use crate::history::moment::Instant;
use crate::history::testing::World;

fn at(kind: Kind, id: Id, at: Option<Moment>) -> StateAt {
    StateAt { kind, id, at, posts: 20, json: true, from: None }
}

async fn read(world: &World, asked: &StateAt) -> Value {
    let state = state(&world.source().await, asked).await.unwrap();
    assert!(!prose::lines(&state).is_empty());
    serde_json::to_value(state).unwrap()
}

fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

#[tokio::test]
async fn a_channel_is_what_it_was_then() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let first = world.say(scene.channel, scene.ada, "first").await;
    let second = world.say(scene.channel, scene.bob, "second").await;
    world.pin(scene.channel, scene.ada, first).await;
    world.react(scene.channel, scene.bob, first).await;
    let before = Instant(world.now().0 - 1);
    world.edit(scene.channel, scene.ada, first, "changed").await;
    world.delete(&scene, scene.bob, second, scene.ada).await;
    world.remove_bob(&scene).await;
    world.set_header(scene.channel, scene.ada, "later").await;

    let then = read(&world, &at(Kind::Channel, scene.channel.0, Some(Moment::At(before)))).await;
    assert_eq!(each(&then["posts"], "message"), ["second", "first"]);
    assert_eq!(each(&then["members"], "username"), ["ada", "bob"]);
    assert_eq!(each(&then["members"], "roles"), ["channel_user channel_admin", "channel_user"]);
    assert_eq!((&then["header"], &then["type"]), (&json!(""), &json!("P")));
    assert_eq!(then["pinned"], json!([first]));
    assert_eq!(then["posts"][1]["reactions"][0]["person"]["username"], "bob");

    let now = read(&world, &at(Kind::Channel, scene.channel.0, None)).await;
    assert_eq!(each(&now["posts"], "message"), ["changed"]);
    assert_eq!(each(&now["members"], "username"), ["ada"]);
    assert_eq!(now["header"], "later");

    // The second post is the fourth record of the channel.
    let partition = Partition::of(Topic::Channels, scene.channel.as_bytes());
    let behind = Moment::Behind(Position::new(partition, 3));
    let behind = read(&world, &at(Kind::Channel, scene.channel.0, Some(behind))).await;
    assert_eq!(each(&behind["posts"], "message"), ["second", "first"]);
    assert_eq!(behind["pinned"], json!([]));
    let few = StateAt { posts: 1, ..at(Kind::Channel, scene.channel.0, Some(Moment::At(before))) };
    let few = read(&world, &few).await;
    assert_eq!((few["posts"].as_array().unwrap().len(), &few["posts_total"]), (1, &json!(2)));
}

#[tokio::test]
async fn teams_and_accounts_are_what_they_were_then() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let before = Some(Moment::At(Instant(world.now().0 - 1)));
    world.rename(scene.bob, "robert").await;
    world.remove_bob(&scene).await;
    let team = read(&world, &at(Kind::Team, scene.team.0, before)).await;
    assert_eq!(each(&team["members"], "username"), ["ada", "bob"]);
    assert_eq!(each(&team["channels"], "name"), ["looms"]);
    let then = read(&world, &at(Kind::Account, scene.bob.0, before)).await;
    assert_eq!((&then["username"], &then["email"]), (&json!("bob"), &json!("bob@example.org")));
    assert_eq!(each(&then["teams"], "name"), ["engines"]);
    assert_eq!(each(&then["channels"], "name"), ["engines/looms"]);
    let now = read(&world, &at(Kind::Account, scene.bob.0, None)).await;
    assert_eq!((&now["username"], &now["channels"]), (&json!("robert"), &json!([])));
    let ada = read(&world, &at(Kind::Account, scene.ada.0, None)).await;
    assert_eq!(ada["roles"], "system_admin system_user");
}

#[tokio::test]
async fn what_an_erased_person_said_is_blank_at_any_time() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.say(scene.channel, scene.bob, "zsecret").await;
    let before = Some(Moment::At(Instant(world.now().0 - 1)));
    world.erase_bob(&scene).await;
    for moment in [before, None] {
        for (kind, id) in [(Kind::Channel, scene.channel.0), (Kind::Account, scene.bob.0)] {
            let state = read(&world, &at(kind, id, moment)).await.to_string();
            assert!(!state.contains("zsecret") && !state.contains("bob@"), "{state}");
        }
    }
    let now = read(&world, &at(Kind::Account, scene.bob.0, None)).await;
    assert!(now["erased_at"].is_i64() && now["teams"] == json!([]), "{now}");
}

#[tokio::test]
async fn what_was_not_there_or_is_not_known_yet_is_refused() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let source = world.source().await;
    let partition = Partition::of(Topic::Channels, scene.channel.as_bytes());
    let early = Some(Moment::At(Instant(0)));
    let late = Some(Moment::At(world.now()));
    let beyond = Some(Moment::Behind(Position::new(partition, 2)));
    for (kind, id, moment, said) in [
        (Kind::Channel, scene.channel.0, early, "was not there yet"),
        (Kind::Team, scene.team.0, early, "was not there yet"),
        (Kind::Account, scene.ada.0, early, "was not there yet"),
        (Kind::Account, Id::random(), None, "there is no account"),
        (Kind::Channel, scene.channel.0, late, "lies beyond the archive"),
        (Kind::Channel, scene.channel.0, beyond, "lies beyond the archive"),
        (Kind::Post, Id::random(), None, "replay story post"),
    ] {
        let text = state(&source, &at(kind, id, moment)).await.unwrap_err().to_string();
        assert!(text.contains(said), "{text}");
    }
}
