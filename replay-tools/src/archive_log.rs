//! The archive, read as a log.

use std::collections::BTreeMap;
use std::fmt;

use event_archive::segments::{Archive, ArchiveError, Archived};
use event_log::{LogReader, ReadError, ReadLimit, Tail};
use events::{Partition, SharedRecord};
use futures::future::{BoxFuture, ready};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use parking_lot::Mutex;

/// Partitions whose ends are looked up at once.
const AT_ONCE: usize = 16;

/// Where each durable partition of an archive ends, in their order.
pub(crate) async fn ends(archive: &Archive) -> Result<Vec<(Partition, u64)>, ArchiveError> {
    ends_of(archive, Partition::durable().collect()).await
}

async fn ends_of(
    archive: &Archive,
    partitions: Vec<Partition>,
) -> Result<Vec<(Partition, u64)>, ArchiveError> {
    let end = |partition| async move { Ok((partition, archive.end(partition).await?.next_offset)) };
    stream::iter(partitions.into_iter().map(end)).buffered(AT_ONCE).try_collect().await
}

/// A log that ends where the archive does. Every segment is checked against its hashes, and against the
/// one before it, when it is read. It is read from its beginning to its end, not followed.
pub(crate) struct ArchiveLog {
    archive: Archive,
    /// Where the last read of each partition ended: the next one mostly begins there, within a segment that
    /// is unpacked already.
    readings: Mutex<BTreeMap<Partition, Reading>>,
}

struct Reading {
    next: u64,
    records: BoxStream<'static, Result<Archived, ArchiveError>>,
}

impl fmt::Debug for ArchiveLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveLog").field("archive", &self.archive).finish_non_exhaustive()
    }
}

impl ArchiveLog {
    pub(crate) fn new(archive: Archive) -> Self {
        Self { archive, readings: Mutex::default() }
    }

    fn reading(&self, partition: Partition, from: u64) -> Reading {
        let held = self.readings.lock().remove(&partition);
        held.filter(|reading| reading.next == from)
            .unwrap_or_else(|| Reading { next: from, records: self.archive.read(partition, from) })
    }

    async fn page(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> Result<Vec<SharedRecord>, ReadError> {
        let mut reading = self.reading(partition, from);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while page.is_empty() || (page.len() < limit.records_max && bytes < limit.bytes_max) {
            let next = reading.records.try_next().await;
            match next.map_err(|error| failed(partition, reading.next, error))? {
                Some(archived) => {
                    bytes += archived.size_bytes();
                    reading.next += 1;
                    page.push(archived.record);
                }
                None => return Ok(page),
            }
        }
        self.readings.lock().insert(partition, reading);
        Ok(page)
    }
}

impl LogReader for ArchiveLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.page(partition, from, limit).boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        async move {
            let ends = ends_of(&self.archive, partitions.to_vec()).await;
            let ends = ends.map_err(|error| ReadError::Unavailable(error.to_string()))?;
            Ok(ends.into_iter().map(|(_, end)| end).collect())
        }
        .boxed()
    }

    /// An archive is not followed: always an error.
    fn tail(&self, _: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        ready(Err(ReadError::Unavailable("an archive is not followed".to_owned()))).boxed()
    }
}

fn failed(partition: Partition, offset: u64, error: ArchiveError) -> ReadError {
    match error {
        ArchiveError::BeyondEnd { partition, from, end } => {
            ReadError::OutOfRange { partition, from, first: 0, end }
        }
        ArchiveError::Unsound(finding) => {
            ReadError::Damaged { partition, offset, reason: finding.to_string() }
        }
        other => ReadError::Unavailable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use event_archive::testing::MemoryStore;
    use event_archive::{KeyPrefix, ObjectStore};
    use events::Record;

    use super::*;

    const RECORDS: u64 = 10;

    fn archived(offset: u64) -> Archived {
        let record = Record {
            partition: Partition::DIRECTORY,
            offset,
            appended_ms: 1_700_000_000_000,
            key: [0; 16],
            headers: Vec::new(),
            body: Bytes::from(format!("{{\"c\":{offset}}}")),
        };
        Archived { record: Arc::new(record), verdict: Bytes::from_static(b"void invalid") }
    }

    /// Ten records in segments of four.
    async fn archive(store: &Arc<MemoryStore>) -> Archive {
        let archive = Archive::new(Arc::clone(store) as Arc<dyn ObjectStore>, "cell-1");
        let records: Vec<_> = (0..RECORDS).map(archived).collect();
        for segment in records.chunks(4) {
            let end = archive.end(Partition::DIRECTORY).await.unwrap();
            archive.append(Partition::DIRECTORY, &end, segment, None).await.unwrap();
        }
        archive
    }

    async fn offsets(log: &ArchiveLog, from: u64, records_max: usize) -> Vec<u64> {
        let limit = ReadLimit { records_max, ..ReadLimit::default() };
        let read = log.read(Partition::DIRECTORY, from, limit).await.unwrap();
        read.iter().map(|record| record.offset).collect()
    }

    #[tokio::test]
    async fn it_is_read_in_pages_from_any_offset() {
        let log = ArchiveLog::new(archive(&Arc::default()).await);
        assert_eq!(log.ends(&[Partition::DIRECTORY]).await.unwrap(), [RECORDS]);
        assert_eq!(offsets(&log, 0, 3).await, [0, 1, 2]);
        assert_eq!(offsets(&log, 3, 3).await, [3, 4, 5], "goes on within a segment");
        assert_eq!(offsets(&log, 1, 2).await, [1, 2], "goes back");
        assert_eq!(offsets(&log, 3, 100).await, [3, 4, 5, 6, 7, 8, 9]);
        assert!(offsets(&log, RECORDS, 100).await.is_empty());
        let beyond = log.read(Partition::DIRECTORY, RECORDS + 1, ReadLimit::default()).await;
        assert!(matches!(beyond, Err(ReadError::OutOfRange { end: RECORDS, .. })), "{beyond:?}");
        assert!(log.tail(Vec::new()).await.is_err());
    }

    #[tokio::test]
    async fn a_segment_that_was_changed_is_not_read() {
        let store = Arc::new(MemoryStore::new());
        let log = ArchiveLog::new(archive(&store).await);
        let second = &store.list(&KeyPrefix::ALL).await.unwrap()[1];
        let mut bytes = store.get(second).await.unwrap().unwrap().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        store.put(second, bytes.into()).await.unwrap();
        let read = log.read(Partition::DIRECTORY, 0, ReadLimit::default()).await;
        let text = read.unwrap_err().to_string();
        assert!(text.contains(second.as_str()), "{text}");
    }
}
