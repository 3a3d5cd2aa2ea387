//! The end of a chain, and how it grows.

use events::Partition;

use super::error::{ArchiveError, Finding, FindingKind};
use super::format::{self, Head, Link, MANIFEST_BYTES_MAX, Manifest, SEGMENT_BYTES_MAX};
use super::payload::{self, Packed};
use super::{Archive, Archived, names};
use crate::key::ObjectKey;
use crate::port::PutOutcome;

/// Where a chain goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArchiveEnd {
    /// The offset of the first record that is not archived.
    pub next_offset: u64,
    /// The last segment; None: there is none.
    pub previous: Option<Link>,
}

/// What came of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOutcome {
    /// The chain now ends there.
    Written(ArchiveEnd),
    /// The very segment was there: an earlier attempt, or another archiver, wrote it. The chain went on from
    /// there perhaps.
    Ours(ArchiveEnd),
    /// Another segment stands in its place: another archiver was first. The chain ends there now: the
    /// caller drops what lies below, and goes on with the record that comes next.
    Behind(ArchiveEnd),
}

impl Archive {
    /// The head of a partition's last segment by name. An object in its folder that is named otherwise is
    /// passed over. None: there is no segment.
    pub async fn last(&self, partition: Partition) -> Result<Option<Head>, ArchiveError> {
        match self.first_offsets(partition).await?.last() {
            Some(offset) => Ok(Some(self.head_at(partition, *offset).await?)),
            None => Ok(None),
        }
    }

    /// The end of a partition's chain: that of its [last](Self::last) segment.
    pub async fn end(&self, partition: Partition) -> Result<ArchiveEnd, ArchiveError> {
        Ok(self.last(partition).await?.map(|head| head.end()).unwrap_or_default())
    }

    /// Appends a segment to a partition's chain, which ended at `end` when the caller last knew. The records
    /// follow each other and begin there. An error of the store leaves unknown whether the segment was
    /// written: the same append again tells.
    pub async fn append(
        &self,
        partition: Partition,
        end: &ArchiveEnd,
        records: &[Archived],
        state_hash: Option<&str>,
    ) -> Result<AppendOutcome, ArchiveError> {
        check_contiguous(partition, end, records)?;
        let plain = payload::encode(records);
        check_len(partition, plain.len(), SEGMENT_BYTES_MAX)?;
        let uncompressed_bytes = plain.len() as u64;
        let packed = pack(partition, plain).await?;
        let manifest =
            self.manifest(partition, end, records, state_hash, uncompressed_bytes, &packed);
        let (object, manifest_sha256) = format::seal(&manifest, &packed.bytes);
        check_len(partition, object.len() - packed.bytes.len(), MANIFEST_BYTES_MAX)?;
        let key = self.segment_key(partition, manifest.first_offset);
        let first_offset = manifest.first_offset;
        let end = ArchiveEnd {
            next_offset: manifest.next_offset(),
            previous: Some(Link { first_offset, manifest_sha256 }),
        };
        match self.objects.put_if_absent(&key, object).await? {
            PutOutcome::Written => Ok(AppendOutcome::Written(end)),
            PutOutcome::AlreadyThere => self.after_another(partition, end).await,
        }
    }

    async fn after_another(
        &self,
        partition: Partition,
        ours: ArchiveEnd,
    ) -> Result<AppendOutcome, ArchiveError> {
        let first_offset = ours.previous.map_or(0, |link| link.first_offset);
        if self.head_at(partition, first_offset).await?.end() == ours {
            return Ok(AppendOutcome::Ours(ours));
        }
        Ok(AppendOutcome::Behind(self.end(partition).await?))
    }

    fn manifest(
        &self,
        partition: Partition,
        end: &ArchiveEnd,
        records: &[Archived],
        state_hash: Option<&str>,
        uncompressed_bytes: u64,
        packed: &Packed,
    ) -> Manifest {
        let appended_ms =
            |archived: Option<&Archived>| archived.map_or(0, |a| a.record.appended_ms);
        Manifest {
            format: format::FORMAT,
            cell: self.cell().to_owned(),
            epoch: self.epoch_at(partition, end.next_offset),
            partition,
            first_offset: end.next_offset,
            count: records.len() as u64,
            first_appended_ms: appended_ms(records.first()),
            last_appended_ms: appended_ms(records.last()),
            previous: end.previous,
            payload_sha256: packed.sha256,
            payload_bytes: packed.bytes.len() as u64,
            uncompressed_bytes,
            state_hash: state_hash.map(str::to_owned),
        }
    }

    /// The first offsets of a partition's segments, by their names, in order.
    pub(super) async fn first_offsets(
        &self,
        partition: Partition,
    ) -> Result<Vec<u64>, ArchiveError> {
        let mut offsets = Vec::new();
        for epoch in self.epoch_numbers() {
            let folder = names::segment_folder(epoch, partition);
            let keys = self.objects.list(&folder).await?;
            let named = keys.iter().filter_map(|key| names::first_offset(&folder, key));
            offsets.extend(named.filter(|offset| self.epoch_at(partition, *offset) == epoch));
        }
        Ok(offsets)
    }

    /// The head of a segment that must be there and belong there.
    pub(super) async fn head_at(
        &self,
        partition: Partition,
        first_offset: u64,
    ) -> Result<Head, ArchiveError> {
        let key = self.segment_key(partition, first_offset);
        let head = self.head(&key).await?.ok_or_else(|| vanished(key))?;
        self.check_place(partition, first_offset, &head)?;
        Ok(head)
    }
}

pub(super) fn vanished(key: ObjectKey) -> Finding {
    Finding::new(key, FindingKind::Missing, "it was there just now")
}

fn check_contiguous(
    partition: Partition,
    end: &ArchiveEnd,
    records: &[Archived],
) -> Result<(), ArchiveError> {
    if records.is_empty() {
        return Err(ArchiveError::Empty { partition, first_offset: end.next_offset });
    }
    for (expected, Archived { record, .. }) in (end.next_offset..).zip(records) {
        if record.partition != partition || record.offset != expected {
            let (partition, offset) = (record.partition, record.offset);
            return Err(ArchiveError::NotNext { partition, offset, expected });
        }
    }
    Ok(())
}

fn check_len(partition: Partition, len: usize, len_max: usize) -> Result<(), ArchiveError> {
    if len > len_max {
        let (len, len_max) = (len as u64, len_max as u64);
        return Err(ArchiveError::TooLarge { partition, len, len_max });
    }
    Ok(())
}

/// So little is compressed at once: a moment's work, and the simulation, which has no runtime, makes no more.
const PACK_AT_ONCE_BYTES_MAX: usize = 16 << 10;

/// Compresses off the async runtime, where it takes tens of milliseconds.
async fn pack(partition: Partition, plain: Vec<u8>) -> Result<Packed, ArchiveError> {
    let packed = if plain.len() <= PACK_AT_ONCE_BYTES_MAX {
        payload::pack(&plain)
    } else {
        let packed = tokio::task::spawn_blocking(move || payload::pack(&plain)).await;
        packed.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)))
    };
    packed.map_err(|error| ArchiveError::Compress { partition, reason: error.to_string() })
}
