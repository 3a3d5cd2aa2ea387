//! Whatever is done to an archive is found, and the object is named.

use std::sync::Arc;

use bytes::Bytes;
use event_archive::segments::{
    Archive, ArchiveEnd, FindingKind, Head, Hour, PublicKey, Report, Signer,
};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use futures::{FutureExt, TryStreamExt};

use crate::sample::{
    CELL, EPOCH, HOUR_MS, PARTITION, START_MS, append_all, archive, archived_at, fill, log, signer,
};

const MANIFEST_AT: usize = 10;

struct Tampered {
    store: Arc<MemoryStore>,
    archive: Archive,
}

impl Tampered {
    /// Segments at 0, 3, 6 and 9, of an hour each, and digests of the first three hours.
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let archive = archive(&store);
        let at =
            |offset: u64| archived_at(PARTITION, offset, START_MS + offset as i64 / 3 * HOUR_MS);
        let records: Vec<_> = (0..12).map(at).collect();
        append_all(&archive, ArchiveEnd::default(), &records, &[3, 3, 3, 3]).await;
        for hour in [hour(0), hour(1), hour(2)] {
            archive.write_digest(hour, &signer()).await.expect("it succeeds");
        }
        Self { store, archive }
    }

    async fn get(&self, key: &ObjectKey) -> Vec<u8> {
        self.store.get(key).await.expect("it succeeds").expect("the object is there").to_vec()
    }

    async fn put(&self, key: &ObjectKey, bytes: impl Into<Bytes>) {
        self.store.put(key, bytes.into()).await.expect("it succeeds");
    }

    async fn change(&self, key: &ObjectKey, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.get(key).await;
        change(&mut bytes);
        self.put(key, bytes).await;
    }

    /// Replaces text in an object by text of the same length.
    async fn replace(&self, key: &ObjectKey, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        self.change(key, |bytes| {
            let at = bytes.windows(from.len()).position(|part| part == from.as_bytes());
            let at = at.expect("the text is there");
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        })
        .await;
    }

    async fn verify(&self) -> Report {
        self.archive.verify(&[signer().public_key()], &mut ()).await.expect("it succeeds")
    }

    async fn found(&self) -> Vec<(String, FindingKind)> {
        found(&self.verify().await)
    }

    async fn reads(&self) -> bool {
        let read: Result<Vec<_>, _> = self.archive.read(PARTITION, 0).try_collect().await;
        read.is_ok()
    }
}

fn found(report: &Report) -> Vec<(String, FindingKind)> {
    report.findings.iter().map(|finding| (finding.object.to_string(), finding.kind)).collect()
}

fn hour(nth: i64) -> Hour {
    Hour::of_ms(START_MS + nth * HOUR_MS)
}

fn segment(first_offset: u64) -> ObjectKey {
    ObjectKey::parse(format!("segments/{EPOCH}/{PARTITION}/{first_offset:020}")).expect("a name")
}

fn digest(nth: i64) -> ObjectKey {
    ObjectKey::parse(format!("digests/{EPOCH}/{}", hour(nth))).expect("a name")
}

fn at(object: &ObjectKey, kind: FindingKind) -> (String, FindingKind) {
    (object.to_string(), kind)
}

#[tokio::test]
async fn an_archive_that_nobody_touched_is_sound() {
    let it = Tampered::new().await;
    let report = it.verify().await;
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.segments, report.records, report.digests), (4, 12, 3));
}

#[tokio::test]
async fn any_byte_that_flips_in_any_object_is_found_there() {
    let it = Tampered::new().await;
    for key in [segment(3), segment(6), digest(0), digest(1), digest(2)] {
        let whole = it.get(&key).await;
        for byte in 0..whole.len() {
            it.change(&key, |bytes| bytes[byte] ^= 1).await;
            let found = it.found().await;
            assert!(!found.is_empty(), "byte {byte} of {key}");
            for (object, kind) in found {
                assert_eq!(object, key.as_str(), "{kind} for byte {byte}");
            }
            it.put(&key, whole.clone()).await;
        }
    }
    assert!(it.verify().await.is_sound());
}

