//! What holds over the directory, the memory and S3 alike.

use std::sync::Arc;

use event_archive::segments::{AppendOutcome, ArchiveEnd, ArchiveError, DigestOutcome, Head, Hour};
use event_archive::testing::{MemoryStore, S3Server};
use event_archive::{DirectoryStore, ObjectStore};
use events::Partition;
use futures::TryStreamExt;

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
