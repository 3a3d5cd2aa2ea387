//! Threads that somebody follows, and posts for those who read threads apart.

use events::PostId;
use events::directory::ChannelType;
use events::thread::{ThreadFollowed, ThreadUnfollowed};
use serde_json::{Value, json};

use crate::people::{Person, each, order, with_nothing_personal};
use crate::scene::Scene;
use crate::world::run;

impl Scene {
    async fn list(&self, person: &Person, query: &str) -> Value {
        let path = format!("/users/me/teams/{}/threads?{query}", self.team.id);
        self.world.get(person, &path).await.ok()
    }
}

#[test]
fn followed_threads_come_with_what_is_unread_and_page_both_ways() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let mut roots: Vec<PostId> = Vec::new();
        for n in 0..3 {
            let root = world.say(scene.channel, ada, &format!("root {n}")).await;
            world.reply((root, ada), scene.channel, bob).await;
            roots.push(root);
        }
        let all = scene.list(ada, "").await;
        let ids: Vec<String> = roots.iter().rev().map(ToString::to_string).collect();
        assert_eq!(each(&all["threads"], "id"), ids);
        let totals = |list: &Value| (list["total"].clone(), list["total_unread_threads"].clone());
        assert_eq!(totals(&all), (json!(3), json!(3)));
        assert_eq!(all["threads"][0]["unread_replies"], 1);
        assert_eq!(all["threads"][0]["participants"], json!([{ "id": bob.id }]));
        let his = scene.list(bob, "").await;
        assert_eq!((totals(&his).1, &his["threads"][0]["unread_replies"]), (json!(0), &json!(0)));
        assert_eq!(scene.list(bob, "unread=true").await["threads"], json!([]));

        let page = scene.list(ada, &format!("per_page=1&before={}", roots[2])).await;
        assert_eq!(each(&page["threads"], "id"), ids[1..2]);
        let page = scene.list(ada, &format!("pageSize=1&after={}", roots[0])).await;
        assert_eq!(each(&page["threads"], "id"), ids[1..2]);
        let numbers = scene.list(ada, "totalsOnly=true").await;
        assert_eq!((totals(&numbers), &numbers["threads"]), ((json!(3), json!(3)), &json!([])));
        let threads = scene.list(ada, "threadsOnly=true&extended=true").await;
        assert_eq!(totals(&threads), (json!(0), json!(0)));
        assert_eq!(threads["threads"][0]["participants"][0]["username"], "bob");

        let since = all["threads"][0]["last_reply_at"].as_i64().unwrap();
        assert_eq!(scene.list(ada, &format!("since={since}")).await["threads"], json!([]));
        world.reply((roots[0], ada), scene.channel, bob).await;
        let touched = scene.list(ada, &format!("since={since}")).await;
        assert_eq!(each(&touched["threads"], "id"), ids[2..]);
    });
}

#[test]
fn whoever_stops_following_sees_it_no_more_and_deleted_threads_say_nothing() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let root = world.say(scene.channel, ada, "a secret word").await;
        world.reply((root, ada), scene.channel, bob).await;
        let path = format!("/users/me/teams/{}/threads/{root}", scene.team.id);
        let one = world.get(ada, &path).await.ok();
        assert_eq!((&one["id"], &one["post"]["is_following"]), (&json!(root), &json!(true)));
        let (channel_id, root_id, user_id) = (scene.channel, root, ada.id);
        let c = ThreadUnfollowed { channel_id, root_id, user_id, reply_count: 1 };
        let event = events::ChannelEvent::ThreadUnfollowed(with_nothing_personal(c));
        world.append(scene.channel.0, event).await;
        assert_eq!(scene.list(ada, "").await["threads"], json!([]));
        assert_eq!(world.get(ada, &path).await.refused().0, 404);
        let c = ThreadFollowed { channel_id, root_id, user_id, reply_count: 1 };
        let event = events::ChannelEvent::ThreadFollowed(with_nothing_personal(c));
        world.append(scene.channel.0, event).await;
        assert_eq!(scene.list(ada, "").await["threads"][0]["unread_replies"], 0);
        world.delete(scene.channel, ada, root).await;
        assert_eq!(scene.list(ada, "").await["threads"], json!([]));
        let deleted = scene.list(ada, "deleted=true").await;
        assert!(deleted["threads"][0]["delete_at"].as_i64() > Some(0));
        assert_eq!(deleted["threads"][0]["post"]["message"], "");
        assert!(!deleted.to_string().contains("secret"));
    });
}

#[test]
fn the_roots_of_threads_come_with_their_custom_emoji() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let parrot = world.emoji(ada, "parrot").await;
        let root = world.say(scene.channel, ada, "see :parrot:").await;
        world.reply((root, ada), scene.channel, bob).await;
        let list = scene.list(ada, "").await;
        let emojis = |thread: &Value| each(&thread["post"]["metadata"]["emojis"], "id").join(" ");
        assert_eq!(emojis(&list["threads"][0]), parrot.to_string());
        let path = format!("/users/me/teams/{}/threads/{root}", scene.team.id);
        assert_eq!(emojis(&world.get(ada, &path).await.ok()), parrot.to_string());
    });
}

