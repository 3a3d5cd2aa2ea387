//! What can be asked for, and what is refused.

use events::directory::ChannelType;
use events::{ChannelId, Partition, TeamId, Topic};
use http::StatusCode;

use super::listener::EVENTS;
use super::{Listener, Scene};
use crate::people::Team;
use crate::world::{Setup, World, run};

#[test]
fn a_stream_is_of_a_channel_a_team_or_of_types() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let other: Team = world.team(&scene.ada, "coffee").await;
        let black = world.channel(other, ChannelType::Open, "black", &scene.ada).await;
        let of = |query: String| {
            let person = &scene.ada;
            async move { Listener::open(world, person, &query).await }
        };
        let mut of_channel = of(format!("?channel_id={}", scene.channel)).await;
        let mut of_team = of(format!("?team_id={}", other.id)).await;
        let mut of_types = of("?types=reaction.added,preferences.*".to_owned()).await;
        world.say(black, &scene.ada, "elsewhere").await;
        let post = world.say(scene.channel, &scene.ada, "here").await;
        world.react(scene.channel, &scene.bob, post, "wave").await;
        world.join_team(other, &scene.bob).await;
        world.prefer(&scene.ada, "tea", "x", "y").await;
        assert_eq!(of_channel.next().await.message(), "here");
        assert_eq!(of_channel.next().await.event, "reaction.added");
        assert_eq!(of_team.next().await.message(), "elsewhere");
        assert_eq!(of_team.next().await.event, "team.members_added");
        assert_eq!(of_team.next().await.event, "channel.members_added");
        assert_eq!(of_types.next().await.event, "reaction.added");
        assert_eq!(of_types.next().await.event, "preferences.set");
    });
}

#[test]
fn what_may_not_be_read_or_does_not_exist_is_refused_at_once() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let eve = world.person("eve").await;
        let refused =
            async |query: String| world.get(&eve, &format!("{EVENTS}?{query}")).await.refused();
        assert_eq!(refused(format!("channel_id={}", scene.channel)).await.0, 404);
        assert_eq!(refused(format!("team_id={}", scene.team.id)).await.0, 403);
        assert_eq!(refused(format!("channel_id={}", ChannelId::random())).await.0, 404);
        assert_eq!(refused(format!("team_id={}", TeamId::random())).await.0, 404);
        let stranger = world.send("GET", EVENTS, &[], "").await;
        assert_eq!(stranger.refused(), (401, "api.context.session_expired.app_error".to_owned()));
    });
}

#[test]
fn hostile_parameters_are_refused() {
    run(async {
        let scene = Scene::set().await;
        let world = &scene.world;
        let channels = Partition::of(Topic::Channels, scene.channel.as_bytes());
        let end = world.fold.next(channels);
        let cursor = Listener::open(world, &scene.ada, "").await.cursor;
        let longer = format!("{cursor}AA");
        let long = "A".repeat(20_000);
        let beyond = format!("1.{channels}.{}", end + 1);
        let twice = format!("1.{channels}.0,1.{channels}.0");
        let of_nobody = format!("1.{}.0", Partition { topic: Topic::Readstate, index: 3 });
        for from in [
            "yesterday",
            "-1",
            "AQ==",
            "%00",
            "1.channels-99.0",
            "1.channels-07",
            "1.channels-07.-1",
            "1.channels-07.18446744073709551616",
            "..",
            ",",
            "'%20OR%201=1",
            "%F0%9F%8D%B5",
            &longer,
            &long,
            &beyond,
            &twice,
            &of_nobody,
        ] {
            let answer = world.get(&scene.ada, &format!("{EVENTS}?from={from}")).await;
            assert_eq!(answer.refused().0, 400, "{from}");
        }
        for types in [
            "post",
            "post.*.x",
            "*",
            ".*",
            "session.created",
            "session.*",
            "post.created,,",
            "rules.activated",
        ] {
            let answer = world.get(&scene.ada, &format!("{EVENTS}?types={types}")).await;
            assert_eq!(answer.refused().0, 400, "{types}");
        }
        for query in ["channel_id=short", "team_id=..", "channel_id=%00"] {
            let answer = world.get(&scene.ada, &format!("{EVENTS}?{query}")).await;
            assert_eq!(answer.refused().0, 400, "{query}");
        }
        let nothing = format!("{EVENTS}?types=user.*&channel_id={}", scene.channel);
        assert_eq!(world.get(&scene.ada, &nothing).await.refused().0, 400, "there can be none");
        for last in ["x", "now", "1.channels-07.0", &longer] {
            let answer = world.get_with(&scene.ada, EVENTS, ("last-event-id", last)).await;
            assert_eq!(answer.refused().0, 400, "{last}");
        }
        // The end itself is where what comes next stands.
        Listener::open(world, &scene.ada, &format!("?from=1.{channels}.{end}")).await;
    });
}

#[test]
fn an_account_has_so_many_streams_and_no_more() {
    run(async {
        let mut setup = Setup::default();
        setup.stream.per_account_max = 2;
        let scene = Scene::set_in(World::start_as(setup).await).await;
        let world = &scene.world;
        let first = Listener::open(world, &scene.ada, "").await;
        let _second = Listener::open(world, &scene.ada, "").await;
        let third = world.get(&scene.ada, EVENTS).await;
        assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(third.json()["id"], "api.nottermost.stream.limit_reached.app_error");
        Listener::open(world, &scene.bob, "").await;
        drop(first);
        Listener::open(world, &scene.ada, "").await;
    });
}

#[test]
fn a_stream_that_must_wait_for_its_past_is_not_silent() {
    run(async {
        let mut setup = Setup::default();
        setup.stream.ring_records_max = 1;
        setup.stream.catch_ups_max = 1;
        setup.stream.heartbeat = std::time::Duration::from_millis(20);
        let scene = Scene::set_in(World::start_as(setup).await).await;
        let posts = scene.say(10).await;
        // Reads its past no further than the pieces that were asked for, so it keeps the only permit.
        let mut first = scene.history(&scene.ada).await;
        first.take(4).await;
        let mut second = scene.history(&scene.bob).await;
        for _ in 0..3 {
            assert!(matches!(second.block().await, Some(super::listener::Block::Silence)));
        }
        drop(first);
        let mut heard = 0;
        while heard < posts.len() {
            heard += usize::from(second.next().await.event == "post.created");
        }
    });
}

#[test]
fn a_client_that_reads_nothing_keeps_nobody_from_their_past() {
    run(async {
        let mut setup = Setup::default();
        setup.stream.ring_records_max = 1;
        setup.stream.catch_ups_max = 1;
        setup.stream.stalled_after = std::time::Duration::from_millis(100);
        let scene = Scene::set_in(World::start_as(setup).await).await;
        let posts = scene.say(10).await;
        let mut first = scene.history(&scene.ada).await;
        first.take(4).await;
        let mut second = scene.history(&scene.bob).await;
        let mut heard = 0;
        while heard < posts.len() {
            heard += usize::from(second.next().await.event == "post.created");
        }
        first.ended().await;
    });
}

#[test]
fn the_description_is_there_for_everyone() {
    run(async {
        let world = World::start().await;
        let answer = world.send("GET", &format!("{EVENTS}/asyncapi.json"), &[], "").await;
        assert_eq!(answer.ok(), query_api::asyncapi_document());
    });
}
