//! The archive up to its end, and the log from there on, read as one log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use event_archive::segments::Archive;
use event_log::{EventLog, LogReader, ReadError, ReadLimit, Tail};
use events::{Partition, SharedRecord};
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use crate::archive_log::{ArchiveLog, ends};

/// Partitions whose seams are looked at at once.
const AT_ONCE: usize = 16;

/// A log whose beginning comes from the archive. Where the log ends before the archive, or there is none, it
/// ends where the archive does. It is read, not followed.
#[derive(Debug)]
pub(crate) struct ArchiveThenLog {
    archive: ArchiveLog,
    log: Option<Arc<dyn EventLog>>,
    /// Where the archive of each partition ended when it was opened.
    archived: BTreeMap<Partition, u64>,
    /// Partitions in which the log ends before the archive.
    shorter: BTreeSet<Partition>,
}

/// How a log goes on behind the archive of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seam {
    GoesOn,
    Shorter,
}

impl ArchiveThenLog {
    /// Looks how the log goes on where the archive ends.
    ///
    /// # Errors
    /// One of them cannot be read; the log begins behind the archive's end, or is another one.
    pub(crate) async fn open(archive: Archive, log: Option<Arc<dyn EventLog>>) -> Result<Self> {
        let archived: BTreeMap<_, _> = ends(&archive).await?.into_iter().collect();
        let (archive, shorter) = (ArchiveLog::new(archive), BTreeSet::new());
        let mut opened = Self { archive, log, archived, shorter };
        if let Some(log) = &opened.log {
            let look = |(partition, end): (&Partition, &u64)| {
                let (archive, partition, end) = (&opened.archive, *partition, *end);
                async move { anyhow::Ok((partition, seam(archive, log, partition, end).await?)) }
            };
            let seams: Vec<_> = opened.archived.iter().map(look).collect();
            let seams: Vec<_> = stream::iter(seams).buffered(AT_ONCE).try_collect().await?;
            let shorter = seams.into_iter().filter(|(_, seam)| *seam == Seam::Shorter);
            opened.shorter = shorter.map(|(partition, _)| partition).collect();
        }
        Ok(opened)
    }

    /// What is not as in a log that is whole, for people.
    pub(crate) fn lack(&self) -> Option<String> {
        match (&self.log, self.shorter.len()) {
            (None, _) => Some("the log is gone: this is as of the archive's end".to_owned()),
            (Some(_), 0) => None,
            (Some(_), shorter) => Some(format!(
                "the log ends before the archive in {shorter} partitions: there this is as of the archive's end"
            )),
        }
    }

    fn archived(&self, partition: Partition) -> u64 {
        self.archived.get(&partition).copied().unwrap_or(0)
    }

    /// The log, where it goes on behind the archive.
    fn behind(&self, partition: Partition) -> Option<&Arc<dyn EventLog>> {
        self.log.as_ref().filter(|_| !self.shorter.contains(&partition))
    }
}

async fn seam(
    archive: &ArchiveLog,
    log: &Arc<dyn EventLog>,
    partition: Partition,
    archived: u64,
) -> Result<Seam> {
    let end = log.ends(&[partition]).await?.first().copied().unwrap_or(0);
    if end < archived {
        return Ok(Seam::Shorter);
    }
    let one = ReadLimit { records_max: 1, ..ReadLimit::default() };
    let Some(last) = archived.checked_sub(1) else {
        return begins_by(log.read(partition, 0, one).await, partition, 0).map(|_| Seam::GoesOn);
    };
    if let Some(record) = begins_by(log.read(partition, last, one).await, partition, archived)? {
        let archived = archive.read(partition, last, one).await?;
        let archived = archived.first().context("the archive does not hold its last record")?;
        ensure!(
            *archived == record,
            "the log is another one than the archive's: {partition} differs at offset {last}"
        );
    }
    Ok(Seam::GoesOn)
}

/// The first record that was read, if the log still has it; it must begin at `archived` at the latest.
fn begins_by(
    read: Result<Vec<SharedRecord>, ReadError>,
    partition: Partition,
    archived: u64,
) -> Result<Option<SharedRecord>> {
    match read {
        Err(ReadError::OutOfRange { first, .. }) if first > archived => bail!(
            "{partition} of the log begins at offset {first}, the archive ends at {archived}: what stood \
             between is gone"
        ),
        Err(ReadError::OutOfRange { .. }) => Ok(None),
        read => Ok(read?.into_iter().next()),
    }
}

