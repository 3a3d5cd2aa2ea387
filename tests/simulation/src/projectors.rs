//! Projectors, and the database that they write: it is set back now and then, and they with it.

use events::Partition;
use fold::{FoldSet, Folded};
use rand::Rng;

use crate::node::{self, agreed};
use crate::rows;
use crate::world::{World, pick};

pub const PROJECTORS: usize = 2;
/// Partitions of one batch.
const PARTITIONS_MAX: usize = 3;

/// Folds at the positions of the rows that it believes to have written.
pub struct Projector {
    pub set: FoldSet,
}

impl World {
    /// One transaction of some projector, over a few partitions.
    pub fn project_any(&mut self) -> Result<(), String> {
        let mut partitions = Vec::new();
        for _ in 0..self.rng.random_range(1..=PARTITIONS_MAX) {
            let Some(partition) = self.any_partition() else { return Ok(()) };
            if !partitions.contains(&partition) {
                partitions.push(partition);
            }
        }
        let at = self.rng.random_range(0..PROJECTORS);
        self.project(at, &partitions)
    }

    pub fn project(&mut self, at: usize, partitions: &[Partition]) -> Result<(), String> {
        let mut batches = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let from = self.projectors[at].set.next(*partition);
            batches.push((*partition, from, self.next_batch(at, *partition)?));
        }
        if rows::write(&mut self.rows, &batches).is_err() {
            // Somebody else wrote, or the database went back: forget and start from where the rows are.
            self.restart_projector(at);
        }
        Ok(())
    }

    fn next_batch(&mut self, at: usize, partition: Partition) -> Result<Vec<Folded>, String> {
        let set = &self.projectors[at].set;
        let mut batch = Vec::new();
        for _ in 0..self.rng.random_range(1..=5) {
            let Some(record) = self.log.record(partition, set.next(partition)) else { break };
            let folded = set.apply(record).map_err(|error| error.to_string())?;
            agreed(&mut self.verdicts, &folded)?;
            batch.push(folded);
        }
        Ok(batch)
    }

    fn restart_projector(&mut self, at: usize) {
        let rows = &self.rows;
        let rng = &mut self.rng;
        // The newest snapshot at or before the rows, or, as if that one were lost, an older one.
        let set = node::restored(
            &self.profile,
            &self.snapshots,
            |p| rows.next(p),
            |offsets| pick(rng, offsets),
        );
        for partition in self.log.partitions() {
            while set.next(partition) < rows.next(partition) {
                let record = self.log.record(partition, set.next(partition));
                let record = record.expect("rows stand at a position of the log");
                set.apply(record).expect("the log was folded before");
            }
        }
        self.projectors[at].set = set;
    }

    pub fn crash_projector(&mut self) {
        let at = self.rng.random_range(0..PROJECTORS);
        self.restart_projector(at);
    }

    /// The database crashes and has lost what it had not written to disk: rows and positions alike.
    pub fn set_rows_back(&mut self) {
        let count = self.earlier_rows.len();
        if count > 0 {
            let at = self.rng.random_range(count.saturating_sub(3)..count);
            self.rows = self.earlier_rows[at].clone();
            self.earlier_rows.truncate(at + 1);
        }
    }
}
