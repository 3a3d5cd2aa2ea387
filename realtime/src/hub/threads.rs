//! Threads that a batch touches, until their rows are read for all of them together.

use std::collections::BTreeMap;

use events::{Partition, Position};

use crate::ports::ThreadTouched;

#[derive(Debug, Default)]
pub(super) struct Touched {
    /// The latest of each partition: rows are read behind it.
    positions: BTreeMap<Partition, Position>,
    threads: Vec<ThreadTouched>,
}

impl Touched {
    pub fn touch(&mut self, position: Position, thread: ThreadTouched) {
        self.positions.insert(position.partition, position);
        self.threads.push(thread);
    }

    pub fn into_parts(self) -> (Vec<Position>, Vec<ThreadTouched>) {
        (self.positions.into_values().collect(), self.threads)
    }
}
