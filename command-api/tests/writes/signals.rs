//! Priorities, acknowledgements, bookmarks.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World, scene};

fn urgent(channel: &str) -> Value {
    let priority = json!({ "priority": "urgent", "requested_ack": true });
    json!({ "channel_id": channel, "message": "now", "metadata": { "priority": priority } })
}

fn link(name: &str) -> Value {
    json!({ "type": "link", "display_name": name, "link_url": "https://example.org" })
}

async fn posted(world: &World, who: &Person, body: Value) -> Value {
    world.call(Method::POST, "/posts", who, body).await.expect(StatusCode::CREATED)
}

#[tokio::test]
async fn a_root_says_how_urgent_it_is_and_keeps_that_when_it_is_edited() {
    let (world, ada, _, _, channel) = scene().await;
    let post = posted(&world, &ada, urgent(&channel)).await;
    let asked = json!({
        "priority": "urgent", "requested_ack": true, "persistent_notifications": false,
    });
    assert_eq!(post["metadata"]["priority"], asked);
    let path = format!("/posts/{}/patch", post["id"].as_str().unwrap());
    let edited = world.call(Method::PUT, &path, &ada, json!({ "message": "later" })).await;
    assert_eq!(edited.expect(StatusCode::OK)["metadata"]["priority"], asked);
    let plain = json!({ "priority": "", "requested_ack": false });
    let body = json!({ "channel_id": channel, "message": "x", "metadata": { "priority": plain } });
    let post = posted(&world, &ada, body).await;
    assert_eq!(post["metadata"].get("priority"), None);
    world.stop().await;
}