impl LogReader for ArchiveThenLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        match self.behind(partition) {
            Some(log) if from >= self.archived(partition) => log.read(partition, from, limit),
            _ => self.archive.read(partition, from, limit),
        }
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        async move {
            let Some(log) = &self.log else {
                return Ok(partitions.iter().map(|one| self.archived(*one)).collect());
            };
            let ends = log.ends(partitions).await?.into_iter().zip(partitions);
            Ok(ends.map(|(end, one)| end.max(self.archived(*one))).collect())
        }
        .boxed()
    }

    /// What comes is in no archive yet: always an error.
    fn tail(&self, _: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        ready(Err(ReadError::Unavailable("an archive is not followed".to_owned()))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use event_archive::segments::Archived;
    use event_archive::testing::MemoryStore;
    use event_log::AppendError;
    use event_log::Appended;
    use event_log::testing::MemoryLog;
    use events::NewRecord;

    use super::*;

    const RECORDS: u64 = 10;
    const PARTITION: Partition = Partition::DIRECTORY;

    async fn said(said: &str, records: u64) -> MemoryLog {
        let log = MemoryLog::new();
        for offset in 0..records {
            let body = format!("{said} {offset}").into();
            let record = NewRecord { key: [0; 16], headers: Vec::new(), body };
            log.append(PARTITION, record).await.unwrap();
        }
        log
    }

    /// So many records of the log, in segments of three.
    async fn archive(log: &MemoryLog, records: u64) -> Archive {
        let archive = Archive::new(Arc::new(MemoryStore::new()), "cell-1");
        let verdict = bytes::Bytes::from_static(b"void invalid");
        let archived = |record| Archived { record, verdict: verdict.clone() };
        let held = log.records(PARTITION).into_iter().take(records as usize);
        let held: Vec<_> = held.map(archived).collect();
        for segment in held.chunks(3) {
            let end = archive.end(PARTITION).await.unwrap();
            archive.append(PARTITION, &end, segment, None).await.unwrap();
        }
        archive
    }

    /// A log that has let go of its beginning.
    #[derive(Debug)]
    struct Cut(MemoryLog, u64);

    impl LogReader for Cut {
        fn read(
            &self,
            partition: Partition,
            from: u64,
            limit: ReadLimit,
        ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
            let first = if partition == PARTITION { self.1 } else { 0 };
            if from < first {
                let gone = ReadError::OutOfRange { partition, from, first, end: RECORDS };
                return ready(Err(gone)).boxed();
            }
            self.0.read(partition, from, limit)
        }

        fn ends<'a>(
            &'a self,
            partitions: &'a [Partition],
        ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
            self.0.ends(partitions)
        }

        fn tail(
            &self,
            from: Vec<(Partition, u64)>,
        ) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
            self.0.tail(from)
        }
    }

    impl EventLog for Cut {
        fn append(
            &self,
            partition: Partition,
            record: NewRecord,
        ) -> BoxFuture<'_, Result<Appended, AppendError>> {
            self.0.append(partition, record)
        }
    }

    async fn whole(read: &ArchiveThenLog, page: usize) -> Vec<SharedRecord> {
        let end = read.ends(&[PARTITION]).await.unwrap()[0];
        let limit = ReadLimit { records_max: page, ..ReadLimit::default() };
        let mut records = Vec::new();
        while (records.len() as u64) < end {
            let page = read.read(PARTITION, records.len() as u64, limit).await.unwrap();
            assert!(!page.is_empty(), "it ends early");
            records.extend(page);
        }
        assert!(read.read(PARTITION, end, limit).await.unwrap().is_empty());
        records
    }

    #[tokio::test]
    async fn it_equals_the_log_alone_wherever_the_archive_ends_and_the_log_begins() {
        let log = said("record", RECORDS).await;
        let expected = log.records(PARTITION);
        for archived in 0..=RECORDS {
            for begins in 0..=archived {
                let archive = archive(&log, archived).await;
                let cut = Arc::new(Cut(log.clone(), begins));
                let read = ArchiveThenLog::open(archive, Some(cut as _)).await.unwrap();
                assert_eq!(read.lack(), None);
                for page in [1, 4, 100] {
                    assert_eq!(whole(&read, page).await, expected, "{archived} from {begins}");
                }
            }
        }
    }

    #[tokio::test]
    async fn where_the_log_is_gone_or_lost_its_end_it_ends_with_the_archive() {
        let log = said("record", RECORDS).await;
        let shorter: Arc<dyn EventLog> = Arc::new(said("record", 4).await);
        for (held, part) in [(None, "is gone"), (Some(shorter), "ends before the archive in 1 ")] {
            let read = ArchiveThenLog::open(archive(&log, 7).await, held).await.unwrap();
            assert_eq!(whole(&read, 2).await, log.records(PARTITION)[..7]);
            let lack = read.lack().unwrap();
            assert!(lack.contains(part), "{lack}");
        }
    }

    #[tokio::test]
    async fn a_log_that_begins_too_late_or_is_another_one_is_refused_by_name() {
        let log = said("record", RECORDS).await;
        for begins in [5, 9] {
            let cut = Arc::new(Cut(log.clone(), begins));
            let refused = ArchiveThenLog::open(archive(&log, 4).await, Some(cut as _)).await;
            let said = refused.unwrap_err().to_string();
            let part =
                format!("directory-00 of the log begins at offset {begins}, the archive ends at 4");
            assert!(said.starts_with(&part), "{said}");
        }
        let cut = Arc::new(Cut(log.clone(), 1));
        assert!(ArchiveThenLog::open(archive(&log, 0).await, Some(cut as _)).await.is_err());
        let other = Arc::new(said("another", RECORDS).await);
        let refused = ArchiveThenLog::open(archive(&log, 4).await, Some(other as _)).await;
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("is another one") && said.contains("offset 3"), "{said}");
    }
}
