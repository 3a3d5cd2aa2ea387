//! One digest for every hour.

use std::sync::Arc;

use event_archive::segments::{ArchiveEnd, ArchiveError, DigestOutcome, Hour};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use events::Partition;
use serde_json::Value;

use crate::sample::{
    EPOCH, HOUR_MS, PARTITION, START_MS, append_all, archive, archived_at, fill, signer,
};

fn hour(nth: i64) -> Hour {
    Hour::of_ms(START_MS + nth * HOUR_MS)
}

async fn read(store: &MemoryStore, nth: i64) -> Value {
    let key = ObjectKey::parse(format!("digests/{EPOCH}/{}", hour(nth))).expect("a name");
    let object = store.get(&key).await.expect("it succeeds").expect("the digest is there");
    serde_json::from_slice::<Value>(&object).expect("it succeeds")["digest"].take()
}

#[tokio::test]
async fn a_digest_covers_what_was_appended_before_its_hour_ended() {
    let store = Arc::new(MemoryStore::new());
    let archive = archive(&store);
    let times = [0, HOUR_MS - 1, HOUR_MS, HOUR_MS + 5];
    let records: Vec<_> =
        (0..4).zip(times).map(|(o, ms)| archived_at(PARTITION, o, START_MS + ms)).collect();
    append_all(&archive, ArchiveEnd::default(), &records, &[2, 2]).await;
    let late = [archived_at(Partition::DIRECTORY, 0, START_MS + HOUR_MS)];
    append_all(&archive, ArchiveEnd::default(), &late, &[1]).await;
    for nth in 0..2 {
        archive.write_digest(hour(nth), &signer()).await.unwrap();
    }
    let ends = |digest: Value| -> Vec<_> {
        let covered = digest["partitions"].as_array().unwrap().clone();
        covered.iter().map(|p| (p["partition"].clone(), p["next_offset"].clone())).collect()
    };
    assert_eq!(ends(read(&store, 0).await), [("channels-07".into(), 2.into())]);
    assert_eq!(
        ends(read(&store, 1).await),
        [("directory-00".into(), 1.into()), ("channels-07".into(), 4.into())]
    );
    let report = archive.verify(&[signer().public_key()], &mut ()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn hours_without_records_have_digests_and_none_is_left_out() {
    let archive = archive(&Arc::new(MemoryStore::new()));
    let nothing = archive.write_digest(hour(0), &signer()).await.expect_err("nothing to cover");
    assert_eq!(nothing.to_string(), "write the digest of 2026-01-01T00: nothing is archived yet");
    fill(&archive, PARTITION, &[3]).await;
    archive.write_digest(hour(0), &signer()).await.unwrap();
    for wrong in [2, 5] {
        let refused = archive.write_digest(hour(wrong), &signer()).await.expect_err("not next");
        let expected = Some(hour(1));
        assert!(
            matches!(refused, ArchiveError::DigestNotNext { expected: e, .. } if e == expected),
            "{refused}"
        );
    }
    for nth in 1..4 {
        let outcome = archive.write_digest(hour(nth), &signer()).await.unwrap();
        assert_eq!(outcome, DigestOutcome::Written);
    }
    let report = archive.verify(&[signer().public_key()], &mut ()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.digests, 4);
}

#[tokio::test]
async fn two_archivers_that_write_one_digest_write_the_same() {
    let stores = [Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())];
    for store in &stores {
        let archive = archive(store);
        fill(&archive, PARTITION, &[3]).await;
        archive.write_digest(hour(0), &signer()).await.unwrap();
    }
    assert_eq!(read(&stores[0], 0).await, read(&stores[1], 0).await);
}
