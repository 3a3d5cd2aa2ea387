//! Requests with an `Idempotency-Key`.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World};

async fn scene() -> (World, Person, String, String) {
    let world = World::start().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada, "crew").await;
    let channel = world.channel(&ada, &team, "plans").await;
    (world, ada, team, channel)
}

#[tokio::test]
async fn the_same_post_under_the_same_key_is_one_post_for_ever() {
    let (mut world, ada, team, channel) = scene().await;
    let elsewhere = world.channel(&ada, &team, "elsewhere").await;
    let said = json!({ "channel_id": channel, "message": "one" });
    let other = json!({ "channel_id": channel, "message": "two" });
    let moved = json!({ "channel_id": elsewhere, "message": "one" });
    let send = async |world: &World, body: &Value| {
        world.keyed("k1", Method::POST, "/posts", &ada, body).await
    };
    let first = send(&world, &said).await.expect(StatusCode::CREATED);
    for _ in 0..2 {
        assert_eq!(send(&world, &said).await.expect(StatusCode::CREATED), first);
        for body in [&other, &moved] {
            let refused = send(&world, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(refused["id"], "api.nottermost.idempotency_key_reused.app_error");
        }
        world.forget(&ada, &channel).await;
    }
    // Two posts made the window forget.
    assert_eq!(world.count(Topic::Channels, "post.created"), 1 + 2);
    let fresh = world.keyed("k2", Method::POST, "/posts", &ada, &said).await;
    assert_ne!(fresh.expect(StatusCode::CREATED)["id"], first["id"]);
    world.stop().await;
}

#[tokio::test]
async fn a_key_is_its_owners_alone_and_of_one_route() {
    let (world, ada, team, channel) = scene().await;
    let bob = world.person("bob").await;
    world.join(&bob, &team, &channel).await;
    let said = json!({ "channel_id": channel, "message": "one" });
    let mut ids = Vec::new();
    for who in [&ada, &bob] {
        let post = world.keyed("k1", Method::POST, "/posts", who, &said).await;
        ids.push(post.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    for id in &ids {
        let path = format!("/posts/{id}/pin");
        let pinned = world.keyed("k1", Method::POST, &path, &ada, &Value::Null).await;
        pinned.expect(StatusCode::OK);
    }
    assert_eq!(world.count(Topic::Channels, "post.pinned"), 2);
    let long = "k".repeat(256);
    let refused = world.keyed(&long, Method::POST, "/posts", &ada, &said).await;
    refused.expect(StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test]
async fn a_repetition_does_not_undo_what_came_after_the_first() {
    let (mut world, ada, _, channel) = scene().await;
    let post = world.say(&ada, &channel, "").await;
    let pin = async |world: &World| {
        let path = format!("/posts/{post}/pin");
        world.keyed("k1", Method::POST, &path, &ada, &Value::Null).await.expect(StatusCode::OK)
    };
    pin(&world).await;
    let unpin = format!("/posts/{post}/unpin");
    let unpinned = world.call(Method::POST, &unpin, &ada, Value::Null).await;
    unpinned.expect(StatusCode::OK);
    pin(&world).await;
    world.forget(&ada, &channel).await;
    pin(&world).await;
    assert_eq!(world.count(Topic::Channels, "post.pinned"), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_team_and_a_channel_are_made_once_and_shown_again_whatever_else_has_their_names() {
    let (mut world, ada, _, channel) = scene().await;
    let team = json!({ "name": "second", "display_name": "Second", "type": "O" });
    let send = async |world: &World, path: &str, body: &Value| {
        let said = world.keyed("k1", Method::POST, path, &ada, body).await;
        said.expect(StatusCode::CREATED)
    };
    let made = send(&world, "/teams", &team).await;
    let room =
        json!({ "team_id": made["id"], "name": "room", "display_name": "Room", "type": "P" });
    let opened = send(&world, "/channels", &room).await;
    world.forget(&ada, &channel).await;
    world.forget_directory(&ada).await;
    assert_eq!(send(&world, "/teams", &team).await, made);
    assert_eq!(send(&world, "/channels", &room).await["id"], opened["id"]);
    let other = json!({ "name": "third", "display_name": "Third", "type": "O" });
    let refused = world.keyed("k1", Method::POST, "/teams", &ada, &other).await;
    refused.expect(StatusCode::UNPROCESSABLE_ENTITY);
    world.stop().await;
}

#[tokio::test]
async fn a_pending_post_id_is_forgotten_with_the_window() {
    let (mut world, ada, _, channel) = scene().await;
    let body = json!({ "channel_id": channel, "message": "one", "pending_post_id": "x:1" });
    let send = async |world: &World| {
        let said = world.call(Method::POST, "/posts", &ada, body.clone()).await;
        said.expect(StatusCode::CREATED)["id"].clone()
    };
    let first = send(&world).await;
    assert_eq!(send(&world).await, first);
    world.forget(&ada, &channel).await;
    assert_ne!(send(&world).await, first);
    world.stop().await;
}
