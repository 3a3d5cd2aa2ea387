//! A restore opens an epoch: one chain goes on, and what the log of before still writes is left behind.

use std::sync::Arc;

use event_archive::segments::{
    AppendOutcome, Archive, ArchiveError, Finding, FindingKind, Hour, OpenedEpoch, Signer,
};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use events::{Partition, Position};

use crate::sample::{
    HOUR_MS, PARTITION, START_MS, append_all, archive, archived_at, fill, log, read_all, signer,
};

pub const CUT: u64 = 6;

pub async fn opened(store: &Arc<impl ObjectStore>) -> Result<Archive, ArchiveError> {
    archive(store).open(&[signer().public_key()]).await
}

async fn next(archive: &Archive, epoch: u32, log: &str) -> OpenedEpoch {
    let next = archive.next_epoch(epoch, log.to_owned(), START_MS).await;
    next.expect("the archive can be read")
}

async fn restored() -> (Arc<MemoryStore>, Archive) {
    let store = Arc::new(MemoryStore::new());
    let archive = restored_in(&store).await;
    (store, archive)
}

/// Two segments up to [`CUT`] and a digest; then epoch 2, open.
pub async fn restored_in(store: &Arc<impl ObjectStore>) -> Archive {
    let mut archive = archive(store);
    fill(&archive, PARTITION, &[4, 2]).await;
    archive.write_digest(Hour::of_ms(START_MS), &signer()).await.expect("it is the next");
    let epoch = next(&archive, 2, "a new log").await;
    assert!(archive.open_epoch(epoch, &signer()).await.expect("the store works"));
    archive
}

/// The log of before writes on, by somebody who knows nothing of the new epoch: two segments and a digest.
pub async fn write_behind(store: &Arc<impl ObjectStore>) {
    let old = archive(store);
    let at = |offset| archived_at(PARTITION, offset, START_MS + HOUR_MS);
    let end = old.end(PARTITION).await.expect("the archive can be read");
    append_all(&old, end, &[at(CUT), at(CUT + 1)], &[1, 1]).await;
    let hour = Hour::of_ms(START_MS + HOUR_MS);
    old.write_digest(hour, &signer()).await.expect("it is the next there");
}

/// What is found wrong by somebody who opens the archive now.
pub async fn found(store: &Arc<impl ObjectStore>) -> Vec<(String, FindingKind)> {
    let archive = opened(store).await.expect("it is readable");
    let report = archive.verify(&[signer().public_key()], &mut ()).await.expect("it can be read");
    let name = |finding: &Finding| (finding.object.to_string(), finding.kind);
    report.findings.iter().map(name).collect()
}

#[tokio::test]
async fn one_chain_goes_on_and_what_was_left_behind_is_not_read() {
    let (store, new) = restored().await;
    write_behind(&store).await;
    let end = new.end(PARTITION).await.expect("the archive can be read");
    assert_eq!(end.next_offset, CUT);
    let records = log(PARTITION, 10);
    append_all(&new, end, &records[CUT as usize..], &[3, 1]).await;
    new.write_digest(Hour::of_ms(START_MS + HOUR_MS), &signer()).await.expect("it is the next");

    let again = opened(&store).await.expect("it is sound");
    assert_eq!(again.epoch(), 2);
    assert_eq!((again.epoch_at(PARTITION, CUT - 1), again.epoch_at(PARTITION, CUT)), (1, 2));
    assert_eq!(read_all(&again, PARTITION).await, records);
    let report = again.verify(&[signer().public_key()], &mut ()).await.expect("it can be read");
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.segments, report.digests, report.left_behind), (4, 2, 3));
    let other = Partition::DIRECTORY;
    let outcome = again.append(other, &Default::default(), &log(other, 1), None).await;
    assert!(matches!(outcome, Ok(AppendOutcome::Written(_))), "it had nothing before");
    let first = Position { epoch: 2, partition: other, offset: 0 };
    let head = again.last(other).await.expect("it can be read").expect("there is one");
    assert_eq!(
        (head.manifest.epoch, head.key.as_str()),
        (2, &*format!("segments/2/{other}/{:020}", first.offset))
    );
}