#[test]
fn threads_of_conversations_stand_in_every_team_and_foreign_ones_in_none() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let other = world.team(ada, "coffee").await;
        let direct = world.direct(ada, bob).await;
        let root = world.say(direct, ada, "between us").await;
        world.reply((root, ada), direct, bob).await;
        for team in [scene.team, other] {
            let path = format!("/users/me/teams/{}/threads", team.id);
            let list = world.get(ada, &path).await.ok();
            assert_eq!(each(&list["threads"], "id"), [root.to_string()]);
            let without = world.get(ada, &format!("{path}?excludeDirect=true")).await.ok();
            assert_eq!((&without["total"], &without["threads"]), (&json!(0), &json!([])));
        }
        let carol = world.person("carol").await;
        let path = format!("/users/me/teams/{}/threads", scene.team.id);
        assert_eq!(world.get(&carol, &path).await.refused().0, 403);
        let path = format!("/users/{}/teams/{}/threads", ada.id, scene.team.id);
        assert_eq!(world.get(bob, &path).await.refused().0, 403);
        let path = format!("/users/me/teams/{}/threads", scene.team.id);
        for bad in ["before=x", "after=x", "since=x", "threadsOnly=true&totalsOnly=true"] {
            assert_eq!(world.get(ada, &format!("{path}?{bad}")).await.refused().0, 400, "{bad}");
        }
        world.leave(scene.channel, bob).await;
        let hidden = world.say(scene.channel, ada, "root").await;
        let one = format!("{path}/{hidden}");
        assert!(matches!(world.get(bob, &one).await.refused().0, 403 | 404));
    });
}

#[test]
fn unread_threads_are_counted_by_team_where_they_are_asked_for() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let root = world.say(scene.channel, ada, "root").await;
        world.reply((root, ada), scene.channel, bob).await;
        let of_team = |list: Value| {
            let team = scene.team.id.to_string();
            let found = list.as_array().unwrap().iter().find(|t| t["team_id"] == team).cloned();
            found.unwrap()["thread_count"].clone()
        };
        let path = "/users/me/teams/unread?include_collapsed_threads=";
        assert_eq!(of_team(world.get(ada, &format!("{path}true")).await.ok()), 1);
        assert_eq!(of_team(world.get(ada, &format!("{path}false")).await.ok()), 0);
        assert_eq!(of_team(world.get(bob, &format!("{path}true")).await.ok()), 0);
    });
}

#[test]
fn collapsed_pages_hold_roots_alone_with_their_threads() {
    run(async {
        let scene = Scene::start(ChannelType::Open).await;
        let (world, ada, bob) = (&scene.world, &scene.ada, &scene.bob);
        let first = world.say(scene.channel, ada, "first").await;
        let second = world.say(scene.channel, ada, "second").await;
        let reply = world.reply((first, ada), scene.channel, bob).await;
        let path = format!("/channels/{}/posts?collapsedThreads=true", scene.channel);
        for part in ["", "&since=1", &format!("&before={reply}")] {
            let page = world.get(ada, &format!("{path}{part}")).await.ok();
            let found = order(&page);
            assert!(found.contains(&first) && found.contains(&second), "{part}: {page}");
            assert!(!found.contains(&reply), "{part}: {page}");
            let root = &page["posts"][first.to_string()];
            assert_eq!((&root["reply_count"], &root["is_following"]), (&json!(1), &json!(true)));
            assert_eq!(root["participants"], json!([{ "id": bob.id }]), "{part}");
        }
        let other = world.get(bob, &path).await.ok();
        assert_eq!(other["posts"][second.to_string()]["is_following"], false);
        let extended = world.get(ada, &format!("{path}&collapsedThreadsExtended=true")).await.ok();
        let root = &extended["posts"][first.to_string()];
        assert_eq!(root["participants"][0]["username"], "bob");
        let unread =
            format!("/users/me/channels/{}/posts/unread?collapsedThreads=true", scene.channel);
        assert!(!order(&world.get(ada, &unread).await.ok()).contains(&reply));
        let whole = format!("/posts/{reply}/thread?collapsedThreads=true&direction=down");
        let whole = world.get(ada, &whole).await.ok();
        assert_eq!(order(&whole), [first, reply]);
        assert_eq!(whole["posts"][first.to_string()]["is_following"], true);
        let plain = world.get(ada, &format!("/channels/{}/posts", scene.channel)).await.ok();
        assert!(order(&plain).contains(&reply));
        assert_eq!(plain["posts"][first.to_string()].get("is_following"), None);
    });
}
