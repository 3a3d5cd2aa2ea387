//! What people arrange, set and begin to write for themselves.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, scene};

fn category<'v>(list: &'v Value, id: &str) -> &'v Value {
    list.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()
}

#[tokio::test]
async fn a_channel_moves_between_categories_and_its_preference_with_it() {
    let (world, _, bob, team, channel) = scene().await;
    let path = format!("/users/me/teams/{team}/channels/categories");
    let body = json!({ "display_name": "Mine", "type": "custom", "channel_ids": [channel] });
    let made = world.call(Method::POST, &path, &bob, body).await.expect(StatusCode::CREATED);
    assert_eq!(made["channel_ids"], json!([channel]));
    assert_eq!((&made["type"], &made["display_name"]), (&json!("custom"), &json!("Mine")));
    let own = made["id"].as_str().unwrap();

    let favorites = format!("favorites_{}_{team}", bob.id);
    let body = json!([
        { "id": favorites, "channel_ids": [channel] },
        { "id": own, "display_name": "Ours", "channel_ids": [] },
    ]);
    let both = world.call(Method::PUT, &path, &bob, body.clone()).await.expect(StatusCode::OK);
    assert_eq!(category(&both, &favorites)["channel_ids"], json!([channel]));
    assert_eq!(category(&both, own)["display_name"], "Ours");
    const FAVORITES: &str = "SELECT count(*) FROM preferences WHERE category = 'favorite_channel'";
    assert_eq!(world.number(FAVORITES).await, 1);
    world.call(Method::PUT, &path, &bob, body).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Users, "sidebar.categories_changed"), 1, "it was so already");

    let order = world.call(Method::PUT, &format!("{path}/order"), &bob, json!([own])).await;
    order.expect(StatusCode::BAD_REQUEST);
    let one = format!("{path}/{own}");
    world.call(Method::DELETE, &one, &bob, Value::Null).await.expect(StatusCode::OK);
    world.call(Method::DELETE, &one, &bob, Value::Null).await.expect(StatusCode::NOT_FOUND);
    let default = format!("{path}/{favorites}");
    let refused = world.call(Method::DELETE, &default, &bob, Value::Null).await;
    refused.expect(StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test]
