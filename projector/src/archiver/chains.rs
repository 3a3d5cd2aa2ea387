//! The pure half of the archiver: the fold, the records that are no segment yet, and where each chain goes
//! on.
//!
//! Without clock or I/O: whoever drives it reads the log and appends the segments, `Session` in a server,
//! the simulation with everything that can go wrong in between.

use std::collections::BTreeMap;

use domain::FoldError;
use domain::faults::{self, Rule};
use event_archive::segments::{AppendOutcome, ArchiveEnd, Archived, Head, Roller, RollerOptions};
use events::{Partition, Position, Record, SharedRecord};
use fold::digests::Digests;
use fold::{FoldSet, verdicts};

/// Why nothing more can be archived.
#[derive(Debug, thiserror::Error)]
pub enum ChainsError {
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(
        "{partition} was archived as another log, or judged otherwise: below offset {next} its \
         verdicts come to {ours}, the archive says {theirs}"
    )]
    Parted { partition: Partition, next: u64, ours: String, theirs: String },
}

/// The chains of all partitions, each with what is still to be put behind its end.
#[derive(Debug)]
pub struct Chains {
    set: FoldSet,
    chains: BTreeMap<Partition, Chain>,
    /// Bytes that are held of all partitions, and how many may be.
    held_bytes: usize,
    held_bytes_max: usize,
}

/// One partition.
#[derive(Debug)]
struct Chain {
    end: ArchiveEnd,
    /// What the archive says of the fold at that end, until the fold has come there.
    state_hash: Option<String>,
    roller: Roller,
}

/// What follows from a record that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// A digest of the fold that belongs here, to be agreed on before anything is cut.
    pub digest: Option<(Position, u128)>,
    /// The partition whose segment is to be appended before the next record is taken.
    pub cut: Option<Partition>,
}

/// A segment that is to be appended.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// Where its chain ended when this archiver last knew.
    pub end: &'a ArchiveEnd,
    pub records: &'a [Archived],
    /// The fold behind the last of them.
    pub state_hash: String,
}

impl Chains {
    /// Goes on behind the last segment of each durable partition, with a fold that stands there or before.
    ///
    /// # Errors
    /// [`ChainsError::Parted`]
    pub fn behind(
        lasts: BTreeMap<Partition, Option<Head>>,
        set: FoldSet,
        roller: RollerOptions,
        held_bytes_max: usize,
    ) -> Result<Self, ChainsError> {
        let behind = |(partition, last)| (partition, Chain::behind(last, roller));
        let chains = lasts.into_iter().map(behind).collect();
        let mut chains = Self { set, chains, held_bytes: 0, held_bytes_max };
        Partition::durable().try_for_each(|partition| chains.compare_at_end(partition))?;
        Ok(chains)
    }

    pub fn fold(&self) -> &FoldSet {
        &self.set
    }

    /// The offset at which the partition is to be read on.
    pub fn next(&self, partition: Partition) -> u64 {
        self.set.next(partition)
    }

    /// Everything of the partition below this offset is archived.
    pub fn archived(&self, partition: Partition) -> u64 {
        self.chains.get(&partition).map_or(0, |chain| chain.end.next_offset)
    }

    /// Bytes that are held of the partition.
    pub fn bytes(&self, partition: Partition) -> usize {
        self.chains.get(&partition).map_or(0, |chain| chain.roller.bytes())
    }

    /// Whether what is held must be cut before this record is taken: a segment's hash is the one behind its
    /// last record.
    pub fn closes(&self, record: &Record) -> bool {
        let chain = self.chains.get(&record.partition);
        chain.is_some_and(|chain| chain.roller.closes(record.appended_ms))
    }

    /// Folds the next record of a partition and holds it.
    ///
    /// # Errors
    /// [`ChainsError`]: nothing more can be taken.
    pub fn take(&mut self, record: SharedRecord) -> Result<Taken, ChainsError> {
        let partition = record.partition;
        let folded = self.set.apply(record)?;
        let digest = Digests::due(&folded)
            .map(|next| (self.set.position(partition, next), self.set.hash(partition)));
        let chain = self.chain(partition);
        if folded.record.offset < chain.end.next_offset {
            self.compare_at_end(partition)?;
            return Ok(Taken { digest, cut: None });
        }
        let verdict = verdicts::encode(&folded.verdict);
        let archived = Archived { record: folded.record, verdict };
        let bytes = archived.size_bytes();
        chain.roller.push(archived);
        let full = chain.roller.is_full();
        self.held_bytes += bytes;
        let cut = if full { Some(partition) } else { self.too_much() };
        Ok(Taken { digest, cut })
    }

