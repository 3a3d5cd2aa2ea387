//! Posting, replying, reading, typing, files.

use axum::body::Body;
use events::channel::Broadcast;
use events::{ChannelEvent, Event, Topic};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{Cell, Person, id_of};

async fn scene() -> (Cell, Person, Person, String) {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let channel = cell.channel(&ada, &team, "plans").await;
    cell.ok(&format!("/channels/{channel}/members"), &bob, json!({ "user_id": bob.id })).await;
    (cell, ada, bob, channel)
}

fn last_post(cell: &Cell) -> events::channel::PostCreated {
    match cell.last(Topic::Channels, "post.created") {
        Event::Channels(ChannelEvent::PostCreated(body)) => body.c,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_post_is_answered_as_it_stands_in_the_log() {
    let (cell, ada, _, channel) = scene().await;
    let body = json!({
        "channel_id": channel, "message": "hello #world", "pending_post_id": "x:1",
        "user_id": "someoneelse", "create_at": 5, "props": null, "file_ids": null,
    });
    let post = cell.ok("/posts", &ada, body).await;
    assert_eq!(post["user_id"], ada.id.to_string());
    assert_eq!(post["pending_post_id"], "x:1");
    assert_eq!(post["hashtags"], "#world");
    assert_ne!(post["create_at"], 5);
}

#[tokio::test]
async fn the_same_pending_post_id_is_one_post_however_often_and_at_once() {
    let (cell, ada, bob, channel) = scene().await;
    let body = json!({ "channel_id": channel, "message": "once", "pending_post_id": "x:1" });
    let posts = futures::future::join_all((0..8).map(|_| cell.ok("/posts", &ada, body.clone())));
    let posts = posts.await;
    assert!(posts.iter().all(|post| post["id"] == posts[0]["id"]));
    assert_eq!(cell.count(Topic::Channels, "post.created"), 1);
    let again = cell.ok("/posts", &ada, body.clone()).await;
    assert_eq!(again, posts[0]);
    // Another's key is another key.
    let other = cell.ok("/posts", &bob, body).await;
    assert_ne!(other["id"], posts[0]["id"]);
}

#[tokio::test]
async fn a_reply_to_a_recent_root_needs_no_rows_and_a_reply_to_a_reply_is_refused() {
    let (cell, ada, bob, channel) = scene().await;
    let root = cell.say(&ada, &channel, "root").await;
    let reply = json!({ "channel_id": channel, "message": "reply", "root_id": root["id"] });
    let reply = cell.ok("/posts", &bob, reply).await;
    assert_eq!(reply["root_id"], root["id"]);
    let author = last_post(&cell).root.map(|root| root.author_id);
    assert_eq!(author, Some(ada.id));
    let nested = json!({ "channel_id": channel, "message": "no", "root_id": reply["id"] });
    let nested = cell.post("/posts", &ada, nested).await;
    assert_eq!(id_of(&nested), "api.post.create_post.root_id.app_error");
    // A root of which the log tells nothing is for the rows to say.
    let cold = json!({ "channel_id": channel, "message": "?", "root_id": "y".repeat(26) });
    assert_eq!(cell.post("/posts", &ada, cold).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn mentions_are_members_by_name_by_word_and_by_broadcast_and_never_the_author() {
    let (cell, ada, bob, channel) = scene().await;
    let cy = cell.person("cy").await;
    cell.say(&ada, &channel, "@bob and @ada and @cy.").await;
    assert_eq!(last_post(&cell).mentions, [bob.id], "cy is no member, ada wrote it");
    assert_ne!(cy.id, bob.id);
    cell.say(&ada, &channel, "`@bob`").await;
    assert!(last_post(&cell).mentions.is_empty());
    cell.say(&ada, &channel, "@channel @bob").await;
    let post = last_post(&cell);
    assert_eq!(
        (post.broadcast, post.mentions, post.named),
        (Broadcast::Channel, vec![], vec![bob.id])
    );
    let root = cell.say(&ada, &channel, "root").await;
    let reply = json!({ "channel_id": channel, "message": "@all", "root_id": root["id"] });
    cell.ok("/posts", &ada, reply).await;
    assert_eq!(last_post(&cell).mentions, [bob.id], "a reply's broadcast counts person by person");
    let direct = cell.ok("/channels/direct", &ada, json!([ada.id, bob.id])).await;
    cell.say(&ada, direct["id"].as_str().unwrap(), "hi").await;
    assert_eq!(last_post(&cell).mentions, [bob.id]);
}

#[tokio::test]
async fn bad_posts_are_refused_and_nothing_is_written() {
    let (cell, ada, _, channel) = scene().await;
    let stranger = cell.person("stranger").await;
    let long = "ä".repeat(16_384);
    let bad = [
        json!({ "channel_id": channel, "message": long }),
        json!({ "channel_id": channel, "message": null }),
        json!({ "channel_id": channel, "message": 5 }),
        json!({ "channel_id": "short", "message": "x" }),
        json!({ "channel_id": channel, "message": "x", "root_id": "nope" }),
        json!({ "channel_id": channel, "message": "x\u{0}" }),
        json!([]),
        Value::Null,
    ];
    for body in bad {
        let said = cell.post("/posts", &ada, body.clone()).await;
        assert_eq!(said.0, StatusCode::BAD_REQUEST, "{body}: {}", said.1);
    }
    let unknown = json!({ "channel_id": "y".repeat(26), "message": "x" });
    assert_eq!(cell.post("/posts", &ada, unknown).await.0, StatusCode::NOT_FOUND);
    let foreign = json!({ "channel_id": channel, "message": "x" });
    assert_eq!(cell.post("/posts", &stranger, foreign).await.0, StatusCode::NOT_FOUND);
    assert_eq!(cell.count(Topic::Channels, "post.created"), 0);
    let most = json!({ "channel_id": channel, "message": "ä".repeat(16_383) });
    assert_eq!(cell.post("/posts", &ada, most).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn ordinary_accounts_cannot_pose_as_a_webhook() {
    let (cell, ada, _, channel) = scene().await;
    let props = json!({ "from_webhook": "true", "override_username": "boss", "kept": 1 });
    let body = json!({ "channel_id": channel, "message": "x", "props": props });
    let post = cell.ok("/posts", &ada, body).await;
    assert_eq!(post["props"], json!({ "kept": 1 }));
}

#[tokio::test]
async fn a_view_is_written_once_and_only_if_something_was_unread() {
    let (cell, ada, bob, channel) = scene().await;
    let post = cell.say(&ada, &channel, "news").await;
    let view = json!({ "channel_id": channel, "collapsed_threads_supported": true });
    let seen = cell.ok("/channels/members/me/view", &bob, view.clone()).await;
    assert_eq!(seen["last_viewed_at_times"][&channel], post["create_at"]);
    cell.ok("/channels/members/me/view", &bob, view).await;
    cell.ok("/channels/members/me/view", &bob, json!({ "channel_id": "" })).await;
    assert_eq!(cell.count(Topic::Readstate, "read_marker.advanced"), 1);
    let foreign = cell.person("foreign").await;
    let view = json!({ "channel_id": channel });
    let refused = cell.post("/channels/members/me/view", &foreign, view).await;
    assert_eq!(refused.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn typing_is_told_by_members_only_and_judged_by_nobody() {
    let (cell, ada, _, channel) = scene().await;
    let body = json!({ "channel_id": channel });
    cell.ok("/users/me/typing", &ada, body.clone()).await;
    assert_eq!(cell.count(Topic::Presence, "typing.started"), 1);
    let stranger = cell.person("stranger").await;
    let refused = cell.post("/users/me/typing", &stranger, body).await;
    assert_eq!(refused.0, StatusCode::FORBIDDEN);
}

async fn upload(
    cell: &Cell,
    who: &Person,
    query: &str,
    content_type: &str,
    body: Vec<u8>,
) -> super::Said {
    let request = Request::post(format!("/api/v4/files{query}"))
        .header("authorization", format!("Bearer {}", who.token))
        .header("content-type", content_type);
    cell.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn files_come_as_forms_in_any_order_or_as_a_raw_body() {
    let (cell, ada, _, channel) = scene().await;
    let form = format!(
        "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/tmp/a.txt\"\r\n\
         Content-Type: application/octet-stream\r\n\r\nhello\r\n\
         --B\r\nContent-Disposition: form-data; name=\"client_ids\"\r\n\r\nc1\r\n\
         --B\r\nContent-Disposition: form-data; name=\"channel_id\"\r\n\r\n{channel}\r\n--B--\r\n"
    );
    let multipart = "multipart/form-data; boundary=B";
    let said = upload(&cell, &ada, "", multipart, form.into_bytes()).await;
    assert_eq!(said.0, StatusCode::CREATED, "{}", said.1);
    let info = &said.1["file_infos"][0];
    assert_eq!((&info["name"], &info["size"]), (&json!("a.txt"), &json!(5)));
    assert_eq!((&info["mime_type"], &info["extension"]), (&json!("text/plain"), &json!("txt")));
    assert_eq!(said.1["client_ids"], json!(["c1"]));
    let raw = format!("?channel_id={channel}&filename=b.gif");
    let gif = b"GIF89a\x02\x00\x03\x00rest".to_vec();
    let said = upload(&cell, &ada, &raw, "image/gif", gif).await;
    assert_eq!(said.0, StatusCode::CREATED, "{}", said.1);
    assert_eq!(said.1["file_infos"][0]["width"], 2);
    assert_eq!(cell.count(Topic::Channels, "file.uploaded"), 2);
}

#[tokio::test]
async fn a_file_that_is_too_large_nameless_or_for_a_foreign_channel_leaves_no_trace() {
    let (cell, ada, _, channel) = scene().await;
    let stranger = cell.person("stranger").await;
    let raw = format!("?channel_id={channel}&filename=b.bin");
    let large = upload(&cell, &ada, &raw, "application/x", vec![0; 1_001]).await;
    assert_eq!(large.0, StatusCode::PAYLOAD_TOO_LARGE);
    let nameless = format!("?channel_id={channel}");
    let said = upload(&cell, &ada, &nameless, "application/x", vec![0]).await;
    assert_eq!(said.0, StatusCode::BAD_REQUEST);
    let said = upload(&cell, &stranger, &raw, "application/x", vec![0]).await;
    assert_eq!(said.0, StatusCode::NOT_FOUND);
    let said = upload(&cell, &ada, "?filename=b.bin", "application/x", vec![0]).await;
    assert_eq!(said.0, StatusCode::BAD_REQUEST);
    assert_eq!(cell.count(Topic::Channels, "file.uploaded"), 0);
    let kept = cell.api.objects.list(&event_archive::KeyPrefix::ALL).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
}
