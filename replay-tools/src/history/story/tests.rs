//! Stories of a small history.

use events::{ChannelId, Id};

use super::*;
use crate::history::testing::World;

fn about(kind: Kind, id: Id) -> Story {
    Story {
        kind,
        id,
        channel: None,
        since: None,
        until: None,
        void: false,
        json: false,
        from: None,
    }
}

/// The story without its times.
async fn told(world: &World, story: &Story) -> Vec<String> {
    let source = world.source().await;
    let names = Names::read(&source).await.unwrap();
    let lines = gather::lines(&source, &names, story).await.unwrap();
    lines.iter().map(|line| line.prose()["2026-11-26 09:12:03.123  ".len()..].to_owned()).collect()
}

async fn refused(world: &World, story: &Story) -> String {
    let source = world.source().await;
    let names = Names::read(&source).await.unwrap();
    gather::lines(&source, &names, story).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_post_is_told_from_its_first_text_to_its_end_in_the_names_of_then() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let at = world.now();
    let post = world.say(scene.channel, scene.ada, "one\ntwo").await;
    world.say(scene.channel, scene.bob, "something else").await;
    world.edit(scene.channel, scene.ada, post, "three").await;
    world.react(scene.channel, scene.bob, post).await;
    world.rename(scene.bob, "robert").await;
    world.pin(scene.channel, scene.bob, post).await;
    world.reply(scene.channel, scene.bob, "so it is", Some((post, scene.ada))).await;
    world.delete(&scene, scene.ada, post, scene.bob).await;
    let story = about(Kind::Post, post.0);
    let lines = told(&world, &story).await;
    assert_eq!(
        lines[..4],
        [
            "ada posted it in engines/looms: “one\\ntwo”",
            "ada edited it: “one\\ntwo” → “three”",
            "bob put :tada: on it",
            "robert pinned it",
        ]
    );
    assert!(lines[4].starts_with("robert replied to it in engines/looms with "), "{lines:?}");
    assert_eq!(lines[5..], ["robert deleted it of ada"]);

    let hinted = Story { channel: Some(scene.channel), ..story.clone() };
    assert_eq!(told(&world, &hinted).await, lines);
    let early = Story { until: Some(Moment::At(at)), ..story.clone() };
    assert_eq!(told(&world, &early).await, lines[..1]);
    let late = Story { since: Some(world.now()), ..story };
    assert!(told(&world, &late).await.is_empty());
}

#[tokio::test]
async fn a_channel_is_told_with_who_came_who_went_and_what_was_changed() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.set_header(scene.channel, scene.ada, "first").await;
    world.set_header(scene.channel, scene.ada, "second").await;
    world.remove_bob(&scene).await;
    world.say(scene.channel, scene.bob, "still here?").await;
    let story = about(Kind::Channel, scene.channel.0);
    let expected = [
        "ada took the name “looms” in the team engines for a new private channel",
        "ada created the private channel engines/looms, “Looms”, with ada",
        "ada added bob to engines/looms",
        "ada changed of engines/looms the header from “” to “first”",
        "ada changed of engines/looms the header from “first” to “second”",
        "ada removed bob from engines/looms",
    ];
    assert_eq!(told(&world, &story).await, expected);
    let with_void = told(&world, &Story { void: true, ..story }).await;
    assert_eq!(with_void[..6], expected);
    assert!(with_void[6].starts_with("(void refused not_a_member) bob posted "), "{with_void:?}");
}

#[tokio::test]
async fn teams_and_accounts_have_stories_too() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let post = world.say(scene.channel, scene.bob, "hello").await;
    world.say(scene.channel, scene.ada, "hers alone").await;
    let team = told(&world, &about(Kind::Team, scene.team.0)).await;
    assert_eq!(
        team,
        [
            "ada created the team engines, “Engines”, with the channels ",
            "ada added bob to the team engines",
            "ada took the name “looms” in the team engines for a new private channel",
        ]
    );
    let bob = told(&world, &about(Kind::Account, scene.bob.0)).await;
    assert_eq!(
        bob,
        [
            "the account bob was created",
            "ada added bob to the team engines",
            "ada added bob to engines/looms",
            &format!("bob posted {post} in engines/looms: “hello”"),
        ]
    );
}

#[tokio::test]
async fn nothing_that_an_erased_person_said_is_told_though_the_key_is_there() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let post = world.say(scene.channel, scene.bob, "zsecret").await;
    world.edit(scene.channel, scene.bob, post, "zsecret two").await;
    world.erase_bob(&scene).await;
    let lines = told(&world, &about(Kind::Post, post.0)).await;
    assert_eq!(
        lines[1],
        format!("erased-{} edited it: (erased) → (erased)", &scene.bob.to_string()[..8])
    );
    assert_eq!(lines.len(), 3);
    let source = world.source().await;
    let names = Names::read(&source).await.unwrap();
    for (kind, id) in [(Kind::Channel, scene.channel.0), (Kind::Account, scene.bob.0)] {
        let lines = gather::lines(&source, &names, &about(kind, id)).await.unwrap();
        let json: Vec<String> = lines.iter().map(|line| line.json(&names).to_string()).collect();
        assert!(lines.len() >= 3 && !json.concat().contains("zsecret"), "{json:?}");
        assert!(!json.concat().contains("argon2"), "{json:?}");
    }
}

#[tokio::test]
async fn a_post_that_is_past_its_time_has_a_story_that_ends() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let gone = world.say(scene.channel, scene.ada, "old").await;
    let spared = world.say(scene.channel, scene.bob, "held").await;
    world.expire(&scene, &[scene.bob]).await;
    let later = world.say(scene.channel, scene.ada, "young").await;
    let last = async |post: events::PostId| {
        told(&world, &about(Kind::Post, post.0)).await.pop().unwrap_or_default()
    };
    assert_eq!(last(gone).await, "it was past its time");
    for stands in [spared, later] {
        assert!(last(stands).await.contains("posted it"), "{}", last(stands).await);
    }
    let lines = told(&world, &about(Kind::Channel, scene.channel.0)).await;
    let told = lines.iter().any(|line| line.starts_with("2 posts and 0 files in engines/looms"));
    assert!(told, "{lines:?}");
}

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let post = world.say(scene.channel, scene.ada, "here").await;
    for kind in [Kind::Post, Kind::Channel, Kind::Team, Kind::Account] {
        let text = refused(&world, &about(kind, Id::random())).await;
        assert!(text.contains(&format!("there is no {kind}")), "{text}");
    }
    let elsewhere = Story { channel: Some(ChannelId::random()), ..about(Kind::Post, post.0) };
    assert!(refused(&world, &elsewhere).await.contains("there is no post"));
    let until = Some(Moment::At(world.now()));
    let text = refused(&world, &Story { until, ..about(Kind::Post, post.0) }).await;
    assert!(text.contains("lies beyond the archive"), "{text}");
    let hint = Story { channel: Some(scene.channel), ..about(Kind::Team, scene.team.0) };
    assert!(refused(&world, &hint).await.contains("--channel"));
}
