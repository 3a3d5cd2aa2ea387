//! Who hears what, for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::directory::{ChannelType, UserActivated, UserDeactivated};
use events::user::SessionRevoked;
use events::{Body, DirectoryEvent, Id, UserEvent};
use fold::Lease;
use serde_json::json;

use super::listener::Block;
use super::{Listener, Scene};
use crate::world::{Setup, World, run};

#[test]
fn nobody_hears_of_channels_that_they_may_not_read() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let eve = world.person("eve").await;
        world.join_team(scene.team, &eve).await;
        let mut listeners = Vec::new();
        for from in ["now", "beginning"] {
            listeners.push(Listener::open(world, &eve, &format!("?from={from}")).await);
        }
        let hidden = world.say(scene.channel, &scene.ada, "topsecret").await;
        world.react(scene.channel, &scene.bob, hidden, "hush").await;
        let open = world.channel(scene.team, ChannelType::Open, "open", &scene.ada).await;
        world.say(open, &scene.ada, "topsecret too").await;
        world.prefer(&scene.bob, "tea", "bob", "topsecret").await;
        let heard_last = world.say(scene.team.town_square, &scene.ada, "for all").await;
        world.prefer(&eve, "tea", "eve", "green").await;
        for mut listener in listeners {
            let (mut said, mut preferred) = (false, false);
            while !(said && preferred) {
                let heard = listener.next().await;
                let text = heard.document.to_string();
                for never in ["topsecret", "hush", &scene.channel.to_string(), &open.to_string()] {
                    assert!(!text.contains(never), "{text}");
                }
                said |= heard.event == "post.created" && heard.post() == heard_last.to_string();
                preferred |= heard.event == "preferences.set";
                if heard.event == "preferences.set" {
                    assert_eq!(heard.data()["user_id"], json!(eve.id));
                }
            }
        }
    });
}

#[test]
fn administrators_alone_are_told_who_did_it() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let eve = world.person("eve").await;
        let (ada, bob) = (&scene.ada, &scene.bob);
        let mut to_ada = Listener::open(world, ada, "?types=user.deactivated,user.activated").await;
        let mut to_bob = Listener::open(world, bob, "?types=user.deactivated,user.activated").await;
        let off = UserDeactivated { user_id: eve.id };
        world.append_by(ada.id, Id::default(), DirectoryEvent::from(Body::from(off))).await;
        let on = UserActivated { user_id: eve.id };
        world.append(Id::default(), DirectoryEvent::from(Body::from(on))).await;
        assert_eq!(to_ada.next().await.document["actor"], json!(ada.id));
        assert_eq!(to_ada.next().await.document.get("actor"), None, "the server did that");
        assert_eq!(to_bob.next().await.document.get("actor"), None);
    });
}

#[test]
fn who_is_no_longer_a_member_hears_nothing_further_and_nothing_of_before() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let mut bob = Listener::open(world, &scene.bob, "?types=post.*").await;
        world.say(scene.channel, &scene.ada, "one").await;
        assert_eq!(bob.next().await.message(), "one");
        world.say(scene.channel, &scene.ada, "not read yet").await;
        world.leave(scene.channel, &scene.bob).await;
        world.say(scene.channel, &scene.ada, "two").await;
        world.say(scene.team.town_square, &scene.ada, "three").await;
        assert_eq!(bob.next().await.message(), "three", "he had not asked for it before he left");
        let mut again = Listener::open(world, &scene.bob, "?types=post.*&from=beginning").await;
        assert_eq!(again.next().await.message(), "three");
        // The end of the team membership ends the channel's, by no event of the channel.
        let mut ada = Listener::open(world, &scene.ada, "?types=post.*").await;
        world.leave_team(scene.team, &scene.bob).await;
        world.say(scene.team.town_square, &scene.ada, "four").await;
        let direct = world.direct(&scene.ada, &scene.bob).await;
        world.say(direct, &scene.ada, "five").await;
        assert_eq!(bob.next().await.message(), "five");
        assert_eq!(ada.next().await.message(), "four");
    });
}

#[test]
fn a_stream_ends_with_its_session_its_account_and_its_process() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let bob = Listener::open(world, &scene.bob, "").await;
        let (token, session) = world.session(scene.bob.id).await;
        let elsewhere = crate::people::Person { token, session, ..scene.bob.clone() };
        let mut other = Listener::open(world, &elsewhere, "?types=post.*").await;
        let revoked = SessionRevoked { user_id: scene.bob.id, session_id: scene.bob.session };
        world.append(scene.bob.id.0, UserEvent::SessionRevoked(revoked.into())).await;
        bob.ended().await;
        world.say(scene.channel, &scene.ada, "still here").await;
        assert_eq!(other.next().await.message(), "still here");
        let gone = UserDeactivated { user_id: scene.bob.id };
        world.append(Id::default(), DirectoryEvent::UserDeactivated(gone.into())).await;
        other.ended().await;
        let ada = Listener::open(world, &scene.ada, "").await;
        world.leaving.cancel();
        ada.ended().await;
    });
}

#[test]
fn while_the_fold_may_be_old_nothing_is_told_but_that_the_stream_is_there() {
    run(async {
        let lease = Arc::new(Lease::default());
        lease.renew(Instant::now());
        let lost = Duration::from_secs(3_600);
        let mut setup = Setup::default();
        setup.stream.heartbeat = Duration::from_millis(20);
        setup.folding.lease = Some(Arc::clone(&lease));
        setup.folding.fail_closed_after = lost;
        let scene = Scene::set_in(World::start_as(setup).await).await;
        let mut bob = Listener::open(&scene.world, &scene.bob, "?types=post.*").await;
        lease.renew(Instant::now().checked_sub(lost).expect("the machine runs for an hour"));
        scene.world.say(scene.channel, &scene.ada, "not yet").await;
        for _ in 0..10 {
            assert!(matches!(bob.block().await, Some(Block::Silence)));
        }
        lease.renew(Instant::now());
        assert_eq!(bob.next().await.message(), "not yet");
    });
}
