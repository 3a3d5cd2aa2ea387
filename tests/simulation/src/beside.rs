//! A version of the rows beside the one that serves: made from the log while everything goes on, compared
//! with it where both stand, and put in its place.

use events::Partition;
use fold::FoldSet;
use projector::MemoryTables;
use rand::Rng;

use crate::node::{self, agreed};
use crate::rows;
use crate::world::World;

/// Records of one partition that are taken at once: a rebuild takes many.
const BATCH_MAX: usize = 40;

pub struct Beside {
    set: FoldSet,
    rows: MemoryTables,
}

impl World {
    /// A piece of a rebuild: it is begun, or goes on, or ends in one way or another.
    pub fn rebuild_any(&mut self) -> Result<(), String> {
        let Some(beside) = self.beside.take() else {
            let set = node::empty_set(&self.profile);
            self.beside = Some(Beside { set, rows: MemoryTables::default() });
            return Ok(());
        };
        if self.rng.random_ratio(1, 50) {
            // Dropped, or lost with its process: the next one begins from nothing.
            return Ok(());
        }
        self.beside = Some(beside);
        if self.rng.random_ratio(1, 12) { self.cut_over() } else { self.follow_beside() }
    }

    fn follow_beside(&mut self) -> Result<(), String> {
        let Some(partition) = self.any_partition() else { return Ok(()) };
        let most = self.rng.random_range(1..=BATCH_MAX);
        self.take_beside(partition, most)
    }

    fn take_beside(&mut self, partition: Partition, most: usize) -> Result<(), String> {
        let Some(beside) = &mut self.beside else { return Ok(()) };
        let from = beside.set.next(partition);
        let mut batch = Vec::new();
        while batch.len() < most {
            let Some(record) = self.log.record(partition, beside.set.next(partition)) else {
                break;
            };
            let folded = beside.set.apply(record).map_err(|error| error.to_string())?;
            agreed(&mut self.verdicts, &folded)?;
            batch.push(folded);
        }
        rows::write(&mut beside.rows, &[(partition, from, batch)])
            .map_err(|_| "somebody else writes the rows beside".to_owned())
    }

    /// Both stand still at the end of the log, and change places: the one that served is kept, followed,
    /// and may come back.
    fn cut_over(&mut self) -> Result<(), String> {
        for partition in self.log.partitions() {
            self.project_to_end(partition)?;
            self.take_beside(partition, usize::MAX)?;
        }
        let Some(beside) = &mut self.beside else { return Ok(()) };
        if let Some(difference) = self.rows.difference(&beside.rows) {
            return Err(format!("the rows beside are others than those that serve: {difference}"));
        }
        std::mem::swap(&mut self.rows, &mut beside.rows);
        Ok(())
    }
}
