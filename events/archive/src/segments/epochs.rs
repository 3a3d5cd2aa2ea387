//! Epochs: a restore makes another log, which goes on where the archive ended.
//!
//! The object `epochs/<epoch>`, as in `epochs/2`, is JSON, `{"epoch":…,"public_key":…,"signature":…}`. The
//! signature is Ed25519, in hexadecimal, over the line `nottermost archive epoch 1` and the text of `epoch`
//! as it stands there. It is written once, by a conditional put: of two restores one opens the epoch.
//!
//! From the offset that it names on, a partition's segments stand in the folder of that epoch, each still
//! naming the one before it: there is one chain. What the log of before wrote behind that offset, before or
//! after, was left behind: nobody reads it.

use bytes::Bytes;
use events::{FIRST_EPOCH, Partition};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::digest::DigestLink;
use super::error::{ArchiveError, Finding, FindingKind};
use super::format::partition_text;
use super::{Archive, Hour, PublicKey, Signer, names};
use crate::key::{KeyPrefix, ObjectKey};
use crate::port::PutOutcome;

const FORMAT: u16 = 1;
/// A larger object opens no epoch: this is several times what all partitions take.
const OBJECT_BYTES_MAX: u64 = 256 << 10;

/// An epoch that a restore opened. The order of the fields is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedEpoch {
    pub format: u16,
    pub cell: String,
    pub epoch: u32,
    pub opened_ms: i64,
    /// Which log goes on, as whoever opened it calls it.
    pub log: String,
    /// Where the partitions go on that had anything, in their order; all others from 0.
    pub partitions: Vec<GoesOn>,
    /// The last digest of the epoch before; None: there is none.
    pub digest: Option<DigestLink>,
}

/// Where a partition goes on in a new epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoesOn {
    #[serde(with = "partition_text")]
    pub partition: Partition,
    pub next_offset: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    epoch: &'a RawValue,
    public_key: PublicKey,
    signature: String,
}

impl OpenedEpoch {
    /// The offset from which on the partition's records are of this epoch.
    pub fn begins_at(&self, partition: Partition) -> u64 {
        let found = self.partitions.iter().find(|goes_on| goes_on.partition == partition);
        found.map_or(0, |goes_on| goes_on.next_offset)
    }

    fn sign(&self, signer: &Signer) -> Bytes {
        let text = serde_json::value::to_raw_value(self).expect("it has no keys but texts");
        let signature = signer.sign_epoch(text.get());
        let object = Object { epoch: &text, public_key: signer.public_key(), signature };
        serde_json::to_vec(&object).expect("it has no keys but texts").into()
    }

    fn parse(object: &[u8]) -> Result<(Self, PublicKey, bool), String> {
        let unreadable = |error: serde_json::Error| format!("it cannot be read: {error}");
        let object: Object<'_> = serde_json::from_slice(object).map_err(unreadable)?;
        let text = object.epoch.get();
        let opened: Self = serde_json::from_str(text).map_err(unreadable)?;
        if opened.format != FORMAT {
            return Err(format!("its format {} is not known", opened.format));
        }
        let authentic = object.public_key.signed_epoch(text, &object.signature);
        Ok((opened, object.public_key, authentic))
    }
}

impl Archive {
    /// The archive with all epochs that were opened in it, each by one of `signers`, any if none is given.
    ///
    /// # Errors
    /// The store's; an object among the epochs that is none.
    pub async fn open(self, signers: &[PublicKey]) -> Result<Self, ArchiveError> {
        let mut epochs = Vec::new();
        for key in self.objects.list(&folder()).await? {
            let number = names::epoch(&folder(), &key).ok_or_else(|| {
                Finding::new(key.clone(), FindingKind::Malformed, "no epoch has such a name")
            })?;
            let object = self.small_object(&key, OBJECT_BYTES_MAX).await?;
            let object = object.ok_or_else(|| super::chain::vanished(key.clone()))?;
            epochs.push(self.opened(key, number, &object, signers)?);
        }
        epochs.sort_unstable_by_key(|opened| opened.epoch);
        Ok(Self { epochs: epochs.into(), ..self })
    }

