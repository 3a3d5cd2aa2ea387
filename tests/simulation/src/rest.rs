//! How a world comes to rest once nothing goes wrong any more.

use events::Partition;

use crate::node::NODES;
use crate::profile::Faults;
use crate::world::{PATIENCE, World};

/// Rounds that a healed world may take to come to rest.
const REST_ROUNDS_MAX: u32 = 4_000;

impl World {
    /// No more faults: every append lands, every request is repeated until it has an answer, every fold
    /// and every row reaches the end.
    pub fn come_to_rest(&mut self) -> Result<(), String> {
        self.log.set_faults(Faults::NONE);
        while self.log.late_count() > 0 {
            self.log.land_one();
        }
        for _ in 0..REST_ROUNDS_MAX {
            self.now += 1;
            self.catch_up_all()?;
            while let Some(at) = self.attempts.len().checked_sub(1) {
                self.settle(at)?;
            }
            self.catch_up_all()?;
            let unanswered = self.ledger.unanswered();
            unanswered.iter().for_each(|index| self.attempt_request(*index));
            let due: usize = (0..NODES).map(|at| self.manage(at) + self.schedule_all(at)).sum();
            if unanswered.is_empty() && due == 0 && self.attempts.is_empty() {
                return Ok(());
            }
        }
        Err(format!(
            "the world does not come to rest: {} requests wait",
            self.ledger.unanswered().len()
        ))
    }

    /// Brings one attempt to its answer.
    fn settle(&mut self, at: usize) -> Result<(), String> {
        let number = self.attempts[at].number;
        for _ in 0..4 * PATIENCE {
            let Some(at) = self.attempts.iter().position(|attempt| attempt.number == number) else {
                return Ok(());
            };
            let node = self.attempts[at].node;
            self.advance(at)?;
            for partition in self.log.partitions() {
                while self.log.record(partition, self.nodes[node].set.next(partition)).is_some() {
                    self.fold_on(node, partition)?;
                }
                self.project_to_end(partition)?;
            }
        }
        Err(format!("attempt {number} gets no answer"))
    }

    fn catch_up_all(&mut self) -> Result<(), String> {
        for partition in self.log.partitions() {
            for at in 0..NODES {
                while self.log.record(partition, self.nodes[at].set.next(partition)).is_some() {
                    self.fold_on(at, partition)?;
                }
            }
            self.project_to_end(partition)?;
        }
        Ok(())
    }

    /// Brings the rows of one partition to its end.
    pub fn project_to_end(&mut self, partition: Partition) -> Result<(), String> {
        let end = self.log.end_of(partition);
        // One batch more for each time that the projector finds the database elsewhere.
        for _ in 0..=end + 2 {
            if self.rows.next(partition) == end {
                return Ok(());
            }
            self.project(0, &[partition])?;
        }
        Err(format!("rows of {partition} do not reach its end"))
    }

    /// Digests of all nodes' folds, which must be equal at rest.
    pub fn hashes_agree(&self) -> Result<(), String> {
        for partition in self.log.partitions() {
            let hashes: Vec<u128> = self.nodes.iter().map(|n| n.set.hash(partition)).collect();
            if hashes.iter().any(|hash| *hash != hashes[0]) {
                return Err(format!("folds of {partition} part: {hashes:x?}"));
            }
        }
        Ok(())
    }
}