    /// The partition of which most is held, if too much is held of all.
    fn too_much(&self) -> Option<Partition> {
        if self.held_bytes <= self.held_bytes_max {
            return None;
        }
        let largest = self.chains.iter().max_by_key(|(_, chain)| chain.roller.bytes());
        largest.map(|(partition, _)| *partition)
    }

    /// What has come of age.
    pub fn due(&self, now_ms: i64) -> Vec<Partition> {
        self.those(|roller| roller.is_due(now_ms))
    }

    /// Those of which anything is held.
    pub fn held(&self) -> Vec<Partition> {
        self.those(|roller| !roller.held().is_empty())
    }

    fn those(&self, of: impl Fn(&Roller) -> bool) -> Vec<Partition> {
        let those = self.chains.iter().filter(|(_, chain)| of(&chain.roller));
        those.map(|(partition, _)| *partition).collect()
    }

    /// What is held of a durable partition. Until its append is [absorbed](Self::absorb) it may be asked for
    /// again, and is the same: the same append again tells what became of the one before.
    pub fn segment(&self, partition: Partition) -> Segment<'_> {
        let chain = self.chains.get(&partition).expect("there is one of every durable partition");
        let state_hash = verdicts::state_hash(self.set.hash(partition));
        Segment { end: &chain.end, records: chain.roller.held(), state_hash }
    }

    /// The chain goes on where the append of its segment found its end, whoever wrote that.
    pub fn absorb(&mut self, partition: Partition, outcome: AppendOutcome) {
        let chain = self.chain(partition);
        chain.end = chain.end_after(outcome);
        let before = chain.roller.bytes();
        chain.roller.forget_below(chain.end.next_offset);
        let freed = before - chain.roller.bytes();
        self.held_bytes -= freed;
    }

    fn chain(&mut self, partition: Partition) -> &mut Chain {
        self.chains.get_mut(&partition).expect("there is one of every durable partition")
    }

    /// Where the fold has come to the end that it found, the archive must say the same of it.
    fn compare_at_end(&mut self, partition: Partition) -> Result<(), ChainsError> {
        let next = self.set.next(partition);
        let ours = verdicts::state_hash(self.set.hash(partition));
        let chain = self.chain(partition);
        if next != chain.end.next_offset {
            return Ok(());
        }
        match chain.state_hash.take().filter(|theirs| *theirs != ours) {
            Some(theirs) if faults::is_on(Rule::SameState) => {
                Err(ChainsError::Parted { partition, next, ours, theirs })
            }
            _ => Ok(()),
        }
    }
}

impl Chain {
    fn behind(last: Option<Head>, options: RollerOptions) -> Self {
        let mut end = last.as_ref().map(Head::end).unwrap_or_default();
        if last.is_some() && !faults::is_on(Rule::FromArchiveEnd) {
            end.next_offset += 1;
        }
        let state_hash = last.and_then(|head| head.manifest.state_hash);
        Self { end, state_hash, roller: Roller::new(options) }
    }

    fn end_after(&self, outcome: AppendOutcome) -> ArchiveEnd {
        let held_until = self.end.next_offset + self.roller.held().len() as u64;
        match outcome {
            AppendOutcome::Written(end) if !faults::is_on(Rule::SegmentsAbut) => {
                ArchiveEnd { next_offset: end.next_offset - 1, ..end }
            }
            AppendOutcome::Behind(end) if !faults::is_on(Rule::BehindAnother) => {
                ArchiveEnd { next_offset: held_until, ..end }
            }
            AppendOutcome::Behind(end) if !faults::is_on(Rule::ChainLinks) => {
                ArchiveEnd { previous: self.end.previous, ..end }
            }
            AppendOutcome::Written(end) | AppendOutcome::Ours(end) | AppendOutcome::Behind(end) => {
                end
            }
        }
    }
}