#[tokio::test]
async fn a_changed_payload_is_found_and_not_read() {
    let it = Tampered::new().await;
    it.change(&segment(3), |bytes| *bytes.last_mut().unwrap() ^= 1).await;
    assert_eq!(it.found().await, [at(&segment(3), FindingKind::Changed)]);
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_changed_manifest_is_found_by_what_follows_and_not_read() {
    let it = Tampered::new().await;
    it.replace(&segment(3), "\"state_hash\":null", "\"state_hash\":\"xx\"").await;
    assert_eq!(it.found().await, [at(&segment(3), FindingKind::Changed)]);
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_manifest_that_does_not_fit_its_payload_is_found() {
    for (from, to) in [
        ("\"count\":3", "\"count\":2"),
        ("\"last_appended_ms\":176722920", "\"last_appended_ms\":176722921"),
        ("\"first_appended_ms\":176722920", "\"first_appended_ms\":176722921"),
    ] {
        let it = Tampered::new().await;
        it.replace(&segment(3), from, to).await;
        let found = it.found().await;
        assert!(found.contains(&at(&segment(3), FindingKind::Contradictory)), "{found:?}");
    }
}

#[tokio::test]
async fn a_segment_of_another_cell_epoch_or_partition_is_found() {
    for (from, to) in [
        (format!("\"cell\":{CELL:?}"), "\"cell\":\"cell-2\"".to_owned()),
        ("\"epoch\":1".to_owned(), "\"epoch\":2".to_owned()),
        ("channels-07".to_owned(), "channels-08".to_owned()),
    ] {
        let it = Tampered::new().await;
        it.replace(&segment(3), &from, &to).await;
        let found = it.found().await;
        assert!(found.contains(&at(&segment(3), FindingKind::Foreign)), "{to}: {found:?}");
        assert!(!it.reads().await);
    }
}

#[tokio::test]
async fn a_missing_segment_in_the_middle_is_found_by_what_follows() {
    let it = Tampered::new().await;
    it.store.delete(&segment(3)).await.unwrap();
    assert_eq!(it.found().await, [at(&segment(3), FindingKind::Missing)]);
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_missing_first_segment_is_found() {
    let it = Tampered::new().await;
    it.store.delete(&segment(0)).await.unwrap();
    assert_eq!(it.found().await, [at(&segment(0), FindingKind::Missing)]);
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_last_segment_that_a_digest_covers_is_found_missing() {
    let it = Tampered::new().await;
    it.archive.write_digest(hour(3), &signer()).await.unwrap();
    it.store.delete(&segment(9)).await.unwrap();
    assert_eq!(it.found().await, [at(&segment(9), FindingKind::Missing)]);
    // A later digest does not cover up that it is missing.
    it.archive.write_digest(hour(4), &signer()).await.unwrap();
    assert_eq!(it.found().await, [at(&segment(9), FindingKind::Missing)]);
}

#[tokio::test]
async fn a_last_segment_that_is_exchanged_after_a_digest_is_found_changed() {
    let it = Tampered::new().await;
    it.archive.write_digest(hour(3), &signer()).await.unwrap();
    it.store.delete(&segment(9)).await.unwrap();
    let records: Vec<_> = (9..11).map(|o| archived_at(PARTITION, o, START_MS)).collect();
    let end = it.archive.end(PARTITION).await.unwrap();
    append_all(&it.archive, end, &records, &[2]).await;
    assert_eq!(it.found().await, [at(&segment(9), FindingKind::Changed)]);
}

#[tokio::test]
async fn two_segments_that_changed_places_are_found() {
    let it = Tampered::new().await;
    let (one, other) = (it.get(&segment(3)).await, it.get(&segment(6)).await);
    it.put(&segment(3), other).await;
    it.put(&segment(6), one).await;
    let found = it.found().await;
    for key in [segment(3), segment(6)] {
        assert!(found.contains(&at(&key, FindingKind::Misplaced)), "{found:?}");
    }
    assert!(!it.reads().await);
}

#[tokio::test]
async fn an_older_segment_under_a_newer_name_is_found() {
    let it = Tampered::new().await;
    let older = it.get(&segment(3)).await;
    it.put(&segment(12), older).await;
    assert_eq!(it.found().await, [at(&segment(12), FindingKind::Misplaced)]);
    assert!(!it.reads().await);
}

/// A segment that was cut otherwise once, by an archiver that lost the race, say.
#[tokio::test]
async fn an_older_version_of_a_segment_is_found() {
    let it = Tampered::new().await;
    let other = Arc::new(MemoryStore::new());
    fill(&archive(&other), PARTITION, &[3, 3]).await;
    let older = other.get(&segment(3)).await.unwrap().unwrap();
    it.put(&segment(3), older).await;
    let found = it.found().await;
    assert!(found.contains(&at(&segment(3), FindingKind::Changed)), "{found:?}");
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_segment_that_was_put_between_two_is_found() {
    let it = Tampered::new().await;
    let heads: Vec<Head> = it.archive.manifests(PARTITION).try_collect().await.unwrap();
    let end = ArchiveEnd { next_offset: 4, ..heads[0].end() };
    append_all(&it.archive, end, &log(PARTITION, 5)[4..], &[1]).await;
    let found = it.found().await;
    assert!(found.contains(&at(&segment(4), FindingKind::Misplaced)), "{found:?}");
    assert!(!it.reads().await);
}

#[tokio::test]
async fn a_second_beginning_of_a_chain_is_found() {
    let it = Tampered::new().await;
    let end = ArchiveEnd { next_offset: 12, previous: None };
    append_all(&it.archive, end, &log(PARTITION, 13)[12..], &[1]).await;
    assert_eq!(it.found().await, [at(&segment(12), FindingKind::Misplaced)]);
    assert!(!it.reads().await);
}

#[tokio::test]
async fn what_is_no_segment_is_found() {
    let it = Tampered::new().await;
    let stray = ObjectKey::parse(format!("segments/{EPOCH}/{PARTITION}/stray")).unwrap();
    it.put(&stray, "").await;
    it.change(&segment(3), |bytes| bytes.truncate(MANIFEST_AT + 20)).await;
    it.put(&segment(6), "").await;
    let found = it.found().await;
    for key in [stray, segment(3), segment(6)] {
        assert!(found.contains(&at(&key, FindingKind::Malformed)), "{key} in {found:?}");
    }
}

#[tokio::test]
async fn a_payload_that_promises_too_much_is_found_without_unpacking_it() {
    let it = Tampered::new().await;
    it.change(&segment(3), |bytes| bytes[6..10].copy_from_slice(&u32::MAX.to_be_bytes())).await;
    assert_eq!(it.found().await, [at(&segment(3), FindingKind::Malformed)]);
}

#[tokio::test]
async fn an_edited_digest_is_found() {
    let it = Tampered::new().await;
    it.replace(&digest(1), "\"next_offset\":6", "\"next_offset\":5").await;
    let found = it.found().await;
    assert!(found.contains(&at(&digest(1), FindingKind::Forged)), "{found:?}");
}

#[tokio::test]
async fn a_digest_that_is_signed_with_another_key_is_found() {
    let it = Tampered::new().await;
    let forger = Signer::from_seed(&[8; 32]);
    it.store.delete(&digest(2)).await.unwrap();
    it.archive.write_digest(hour(2), &forger).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(2), FindingKind::Forged)]);
    let both: [PublicKey; 2] = [signer().public_key(), forger.public_key()];
    assert!(it.archive.verify(&both, &mut ()).await.unwrap().is_sound());
    assert!(it.archive.verify(&[], &mut ()).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_digest_with_another_one_s_signature_is_found() {
    let it = Tampered::new().await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (one, other) = (text(it.get(&digest(0)).await), text(it.get(&digest(1)).await));
    let signature = |object: &str| object.split("\"signature\"").nth(1).unwrap().to_owned();
    let edited = one.replace(&signature(&one), &signature(&other));
    it.put(&digest(0), edited).await;
    assert!(it.found().await.contains(&at(&digest(0), FindingKind::Forged)));
}

#[tokio::test]
async fn a_digest_that_is_not_there_or_under_another_name_is_found() {
    let it = Tampered::new().await;
    it.store.delete(&digest(1)).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(1), FindingKind::Missing)]);
    it.store.delete(&digest(0)).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(1), FindingKind::Missing)]);
    let it = Tampered::new().await;
    let older = it.get(&digest(1)).await;
    it.put(&digest(3), older).await;
    assert_eq!(it.found().await, [at(&digest(3), FindingKind::Misplaced)]);
}

#[tokio::test]
async fn a_chain_of_digests_that_begins_anew_is_found() {
    let it = Tampered::new().await;
    let other = archive(&Arc::new(MemoryStore::new()));
    let records = [archived_at(PARTITION, 0, START_MS + 3 * HOUR_MS)];
    append_all(&other, ArchiveEnd::default(), &records, &[1]).await;
    other.write_digest(hour(3), &signer()).await.unwrap();
    // The same key signed it, over another archive.
    let store = Arc::new(MemoryStore::new());
    let second = archive(&store);
    append_all(&second, ArchiveEnd::default(), &records, &[1]).await;
    second.write_digest(hour(3), &signer()).await.unwrap();
    let anew = store.get(&digest(3)).now_or_never().unwrap().unwrap().unwrap();
    it.put(&digest(3), anew).await;
    let found = it.found().await;
    assert!(found.contains(&at(&digest(3), FindingKind::Misplaced)), "{found:?}");
}
