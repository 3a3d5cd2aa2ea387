//! The bytes of format 1 read for ever.
//!
//! `UPDATE_GOLDEN=1` writes files that are missing; what was shipped is never changed.

use std::path::PathBuf;
use std::sync::Arc;

use event_archive::segments::{ArchiveEnd, Archived, Hour};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use events::Partition;
use futures::TryStreamExt;

use crate::sample::{CELL, EPOCH, HOUR_MS, START_MS, archive, archived_at, read_all, signer};

const STATE_HASH: &str = "00112233445566778899aabbccddeeff";
const OBJECTS: [(&str, &str); 3] = [
    ("segment-first.v1.bin", "segments/1/directory-00/00000000000000000000"),
    ("segment-next.v1.bin", "segments/1/directory-00/00000000000000000005"),
    ("digest.v1.json", "digests/1/2026-01-01T00"),
];

fn records() -> Vec<Archived> {
    let at = |o: u64| archived_at(Partition::DIRECTORY, o, START_MS + o as i64 * 600_000);
    (0..7).map(at).collect()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("a name")
}

/// As they are made today.
async fn made() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let archive = archive(&store);
    let mut end = ArchiveEnd::default();
    for (part, state_hash) in records().chunks(5).zip([None, Some(STATE_HASH)]) {
        archive.append(Partition::DIRECTORY, &end, part, state_hash).await.expect("it succeeds");
        end = archive.end(Partition::DIRECTORY).await.expect("it succeeds");
    }
    archive.write_digest(Hour::of_ms(START_MS), &signer()).await.expect("it succeeds");
    // The second segment ends in the next hour.
    assert_eq!(end.next_offset, 7);
    store
}

async fn kept() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    for (file, name) in OBJECTS {
        let bytes = std::fs::read(path(file)).expect("the golden file is there");
        store.put(&key(name), bytes.into()).await.expect("it succeeds");
    }
    store
}

async fn update() {
    let store = made().await;
    for (file, name) in OBJECTS {
        if !path(file).exists() {
            let bytes = store.get(&key(name)).await.expect("it succeeds").expect("it was made");
            std::fs::write(path(file), bytes).expect("the golden file can be written");
        }
    }
}

#[tokio::test]
async fn segments_and_a_digest_of_format_one_are_read() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        update().await;
    }
    let archive = archive(&kept().await);
    assert_eq!(read_all(&archive, Partition::DIRECTORY).await, records());
    let heads: Vec<_> = archive.manifests(Partition::DIRECTORY).try_collect().await.unwrap();
    let [first, next] = heads.as_slice() else { panic!("two segments: {heads:?}") };
    let manifest = &next.manifest;
    assert_eq!((manifest.cell.as_str(), manifest.epoch, manifest.format), (CELL, EPOCH, 1));
    assert_eq!((manifest.first_offset, manifest.count), (5, 2));
    assert_eq!(manifest.first_appended_ms, START_MS + 3_000_000);
    assert_eq!(manifest.last_appended_ms, START_MS + HOUR_MS);
    assert_eq!(manifest.state_hash.as_deref(), Some(STATE_HASH));
    assert_eq!(manifest.previous, Some(first.link()));
    let report = archive.verify(&[signer().public_key()], &mut ()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.segments, report.records, report.digests), (2, 7, 1));
}

/// The payload may come out of another zstd otherwise; what says what it is may not.
#[tokio::test]
async fn a_manifest_is_still_written_as_it_was() {
    let [kept, made] = [kept().await, made().await];
    let name = key(OBJECTS[0].1);
    let text = |bytes: bytes::Bytes| String::from_utf8_lossy(&bytes[10..]).into_owned();
    let [kept, made] = [kept.get(&name).await, made.get(&name).await]
        .map(|object| text(object.unwrap().expect("it is there")));
    let before_payload = |text: &str| text.split("\"payload_sha256\"").next().unwrap().to_owned();
    assert_eq!(before_payload(&kept), before_payload(&made));
}
