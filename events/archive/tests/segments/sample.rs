//! Records to archive.

use std::sync::Arc;

use bytes::Bytes;
use event_archive::ObjectStore;
use event_archive::segments::{AppendOutcome, Archive, ArchiveEnd, ArchiveError, Archived, Signer};
use events::{Partition, Record, Topic};
use futures::TryStreamExt;

pub const CELL: &str = "cell-1";
pub const EPOCH: u32 = 1;
pub const PARTITION: Partition = Partition { topic: Topic::Channels, index: 7 };
/// 2026-01-01T00:00:00Z.
pub const START_MS: i64 = 1_767_225_600_000;
pub const HOUR_MS: i64 = 3_600_000;

pub fn archive(store: &Arc<impl ObjectStore>) -> Archive {
    Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, CELL)
}

pub fn signer() -> Signer {
    Signer::from_seed(&[7; 32])
}

/// A record of its offset, appended at a time.
pub fn archived_at(partition: Partition, offset: u64, appended_ms: i64) -> Archived {
    let record = Record {
        partition,
        offset,
        appended_ms,
        key: [offset as u8; 16],
        headers: vec![
            ("ce_type".into(), Bytes::from_static(b"post.created")),
            ("x-own".into(), Bytes::from(offset.to_string())),
        ],
        body: Bytes::from(format!("{{\"c\":{offset}}}").repeat(offset as usize % 5)),
    };
    let verdict =
        if offset.is_multiple_of(3) { Bytes::new() } else { Bytes::from(format!("v{offset}")) };
    Archived { record: Arc::new(record), verdict }
}

/// The first records of a partition, a second apart.
pub fn log(partition: Partition, len: usize) -> Vec<Archived> {
    let at = |offset: u64| archived_at(partition, offset, START_MS + 1_000 * offset as i64);
    (0..len as u64).map(at).collect()
}

/// Appends the records that follow `end`, in segments of these lengths.
pub async fn append_all(
    archive: &Archive,
    mut end: ArchiveEnd,
    records: &[Archived],
    lengths: &[usize],
) -> ArchiveEnd {
    let mut rest = records;
    for length in lengths {
        let (segment, behind) = rest.split_at(*length);
        let partition = segment[0].record.partition;
        let outcome = archive.append(partition, &end, segment, None).await;
        let AppendOutcome::Written(next) = outcome.expect("the append succeeds") else {
            panic!("somebody else wrote");
        };
        (end, rest) = (next, behind);
    }
    end
}

/// Segments of these lengths from offset 0.
pub async fn fill(archive: &Archive, partition: Partition, lengths: &[usize]) -> Vec<Archived> {
    let records = log(partition, lengths.iter().sum());
    append_all(archive, ArchiveEnd::default(), &records, lengths).await;
    records
}

/// Archives the log to its end, in segments of these lengths in turn.
pub async fn archive_to_end(archive: Archive, log: Arc<[Archived]>, lengths: Vec<usize>) {
    let mut end = archive.end(PARTITION).await.expect("the end can be read");
    let mut lengths = lengths.into_iter().cycle();
    while let Some(length) = lengths.next().filter(|_| (end.next_offset as usize) < log.len()) {
        let first = end.next_offset as usize;
        let records = &log[first..(first + length).min(log.len())];
        end = loop {
            match archive.append(PARTITION, &end, records, None).await {
                Ok(AppendOutcome::Written(end) | AppendOutcome::Ours(end)) => break end,
                Ok(AppendOutcome::Behind(end)) => break end,
                // Not known whether it was written: the same again tells.
                Err(ArchiveError::Store(_)) => {}
                Err(unsound) => panic!("{unsound}"),
            }
        };
    }
}

pub async fn read_all(archive: &Archive, partition: Partition) -> Vec<Archived> {
    archive.read(partition, 0).try_collect().await.expect("the archive can be read")
}
