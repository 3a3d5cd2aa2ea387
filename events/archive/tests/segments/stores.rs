//! What holds over the directory, the memory and S3 alike.

use std::sync::Arc;

use event_archive::segments::{
    AppendOutcome, ArchiveEnd, ArchiveError, DigestOutcome, FindingKind, Head, Hour,
};
use event_archive::testing::{MemoryStore, S3Server};
use event_archive::{DirectoryStore, ObjectKey, ObjectStore};
use events::Partition;
use futures::TryStreamExt;

use crate::epochs::{CUT, found, restored_in, write_behind};
use crate::sample::{
    EPOCH, PARTITION, START_MS, append_all, archive, archive_to_end, fill, log, read_all, signer,
};

macro_rules! over_every_store {
    ($($case:ident),+ $(,)?) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(super::Arc::new(super::MemoryStore::new())).await;
                }
            )+
        }

        mod directory {
            $(
                #[tokio::test]
                async fn $case() {
                    let at = tempfile::tempdir().expect("a directory");
                    let store = super::DirectoryStore::open(at.path()).expect("it opens");
                    super::$case(super::Arc::new(store)).await;
                }
            )+
        }

        mod s3 {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let server = super::S3Server::start().await;
                    super::$case(super::Arc::new(server.store().await)).await;
                }
            )+
        }
    };
}

over_every_store!(
    records_and_verdicts_come_back_as_they_were,
    a_segment_that_is_appended_again_is_ours,
    who_comes_second_goes_on_behind_the_first,
    two_archivers_at_once_make_one_chain_and_one_digest,
    digests_cover_what_is_there,
    whatever_lies_where_it_does_not_belong_is_named_in_every_epoch,
    what_is_missing_of_what_an_epoch_left_behind_is_named,
);

async fn records_and_verdicts_come_back_as_they_were(store: Arc<impl ObjectStore>) {
    let archive = archive(&store);
    assert_eq!(archive.end(PARTITION).await.expect("it succeeds"), ArchiveEnd::default());
    assert_eq!(read_all(&archive, PARTITION).await, []);
    let records = fill(&archive, PARTITION, &[4, 1, 12]).await;
    let other = fill(&archive, Partition::DIRECTORY, &[3]).await;
    assert_eq!(read_all(&archive, PARTITION).await, records);
    assert_eq!(read_all(&archive, Partition::DIRECTORY).await, other);
    for from in 0..=17 {
        let tail: Vec<_> = archive.read(PARTITION, from).try_collect().await.expect("it succeeds");
        assert_eq!(tail, records[from as usize..], "from {from}");
    }
    let beyond: Result<Vec<_>, _> = archive.read(PARTITION, 18).try_collect().await;
    let beyond = beyond.expect_err("the archive ends at 17");
    assert!(matches!(beyond, ArchiveError::BeyondEnd { from: 18, end: 17, .. }), "{beyond}");
    let heads: Vec<Head> = archive.manifests(PARTITION).try_collect().await.expect("it succeeds");
    let first_offsets: Vec<_> = heads.iter().map(|head| head.manifest.first_offset).collect();
    assert_eq!(first_offsets, [0, 4, 5]);
    assert_eq!(heads[1].manifest.previous, Some(heads[0].link()));
    assert_eq!(archive.end(PARTITION).await.expect("it succeeds"), heads[2].end());
    assert_eq!(heads[1].key.as_str(), format!("segments/{EPOCH}/channels-07/00000000000000000004"));
    let report = archive.verify(&[], &mut ()).await.expect("it succeeds");
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.segments, report.records, report.digests), (4, 20, 0));
}

async fn a_segment_that_is_appended_again_is_ours(store: Arc<impl ObjectStore>) {
    let archive = archive(&store);
    let records = fill(&archive, PARTITION, &[2]).await;
    let again = archive
        .append(PARTITION, &ArchiveEnd::default(), &records, None)
        .await
        .expect("it succeeds");
    let end = archive.end(PARTITION).await.expect("it succeeds");
    assert_eq!(again, AppendOutcome::Ours(end));
}

async fn who_comes_second_goes_on_behind_the_first(store: Arc<impl ObjectStore>) {
    let archive = archive(&store);
    let records = log(PARTITION, 9);
    let first = append_all(&archive, ArchiveEnd::default(), &records, &[2, 4]).await;
    let second = archive.append(PARTITION, &ArchiveEnd::default(), &records[..3], None).await;
    assert_eq!(second.expect("it succeeds"), AppendOutcome::Behind(first));
    append_all(&archive, first, &records[6..], &[3]).await;
    assert_eq!(read_all(&archive, PARTITION).await, records);
}

