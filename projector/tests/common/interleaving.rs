//! Ways to read a history: partitions in any order, batches of any size.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Partition, SharedRecord};
use fold::{FoldSet, Folded};
use projector::RowChanges;
use rand::Rng;
use rand::rngs::StdRng;

/// A reader of a log that takes records in any order that keeps each partition's own.
pub struct Interleaving<'a> {
    log: &'a BTreeMap<Partition, Vec<SharedRecord>>,
    set: FoldSet,
    at: BTreeMap<Partition, usize>,
}

impl<'a> Interleaving<'a> {
    pub fn new(log: &'a BTreeMap<Partition, Vec<SharedRecord>>) -> Self {
        Self { log, set: FoldSet::new(), at: BTreeMap::new() }
    }

    /// Reads on from `positions`, as a projector does that was set back.
    pub fn from(
        log: &'a BTreeMap<Partition, Vec<SharedRecord>>,
        positions: &BTreeMap<Partition, u64>,
    ) -> Self {
        let mut reader = Self::new(log);
        for (partition, next) in positions {
            for _ in 0..*next {
                reader.fold(*partition);
            }
        }
        reader
    }

    fn fold(&mut self, partition: Partition) -> Folded {
        let at = self.at.entry(partition).or_default();
        let record = Arc::clone(&self.log[&partition][*at]);
        *at += 1;
        self.set.apply(record).expect("the history holds only known events")
    }

    fn left(&self) -> Vec<Partition> {
        let unread = |(partition, records): (&Partition, &Vec<SharedRecord>)| {
            let at = self.at.get(partition).copied().unwrap_or(0);
            (at < records.len()).then_some(*partition)
        };
        self.log.iter().filter_map(unread).collect()
    }

    /// The next record of any partition.
    pub fn next(&mut self, rng: &mut StdRng) -> Option<Folded> {
        let left = self.left();
        if left.is_empty() {
            return None;
        }
        Some(self.fold(left[rng.random_range(0..left.len())]))
    }

    /// The changes of up to `len_max` records; nothing at the end.
    pub fn batch(&mut self, rng: &mut StdRng, len_max: usize) -> Option<RowChanges> {
        let len = rng.random_range(1..=len_max);
        let mut changes = RowChanges::default();
        for _ in 0..len {
            let Some(folded) = self.next(rng) else { break };
            changes.absorb(&folded);
        }
        (!changes.is_empty()).then_some(changes)
    }
}
