//! What is answered from memory says the same as the rows, and is never older than a write's answer.

use std::time::{Duration, Instant};

use events::channel::NoticeKind;
use events::custom_status::{CustomStatus, CustomStatusContent, CustomStatusSet};
use events::directory::ChannelType;
use events::{Body, UserEvent};
use http::StatusCode;
use serde_json::json;

use crate::people::{order, post_created};
use crate::world::{PATIENCE, World, run};

#[test]
fn the_newest_page_shows_each_change_at_once() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        let path = format!("/channels/{channel}/posts");
        let page = async || {
            let first = world.get(&bob, &path).await.ok();
            // The second time it can come from memory.
            assert_eq!(world.get(&bob, &path).await.ok(), first);
            first
        };
        let empty = page().await;
        assert_eq!(order(&empty).len(), 1, "bob's coming");
        let post = world.say(channel, &ada, "one").await;
        assert_eq!(order(&page().await)[0], post);
        world.edit(channel, &ada, post, "two").await;
        assert_eq!(page().await["posts"][post.to_string()]["message"], "two");
        world.react(channel, &bob, post, "wave").await;
        assert_eq!(page().await["posts"][post.to_string()]["has_reactions"], true);
        world.pin(channel, &bob, post).await;
        assert_eq!(page().await["posts"][post.to_string()]["is_pinned"], true);
        let reply = world.reply((post, &ada), channel, &bob).await;
        assert_eq!(order(&page().await)[0], reply);
        world.delete(channel, &ada, post).await;
        assert_eq!(order(&page().await).len(), 1);
        // Other channels move while this one stands still.
        for n in 0..70 {
            let other = world.channel(team, ChannelType::Open, &format!("c{n}"), &ada).await;
            world.say(other, &ada, "elsewhere").await;
        }
        assert_eq!(order(&page().await).len(), 1);
    });
}

#[test]
fn system_posts_are_told_in_the_names_of_today() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let path = format!("/channels/{}/posts", team.town_square);
        let told = async || {
            let page = world.get(&ada, &path).await.ok();
            let post = order(&page)[0].to_string();
            page["posts"][post]["message"].as_str().unwrap().to_owned()
        };
        for _ in 0..2 {
            assert!(told().await.contains("@bob"));
        }
        world.rename(&bob, "robert").await;
        for _ in 0..2 {
            let text = told().await;
            assert!(text.contains("@robert") && !text.contains("@bob "), "{text}");
        }
    });
}

#[test]
fn the_own_profile_shows_each_change_at_once() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        for name in ["ada", "lovelace", "king"] {
            if name != "ada" {
                world.rename(&ada, name).await;
            }
            for _ in 0..3 {
                let me = world.get(&ada, "/users/me").await;
                assert_eq!(me.ok()["username"], name);
                let tag = me.headers["etag"].to_str().unwrap();
                let same = world.get_with(&ada, "/users/me", ("if-none-match", tag)).await;
                assert_eq!(same.status, StatusCode::NOT_MODIFIED);
            }
        }
    });
}

#[test]
fn the_own_profile_forgets_what_somebody_was_at_when_it_ends() {
    run(async {
        let world = World::start().await;
        world.person("root").await;
        let ada = world.person("ada").await;
        let status = CustomStatus { text: "tea".to_owned(), ..CustomStatus::default() };
        let expires_at_ms = platform::clock::now_ms() + 3_000;
        let c = CustomStatusSet { user_id: ada.id, expires_at_ms };
        let p = CustomStatusContent { status: status.clone(), recent: vec![status] };
        world.append(ada.id.0, UserEvent::from(Body { c, p })).await;
        let shown = async || {
            let me = world.get(&ada, "/users/me").await.ok();
            me["props"].get("customStatus").is_some()
        };
        for _ in 0..2 {
            assert!(shown().await, "the second time from memory");
        }
        let deadline = Instant::now() + PATIENCE;
        while shown().await {
            assert!(Instant::now() < deadline, "it is over, and still shown");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(platform::clock::now_ms() >= expires_at_ms, "not before it ends");
    });
}

#[test]
fn while_the_rows_are_behind_an_old_page_is_not_kept_for_later() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let path = format!("/channels/{channel}/posts");
        for n in 0..50 {
            let (post, event) = post_created(channel, &ada, &format!("message {n}"), None, &[]);
            let at = world.append_unread(channel.0, event).await;
            // Asked at any moment between fold and rows, it may be old or new...
            world.get(&ada, &path).await.ok();
            world.projected(at).await;
            // ...but who was told that it is written sees it.
            let page = world.get(&ada, &path).await.ok();
            assert_eq!(order(&page)[0], post);
        }
    });
}

#[test]
fn nothing_is_refused_from_behind() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        for n in 0..20 {
            let (post, event) = post_created(channel, &ada, &format!("message {n}"), None, &[]);
            world.append_unread(channel.0, event).await;
            let read = world.get(&ada, &format!("/posts/{post}")).await.ok();
            assert_eq!(read["id"], json!(post), "the rows are brought to the log's end first");
        }
    });
}

#[test]
fn hot_reads_need_no_database_and_others_say_that_it_is_gone() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let post = world.say(channel, &ada, "turnip :smile:").await;
        world.indexed().await;
        let page = format!("/channels/{channel}/posts");
        let search = async || world.ask(&ada, "/posts/search", json!({ "terms": "turnip" })).await;
        for path in [&*page, "/users/me"] {
            world.get(&ada, path).await.ok();
        }
        assert_eq!(order(&search().await.ok()), [post]);
        world.without_database().await;
        assert_eq!(order(&world.get(&ada, &page).await.ok())[0], post);
        assert_eq!(world.get(&ada, "/users/me").await.ok()["username"], "ada");
        assert_eq!(order(&search().await.ok()), [post]);
        let gone = world.get(&ada, &format!("{page}?page=1")).await;
        assert_eq!(gone.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(gone.json()["id"], "api.nottermost.unavailable.app_error");
        let denied = world.get(&bob, &page).await;
        assert_eq!(
            denied.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "memory is for those who may read"
        );
    });
}