async fn two_archivers_at_once_make_one_chain_and_one_digest(store: Arc<impl ObjectStore>) {
    let (one, other) = (archive(&store), archive(&store));
    let records = log(PARTITION, 60);
    let archivers =
        [(one.clone(), vec![3, 1, 4]), (other.clone(), vec![2, 7])].map(|(archive, lengths)| {
            tokio::spawn(archive_to_end(archive, records.clone().into(), lengths))
        });
    for archiver in archivers {
        archiver.await.expect("the archiver ends");
    }
    assert_eq!(read_all(&one, PARTITION).await, records);
    let (hour, signer) = (Hour::of_ms(START_MS), signer());
    let digests =
        futures::join!(one.write_digest(hour, &signer), other.write_digest(hour, &signer));
    let written = [digests.0.expect("it succeeds"), digests.1.expect("it succeeds")];
    assert!(written.contains(&DigestOutcome::Written), "{written:?}");
    assert!(written.contains(&DigestOutcome::AlreadyThere), "{written:?}");
    let report = one.verify(&[signer.public_key()], &mut ()).await.expect("it succeeds");
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.records, report.digests), (60, 1));
}

async fn digests_cover_what_is_there(store: Arc<impl ObjectStore>) {
    let (archive, signer) = (archive(&store), signer());
    assert_eq!(archive.next_digest_hour().await.expect("it succeeds"), None);
    fill(&archive, PARTITION, &[2, 3]).await;
    let hour = Hour::of_ms(START_MS);
    assert_eq!(archive.next_digest_hour().await.expect("it succeeds"), Some(hour));
    assert_eq!(
        archive.write_digest(hour, &signer).await.expect("it succeeds"),
        DigestOutcome::Written
    );
    assert_eq!(
        archive.write_digest(hour, &signer).await.expect("it succeeds"),
        DigestOutcome::AlreadyThere
    );
    assert_eq!(archive.next_digest_hour().await.expect("it succeeds"), Some(hour.next()));
    let report = archive.verify(&[signer.public_key()], &mut ()).await.expect("it succeeds");
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.digests, 1);
}

async fn whatever_lies_where_it_does_not_belong_is_named_in_every_epoch(
    store: Arc<impl ObjectStore>,
) {
    let archive = restored_in(&store).await;
    let end = archive.end(PARTITION).await.expect("it succeeds");
    append_all(&archive, end, &log(PARTITION, 8)[CUT as usize..], &[1, 1]).await;
    write_behind(&store).await;
    assert_eq!(found(&store).await, []);
    let hour = Hour::of_ms(START_MS);
    for (name, object, kind) in [
        // Under a later epoch than its offset and its hour belong to.
        (format!("segments/2/{PARTITION}/{:020}", 4), None, FindingKind::Misplaced),
        (format!("digests/2/{hour}"), None, FindingKind::Misplaced),
        // In an epoch that is over.
        (format!("segments/1/{PARTITION}/{:020}", 2), None, FindingKind::Malformed),
        (format!("segments/1/{PARTITION}/{:020}", 99), None, FindingKind::Malformed),
        (format!("segments/1/channels-99/{:020}", 0), None, FindingKind::Malformed),
        (format!("segments/1/presence-00/{:020}", 0), None, FindingKind::Malformed),
        ("segments/1/note".to_owned(), None, FindingKind::Malformed),
        (format!("digests/1/{hour}.json"), None, FindingKind::Malformed),
        // In no epoch.
        ("segments/note".to_owned(), None, FindingKind::Malformed),
        (format!("segments/02/{PARTITION}/{:020}", 0), None, FindingKind::Malformed),
        (format!("digests/0/{hour}"), None, FindingKind::Malformed),
        (format!("segments/7/{PARTITION}/{:020}", 0), Some("epochs/7"), FindingKind::Missing),
        (format!("digests/9/{hour}"), Some("epochs/9"), FindingKind::Missing),
    ] {
        let key = ObjectKey::parse(name.clone()).expect("a name");
        store.put(&key, "stray".into()).await.expect("it succeeds");
        let found = found(&store).await;
        let named = object.unwrap_or(&name).to_owned();
        assert!(found.contains(&(named, kind)), "{name}: {found:?}");
        store.delete(&key).await.expect("it succeeds");
    }
    assert_eq!(found(&store).await, []);
}

async fn what_is_missing_of_what_an_epoch_left_behind_is_named(store: Arc<impl ObjectStore>) {
    restored_in(&store).await;
    write_behind(&store).await;
    let first = ObjectKey::parse(format!("segments/1/{PARTITION}/{CUT:020}")).expect("a name");
    store.delete(&first).await.expect("it succeeds");
    assert_eq!(found(&store).await, [(first.to_string(), FindingKind::Missing)]);
}
