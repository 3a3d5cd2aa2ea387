//! Reading a chain.

use std::collections::VecDeque;

use bytes::Bytes;
use events::Partition;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

use super::chain::vanished;
use super::error::{ArchiveError, Finding, FindingKind};
use super::links::Before;
use super::{Archive, Archived, Head, payload};

impl Archive {
    /// The records of a partition from an offset to the end of the archive, in order, one segment in
    /// memory at a time. Each segment is checked against its hashes and against the one before it; the
    /// first thing that is wrong ends the stream. `from` may be the end, not lie beyond it.
    ///
    /// A record keeps the memory of its segment: who keeps some of many copies them.
    pub fn read(
        &self,
        partition: Partition,
        from: u64,
    ) -> BoxStream<'static, Result<Archived, ArchiveError>> {
        let begun = Walk::begin(self.clone(), partition, from);
        let segments =
            stream::once(begun).map_ok(|walk| stream::try_unfold(walk, Walk::next)).try_flatten();
        segments.map_ok(|records| stream::iter(records.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// The heads of a partition's segments, in order, each under its own name; whether they are a chain is
    /// not looked at.
    pub fn manifests(
        &self,
        partition: Partition,
    ) -> BoxStream<'static, Result<Head, ArchiveError>> {
        let (archive, lister) = (self.clone(), self.clone());
        stream::once(async move { lister.first_offsets(partition).await })
            .map_ok(|offsets| stream::iter(offsets.into_iter().map(Ok)))
            .try_flatten()
            .and_then(move |offset| {
                let archive = archive.clone();
                async move { archive.head_at(partition, offset).await }
            })
            .boxed()
    }
}

/// The segments that are still to be read.
struct Walk {
    archive: Archive,
    partition: Partition,
    from: u64,
    offsets: VecDeque<u64>,
    before: Option<Before>,
}

impl Walk {
    async fn begin(
        archive: Archive,
        partition: Partition,
        from: u64,
    ) -> Result<Self, ArchiveError> {
        let mut offsets = VecDeque::from(archive.first_offsets(partition).await?);
        let passed = offsets.partition_point(|first| *first <= from).saturating_sub(1);
        let before = match offsets.drain(..passed).next_back() {
            Some(offset) => Some(before(&archive.head_at(partition, offset).await?)),
            None => None,
        };
        Ok(Self { archive, partition, from, offsets, before })
    }

    async fn next(mut self) -> Result<Option<(Vec<Archived>, Self)>, ArchiveError> {
        let Some(offset) = self.offsets.pop_front() else { return self.finish() };
        let key = self.archive.segment_key(self.partition, offset);
        let object = self.archive.object(&key).await?;
        let (head, object) = object.ok_or_else(|| vanished(key))?;
        self.archive.check_place(self.partition, offset, &head)?;
        if let Some(finding) = self.archive.link_finding(self.before.as_ref(), &head) {
            return Err(finding.into());
        }
        self.before = Some(before(&head));
        let mut records = open(head, object).await?;
        records.retain(|archived| archived.record.offset >= self.from);
        Ok(Some((records, self)))
    }

    fn finish(self) -> Result<Option<(Vec<Archived>, Self)>, ArchiveError> {
        let end = self.before.and_then(|before| before.end).unwrap_or_default().next_offset;
        let (partition, from) = (self.partition, self.from);
        if from > end { Err(ArchiveError::BeyondEnd { partition, from, end }) } else { Ok(None) }
    }
}

fn before(head: &Head) -> Before {
    Before { first_offset: head.manifest.first_offset, end: Some(head.end()) }
}

/// Unpacks and checks a segment's payload, off the async runtime: tens of milliseconds.
pub(super) async fn open(head: Head, object: Bytes) -> Result<Vec<Archived>, Finding> {
    let key = head.key.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let packed = head.payload(&object);
        payload::open(&head, &packed)
    });
    opened.await.unwrap_or_else(|stopped| {
        Err(Finding::new(key, FindingKind::Malformed, format!("it cannot be unpacked: {stopped}")))
    })
}