async fn a_muted_category_mutes_its_channels() {
    let (world, _, bob, team, channel) = scene().await;
    let id = format!("channels_{}_{team}", bob.id);
    let path = format!("/users/me/teams/{team}/channels/categories/{id}");
    let body = |muted| json!({ "id": id, "muted": muted, "channel_ids": [channel] });
    const MUTED: &str = "SELECT count(*) FROM member_notify_props WHERE is_muted";
    world.call(Method::PUT, &path, &bob, body(true)).await.expect(StatusCode::OK);
    // The team's two default channels stand in it, too.
    assert_eq!(world.number(MUTED).await, 3);
    world.call(Method::PUT, &path, &bob, body(false)).await.expect(StatusCode::OK);
    assert_eq!(world.number(MUTED).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_sidebar_is_arranged_by_its_owner_alone() {
    let (world, ada, bob, team, channel) = scene().await;
    let eve = world.person("eve").await;
    let body = json!({ "display_name": "Mine", "channel_ids": [] });
    let of = |who: &Person| format!("/users/{}/teams/{team}/channels/categories", who.id);
    for (who, whose) in [(&bob, &ada), (&eve, &eve), (&eve, &bob)] {
        let refused = world.call(Method::POST, &of(whose), who, body.clone()).await;
        refused.expect(StatusCode::FORBIDDEN);
    }
    let path = of(&bob);
    for bad in [
        json!({ "display_name": "", "channel_ids": [] }),
        json!({ "display_name": "x".repeat(65), "channel_ids": [] }),
        json!({ "display_name": "x", "channel_ids": ["short"] }),
        json!({ "display_name": "x", "sorting": "random" }),
        json!({ "display_name": "x", "user_id": ada.id }),
    ] {
        world.call(Method::POST, &path, &bob, bad).await.expect(StatusCode::BAD_REQUEST);
    }
    let foreign = world.call(
        Method::PUT,
        &path,
        &bob,
        json!([{ "id": format!("channels_{}_{team}", ada.id), "channel_ids": [channel] }]),
    );
    foreign.await.expect(StatusCode::NOT_FOUND);
    assert_eq!(world.count(Topic::Users, "sidebar.category_created"), 0);
    world.stop().await;
}

#[tokio::test]
async fn a_draft_goes_when_it_is_sent_and_with_its_writer() {
    let (world, ada, bob, _, channel) = scene().await;
    let body = json!({ "channel_id": channel, "message": "tea at five", "props": null });
    let saved = world.call(Method::POST, "/drafts", &bob, body.clone()).await;
    let saved = saved.expect(StatusCode::CREATED);
    assert_eq!((&saved["user_id"], &saved["root_id"]), (&json!(bob.id), &json!("")));
    const DRAFTS: &str = "SELECT count(*) FROM drafts";
    assert_eq!(world.number(DRAFTS).await, 1);
    world.say(&ada, &channel, "").await;
    assert_eq!(world.number(DRAFTS).await, 1, "somebody else's post");
    world.say_this(&bob, &channel, "", "tea at five").await;
    assert_eq!(world.number(DRAFTS).await, 0);

    world.call(Method::POST, "/drafts", &bob, body.clone()).await.expect(StatusCode::CREATED);
    let empty = json!({ "channel_id": channel, "message": "" });
    world.call(Method::POST, "/drafts", &bob, empty).await.expect(StatusCode::CREATED);
    assert_eq!(world.number(DRAFTS).await, 0);
    let path = format!("/users/me/channels/{channel}/drafts");
    world.call(Method::DELETE, &path, &bob, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Readstate, "draft.deleted"), 2, "none for a draft that is not");

    world.call(Method::POST, "/drafts", &bob, body).await.expect(StatusCode::CREATED);
    let path = format!("/api/nottermost/v1/users/{}/erase", bob.id);
    let erased = world.call(Method::POST, &path, &ada, json!({})).await;
    assert!(erased.status.is_success(), "{}", erased.body);
    assert_eq!(world.number(DRAFTS).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn drafts_and_settings_are_refused_where_one_may_not_write() {
    let (world, ada, bob, team, channel) = scene().await;
    let hidden = world.channel(&ada, &team, "hidden").await;
    let draft = |channel: &str, message: &str| json!({ "channel_id": channel, "message": message });
    let refused = world.call(Method::POST, "/drafts", &bob, draft(&hidden, "x")).await;
    refused.expect(StatusCode::FORBIDDEN);
    let long = "x".repeat(16_384);
    for bad in [draft("short", "x"), draft(&channel, &long)] {
        world.call(Method::POST, "/drafts", &bob, bad).await.expect(StatusCode::BAD_REQUEST);
    }
    let path = |channel: &str, who: &str| format!("/channels/{channel}/members/{who}/notify_props");
    let quiet = || json!({ "mark_unread": "mention", "user_id": bob.id, "channel_id": channel });
    for path in [path(&hidden, "me"), path(&channel, &ada.id)] {
        world.call(Method::PUT, &path, &bob, quiet()).await.expect(StatusCode::FORBIDDEN);
    }
    let mine = path(&channel, "me");
    let bad = json!({ "mark_unread": "nothing" });
    world.call(Method::PUT, &mine, &bob, bad).await.expect(StatusCode::BAD_REQUEST);
    for _ in 0..2 {
        world.call(Method::PUT, &mine, &bob, quiet()).await.expect(StatusCode::OK);
    }
    assert_eq!(world.count(Topic::Channels, "channel.member_notify_changed"), 1);
    assert_eq!(world.count(Topic::Readstate, "draft.saved"), 0);
    world.stop().await;
}

#[tokio::test]
async fn who_ignores_calls_to_the_channel_is_not_called() {
    let (world, ada, bob, _, channel) = scene().await;
    let path = format!("/channels/{channel}/members/me/notify_props");
    let body = json!({ "ignore_channel_mentions": "on" });
    world.call(Method::PUT, &path, &bob, body).await.expect(StatusCode::OK);
    const MENTIONS: &str = "SELECT coalesce(sum(mentions), 0)::bigint FROM read_states";
    let before = world.number(MENTIONS).await;
    let root = world.say_this(&ada, &channel, "", "tea @channel").await;
    world.say_this(&ada, &channel, &root, "now @channel").await;
    assert_eq!(world.number(MENTIONS).await, before);
    world.say_this(&ada, &channel, "", "tea @bob").await;
    assert_eq!(world.number(MENTIONS).await, before + 1);
    world.stop().await;
}

#[tokio::test]
async fn what_somebody_is_at_is_kept_with_what_they_said_lately() {
    let (world, _, bob, _, _) = scene().await;
    let path = "/users/me/status/custom";
    let said = |text: &str| json!({ "emoji": "tea", "text": text });
    for text in ["one", "two", "three", "four", "five", "six", "one"] {
        world.call(Method::PUT, path, &bob, said(text)).await.expect(StatusCode::OK);
    }
    world.call(Method::PUT, path, &bob, said("one")).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Users, "custom_status.set"), 7, "the last was so already");
    const RECENT: &str = "SELECT coalesce(sum(json_array_length(recent::json)), 0)::bigint FROM recent_custom_statuses";
    assert_eq!(world.number(RECENT).await, 5);
    let forget = format!("{path}/recent/delete");
    world.call(Method::POST, &forget, &bob, said("six")).await.expect(StatusCode::OK);
    assert_eq!(world.number(RECENT).await, 4);
    for bad in [
        json!({}),
        json!({ "text": "x".repeat(101) }),
        json!({ "text": "x", "duration": "one_year" }),
        json!({ "text": "x", "duration": "one_hour" }),
        json!({ "text": "x", "duration": "one_hour", "expires_at": "2001-01-01T00:00:00Z" }),
        json!({ "text": "x", "duration": "one_hour", "expires_at": "soon" }),
        json!({ "text": "x", "emoji": "not an emoji" }),
    ] {
        world.call(Method::PUT, path, &bob, bad).await.expect(StatusCode::BAD_REQUEST);
    }
    for _ in 0..2 {
        world.call(Method::DELETE, path, &bob, Value::Null).await.expect(StatusCode::OK);
    }
    assert_eq!(world.count(Topic::Users, "custom_status.cleared"), 1);
    assert_eq!(world.number("SELECT count(*) FROM custom_statuses").await, 0);
    world.stop().await;
}

#[tokio::test]
async fn what_is_unread_again_calls_nobody_who_muted_the_channel() {
    let (world, ada, bob, _, channel) = scene().await;
    let post = world.say_this(&ada, &channel, "", "@channel look").await;
    let path = format!("/users/me/posts/{post}/set_unread");
    let mentions = async || {
        let said = world.call(Method::POST, &path, &bob, json!({})).await.expect(StatusCode::OK);
        (said["mention_count"].clone(), said["mention_count_root"].clone())
    };
    assert_eq!(mentions().await, (json!(1), json!(1)));
    let props = format!("/channels/{channel}/members/me/notify_props");
    let mute = json!({ "mark_unread": "mention" });
    world.call(Method::PUT, &props, &bob, mute).await.expect(StatusCode::OK);
    assert_eq!(mentions().await, (json!(0), json!(0)));
    world.stop().await;
}
