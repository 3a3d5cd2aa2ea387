//! What is done for people at a time of theirs: posts for later, reminders. The scheduler is told what time
//! it is.

use event_log::testing::{Fault, Held};
use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{self, Person, World};

const HOUR_MS: i64 = 3_600_000;
/// What whoever fired something has for what follows.
const LEFT_TO_OTHERS_MS: i64 = 10_000;
const POSTS: &str = "SELECT count(*) FROM posts WHERE message = 'tea at five'";
const SCHEDULED: &str = "SELECT count(*) FROM scheduled_posts";
const FAILED: &str = "SELECT count(*) FROM scheduled_post_failures";
const REMINDERS: &str = "SELECT count(*) FROM posts \
                         WHERE message LIKE 'You asked to be reminded of this message: \
                         https://chat.example.org/crew/pl/%'";
const BOTS: &str = "SELECT count(*) FROM users WHERE is_bot AND NOT system_admin";

/// The usual scene, on a log whose time is today's.
async fn scene() -> (World, Person, Person, String) {
    let (mut world, ada, bob, _, channel) = world::scene().await;
    world.catch_up_with_today();
    (world, ada, bob, channel)
}

fn now_ms() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

fn later(channel: &str) -> Value {
    json!({ "channel_id": channel, "message": "tea at five", "scheduled_at": now_ms() + HOUR_MS })
}

async fn schedule(world: &World, who: &Person, body: Value) -> String {
    let said = world.call(Method::POST, "/posts/schedule", who, body).await;
    said.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
}

