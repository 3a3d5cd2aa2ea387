//! Whatever is done to an archive is found, and the object is named.

mod of_digests;
mod of_segments;

use std::sync::Arc;

use bytes::Bytes;
use event_archive::segments::{
    Archive, ArchiveEnd, FindingKind, Head, Hour, PublicKey, Report, Signer,
};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use futures::TryStreamExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

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

proptest! {
    /// Bytes taken out and others put in, anywhere in what others vouch for.
    #[test]
    fn any_damage_is_found_and_harms_nobody(
        key in select([segment(0), segment(3), segment(6), digest(0), digest(1)].to_vec()),
        at in any::<Index>(),
        taken_out in 0..300_usize,
        put_in in vec(any::<u8>(), 0..300),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let it = Tampered::new().await;
            let whole = it.get(&key).await;
            it.change(&key, |bytes| {
                let at = at.index(bytes.len());
                let end = (at + taken_out).min(bytes.len());
                bytes.splice(at..end, put_in);
            })
            .await;
            let report = it.verify().await;
            prop_assert_eq!(report.is_sound(), it.get(&key).await == whole, "{:?}", report);
            Ok(())
        })?;
    }
}
