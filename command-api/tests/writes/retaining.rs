//! What is past its time goes, from rows, log and objects, unless something holds it.

use std::time::Duration;

use event_archive::{KeyPrefix, ObjectKey, ObjectStore};
use events::{FileId, Topic};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::world::{Person, World, settings};

const POLICIES: &str = "/data_retention/policies";
const RUN: &str = "/api/nottermost/v1/retention/run";
const HOLDS: &str = "/api/nottermost/v1/legal_holds";

const POSTS: &str = "SELECT count(*) FROM posts WHERE notice = ''";
const SPEAKING: &str = "SELECT count(*) FROM posts WHERE message <> ''";

/// A team in which two people said things, years ago.
struct Past {
    world: World,
    admin: Person,
    ada: Person,
    team: String,
    channel: String,
    root: String,
    alone: String,
}

impl Past {
    async fn start() -> Self {
        let world = World::start().await;
        let (admin, ada) = (world.person("admin").await, world.person("ada").await);
        let team = world.team(&admin, "crew").await;
        let channel = world.channel(&admin, &team, "plans").await;
        world.join(&ada, &team, &channel).await;
        let root = world.say_this(&ada, &channel, "", "old-root").await;
        world.say_this(&admin, &channel, &root, "old-reply").await;
        let alone = world.say_this(&admin, &channel, "", "old-alone").await;
        world.upload(&ada, &channel, "old-file.txt").await;
        let body = json!({ "user_id": ada.id, "post_id": alone, "emoji_name": "tada" });
        world.call(Method::POST, "/reactions", &ada, body).await.expect(StatusCode::OK);
        Self { world, admin, ada, team, channel, root, alone }
    }

    async fn keep_for(&self, days: i32) -> String {
        let body = json!({
            "display_name": "Crew", "post_duration": days, "team_ids": [self.team],
        });
        let made = self.world.call(Method::POST, POLICIES, &self.admin, body).await;
        made.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
    }

    async fn run(&self, query: &str) -> Value {
        let path = format!("{RUN}{query}");
        let said = self.world.call(Method::POST, &path, &self.admin, Value::Null).await;
        said.expect(StatusCode::OK)
    }

    async fn hold(&self, body: Value) -> String {
        let said = self.world.call(Method::POST, HOLDS, &self.admin, body).await;
        said.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
    }