async fn remind(world: &World, who: &Person, post: &str) {
    let path = format!("/users/me/posts/{post}/reminder");
    let body = json!({ "target_time": (now_ms() + HOUR_MS) / 1000 });
    world.call(Method::POST, &path, who, body).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_post_is_sent_at_its_time_and_once() {
    let (world, _, bob, channel) = scene().await;
    schedule(&world, &bob, later(&channel)).await;
    scheduler_at(&world, now_ms()).await;
    assert_eq!((world.number(POSTS).await, world.number(SCHEDULED).await), (0, 1));

    let due = now_ms() + HOUR_MS;
    let (one, other) = (world.process().await, world.process().await);
    let (a, b) = tokio::join!(one.do_errands(due), other.do_errands(due));
    assert!(a && b);
    scheduler_at(&world, due + LEFT_TO_OTHERS_MS).await;
    assert_eq!((world.number(POSTS).await, world.number(SCHEDULED).await), (1, 0));
    assert_eq!(world.count(Topic::Users, "scheduled_post.sent"), 1);
    const AUTHORS: &str = "SELECT count(*) FROM posts p JOIN users u ON u.id = p.user_id \
                           WHERE p.message = 'tea at five' AND u.username = 'bob'";
    assert_eq!(world.number(AUTHORS).await, 1);
    world.stop().await;
}

/// What a process that has folded everything does at that time; the rows have it, too.
async fn scheduler_at(world: &World, now_ms: i64) {
    assert!(world.process().await.do_errands(now_ms).await);
    world.settled().await;
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_append_leaves_one_post() {
    let (world, _, bob, channel) = scene().await;
    let mut posts = 0;
    // Fired, posted, sent.
    for killed_at in 0..3 {
        for written in [false, true] {
            schedule(&world, &bob, later(&channel)).await;
            let due = now_ms() + HOUR_MS;
            let held = kill(&world, due, killed_at).await;
            let held = if written {
                held.release();
                None
            } else {
                Some(held)
            };
            posts += 1;
            scheduler_at(&world, due + LEFT_TO_OTHERS_MS).await;
            // The frozen producer's append comes at last.
            if let Some(held) = held {
                held.release();
            }
            scheduler_at(&world, due + 2 * LEFT_TO_OTHERS_MS).await;
            let case = format!("killed at append {killed_at}, written: {written}");
            assert_eq!(world.number(POSTS).await, posts, "{case}");
            assert_eq!(world.number(SCHEDULED).await, 0, "{case}");
        }
    }
    assert_eq!(world.count(Topic::Users, "scheduled_post.failed"), 0);
    const TOTAL: &str = "SELECT msgs FROM channels WHERE display_name = 'plans'";
    let said = world.number("SELECT count(*) FROM posts WHERE notice = ''").await;
    assert_eq!(world.number(TOTAL).await, said, "nothing counts twice");
    world.stop().await;
}

/// A process whose append of this number waits, and which is gone meanwhile.
async fn kill(world: &World, due: i64, killed_at: usize) -> Held {
    let process = world.process().await;
    for _ in 0..=killed_at {
        world.log().fail_next(Fault::Held);
    }
    let running = tokio::spawn(async move { process.do_errands(due).await });
    for _ in 0..killed_at {
        held(world).await.release();
    }
    let held = held(world).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    held
}

async fn held(world: &World) -> Held {
    loop {
        if let Some(held) = world.log().held() {
            return held;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_post_is_not_said_again_once_the_log_has_forgotten_its_id() {
    let (mut world, _, bob, channel) = scene().await;
    schedule(&world, &bob, later(&channel)).await;
    let due = now_ms() + HOUR_MS;
    // The post stands; that it was sent was never said.
    drop(kill(&world, due, 2).await);
    world.forget(&bob, &channel).await;
    scheduler_at(&world, due + LEFT_TO_OTHERS_MS).await;
    assert_eq!((world.number(POSTS).await, world.number(SCHEDULED).await), (1, 0));
    assert_eq!(world.count(Topic::Channels, "post.created"), 2);
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_says_why_until_it_is_changed() {
    let (world, ada, bob, channel) = scene().await;
    let id = schedule(&world, &bob, later(&channel)).await;
    let path = format!("/channels/{channel}/members/{}", bob.id);
    world.call(Method::DELETE, &path, &ada, Value::Null).await.expect(StatusCode::OK);
    let due = now_ms() + HOUR_MS;
    scheduler_at(&world, due).await;
    scheduler_at(&world, due + LEFT_TO_OTHERS_MS).await;
    const CODE: &str = "SELECT count(*) FROM scheduled_post_failures \
                        WHERE error_code = 'no_channel_member'";
    assert_eq!((world.number(POSTS).await, world.number(CODE).await), (0, 1));

    let path = format!("/posts/schedule/{id}");
    let said = world.call(Method::PUT, &path, &bob, later(&channel)).await;
    said.expect(StatusCode::FORBIDDEN);
    let members = format!("/channels/{channel}/members");
    let body = json!({ "user_id": bob.id });
    world.call(Method::POST, &members, &ada, body).await.expect(StatusCode::CREATED);
    let said = world.call(Method::PUT, &path, &bob, later(&channel)).await;
    assert_eq!(said.expect(StatusCode::CREATED)["error_code"], "");
    assert_eq!((world.number(SCHEDULED).await, world.number(FAILED).await), (1, 0));
    scheduler_at(&world, now_ms() + HOUR_MS).await;
    assert_eq!((world.number(POSTS).await, world.number(SCHEDULED).await), (1, 0));
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_into_an_archive_or_for_a_deactivated_account() {
    let (world, ada, bob, channel) = scene().await;
    schedule(&world, &ada, later(&channel)).await;
    schedule(&world, &bob, later(&channel)).await;
    let active = format!("/users/{}/active", bob.id);
    let off = json!({ "active": false });
    world.call(Method::PUT, &active, &ada, off).await.expect(StatusCode::OK);
    let path = format!("/channels/{channel}");
    world.call(Method::DELETE, &path, &ada, Value::Null).await.expect(StatusCode::OK);
    scheduler_at(&world, now_ms() + HOUR_MS).await;
    assert_eq!((world.number(POSTS).await, world.number(FAILED).await), (0, 2));
    const ARCHIVED: &str = "SELECT count(*) FROM scheduled_post_failures \
                            WHERE error_code = 'channel_archived'";
    assert_eq!(world.number(ARCHIVED).await, 1, "and one for an account that is off");
    world.stop().await;
}

#[tokio::test]
async fn a_scheduled_post_is_its_writers_alone_and_has_limits() {
    let (world, ada, bob, channel) = scene().await;
    let id = schedule(&world, &bob, later(&channel)).await;
    let path = format!("/posts/schedule/{id}");
    world.call(Method::PUT, &path, &ada, later(&channel)).await.expect(StatusCode::NOT_FOUND);
    world.call(Method::DELETE, &path, &ada, Value::Null).await.expect(StatusCode::NOT_FOUND);
    let at = |ms: i64| json!({ "channel_id": channel, "message": "x", "scheduled_at": ms });
    for bad in [
        at(0),
        at(now_ms() - 1),
        at(now_ms() + 367 * 24 * HOUR_MS),
        at(i64::MAX),
        json!({ "channel_id": channel, "scheduled_at": now_ms() + HOUR_MS }),
        json!({ "channel_id": "short", "message": "x", "scheduled_at": now_ms() + HOUR_MS }),
        json!({ "channel_id": channel, "message": "x", "scheduled_at": "soon" }),
        json!({ "channel_id": channel, "message": "x".repeat(16_384),
                "scheduled_at": now_ms() + HOUR_MS }),
    ] {
        let said = world.call(Method::POST, "/posts/schedule", &bob, bad.clone()).await;
        said.expect(StatusCode::BAD_REQUEST);
    }
    let mut other = later(&channel);
    other["id"] = json!("y".repeat(26));
    world.call(Method::PUT, &path, &bob, other).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(world.count(Topic::Users, "scheduled_post.created"), 1);
    let gone = world.call(Method::DELETE, &path, &bob, Value::Null).await;
    assert_eq!(gone.expect(StatusCode::CREATED)["id"], id);
    world.call(Method::DELETE, &path, &bob, Value::Null).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(world.number(SCHEDULED).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn the_systems_bot_reminds_once_whenever_a_process_is_killed() {
    // Fired, the bot's account, the conversation, the post, ended.
    for killed_at in 0..5 {
        let (world, ada, bob, channel) = scene().await;
        let post = world.say(&ada, &channel, "").await;
        remind(&world, &bob, &post).await;
        let due = now_ms() + HOUR_MS;
        drop(kill(&world, due, killed_at).await);
        scheduler_at(&world, due + LEFT_TO_OTHERS_MS).await;
        scheduler_at(&world, due + 2 * LEFT_TO_OTHERS_MS).await;
        let case = format!("killed at append {killed_at}");
        assert_eq!(world.number(REMINDERS).await, 1, "{case}");
        assert_eq!(world.number(BOTS).await, 1, "{case}");
        assert_eq!(world.count(Topic::Users, "reminder.ended"), 1, "{case}");
        world.stop().await;
    }
}

#[tokio::test]
async fn nobody_is_reminded_of_a_post_that_is_gone() {
    let (world, ada, bob, channel) = scene().await;
    let post = world.say(&ada, &channel, "").await;
    remind(&world, &bob, &post).await;
    let path = format!("/posts/{post}");
    world.call(Method::DELETE, &path, &ada, Value::Null).await.expect(StatusCode::OK);
    scheduler_at(&world, now_ms() + HOUR_MS).await;
    assert_eq!(world.count(Topic::Users, "reminder.ended"), 1);
    assert_eq!(world.count(Topic::Channels, "channel.direct_opened"), 0);
    let path = format!("/users/me/posts/{post}/reminder");
    let body = json!({ "target_time": (now_ms() + HOUR_MS) / 1000 });
    world.call(Method::POST, &path, &bob, body).await.expect(StatusCode::NOT_FOUND);
    let post = world.say(&ada, &channel, "").await;
    let of = |who: &str| format!("/users/{who}/posts/{post}/reminder");
    for (path, target_time, status) in [
        (of("me"), now_ms() / 1000 - 1, StatusCode::BAD_REQUEST),
        (of("me"), i64::MAX, StatusCode::BAD_REQUEST),
        (of(&ada.id), now_ms() / 1000 + 60, StatusCode::FORBIDDEN),
    ] {
        let body = json!({ "target_time": target_time });
        world.call(Method::POST, &path, &bob, body).await.expect(status);
    }
    world.stop().await;
}

#[tokio::test]
async fn an_erased_person_has_nothing_sent() {
    let (world, ada, bob, channel) = scene().await;
    let post = world.say(&ada, &channel, "").await;
    schedule(&world, &bob, later(&channel)).await;
    remind(&world, &bob, &post).await;
    let path = format!("/api/nottermost/v1/users/{}/erase", bob.id);
    let erased = world.call(Method::POST, &path, &ada, json!({})).await;
    assert!(erased.status.is_success(), "{}", erased.body);
    world.settled().await;
    assert_eq!(world.number(SCHEDULED).await, 0);
    scheduler_at(&world, now_ms() + HOUR_MS).await;
    assert_eq!(world.count(Topic::Users, "scheduled_post.fired"), 0);
    assert_eq!(world.count(Topic::Users, "reminder.fired"), 0);
    world.stop().await;
}

#[tokio::test]
async fn a_taken_name_does_not_keep_the_systems_bot_from_reminding() {
    let (world, ada, bob, channel) = scene().await;
    world.person("system-bot").await;
    let post = world.say(&ada, &channel, "").await;
    remind(&world, &bob, &post).await;
    scheduler_at(&world, now_ms() + HOUR_MS).await;
    assert_eq!(world.count(Topic::Channels, "post.created"), 2);
    assert_eq!(world.count(Topic::Directory, "user.created"), 4);
    world.stop().await;
}
