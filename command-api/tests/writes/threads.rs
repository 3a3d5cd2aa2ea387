//! Following threads and reading them.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World};

struct Scene {
    world: World,
    ada: Person,
    bob: Person,
    team: String,
    channel: String,
}

impl Scene {
    async fn start() -> Self {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "crew").await;
        let channel = world.channel(&ada, &team, "plans").await;
        world.join(&bob, &team, &channel).await;
        Self { world, ada, bob, team, channel }
    }

    fn path(&self, rest: &str) -> String {
        format!("/users/me/teams/{}/threads/{rest}", self.team)
    }

    async fn put(&self, who: &Person, rest: &str) -> (StatusCode, Value) {
        let said = self.world.call(Method::PUT, &self.path(rest), who, Value::Null).await;
        (said.status, said.body)
    }

    async fn unfollow(&self, who: &Person, root: &str) -> StatusCode {
        let path = self.path(&format!("{root}/following"));
        self.world.call(Method::DELETE, &path, who, Value::Null).await.status
    }

    async fn set_unread(&self, who: &Person, root: &str, post: &str) -> (StatusCode, Value) {
        let path = self.path(&format!("{root}/set_unread/{post}"));
        let said = self.world.call(Method::POST, &path, who, json!({})).await;
        (said.status, said.body)
    }

    fn count(&self, topic: Topic, event_type: &str) -> usize {
        self.world.count(topic, event_type)
    }
}

#[tokio::test]
async fn following_is_written_once_and_a_thread_nobody_may_read_is_followed_by_nobody() {
    let scene = Scene::start().await;
    let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
    let root = world.say(ada, &scene.channel, "").await;
    let reply = world.say(ada, &scene.channel, &root).await;
    let following = format!("{root}/following");
    for _ in 0..2 {
        assert_eq!(scene.put(bob, &following).await.0, StatusCode::OK);
    }
    assert_eq!(scene.count(Topic::Channels, "thread.followed"), 1);
    for _ in 0..2 {
        assert_eq!(scene.unfollow(bob, &root).await, StatusCode::OK);
    }
    assert_eq!(scene.count(Topic::Channels, "thread.unfollowed"), 1);
    // Whoever answers follows already.
    assert_eq!(scene.put(ada, &following).await.0, StatusCode::OK);
    assert_eq!(scene.count(Topic::Channels, "thread.followed"), 1);

    let reply = format!("{reply}/following");
    assert_eq!(scene.put(bob, &reply).await.0, StatusCode::NOT_FOUND, "no root");
    let nobody = format!("{}/following", "y".repeat(26));
    assert_eq!(scene.put(bob, &nobody).await.0, StatusCode::NOT_FOUND);
    assert_eq!(scene.put(bob, "short/following").await.0, StatusCode::BAD_REQUEST);
    let carol = world.person("carol").await;
    assert_eq!(scene.put(&carol, &following).await.0, StatusCode::NOT_FOUND);
    let other = world.team(bob, "others").await;
    let elsewhere = format!("/users/me/teams/{other}/threads/{following}");
    let said = world.call(Method::PUT, &elsewhere, bob, Value::Null).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN, "the channel is another team's");
    assert_eq!(scene.count(Topic::Channels, "thread.followed"), 1);
    scene.world.stop().await;
}

