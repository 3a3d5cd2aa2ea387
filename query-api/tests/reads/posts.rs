//! Posts by page, by cursor, by thread, one by one.

use events::channel::NoticeKind;
use events::directory::ChannelType;
use events::{ChannelId, PostId};
use http::StatusCode;
use serde_json::{Value, json};

use crate::people::{Person, each, order};
use crate::world::{World, run};

async fn channel_of_two(world: &World) -> (Person, Person, ChannelId) {
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let team = world.team(&ada, "tea").await;
    world.join_team(team, &bob).await;
    let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
    world.join(channel, &bob, NoticeKind::JoinChannel).await;
    (ada, bob, channel)
}

/// The posts that people wrote.
fn written(list: &Value) -> Vec<PostId> {
    let by_people = |id: &PostId| list["posts"][id.to_string()]["type"] == "";
    order(list).into_iter().filter(by_people).collect()
}

#[test]
fn a_channel_is_read_in_pages_and_from_post_to_post() {
    run(async {
        let world = World::start().await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let mut ids = Vec::new();
        for n in 0..25 {
            ids.push(world.say(channel, &ada, &format!("message {n}")).await);
        }
        let newest_first: Vec<PostId> = ids.iter().rev().copied().collect();
        let posts = format!("/channels/{channel}/posts");
        let page = async |query: String| world.get(&bob, &format!("{posts}?{query}")).await.ok();

        let mut walked = Vec::new();
        for number in 0..4 {
            walked.extend(written(&page(format!("page={number}&per_page=10")).await));
        }
        assert_eq!(walked, newest_first);
        let first = page("page=0&per_page=10".into()).await;
        assert_eq!(
            (&first["next_post_id"], &first["prev_post_id"]),
            (&json!(""), &json!(newest_first[10]))
        );
        let second = page("page=1&per_page=10".into()).await;
        assert_eq!(
            (&second["next_post_id"], &second["prev_post_id"]),
            (&json!(newest_first[9]), &json!(newest_first[20]))
        );
        assert_eq!(written(&page("page=9999".into()).await), []);

        let older = page(format!("before={}&per_page=5", ids[10])).await;
        assert_eq!(written(&older), ids[5..10].iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(
            (&older["next_post_id"], &older["prev_post_id"]),
            (&json!(ids[10]), &json!(ids[4]))
        );
        let newer = page(format!("after={}&per_page=5", ids[10])).await;
        assert_eq!(written(&newer), ids[11..16].iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(
            (&newer["next_post_id"], &newer["prev_post_id"]),
            (&json!(ids[16]), &json!(ids[10]))
        );
        assert_eq!(order(&page(format!("before={}", "y".repeat(26))).await), []);
        for query in ["before=short", "since=abc"] {
            assert_eq!(
                world.get(&bob, &format!("{posts}?{query}")).await.refused().0,
                400,
                "{query}"
            );
        }
    });
}

#[test]
fn since_tells_what_was_touched_and_what_is_gone() {
    run(async {
        let world = World::start().await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let mut ids = Vec::new();
        for n in 0..6 {
            ids.push(world.say(channel, &ada, &format!("message {n}")).await);
        }
        let last = world.get(&bob, &format!("/posts/{}", ids[5])).await.ok()["create_at"].clone();
        world.edit(channel, &ada, ids[0], "changed").await;
        world.delete(channel, &ada, ids[1]).await;
        world.react(channel, &bob, ids[2], "wave").await;
        world.pin(channel, &bob, ids[3]).await;
        let reply = world.reply((ids[4], &ada), channel, &bob).await;
        let since = world.get(&bob, &format!("/channels/{channel}/posts?since={last}")).await;
        assert!(!since.headers.contains_key("etag"));
        let list = since.ok();
        let mut got = order(&list);
        got.sort_unstable();
        let mut expected = vec![ids[0], ids[1], ids[2], ids[3], ids[4], reply];
        expected.sort_unstable();
        assert_eq!(got, expected);
        let of = |id: PostId| list["posts"][id.to_string()].clone();
        assert_eq!(of(ids[0])["message"], "changed");
        assert!(of(ids[1])["delete_at"].as_i64() > Some(0));
        assert_eq!(of(ids[1])["message"], "", "what it said is told to nobody");
        assert_eq!(of(ids[2])["metadata"]["reactions"][0]["emoji_name"], "wave");
        assert_eq!(
            (&of(ids[3])["is_pinned"], &of(ids[4])["reply_count"]),
            (&json!(true), &json!(1))
        );

        assert_eq!(world.get(&bob, &format!("/posts/{}", ids[1])).await.refused().0, 404);
        let pinned = world.get(&bob, &format!("/channels/{channel}/pinned")).await.ok();
        assert_eq!(order(&pinned), [ids[3]]);
        let reactions = world.get(&bob, &format!("/posts/{}/reactions", ids[2])).await.ok();
        assert_eq!(each(&reactions, "user_id"), [bob.id.to_string()]);
        assert_eq!(world.get(&bob, &format!("/posts/{}/reactions", ids[3])).await.ok(), json!([]));
        let several = world.ask(&bob, "/posts/ids/reactions", json!([ids[2], ids[3]])).await.ok();
        assert_eq!(several[ids[2].to_string()], reactions);
        let by_ids = world.ask(&bob, "/posts/ids", json!([ids[3], ids[1], ids[0]])).await.ok();
        assert_eq!(each(&by_ids, "id"), [ids[3].to_string(), ids[0].to_string()]);
    });
}

#[test]
fn a_thread_is_read_from_any_of_its_posts_in_both_directions() {
    run(async {
        let world = World::start().await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let root = world.say(channel, &ada, "root").await;
        let mut replies = Vec::new();
        for _ in 0..5 {
            replies.push(world.reply((root, &ada), channel, &bob).await);
        }
        let whole = world.get(&ada, &format!("/posts/{}/thread", replies[2])).await.ok();
        let mut newest_first: Vec<PostId> = replies.iter().rev().copied().collect();
        newest_first.push(root);
        assert_eq!(order(&whole), newest_first);
        assert_eq!(
            (&whole["has_next"], &whole["posts"][root.to_string()]["reply_count"]),
            (&json!(false), &json!(5))
        );

        let mut read: Vec<PostId> = Vec::new();
        let mut from = String::new();
        loop {
            let path = format!("/posts/{root}/thread?direction=down&perPage=2{from}");
            let page = world.get(&ada, &path).await.ok();
            let order = order(&page);
            assert_eq!(order[0], root, "the root is always there, first");
            read.extend(&order[1..]);
            if page["has_next"] == false {
                break;
            }
            let last = &page["posts"][order.last().unwrap().to_string()];
            from =
                format!("&fromCreateAt={}&fromPost={}", last["create_at"], order.last().unwrap());
        }
        assert_eq!(read, replies);
        assert_eq!(
            world.get(&ada, &format!("/posts/{root}/thread?direction=sideways")).await.refused().0,
            400
        );

        let page = world.get(&ada, &format!("/channels/{channel}/posts?per_page=2")).await.ok();
        assert_eq!(order(&page).len(), 2);
        assert!(page["posts"].get(root.to_string()).is_some(), "replies bring their root");
        let beside = world.get(&ada, &format!("/channels/{channel}/posts?per_page=5")).await.ok();
        assert_eq!(beside["prev_post_id"], json!(root));
        assert!(
            beside["posts"].get(root.to_string()).is_some(),
            "and if it stands next to the page"
        );
        let bare = world
            .get(&ada, &format!("/channels/{channel}/posts?per_page=5&skipFetchThreads=true"))
            .await
            .ok();
        assert!(bare["posts"].get(root.to_string()).is_none());
    });
}

#[test]
fn a_channel_opens_at_the_first_unread_post() {
    run(async {
        let world = World::start().await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let mut ids = Vec::new();
        for n in 0..10 {
            let author = if n == 4 { &bob } else { &ada };
            ids.push(world.say(channel, author, &format!("message {n}")).await);
        }
        let path = format!("/users/me/channels/{channel}/posts/unread");
        let around = world.get(&bob, &format!("{path}?limit_before=2&limit_after=3")).await.ok();
        assert_eq!(order(&around), [ids[7], ids[6], ids[5], ids[4], ids[3]]);
        assert_eq!(
            (&around["next_post_id"], &around["prev_post_id"]),
            (&json!(ids[8]), &json!(ids[2]))
        );
        let read = world.get(&ada, &format!("{path}?limit_before=3&limit_after=3")).await.ok();
        assert_eq!(order(&read), [ids[9], ids[8], ids[7]], "the newest where all is read");
        assert_eq!(world.get(&bob, &format!("{path}?limit_after=0")).await.refused().0, 400);
        let odd = world.get(&bob, &format!("{path}?limit_before=-1&limit_after=99999999999")).await;
        assert_eq!(odd.status, StatusCode::OK);
    });
}

#[test]
fn pages_have_a_tag_that_changes_with_what_they_say() {
    run(async {
        let world = World::start().await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let post = world.say(channel, &ada, "hello").await;
        for path in [
            format!("/channels/{channel}/posts"),
            format!("/channels/{channel}/posts?page=0&per_page=30"),
            format!("/posts/{post}"),
        ] {
            let tag = world.get(&bob, &path).await.headers["etag"].to_str().unwrap().to_owned();
            assert!(!tag.contains('"') && !tag.is_empty());
            let same = world.get_with(&bob, &path, ("if-none-match", &tag)).await;
            assert_eq!(
                (same.status, same.headers["etag"].to_str().unwrap()),
                (StatusCode::NOT_MODIFIED, &*tag)
            );
            assert_eq!(
                world.get_with(&bob, &path, ("if-none-match", "")).await.status,
                StatusCode::OK
            );
            world.react(channel, &ada, post, &format!("e{}", tag.len() + path.len())).await;
            let changed = world.get_with(&bob, &path, ("if-none-match", &tag)).await;
            assert_eq!(changed.status, StatusCode::OK, "{path}");
        }
    });
}

/// `edit_history` of the contract, and the whole history.
fn histories(post: PostId) -> [String; 2] {
    [format!("/posts/{post}/edit_history"), format!("/api/nottermost/v1/posts/{post}/history")]
}

#[test]
fn what_a_post_said_before_is_for_its_author_and_administrators() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let (ada, bob, channel) = channel_of_two(&world).await;
        let outsider = world.person("outsider").await;
        let post = world.say(channel, &ada, "one").await;
        let [edits, all] = histories(post);
        assert_eq!(world.get(&ada, &edits).await.refused().0, StatusCode::NOT_FOUND);
        let never = world.get(&ada, &all).await.ok();
        assert_eq!(each(&never["versions"], "message"), ["one"]);
        world.edit(channel, &ada, post, "two").await;
        world.edit(channel, &ada, post, "three").await;

        let now = world.get(&ada, &format!("/posts/{post}")).await.ok();
        let earlier = world.get(&ada, &edits).await.ok();
        assert_eq!(each(&earlier, "message"), ["two", "one"]);
        let [two, one] = [&earlier[0], &earlier[1]];
        assert_ne!(two["id"], one["id"]);
        assert_eq!(world.get(&ada, &edits).await.ok(), earlier, "ids of versions are stable");
        for version in [two, one] {
            assert_eq!(version["original_id"], json!(post));
            assert_eq!(version["create_at"], now["create_at"]);
            assert_eq!(version["update_at"], version["delete_at"]);
        }
        assert_eq!((&one["edit_at"], &two["edit_at"]), (&json!(0), &one["update_at"]));
        assert_eq!(two["update_at"], now["edit_at"]);

        for path in histories(post) {
            assert_eq!(world.get(&bob, &path).await.refused().0, StatusCode::FORBIDDEN, "{path}");
            let answer = world.get(&outsider, &path).await.refused();
            assert_eq!(answer.0, StatusCode::NOT_FOUND, "{path}");
        }
        // An administrator who is not in the channel asks for evidence, not for what members see.
        assert_eq!(world.get(&admin, &edits).await.refused().0, StatusCode::NOT_FOUND);
        world.get(&admin, &all).await.ok();
        world.delete(channel, &bob, post).await;
        assert_eq!(world.get(&ada, &edits).await.refused().0, StatusCode::NOT_FOUND);
        for who in [&ada, &admin] {
            let whole = world.get(who, &all).await.ok();
            assert_eq!(each(&whole["versions"], "message"), ["one", "two", "three"]);
            assert_eq!(whole["versions"][1]["from"], whole["versions"][0]["to"]);
            assert_eq!(whole["deleted"]["by"], json!(bob.id));
        }
        assert_eq!(world.get(&bob, &all).await.refused().0, StatusCode::FORBIDDEN);
        let [_, unknown] = histories(PostId::random());
        assert_eq!(world.get(&admin, &unknown).await.refused().0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn what_an_erased_author_said_before_is_blank() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let (ada, _, channel) = channel_of_two(&world).await;
        let post = world.say(channel, &ada, "zsecret one").await;
        world.edit(channel, &ada, post, "zsecret two").await;
        world.erase_author(channel, &ada).await;
        let [_, all] = histories(post);
        let answer = world.get(&admin, &all).await;
        assert_eq!(each(&answer.ok()["versions"], "message"), [""]);
        assert!(!String::from_utf8_lossy(&answer.body).contains("zsecret"));
    });
}
