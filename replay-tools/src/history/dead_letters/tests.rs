use std::sync::Arc;

use event_log::testing::MemoryLog;
use events::{ChannelId, Event, Topic};

use super::document::{Repaired, draft};
use super::readmit::{How, Readmission, Readmitted, Taking};
use super::*;
use crate::history::testing::{Scene, World};

/// A world in which the newest post of the channel is broken, and the channel's partition.
async fn broken() -> (World, Scene, Partition, Position) {
    let mut world = World::new().await;
    let scene = world.scene().await;
    let partition = Partition::of(Topic::Channels, scene.channel.as_bytes());
    world.say(scene.channel, scene.ada, "a loom").await;
    world.say(scene.channel, scene.bob, "a better loom").await;
    world.garble(partition, |body| body.replacen("author_id", "writer_id", 1));
    let offset = world.source().await.ends()[&partition] - 1;
    (world, scene, partition, Position::new(partition, offset))
}

async fn taking(world: &World) -> (Taking, Arc<MemoryLog>) {
    let log = world.log().await;
    let (keys, cell) = (world.keys.clone(), "test".to_owned());
    (Taking { log: Arc::clone(&log) as _, keys, cell, _data: None }, log)
}

async fn drafted(world: &World, position: Position) -> Value {
    draft(&one(&world.source().await, position).await.unwrap())
}

async fn readmit(
    taking: &Taking,
    position: Position,
    document: &Value,
    confirmed: bool,
) -> Result<Readmitted> {
    let repaired = Repaired::parse(&document.to_string())?;
    taking.readmit(&Readmission { position, repaired: &repaired, confirmed }).await
}

/// The document with the slip of the pen corrected.
fn repaired(mut document: Value) -> Value {
    let c = document["body"]["c"].as_object_mut().unwrap();
    let author = c.remove("writer_id").unwrap();
    c.insert("author_id".to_owned(), author);
    document
}

#[tokio::test]
async fn what_is_no_event_is_listed_and_shown() {
    let mut world = World::new().await;
    world.scene().await;
    world.scrawl(Partition::DIRECTORY);
    let source = world.source().await;
    let letters = all(&source).await.unwrap();
    let position = Position::new(Partition::DIRECTORY, 5);
    assert_eq!(letters.len(), 1);
    assert!(letters[0].prose(false).starts_with(&position.to_string()));
    let shown = one(&source, position).await.unwrap();
    assert_eq!(shown.json(true)["body"], "scrawl");
    let document = draft(&shown);
    assert_eq!((&document["type"], &document["body"]), (&Value::Null, &json!("scrawl")));
    for (offset, said) in [(0, "is an event"), (6, "there is no record")] {
        let refused = one(&source, Position::new(Partition::DIRECTORY, offset)).await;
        let text = refused.err().unwrap().to_string();
        assert!(text.contains(said), "{text}");
    }
}

#[tokio::test]
async fn a_repaired_event_is_told_appended_and_found_the_next_time() {
    let (mut world, _, partition, letter) = broken().await;
    let document = drafted(&world, letter).await;
    assert_eq!(document["body"]["p"]["message"], "a better loom", "it is opened");
    let document = repaired(document);
    let (taking, log) = taking(&world).await;

    let told = readmit(&taking, letter, &document, false).await.unwrap();
    let at = Position::new(partition, letter.offset + 1);
    assert_eq!((told.position, told.verdict.as_str(), told.how), (at, "applied", How::Told));
    assert_eq!(log.records(partition).len() as u64, at.offset, "nothing was appended");

    let done = readmit(&taking, letter, &document, true).await.unwrap();
    assert_eq!((done.position, done.verdict.as_str(), done.how), (at, "applied", How::Appended));
    let record = &log.records(partition)[letter.offset as usize + 1];
    assert!(events::sealed(&record.body).is_some(), "what is personal is sealed");
    let (meta, event) =
        events::decode(&taking.keys.opened(vec![Arc::clone(record)]).await.unwrap()[0]).unwrap();
    assert_eq!((meta.cause, meta.read_at), (Some(letter), at.offset));
    let Event::Channels(events::ChannelEvent::PostCreated(post)) = event else {
        panic!("{event:?}")
    };
    assert_eq!(post.p.message, "a better loom");

    let again = readmit(&taking, letter, &document, true).await.unwrap();
    assert_eq!((again.position, again.how), (at, How::Already));
    assert_eq!(log.records(partition).len() as u64, at.offset + 1, "it is there once");
    world.follow(&log, partition);
    let listed = all(&world.source().await).await.unwrap();
    assert_eq!(listed.iter().map(|letter| letter.readmitted).collect::<Vec<_>>(), [Some(at)]);
}

#[tokio::test]
async fn what_would_have_no_effect_is_not_appended() {
    let (mut world, scene, partition, letter) = broken().await;
    let document = repaired(drafted(&world, letter).await);
    world.remove_bob(&scene).await;
    let (taking, log) = taking(&world).await;
    let ends = log.records(partition).len();
    let refused = readmit(&taking, letter, &document, true).await.unwrap_err().to_string();
    assert!(refused.contains("NotAMember"), "{refused}");
    assert_eq!(log.records(partition).len(), ends);
}

#[tokio::test]
async fn a_document_that_is_no_event_of_the_partition_is_refused_by_what_is_wrong() {
    let (world, _, partition, letter) = broken().await;
    let document = drafted(&world, letter).await;
    let (taking, log) = taking(&world).await;
    let ends = log.records(partition).len();
    let mended = repaired(document.clone());
    let with = |pointer: &str, value: Value| {
        let mut changed = mended.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let elsewhere = std::iter::repeat_with(ChannelId::random);
    let elsewhere = elsewhere.map(|id| (id, Partition::of(Topic::Channels, id.as_bytes())));
    let (elsewhere, other) = elsewhere.take(1_000).find(|(_, other)| *other != partition).unwrap();
    let misspelt = json!({"mesage": "a better loom"});
    for (document, part) in [
        (document, "author_id"),
        (with("/type", json!("user.created")), "user.created"),
        (with("/version", json!(9)), "version 9"),
        (with("/body/c/channel_id", json!(elsewhere)), &*format!("belongs to {other}")),
        (with("/body/p", misspelt), "mesage"),
        (with("/body/p", json!("AAAA")), "neither an object nor null"),
        (with("/headers/ce_actor", json!("somebody")), "ce_actor"),
        (with("/headers/ce_time", json!("today")), "ce_time"),
        (json!("scrawl"), "show --draft"),
    ] {
        let refused = readmit(&taking, letter, &document, true).await.unwrap_err();
        let said = format!("{refused:#}");
        assert!(said.contains(part), "{said} lacks {part}");
    }
    for (position, part) in [
        (Position::new(partition, 0), "is an event"),
        (Position::new(partition, 99), "there is no record"),
        (Position::new(Topic::Presence.partitions().next().unwrap(), 0), "is not kept"),
    ] {
        let refused = readmit(&taking, position, &mended, true).await.unwrap_err().to_string();
        assert!(refused.contains(part), "{refused} lacks {part}");
    }
    assert_eq!(log.records(partition).len(), ends);
}