#[tokio::test]
async fn a_thread_is_read_and_unread_again_and_the_answer_says_what_is_left() {
    let scene = Scene::start().await;
    let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
    let root = world.say(ada, &scene.channel, "").await;
    let first = world.say_this(bob, &scene.channel, &root, "@ada").await;
    world.say(bob, &scene.channel, &root).await;
    let read = format!("{root}/read/{}", i64::MAX);
    let (status, thread) = scene.put(ada, &read).await;
    assert_eq!(status, StatusCode::OK, "{thread}");
    assert_eq!((&thread["unread_replies"], &thread["unread_mentions"]), (&json!(0), &json!(0)));
    assert_eq!((&thread["id"], &thread["reply_count"]), (&json!(root), &json!(2)));
    assert_eq!(scene.put(ada, &read).await.0, StatusCode::OK);
    assert_eq!(scene.count(Topic::Readstate, "thread_marker.advanced"), 1, "nothing changed");

    let (status, thread) = scene.set_unread(ada, &root, &first).await;
    assert_eq!(status, StatusCode::OK, "{thread}");
    assert_eq!((&thread["unread_replies"], &thread["unread_mentions"]), (&json!(2), &json!(1)));
    let all = format!("/users/me/teams/{}/threads/read", scene.team);
    let said = world.call(Method::PUT, &all, ada, Value::Null).await;
    assert_eq!((said.status, said.body), (StatusCode::OK, json!({ "status": "OK" })));
    let (_, thread) = scene.put(ada, &read).await;
    assert_eq!(thread["unread_replies"], 0);

    for bad in ["-1", "soon", "1.5", "9223372036854775808"] {
        let (status, said) = scene.put(ada, &format!("{root}/read/{bad}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}: {said}");
    }
    let carol = world.person("carol").await;
    assert_eq!(scene.put(&carol, &read).await.0, StatusCode::NOT_FOUND);
    assert_eq!(scene.set_unread(&carol, &root, &first).await.0, StatusCode::NOT_FOUND);
    let said = world.call(Method::PUT, &all, &carol, Value::Null).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    let foreign = format!("/users/{}/teams/{}/threads/{read}", ada.id, scene.team);
    let said = world.call(Method::PUT, &foreign, bob, Value::Null).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    scene.world.stop().await;
}

#[tokio::test]
async fn marking_a_thread_unread_follows_it_and_knows_only_its_own_posts() {
    let scene = Scene::start().await;
    let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
    let root = world.say(ada, &scene.channel, "").await;
    let reply = world.say(ada, &scene.channel, &root).await;
    let other = world.say(ada, &scene.channel, "").await;
    assert_eq!(scene.set_unread(bob, &root, &other).await.0, StatusCode::NOT_FOUND);
    assert_eq!(scene.count(Topic::Channels, "thread.followed"), 0);
    let (status, thread) = scene.set_unread(bob, &root, &reply).await;
    assert_eq!(status, StatusCode::OK, "{thread}");
    assert_eq!(
        (&thread["unread_replies"], &thread["post"]["is_following"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(scene.count(Topic::Channels, "thread.followed"), 1);
    assert_eq!(scene.count(Topic::Readstate, "thread_marker.set_back"), 1);
    scene.world.stop().await;
}

#[tokio::test]
async fn a_view_reads_threads_for_clients_and_people_who_do_not_read_them_apart() {
    let scene = Scene::start().await;
    let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
    let root = world.say(ada, &scene.channel, "").await;
    world.say(bob, &scene.channel, &root).await;
    let unread = async || {
        // Read up to its beginning: what is left is what was unread.
        let path = scene.path(&format!("{root}/read/1"));
        let said = world.call(Method::PUT, &path, ada, Value::Null).await;
        said.body["unread_replies"].clone()
    };
    let view = async |supported: bool| {
        let body = json!({ "channel_id": scene.channel, "collapsed_threads_supported": supported });
        let said = world.call(Method::POST, "/channels/members/me/view", ada, body).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    };
    let floors = async || world.number("SELECT count(*) FROM thread_floors").await;
    view(true).await;
    assert_eq!((unread().await, floors().await), (json!(1), 0), "threads are read apart");
    view(false).await;
    assert_eq!(floors().await, 1, "nothing else was left to read");
    view(false).await;
    let events = scene.count(Topic::Readstate, "thread_markers.advanced");
    assert_eq!(events, 1, "and then nothing at all");

    let preference = json!([{
        "user_id": ada.id, "category": "display_settings", "name": "collapsed_reply_threads",
        "value": "off",
    }]);
    let said = world.call(Method::PUT, "/users/me/preferences", ada, preference).await;
    assert_eq!(said.status, StatusCode::OK);
    world.say(bob, &scene.channel, &root).await;
    view(true).await;
    let left = "SELECT count(*) FROM thread_states s JOIN posts p ON p.id = s.root_id
                WHERE s.following AND p.last_reply_at > s.last_viewed_at";
    assert_eq!(world.number(left).await, 0, "who does not read them apart has read them");
    scene.world.stop().await;
}

#[tokio::test]
async fn a_reply_reads_its_channel_only_for_those_who_do_not_read_threads_apart() {
    let scene = Scene::start().await;
    let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
    let root = world.say(ada, &scene.channel, "").await;
    world.say(bob, &scene.channel, &root).await;
    let unread = "SELECT count(*) FROM read_states WHERE unread > 0";
    assert_eq!(world.number(unread).await, 2, "nobody has read the channel by answering");
    world.say(ada, &scene.channel, &root).await;
    assert_eq!(world.number(unread).await, 2, "neither has read the other's reply");
    let preference = json!([{
        "user_id": ada.id, "category": "display_settings", "name": "collapsed_reply_threads",
        "value": "off",
    }]);
    let said = world.call(Method::PUT, "/users/me/preferences", ada, preference).await;
    assert_eq!(said.status, StatusCode::OK);
    world.say(ada, &scene.channel, &root).await;
    assert_eq!(world.number(unread).await, 1, "ada has, by answering");
    scene.world.stop().await;
}
