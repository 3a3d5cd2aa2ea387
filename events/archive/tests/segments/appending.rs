//! What an append takes and refuses, and the bytes that it makes.

use std::sync::Arc;

use event_archive::segments::{AppendOutcome, Archive, ArchiveEnd, ArchiveError};
use event_archive::testing::MemoryStore;
use event_archive::{KeyPrefix, ObjectKey, ObjectStore};
use events::Partition;

use crate::sample::{CELL, EPOCH, PARTITION, archive, fill, log};

#[tokio::test]
async fn the_same_records_give_the_same_bytes() {
    let stores = [Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())];
    for store in &stores {
        fill(&archive(store), PARTITION, &[40, 2, 300]).await;
    }
    let names = stores[0].list(&KeyPrefix::ALL).await.unwrap();
    assert_eq!(names.len(), 3);
    for name in names {
        let [one, other] = [&stores[0], &stores[1]].map(|store| store.get(&name));
        assert_eq!(one.await.unwrap(), other.await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn only_records_that_continue_the_chain_are_taken() {
    let archive = archive(&Arc::new(MemoryStore::new()));
    let records = log(PARTITION, 5);
    let at_start = ArchiveEnd::default();
    let refused = |outcome: Result<AppendOutcome, ArchiveError>| outcome.expect_err("not next");
    let gap = refused(archive.append(PARTITION, &at_start, &records[1..], None).await);
    assert!(matches!(gap, ArchiveError::NotNext { offset: 1, expected: 0, .. }), "{gap}");
    let hole = [records[0].clone(), records[2].clone()];
    let hole = refused(archive.append(PARTITION, &at_start, &hole, None).await);
    assert!(matches!(hole, ArchiveError::NotNext { offset: 2, expected: 1, .. }), "{hole}");
    let other = refused(archive.append(Partition::DIRECTORY, &at_start, &records, None).await);
    assert!(matches!(other, ArchiveError::NotNext { .. }), "{other}");
    let empty = refused(archive.append(PARTITION, &at_start, &[], None).await);
    assert!(matches!(empty, ArchiveError::Empty { .. }), "{empty}");
    let long = "x".repeat(70_000);
    let long = refused(archive.append(PARTITION, &at_start, &records, Some(&long)).await);
    assert!(matches!(long, ArchiveError::TooLarge { .. }), "{long}");
    assert_eq!(archive.end(PARTITION).await.unwrap(), at_start);
}

#[tokio::test]
async fn another_cell_cannot_continue_an_archive() {
    let store = Arc::new(MemoryStore::new());
    fill(&archive(&store), PARTITION, &[2]).await;
    let other = Archive::new(store, "cell-2");
    let refused = other.end(PARTITION).await.expect_err("it is another cell's").to_string();
    let expected = format!(
        "trust the archive: segments/1/channels-07/00000000000000000000 is foreign: it is of the cell \
         {CELL:?}"
    );
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn a_long_manifest_takes_a_second_request_and_is_read() {
    let archive = archive(&Arc::new(MemoryStore::new()));
    let state_hash = "h".repeat(60_000);
    let records = log(PARTITION, 3);
    let at_start = ArchiveEnd::default();
    archive.append(PARTITION, &at_start, &records, Some(&state_hash)).await.unwrap();
    assert_eq!(archive.end(PARTITION).await.unwrap().next_offset, 3);
}

#[tokio::test]
async fn what_is_not_named_as_a_segment_does_not_stop_the_archiver() {
    let store = Arc::new(MemoryStore::new());
    let archive = archive(&store);
    fill(&archive, PARTITION, &[2]).await;
    let stray = ObjectKey::parse(format!("segments/{EPOCH}/channels-07/stray")).unwrap();
    store.put(&stray, "".into()).await.unwrap();
    assert_eq!(archive.end(PARTITION).await.unwrap().next_offset, 2);
}
