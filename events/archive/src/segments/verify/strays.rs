//! What stands where nothing of the archive does. What lies beside the folders of segments, digests and
//! epochs is none of the archive's.

use std::collections::BTreeSet;

use events::Partition;

use super::super::error::{ArchiveError, Finding, FindingKind};
use super::super::{Archive, names};
use super::Report;
use crate::key::{KeyPrefix, ObjectKey};

pub(super) async fn verify(archive: &Archive, report: &mut Report) -> Result<(), ArchiveError> {
    let (segments, digests) = (names::segments(), names::digests());
    Strays { archive, stray: no_segment, report }.among_epochs(&segments).await?;
    Strays { archive, stray: no_digest, report }.among_epochs(&digests).await?;
    for epoch in archive.epoch_numbers() {
        let folder = names::epoch_folder(&segments, epoch);
        Strays { archive, stray: no_segment, report }.among_partitions(epoch, &folder).await?;
    }
    Ok(())
}

pub(super) fn no_segment(key: ObjectKey) -> Finding {
    Finding::new(key, FindingKind::Malformed, "no segment has such a name")
}

pub(super) fn no_digest(key: ObjectKey) -> Finding {
    Finding::new(key, FindingKind::Malformed, "no digest has such a name")
}

struct Strays<'a> {
    archive: &'a Archive,
    stray: fn(ObjectKey) -> Finding,
    report: &'a mut Report,
}

impl Strays<'_> {
    async fn among_epochs(&mut self, root: &KeyPrefix) -> Result<(), ArchiveError> {
        let entries = self.archive.objects.entries(root).await?;
        self.report.add_all(entries.objects.into_iter().map(self.stray));
        for folder in entries.folders {
            match names::epoch_of_folder(root, &folder) {
                Some(epoch) if self.archive.epoch_numbers().any(|known| known == epoch) => {}
                Some(epoch) if epoch > 0 => self.unopened(epoch, &folder).await?,
                _ => self.folder(&folder).await?,
            }
        }
        Ok(())
    }

    async fn among_partitions(
        &mut self,
        epoch: u32,
        folder: &KeyPrefix,
    ) -> Result<(), ArchiveError> {
        let entries = self.archive.objects.entries(folder).await?;
        self.report.add_all(entries.objects.into_iter().map(self.stray));
        let named = Partition::durable().map(|partition| names::segment_folder(epoch, partition));
        let named: BTreeSet<KeyPrefix> = named.collect();
        for folder in entries.folders.iter().filter(|folder| !named.contains(folder)) {
            self.folder(folder).await?;
        }
        Ok(())
    }

    /// Whoever wrote there knew of an epoch: what opened it is gone.
    async fn unopened(&mut self, epoch: u32, folder: &KeyPrefix) -> Result<(), ArchiveError> {
        if let Some(key) = self.archive.objects.list(folder).await?.first() {
            let reason = format!("{key} stands in its folder");
            self.report.add(Finding::new(names::epoch_key(epoch), FindingKind::Missing, reason));
        }
        Ok(())
    }

    async fn folder(&mut self, folder: &KeyPrefix) -> Result<(), ArchiveError> {
        let keys = self.archive.objects.list(folder).await?;
        self.report.add_all(keys.into_iter().map(self.stray));
        Ok(())
    }
}