#[tokio::test]
async fn priorities_that_are_none_are_refused_and_write_nothing() {
    let (world, ada, _, _, channel) = scene().await;
    let root = posted(&world, &ada, urgent(&channel)).await;
    let mut reply = urgent(&channel);
    reply["root_id"] = root["id"].clone();
    let with = |priority: Value| json!({ "channel_id": channel, "message": "x", "metadata": { "priority": priority } });
    for (body, id) in [
        (reply, "api.post.post_priority.priority_post_only_allowed_for_root_post.request_error"),
        (with(json!({ "priority": "shouting" })), "api.context.invalid_body_param.app_error"),
        (
            with(json!({ "priority": "urgent", "persistent_notifications": true })),
            "api.post.post_priority.persistent_notification_validation_error.request_error",
        ),
    ] {
        let refused = world.call(Method::POST, "/posts", &ada, body).await;
        assert_eq!(refused.expect(StatusCode::BAD_REQUEST)["id"], id);
    }
    assert_eq!(world.count(Topic::Channels, "post.created"), 1);
    world.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_is_said_once_and_taken_back() {
    let (mut world, ada, bob, _, channel) = scene().await;
    let eve = world.person("eve").await;
    let post = posted(&world, &ada, urgent(&channel)).await;
    let path = format!("/users/me/posts/{}/ack", post["id"].as_str().unwrap());
    let first = world.call(Method::POST, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    assert_eq!((&first["user_id"], &first["post_id"]), (&json!(bob.id), &post["id"]));
    assert!(first["acknowledged_at"].as_i64().unwrap() > post["create_at"].as_i64().unwrap());
    let again = world.call(Method::POST, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(again, first);
    assert_eq!(world.count(Topic::Channels, "post.acknowledged"), 1);
    let refused = world.call(Method::POST, &path, &eve, Value::Null).await;
    refused.expect(StatusCode::NOT_FOUND);

    // The log's time is that of years ago.
    let late = world.call(Method::DELETE, &path, &bob, Value::Null).await;
    let late = late.expect(StatusCode::FORBIDDEN);
    assert_eq!(late["id"], "api.acknowledgement.delete.deadline.app_error");
    world.catch_up_with_today();
    let post = posted(&world, &ada, urgent(&channel)).await;
    let path = format!("/users/me/posts/{}/ack", post["id"].as_str().unwrap());
    world.call(Method::POST, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    world.call(Method::DELETE, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(world.number("SELECT count(*) FROM acknowledgements").await, 1);
    world.call(Method::DELETE, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Channels, "post.acknowledgement_removed"), 1);

    let post = format!("/posts/{}", post["id"].as_str().unwrap());
    world.call(Method::DELETE, &post, &ada, Value::Null).await.expect(StatusCode::OK);
    let gone = world.call(Method::POST, &path, &bob, Value::Null).await;
    gone.expect(StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test]
async fn a_channel_keeps_bookmarks_in_an_order_of_its_own() {
    let (world, ada, bob, _, channel) = scene().await;
    let path = format!("/channels/{channel}/bookmarks");
    let mut ids = Vec::new();
    for (place, name) in ["one", "two", "three"].into_iter().enumerate() {
        let made = world.call(Method::POST, &path, &bob, link(name)).await;
        let made = made.expect(StatusCode::CREATED);
        assert_eq!((&made["sort_order"], &made["owner_id"]), (&json!(place), &json!(bob.id)));
        assert_eq!((&made["type"], &made["delete_at"]), (&json!("link"), &json!(0)));
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let sort = |id: &str| format!("{path}/{id}/sort_order");
    let sorted = world.call(Method::POST, &sort(&ids[0]), &ada, json!(2)).await;
    let sorted = sorted.expect(StatusCode::OK);
    let names = |all: &Value| -> Vec<String> {
        let all = all.as_array().unwrap().iter();
        all.map(|one| one["display_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&sorted), ["two", "three", "one"]);
    for bad in [json!(3), json!(-1), json!(1.5), json!(1e30), json!("1")] {
        let refused = world.call(Method::POST, &sort(&ids[0]), &ada, bad).await;
        let refused = refused.expect(StatusCode::BAD_REQUEST);
        assert_eq!(refused["id"], "api.context.invalid_body_param.app_error");
    }

    let one = format!("{path}/{}", ids[0]);
    let patch = json!({ "display_name": "uno", "emoji": ":eyes:" });
    let own = world.call(Method::PATCH, &one, &bob, patch.clone()).await.expect(StatusCode::OK);
    assert_eq!((&own["updated"]["id"], &own["updated"]["emoji"]), (&json!(ids[0]), &json!("eyes")));
    assert_eq!(own.get("deleted"), None);
    world.call(Method::PATCH, &one, &bob, patch).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Channels, "bookmark.changed"), 1, "it was so already");

    let theirs = world.call(Method::PATCH, &one, &ada, json!({ "display_name": "eins" })).await;
    let theirs = theirs.expect(StatusCode::OK);
    assert_eq!(theirs["deleted"]["id"], json!(ids[0]));
    assert_eq!(theirs["updated"]["original_id"], json!(ids[0]));
    assert_eq!(theirs["updated"]["owner_id"], json!(ada.id));
    assert_eq!(theirs["updated"]["sort_order"], 2);

    let gone = world.call(Method::DELETE, &format!("{path}/{}", ids[1]), &ada, Value::Null).await;
    assert!(gone.expect(StatusCode::OK)["delete_at"].as_i64().unwrap() > 0);
    let again = world.call(Method::DELETE, &format!("{path}/{}", ids[1]), &ada, Value::Null).await;
    again.expect(StatusCode::NOT_FOUND);
    const ORDER: &str = "SELECT sum(sort_order)::bigint FROM bookmarks WHERE delete_at = 0";
    assert_eq!(world.number(ORDER).await, 1, "two are left, at 0 and 1");
    world.stop().await;
}

#[tokio::test]
async fn bookmarks_that_are_none_are_refused_and_write_nothing() {
    let (world, ada, bob, team, channel) = scene().await;
    let eve = world.person("eve").await;
    let path = format!("/channels/{channel}/bookmarks");
    for (field, value) in [
        ("type", json!("board")),
        ("type", json!("file")),
        ("display_name", json!("")),
        ("display_name", json!("x".repeat(65))),
        ("link_url", json!("javascript:alert(1)")),
        ("link_url", json!(null)),
        ("image_url", json!("data:x")),
        ("emoji", json!("no emoji")),
    ] {
        let mut body = link("x");
        body[field] = value;
        let refused = world.call(Method::POST, &path, &bob, body).await;
        refused.expect(StatusCode::BAD_REQUEST);
    }
    let refused = world.call(Method::POST, &path, &eve, link("x")).await;
    refused.expect(StatusCode::NOT_FOUND);
    let unknown = format!("{path}/{}", bob.id);
    let refused = world.call(Method::PATCH, &unknown, &bob, json!({ "emoji": "eyes" })).await;
    refused.expect(StatusCode::NOT_FOUND);
    let archived = world.channel(&ada, &team, "past").await;
    let of_archived = format!("/channels/{archived}");
    world.call(Method::DELETE, &of_archived, &ada, Value::Null).await.expect(StatusCode::OK);
    let in_archived = format!("{of_archived}/bookmarks");
    let refused = world.call(Method::POST, &in_archived, &ada, link("x")).await;
    refused.expect(StatusCode::BAD_REQUEST);
    assert_eq!(world.count(Topic::Channels, "bookmark.created"), 0);
    world.stop().await;
}

#[tokio::test]
async fn the_fifty_first_bookmark_is_refused() {
    let (world, ada, _, _, channel) = scene().await;
    let path = format!("/channels/{channel}/bookmarks");
    for n in 0..50 {
        let made = world.call(Method::POST, &path, &ada, link(&format!("no. {n}"))).await;
        made.expect(StatusCode::CREATED);
    }
    let more = world.call(Method::POST, &path, &ada, link("one more")).await;
    assert_eq!(more.expect(StatusCode::BAD_REQUEST)["id"], "app.channel.bookmark.max.app_error");
    world.stop().await;
}

#[tokio::test]
async fn a_file_is_bookmarked_by_who_brought_it_and_shown_nowhere_else() {
    let (world, ada, bob, _, channel) = scene().await;
    let path = format!("/channels/{channel}/bookmarks");
    let file = world.upload(&bob, &channel, "plan.txt").await;
    let body = json!({ "type": "file", "display_name": "the plan", "file_id": file });
    let refused = world.call(Method::POST, &path, &ada, body.clone()).await;
    assert_eq!(
        refused.expect(StatusCode::BAD_REQUEST)["id"],
        "api.channel.bookmark.file.app_error"
    );
    let made = world.call(Method::POST, &path, &bob, body.clone()).await;
    let made = made.expect(StatusCode::CREATED);
    assert_eq!((&made["file_id"], &made["file"]["name"]), (&json!(file), &json!("plan.txt")));
    let twice = world.call(Method::POST, &path, &bob, body).await;
    twice.expect(StatusCode::BAD_REQUEST);

    // Another renames it; the file stays whose it is.
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let theirs = world.call(Method::PATCH, &one, &ada, json!({ "display_name": "a plan" })).await;
    let theirs = theirs.expect(StatusCode::OK);
    assert_eq!(theirs["updated"]["file"]["name"], "plan.txt");
    let one = format!("{path}/{}", theirs["updated"]["id"].as_str().unwrap());
    let refused = world.call(Method::PATCH, &one, &ada, json!({ "link_url": "https://a.example" }));
    refused.await.expect(StatusCode::BAD_REQUEST);

    let posted = world.upload(&bob, &channel, "said.txt").await;
    let body = json!({ "channel_id": channel, "message": "x", "file_ids": [posted] });
    world.call(Method::POST, "/posts", &bob, body).await.expect(StatusCode::CREATED);
    let body = json!({ "type": "file", "display_name": "said", "file_id": posted });
    let refused = world.call(Method::POST, &path, &bob, body).await;
    refused.expect(StatusCode::BAD_REQUEST);
    world.stop().await;
}
