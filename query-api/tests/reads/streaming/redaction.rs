//! History does not tell what was deleted, erased or edited away since.

use domain::WindowLimits;
use events::channel::Root;
use events::retention::ChannelPostsExpired;
use events::{Body, ChannelEvent, Id};
use fold::FoldSet;
use serde_json::{Value, json};

use super::listener::Heard;
use super::{Listener, Scene};
use crate::people::Person;
use crate::world::{Setup, World, run};

/// One whose fold remembers hardly any touch, so that the rows are asked, and one whose fold remembers all.
async fn scenes() -> [Scene; 2] {
    let limits = WindowLimits { span_ms: i64::MAX / 2, entries_max: 1 };
    let setup =
        Setup { folds: FoldSet::with_windows(WindowLimits::DIRECTORY, limits), ..Setup::default() };
    [Scene::set().await, Scene::set_in(World::start_as(setup).await).await]
}

async fn said(scene: &Scene, person: &Person, count: usize) -> Vec<Heard> {
    let query = format!("?from=beginning&channel_id={}&types=post.*", scene.channel);
    Listener::open(&scene.world, person, &query).await.take(count).await
}

#[track_caller]
fn assert_redacted(heard: &Heard) {
    assert_eq!(heard.data()["redacted"], true, "{heard:?}");
    for text in ["message", "props", "mentions", "broadcast", "files", "file_names", "emoji_name"] {
        assert_eq!(heard.data().get(text), None, "{heard:?}");
    }
    assert!(heard.data()["post_id"].is_string());
}

#[test]
fn a_deleted_post_and_its_thread_are_told_without_their_words() {
    run(async {
        for scene in scenes().await {
            let (world, channel) = (&scene.world, scene.channel);
            let root = world.say(channel, &scene.ada, "hot root").await;
            world.reply((root, &scene.ada), channel, &scene.bob).await;
            let kept = world.say(channel, &scene.ada, "kept").await;
            world.react(channel, &scene.bob, root, "fire").await;
            let mut live = Listener::open(world, &scene.bob, "?types=post.*").await;
            world.delete(channel, &scene.ada, root).await;
            for person in [&scene.ada, &scene.bob] {
                let heard = said(&scene, person, 4).await;
                assert_redacted(&heard[0]);
                assert_redacted(&heard[1]);
                assert_eq!(heard[1].data()["root"]["post_id"], json!(root));
                assert_eq!(heard[2].message(), "kept");
                assert_eq!(
                    (heard[2].post(), heard[2].data().get("redacted")),
                    (&*kept.to_string(), None)
                );
                assert_eq!(
                    (&*heard[3].event, heard[3].post()),
                    ("post.deleted", &*root.to_string())
                );
            }
            assert_eq!(live.next().await.event, "post.deleted");
            let query = format!("?from=beginning&channel_id={channel}&types=reaction.*");
            assert_redacted(&Listener::open(world, &scene.bob, &query).await.next().await);
        }
    });
}

#[test]
fn an_earlier_text_is_for_those_who_may_see_the_edit_history() {
    run(async {
        for scene in scenes().await {
            let (world, channel) = (&scene.world, scene.channel);
            let carol = world.person("carol").await;
            world.join_team(scene.team, &carol).await;
            world.join(channel, &carol, events::channel::NoticeKind::JoinChannel).await;
            let post = world.say(channel, &scene.bob, "frist").await;
            world.edit(channel, &scene.bob, post, "first").await;
            let messages = async |person| -> Vec<Value> {
                said(&scene, person, 2).await.iter().map(|heard| heard.message().clone()).collect()
            };
            // The author, and the administrator.
            assert_eq!(messages(&scene.bob).await, ["frist", "first"]);
            assert_eq!(messages(&scene.ada).await, ["frist", "first"]);
            let heard = said(&scene, &carol, 2).await;
            assert_redacted(&heard[0]);
            assert_eq!(heard[1].message(), "first");
        }
    });
}

#[test]
fn what_is_erased_or_past_its_time_is_told_by_nobody() {
    run(async {
        for scene in scenes().await {
            let (world, channel) = (&scene.world, scene.channel);
            let old = world.say(channel, &scene.ada, "old").await;
            let answered = Root { post_id: old, author_id: scene.ada.id };
            let before =
                world.get(&scene.ada, &format!("/posts/{old}")).await.ok()["create_at"].clone();
            world.post(channel, &scene.ada, "young reply", Some(answered), &[]).await;
            world.say(channel, &scene.bob, "of the erased").await;
            let expired = ChannelPostsExpired {
                channel_id: channel,
                before: before.as_i64().unwrap() + 1,
                files_before: 0,
                kept_author_ids: vec![],
                policy_id: None,
                run_id: Id([7; 16]),
                posts: 1,
                files: 0,
            };
            world.append(channel.0, ChannelEvent::from(Body::from(expired))).await;
            world.erase_author(channel, &scene.bob).await;
            let heard = said(&scene, &scene.ada, 3).await;
            assert_redacted(&heard[0]);
            assert_eq!(heard[1].message(), "young reply");
            assert_redacted(&heard[2]);
            let query = format!(
                "?from=beginning&channel_id={channel}&types=channel.posts_expired,channel.author_erased"
            );
            let facts = Listener::open(world, &scene.ada, &query).await.take(2).await;
            assert_eq!(
                facts[0].data(),
                &json!({ "channel_id": channel, "before": before.as_i64().unwrap() + 1, "files_before": 0 })
            );
            assert_eq!(facts[1].data()["user_id"], json!(scene.bob.id));
        }
    });
}

#[test]
fn people_are_called_only_what_they_are_called_now() {
    run(async {
        let scene = Scene::set().await;
        let renamed = scene.world.rename(&scene.ada, "lovelace").await;
        let query = "?from=beginning&types=user.*";
        let heard = Listener::open(&scene.world, &scene.bob, query).await.take(3).await;
        let (ada, bob, change) = (heard[0].data(), heard[1].data(), heard[2].data());
        assert_eq!((&ada["user_id"], &ada["redacted"]), (&json!(scene.ada.id), &json!(true)));
        assert_eq!(ada.get("username"), None);
        assert_eq!(
            bob,
            &json!({
                "user_id": scene.bob.id, "is_bot": false, "username": "bob", "nickname": "",
                "first_name": "BOB", "last_name": "",
            })
        );
        assert_eq!(change["username"], "lovelace");
        assert_eq!(heard[2].document["position"], renamed.to_string());
    });
}