    async fn release(&self, hold: &str) {
        let path = format!("{HOLDS}/{hold}");
        let said = self.world.call(Method::DELETE, &path, &self.admin, Value::Null).await;
        said.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn what_is_past_its_time_is_gone_from_rows_and_objects_and_its_keys_move_on() {
    let mut past = Past::start().await;
    past.keep_for(30).await;
    past.world.catch_up_with_today();
    let reply = past.world.say_this(&past.ada, &past.channel, &past.root, "young-reply").await;
    let dry = past.run("?dry_run=true").await;
    let named = dry["named"].as_array().unwrap().iter();
    let channel = named.clone().find(|named| named["channel_id"] == past.channel).unwrap();
    // Three that people wrote, and one that tells who joined.
    assert_eq!((&channel["posts"], &channel["files"]), (&json!(4), &json!(1)), "{dry}");
    assert_eq!(past.world.count(Topic::Channels, "channel.posts_expired"), 0);
    let orphan = ObjectKey::parse(format!("files/2020-01-01/{}", FileId::random())).unwrap();
    past.world.objects().put(&orphan, "bytes".into()).await.unwrap();

    let ran = past.run("").await;
    assert_eq!((&ran["posts"], &ran["files"]), (&dry["posts"], &dry["files"]), "{ran}");
    assert_eq!((&ran["objects_removed"], &ran["channels_failed"]), (&json!(1), &json!(0)));
    assert_eq!(past.world.number(POSTS).await, 2, "the young reply and its root, blank");
    assert_eq!(past.world.number(SPEAKING).await, 1);
    assert_eq!(past.world.number("SELECT count(*) FROM reactions").await, 0);
    assert_eq!(past.world.number("SELECT count(*) FROM files").await, 0);
    let replies = "SELECT reply_count FROM posts WHERE notice = '' AND root_id IS NULL";
    assert_eq!(past.world.number(replies).await, 1);
    assert_eq!(past.world.objects().list(&KeyPrefix::ALL).await.unwrap().len(), 1, "of today");
    assert!(ran["keys_advanced"].as_u64() > Some(0), "earlier months are past their time: {ran}");
    let advanced = past.world.count(Topic::Channels, "channel.key_advanced");
    assert_eq!(ran["keys_advanced"], advanced);
    assert!(past.world.log_says("young-reply").await);

    let reaction =
        |post: &str| json!({ "user_id": past.ada.id, "post_id": post, "emoji_name": "eyes" });
    let world = &past.world;
    let said = world.call(Method::POST, "/reactions", &past.ada, reaction(&past.alone)).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    let path = format!("/posts/{}/patch", past.root);
    let said = world.call(Method::PUT, &path, &past.ada, json!({ "message": "again" })).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    let said = world.call(Method::POST, "/reactions", &past.ada, reaction(&reply)).await;
    said.expect(StatusCode::OK);
    world.say_this(&past.admin, &past.channel, &past.root, "another").await;

    let again = past.run("").await;
    let nothing = [&again["channels"], &again["posts"], &again["keys_advanced"]];
    assert_eq!(nothing, [&json!(0); 3], "{again}");
    past.world.stop().await;
}

#[tokio::test]
async fn years_go_a_few_posts_at_a_time_and_no_more_while_the_rows_do_not_follow() {
    let mut past = Past::start().await;
    for n in 0..5 {
        past.world.say_this(&past.ada, &past.channel, &past.root, &format!("old-{n}")).await;
    }
    past.keep_for(30).await;
    past.world.catch_up_with_today();
    let mut settings = settings();
    settings.retention.posts_at_once = 2;
    let patient = std::mem::replace(&mut settings.deadline, Duration::from_secs(2));
    past.world.serve(settings.clone()).await;
    past.world.settled().await;

    let held_up = past.world.hold_up_posts().await;
    let said = past.world.call(Method::POST, RUN, &past.admin, Value::Null).await;
    said.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(past.world.count(Topic::Channels, "channel.posts_expired"), 1);
    held_up.close().await.unwrap();

    settings.deadline = patient;
    past.world.serve(settings).await;
    past.world.settled().await;
    let ran = past.run("").await;
    assert_eq!(ran["channels_failed"], 0, "{ran}");
    assert_eq!(past.world.number("SELECT count(*) FROM posts").await, 0);
    let most = past.world.number("SELECT max(posts) FROM channel_expiries").await;
    assert!(most <= 3, "two and a root that they kept, not {most}");
    past.world.stop().await;
}

#[tokio::test]
async fn files_alone_go_with_one_event_however_many_posts_stay() {
    let mut past = Past::start().await;
    past.world.upload(&past.ada, &past.channel, "another-old-file.txt").await;
    past.world.catch_up_with_today();
    let mut settings = settings();
    settings.retention.kept.file_days = 30;
    settings.retention.posts_at_once = 1;
    past.world.serve(settings).await;
    past.world.settled().await;
    let ran = past.run("").await;
    assert_eq!((&ran["posts"], &ran["files"]), (&json!(0), &json!(2)), "{ran}");
    assert_eq!(past.world.count(Topic::Channels, "channel.posts_expired"), 1);
    assert_eq!(past.world.number("SELECT count(*) FROM files").await, 0);
    assert_eq!(past.world.number(SPEAKING).await, 3);
    past.world.stop().await;
}

#[tokio::test]
async fn what_is_held_stays_until_it_is_released() {
    let mut past = Past::start().await;
    past.keep_for(30).await;
    past.world.catch_up_with_today();
    let hold = past.hold(json!({ "name": "A", "channel_ids": [past.channel] })).await;
    let ran = past.run("").await;
    assert_eq!(ran["channels_held"], 1, "{ran}");
    assert_eq!(past.world.number(SPEAKING).await, 3);
    assert!(past.world.log_says("old-root").await);
    let path = format!("/api/nottermost/v1/users/{}/erase", past.ada.id);
    let erase = async || past.world.call(Method::POST, &path, &past.admin, json!({})).await;
    let refused = erase().await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused["id"], "api.nottermost.legal_hold.held.app_error");
    past.release(&hold).await;

    let hold = past.hold(json!({ "name": "B", "user_ids": [past.ada.id] })).await;
    past.run("").await;
    assert_eq!(past.world.number(SPEAKING).await, 1, "hers");
    assert_eq!(past.world.number("SELECT count(*) FROM files").await, 1);
    let advanced = past.world.count(Topic::Channels, "channel.key_advanced");
    erase().await.expect(StatusCode::BAD_REQUEST);
    past.release(&hold).await;
    past.run("").await;
    let later = past.world.count(Topic::Channels, "channel.key_advanced");
    assert!(later > advanced, "no key goes of a channel that she was in while she is held");
    erase().await.expect(StatusCode::OK);
    assert!(!past.world.log_says("old-root").await);
    past.world.stop().await;
}

#[tokio::test]
async fn only_administrators_say_how_long_things_are_kept_and_nonsense_changes_nothing() {
    let past = Past::start().await;
    let policy = past.keep_for(-1).await;
    let of = format!("{POLICIES}/{policy}");
    let body = json!({ "display_name": "x", "post_duration": 3, "user_ids": [past.ada.id] });
    for (method, path) in [
        (Method::POST, POLICIES.to_owned()),
        (Method::PATCH, of.clone()),
        (Method::DELETE, of.clone()),
        (Method::POST, RUN.to_owned()),
        (Method::POST, HOLDS.to_owned()),
    ] {
        let said = past.world.call(method, &path, &past.ada, body.clone()).await;
        assert_eq!(said.status, StatusCode::FORBIDDEN, "{path}");
    }
    let unknown = FileId::random().to_string();
    for body in [
        json!({ "display_name": "x" }),
        json!({ "display_name": "", "post_duration": 3 }),
        json!({ "display_name": "x", "post_duration": 0 }),
        json!({ "display_name": "x", "post_duration": -2 }),
        json!({ "display_name": "x", "post_duration": 3, "team_ids": ["x"] }),
    ] {
        let said = past.world.call(Method::POST, POLICIES, &past.admin, body.clone()).await;
        assert_eq!(said.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let body = json!({ "display_name": "x", "post_duration": 3, "channel_ids": [unknown] });
    let said = past.world.call(Method::POST, POLICIES, &past.admin, body).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    let none = format!("{POLICIES}/{unknown}");
    let said = past.world.call(Method::DELETE, &none, &past.admin, Value::Null).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);

    let body = json!({ "post_duration": 60, "channel_ids": [past.channel] });
    let said = past.world.call(Method::PATCH, &of, &past.admin, body).await;
    let changed = said.expect(StatusCode::OK);
    let shown = [&changed["post_duration"], &changed["team_count"], &changed["channel_count"]];
    assert_eq!(shown, [&json!(60), &json!(1), &json!(1)]);
    let path = format!("{of}/teams");
    let said = past.world.call(Method::DELETE, &path, &past.admin, json!([past.team])).await;
    said.expect(StatusCode::OK);
    past.world.call(Method::DELETE, &of, &past.admin, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(past.world.count(Topic::Directory, "retention_policy.created"), 1);
    past.world.stop().await;
}
