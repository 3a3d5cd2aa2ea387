//! The chain of digests, and whether what they cover is there.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use events::Partition;

use super::super::chain::vanished;
use super::super::digest::{Covered, Digest, OBJECT_BYTES_MAX};
use super::super::error::{ArchiveError, Finding, FindingKind};
use super::super::{Archive, ContentHash, Hour, OpenedEpoch, PublicKey, names};
use super::{Report, finding, strays};
use crate::key::ObjectKey;

pub(super) async fn verify(
    archive: &Archive,
    signers: &[PublicKey],
    report: &mut Report,
) -> Result<(), ArchiveError> {
    let covered = BTreeMap::new();
    let mut chain = Digests { archive, signers, before: None, covered, report };
    for epoch in archive.epoch_numbers() {
        chain.folder(epoch).await?;
    }
    for opened in archive.epochs() {
        chain.last_before(opened).await?;
    }
    Ok(())
}

struct Digests<'a> {
    archive: &'a Archive,
    signers: &'a [PublicKey],
    before: Option<Before>,
    /// What the newest digest that can be trusted covers.
    covered: BTreeMap<Partition, Covered>,
    report: &'a mut Report,
}

/// The digest that stands before one.
#[derive(Clone, Copy)]
struct Before {
    hour: Hour,
    /// None: it could not be read.
    sha256: Option<ContentHash>,
}

impl Digests<'_> {
    async fn folder(&mut self, epoch: u32) -> Result<(), ArchiveError> {
        let folder = names::digest_folder(epoch);
        let mut left_behind = Vec::new();
        for key in self.archive.objects.list(&folder).await? {
            let Some(hour) = names::hour(&folder, &key) else {
                self.report.digests += 1;
                self.report.add(strays::no_digest(key));
                continue;
            };
            match self.archive.epoch_of(hour).cmp(&epoch) {
                Ordering::Equal => {
                    self.report.digests += 1;
                    self.digest(&key, hour).await?;
                }
                Ordering::Greater => left_behind.push((key, hour)),
                Ordering::Less => {
                    self.report.digests += 1;
                    let reason = format!("{} begins behind that", names::epoch_key(epoch));
                    self.add(&key, FindingKind::Misplaced, reason);
                }
            }
        }
        self.left_behind(epoch, left_behind).await
    }

    /// What the log of an epoch said on after another was opened goes on from the end of that epoch.
    async fn left_behind(
        &mut self,
        epoch: u32,
        digests: Vec<(ObjectKey, Hour)>,
    ) -> Result<(), ArchiveError> {
        self.report.left_behind += digests.len() as u64;
        let mut chain = Digests {
            archive: &self.archive.as_of(epoch),
            signers: self.signers,
            before: self.before,
            covered: self.covered.clone(),
            report: self.report,
        };
        for (key, hour) in digests {
            chain.digest(&key, hour).await?;
        }
        Ok(())
    }

    /// The digest that an epoch goes on from: nothing else may name it yet.
    async fn last_before(&mut self, opened: &OpenedEpoch) -> Result<(), ArchiveError> {
        let Some(link) = opened.digest else { return Ok(()) };
        let key = self.archive.digest_key(link.hour);
        let object = self.archive.objects.get(&key).await?;
        let kind = match object.map(|object| ContentHash::of(&object)) {
            Some(sha256) if sha256 == link.sha256 => return Ok(()),
            Some(_) => FindingKind::Changed,
            None => FindingKind::Missing,
        };
        self.add(&key, kind, format!("{} names it", names::epoch_key(opened.epoch)));
        Ok(())
    }

    fn add(&mut self, key: &ObjectKey, kind: FindingKind, reason: impl Into<String>) {
        self.report.add(Finding::new(key.clone(), kind, reason));
    }

    async fn digest(&mut self, key: &ObjectKey, hour: Hour) -> Result<(), ArchiveError> {
        let object = finding(self.archive.small_object(key, OBJECT_BYTES_MAX).await)?;
        let object = object.and_then(|object| object.ok_or_else(|| vanished(key.clone())));
        let sha256 = object.as_ref().ok().map(|object| ContentHash::of(object));
        let trusts = |key| self.signers.is_empty() || self.signers.contains(&key);
        match object.and_then(|object| self.archive.open_digest(hour, &object, trusts)) {
            Ok(digest) => {
                self.link(key, &digest);
                self.coverage(key, digest).await?;
            }
            Err(finding) => self.report.add(finding),
        }
        self.before = Some(Before { hour, sha256 });
        Ok(())
    }

    fn link(&mut self, key: &ObjectKey, digest: &Digest) {
        let missing = |hour| {
            let reason = format!("{key} follows it");
            Finding::new(self.archive.digest_key(hour), FindingKind::Missing, reason)
        };
        let misplaced = |reason: String| Finding::new(key.clone(), FindingKind::Misplaced, reason);
        let finding = match (self.before, digest.previous) {
            (None, None) => return,
            (None, Some(link)) => missing(link.hour),
            (Some(before), None) => misplaced(format!("the one of {} is before it", before.hour)),
            (Some(_), Some(link)) if link.hour.next() != digest.hour => {
                misplaced(format!("it follows the one of {}", link.hour))
            }
            (Some(before), Some(link)) if link.hour > before.hour => missing(link.hour),
            (Some(before), Some(link)) if before.sha256.is_some_and(|it| it != link.sha256) => {
                let reason = format!("it is not the one that {key} names");
                let before = self.archive.digest_key(before.hour);
                Finding::new(before, FindingKind::Changed, reason)
            }
            _ => return,
        };
        self.report.add(finding);
    }

    /// Whether everything is there that a digest covers; only what it covers beyond the one before it is
    /// looked for.
    async fn coverage(&mut self, key: &ObjectKey, digest: Digest) -> Result<(), ArchiveError> {
        let now: BTreeMap<_, _> =
            digest.partitions.iter().map(|last| (last.partition, *last)).collect();
        let lost = self.covered.keys().find(|partition| !now.contains_key(partition)).copied();
        if let Some(partition) = lost {
            let reason = format!("it leaves out {partition}, which the one before it covers");
            self.add(key, FindingKind::Contradictory, reason);
        }
        for last in digest.partitions {
            let before = self.covered.get(&last.partition).copied();
            if before == Some(last) {
                continue;
            }
            if before.is_some_and(|before| last.next_offset <= before.next_offset) {
                let reason = format!("it goes back in {}", last.partition);
                self.add(key, FindingKind::Contradictory, reason);
            }
            if let Some(finding) = self.look_for(key, &last).await? {
                self.report.add(finding);
            }
        }
        self.covered = now;
        Ok(())
    }

    async fn look_for(
        &self,
        digest: &ObjectKey,
        last: &Covered,
    ) -> Result<Option<Finding>, ArchiveError> {
        let key = self.archive.segment_key(last.partition, last.first_offset);
        let head = match finding(self.archive.head(&key).await)? {
            Ok(Some(head)) => head,
            Ok(None) => {
                let reason = format!("{digest} covers it");
                return Ok(Some(Finding::new(key, FindingKind::Missing, reason)));
            }
            Err(finding) => return Ok(Some(finding)),
        };
        if head.manifest_sha256 != last.manifest_sha256 {
            let reason = format!("its manifest is not the one that {digest} names");
            return Ok(Some(head.finding(FindingKind::Changed, reason)));
        }
        if head.manifest.next_offset() != last.next_offset {
            let reason = format!("it says that {key} ends at offset {}", last.next_offset);
            return Ok(Some(Finding::new(digest.clone(), FindingKind::Contradictory, reason)));
        }
        Ok(None)
    }
}
