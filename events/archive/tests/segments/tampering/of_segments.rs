//! What is done to segments.

use super::*;

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
