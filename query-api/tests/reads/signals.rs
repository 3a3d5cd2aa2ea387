//! Priorities, acknowledgements, bookmarks.

use events::bookmark::{
    BookmarkContent, BookmarkCreated, BookmarkDeleted, BookmarkMoved, BookmarkedFile,
};
use events::channel::{PostAcknowledged, PostAcknowledgementRemoved};
use events::directory::ChannelType;
use events::priority::{Priority, PriorityLevel};
use events::{Body, BookmarkId, ChannelEvent, PostId, UserId};
use serde_json::{Value, json};

use crate::people::{Person, each, post_created, with_nothing_personal};
use crate::scene::Scene;
use crate::world::run;

impl Scene {
    /// Ada calls somebody, or everybody.
    async fn call(&self, level: PriorityLevel, mentions: Vec<UserId>) -> PostId {
        let (id, event) = post_created(self.channel, &self.ada, "steep it now", None, &[]);
        let ChannelEvent::PostCreated(mut b) = event else { unreachable!("a post") };
        b.c.priority = Priority { level, requested_ack: true };
        if mentions.is_empty() {
            b.c.broadcast = events::channel::Broadcast::All;
        }
        b.c.mentions = mentions;
        self.world.append(self.channel.0, ChannelEvent::PostCreated(b)).await;
        id
    }

    async fn acknowledge(&self, person: &Person, post_id: PostId) {
        let (channel_id, user_id) = (self.channel, person.id);
        let c = PostAcknowledged { channel_id, post_id, root_id: None, user_id };
        let event = ChannelEvent::PostAcknowledged(with_nothing_personal(c));
        self.world.append(self.channel.0, event).await;
    }

    async fn bookmark(&self, name: &str, file: Option<BookmarkedFile>) -> BookmarkId {
        let (channel_id, bookmark_id) = (self.channel, BookmarkId::random());
        let c = BookmarkCreated { channel_id, bookmark_id, owner_id: self.ada.id, file };
        let p = BookmarkContent { display_name: name.into(), ..BookmarkContent::default() };
        self.world.append(self.channel.0, ChannelEvent::BookmarkCreated(Body { c, p })).await;
        bookmark_id
    }

    /// What a post shows of itself wherever Ada meets it.
    async fn shown(&self, post: PostId) -> Vec<Value> {
        let (world, ada) = (&self.world, &self.ada);
        let of = |list: Value| list["posts"][post.to_string()]["metadata"].clone();
        let page = format!("/channels/{}/posts", self.channel);
        let search = format!("/teams/{}/posts/search", self.team.id);
        vec![
            of(world.get(ada, &page).await.ok()),
            of(world.get(ada, &format!("/posts/{post}/thread")).await.ok()),
            of(world.ask(ada, &search, json!({ "terms": "steep" })).await.ok()),
            world.get(ada, &format!("/posts/{post}")).await.ok()["metadata"].clone(),
            world.ask(ada, "/posts/ids", json!([post])).await.ok()[0]["metadata"].clone(),
        ]
    }
}

#[test]
fn posts_show_what_they_ask_for_and_who_took_note_wherever_they_are() {
    run(async {
        let scene = Scene::start(ChannelType::Private).await;
        let post = scene.call(PriorityLevel::Urgent, vec![scene.bob.id]).await;
        scene.world.indexed().await;
        let asked = json!({
            "priority": "urgent", "requested_ack": true, "persistent_notifications": false,
        });
        for metadata in scene.shown(post).await {
            assert_eq!(metadata["priority"], asked);
            assert_eq!(metadata.get("acknowledgements"), None);
        }
        scene.acknowledge(&scene.bob, post).await;
        for metadata in scene.shown(post).await {
            let all = metadata["acknowledgements"].as_array().unwrap();
            let [one] = &all[..] else { panic!("{metadata}") };
            assert_eq!((&one["user_id"], &one["post_id"]), (&json!(scene.bob.id), &json!(post)));
        }
        let (channel_id, user_id) = (scene.channel, scene.bob.id);
        let c = PostAcknowledgementRemoved { channel_id, post_id: post, root_id: None, user_id };
        let event = ChannelEvent::PostAcknowledgementRemoved(with_nothing_personal(c));
        scene.world.append(channel_id.0, event).await;
        scene.acknowledge(&scene.ada, post).await;
        scene.acknowledge(&scene.bob, post).await;
        let by = |metadata: &Value| each(&metadata["acknowledgements"], "user_id").join(" ");
        for metadata in scene.shown(post).await {
            assert_eq!(by(&metadata), format!("{} {}", scene.ada.id, scene.bob.id));
        }
        scene.world.erase_author(channel_id, &scene.bob).await;
        for metadata in scene.shown(post).await {
            assert_eq!(by(&metadata), scene.ada.id.to_string(), "who is erased said nothing");
        }
    });
}