    fn opened(
        &self,
        key: ObjectKey,
        number: u32,
        object: &[u8],
        signers: &[PublicKey],
    ) -> Result<OpenedEpoch, Finding> {
        let wrong = |kind, reason: String| Finding::new(key.clone(), kind, reason);
        let (opened, public_key, authentic) =
            OpenedEpoch::parse(object).map_err(|reason| wrong(FindingKind::Malformed, reason))?;
        if !authentic {
            let reason = format!("its signature is not {public_key}'s of this text");
            return Err(wrong(FindingKind::Forged, reason));
        }
        if !signers.is_empty() && !signers.contains(&public_key) {
            return Err(wrong(FindingKind::Forged, format!("it is signed by {public_key}")));
        }
        if opened.cell != self.cell() || opened.epoch != number {
            let reason = format!("it is of the cell {:?}, epoch {}", opened.cell, opened.epoch);
            return Err(wrong(FindingKind::Foreign, reason));
        }
        Ok(opened)
    }

    /// The epochs after the first, in order.
    pub fn epochs(&self) -> &[OpenedEpoch] {
        &self.epochs
    }

    /// The newest epoch.
    pub fn epoch(&self) -> u32 {
        self.epochs.last().map_or(FIRST_EPOCH, |opened| opened.epoch)
    }

    /// The epoch that a record stands in.
    pub fn epoch_at(&self, partition: Partition, offset: u64) -> u32 {
        let newest = self.epochs.iter().rfind(|opened| opened.begins_at(partition) <= offset);
        newest.map_or(FIRST_EPOCH, |opened| opened.epoch)
    }

    /// The epoch that an hour's digest stands in.
    pub(super) fn epoch_of(&self, hour: Hour) -> u32 {
        let begun = |opened: &&OpenedEpoch| opened.digest.is_none_or(|last| last.hour < hour);
        self.epochs.iter().rfind(begun).map_or(FIRST_EPOCH, |opened| opened.epoch)
    }

    /// The archive as those know it for whom this epoch is the newest.
    pub(super) fn as_of(&self, epoch: u32) -> Self {
        let known = self.epochs.iter().filter(|opened| opened.epoch <= epoch).cloned().collect();
        Self { epochs: known, ..self.clone() }
    }

    /// All of them, the first too.
    pub(super) fn epoch_numbers(&self) -> impl Iterator<Item = u32> {
        std::iter::once(FIRST_EPOCH).chain(self.epochs.iter().map(|opened| opened.epoch))
    }

    /// What opening `epoch` says, if the archive ends as it does now: the log `log` goes on from there.
    ///
    /// # Errors
    /// The store's, or the archive's if it cannot be trusted.
    pub async fn next_epoch(
        &self,
        epoch: u32,
        log: String,
        opened_ms: i64,
    ) -> Result<OpenedEpoch, ArchiveError> {
        // First: what a digest covers lies before the ends.
        let digest = self.newest_digest().await?;
        let mut partitions = Vec::new();
        for partition in Partition::durable() {
            let next_offset = self.end(partition).await?.next_offset;
            if next_offset > 0 {
                partitions.push(GoesOn { partition, next_offset });
            }
        }
        let cell = self.cell().to_owned();
        Ok(OpenedEpoch { format: FORMAT, cell, epoch, opened_ms, log, partitions, digest })
    }

    /// Opens an epoch; the archive goes on in it. False: somebody else opened it.
    ///
    /// # Errors
    /// The store's: whether it was opened is unknown, the same again tells.
    pub async fn open_epoch(
        &mut self,
        opened: OpenedEpoch,
        signer: &Signer,
    ) -> Result<bool, ArchiveError> {
        let (key, object) = (names::epoch_key(opened.epoch), opened.sign(signer));
        let ours = match self.objects.put_if_absent(&key, object.clone()).await? {
            PutOutcome::Written => true,
            PutOutcome::AlreadyThere => self.objects.get(&key).await? == Some(object),
        };
        if ours {
            self.epochs = self.epochs.iter().cloned().chain([opened]).collect();
        }
        Ok(ours)
    }
}

pub(super) fn folder() -> KeyPrefix {
    KeyPrefix::parse("epochs/").expect("a word is a folder's name")
}
