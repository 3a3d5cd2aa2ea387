//! The chain of one partition.

use std::cmp::Ordering;

use bytes::Bytes;
use events::Partition;

use super::super::chain::vanished;
use super::super::error::{ArchiveError, Finding, FindingKind};
use super::super::links::Before;
use super::super::{Archive, Archived, Head, names, reader};
use super::{Report, Visitor, finding, strays};
use crate::key::ObjectKey;

pub(super) async fn verify(
    archive: &Archive,
    partition: Partition,
    visitor: &mut (dyn Visitor + Send),
    report: &mut Report,
) -> Result<(), ArchiveError> {
    let mut chain = Chain {
        archive,
        partition,
        before: None,
        claimed: None,
        whole: true,
        visitor: Some(visitor),
        report,
    };
    for epoch in archive.epoch_numbers() {
        chain.folder(epoch).await?;
    }
    let cut = chain.cut_off();
    chain.report.add_all(chain.claimed.into_iter().chain(cut));
    Ok(())
}

struct Chain<'a> {
    archive: &'a Archive,
    partition: Partition,
    before: Option<Before>,
    /// What the segment before says is wrong with its neighbours. Its own manifest may be what is wrong:
    /// the next segment tells.
    claimed: Option<Finding>,
    /// The visitor has had everything up to here.
    whole: bool,
    /// None: what was left behind is of no other use.
    visitor: Option<&'a mut (dyn Visitor + Send)>,
    report: &'a mut Report,
}

impl Chain<'_> {
    async fn folder(&mut self, epoch: u32) -> Result<(), ArchiveError> {
        let folder = names::segment_folder(epoch, self.partition);
        let mut left_behind = Vec::new();
        for key in self.archive.objects.list(&folder).await? {
            let Some(offset) = names::first_offset(&folder, &key) else {
                self.report.segments += 1;
                self.report.add(strays::no_segment(key));
                continue;
            };
            match self.archive.epoch_at(self.partition, offset).cmp(&epoch) {
                Ordering::Equal => {
                    self.report.segments += 1;
                    self.segment(&key, offset).await?;
                }
                Ordering::Greater => left_behind.push((key, offset)),
                Ordering::Less => {
                    self.report.segments += 1;
                    let reason = format!("{} begins behind that", names::epoch_key(epoch));
                    self.report.add(Finding::new(key, FindingKind::Misplaced, reason));
                }
            }
        }
        self.left_behind(epoch, left_behind).await
    }

    /// What the log of an epoch wrote on after another was opened goes on from the end of that epoch.
    async fn left_behind(
        &mut self,
        epoch: u32,
        segments: Vec<(ObjectKey, u64)>,
    ) -> Result<(), ArchiveError> {
        self.report.left_behind += segments.len() as u64;
        let mut chain = Chain {
            archive: &self.archive.as_of(epoch),
            partition: self.partition,
            before: self.before,
            claimed: None,
            whole: false,
            visitor: None,
            report: self.report,
        };
        for (key, first_offset) in segments {
            chain.segment(&key, first_offset).await?;
        }
        chain.report.add_all(chain.claimed);
        Ok(())
    }

    /// An epoch goes on where nothing ends.
    fn cut_off(&self) -> Option<Finding> {
        let opened = self.archive.epochs().last()?;
        let begins = opened.begins_at(self.partition);
        let end = self.before.as_ref().map_or(Some(0), |before| Some(before.end?.next_offset))?;
        let reason = format!("{} goes on from offset {begins}", names::epoch_key(opened.epoch));
        let key = self.archive.segment_key(self.partition, end);
        (end < begins).then(|| Finding::new(key, FindingKind::Missing, reason))
    }

    async fn segment(&mut self, key: &ObjectKey, first_offset: u64) -> Result<(), ArchiveError> {
        let end = match self.head(key, first_offset).await? {
            Ok((head, object)) => {
                self.link(&head);
                let end = head.end();
                self.payload(head, object).await;
                Some(end)
            }
            Err(finding) => {
                let claimed = self.claimed.take();
                self.report.add_all(claimed);
                self.broken(finding);
                None
            }
        };
        self.before = Some(Before { first_offset, end });
        Ok(())
    }

    /// A segment that stands under its own name.
    async fn head(
        &self,
        key: &ObjectKey,
        first_offset: u64,
    ) -> Result<Result<(Head, Bytes), Finding>, ArchiveError> {
        let object = match finding(self.archive.object(key).await)? {
            Ok(object) => object.ok_or_else(|| vanished(key.clone())),
            Err(finding) => Err(finding),
        };
        Ok(object.and_then(|(head, object)| {
            self.archive.check_place(self.partition, first_offset, &head)?;
            Ok((head, object))
        }))
    }

    fn link(&mut self, head: &Head) {
        let finding = self.archive.link_finding(self.before.as_ref(), head);
        let changed = finding.as_ref().is_some_and(|f| f.kind == FindingKind::Changed);
        let claimed = std::mem::replace(&mut self.claimed, finding);
        self.whole &= self.claimed.is_none();
        // What a changed manifest says of others counts for nothing.
        self.report.add_all(claimed.filter(|_| !changed));
    }

    async fn payload(&mut self, head: Head, object: Bytes) {
        match reader::open(head.clone(), object).await {
            Ok(records) => self.visit(&head, &records),
            Err(finding) => self.broken(finding),
        }
    }

    fn visit(&mut self, head: &Head, records: &[Archived]) {
        let Some(visitor) = &mut self.visitor else { return };
        self.report.records += records.len() as u64;
        if !self.whole {
            return;
        }
        let mut refused = Ok(());
        for archived in records {
            refused = refused.and(visitor.record(archived));
        }
        let manifest = &head.manifest;
        let state_hash = manifest.state_hash.as_deref();
        let end = visitor.segment_end(self.partition, manifest.next_offset(), state_hash);
        if let Err(reason) = refused.and(end) {
            self.report.add(head.finding(FindingKind::Refused, reason));
        }
    }

    fn broken(&mut self, finding: Finding) {
        self.whole = false;
        self.report.add(finding);
    }
}