#[tokio::test]
async fn of_two_restores_one_opens_the_epoch_and_may_do_so_again() {
    let store = Arc::new(MemoryStore::new());
    let (mut one, mut other) = (archive(&store), archive(&store));
    fill(&one, PARTITION, &[4]).await;
    let (ours, theirs) = (next(&one, 2, "one").await, next(&other, 2, "other").await);
    assert!(one.open_epoch(ours.clone(), &signer()).await.expect("the store works"));
    assert!(!other.open_epoch(theirs, &signer()).await.expect("the store works"));
    assert_eq!((one.epoch(), other.epoch()), (2, 1));
    let mut again = archive(&store);
    assert!(again.open_epoch(ours, &signer()).await.expect("the store works"), "cut short before");
}

#[tokio::test]
async fn an_epoch_that_is_lost_or_cut_off_before_is_found() {
    let (store, new) = restored().await;
    let end = new.end(PARTITION).await.expect("the archive can be read");
    append_all(&new, end, &log(PARTITION, 8)[CUT as usize..], &[2]).await;
    let key = |name: &str| ObjectKey::parse(name).expect("a name");

    let epoch = store.get(&key("epochs/2")).await.expect("it works").expect("it is there");
    store.delete(&key("epochs/2")).await.expect("it works");
    let without = found(&store).await;
    assert!(without.contains(&("epochs/2".to_owned(), FindingKind::Missing)), "{without:?}");
    store.put(&key("epochs/2"), epoch).await.expect("it works");

    for name in
        [format!("segments/2/{PARTITION}/{CUT:020}"), format!("segments/1/{PARTITION}/{:020}", 4)]
    {
        store.delete(&key(&name)).await.expect("it works");
    }
    let cut = found(&store).await;
    let missing = (format!("segments/1/{PARTITION}/{:020}", 4), FindingKind::Missing);
    assert!(cut.contains(&missing), "{cut:?}");
}

#[tokio::test]
async fn nobody_else_opens_an_epoch_and_no_byte_of_it_can_be_changed() {
    let (store, _) = restored().await;
    let key = ObjectKey::parse("epochs/2").expect("a name");
    let bytes = store.get(&key).await.expect("it works").expect("it is there").to_vec();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        store.put(&key, changed.into()).await.expect("it works");
        let opened = opened(&store).await;
        assert!(matches!(opened, Err(ArchiveError::Unsound(_))), "byte {at}: {opened:?}");
    }
    store.delete(&key).await.expect("it works");
    let mut archive = archive(&store);
    let forged = next(&archive, 2, "theirs").await;
    archive.open_epoch(forged, &Signer::from_seed(&[9; 32])).await.expect("the store works");
    let Err(ArchiveError::Unsound(finding)) = opened(&store).await else { panic!("it is opened") };
    assert_eq!(finding.kind, FindingKind::Forged);
}

#[tokio::test]
async fn any_byte_that_flips_in_what_was_left_behind_is_found_there() {
    let (store, _) = restored().await;
    write_behind(&store).await;
    assert_eq!(found(&store).await, []);
    // The last of each is vouched for by nothing that follows.
    for name in [
        format!("segments/1/{PARTITION}/{CUT:020}"),
        format!("digests/1/{}", Hour::of_ms(START_MS + HOUR_MS)),
    ] {
        let key = ObjectKey::parse(name).expect("a name");
        let whole = store.get(&key).await.expect("it works").expect("it is there");
        for at in 0..whole.len() {
            let mut changed = whole.to_vec();
            changed[at] ^= 1;
            store.put(&key, changed.into()).await.expect("it works");
            let found = found(&store).await;
            assert!(found.iter().any(|(object, _)| object == key.as_str()), "byte {at}: {found:?}");
        }
        store.put(&key, whole).await.expect("it works");
    }
}
