//! What others keep private: refused everywhere, and never a word of it.

use events::channel::NoticeKind;
use events::directory::ChannelType;
use platform::clock::now_ms;
use serde_json::json;

use crate::world::{World, run};

const SECRET: &str = "topsecret";

#[test]
fn private_and_direct_channels_show_nothing_to_those_who_are_not_in_them() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let outsider = world.person("outsider").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let private = world.channel(team, ChannelType::Private, "hidden-name", &ada).await;
        let carol = world.person("carol").await;
        let direct = world.direct(&ada, &carol).await;
        let file =
            world.upload(private, &ada, "topsecret.txt", "text/plain", SECRET.as_bytes()).await;
        let hidden =
            world.post(private, &ada, SECRET, None, &[(file.clone(), "topsecret.txt")]).await;
        let reply = world.reply((hidden, &ada), private, &ada).await;
        let whisper = world.say(direct, &ada, SECRET).await;
        world.indexed().await;

        let mut paths = Vec::new();
        for channel in [private, direct] {
            for more in [
                "",
                "/members",
                "/members/me",
                "/stats",
                "/posts",
                "/posts?since=1",
                "/posts?page=1",
                "/pinned",
                "/bookmarks",
            ] {
                paths.push(format!("/channels/{channel}{more}"));
            }
            paths.push(format!("/channels/{channel}/posts?before={hidden}"));
            paths.push(format!("/channels/{channel}/posts?after={hidden}"));
            paths.push(format!("/api/nottermost/v1/channels/{channel}/as_of?at={}", now_ms()));
            paths.push(format!("/users/me/channels/{channel}/unread"));
            paths.push(format!("/users/me/channels/{channel}/posts/unread"));
            paths.push(format!("/users?in_channel={channel}"));
        }
        for post in [hidden, reply, whisper] {
            for more in ["", "/thread", "/reactions", "/files/info", "/edit_history"] {
                paths.push(format!("/posts/{post}{more}"));
            }
            paths.push(format!("/api/nottermost/v1/posts/{post}/history"));
        }
        paths.push(format!("/files/{}", file.file_id));
        paths.push(format!("/files/{}/info", file.file_id));
        for nosy in [&bob, &outsider] {
            for path in &paths {
                let answer = world.get(nosy, path).await;
                assert!([403, 404].contains(&answer.refused().0), "{path}: {answer:?}");
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(!text.contains(SECRET) && !text.contains("hidden-name"), "{path}: {text}");
            }
            for (path, body) in [
                ("/posts/ids", json!([hidden, whisper])),
                ("/posts/ids/reactions", json!([hidden, whisper])),
                ("/users/group_channels", json!([private, direct])),
                ("/posts/search", json!({ "terms": SECRET })),
                (
                    "/posts/search",
                    json!({ "terms": "from:ada in:hidden-name", "is_or_search": true }),
                ),
            ] {
                let answer = world.ask(nosy, path, body).await;
                answer.ok();
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(
                    !text.contains(SECRET) && !text.contains(&hidden.to_string()),
                    "{path}: {text}"
                );
            }
        }
        // An administrator knows of channels and members, and reads nothing.
        world.get(&admin, &format!("/channels/{private}")).await.ok();
        for (path, status) in [
            (format!("/channels/{private}/posts"), 403),
            (format!("/posts/{hidden}"), 404),
            (format!("/channels/{direct}"), 404),
        ] {
            assert_eq!(world.get(&admin, &path).await.refused().0, status, "{path}");
        }
    });
}

#[test]
fn a_membership_that_ended_ends_every_way_to_read() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Private, "black", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        let post = world.say(channel, &ada, SECRET).await;
        let paths = [
            format!("/channels/{channel}"),
            format!("/channels/{channel}/posts"),
            format!("/channels/{channel}/posts?page=0&per_page=5"),
            format!("/posts/{post}"),
            format!("/posts/{post}/thread"),
        ];
        for path in &paths {
            world.get(&bob, path).await.ok();
        }
        world.leave(channel, &bob).await;
        for path in &paths {
            let answer = world.get(&bob, path).await;
            assert!([403, 404].contains(&answer.refused().0), "{path}: {answer:?}");
        }
        world.get(&ada, &paths[1]).await.ok();
    });
}
