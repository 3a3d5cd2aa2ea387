//! Writing digests: one for every hour, in a chain.

use std::collections::BTreeMap;

use events::Partition;

use super::chain::vanished;
use super::digest::{self, Covered, Digest, DigestLink};
use super::error::ArchiveError;
use super::names;
use super::{Archive, ContentHash, Head, Hour, Signer};
use crate::port::PutOutcome;

/// What came of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestOutcome {
    Written,
    /// The hour has a digest. Of two archivers the first one's stands.
    AlreadyThere,
}

impl Archive {
    /// The hour whose digest comes next: the one after the newest digest's, or that of the first record of
    /// all. None: nothing is archived.
    pub async fn next_digest_hour(&self) -> Result<Option<Hour>, ArchiveError> {
        let newest = self.digest_hours().await?.last().copied();
        self.hour_after(newest).await
    }

    /// Writes the digest of an hour, which must be the next one, and of which all records must be
    /// archived: a record that comes later is covered by a later digest.
    pub async fn write_digest(
        &self,
        hour: Hour,
        signer: &Signer,
    ) -> Result<DigestOutcome, ArchiveError> {
        let hours = self.digest_hours().await?;
        if hours.contains(&hour) {
            return Ok(DigestOutcome::AlreadyThere);
        }
        let newest = hours.last().copied();
        let expected = self.hour_after(newest).await?;
        if expected != Some(hour) {
            return Err(ArchiveError::DigestNotNext { hour, expected });
        }
        let digest = self.digest(hour, newest, signer).await?;
        let written =
            self.objects.put_if_absent(&self.digest_key(hour), digest.sign(signer)).await?;
        Ok(match written {
            PutOutcome::Written => DigestOutcome::Written,
            PutOutcome::AlreadyThere => DigestOutcome::AlreadyThere,
        })
    }

    /// The hours that have a digest, in order.
    async fn digest_hours(&self) -> Result<Vec<Hour>, ArchiveError> {
        let mut hours = Vec::new();
        for epoch in self.epoch_numbers() {
            let folder = names::digest_folder(epoch);
            let keys = self.objects.list(&folder).await?;
            let named = keys.iter().filter_map(|key| names::hour(&folder, key));
            hours.extend(named.filter(|hour| self.epoch_of(*hour) == epoch));
        }
        Ok(hours)
    }

    pub(super) async fn newest_digest(&self) -> Result<Option<DigestLink>, ArchiveError> {
        let Some(hour) = self.digest_hours().await?.last().copied() else { return Ok(None) };
        let key = self.digest_key(hour);
        let object = self.small_object(&key, digest::OBJECT_BYTES_MAX).await?;
        let object = object.ok_or_else(|| vanished(key))?;
        Ok(Some(DigestLink { hour, sha256: ContentHash::of(&object) }))
    }

    async fn hour_after(&self, newest: Option<Hour>) -> Result<Option<Hour>, ArchiveError> {
        match newest {
            Some(newest) => Ok(Some(newest.next())),
            None => self.first_hour().await,
        }
    }

    /// The hour of the first record of all partitions.
    async fn first_hour(&self) -> Result<Option<Hour>, ArchiveError> {
        let mut first = None;
        for partition in Partition::durable() {
            let offsets = self.first_offsets(partition).await?;
            let Some(offset) = offsets.first() else { continue };
            let hour =
                Hour::of_ms(self.head_at(partition, *offset).await?.manifest.first_appended_ms);
            first = Some(first.map_or(hour, |first: Hour| first.min(hour)));
        }
        Ok(first)
    }

    async fn digest(
        &self,
        hour: Hour,
        newest: Option<Hour>,
        signer: &Signer,
    ) -> Result<Digest, ArchiveError> {
        let (previous, mut covered) = match newest {
            Some(newest) => self.previous_digest(newest, signer).await?,
            None => (None, BTreeMap::new()),
        };
        for partition in Partition::durable() {
            let before = covered.get(&partition).copied();
            if let Some(last) = self.covered(partition, hour, before).await? {
                covered.insert(partition, last);
            }
        }
        Ok(Digest {
            format: digest::FORMAT,
            cell: self.cell().to_owned(),
            epoch: self.epoch_of(hour),
            hour,
            previous,
            partitions: covered.into_values().collect(),
        })
    }

    /// The newest digest. One that the signer does not trust is an error: what it covers would be signed
    /// anew.
    async fn previous_digest(
        &self,
        hour: Hour,
        signer: &Signer,
    ) -> Result<(Option<DigestLink>, BTreeMap<Partition, Covered>), ArchiveError> {
        let key = self.digest_key(hour);
        let object = self.small_object(&key, digest::OBJECT_BYTES_MAX).await?;
        let object = object.ok_or_else(|| vanished(key))?;
        let digest = self.open_digest(hour, &object, |key| signer.trusts(key))?;
        let link = DigestLink { hour, sha256: ContentHash::of(&object) };
        let covered = digest.partitions.into_iter().map(|last| (last.partition, last));
        Ok((Some(link), covered.collect()))
    }

    /// The newest segment whose last record was appended before the end of the hour, unless `before`,
    /// which an earlier digest covered, is newer.
    async fn covered(
        &self,
        partition: Partition,
        hour: Hour,
        before: Option<Covered>,
    ) -> Result<Option<Covered>, ArchiveError> {
        let mut offsets = self.first_offsets(partition).await?;
        while let Some(offset) = offsets.pop() {
            if before.is_some_and(|before| offset <= before.first_offset) {
                break;
            }
            let head = self.head_at(partition, offset).await?;
            if head.manifest.last_appended_ms < hour.end_ms() {
                return Ok(Some(cover(&head)));
            }
        }
        Ok(before)
    }
}

fn cover(head: &Head) -> Covered {
    Covered {
        partition: head.manifest.partition,
        first_offset: head.manifest.first_offset,
        next_offset: head.manifest.next_offset(),
        manifest_sha256: head.manifest_sha256,
    }
}