#[test]
fn urgent_mentions_are_counted_until_they_are_read_or_deleted() {
    run(async {
        let scene = Scene::start(ChannelType::Private).await;
        let (world, bob) = (&scene.world, &scene.bob);
        let count = async || {
            let path = format!("/users/me/teams/{}/channels/members", scene.team.id);
            let members = world.get(bob, &path).await.ok();
            let here = json!(scene.channel);
            let mut members = members.as_array().unwrap().iter();
            let member = members.find(|one| one["channel_id"] == here).unwrap();
            let path = format!("/users/me/channels/{}/unread", scene.channel);
            let unread = world.get(bob, &path).await.ok();
            assert_eq!(unread["urgent_mention_count"], member["urgent_mention_count"]);
            (member["mention_count"].as_i64(), member["urgent_mention_count"].as_i64())
        };
        scene.call(PriorityLevel::Important, vec![bob.id]).await;
        assert_eq!(count().await, (Some(1), Some(0)));
        let named = scene.call(PriorityLevel::Urgent, vec![bob.id]).await;
        scene.call(PriorityLevel::Urgent, vec![]).await;
        scene.call(PriorityLevel::Urgent, vec![scene.ada.id]).await;
        assert_eq!(count().await, (Some(3), Some(2)), "by name and with everybody");
        world.delete(scene.channel, &scene.ada, named).await;
        assert_eq!(count().await, (Some(3), Some(1)));
        world.say(scene.channel, bob, "read").await;
        assert_eq!(count().await, (Some(0), Some(0)));
    });
}

#[test]
fn threads_of_urgent_roots_are_urgent() {
    run(async {
        let scene = Scene::start(ChannelType::Private).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let plain = world.say(scene.channel, bob, "plain").await;
        world.reply((plain, bob), scene.channel, ada).await;
        let root = scene.call(PriorityLevel::Urgent, vec![bob.id]).await;
        let answered = events::channel::Root { post_id: root, author_id: ada.id };
        let (_, event) = post_created(scene.channel, ada, "you", Some(answered), &[]);
        let ChannelEvent::PostCreated(mut b) = event else { unreachable!("a post") };
        b.c.mentions = vec![bob.id];
        world.append(scene.channel.0, ChannelEvent::PostCreated(b)).await;
        let path = format!("/users/me/teams/{}/threads", scene.team.id);
        let list = world.get(bob, &path).await.ok();
        let urgent = |n: usize| list["threads"][n]["is_urgent"].clone();
        assert_eq!((urgent(0), urgent(1)), (json!(true), json!(false)));
        assert_eq!(list["total_unread_urgent_mentions"], 1);
        let teams = "/users/me/teams/unread?include_collapsed_threads=true";
        let teams = world.get(bob, teams).await.ok();
        assert_eq!(teams[0]["thread_urgent_mention_count"], 1);
    });
}

#[test]
fn bookmarks_come_in_their_order_and_since_a_time_with_those_that_are_gone() {
    run(async {
        let scene = Scene::start(ChannelType::Private).await;
        let (world, ada, channel_id) = (&scene.world, &scene.ada, scene.channel);
        let eve = world.person("eve").await;
        let one = scene.bookmark("one", None).await;
        let two = scene.bookmark("two", None).await;
        let path = format!("/channels/{channel_id}/bookmarks");
        let list = async |query: &str| world.get(ada, &format!("{path}{query}")).await.ok();
        let first = list("").await;
        assert_eq!(each(&first, "display_name"), ["one", "two"]);
        let since = first[1]["update_at"].as_i64().unwrap();
        assert_eq!(list(&format!("?bookmarks_since={since}")).await, json!([]));
        let c = BookmarkMoved { channel_id, bookmark_id: two, place: 0, by: ada.id };
        let event = ChannelEvent::BookmarkMoved(with_nothing_personal(c));
        world.append(channel_id.0, event).await;
        assert_eq!(each(&list("").await, "display_name"), ["two", "one"]);
        let three = scene.bookmark("three", None).await;
        for bookmark_id in [one, three] {
            let c = BookmarkDeleted { channel_id, bookmark_id, by: ada.id };
            let event = ChannelEvent::BookmarkDeleted(with_nothing_personal(c));
            world.append(channel_id.0, event).await;
        }
        assert_eq!(each(&list("").await, "id"), [two.to_string()]);
        let changed = list(&format!("?bookmarks_since={since}")).await;
        // Of what came and went meanwhile nobody knows who asks now.
        assert_eq!(changed.as_array().unwrap().len(), 2);
        assert!(changed[1]["delete_at"].as_i64() > Some(since));
        for bad in ["-1", "x"] {
            let query = format!("{path}?bookmarks_since={bad}");
            assert_eq!(world.get(ada, &query).await.refused().0, 400);
        }
        assert_eq!(world.get(&eve, &path).await.refused().0, 404);
    });
}

#[test]
fn a_bookmarked_file_is_for_the_channel_while_the_bookmark_stands() {
    run(async {
        let scene = Scene::start(ChannelType::Private).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let file = world.upload(scene.channel, ada, "plan.txt", "text/plain", b"plan").await;
        let path = format!("/files/{}/info", file.file_id);
        assert_eq!(world.get(bob, &path).await.refused().0, 404);
        let create_at = world.get(ada, &path).await.ok()["create_at"].as_i64().unwrap();
        let held = BookmarkedFile { file_id: file.file_id, owner_id: ada.id, create_at };
        let bookmark_id = scene.bookmark("the plan", Some(held)).await;
        assert_eq!(world.get(bob, &path).await.ok()["name"], "plan.txt");
        let list = world.get(bob, &format!("/channels/{}/bookmarks", scene.channel)).await.ok();
        assert_eq!(
            (&list[0]["type"], &list[0]["file"]["name"]),
            (&json!("file"), &json!("plan.txt"))
        );
        let c = BookmarkDeleted { channel_id: scene.channel, bookmark_id, by: ada.id };
        let event = ChannelEvent::BookmarkDeleted(with_nothing_personal(c));
        world.append(scene.channel.0, event).await;
        assert_eq!(world.get(bob, &path).await.refused().0, 404);
        assert_eq!(world.get(ada, &path).await.ok()["name"], "plan.txt");
    });
}
