//! From the past to the present, with no gap and nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use events::{Id, Partition, PostId, Topic};
use fold::snapshots::Snapshots;
use serde_json::json;

use super::listener::Heard;
use super::{Listener, Scene};
use crate::world::run;

fn posts(heard: &[Heard]) -> Vec<String> {
    let created = heard.iter().filter(|heard| heard.event == "post.created");
    created.map(|heard| heard.post().to_owned()).collect()
}

fn texts(posts: &[PostId]) -> Vec<String> {
    posts.iter().map(ToString::to_string).collect()
}

#[test]
fn what_happens_is_told_as_a_cloud_event() {
    run(async {
        let scene = Scene::set().await;
        let mut bob = Listener::open(&scene.world, &scene.bob, "").await;
        let post = scene.world.say(scene.channel, &scene.ada, "tea\nis \"ready\"").await;
        let heard = bob.next().await;
        assert_eq!(heard.event, "post.created");
        let document = &heard.document;
        for (field, expected) in [
            ("specversion", json!("1.0")),
            ("source", json!("nottermost/test")),
            ("type", json!("post.created")),
            ("subject", json!(scene.channel)),
            ("datacontenttype", json!("application/json")),
            ("typeversion", json!(1)),
        ] {
            assert_eq!(document[field], expected, "{field}");
        }
        let partition = Partition::of(Topic::Channels, scene.channel.as_bytes());
        let at = scene.world.fold.next(partition) - 1;
        assert_eq!(document["position"], format!("1.{partition}.{at}"));
        let time = document["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");
        assert_eq!(document["id"].as_str().unwrap().len(), 26);
        assert_eq!(
            heard.data(),
            &json!({
                "channel_id": scene.channel, "post_id": post, "author_id": scene.ada.id,
                "message": "tea\nis \"ready\"", "broadcast": "none",
            })
        );
        scene.world.react(scene.channel, &scene.bob, post, "tea").await;
        let reaction = bob.next().await;
        assert_eq!(
            (&*reaction.event, &reaction.data()["emoji_name"]),
            ("reaction.added", &json!("tea"))
        );
    });
}

#[test]
fn the_past_leads_into_the_present() {
    run(async {
        for scene in [Scene::set().await, Scene::set_forgetful().await] {
            let mut expected = scene.say(6).await;
            scene.refused().await;
            let mut bob = scene.history(&scene.bob).await;
            assert_eq!(bob.next().await.event, "channel_name.claimed");
            assert_eq!(bob.next().await.event, "channel.created");
            let joined = bob.next().await;
            assert_eq!(joined.event, "channel.members_added");
            assert_eq!(joined.data()["admitted"], json!([scene.bob.id]));
            let mut heard = bob.take(3).await;
            expected.extend(scene.say(5).await);
            heard.extend(bob.take(8).await);
            assert_eq!(posts(&heard), texts(&expected), "nothing that is void, nothing twice");
        }
    });
}

#[test]
fn who_comes_again_misses_nothing_and_hears_nothing_twice() {
    run(async {
        let scene = Scene::set_forgetful().await;
        let query = format!("?channel_id={}&types=post.*", scene.channel);
        let mut bob = Listener::open(&scene.world, &scene.bob, &query).await;
        let mut expected = scene.say(3).await;
        let mut heard = bob.take(3).await;
        let cursor = bob.cursor.clone();
        drop(bob);
        expected.extend(scene.say(7).await);
        let partition = Partition::of(Topic::Channels, scene.channel.as_bytes());
        let snapshots = Snapshots::new(scene.world.objects.clone());
        snapshots.write(scene.world.fold.set(), partition).await.unwrap();
        expected.extend(scene.say(4).await);
        // From before the snapshot, from behind it, and by positions.
        let mut again = Listener::resume(&scene.world, &scene.bob, &query, &cursor).await;
        heard.extend(again.take(11).await);
        assert_eq!(posts(&heard), texts(&expected));
        let mut again = Listener::resume(&scene.world, &scene.bob, &query, &heard[10].id).await;
        assert_eq!(posts(&again.take(3).await), texts(&expected[11..]));
        let from = heard[9].document["position"].as_str().unwrap();
        let query = format!("{query}&from={from}");
        let mut again = Listener::open(&scene.world, &scene.bob, &query).await;
        assert_eq!(posts(&again.take(5).await), texts(&expected[9..]));
        // What stands in the address is where a client began; where it is says the header.
        let mut again = Listener::resume(&scene.world, &scene.bob, &query, &heard[12].id).await;
        assert_eq!(posts(&again.take(1).await), texts(&expected[13..]));
    });
}

#[test]
fn wherever_a_stream_is_cut_its_parts_are_the_whole() {
    run(async {
        let scene = Scene::set_forgetful().await;
        for n in 0..12 {
            let post = scene.say(1).await[0];
            scene.world.react(scene.channel, &scene.bob, post, "wave").await;
            if n % 3 == 0 {
                scene.refused().await;
                scene.world.prefer(&scene.bob, "tea", &n.to_string(), "green").await;
            }
        }
        let last = scene.world.say(scene.channel, &scene.ada, "the last").await.to_string();
        let mut listener = Listener::open(&scene.world, &scene.bob, "?from=beginning").await;
        let (mut whole, mut said, mut preferred) = (Vec::new(), false, false);
        // Partitions come one after another: the last post need not be the last event.
        while !(said && preferred) {
            let heard = listener.next().await;
            said |= heard.event == "post.created" && heard.post() == last;
            let preference = &heard.data()["preferences"][0]["name"];
            preferred |= heard.event == "preferences.set" && preference == "9";
            whole.push(heard);
        }
        let expected = by_partition(&whole);
        assert_eq!(ids(&whole).collect::<BTreeSet<_>>().len(), whole.len(), "nothing twice");
        for _ in 0..12 {
            let cuts = Id::random().0.map(|byte| usize::from(byte % 9));
            let mut parts = Vec::new();
            let mut cursor: Option<String> = None;
            for cut in cuts.into_iter().chain([whole.len()]) {
                let mut part = match &cursor {
                    None => Listener::open(&scene.world, &scene.bob, "?from=beginning").await,
                    Some(cursor) => Listener::resume(&scene.world, &scene.bob, "", cursor).await,
                };
                parts.extend(part.take(cut.min(whole.len() - parts.len())).await);
                cursor = Some(part.cursor);
            }
            assert_eq!(by_partition(&parts), expected, "cut at {cuts:?}");
        }
    });
}

fn ids(heard: &[Heard]) -> impl Iterator<Item = String> {
    heard.iter().map(|heard| heard.document["id"].to_string())
}

/// Ids in the order of each partition, which is all that is promised.
fn by_partition(heard: &[Heard]) -> BTreeMap<String, Vec<String>> {
    let mut partitions = BTreeMap::<_, Vec<_>>::new();
    for (heard, id) in heard.iter().zip(ids(heard)) {
        let position = heard.document["position"].as_str().unwrap();
        let (partition, _) = position.rsplit_once('.').unwrap();
        partitions.entry(partition.to_owned()).or_default().push(id);
    }
    partitions
}
