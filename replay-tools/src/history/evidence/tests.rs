//! Evidence of a small history, and what is done to it.

use std::fs;
use std::path::Path;

use events::{Id, Topic};
use serde_json::Value;

use super::verify::report;
use super::*;
use crate::history::testing::{BEGIN_MS, World};

fn signer() -> Signer {
    Signer::from_seed(&[7; 32])
}

fn asked(out: &Path, since: i64, until: i64) -> Evidence {
    Evidence {
        since: Instant(since),
        until: Instant(until),
        out: out.to_owned(),
        channel: Vec::new(),
        account: Vec::new(),
        from: None,
    }
}

/// Bob's words in the channel, one of them void, and bytes that are no event.
async fn world() -> World {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.say(scene.channel, scene.bob, "evident").await;
    world.remove_bob(&scene).await;
    world.say(scene.channel, scene.bob, "refused").await;
    world.scrawl(Partition::of(Topic::Channels, scene.channel.as_bytes()));
    world.rename(scene.bob, "robert").await;
    world
}

async fn findings(folder: &Path, archive: Option<&Source>) -> Vec<String> {
    let report = report(folder, signer().public_key(), archive).await.unwrap();
    report.findings.into_iter().map(|(file, _)| file).collect()
}

fn records(folder: &Path, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_export_has_every_record_of_its_period_with_what_was_decided() {
    let world = world().await;
    let source = world.source().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("all");
    let last = source.newest().0;
    run(&source, &signer(), &asked(&out, BEGIN_MS, last)).await.unwrap();
    let channel =
        fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let channel = channel.filter(|name| name.starts_with("channels-")).collect::<Vec<_>>();
    let told = records(&out, &channel[0]);
    let verdicts: Vec<&str> = told.iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    assert!(verdicts[2].starts_with("applied ") && told[2]["event"]["p"]["message"] == "evident");
    assert_eq!(verdicts[4..], ["void refused not_a_member", "void invalid"]);
    assert_eq!(told[5]["bytes"], "scrawl");
    // The last record is of the time at which the period ends.
    assert_eq!(records(&out, "directory-00.jsonl").len(), 5);
    let manifest: Value = serde_json::from_slice(&fs::read(out.join(MANIFEST)).unwrap()).unwrap();
    let manifest = &manifest["manifest"];
    assert_eq!((&manifest["records"], &manifest["void"]), (&11.into(), &2.into()));
    assert_eq!(manifest["files"][0]["segments"].as_array().unwrap().len(), 2);
    assert!(!fs::read_to_string(out.join("directory-00.jsonl")).unwrap().contains("argon2"));
    assert!(findings(&out, Some(&source)).await.is_empty());

    let late = asked(&folder.path().join("late"), BEGIN_MS, last + 1);
    let text = run(&source, &signer(), &late).await.unwrap_err().to_string();
    assert!(text.contains("lies beyond the archive") && !late.out.exists(), "{text}");
    let other = Evidence {
        channel: vec![ChannelId(Id::random())],
        ..asked(&folder.path().join("none"), BEGIN_MS, last)
    };
    run(&source, &signer(), &other).await.unwrap();
    assert_eq!(fs::read_dir(&other.out).unwrap().count(), 1, "only a manifest");
    assert!(findings(&other.out, Some(&source)).await.is_empty());
}

#[tokio::test]
async fn whatever_is_changed_taken_out_or_put_in_is_named() {
    let world = world().await;
    let source = world.source().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("all");
    run(&source, &signer(), &asked(&out, BEGIN_MS, source.newest().0)).await.unwrap();
    let mut names: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3);
    let manifest = fs::read(out.join(MANIFEST)).unwrap();
    let manifest = Manifest::parse(&manifest, signer().public_key()).unwrap();
    for name in &names {
        let path = out.join(name);
        let whole = fs::read(&path).unwrap();
        let file = manifest.files.iter().find(|file| file.name == *name);
        let stands = |bytes: &[u8]| match file {
            Some(file) => file.is(bytes),
            None => Manifest::parse(bytes, signer().public_key()).is_ok(),
        };
        assert!(stands(&whole));
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!stands(&changed), "byte {at} of {name} changed");
            changed.remove(at);
            assert!(!stands(&changed), "byte {at} of {name} taken out");
        }
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert_eq!(findings(&out, None).await, [name.as_str()], "byte {at} changed");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(findings(&out, None).await, [name.as_str()], "taken out");
        fs::write(&path, &whole).unwrap();
    }
    let (first, second) = (out.join(&names[0]), out.join(&names[1]));
    let [one, two] = [fs::read(&first).unwrap(), fs::read(&second).unwrap()];
    fs::write(&first, &two).unwrap();
    fs::write(&second, &one).unwrap();
    let mut swapped = findings(&out, None).await;
    swapped.sort();
    assert_eq!(swapped, names[..2], "swapped");
    fs::write(&first, &one).unwrap();
    fs::write(&second, &two).unwrap();
    fs::write(out.join("more.jsonl"), "").unwrap();
    assert_eq!(findings(&out, None).await, ["more.jsonl"], "put in");
    fs::remove_file(out.join("more.jsonl")).unwrap();
    assert!(findings(&out, Some(&source)).await.is_empty());
    let stranger = Signer::from_seed(&[8; 32]).public_key();
    assert_eq!(report(&out, stranger, None).await.unwrap().findings[0].0, MANIFEST);
}

#[tokio::test]
async fn what_comes_later_is_not_missed_whatever_its_time() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.rename(scene.bob, "robert").await;
    let source = world.source().await;
    let folder = tempfile::tempdir().unwrap();
    let [whole, again] = ["whole", "again"].map(|name| folder.path().join(name));
    let until = source.newest().0;
    run(&source, &signer(), &asked(&whole, BEGIN_MS, until)).await.unwrap();
    world.set_back(1_500);
    world.say(scene.channel, scene.bob, "of a time before").await;
    let grown = world.source().await;
    assert!(findings(&whole, Some(&grown)).await.is_empty());
    // It is of the period: who asks now is shown it.
    run(&grown, &signer(), &asked(&again, BEGIN_MS, until)).await.unwrap();
    let seen = async |folder| report(folder, signer().public_key(), Some(&grown)).await.unwrap();
    assert_eq!(seen(&again).await.records, seen(&whole).await.records + 1);
}

#[tokio::test]
async fn what_was_erased_since_is_no_change_and_another_archive_is() {
    let mut world = World::new().await;
    let scene = world.scene().await;
    world.say(scene.channel, scene.bob, "evident").await;
    let source = world.source().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("all");
    run(&source, &signer(), &asked(&out, BEGIN_MS, source.newest().0)).await.unwrap();
    world.erase_bob(&scene).await;
    let erased = world.source().await;
    let seen = report(&out, signer().public_key(), Some(&erased)).await.unwrap();
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
    assert_eq!((seen.archived, seen.erased), (seen.records, 1));

    let mut other = World::new().await;
    other.scene().await;
    let other = other.source().await;
    assert!(!findings(&out, Some(&other)).await.is_empty());
}
